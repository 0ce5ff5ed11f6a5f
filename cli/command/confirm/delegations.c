/* delegations.c - who decides in whose place, and for how long. */
#include "cli/command/commands.h"
#include "cli/command/people/members.h"
#include "cli/net/remote.h"
#include "cli/out/show.h"
#include "core/base/json.h"

bool command_delegations_ls(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct table table;
    json_t *items;
    const json_t *one;
    size_t i;
    (void)args;

    if (!remote_list(cli, "/v1/delegations", 100, &items, NULL, err))
        return false;
    if (cli->json) {
        remote_list_print(items, NULL);
        return true;
    }
    table_init(&table, &cli->arena);
    table_column(&table, "FROM", "委托人");
    table_column(&table, "TO", "受托人");
    table_column(&table, "SINCE", "起始");
    table_column(&table, "UNTIL", "截止");
    table_column(&table, "STATE", "状态");
    table_column_flexible(&table, "REASON", "原因");
    table_column(&table, "ID", "编号");
    json_array_foreach(items, i, one)
    {
        table_row(&table);
        table_cell(&table, json_get_text(json_object_get(one, "from"), "name"));
        table_cell(&table, json_get_text(json_object_get(one, "to"), "name"));
        table_cell(&table, show_local_time(cli, json_get_text(one, "from_at")));
        table_cell(&table, show_local_time(cli, json_get_text(one, "until_at")));
        table_cell(&table, json_get_text(one, "state"));
        table_cell(&table, json_get_text(one, "reason"));
        table_cell(&table, json_get_text(one, "id"));
    }
    show_table(cli, &table);
    return true;
}

bool command_delegations_add(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const char *until = args_value(args, "until", NULL), *reason = args_value(args, "comment", NULL);
    const json_t *made;
    const char *to;

    if (!until || !reason)
        return gov_fail(err, GOV_INVALID_INPUT,
                        "say until when and why: --until 2026-12-31T18:00:00Z --comment holiday",
                        "请给出截止时间和原因：--until 2026-12-31T18:00:00Z --comment 休假");
    if (!members_id(cli, args->words[0], &to, err))
        return false;
    json_t *body = json_own(&cli->arena, json_pack("{s:s, s:s, s:s, s:s*}", "to", to, "until_at", until,
                                                   "reason", reason, "from_at",
                                                   args_value(args, "since", NULL)));
    if (!remote_post(cli, "/v1/delegations", body, &made, err))
        return false;
    if (cli->json)
        cli_print_json(made);
    cli_say(cli, "%s may decide in your place until %s", "%s 可代您决定，截止 %s",
            json_get_text(json_object_get(made, "to"), "name"),
            show_local_time(cli, json_get_text(made, "until_at")));
    return true;
}

bool command_delegations_end(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct remote_answer answer;
    struct remote_call call = { .method = "DELETE",
                                .path = arena_format(&cli->arena, "/v1/delegations/%s",
                                                     remote_segment(cli, args->words[0])) };

    if (!remote_send(cli, &call, &answer, err))
        return false;
    cli_say(cli, "ended", "已终止");
    return true;
}
