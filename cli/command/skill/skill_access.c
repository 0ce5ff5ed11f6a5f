/* skill_access.c - whether a skill runs at all, and for whom. */
#include <stdio.h>
#include <string.h>

#include "cli/command/commands.h"
#include "cli/net/remote.h"
#include "cli/out/show.h"
#include "core/base/json.h"

static const char *skill_path(struct cli *cli, const struct args *args, const char *rest)
{
    return arena_format(&cli->arena, "/v1/skills/%s%s", remote_segment(cli, args->words[0]), rest);
}

static bool switch_skill(struct cli *cli, const struct args *args, bool on, struct gov_err *err)
{
    struct remote_answer answer;
    struct remote_call call = {
        .method = "PATCH", .path = skill_path(cli, args, ""),
        .body = json_own(&cli->arena, json_pack("{s:b}", "enabled", on)),
    };

    if (!remote_send(cli, &call, &answer, err))
        return false;
    if (cli->json)
        cli_print_json(answer.json);
    cli_say(cli, "%s is %s", "%s %s", args->words[0],
            on ? cli_text(cli, "on", "已启用") : cli_text(cli, "off", "已停用"));
    return true;
}

bool command_skill_enable(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return switch_skill(cli, args, true, err);
}

bool command_skill_disable(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return switch_skill(cli, args, false, err);
}

static const char *actions_text(struct cli *cli, const json_t *binding)
{
    const char *text = "";
    const json_t *one;
    size_t i;

    json_array_foreach(json_object_get(binding, "actions"), i, one)
        text = arena_format(&cli->arena, "%s%s%s", text, i ? " " : "", json_string_value(one));
    return strcmp(text, "*") == 0 ? cli_text(cli, "all", "全部") : text;
}

static void show_bindings(struct cli *cli, const json_t *list)
{
    struct table table;
    const json_t *one;
    size_t i;

    table_init(&table, &cli->arena);
    table_column(&table, "WHO", "对象");
    table_column(&table, "ID", "编号");
    table_column(&table, "ACTIONS", "动作");
    json_array_foreach(json_object_get(list, "items"), i, one)
    {
        const char *role = json_get_text(one, "role");
        const char *name = json_get_text(one, "name");
        table_row(&table);
        table_cell(&table, role ? role : name);
        table_cell(&table, json_get_text(one, "user"));
        table_cell(&table, actions_text(cli, one));
    }
    show_table(cli, &table);
    if (table.rows == 0)
        cli_note(cli, "no binding: owner, admin and operator may run it",
                 "没有绑定：owner、admin 和 operator 可运行");
}

bool command_skill_bindings(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *list;

    if (!remote_get(cli, skill_path(cli, args, "/bindings"), &list, err))
        return false;
    if (cli->json)
        cli_print_json(list);
    else
        show_bindings(cli, list);
    return true;
}

/* The bindings there are, as PUT takes them: without the names that GET adds. */
static json_t *as_put(struct cli *cli, const json_t *list)
{
    json_t *all = json_own(&cli->arena, json_array());
    const json_t *one;
    size_t i;

    json_array_foreach(json_object_get(list, "items"), i, one)
        json_array_append_new(all, json_pack("{s:s*, s:s*, s:O*}", "role", json_get_text(one, "role"),
                                             "user", json_get_text(one, "user"), "actions",
                                             json_object_get(one, "actions")));
    return all;
}

/* Read, add one, and write back with the ETag that was read, so that two admins do not undo each
 * other. */
bool command_skill_allow(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const char *role = args_value(args, "role", NULL), *user = args_value(args, "user", NULL);
    const char *path = skill_path(cli, args, "/bindings"), *action;
    struct remote_answer answer;
    json_t *actions = json_own(&cli->arena, json_array());

    if (!role == !user)
        return gov_fail(err, GOV_INVALID_INPUT, "say --role ROLE or --user E-MAIL",
                        "请指定 --role 角色 或 --user 邮箱");
    for (size_t n = 0; (action = args_nth(args, "action", n)); n++)
        json_array_append_new(actions, json_string(action));
    struct remote_call get = { .method = "GET", .path = path };
    if (!remote_send(cli, &get, &answer, err))
        return false;
    json_t *all = as_put(cli, answer.json);
    json_array_append_new(all, json_pack("{s:s*, s:s*, s:O*}", "role", role, "user", user, "actions",
                                         json_array_size(actions) ? actions : NULL));
    struct remote_call put = { .method = "PUT", .path = path, .body = all,
                               .if_match = answer.etag };
    if (!remote_send(cli, &put, &answer, err))
        return false;
    if (cli->json)
        cli_print_json(answer.json);
    else
        show_bindings(cli, answer.json);
    return true;
}
