/* dead_letter.c - jobs that were given up: look, do again, or put away. */
#include <string.h>

#include "cli/command/commands.h"
#include "cli/net/remote.h"
#include "cli/out/show.h"
#include "core/base/json.h"

enum { LETTERS_MAX = 50 };

bool command_dead_letter_ls(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct table table;
    json_t *items;
    const json_t *d;
    const char *next;
    size_t i;
    long most = LETTERS_MAX;

    if (!args_number(args, "limit", 1, 10000, &most, err))
        return false;
    const char *path = remote_path(cli, "/v1/platform/dead-letters", "tenant",
                                   args_value(args, "tenant", NULL), "state",
                                   args_value(args, "state", "open"), NULL);
    if (!remote_list(cli, path, (size_t)most, &items, &next, err))
        return false;
    if (cli->json) {
        remote_list_print(items, next);
        return true;
    }
    if (json_array_size(items) == 0) {
        cli_say(cli, "there are none", "没有");
        return true;
    }
    table_init(&table, &cli->arena);
    table_column(&table, "ENDED", "结束于");
    table_column_flexible(&table, "TENANT", "租户");
    table_column(&table, "KIND", "种类");
    table_column_flexible(&table, "WHAT", "内容");
    table_column(&table, "CODE", "原因");
    table_column(&table, "STATE", "状态");
    table_column(&table, "ID", "编号");
    json_array_foreach(items, i, d)
    {
        const char *skill = json_get_text(d, "skill");
        table_row(&table);
        table_cell(&table, show_local_time(cli, json_get_text(d, "ended_at")));
        table_cell(&table, json_get_text(json_object_get(d, "tenant"), "name"));
        table_cell(&table, json_get_text(d, "kind"));
        table_cell(&table, skill ? skill : json_get_text(d, "task"));
        table_cell(&table, json_get_text(d, "code"));
        table_cell(&table, json_get_text(d, "state"));
        table_cell(&table, json_get_text(d, "id"));
    }
    show_table(cli, &table);
    return true;
}

static const char *path_of(struct cli *cli, const struct args *args, const char *act)
{
    const char *path = arena_format(&cli->arena, "/v1/platform/dead-letters/%s%s",
                                    remote_segment(cli, args->words[0]), act);
    return remote_path(cli, path, "tenant", args_value(args, "tenant", NULL), NULL);
}

static void show_letter(struct cli *cli, const json_t *d)
{
    const json_t *error = json_object_get(d, "error");
    const json_t *message = json_object_get(error, "message");

    show_line(cli, "tenant", "租户", json_get_text(json_object_get(d, "tenant"), "name"));
    show_line(cli, "kind", "种类", json_get_text(d, "kind"));
    show_line(cli, "skill", "技能", json_get_text(d, "skill"));
    show_line(cli, "task", "任务", json_get_text(d, "task"));
    show_line(cli, "code", "原因", json_get_text(d, "code"));
    show_line(cli, "because", "说明", json_get_text(message, cli->language == GOV_ZH ? "zh" : "en"));
    show_line(cli, "crashes", "崩溃次数",
              arena_format(&cli->arena, "%lld", (long long)json_get_int(d, "crash_count", 0)));
    show_line(cli, "request", "请求", json_get_text(d, "request_id"));
    show_line(cli, "accepted", "接收于", show_local_time(cli, json_get_text(d, "created_at")));
    show_line(cli, "ended", "结束于", show_local_time(cli, json_get_text(d, "ended_at")));
    show_line(cli, "state", "状态", json_get_text(d, "state"));
    show_line(cli, "redriven as", "重新执行为", json_get_text(d, "redriven_as"));
    show_line(cli, "comment", "备注", json_get_text(d, "comment"));
}

bool command_dead_letter_show(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *letter;

    if (!remote_get(cli, path_of(cli, args, ""), &letter, err))
        return false;
    if (cli->json)
        cli_print_json(letter);
    else
        show_letter(cli, letter);
    return true;
}

static json_t *comment_of(struct cli *cli, const struct args *args)
{
    return json_own(&cli->arena, json_pack("{s:s*}", "comment", args_value(args, "comment", NULL)));
}

/* Without an id: the open ones of --tenant, at the pace of --per-minute. */
static bool redrive_many(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *answer;
    long most = 100, per_minute = 60;
    const char *tenant = args_value(args, "tenant", NULL);

    if (!tenant)
        return gov_fail(err, GOV_BAD_REQUEST,
                        "say which: dead-letter redrive ID, or --tenant ID for all open ones of a tenant",
                        "请指明：dead-letter redrive ID，或用 --tenant ID 重新执行某租户的全部");
    if (!args_number(args, "limit", 1, 500, &most, err) ||
        !args_number(args, "per-minute", 1, 6000, &per_minute, err))
        return false;
    json_t *body = comment_of(cli, args);
    json_object_set_new(body, "tenant", json_string(tenant));
    json_object_set_new(body, "limit", json_integer(most));
    json_object_set_new(body, "per_minute", json_integer(per_minute));
    if (!remote_post(cli, "/v1/platform/dead-letters/redrive", body, &answer, err))
        return false;
    if (cli->json)
        cli_print_json(answer);
    cli_say(cli, "%zu are done again, %zu were left", "%zu 个将重新执行，%zu 个未处理",
            json_array_size(json_object_get(answer, "redriven")),
            json_array_size(json_object_get(answer, "skipped")));
    return true;
}

bool command_dead_letter_redrive(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *made;

    if (args->count == 0)
        return redrive_many(cli, args, err);
    if (!remote_post(cli, path_of(cli, args, "/redrive"), comment_of(cli, args), &made, err))
        return false;
    if (cli->json)
        cli_print_json(made);
    cli_say(cli, "it is done again by job %s", "将由任务 %s 重新执行", json_get_text(made, "id"));
    return true;
}

bool command_dead_letter_discard(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *letter;

    if (!args_value(args, "comment", NULL))
        return gov_fail_at(err, GOV_INVALID_INPUT, "--comment", "required", "say why: --comment TEXT",
                           "请说明原因：--comment TEXT");
    if (!remote_post(cli, path_of(cli, args, "/discard"), comment_of(cli, args), &letter, err))
        return false;
    if (cli->json)
        cli_print_json(letter);
    cli_say(cli, "put away", "已归档");
    return true;
}
