/* subscription.c - customers, subscriptions, and what the scan does to them. */
#include <string.h>

#include "cli/command/commands.h"
#include "cli/command/money/money_show.h"
#include "cli/command/money/money_word.h"
#include "cli/net/remote.h"
#include "core/base/clock.h"
#include "core/base/json.h"

#define BASE "/v1/platform/"

static const char *path_of(struct cli *cli, const char *noun, const char *id, const char *act)
{
    return arena_format(&cli->arena, BASE "%s/%s%s%s", noun, remote_segment(cli, id), act ? "/" : "", act ? act : "");
}

bool command_customer_ls(struct cli *cli, const struct args *args, struct gov_err *err)
{
    static const struct money_column columns[] = {
        { "name", { "NAME", "名称" } }, { "kind", { "KIND", "类型" } }, { "status", { "STATUS", "状态" } },
        { "id", { "ID", "编号" } }, { NULL, { NULL, NULL } },
    };
    return money_list(cli, remote_path(cli, BASE "customers", "q", args->count ? args->words[0] : NULL, NULL), columns, err);
}

static json_t *contacts_of(const struct args *args)
{
    json_t *contacts = json_array();
    const char *email;

    for (size_t i = 0; (email = args_nth(args, "email", i)); i++)
        json_array_append_new(contacts, json_string(email));
    return contacts;
}

bool command_customer_contacts(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const struct remote_call put = { .method = "PUT", .path = path_of(cli, "customers", args->words[0], "contacts"),
                                     .body = json_own(&cli->arena, json_pack("{s:o}", "contacts", contacts_of(args))) };
    struct remote_answer answer;

    if (!args_nth(args, "email", 0))
        return gov_fail(err, GOV_INVALID_INPUT, "say all addresses that bills and notices go to: --email ADDRESS, once for each",
                        "请给出全部收件邮箱：--email 邮箱，可重复");
    if (!remote_send(cli, &put, &answer, err))
        return false;
    if (cli->json)
        cli_print_json(answer.json);
    else
        money_one(cli, answer.json);
    return true;
}

bool command_customer_create(struct cli *cli, const struct args *args, struct gov_err *err)
{
    json_t *body = json_pack("{s:s, s:s, s:o, s:s*}", "kind", args_value(args, "kind", "company"), "name", args->words[0],
                             "contacts", contacts_of(args), "timezone", args_value(args, "timezone", NULL));

    if (args_flag(args, "same-name")) /* said only when it is meant: an API of before does not know it */
        json_object_set_new(body, "same_name", json_true());
    return money_post(cli, BASE "customers", body, err);
}

bool command_customer_set(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct remote_answer answer;
    struct remote_call call = {
        .method = "PATCH", .path = path_of(cli, "customers", args->words[0], NULL),
        .body = json_own(&cli->arena, json_pack("{s:s*}", "locale", args_value(args, "locale", NULL))),
    };

    if (!remote_send(cli, &call, &answer, err))
        return false;
    if (cli->json)
        cli_print_json(answer.json);
    else
        money_one(cli, answer.json);
    return true;
}

/* Who he is, then everything that happened, newest first. */
bool command_customer_show(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const char *path = path_of(cli, "customers", args->words[0], NULL), *next;
    const json_t *customer, *event;
    struct table table;
    json_t *events;
    long limit = 100;
    size_t i;

    if (!args_number(args, "limit", 1, 100000, &limit, err) || !remote_get(cli, path, &customer, err) ||
        !remote_list(cli, arena_format(&cli->arena, "%s/timeline?limit=%ld", path, limit < 200 ? limit : 200), (size_t)limit,
                     &events, &next, err))
        return false;
    if (cli->json) {
        json_t *shown = json_own(&cli->arena, json_copy((json_t *)(uintptr_t)customer));

        json_object_set(shown, "timeline", events);
        json_object_set_new(shown, "timeline_cursor", next ? json_string(next) : json_null());
        cli_print_json(shown);
        return true;
    }
    money_one(cli, customer);
    table_init(&table, &cli->arena);
    table_column(&table, "WHEN", "时间");
    table_column(&table, "WHAT", "事件");
    table_column_flexible(&table, "SUBJECT", "对象");
    table_column(&table, "WHO", "操作人");
    table_column_flexible(&table, "DETAIL", "详情");
    json_array_foreach(events, i, event)
    {
        table_row(&table);
        table_cell(&table, show_local_time(cli, json_get_text(event, "at")));
        table_cell(&table, money_member(cli, event, "what"));
        table_cell(&table, json_get_text(event, "subject"));
        table_cell(&table, json_get_text(event, "who"));
        table_cell(&table, json_object_size(json_object_get(event, "detail")) ? money_cell(cli, json_object_get(event, "detail")) : NULL);
    }
    show_table(cli, &table);
    if (next)
        cli_note(cli, "there is more before that: --limit N", "更早的记录请用 --limit N 查看");
    return true;
}

bool command_subscription_ls(struct cli *cli, const struct args *args, struct gov_err *err)
{
    static const struct money_column columns[] = {
        { "customer", { "CUSTOMER", "客户" } }, { "edition", { "EDITION", "版本" } }, { "state", { "STATE", "状态" } },
        { "paid_until", { "PAID UNTIL", "付至" } }, { "shutdown_due_at", { "SHUTDOWN DUE", "停用时间" } },
        { "id", { "ID", "编号" } }, { NULL, { NULL, NULL } },
    };
    return money_list(cli, remote_path(cli, BASE "subscriptions", "state", money_state(args, NULL), NULL), columns,
                      err);
}

bool command_subscription_show(struct cli *cli, const struct args *args, struct gov_err *err)
{
    static const struct money_column columns[] = {
        { "kind", { "HOLD", "暂缓" } }, { "until", { "UNTIL", "截止" } }, { "reason", { "WHY", "原因" } },
        { "released_at", { "RELEASED", "解除时间" } }, { "id", { "ID", "编号" } }, { NULL, { NULL, NULL } },
    };
    const json_t *shown, *holds;

    if (!remote_get(cli, path_of(cli, "subscriptions", args->words[0], NULL), &shown, err))
        return false;
    if (cli->json) {
        cli_print_json(shown);
        return true;
    }
    money_one(cli, shown);
    holds = json_object_get(shown, "holds");
    if (json_array_size(holds))
        money_table(cli, holds, columns);
    return true;
}

bool command_subscription_hold(struct cli *cli, const struct args *args, struct gov_err *err)
{
    if (!args_value(args, "until", NULL) || !args_value(args, "comment", NULL))
        return gov_fail(err, GOV_INVALID_INPUT, "say until when and why: --until 2026-12-01T00:00:00+08:00 --comment WHY",
                        "请给出截止时间和原因：--until 2026-12-01T00:00:00+08:00 --comment WHY");
    return money_post(cli, path_of(cli, "subscriptions", args->words[0], "holds"),
                      json_pack("{s:s, s:s, s:s}", "kind", args_value(args, "kind", "courtesy"), "until",
                                args_value(args, "until", NULL), "reason", args_value(args, "comment", NULL)), err);
}

bool command_subscription_cancel(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return money_post(cli, path_of(cli, "subscriptions", args->words[0], "cancel"), NULL, err);
}

bool command_subscription_retry(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return money_post(cli, path_of(cli, "subscriptions", args->words[0], "retry"), NULL, err);
}

bool command_subscription_continue(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return money_post(cli, path_of(cli, "subscriptions", args->words[0], "continue"), NULL, err);
}

/* --- the scan --- */

static void show_warnings(struct cli *cli, const json_t *answer)
{
    const json_t *one;
    size_t i;

    json_array_foreach(json_object_get(answer, "warnings"), i, one)
        cli_say(cli, "warning: %s", "警告：%s", json_get_text(one, "message"));
}

/* Only looked at: it is not to be applied. */
static bool ahead(const json_t *answer)
{
    const char *as_of = json_get_text(answer, "as_of");
    int64_t us;

    return as_of && clock_parse(as_of, &us) && us > clock_now_us();
}

bool command_lifecycle_scan(struct cli *cli, const struct args *args, struct gov_err *err)
{
    static const struct money_column members[] = {
        { "subscription_id", { "subscription_id", "订阅" } },
        { "customer_name", { "customer_name", "客户" } }, { "action", { "action", "操作" } },
        { "window", { "window", "时点" } }, { "status", { "status", "结果" } },
        { "due_at", { "due_at", "应办时间" } }, { "from_state", { "from_state", "原状态" } },
        { "to_state", { "to_state", "新状态" } }, { NULL, { NULL, NULL } },
    };
    bool apply = args_value(args, "apply", NULL) != NULL;
    const json_t *answer;
    json_t *body = json_own(&cli->arena,
                            json_pack("{s:b, s:s*, s:s*, s:s*}", "dry_run", !apply, "as_of", args_value(args, "as-of", NULL),
                                      "action", args_value(args, "kind", NULL), "preview_digest",
                                      args_value(args, "apply", NULL)));

    if (args_flag(args, "release-brake"))
        json_object_set_new(body, "release_brake", json_true());
    if (args_flag(args, "accept-gap"))
        json_object_set_new(body, "accept_gap", json_true());
    if (!remote_post(cli, BASE "lifecycle/scans", body, &answer, err))
        return false;
    if (cli->json) {
        cli_print_json(answer);
        return true;
    }
    if (!apply)
        money_table(cli, json_object_get(answer, "items"), members);
    money_one(cli, answer);
    show_warnings(cli, answer);
    if (!apply)
        cli_say(cli, "digest: %s", "摘要：%s", json_get_text(answer, "preview_digest"));
    if (!apply && json_get_int(answer, "lines", 0) == 0)
        cli_note(cli, "nothing would be done", "没有需要执行的操作");
    else if (!apply && ahead(answer))
        cli_note(cli, "nothing was changed; that moment is still to come, and scans will do this by themselves",
                 "未做任何更改；该时间尚未到来，届时扫描会自动执行");
    else if (!apply)
        cli_note(cli, "nothing was changed; to do exactly this: execgov lifecycle scan --as-of %s --apply %s",
                 "未做任何更改；执行以上内容：execgov lifecycle scan --as-of %s --apply %s", json_get_text(answer, "as_of"),
                 json_get_text(answer, "preview_digest"));
    return true;
}

bool command_lifecycle_explain(struct cli *cli, const struct args *args, struct gov_err *err)
{
    static const struct money_column members[] = {
        { "rule", { "rule", "规则" } }, { "holds", { "holds", "成立" } }, { "from", { "from", "自" } },
        { "text", { "text", "说明" } }, { NULL, { NULL, NULL } },
    };
    const json_t *answer;

    if (!remote_get(cli, remote_path(cli, path_of(cli, "subscriptions", args->words[0], "explain"), "as_of",
                                     args_value(args, "as-of", NULL), NULL), &answer, err))
        return false;
    if (cli->json) {
        cli_print_json(answer);
        return true;
    }
    money_table(cli, json_object_get(answer, "rules"), members);
    money_one(cli, answer);
    if (!json_get_bool(answer, "workdays_known", true))
        cli_note(cli, "there is no table of workdays for this year: weekdays count", "本年度没有工作日表：按周一至周五计算");
    return true;
}

/* Exit code 1 when something does not hold. */
bool command_lifecycle_check(struct cli *cli, const struct args *args, struct gov_err *err)
{
    static const struct money_column members[] = {
        { "rule", { "rule", "规则" } }, { "subject", { "subject", "对象" } },
        { "detail", { "detail", "详情" } }, { NULL, { NULL, NULL } },
    };
    const json_t *answer;

    (void)args;
    if (!remote_get(cli, BASE "lifecycle/check", &answer, err))
        return false;
    if (!json_get_bool(answer, "ok", false))
        cli->exit_code = 1;
    if (cli->json)
        cli_print_json(answer);
    else if (cli->exit_code)
        money_table(cli, json_object_get(answer, "violations"), members);
    else
        cli_say(cli, "everything holds", "全部成立");
    if (!cli->json) {
        const json_t *test;
        size_t i;

        json_array_foreach(json_object_get(answer, "by_tests"), i, test)
            cli_note(cli, "%s is of histories, which one database does not show; its test: %s in %s",
                     "%s 涉及两种经过的对比，单个数据库无法体现；由测试保证：%s（%s）", json_get_text(test, "rule"),
                     json_get_text(test, "test"), json_get_text(test, "file"));
        show_warnings(cli, answer);
    }
    return true;
}
