/* tokens.c - sessions and api tokens of one's own. */
#include <stdio.h>
#include <string.h>

#include "cli/command/commands.h"
#include "cli/net/remote.h"
#include "cli/out/show.h"
#include "core/base/clock.h"
#include "core/base/json.h"

bool command_tokens_ls(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct table table;
    json_t *items;
    const json_t *one;
    size_t i;
    (void)args;

    if (!remote_list(cli, "/v1/tokens", 0, &items, NULL, err))
        return false;
    if (cli->json) {
        remote_list_print(items, NULL);
        return true;
    }
    table_init(&table, &cli->arena);
    table_column(&table, "KIND", "种类");
    table_column_flexible(&table, "NAME", "名称");
    table_column(&table, "CREATED", "创建于");
    table_column(&table, "EXPIRES", "有效至");
    table_column(&table, "LAST USED", "最近使用");
    table_column(&table, "ID", "编号");
    json_array_foreach(items, i, one)
    {
        bool current = json_get_bool(one, "current", false);
        table_row(&table);
        table_cellf(&table, "%s%s", json_get_text(one, "kind"), current ? " *" : "");
        table_cell(&table, json_get_text(one, "name"));
        table_cell(&table, show_local_time(cli, json_get_text(one, "created_at")));
        table_cell(&table, show_local_time(cli, json_get_text(one, "expires_at")));
        table_cell(&table, show_local_time(cli, json_get_text(one, "last_used_at")));
        table_cell(&table, json_get_text(one, "id"));
    }
    show_table(cli, &table);
    return true;
}

/* Every value of a repeated option as a list of the arena's, NULL if it was not given. */
static json_t *all_values(struct cli *cli, const struct args *args, const char *option)
{
    const char *value;
    json_t *list = NULL;

    for (size_t n = 0; (value = args_nth(args, option, n)); n++) {
        if (!list)
            list = json_own(&cli->arena, json_array());
        json_array_append_new(list, json_string(value));
    }
    return list;
}

bool command_tokens_create(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *made;
    long days = 90;
    char until[CLOCK_TEXT_BYTES];
    json_t *scopes = all_values(cli, args, "scope");

    if (!args_number(args, "days", 1, 365, &days, err))
        return false;
    if (!scopes)
        return gov_fail_at(err, GOV_INVALID_INPUT, "--scope", "required",
                           "say what it may do: --scope runs:write, more than once for more",
                           "请说明权限：--scope runs:write，可重复");
    clock_format(clock_now_us() + days * 86400LL * 1000000, until);
    json_t *body = json_own(&cli->arena,
                            json_pack("{s:s, s:O, s:s, s:O*}", "name", args->words[0], "scopes",
                                      scopes, "expires_at", until, "skills",
                                      all_values(cli, args, "skill")));
    if (!remote_post(cli, "/v1/tokens", body, &made, err))
        return false;
    if (cli->json) {
        cli_print_json(made);
        return true;
    }
    puts(json_get_text(made, "token") ? json_get_text(made, "token") : "");
    cli_note(cli, "this is shown once; keep it safe (it ends %s)",
             "仅显示一次，请妥善保管（有效至 %s）", show_local_time(cli, json_get_text(made, "expires_at")));
    return true;
}

bool command_tokens_revoke(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct remote_answer answer;
    struct remote_call call = {
        .method = "DELETE",
        .path = arena_format(&cli->arena, "/v1/tokens/%s", remote_segment(cli, args->words[0])),
    };

    if (!remote_send(cli, &call, &answer, err))
        return false;
    cli_say(cli, "revoked", "已撤销");
    return true;
}
