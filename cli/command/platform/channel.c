/* channel.c - the ways out for messages, and what became of what was sent, for platform administrators. */
#include <stdio.h>
#include <string.h>

#include "cli/command/commands.h"
#include "cli/command/money/money_word.h"
#include "cli/file_text.h"
#include "cli/net/remote.h"
#include "cli/out/show.h"
#include "core/base/json.h"
#include "core/base/text.h"

enum { FILE_BYTES_MAX = 60000 };

static const char channels_path[] = "/v1/platform/channels";
static const char deliveries_path[] = "/v1/platform/deliveries";

bool command_channel_ls(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct table table;
    json_t *items;
    const json_t *one;
    size_t i;
    (void)args;

    if (!remote_list(cli, channels_path, 0, &items, NULL, err))
        return false;
    if (cli->json) {
        remote_list_print(items, NULL);
        return true;
    }
    table_init(&table, &cli->arena);
    table_column(&table, "NAME", "名称");
    table_column(&table, "KIND", "类型");
    table_column(&table, "ON", "启用");
    table_column(&table, "CREDENTIAL", "凭据");
    table_column_flexible(&table, "SETTINGS", "设置");
    json_array_foreach(items, i, one)
    {
        const json_t *settings = json_object_get(one, "settings");
        const char *where = json_get_text(settings, "url");
        table_row(&table);
        table_cell(&table, json_get_text(one, "name"));
        table_cell(&table, json_get_text(one, "kind"));
        table_cell(&table, json_get_bool(one, "enabled", false) ? "yes" : json_get_text(one, "gone_at") ? "410 Gone" : "no");
        table_cell(&table, json_get_text(one, "credential"));
        table_cell(&table, where ? where : json_get_text(settings, "host"));
    }
    show_table(cli, &table);
    return true;
}

/* One setting: a number where it is the port, a file's text after "@". */
static json_t *setting_read(struct cli *cli, const char *name, const char *value, struct gov_err *err)
{
    const char *text = value;
    size_t bytes = strlen(value);
    int64_t port;

    if (strcmp(name, "port") == 0 && text_parse_i64(value, 1, 65535, &port))
        return json_integer(port);
    if (*value == '@' && !file_text_read(cli, value + 1, FILE_BYTES_MAX, &text, &bytes, err))
        return NULL;
    json_t *json = json_stringn(text, bytes);
    if (!json)
        gov_fail_at(err, GOV_INVALID_INPUT, name, "format", "is no UTF-8 text", "不是 UTF-8 文本");
    return json;
}

bool command_channel_set(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct remote_answer answer;
    json_t *settings = json_own(&cli->arena, json_object());

    for (size_t i = 2; i < args->count; i++) {
        const char *equals = strchr(args->words[i], '=');
        if (!equals)
            return gov_fail(err, GOV_INVALID_INPUT, "settings are NAME=VALUE (host=mail.example.com), not \"%s\"",
                            "设置应为 名称=值（host=mail.example.com），而不是“%s”", args->words[i]);
        const char *name = arena_format(&cli->arena, "%.*s", (int)(equals - args->words[i]), args->words[i]);
        json_t *value = setting_read(cli, name, equals + 1, err);
        if (!value)
            return false;
        json_object_set_new(settings, name, value);
    }
    json_t *body = json_own(&cli->arena,
                            json_pack("{s:s, s:O, s:s*, s:s*, s:b}", "kind", args->words[1], "settings", settings,
                                      "credential", args_value(args, "credential", NULL), "tenant",
                                      args_value(args, "tenant", NULL), "enabled", !args_flag(args, "off")));
    struct remote_call call = { .method = "PUT", .body = body,
                                .path = arena_format(&cli->arena, "%s/%s", channels_path, args->words[0]) };
    if (!remote_send(cli, &call, &answer, err))
        return false;
    if (cli->json)
        cli_print_json(answer.json);
    cli_say(cli, "%s is set up; execgov channel test %s ADDRESS shows whether it works",
            "%s 已设置；可用 execgov channel test %s 地址 验证", args->words[0], args->words[0]);
    return true;
}

bool command_channel_delete(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct remote_answer answer;
    struct remote_call call = { .method = "DELETE",
                                .path = arena_format(&cli->arena, "%s/%s", channels_path, args->words[0]) };

    if (!remote_send(cli, &call, &answer, err))
        return false;
    cli_say(cli, "%s is gone; messages for it wait", "%s 已删除；发往该渠道的消息将等待", args->words[0]);
    return true;
}

bool command_channel_test(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *answer;
    json_t *body = json_own(&cli->arena, json_pack("{s:s}", "endpoint", args->words[1]));

    if (!remote_post(cli, arena_format(&cli->arena, "%s/%s/test", channels_path, args->words[0]), body, &answer, err))
        return false;
    if (cli->json)
        cli_print_json(answer);
    cli_say(cli, "on its way; execgov deliveries show %s says what became of it",
            "已写入待发；可用 execgov deliveries show %s 查看结果", json_get_text(answer, "delivery"));
    return true;
}

/* --- deliveries --- */

bool command_deliveries_ls(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct table table;
    json_t *items;
    const json_t *one;
    size_t i;
    const char *path = remote_path(cli, deliveries_path, "state", money_state(args, NULL), NULL);

    if (!remote_list(cli, path, 50, &items, NULL, err))
        return false;
    if (cli->json) {
        remote_list_print(items, NULL);
        return true;
    }
    table_init(&table, &cli->arena);
    table_column(&table, "ID", "编号");
    table_column(&table, "WRITTEN", "写入时间");
    table_column(&table, "EVENT", "事件");
    table_column(&table, "CHANNEL", "渠道");
    table_column(&table, "TO", "接收者");
    table_column(&table, "STATE", "状态");
    table_column_flexible(&table, "WHY", "原因");
    json_array_foreach(items, i, one)
    {
        table_row(&table);
        table_cell(&table, json_get_text(one, "id"));
        table_cell(&table, show_local_time(cli, json_get_text(one, "created_at")));
        table_cell(&table, json_get_text(one, "event"));
        table_cell(&table, json_get_text(one, "channel"));
        table_cell(&table, json_get_text(one, "endpoint"));
        table_cell(&table, money_word(cli, "message/state", json_get_text(one, "state")));
        table_cell(&table, json_get_text(one, "reason"));
    }
    show_table(cli, &table);
    return true;
}

static void show_delivery(struct cli *cli, const json_t *one)
{
    const json_t *attempt;
    size_t i;

    if (cli->json) {
        cli_print_json(one);
        return;
    }
    printf("%s -> %s %s: %s%s%s\n", json_get_text(one, "event"), json_get_text(one, "channel"),
           json_get_text(one, "endpoint"), money_word(cli, "message/state", json_get_text(one, "state")), json_get_text(one, "reason") ? ": " : "",
           json_get_text(one, "reason") ? json_get_text(one, "reason") : "");
    json_array_foreach(json_object_get(one, "log"), i, attempt)
    {
        const char *outcome = json_get_text(attempt, "outcome"), *detail = json_get_text(attempt, "detail");
        printf("  %lld  %s  %s  %lld  %s\n", (long long)json_get_int(attempt, "n", 0),
               show_local_time(cli, json_get_text(attempt, "started_at")), outcome ? outcome : "?",
               (long long)json_get_int(attempt, "code", 0), detail ? detail : "");
    }
}

bool command_deliveries_show(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct remote_answer answer;
    struct remote_call call = { .method = "GET",
                                .path = arena_format(&cli->arena, "%s/%s", deliveries_path, args->words[0]) };

    if (!remote_send(cli, &call, &answer, err))
        return false;
    show_delivery(cli, answer.json);
    return true;
}

bool command_deliveries_again(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *answer;

    if (!remote_post(cli, arena_format(&cli->arena, "%s/%s/send-again", deliveries_path, args->words[0]), NULL, &answer,
                     err))
        return false;
    show_delivery(cli, answer);
    return true;
}
