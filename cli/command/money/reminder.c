/* reminder.c - when people are reminded: policies, their versions, and whose they are. */
#include "cli/command/commands.h"
#include "cli/command/money/money_show.h"
#include "cli/file_text.h"
#include "cli/net/remote.h"
#include "cli/yaml.h"
#include "core/base/json.h"

#define PATH "/v1/platform/reminder-policies"

enum { FILE_BYTES_MAX = 64 * 1024 };

static const char *path_of(struct cli *cli, const char *code)
{
    return arena_format(&cli->arena, PATH "/%s", remote_segment(cli, code));
}

bool command_reminder_policy_ls(struct cli *cli, const struct args *args, struct gov_err *err)
{
    static const struct money_column columns[] = {
        { "code", { "POLICY", "策略" } }, { "ver", { "VER", "版次" } }, { "windows", { "WINDOWS", "窗口" } },
        { "editions", { "EDITIONS", "版本" } }, { "set_at", { "SINCE", "生效时间" } }, { NULL, { NULL, NULL } },
    };
    (void)args;
    return money_list(cli, PATH, columns, err);
}

bool command_reminder_policy_show(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *policy;

    if (!remote_get(cli, path_of(cli, args->words[0]), &policy, err))
        return false;
    if (cli->json) {
        cli_print_json(policy);
        return true;
    }
    money_one(cli, policy);
    show_line(cli, "windows", "窗口", money_cell(cli, json_object_get(policy, "windows")));
    show_line(cli, "editions", "版本", money_cell(cli, json_object_get(policy, "editions")));
    show_line(cli, "subscriptions", "订阅", money_cell(cli, json_object_get(policy, "subscriptions")));
    return true;
}

bool command_reminder_policy_history(struct cli *cli, const struct args *args, struct gov_err *err)
{
    static const struct money_column columns[] = {
        { "ver", { "VER", "版次" } }, { "set_at", { "SINCE", "生效时间" } }, { "set_by", { "BY", "操作人" } },
        { "reason", { "WHY", "原因" } }, { "windows", { "WINDOWS", "窗口" } }, { NULL, { NULL, NULL } },
    };
    const json_t *policy, *versions;

    if (!remote_get(cli, path_of(cli, args->words[0]), &policy, err))
        return false;
    versions = json_object_get(policy, "versions");
    if (cli->json)
        cli_print_json(versions);
    else
        money_table(cli, versions, columns);
    return true;
}

/* A policy is put whole: what the file does not say is not what it was. */
static void defaults_show(struct cli *cli, const json_t *answer)
{
    const json_t *terms = json_object_get(answer, "terms");
    const json_t *name;
    size_t i;

    json_array_foreach (json_object_get(answer, "left_out"), i, name)
        cli_note(cli, "%s is not in the file: the default, %s", "文件中未给出 %s：使用默认值 %s", json_string_value(name),
                 money_cell(cli, json_object_get(terms, json_string_value(name))));
}

/* What was written, and what it changes in the days to come. */
static bool put(struct cli *cli, const struct args *args, const char *path, json_t *body, struct gov_err *err)
{
    static const struct money_column columns[] = {
        { "subscription_id", { "SUBSCRIPTION", "订阅" } }, { "customer_name", { "CUSTOMER", "客户" } }, { "window", { "WINDOW", "窗口" } },
        { "before", { "AS IT IS", "现在" } }, { "after", { "AS IT WOULD BE", "变更后" } }, { NULL, { NULL, NULL } },
    };
    const struct remote_call call = { .method = "PUT", .path = path, .body = json_own(&cli->arena, body) };
    struct remote_answer answer;
    const json_t *forecast;

    json_object_set_new(body, "dry_run", json_boolean(args_flag(args, "dry-run")));
    if (args_value(args, "comment", NULL))
        json_object_set_new(body, "reason", json_string(args_value(args, "comment", NULL)));
    if (!remote_send(cli, &call, &answer, err))
        return false;
    if (cli->json) {
        cli_print_json(answer.json);
        return true;
    }
    forecast = json_object_get(answer.json, "forecast");
    defaults_show(cli, answer.json);
    if (json_is_object(json_object_get(answer.json, "result")))
        money_one(cli, json_object_get(answer.json, "result"));
    printf("%s\n", cli_text(cli, "in the next 30 days, if nobody pays:", "未来 30 天（假定无人付款）："));
    money_one(cli, forecast);
    money_table(cli, json_object_get(forecast, "items"), columns);
    if (args_flag(args, "dry-run"))
        cli_note(cli, "nothing was changed", "未做任何更改");
    return true;
}

bool command_reminder_policy_set(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const char *path = args_value(args, "file", NULL), *text;
    size_t bytes;

    if (!path)
        return gov_fail(err, GOV_INVALID_INPUT, "say which terms: --file FILE, YAML or JSON with windows: [T-30, ..., T0, G-HALF, G-1, SHUTDOWN, R-7]",
                        "请给出条款：--file 文件，YAML 或 JSON，含 windows：[T-30, …, T0, G-HALF, G-1, SHUTDOWN, R-7]");
    if (!file_text_read(cli, path, FILE_BYTES_MAX, &text, &bytes, err))
        return false;
    json_t *terms = yaml_read(text, bytes, &cli->arena, err);
    if (!terms)
        return false;
    if (!json_is_object(terms))
        return gov_fail_at(err, GOV_INVALID_INPUT, path, "type", "must be YAML or JSON with windows, send_from, send_to, ...",
                           "须为 YAML 或 JSON，含 windows、send_from、send_to 等");
    return put(cli, args, path_of(cli, args->words[0]), json_incref(terms), err);
}

/* "standard" or "-" for none of its own. */
bool command_reminder_policy_use(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const char *edition = args_value(args, "edition", NULL), *subscription = args_value(args, "subscription", NULL);
    const char *code = args->words[0][0] == '-' ? NULL : args->words[0];

    if (!edition == !subscription)
        return gov_fail(err, GOV_INVALID_INPUT, "say whose it is: --edition CODE or --subscription SUBSCRIPTION",
                        "请指定对象：--edition 版本 或 --subscription 订阅");
    return put(cli, args, arena_format(&cli->arena, "/v1/platform/%s/%s/reminder-policy", edition ? "editions" : "subscriptions",
                                       remote_segment(cli, edition ? edition : subscription)),
               json_pack("{s:s?}", "policy", code), err);
}
