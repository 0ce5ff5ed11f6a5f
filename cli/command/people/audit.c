/* audit.c - who did what. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command/commands.h"
#include "cli/net/remote.h"
#include "cli/out/show.h"
#include "core/base/json.h"

static const char *filtered(struct cli *cli, const struct args *args)
{
    return remote_path(cli, "/v1/audit", "kind", args_value(args, "kind", NULL), "actor",
                       args_value(args, "actor", NULL), "subject",
                       args_value(args, "subject", NULL), "since", args_value(args, "since", NULL),
                       "until", args_value(args, "until", NULL), NULL);
}

static void add_row(struct cli *cli, struct table *table, const json_t *event)
{
    const json_t *actor = json_object_get(event, "actor");
    const json_t *subject = json_object_get(event, "subject");
    const char *name = json_get_text(actor, "name");
    const char *id = json_get_text(subject, "id");
    char *detail = json_dumps(json_object_get(event, "detail"), JSON_ENCODE_ANY | JSON_COMPACT);

    table_row(table);
    table_cell(table, show_local_time(cli, json_get_text(event, "at")));
    table_cell(table, name ? name : json_get_text(actor, "kind"));
    table_cell(table, json_get_text(event, "action"));
    table_cell(table, id ? id : json_get_text(subject, "kind"));
    table_cell(table, detail && strcmp(detail, "{}") != 0 ? detail : "");
    free(detail);
}

bool command_audit_ls(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct table table;
    json_t *items;
    const json_t *one;
    const char *next;
    long limit = 50;
    size_t i;

    if (!args_number(args, "limit", 1, 100000, &limit, err) ||
        !remote_list(cli, filtered(cli, args), (size_t)limit, &items, &next, err))
        return false;
    if (cli->json) {
        remote_list_print(items, next);
        return true;
    }
    table_init(&table, &cli->arena);
    table_column(&table, "WHEN", "时间");
    table_column(&table, "WHO", "操作者");
    table_column(&table, "WHAT", "操作");
    table_column(&table, "ON", "对象");
    table_column_flexible(&table, "DETAIL", "详情");
    json_array_foreach(items, i, one)
        add_row(cli, &table, one);
    show_table(cli, &table);
    if (next)
        cli_note(cli, "there is more: --limit N, or execgov audit export",
                 "还有更多：--limit N，或 execgov audit export");
    return true;
}

/* One JSON object a line, page by page, so that a long trail needs no memory. */
bool command_audit_export(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const char *to = args_value(args, "out", NULL);
    FILE *out = to ? fopen(to, "wex") : stdout;
    const char *cursor = NULL;
    bool done = true;

    if (!out)
        return gov_fail_at(err, GOV_CONFLICT, to, "exists",
                           "%s cannot be written, or is there already", "%s 无法写入或已存在", to);
    do {
        const json_t *page, *one;
        size_t i;
        const char *path = remote_path(cli, filtered(cli, args), "limit", "200", "cursor", cursor,
                                       NULL);
        done = remote_get(cli, path, &page, err);
        json_array_foreach(done ? json_object_get(page, "items") : NULL, i, one)
        {
            json_dumpf(one, out, JSON_COMPACT | JSON_SORT_KEYS);
            fputc('\n', out);
        }
        cursor = done ? json_get_text(page, "next_cursor") : NULL;
    } while (cursor);
    bool written = to ? fclose(out) == 0 : fflush(out) == 0;
    if (done && !written)
        return gov_fail(err, GOV_CONFIGURATION, "the trail could not be written whole",
                        "未能完整写入");
    return done;
}
