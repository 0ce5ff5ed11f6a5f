/* notifications.c - how I am told, and what I was told. */
#include <stdio.h>
#include <string.h>

#include "cli/command/commands.h"
#include "cli/command/money/money_word.h"
#include "cli/net/remote.h"
#include "cli/out/show.h"
#include "core/base/json.h"

static const char settings_path[] = "/v1/channels";

static const char *or_dash(const char *text)
{
    return text ? text : "-";
}

static void show_settings(struct cli *cli, const json_t *s)
{
    const json_t *one;
    size_t i;

    if (cli->json) {
        cli_print_json(s);
        return;
    }
    show_line(cli, "quiet", "免打扰",
              arena_format(&cli->arena, "%s - %s", or_dash(json_get_text(s, "quiet_from")),
                           or_dash(json_get_text(s, "quiet_to"))));
    show_line(cli, "confirmations break it", "确认不受免打扰限制", json_get_bool(s, "break_quiet", true) ? "yes" : "no");
    json_array_foreach(json_object_get(s, "muted"), i, one)
        show_line(cli, "not wanted", "不接收", json_string_value(one));
    json_array_foreach(json_object_get(s, "addresses"), i, one)
        show_line(cli, json_get_text(one, "channel"), json_get_text(one, "channel"), json_get_text(one, "endpoint"));
    if (json_array_size(json_object_get(s, "addresses")) == 0)
        show_line(cli, "email", "邮件", cli_text(cli, "to my own address", "发往本人邮箱"));
    json_array_foreach(json_object_get(s, "channels"), i, one)
        show_line(cli, "there is", "可用渠道",
                  arena_format(&cli->arena, "%s (%s)", json_get_text(one, "name"), json_get_text(one, "kind")));
}

bool command_notifications_show(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct remote_answer answer;
    struct remote_call call = { .method = "GET", .path = settings_path };
    (void)args;

    if (!remote_send(cli, &call, &answer, err))
        return false;
    show_settings(cli, answer.json);
    return true;
}

/* "22:00-07:30"; "" ends quiet hours. */
static bool quiet_read(struct cli *cli, const char *text, json_t *body, struct gov_err *err)
{
    const char *dash = strchr(text, '-');

    json_object_del(body, "quiet_from");
    json_object_del(body, "quiet_to");
    if (!*text)
        return true;
    if (!dash)
        return gov_fail(err, GOV_INVALID_INPUT, "quiet hours are FROM-TO, like 22:00-07:30",
                        "免打扰时段应为 开始-结束，例如 22:00-07:30");
    json_object_set_new(body, "quiet_from",
                        json_string(arena_format(&cli->arena, "%.*s", (int)(dash - text), text)));
    json_object_set_new(body, "quiet_to", json_string(dash + 1));
    return true;
}

/* CHANNEL or CHANNEL=ADDRESS. */
static json_t *address_of(struct cli *cli, const char *word)
{
    const char *equals = strchr(word, '=');
    const char *channel = equals ? arena_format(&cli->arena, "%.*s", (int)(equals - word), word) : word;

    return json_pack("{s:s, s:s}", "channel", channel, "endpoint", equals ? equals + 1 : "-");
}

bool command_notifications_set(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct remote_answer now, answer;
    struct remote_call get = { .method = "GET", .path = settings_path };
    const char *quiet = args_value(args, "quiet-hours", NULL), *muted;

    if (!remote_send(cli, &get, &now, err))
        return false;
    json_t *body = json_own(&cli->arena, json_copy((json_t *)now.json));
    json_object_del(body, "channels");
    if (quiet && !quiet_read(cli, quiet, body, err))
        return false;
    json_object_set_new(body, "break_quiet", json_boolean(!args_flag(args, "never-at-night")));
    if (args_nth(args, "mute", 0))
        json_object_set_new(body, "muted", json_array());
    for (size_t i = 0; (muted = args_nth(args, "mute", i)) != NULL; i++)
        if (*muted)
            json_array_append_new(json_object_get(body, "muted"), json_string(muted));
    if (args->count)
        json_object_set_new(body, "addresses", json_array());
    for (size_t i = 0; i < args->count; i++)
        json_array_append_new(json_object_get(body, "addresses"), address_of(cli, args->words[i]));
    struct remote_call call = { .method = "PUT", .path = settings_path, .body = body };
    if (!remote_send(cli, &call, &answer, err))
        return false;
    show_settings(cli, answer.json);
    return true;
}

bool command_notifications_test(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *answer;
    (void)args;

    if (!remote_post(cli, "/v1/channels/test", NULL, &answer, err))
        return false;
    if (cli->json)
        cli_print_json(answer);
    cli_say(cli, "%lld on their way; execgov notifications ls says what became of them",
            "已发出 %lld 条；可用 execgov notifications ls 查看结果", (long long)json_get_int(answer, "messages", 0));
    return true;
}

bool command_notifications_ls(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct table table;
    json_t *items;
    const json_t *one;
    size_t i;
    const char *path = remote_path(cli, "/v1/notifications", "state", money_state(args, NULL), NULL);

    if (!remote_list(cli, path, 50, &items, NULL, err))
        return false;
    if (cli->json) {
        remote_list_print(items, NULL);
        return true;
    }
    table_init(&table, &cli->arena);
    table_column(&table, "WRITTEN", "写入时间");
    table_column(&table, "EVENT", "事件");
    table_column(&table, "CHANNEL", "渠道");
    table_column(&table, "STATE", "状态");
    table_column_flexible(&table, "WHY", "原因");
    json_array_foreach(items, i, one)
    {
        table_row(&table);
        table_cell(&table, show_local_time(cli, json_get_text(one, "created_at")));
        table_cell(&table, json_get_text(one, "event"));
        table_cell(&table, json_get_text(one, "channel"));
        table_cell(&table, money_word(cli, "message/state", json_get_text(one, "state")));
        table_cell(&table, json_get_text(one, "reason"));
    }
    show_table(cli, &table);
    return true;
}
