/* payment.c - payment providers, and what they told. */
#include "cli/command/commands.h"
#include "cli/command/money/money_show.h"
#include "cli/net/remote.h"
#include "core/base/json.h"

bool command_payment_events(struct cli *cli, const struct args *args, struct gov_err *err)
{
    static const struct money_column columns[] = {
        { "received_at", { "RECEIVED", "收到时间" } }, { "provider", { "PROVIDER", "渠道" } },
        { "says/kind", { "KIND", "类型" } }, { "says/order_no", { "ORDER", "订单号" } }, { "state", { "STATE", "状态" } },
        { "outcome", { "OUTCOME", "结果" } }, { "event", { "EVENT", "事件" } }, { NULL, { NULL, NULL } },
    };
    return money_list(cli, remote_path(cli, "/v1/platform/payments/events", "state", args_value(args, "state", NULL), NULL),
                      columns, err);
}

bool command_payment_providers(struct cli *cli, const struct args *args, struct gov_err *err)
{
    static const struct money_column columns[] = {
        { "code", { "CODE", "代码" } }, { "kind", { "KIND", "类型" } }, { "title", { "TITLE", "名称" } },
        { "merchant", { "MERCHANT", "商户号" } }, { "credential", { "CREDENTIAL", "凭据" } },
        { "enabled", { "ENABLED", "启用" } }, { "path", { "PATH", "地址" } }, { NULL, { NULL, NULL } },
    };
    (void)args;
    return money_list(cli, "/v1/platform/payment-providers", columns, err);
}

bool command_payment_return(struct cli *cli, const struct args *args, struct gov_err *err)
{
    if (!args_value(args, "reference", NULL) || !args_value(args, "comment", NULL))
        return gov_fail(err, GOV_INVALID_INPUT, "say the reference and why: --reference R --comment WHY",
                        "请给出流水号和原因：--reference R --comment WHY");
    return money_post(cli, arena_format(&cli->arena, "/v1/platform/payments/%s/return", remote_segment(cli, args->words[0])),
                      json_pack("{s:s, s:s}", "reference", args_value(args, "reference", NULL), "reason",
                                args_value(args, "comment", NULL)), err);
}

bool command_payment_provider(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const char *path = arena_format(&cli->arena, "/v1/platform/payment-providers/%s", remote_segment(cli, args->words[0]));
    json_t *body = json_own(&cli->arena, json_pack("{s:s, s:s, s:s*, s:s*, s:s*, s:b}", "kind", args->words[1], "title",
                                                   args_value(args, "title", args->words[0]), "credential",
                                                   args_value(args, "credential", NULL), "merchant",
                                                   args_value(args, "merchant", NULL), "app", args_value(args, "app", NULL),
                                                   "enabled", !args_flag(args, "off")));

    if (!args_value(args, "credential", NULL))
        return gov_fail(err, GOV_INVALID_INPUT, "say which credential holds its keys: --credential NAME",
                        "请用 --credential 名称 指定保存其密钥的凭据");
    return money_put(cli, path, json_incref(body), err);
}
