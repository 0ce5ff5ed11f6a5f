/* confirmations.c - deciding. What is confirmed is the digest of the plan that was shown here. */
#include <stdio.h>
#include <string.h>

#include "cli/command/commands.h"
#include "cli/command/run/submit.h"
#include "cli/net/remote.h"
#include "cli/out/show.h"
#include "cli/out/term.h"
#include "core/base/json.h"

bool command_confirmations_ls(struct cli *cli, const struct args *args, struct gov_err *err)
{
    struct table table;
    json_t *items;
    const json_t *one;
    size_t i;
    const char *path = remote_path(cli, "/v1/confirmations", "state",
                                   args_value(args, "state", "waiting"), NULL);

    if (!remote_list(cli, path, 100, &items, NULL, err))
        return false;
    if (cli->json) {
        remote_list_print(items, NULL);
        return true;
    }
    table_init(&table, &cli->arena);
    table_column(&table, "REQUEST", "请求");
    table_column_flexible(&table, "WHAT", "内容");
    table_column(&table, "RISK", "风险");
    table_column(&table, "ASKED BY", "申请人");
    table_column(&table, "UNTIL", "截止");
    table_column(&table, "YOU", "您");
    json_array_foreach(items, i, one)
    {
        const char *title = json_get_text(one, "title");
        bool mine = json_get_bool(one, "may_decide", false);
        table_row(&table);
        table_cell(&table, json_get_text(one, "request_id"));
        table_cell(&table, title ? title : json_get_text(one, "skill"));
        table_cell(&table, json_get_text(one, "risk"));
        table_cell(&table, json_get_text(json_object_get(one, "requested_by"), "name"));
        table_cell(&table, show_local_time(cli, json_get_text(one, "expires_at")));
        table_cell(&table, mine ? cli_text(cli, "may decide", "可决定")
                                : cli_text(cli, "wait", "等待中"));
    }
    show_table(cli, &table);
    return true;
}

static bool read_request(struct cli *cli, const char *id, const json_t **request,
                         struct gov_err *err)
{
    return remote_get(cli, arena_format(&cli->arena, "/v1/requests/%s", remote_segment(cli, id)),
                      request, err);
}

bool command_confirmations_show(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *request;

    if (!read_request(cli, args->words[0], &request, err))
        return false;
    if (cli->json) {
        cli_print_json(request);
        return true;
    }
    show_request_card(cli, request);
    cli_note(cli, "decide: execgov confirmations confirm %s, or reject %s --comment WHY",
             "决定：execgov confirmations confirm %s，或 reject %s --comment 原因", args->words[0],
             args->words[0]);
    return true;
}

/* The digest to confirm: given, or that of the plan that is shown now and agreed to. */
static bool agreed_digest(struct cli *cli, const struct args *args, const char **digest,
                          struct gov_err *err)
{
    const json_t *request;

    *digest = args_value(args, "digest", NULL);
    if (*digest)
        return true;
    if (!read_request(cli, args->words[0], &request, err))
        return false;
    *digest = json_get_text(json_object_get(request, "plan"), "digest");
    if (!*digest)
        return gov_fail(err, GOV_CONFLICT, "this request has no plan to confirm",
                        "该请求没有可确认的计划");
    if (args_flag(args, "yes"))
        return true;
    /* Without a terminal the command itself is the agreement; --digest pins it to what was seen. */
    if (!cli->tty_in)
        return true;
    show_request_card(cli, request);
    if (term_agree(cli, cli_text(cli, "Confirm exactly this? [y/N]", "确认执行以上计划？[y/N]")))
        return true;
    return gov_fail(err, GOV_REJECTED, "not confirmed; it still waits", "未确认；该请求仍在等待");
}

bool command_confirmations_confirm(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const char *digest;
    const json_t *request;

    if (!agreed_digest(cli, args, &digest, err))
        return false;
    json_t *body = json_own(&cli->arena, json_pack("{s:s, s:s*}", "digest", digest, "comment",
                                                   args_value(args, "comment", NULL)));
    const char *path = arena_format(&cli->arena, "/v1/requests/%s/confirm",
                                    remote_segment(cli, args->words[0]));
    if (!submit_post(cli, args, path, body, 0, &request, err))
        return false;
    cli_note(cli, "confirmed", "已确认");
    return submit_see_through(cli, args, "/v1/requests", request, false, err);
}

bool command_confirmations_reject(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const char *comment = args_value(args, "comment", NULL);
    const json_t *request;

    if (!comment &&
        !term_ask(cli, cli_text(cli, "Why not:", "拒绝原因："), false, &comment, err))
        return gov_fail_at(err, GOV_INVALID_INPUT, "--comment", "required",
                           "say why: --comment TEXT", "请说明原因：--comment 文字");
    json_t *body = json_own(&cli->arena, json_pack("{s:s}", "comment", comment));
    const char *path = arena_format(&cli->arena, "/v1/requests/%s/reject",
                                    remote_segment(cli, args->words[0]));
    if (!remote_post(cli, path, body, &request, err))
        return false;
    if (cli->json)
        cli_print_json(request);
    cli_say(cli, "rejected", "已拒绝");
    return true;
}
