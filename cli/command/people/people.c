/* people.c - whoever works for the platform: who there is, and who has which of its roles. */
#include <string.h>

#include "cli/command/commands.h"
#include "cli/command/money/money_show.h"
#include "cli/net/remote.h"
#include "core/base/json.h"

#define USERS "/v1/platform/users"

bool command_people_ls(struct cli *cli, const struct args *args, struct gov_err *err)
{
    static const struct money_column columns[] = {
        { "email", { "E-MAIL", "邮箱" } }, { "name", { "NAME", "姓名" } }, { "platform_roles", { "ROLES", "平台角色" } },
        { "id", { "ID", "编号" } }, { NULL, { NULL, NULL } },
    };
    return money_list(cli, remote_path(cli, USERS, "q", args->count ? args->words[0] : NULL, NULL), columns, err);
}

/* The id of exactly this address. */
static bool find(struct cli *cli, const char *email, const char **id, struct gov_err *err)
{
    json_t *items, *one;
    size_t i;

    if (!remote_list(cli, remote_path(cli, USERS, "q", email, NULL), 0, &items, NULL, err))
        return false;
    json_array_foreach(items, i, one)
        if (strcasecmp(json_get_text(one, "email"), email) == 0) {
            *id = json_get_text(one, "id");
            return true;
        }
    return gov_fail(err, GOV_NOT_FOUND, "nobody has the address %s (execgov people ls)", "没有邮箱为 %s 的人员（execgov people ls）", email);
}

static bool change(struct cli *cli, const struct args *args, bool give, struct gov_err *err)
{
    struct remote_answer answer;
    const char *id = NULL;

    if (!find(cli, args->words[0], &id, err))
        return false;
    const char *path = arena_format(&cli->arena, USERS "/%s/roles%s%s", id, give ? "" : "/",
                                    give ? "" : remote_segment(cli, args->words[1]));
    const struct remote_call call = { .method = give ? "POST" : "DELETE", .path = path,
                                      .body = give ? json_own(&cli->arena, json_pack("{s:s}", "role", args->words[1])) : NULL };
    if (!remote_send(cli, &call, &answer, err))
        return false;
    if (cli->json)
        cli_print_json(answer.json);
    else
        show_line(cli, "roles", "平台角色", money_cell(cli, json_object_get(answer.json, "platform_roles")));
    return true;
}

bool command_people_role(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return change(cli, args, true, err);
}

bool command_people_unrole(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return change(cli, args, false, err);
}
