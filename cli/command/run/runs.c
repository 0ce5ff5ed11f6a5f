/* runs.c - runs and requests that are there already. */
#include <stdio.h>
#include <string.h>

#include "cli/command/commands.h"
#include "cli/command/run/submit.h"
#include "cli/net/follow.h"
#include "cli/net/remote.h"
#include "cli/out/log_print.h"
#include "cli/out/show.h"
#include "core/base/json.h"

static const char *member(struct cli *cli, const char *collection, const char *id,
                          const char *rest)
{
    return arena_format(&cli->arena, "%s/%s%s", collection, remote_segment(cli, id), rest);
}

static bool list(struct cli *cli, const struct args *args, const char *collection, json_t **items,
                 const char **next, struct gov_err *err)
{
    long limit = 20;

    if (!args_number(args, "limit", 1, 100000, &limit, err))
        return false;
    const char *path = remote_path(cli, collection, "state", args_value(args, "state", NULL),
                                   "skill", args_value(args, "skill", NULL), "created_by",
                                   args_flag(args, "mine") ? "me" : NULL, "since",
                                   args_value(args, "since", NULL), "until",
                                   args_value(args, "until", NULL), NULL);
    return remote_list(cli, path, (size_t)limit, items, next, err);
}

static void note_more(const struct cli *cli, const char *next)
{
    if (next)
        cli_note(cli, "there are more: --limit N", "还有更多：--limit N");
}

bool command_runs_ls(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct table table;
    json_t *items;
    const json_t *one;
    const char *next;
    size_t i;

    if (!list(cli, args, "/v1/runs", &items, &next, err))
        return false;
    if (cli->json) {
        remote_list_print(items, next);
        return true;
    }
    table_init(&table, &cli->arena);
    table_column(&table, "RUN", "运行");
    table_column_flexible(&table, "SKILL", "技能");
    table_column(&table, "STATE", "状态");
    table_column(&table, "BY", "发起人");
    table_column(&table, "ACCEPTED", "接收于");
    table_column_right(&table, "TOOK", "用时");
    json_array_foreach(items, i, one)
    {
        const json_t *timings = json_object_get(one, "timings");
        const json_t *took = json_object_get(timings, "run_ms");
        table_row(&table);
        table_cell(&table, json_get_text(one, "id"));
        table_cellf(&table, "%s/%s", json_get_text(one, "skill"), json_get_text(one, "action"));
        table_cell(&table, show_state(cli, json_get_text(one, "state")));
        table_cell(&table, json_get_text(json_object_get(one, "created_by"), "name"));
        table_cell(&table, show_local_time(cli, json_get_text(timings, "accepted")));
        if (json_is_number(took))
            table_cellf(&table, "%.2f s", json_number_value(took) / 1000);
    }
    show_table(cli, &table);
    note_more(cli, next);
    return true;
}

bool command_requests_ls(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct table table;
    json_t *items;
    const json_t *one;
    const char *next;
    size_t i;

    if (!list(cli, args, "/v1/requests", &items, &next, err))
        return false;
    if (cli->json) {
        remote_list_print(items, next);
        return true;
    }
    table_init(&table, &cli->arena);
    table_column(&table, "REQUEST", "请求");
    table_column_flexible(&table, "WORDS", "内容");
    table_column(&table, "STATE", "状态");
    table_column(&table, "BY", "发起人");
    table_column(&table, "ASKED", "提出于");
    json_array_foreach(items, i, one)
    {
        const char *text = json_get_text(one, "text");
        table_row(&table);
        table_cell(&table, json_get_text(one, "id"));
        table_cell(&table, text ? text : json_get_text(one, "skill"));
        table_cell(&table, show_state(cli, json_get_text(one, "state")));
        table_cell(&table, json_get_text(json_object_get(one, "created_by"), "name"));
        table_cell(&table, show_local_time(cli, json_get_text(one, "created_at")));
    }
    show_table(cli, &table);
    note_more(cli, next);
    return true;
}

static bool show_one(struct cli *cli, const struct args *args, const char *collection,
                     struct gov_err *err)
{
    const json_t *thing;

    if (!remote_get(cli, member(cli, collection, args->words[0], ""), &thing, err))
        return false;
    if (args_flag(args, "wait") || args_flag(args, "follow") || args_value(args, "out", NULL))
        return submit_see_through(cli, args, collection, thing, true, err);
    submit_tell(cli, thing, false);
    cli->exit_code = 0; /* looking at a failure is no failure */
    return true;
}

bool command_runs_show(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return show_one(cli, args, "/v1/runs", err);
}

bool command_requests_show(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return show_one(cli, args, "/v1/requests", err);
}

/* One page of pieces; with --json one a line. */
static void print_page(struct cli *cli, const json_t *pieces, struct log_print *print)
{
    const json_t *piece;
    size_t i;

    json_array_foreach(pieces, i, piece)
    {
        if (cli->json) {
            json_dumpf(piece, stdout, JSON_COMPACT);
            putchar('\n');
        } else {
            log_print_piece(print, piece);
        }
    }
}

static bool print_log(struct cli *cli, const char *log, struct log_print *print,
                      struct gov_err *err)
{
    json_int_t after = 0;
    const json_t *page;

    for (;;) {
        char text[24];
        snprintf(text, sizeof text, "%lld", (long long)after);
        if (!remote_get(cli, remote_path(cli, log, "after", after ? text : NULL, NULL), &page, err))
            return false;
        print_page(cli, json_object_get(page, "items"), print);
        json_int_t next = json_get_int(page, "next_after", 0);
        if (json_array_size(json_object_get(page, "items")) == 0 || next <= after)
            break;
        after = next;
    }
    if (json_get_bool(page, "truncated", false))
        cli_note(cli, "the script printed more than is kept", "脚本输出超过保留上限，部分未保留");
    return true;
}

bool command_runs_log(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct log_print print;
    const json_t *ended;

    if (args_flag(args, "follow")) {
        if (!follow_events(cli, member(cli, "/v1/runs", args->words[0], ""), &ended, err))
            return false;
        cli->exit_code = show_exit_code(ended);
        return true;
    }
    log_print_init(&print, cli, NULL);
    bool done = print_log(cli, member(cli, "/v1/runs", args->words[0], "/log"), &print, err);
    log_print_end(&print);
    return done;
}

static bool cancel(struct cli *cli, const struct args *args, const char *collection,
                   struct gov_err *err)
{
    const json_t *thing;

    if (!remote_post(cli, member(cli, collection, args->words[0], "/cancel"), NULL, &thing, err))
        return false;
    if (cli->json)
        cli_print_json(thing);
    cli_say(cli, "%s", "%s", show_state(cli, json_get_text(thing, "state")));
    return true;
}

bool command_runs_cancel(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return cancel(cli, args, "/v1/runs", err);
}

bool command_requests_cancel(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return cancel(cli, args, "/v1/requests", err);
}

bool command_runs_rerun(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *request;

    return submit_post(cli, args, member(cli, "/v1/runs", args->words[0], "/rerun"), NULL, 0,
                       &request, err) &&
           submit_see_through(cli, args, "/v1/requests", request, false, err);
}
