/* tenant.c - tenants as the people who run the platform see them, and the end of one. */
#include <string.h>

#include "cli/command/commands.h"
#include "cli/command/money/money_show.h"
#include "cli/command/money/money_word.h"
#include "cli/net/remote.h"
#include "core/base/json.h"

#define TENANTS "/v1/platform/tenants"

bool command_tenant_ls(struct cli *cli, const struct args *args, struct gov_err *err)
{
    static const struct money_column columns[] = {
        { "id", { "TENANT", "租户" } },        { "name", { "NAME", "名称" } },
        { "state", { "STATE", "状态" } },      { "members", { "MEMBERS", "成员" } },
        { "created_at", { "SINCE", "创建" } }, { NULL, { NULL, NULL } },
    };
    return money_list(cli, remote_path(cli, TENANTS, "state", money_state(args, NULL), NULL), columns, err);
}

static const char *its_end(struct cli *cli, const struct args *args, const char *more)
{
    return arena_format(&cli->arena, TENANTS "/%s/drop%s", remote_segment(cli, args->words[0]), more);
}

/* What is known of a tenant's end: what it waits for, or how far it is. */
static void end_show(struct cli *cli, const json_t *end)
{
    static const struct money_column columns[] = {
        { "name", { "CHECK", "检查项" } }, { "ok", { "HOLDS", "满足" } }, { "detail", { "HOW IT IS", "现状" } }, { NULL, { NULL, NULL } },
    };

    if (cli->json) {
        cli_print_json(end);
        return;
    }
    money_one(cli, end);
    if (json_array_size(json_object_get(end, "checks")))
        money_table(cli, json_object_get(end, "checks"), columns);
}

bool command_tenant_show(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *end;

    if (!remote_get(cli, its_end(cli, args, ""), &end, err))
        return false;
    end_show(cli, end);
    return true;
}

/* Decided already: carried out, a stretch a call, until nothing is left. Otherwise it is asked for. */
bool command_tenant_drop(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *end;
    int64_t removed = 0;

    if (!remote_get(cli, its_end(cli, args, ""), &end, err))
        return false;
    if (strcmp(json_get_text(end, "state"), "kept") == 0) {
        if (!args_value(args, "comment", NULL))
            return gov_fail(err, GOV_INVALID_INPUT, "say why: --comment TEXT", "请说明原因：--comment 原因");
        return money_post(cli, its_end(cli, args, ""), json_pack("{s:s}", "reason", args_value(args, "comment", NULL)), err);
    }
    while (strcmp(json_get_text(end, "state"), "dropping") == 0) {
        if (!remote_post(cli, its_end(cli, args, "/continue"), json_own(&cli->arena, json_object()), &end, err))
            return false;
        removed += json_get_int(end, "removed", 0);
        cli_note(cli, "%lld files removed", "已删除 %lld 个文件", (long long)removed);
    }
    end_show(cli, end);
    return true;
}
