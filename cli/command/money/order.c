/* order.c - orders, their payments, and what waits for somebody else. */
#include <string.h>

#include "cli/command/commands.h"
#include "cli/command/money/money_show.h"
#include "cli/command/money/money_word.h"
#include "cli/net/remote.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/model/money.h"

#define BASE "/v1/platform/"

static const char *path_of(struct cli *cli, const char *noun, const char *id, const char *act)
{
    return arena_format(&cli->arena, BASE "%s/%s%s%s", noun, remote_segment(cli, id), act ? "/" : "", act ? act : "");
}

bool command_order_ls(struct cli *cli, const struct args *args, struct gov_err *err)
{
    static const struct money_column columns[] = {
        { "no", { "NO", "单号" } }, { "kind", { "KIND", "类型" } }, { "state", { "STATE", "状态" } },
        { "customer", { "CUSTOMER", "客户" } }, { "edition", { "EDITION", "版本" } }, { "amount", { "AMOUNT", "金额" } },
        { "id", { "ID", "编号" } }, { NULL, { NULL, NULL } },
    };
    return money_list(cli, remote_path(cli, BASE "orders", "state", money_state(args, NULL), "customer_id",
                                       args_value(args, "customer", NULL), NULL), columns, err);
}

bool command_order_show(struct cli *cli, const struct args *args, struct gov_err *err)
{
    static const struct money_column columns[] = {
        { "received_on", { "PAID ON", "到账日期" } }, { "amount", { "AMOUNT", "金额" } }, { "applied", { "APPLIED", "已入账" } },
        { "state", { "STATE", "状态" } }, { "provider", { "PROVIDER", "渠道" } }, { "provider_txn", { "REFERENCE", "流水号" } },
        { "id", { "PAYMENT", "付款编号" } }, { NULL, { NULL, NULL } },
    };
    const json_t *order, *payments;

    if (!remote_get(cli, path_of(cli, "orders", args->words[0], NULL), &order, err))
        return false;
    if (cli->json) {
        cli_print_json(order);
        return true;
    }
    money_one(cli, order);
    payments = json_object_get(order, "payments");
    if (json_array_size(payments))
        money_table(cli, payments, columns);
    return true;
}

bool command_order_create(struct cli *cli, const struct args *args, struct gov_err *err)
{
    long quantity = 1;

    if (!args_number(args, "quantity", 1, 1000, &quantity, err))
        return false;
    return money_post(cli, BASE "orders",
                      json_pack("{s:s, s:I, s:s*, s:s*, s:s*, s:s*, s:s*}", "edition", args->words[0], "quantity",
                                (json_int_t)quantity, "customer_id", args_value(args, "customer", NULL), "tenant_id",
                                args_value(args, "tenant", NULL), "subscription_id", args_value(args, "subscription", NULL),
                                "tenant_name", args_value(args, "tenant-name", NULL), "owner_email",
                                args_value(args, "email", NULL)), err);
}

bool command_order_publish(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return money_post(cli, path_of(cli, "orders", args->words[0], "publish"), NULL, err);
}

bool command_order_activate(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return money_post(cli, path_of(cli, "orders", args->words[0], "activate"), NULL, err);
}

bool command_order_report(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return money_post(cli, path_of(cli, "orders", args->words[0], "report-payment"),
                      json_pack("{s:s*}", "reference", args_value(args, "reference", NULL)), err);
}

/* "299.00" and "CNY" as the API wants them. */
static bool amount_read(const struct args *args, const char *text, int64_t *minor, struct gov_err *err)
{
    return money_parse(text, args_value(args, "currency", "CNY"), minor, err);
}

bool command_order_confirm(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const char *evidence;
    int64_t minor;

    if (!args_value(args, "reference", NULL) || !args_value(args, "on", NULL))
        return gov_fail(err, GOV_INVALID_INPUT, "say the bank's reference and the day: --reference R --on 2026-11-26",
                        "请给出银行流水号和到账日期：--reference R --on 2026-11-26");
    if (!amount_read(args, args->words[1], &minor, err) || !money_evidence(args, &evidence, err))
        return false;
    return money_post(cli, path_of(cli, "orders", args->words[0], "confirm-payment"),
                      json_pack("{s:s, s:s, s:I, s:s, s:s, s:s*}", "method", args_value(args, "method", "bank"), "reference",
                                args_value(args, "reference", NULL), "amount_minor", (json_int_t)minor, "currency",
                                args_value(args, "currency", "CNY"), "received_on", args_value(args, "on", NULL),
                                "evidence_sha256", evidence), err);
}

bool command_order_cancel(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return money_post(cli, path_of(cli, "orders", args->words[0], "cancel"),
                      json_pack("{s:s*}", "comment", args_value(args, "comment", NULL)), err);
}

bool command_order_refund(struct cli *cli, const struct args *args, struct gov_err *err)
{
    int64_t minor;

    if (!args_value(args, "reference", NULL) || !args_value(args, "comment", NULL))
        return gov_fail(err, GOV_INVALID_INPUT, "say the reference and why: --reference R --comment WHY",
                        "请给出流水号和原因：--reference R --comment WHY");
    if (!amount_read(args, args->words[1], &minor, err))
        return false;
    return money_post(cli, path_of(cli, "orders", args->words[0], "refund"),
                      json_pack("{s:I, s:s, s:s, s:s}", "amount_minor", (json_int_t)minor, "reference",
                                args_value(args, "reference", NULL), "reason", args_value(args, "comment", NULL), "choice",
                                args_value(args, "then", "keep")), err);
}

/* As `order rule` takes them: name, key, value. */
static void rules_show(struct cli *cli, const json_t *rules)
{
    static const char *const names[] = { "approvals_needed", "brake" };
    const json_t *one;
    const char *key;
    json_t *value;
    size_t i;

    json_array_foreach (json_object_get(rules, "four_eyes_min"), i, one) {
        const char *label = arena_format(&cli->arena, "four_eyes_min %s", json_get_text(one, "currency"));
        show_line(cli, label, label, money_cell(cli, one));
    }
    cli_note(cli, "money in any other currency always needs a second person", "其他币种的款项一律需要第二人审批");
    for (size_t n = 0; n < sizeof names / sizeof *names; n++)
        json_object_foreach (json_object_get(rules, names[n]), key, value) {
            const char *label = arena_format(&cli->arena, "%s %s", names[n], key);
            show_line(cli, label, label, money_cell(cli, value));
        }
}

bool command_order_rules(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *rules;

    (void)args;
    if (!remote_get(cli, BASE "money-rules", &rules, err))
        return false;
    if (cli->json)
        cli_print_json(rules);
    else
        rules_show(cli, rules);
    return true;
}

/* A sum is written as money of its currency ("600000" JPY, "5000.00" CNY), anything else is a number. */
bool command_order_rule(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const char *name = args->words[0], *key = args->words[1], *text = args->count > 2 ? args->words[2] : NULL;
    int64_t value = 0;

    if (!args_value(args, "comment", NULL))
        return gov_fail(err, GOV_INVALID_INPUT, "say why: --comment WHY", "请说明原因：--comment 原因");
    if (text && strcmp(name, "four_eyes_min") == 0 && !money_parse(text, key, &value, err))
        return false;
    if (text && strcmp(name, "four_eyes_min") != 0 && !text_parse_i64(text, 0, INT64_MAX / 2, &value))
        return gov_fail(err, GOV_INVALID_INPUT, "\"%s\" is no number", "“%s”不是数字", text);
    json_t *body = json_pack("{s:s, s:s, s:s}", "name", name, "key", key, "reason", args_value(args, "comment", NULL));
    if (text)
        json_object_set_new(body, "value", json_integer(value));
    return money_put(cli, BASE "money-rules", body, err);
}

bool command_order_approvals(struct cli *cli, const struct args *args, struct gov_err *err)
{
    static const struct money_column columns[] = {
        { "id", { "ID", "编号" } }, { "action", { "ACT", "操作" } }, { "state", { "STATE", "状态" } },
        { "requester", { "ASKED BY", "申请人" } }, { "about/amount", { "AMOUNT", "金额" } },
        { "about/order_no", { "ORDER", "订单号" } }, { "about/customer", { "CUSTOMER", "客户" } },
        { "params", { "EXACTLY", "内容" } }, { NULL, { NULL, NULL } },
    };
    return money_list(cli, remote_path(cli, BASE "approvals", "state", money_state(args, "waiting"), NULL), columns,
                      err);
}

bool command_order_approve(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return money_post(cli, path_of(cli, "approvals", args->words[0], "approve"),
                      json_pack("{s:s*}", "comment", args_value(args, "comment", NULL)), err);
}

bool command_order_reject(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return money_post(cli, path_of(cli, "approvals", args->words[0], "reject"),
                      json_pack("{s:s*}", "comment", args_value(args, "comment", NULL)), err);
}

/* Alone, or afterwards: what one person says has a reason. */
static bool approval_alone(struct cli *cli, const struct args *args, const char *act, struct gov_err *err)
{
    if (!args_value(args, "comment", NULL))
        return gov_fail(err, GOV_INVALID_INPUT, "say why, or what you found: --comment TEXT", "请说明原因或结论：--comment 内容");
    return money_post(cli, path_of(cli, "approvals", args->words[0], act), json_pack("{s:s}", "comment", args_value(args, "comment", NULL)), err);
}

bool command_order_emergency(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return approval_alone(cli, args, "emergency", err);
}

bool command_order_review(struct cli *cli, const struct args *args, struct gov_err *err)
{
    return approval_alone(cli, args, "review", err);
}

bool command_payment_ls(struct cli *cli, const struct args *args, struct gov_err *err)
{
    static const struct money_column columns[] = {
        { "amount", { "AMOUNT", "金额" } }, { "state", { "STATE", "状态" } }, { "received_on", { "PAID ON", "到账日期" } },
        { "orders", { "ORDER", "订单号" } }, { "customer", { "CUSTOMER", "客户" } }, { "provider", { "PROVIDER", "渠道" } },
        { "provider_txn", { "REFERENCE", "流水号" } }, { "task/kind", { "WAITS FOR", "待处理" } }, { "id", { "ID", "编号" } },
        { NULL, { NULL, NULL } },
    };
    return money_list(cli, remote_path(cli, BASE "payments", "state", money_state(args, "all"), NULL), columns, err);
}

bool command_payment_apply(struct cli *cli, const struct args *args, struct gov_err *err)
{
    json_t *ids = json_array();

    for (size_t i = 1; i < args->count; i++)
        json_array_append_new(ids, json_string(args->words[i]));
    return money_post(cli, BASE "payments/apply", json_pack("{s:s, s:o}", "order_id", args->words[0], "payment_ids", ids),
                      err);
}
