/* /v1/platform/orders/{id}/confirm-payment, /refund, /activate, /v1/platform/payments/apply, /{id}/return,
 * /v1/platform/money-rules, /v1/platform/subscriptions/{id}/notice, /terminate, /override, /v1/platform/tenants/{id}/drop,
 * /v1/platform/sellers/{code}/account: acts that somebody else may have to approve first.
 *
 *     prepare -> run -> (approval wanted?) ask -> answer
 *
 * The database decides whether an approval is needed: it refuses, and then one is asked for (202). */
#include <string.h>

#include "api/money/book/period.h"
#include "api/money/book/rule.h"
#include "api/money/money.h"
#include "api/money/order/approval.h"
#include "api/money/order/order_named.h"
#include "api/page.h"
#include "api/platform/platform.h"
#include "core/io/crypto/crypto.h"
#include "core/model/calendar.h"
#include "core/model/money.h"

struct pay {
    struct endpoint endpoint;
    struct order_named order;
    struct id id;
    const char *method, *reference, *currency, *received_on, *evidence, *reason, *choice, *recipient;
    int64_t amount, until_us, given_us;
    json_t *payments;
    struct money_act act;
    struct db_rows asked, shown, zone, today;
};

#define AT(member) offsetof(struct pay, member)
static const struct json_field confirm_fields[] = {
    { "method", JSON_FIELD_SLUG, true, AT(method), 0, 0, NULL },
    { "reference", JSON_FIELD_TEXT, true, AT(reference), 1, 200, NULL },
    { "amount_minor", JSON_FIELD_INT, true, AT(amount), 1, INT64_MAX / 2, NULL },
    { "currency", JSON_FIELD_TEXT, true, AT(currency), 3, 3, NULL },
    { "received_on", JSON_FIELD_TEXT, true, AT(received_on), 10, 10, NULL },
    { "evidence_sha256", JSON_FIELD_TEXT, false, AT(evidence), 64, 64, NULL },
    { "reason", JSON_FIELD_TEXT, false, AT(reason), 0, 500, NULL },
};

static bool evidence_fits(const struct pay *e, struct gov_err *err)
{
    return !e->evidence || strspn(e->evidence, "0123456789abcdef") == 64 ||
           gov_fail_at(err, GOV_INVALID_INPUT, "/evidence_sha256", "format", "must be 64 hex digits of SHA-256",
                       "须为 SHA-256 的 64 位十六进制");
}

static bool confirm_fits(struct pay *e, struct gov_err *err)
{
    struct civil day;

    if (money_exponent(e->currency) < 0)
        return gov_fail_at(err, GOV_INVALID_INPUT, "/currency", "unknown", "no such currency here: %s", "不支持的币种：%s",
                           e->currency);
    if (!civil_parse(e->received_on, &day))
        return gov_fail_at(err, GOV_INVALID_INPUT, "/received_on", "format", "must be a date like 2026-11-30",
                           "须为形如 2026-11-30 的日期");
    return evidence_fits(e, err);
}

static enum op_next find(struct op *op)
{
    struct pay *e = (struct pay *)op;
    struct call *call = e->endpoint.call;

    order_find(op, call, call->params[0], &e->order);
    return OP_WAIT;
}

static bool found(struct pay *e, struct gov_err *err)
{
    if (!order_found(&e->order, err))
        return false;
    e->id = e->order.id;
    return true;
}

static enum op_next today(struct op *op)
{
    struct pay *e = (struct pay *)op;
    struct call *call = e->endpoint.call;

    if (!found(e, &op->err) || !CALL_BODY(call, op, confirm_fields, e) ||
        !confirm_fits(e, &op->err))
        return OP_FAIL;
    db_query(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_PLATFORM_TODAY, &e->today, 0, NULL);
    return OP_WAIT;
}

static enum op_next confirm(struct op *op)
{
    struct pay *e = (struct pay *)op;
    struct call *call = e->endpoint.call;
    struct arena *arena = &op->arena;
    const char *day = db_text(&e->today, 0, 0), *zone = db_text(&e->today, 0, 1);

    if (strcmp(e->received_on, day) > 0)
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/received_on", "future",
                           "%s is still to come: it is %s in %s, the platform's zone; give the day the money came",
                           "%s 尚未到来：今天是 %s（平台时区 %s）；请填写实际到账日期", e->received_on, day, zone),
               OP_FAIL;
    json_t *params = json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:s*}", "order", e->id.text, "provider",
                               arena_format(arena, "manual:%s", e->method), "txn", e->reference, "method", e->method,
                               "amount_minor", (json_int_t)e->amount, "currency", e->currency, "received_at",
                               e->received_on, "evidence_sha256", e->evidence);
    money_act_init(op, call, &e->act, "payment.confirm", json_own(arena, params));
    return money_act_run(op, call, &e->act, &op->err) ? OP_WAIT : OP_FAIL;
}

/* --- apply what waited --- */

static const struct json_field apply_fields[] = {
    { "order_id", JSON_FIELD_TEXT, true, AT(reference), 1, 64, NULL },
    { "payment_ids", JSON_FIELD_ARRAY, true, AT(payments), 0, 20, NULL },
};

static enum op_next apply_find(struct op *op)
{
    struct pay *e = (struct pay *)op;
    struct call *call = e->endpoint.call;
    struct id id;

    if (!CALL_BODY(call, op, apply_fields, e))
        return OP_FAIL;
    if (json_array_size(e->payments) == 0)
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/payment_ids", "min_items", "which payments settle it? GET /v1/platform/payments?state=unapplied "
                           "lists those that wait", "请指定用于结清的付款；待处理的付款见 GET /v1/platform/payments?state=unapplied"),
               OP_FAIL;
    for (size_t i = 0; i < json_array_size(e->payments); i++) {
        const char *text = json_string_value(json_array_get(e->payments, i));
        if (!text || !id_parse(text, &id))
            return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/payment_ids", "format", "must be ids of payments",
                               "须为付款编号"),
                   OP_FAIL;
    }
    order_find(op, call, e->reference, &e->order);
    return OP_WAIT;
}

static enum op_next apply(struct op *op)
{
    struct pay *e = (struct pay *)op;
    struct call *call = e->endpoint.call;

    if (!found(e, &op->err))
        return OP_FAIL;
    json_t *params = json_pack("{s:s, s:O}", "order", e->id.text, "payments", e->payments);
    money_act_init(op, call, &e->act, "payment.apply", json_own(&op->arena, params));
    return money_act_run(op, call, &e->act, &op->err) ? OP_WAIT : OP_FAIL;
}

/* --- refund --- */

static const char *const choices[] = { "keep", "shorten", "shutdown", NULL };
static const struct json_field refund_fields[] = {
    { "amount_minor", JSON_FIELD_INT, true, AT(amount), 1, INT64_MAX / 2, NULL },
    { "reference", JSON_FIELD_TEXT, true, AT(reference), 1, 200, NULL },
    { "reason", JSON_FIELD_TEXT, true, AT(reason), 1, 500, NULL },
    { "choice", JSON_FIELD_TEXT, true, AT(choice), 0, 0, choices },
};

static enum op_next refund_load(struct op *op)
{
    struct pay *e = (struct pay *)op;
    struct call *call = e->endpoint.call;

    if (!found(e, &op->err) || !CALL_BODY(call, op, refund_fields, e))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_ORDER_TERMS, &e->zone, e->id.text);
    return OP_WAIT;
}

/* Asked again with the same reference it is the same refund. */
static const char *refund_id(const struct pay *e, struct arena *arena)
{
    char hex[CRYPTO_HEX_BYTES];
    const char *named = arena_format(arena, "refund\n%s\n%s", e->id.text, e->reference);

    crypto_sha256_hex(named, strlen(named), hex);
    return arena_format(arena, "%.8s-%.4s-8%.3s-8%.3s-%.12s", hex, hex + 8, hex + 12, hex + 15, hex + 18);
}

static enum op_next refund(struct op *op)
{
    struct pay *e = (struct pay *)op;
    struct call *call = e->endpoint.call;
    char date[CIVIL_TEXT_BYTES];

    if (e->zone.count == 0)
        return page_one(call, 200, &e->zone, &op->err), OP_FAIL;
    const struct zone *zone = zone_read(db_text(&e->zone, 0, 12), &op->arena);
    int64_t day = calendar_day(zone, db_int(&e->zone, 0, 17));
    json_t *params = json_pack("{s:s, s:I, s:s, s:s, s:s, s:s, s:I}", "order", e->id.text, "amount_minor",
                               (json_int_t)e->amount, "reference", e->reference, "reason", e->reason, "choice", e->choice,
                               "cut_date", civil_format(civil_from_days(day), date), "cut_us",
                               (json_int_t)calendar_day_us(zone, day));
    json_object_set_new(params, "id", json_string(refund_id(e, &op->arena)));
    money_act_init(op, call, &e->act, "order.refund", json_own(&op->arena, params));
    return money_act_run(op, call, &e->act, &op->err) ? OP_WAIT : OP_FAIL;
}

/* --- money that settled nothing goes back --- */

static enum op_next give_back(struct op *op)
{
    static const struct json_field fields[] = {
        { "reference", JSON_FIELD_TEXT, true, AT(reference), 1, 200, NULL },
        { "reason", JSON_FIELD_TEXT, true, AT(reason), 1, 500, NULL },
    };
    struct pay *e = (struct pay *)op;
    struct call *call = e->endpoint.call;

    if (!call_param_id(call, 0, &e->id, &op->err) || !CALL_BODY(call, op, fields, e))
        return OP_FAIL;
    json_t *params = json_pack("{s:s, s:s, s:s, s:s}", "payment", e->id.text, "id", refund_id(e, &op->arena), "reference",
                               e->reference, "reason", e->reason);
    money_act_init(op, call, &e->act, "payment.return", json_own(&op->arena, params));
    return money_act_run(op, call, &e->act, &op->err) ? OP_WAIT : OP_FAIL;
}

/* --- R-7 was given another way than by a message of ours --- */

static const struct json_field notice_fields[] = {
    { "given_at", JSON_FIELD_TIME, true, AT(given_us), 0, 0, NULL },
    { "method", JSON_FIELD_SLUG, true, AT(method), 0, 0, NULL },
    { "recipient", JSON_FIELD_TEXT, true, AT(recipient), 1, 200, NULL },
    { "reference", JSON_FIELD_TEXT, true, AT(reference), 1, 200, NULL },
    { "evidence_sha256", JSON_FIELD_TEXT, false, AT(evidence), 64, 64, NULL },
    { "reason", JSON_FIELD_TEXT, false, AT(reason), 0, 500, NULL },
};

static enum op_next notice(struct op *op)
{
    struct pay *e = (struct pay *)op;
    struct call *call = e->endpoint.call;

    if (!call_param_id(call, 0, &e->id, &op->err) || !CALL_BODY(call, op, notice_fields, e) || !evidence_fits(e, &op->err))
        return OP_FAIL;
    json_t *params = json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:s*}", "subscription", e->id.text, "id",
                               refund_id(e, &op->arena), "given_us", (json_int_t)e->given_us, "method", e->method, "recipient",
                               e->recipient, "reference", e->reference, "evidence_sha256", e->evidence);
    money_act_init(op, call, &e->act, "subscription.notice", json_own(&op->arena, params));
    return money_act_run(op, call, &e->act, &op->err) ? OP_WAIT : OP_FAIL;
}

static enum op_next terminate(struct op *op)
{
    struct pay *e = (struct pay *)op;
    struct call *call = e->endpoint.call;
    static const struct json_field fields[] = { { "reason", JSON_FIELD_TEXT, true, AT(reason), 1, 500, NULL } };

    if (!call_param_id(call, 0, &e->id, &op->err) || !CALL_BODY(call, op, fields, e))
        return OP_FAIL;
    json_t *params = json_pack("{s:s}", "subscription", e->id.text);
    money_act_init(op, call, &e->act, "subscription.terminate", json_own(&op->arena, params));
    return money_act_run(op, call, &e->act, &op->err) ? OP_WAIT : OP_FAIL;
}

static enum op_next override(struct op *op)
{
    struct pay *e = (struct pay *)op;
    struct call *call = e->endpoint.call;
    static const struct json_field fields[] = {
        { "until", JSON_FIELD_TIME, true, AT(until_us), 0, 0, NULL },
        { "reason", JSON_FIELD_TEXT, true, AT(reason), 1, 500, NULL },
    };

    if (!call_param_id(call, 0, &e->id, &op->err) || !CALL_BODY(call, op, fields, e))
        return OP_FAIL;
    json_t *params = json_pack("{s:s, s:I, s:s}", "subscription", e->id.text, "until_us", (json_int_t)e->until_us, "reason",
                               e->reason);
    money_act_init(op, call, &e->act, "subscription.override", json_own(&op->arena, params));
    return money_act_run(op, call, &e->act, &op->err) ? OP_WAIT : OP_FAIL;
}

static enum op_next reopen(struct op *op)
{
    struct pay *e = (struct pay *)op;
    struct call *call = e->endpoint.call;
    static const struct json_field fields[] = { { "reason", JSON_FIELD_TEXT, true, AT(reason), 1, 500, NULL } };
    char first[CIVIL_TEXT_BYTES];

    if (!period_month(call->params[0], first, &op->err) || !CALL_BODY(call, op, fields, e))
        return OP_FAIL;
    json_t *params = json_pack("{s:s, s:s}", "month", first, "reason", e->reason);
    money_act_init(op, call, &e->act, "period.reopen", json_own(&op->arena, params));
    return money_act_run(op, call, &e->act, &op->err) ? OP_WAIT : OP_FAIL;
}

/* --- a tenant's data go (what is done then: platform/tenant_drop.c) --- */

static enum op_next drop(struct op *op)
{
    struct pay *e = (struct pay *)op;
    struct call *call = e->endpoint.call;
    static const struct json_field fields[] = { { "reason", JSON_FIELD_TEXT, true, AT(reason), 1, 500, NULL } };

    if (!call_param_id(call, 0, &e->id, &op->err) || !CALL_BODY(call, op, fields, e))
        return OP_FAIL;
    json_t *params = json_pack("{s:s, s:s}", "tenant", e->id.text, "reason", e->reason);
    money_act_init(op, call, &e->act, "tenant.drop", json_own(&op->arena, params));
    return money_act_run(op, call, &e->act, &op->err) ? OP_WAIT : OP_FAIL;
}

/* --- a rule of money --- */

static enum op_next rule(struct op *op)
{
    struct pay *e = (struct pay *)op;
    struct call *call = e->endpoint.call;
    static const struct json_field fields[] = {
        { "name", JSON_FIELD_TEXT, true, AT(choice), 0, 0, money_rule_names },
        { "key", JSON_FIELD_TEXT, true, AT(reference), 1, 100, NULL },
        { "value", JSON_FIELD_INT, false, AT(amount), 0, INT64_MAX / 2, NULL },
        { "reason", JSON_FIELD_TEXT, true, AT(reason), 1, 500, NULL },
    };

    e->amount = MONEY_RULE_NONE;
    if (!CALL_BODY(call, op, fields, e) || !money_rule_fits(e->choice, e->reference, e->amount, &op->err))
        return OP_FAIL;
    json_t *params = json_pack("{s:s, s:s, s:s}", "name", e->choice, "key", e->reference, "reason", e->reason);
    if (e->amount != MONEY_RULE_NONE)
        json_object_set_new(params, "value", json_integer(e->amount));
    money_act_init(op, call, &e->act, "money.rule", json_own(&op->arena, params));
    return money_act_run(op, call, &e->act, &op->err) ? OP_WAIT : OP_FAIL;
}

/* --- how a seller is paid --- */

static enum op_next account(struct op *op)
{
    struct pay *e = (struct pay *)op;
    struct call *call = e->endpoint.call;
    static const struct json_field fields[] = {
        { "title", JSON_FIELD_TEXT, true, AT(choice), 1, 200, NULL },
        { "tax_no", JSON_FIELD_TEXT, false, AT(reference), 1, 40, NULL },
        { "pay_to", JSON_FIELD_TEXT, true, AT(recipient), 1, 1000, NULL },
        { "reason", JSON_FIELD_TEXT, true, AT(reason), 1, 500, NULL },
    };

    if (!CALL_BODY(call, op, fields, e))
        return OP_FAIL;
    json_t *params = json_pack("{s:s, s:s, s:s*, s:s, s:s}", "seller", call->params[0], "title", e->choice, "tax_no", e->reference,
                               "details", e->recipient, "reason", e->reason);
    money_act_init(op, call, &e->act, "seller.account", json_own(&op->arena, params));
    return money_act_run(op, call, &e->act, &op->err) ? OP_WAIT : OP_FAIL;
}

/* --- approval, if one is wanted --- */

static enum op_next ask(struct op *op)
{
    struct pay *e = (struct pay *)op;
    struct call *call = e->endpoint.call;
    struct money_act *a = &e->act;
    const struct gov_err *failed = a->act.op.failed ? &a->act.op.err : &a->failed;
    struct id request = id_new();

    if (failed->code != GOV_CONFIRMATION_REQUIRED) {
        op->err = *failed;
        return failed->code ? OP_FAIL : OP_NEXT;
    }
    if (call->caller.kind != CALLER_SESSION)
        return gov_fail(&op->err, GOV_SESSION_REQUIRED, "only a person who logged in may ask for an approval",
                        "只有登录的人员才能申请审批"),
               OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_APPROVAL_OPEN, &e->asked, arena_text(&op->arena, request.text),
             a->action, json_text(&op->arena, a->params), a->digest, e->reason ? e->reason : a->action,
             call->caller.user.text);
    return OP_WAIT;
}

static enum op_next show(struct op *op)
{
    struct pay *e = (struct pay *)op;

    if (e->asked.count == 0)
        return OP_NEXT;
    DB_QUERY(op, e->endpoint.call->api->db, &DB_PUBLIC, SQL_QUERIES_APPROVAL_PAGE, &e->shown, NULL, "1", NULL,
             db_text(&e->asked, 0, 0));
    return OP_WAIT;
}

static enum op_next wake(struct op *op)
{
    struct pay *e = (struct pay *)op;

    money_act_wake(op, e->endpoint.call, &e->act);
    return OP_WAIT;
}

static enum op_next answer(struct op *op)
{
    struct pay *e = (struct pay *)op;
    struct call *call = e->endpoint.call;

    money_act_resume(op, call, &e->act);
    if (e->shown.count)
        call_json(call, 202, json_pack("{s:s, s:O}", "result", "approval_wanted", "approval",
                                       db_json(&e->shown, 0, 1, &op->arena)));
    else
        call_json(call, 200, json_incref(money_act_answer(op, &e->act)));
    return OP_WAIT;
}

static enum op_next end(struct op *op)
{
    (void)op;
    return OP_DONE;
}

const struct op_step order_confirm_steps[] = { { "find", find }, { "today", today }, { "confirm", confirm }, { "ask", ask },
                                               { "show", show }, { "wake", wake }, { "answer", answer }, { "end", end }, { 0 } };
const size_t order_confirm_bytes = sizeof(struct pay);
const struct op_step payment_apply_steps[] = { { "find", apply_find }, { "apply", apply }, { "ask", ask }, { "show", show },
                                               { "wake", wake }, { "answer", answer }, { "end", end }, { 0 } };
const size_t payment_apply_bytes = sizeof(struct pay);
const struct op_step order_refund_steps[] = { { "find", find }, { "load", refund_load }, { "refund", refund }, { "ask", ask },
                                              { "show", show }, { "wake", wake }, { "answer", answer }, { "end", end }, { 0 } };
const size_t order_refund_bytes = sizeof(struct pay);
const struct op_step payment_return_steps[] = { { "give_back", give_back }, { "ask", ask }, { "show", show },
                                                { "wake", wake }, { "answer", answer }, { "end", end }, { 0 } };
const size_t payment_return_bytes = sizeof(struct pay);
const struct op_step subscription_notice_steps[] = { { "notice", notice }, { "ask", ask }, { "show", show },
                                                     { "answer", answer }, { "end", end }, { 0 } };
const size_t subscription_notice_bytes = sizeof(struct pay);
const struct op_step subscription_terminate_steps[] = { { "terminate", terminate }, { "ask", ask }, { "show", show },
                                                        { "wake", wake }, { "answer", answer }, { "end", end }, { 0 } };
const size_t subscription_terminate_bytes = sizeof(struct pay);
const struct op_step subscription_override_steps[] = { { "override", override }, { "ask", ask }, { "show", show },
                                                       { "wake", wake }, { "answer", answer }, { "end", end }, { 0 } };
const size_t subscription_override_bytes = sizeof(struct pay);
const struct op_step period_reopen_steps[] = { { "reopen", reopen }, { "ask", ask }, { "show", show },
                                               { "answer", answer }, { "end", end }, { 0 } };
const size_t period_reopen_bytes = sizeof(struct pay);
const struct op_step tenant_drop_begin_steps[] = { { "drop", drop }, { "ask", ask }, { "show", show },
                                                   { "answer", answer }, { "end", end }, { 0 } };
const size_t tenant_drop_begin_bytes = sizeof(struct pay);

const struct op_step money_rule_put_steps[] = { { "rule", rule }, { "ask", ask }, { "show", show },
                                                { "answer", answer }, { "end", end }, { 0 } };
const size_t money_rule_put_bytes = sizeof(struct pay);

const struct op_step seller_account_put_steps[] = { { "account", account }, { "ask", ask }, { "show", show },
                                                    { "answer", answer }, { "end", end }, { 0 } };
const size_t seller_account_put_bytes = sizeof(struct pay);

/* --- activate again --- */

static enum op_next activate(struct op *op)
{
    struct pay *e = (struct pay *)op;
    struct call *call = e->endpoint.call;

    if (!found(e, &op->err))
        return OP_FAIL;
    e->act.act = (struct order_act){ .db = call->api->db, .kind = ORDER_ACTIVATE, .order = e->id.text };
    order_act_start(op, &e->act.act);
    return OP_WAIT;
}

/* It was tried, and the order says so; who asked for it is told why. */
static enum op_next tried(struct op *op)
{
    const struct gov_err *why = &((struct pay *)op)->act.act.failed;
    const char *said = why->cause[0] ? why->cause : why->en;

    if (!why->code)
        return OP_NEXT;
    gov_fail(&op->err, GOV_CONFLICT, "it was tried and failed (%s); the money stays, it is tried again by itself: the order and its task "
             "(execgov task ls) say when, and what helps",
             "已重试但未成功（%s）；款项保留，系统会自动再试：见订单与待办（execgov task ls）中的时间和处理方法", said);
    return OP_FAIL;
}

const struct op_step order_activate_steps[] = { { "find", find }, { "activate", activate }, { "ask", ask }, { "tried", tried }, { "wake", wake }, { "answer", answer }, { "end", end }, { 0 } };
const size_t order_activate_bytes = sizeof(struct pay);
