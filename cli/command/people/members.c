/* members.c - the people of the tenant. Members are named by e-mail or id. */
#include <stdio.h>
#include <string.h>

#include "cli/command/commands.h"
#include "cli/command/people/members.h"
#include "cli/net/remote.h"
#include "cli/out/show.h"
#include "core/base/id.h"
#include "core/base/json.h"
#include "core/base/text.h"

bool command_members_ls(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct table table;
    json_t *items;
    const json_t *one;
    size_t i;
    (void)args;

    if (!remote_list(cli, "/v1/members", 0, &items, NULL, err))
        return false;
    if (cli->json) {
        remote_list_print(items, NULL);
        return true;
    }
    table_init(&table, &cli->arena);
    table_column(&table, "NAME", "姓名");
    table_column_flexible(&table, "E-MAIL", "邮箱");
    table_column(&table, "ROLE", "角色");
    table_column(&table, "STATE", "状态");
    table_column(&table, "ID", "编号");
    json_array_foreach(items, i, one)
    {
        table_row(&table);
        table_cell(&table, json_get_text(one, "name"));
        table_cell(&table, json_get_text(one, "email"));
        table_cell(&table, json_get_text(one, "role"));
        table_cell(&table, json_get_text(one, "state"));
        table_cell(&table, json_get_text(one, "id"));
    }
    show_table(cli, &table);
    return true;
}

bool members_id(struct cli *cli, const char *who, const char **id, struct gov_err *err)
{
    struct id parsed;
    json_t *items;
    const json_t *one;
    size_t i;

    *id = who;
    if (id_parse(who, &parsed))
        return true;
    if (!remote_list(cli, remote_path(cli, "/v1/members", "q", who, NULL), 0, &items, NULL, err))
        return false;
    json_array_foreach(items, i, one)
    {
        const char *email = json_get_text(one, "email");
        if (email && text_equal_ignoring_case(email, who)) {
            *id = json_get_text(one, "id");
            return true;
        }
    }
    return gov_fail(err, GOV_NOT_FOUND, "there is no member %s; see execgov members ls",
                    "没有成员 %s；请查看 execgov members ls", who);
}

static void say_link(struct cli *cli, const json_t *link)
{
    if (cli->json) {
        cli_print_json(link);
        return;
    }
    show_line(cli, "link", "链接", json_get_text(link, "url"));
    show_line(cli, "token", "令牌", json_get_text(link, "token"));
    show_line(cli, "until", "有效至", show_local_time(cli, json_get_text(link, "expires_at")));
    cli_note(cli, "it works once; hand it over on a safe way", "仅能使用一次，请通过安全途径转交");
}

bool command_members_invite(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *invited;
    json_t *body = json_own(&cli->arena, json_pack("{s:s, s:s}", "email", args->words[0], "role",
                                                   args_value(args, "role", "operator")));

    if (!remote_post(cli, "/v1/members", body, &invited, err))
        return false;
    if (cli->json)
        cli_print_json(invited);
    else
        say_link(cli, json_object_get(invited, "invitation"));
    return true;
}

bool command_members_role(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct remote_answer answer;
    const char *id;
    json_t *body = json_own(&cli->arena, json_pack("{s:s}", "role", args->words[1]));

    if (!members_id(cli, args->words[0], &id, err))
        return false;
    struct remote_call call = { .method = "PATCH",
                                .path = arena_format(&cli->arena, "/v1/members/%s", id),
                                .body = body };
    if (!remote_send(cli, &call, &answer, err))
        return false;
    if (cli->json)
        cli_print_json(answer.json);
    cli_say(cli, "%s is %s now", "%s 的角色现在是 %s", args->words[0],
            json_get_text(answer.json, "role"));
    return true;
}

bool command_members_remove(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct remote_answer answer;
    const char *id;

    if (!members_id(cli, args->words[0], &id, err))
        return false;
    struct remote_call call = { .method = "DELETE",
                                .path = arena_format(&cli->arena, "/v1/members/%s", id) };
    if (!remote_send(cli, &call, &answer, err))
        return false;
    cli_say(cli, "%s was removed", "已移除 %s", args->words[0]);
    return true;
}

static bool make_link(struct cli *cli, const char *who, const char *kind, struct gov_err *err)
{
    const json_t *link;
    const char *id;

    if (!members_id(cli, who, &id, err) ||
        !remote_post(cli, arena_format(&cli->arena, "/v1/members/%s/%s", id, kind), NULL, &link,
                     err))
        return false;
    say_link(cli, link);
    return true;
}

bool command_members_link(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return make_link(cli, args->words[0], "invitation", err);
}

bool command_members_reset(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return make_link(cli, args->words[0], "reset-link", err);
}
