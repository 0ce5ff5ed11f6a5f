/* payment.c - one payment, payment providers, and what they told. */
#include "cli/command/commands.h"
#include "cli/command/money/money_show.h"
#include "cli/command/money/money_word.h"
#include "cli/net/remote.h"
#include "core/base/json.h"

/* "ann@acme.example, 2026-11-26 10:00:00": who, and when; NULL: nobody is known. */
static const char *hand(struct cli *cli, const json_t *of)
{
    const char *by = json_get_text(of, "by");

    return by ? arena_format(&cli->arena, "%s, %s", by, show_local_time(cli, json_get_text(of, "at"))) : NULL;
}

/* Whose hands it went through. */
static void hands_show(struct cli *cli, const json_t *payment)
{
    const json_t *confirmed = json_object_get(payment, "confirmed"), *reported = json_object_get(payment, "reported");
    const char *by = hand(cli, confirmed), *reference = json_get_text(reported, "reference");

    if (json_get_text(reported, "by"))
        show_line(cli, "reported by", "登记付款", arena_format(&cli->arena, "%s%s%s", hand(cli, reported), reference ? ", " : "",
                                                            reference ? reference : ""));
    show_line(cli, "confirmed by", "确认到账", by ? by : arena_format(&cli->arena, "%s, %s", cli_text(cli, "its provider", "支付渠道"),
                                                                     show_local_time(cli, json_get_text(confirmed, "at"))));
    show_line(cli, "approved by", "审批人", money_member(cli, confirmed, "approved_by"));
    show_line(cli, "alone", "独自批准", json_get_text(confirmed, "alone"));
}

bool command_payment_show(struct cli *cli, const struct args *args, struct gov_err *err)
{
    static const struct money_column lines[] = {
        { "id", { "payment", "付款编号" } }, { "customer", { "customer", "客户" } }, { "orders", { "for orders", "订单" } },
        { "amount", { "amount", "金额" } }, { "state", { "state", "状态" } }, { "received_on", { "paid on", "到账日期" } },
        { "provider", { "provider", "渠道" } }, { "provider_txn", { "reference", "流水号" } },
        { "evidence_sha256", { "evidence", "凭证" } }, { "credit", { "credit", "客户余额" } }, { "returned", { "went back", "已退款" } },
        { "task/kind", { "waits for", "待处理" } }, { NULL, { NULL, NULL } },
    };
    static const struct money_column applied[] = {
        { "order_no", { "SETTLES", "入账订单" } }, { "customer", { "CUSTOMER", "客户" } }, { "amount", { "AMOUNT", "金额" } },
        { "applied_at", { "SINCE", "入账时间" } }, { NULL, { NULL, NULL } },
    };
    static const struct money_column back[] = {
        { "reference", { "WENT BACK AS", "退款流水号" } }, { "amount", { "AMOUNT", "金额" } }, { "order_no", { "ORDER", "订单号" } },
        { "reason", { "WHY", "原因" } }, { "by", { "BY", "操作人" } }, { "recorded_at", { "SINCE", "登记时间" } }, { NULL, { NULL, NULL } },
    };
    static const struct money_column disputed[] = {
        { "reference", { "DISPUTE", "争议" } }, { "state", { "STATE", "状态" } }, { "since", { "SINCE", "时间" } },
        { "task", { "TASK", "待办" } }, { NULL, { NULL, NULL } },
    };
    static const struct { const char *member; const struct money_column *columns; } tables[] = {
        { "applications", applied }, { "returns", back }, { "disputes", disputed },
    };
    const json_t *payment;

    if (!remote_get(cli, arena_format(&cli->arena, "/v1/platform/payments/%s", remote_segment(cli, args->words[0])), &payment, err))
        return false;
    if (cli->json) {
        cli_print_json(payment);
        return true;
    }
    for (const struct money_column *c = lines; c->member; c++)
        show_line(cli, c->heading.en, c->heading.zh, money_member(cli, payment, c->member));
    hands_show(cli, payment);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (json_array_size(json_object_get(payment, tables[i].member)))
            money_table(cli, json_object_get(payment, tables[i].member), tables[i].columns);
    return true;
}

bool command_payment_events(struct cli *cli, const struct args *args, struct gov_err *err)
{
    static const struct money_column columns[] = {
        { "received_at", { "RECEIVED", "收到时间" } }, { "provider", { "PROVIDER", "渠道" } },
        { "says/kind", { "KIND", "类型" } }, { "says/order_no", { "ORDER", "订单号" } }, { "state", { "STATE", "状态" } },
        { "outcome", { "OUTCOME", "结果" } }, { "event", { "EVENT", "事件" } }, { NULL, { NULL, NULL } },
    };
    return money_list(cli, remote_path(cli, "/v1/platform/payments/events", "state", money_state(args, NULL), NULL),
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
