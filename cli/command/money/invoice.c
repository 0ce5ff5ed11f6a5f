/* invoice.c - invoices and credit notes, what the tax office's invoice for each became, and who sells. */
#include "cli/command/commands.h"
#include "cli/command/money/money_file.h"
#include "cli/net/remote.h"
#include "core/base/json.h"

#define BASE "/v1/platform/"

static const struct money_column columns[] = {
    { "no", { "NUMBER", "编号" } }, { "kind", { "KIND", "类型" } }, { "issued_on", { "DAY", "日期" } },
    { "customer", { "CUSTOMER", "客户" } }, { "order_no", { "ORDER", "订单" } }, { "amount", { "AMOUNT", "金额" } },
    { "of/no", { "TAKES BACK OF", "对应账单" } }, { "fapiao/status", { "FAPIAO", "发票状态" } },
    { "fapiao/number", { "FAPIAO NUMBER", "发票号码" } }, { NULL, { NULL, NULL } },
};

bool command_invoice_ls(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return money_list(cli, remote_path(cli, BASE "invoices", "customer_id", args_value(args, "customer", NULL), "fapiao",
                                       args_value(args, "fapiao", NULL), NULL), columns, err);
}

bool command_invoice_show(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return money_get(cli, arena_format(&cli->arena, BASE "invoices/%s", remote_segment(cli, args->words[0])), err);
}

bool command_invoice_fapiao(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return money_put(cli, arena_format(&cli->arena, BASE "invoices/%s/fapiao", remote_segment(cli, args->words[0])),
               json_pack("{s:s, s:s*, s:s*, s:s*, s:s*}", "status", args->words[1], "number", args_value(args, "number", NULL), "code",
                         args_value(args, "code", NULL), "issued_on", args_value(args, "on", NULL), "reason",
                         args_value(args, "comment", NULL)), err);
}

bool command_invoice_import(struct cli *cli, const struct args *args, struct gov_err *err)
{
    static const struct money_column of_lines[] = {
        { "line", { "LINE", "行" } }, { "invoice", { "INVOICE", "账单" } }, { "status", { "STATE", "状态" } },
        { "number", { "FAPIAO NUMBER", "发票号码" } }, { "code", { "CODE", "代码" } }, { "issued_on", { "DAY", "日期" } },
        { "verdict", { "IS", "判定" } }, { NULL, { NULL, NULL } },
    };
    const char *digest = args_value(args, "apply", NULL);
    json_t *body = json_own(&cli->arena, json_pack("{s:b, s:s*}", "dry_run", !digest, "digest", digest));

    return money_file_add(cli, args->words[0], body, err) && money_file_send(cli, BASE "invoices/fapiao", body, of_lines, err);
}

bool command_invoice_sellers(struct cli *cli, const struct args *args, struct gov_err *err)
{
    static const struct money_column of_sellers[] = {
        { "code", { "CODE", "代码" } }, { "title", { "NAME", "名称" } }, { "tax_no", { "TAX NUMBER", "税号" } },
        { "sells", { "SELLS", "当前开具" } }, { "invoices", { "INVOICES", "账单数" } }, { NULL, { NULL, NULL } },
    };
    (void)args;
    return money_list(cli, BASE "sellers", of_sellers, err);
}

bool command_invoice_seller(struct cli *cli, const struct args *args, struct gov_err *err)
{
    json_t *body;

    if (!args_value(args, "title", NULL))
        return gov_fail(err, GOV_INVALID_INPUT, "say its name as it stands on invoices: --title NAME", "请给出账单上的名称：--title 名称");
    body = json_pack("{s:s, s:s*}", "title", args_value(args, "title", NULL), "tax_no", args_value(args, "tax-no", NULL));
    if (args_flag(args, "sells"))
        json_object_set_new(body, "sells", json_true());
    return money_put(cli, arena_format(&cli->arena, BASE "sellers/%s", remote_segment(cli, args->words[0])), body, err);
}

bool command_invoice_account(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const char *title = args_value(args, "title", NULL), *pay_to = args_value(args, "pay-to", NULL), *why = args_value(args, "comment", NULL);

    if (!title || !pay_to || !why)
        return gov_fail(err, GOV_INVALID_INPUT, "say who is paid, how, and why it changes: --title NAME --pay-to TEXT --comment WHY",
                        "请给出收款方、付款方式和原因：--title 名称 --pay-to 付款方式 --comment 原因");
    json_t *body = json_pack("{s:s, s:s*, s:s, s:s}", "title", title, "tax_no", args_value(args, "tax-no", NULL), "pay_to", pay_to, "reason", why);
    return money_put(cli, arena_format(&cli->arena, BASE "sellers/%s/account", remote_segment(cli, args->words[0])), body, err);
}

bool command_billing_invoices(struct cli *cli, const struct args *args, struct gov_err *err)
{
    (void)args;
    return money_list(cli, "/v1/invoices", columns, err);
}
