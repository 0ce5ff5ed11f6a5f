/* unmet.c - what people asked for and did not get, and what an admin makes of it. */
#include <string.h>

#include "cli/command/commands.h"
#include "cli/net/remote.h"
#include "cli/out/show.h"
#include "core/base/json.h"

static const char *action_text(struct cli *cli, const json_t *of)
{
    const char *skill = json_get_text(of, "skill"), *action = json_get_text(of, "action");
    return !skill ? "" : action ? arena_format(&cli->arena, "%s/%s", skill, action) : skill;
}

bool command_unmet_ls(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const char *path = remote_path(cli, "/v1/unmet", "state", args_value(args, "state", "open"), "kind",
                                   args_value(args, "which", NULL), NULL);
    struct table table;
    const json_t *one;
    json_t *items;
    size_t i;

    if (!remote_list(cli, path, 200, &items, NULL, err))
        return false;
    if (cli->json) {
        remote_list_print(items, NULL);
        return true;
    }
    table_init(&table, &cli->arena);
    table_column(&table, "ID", "编号");
    table_column_flexible(&table, "ASKED", "请求");
    table_column(&table, "TIMES", "次数");
    table_column(&table, "TAKEN FOR", "系统理解");
    table_column(&table, "MEANT", "实际含义");
    table_column(&table, "LAST", "最近");
    json_array_foreach(items, i, one)
    {
        table_row(&table);
        table_cell(&table, json_get_text(one, "id"));
        table_cell(&table, json_get_text(one, "text"));
        table_cell(&table, arena_format(&cli->arena, "%lld", (long long)json_get_int(one, "times", 1)));
        table_cell(&table, action_text(cli, json_object_get(one, "was")));
        table_cell(&table, action_text(cli, json_object_get(one, "meant")));
        table_cell(&table, show_local_time(cli, json_get_text(one, "last_at")));
    }
    show_table(cli, &table);
    return true;
}

static bool decide(struct cli *cli, const struct args *args, const char *verb, json_t *body,
                   const json_t **item, struct gov_err *err)
{
    const char *path = arena_format(&cli->arena, "/v1/unmet/%s/%s",
                                    remote_segment(cli, args->words[0]), verb);

    if (!remote_post(cli, path, json_own(&cli->arena, body), item, err))
        return false;
    if (cli->json)
        cli_print_json(*item);
    return true;
}

bool command_unmet_approve(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *item;
    json_t *body = json_pack("{s:s*, s:s*}", "skill", args_value(args, "skill", NULL), "action",
                             args_value(args, "action", NULL));

    if (!decide(cli, args, "approve", body, &item, err))
        return false;
    cli_say(cli, "an example of %s now", "已成为 %s 的示例",
            action_text(cli, json_object_get(item, "meant")));
    return true;
}

bool command_unmet_reject(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *item;

    if (!decide(cli, args, "reject", json_object(), &item, err))
        return false;
    cli_say(cli, "nothing is learnt from it", "不作为示例");
    return true;
}
