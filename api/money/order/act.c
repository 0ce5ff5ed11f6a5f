/* act.c - one function an action; the table's names are what approvals are asked under. */
#include <string.h>

#include "api/money/order/approval.h"
#include "core/io/crypto/crypto.h"
#include "core/store/tenant_limits.h"

void money_act_init(struct op *op, struct call *call, struct money_act *act, const char *action, json_t *params)
{
    struct buf text = { 0 };
    char *hex = arena_alloc(&op->arena, CRYPTO_HEX_BYTES);

    memset(act, 0, sizeof *act);
    json_canonical(params, &text);
    crypto_sha256_hex(buf_text(&text), text.length, hex);
    buf_release(&text);
    act->action = action;
    act->params = params;
    act->digest = hex;
    act->actor = call->caller.user.text;
}

static void confirm(struct op *op, struct call *call, struct money_act *a)
{
    const json_t *p = a->params;
    struct order_act *o = &a->act;

    o->db = call->api->db;
    o->kind = ORDER_SETTLE;
    o->order = json_get_text(p, "order");
    o->actor = a->actor;
    o->payment = (struct order_payment){ .id = id_new(),
                                         .provider = json_get_text(p, "provider"),
                                         .txn = json_get_text(p, "txn"),
                                         .method = json_get_text(p, "method"),
                                         .amount_minor = json_get_int(p, "amount_minor", 0),
                                         .currency = json_get_text(p, "currency"),
                                         .received_at = json_get_text(p, "received_at"),
                                         .reference = json_get_text(p, "txn"),
                                         .evidence_sha256 = json_get_text(p, "evidence_sha256"),
                                         .approval = a->approval,
                                         .digest = a->digest };
    order_act_start(op, o);
}

static void apply(struct op *op, struct call *call, struct money_act *a)
{
    const json_t *ids = json_object_get(a->params, "payments");
    const char *literal = "{";
    json_t *one;
    size_t i;

    json_array_foreach ((json_t *)ids, i, one)
        literal = arena_format(&op->arena, "%s%s%s", literal, i ? "," : "", json_string_value(one));
    a->act = (struct order_act){ .db = call->api->db, .kind = ORDER_APPLY, .order = json_get_text(a->params, "order"),
                                 .actor = a->actor, .payments = arena_format(&op->arena, "%s}", literal),
                                 .payment = { .approval = a->approval, .digest = a->digest } };
    order_act_start(op, &a->act);
}

static void one_statement(struct op *op, struct call *call, struct money_act *a, enum sql_queries query, int count,
                          const char *const *params)
{
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);

    db_group_add(g, query, &a->rows, count, params);
    db_group_tolerate(g, &a->failed);
    db_group_send(g);
}

static void refund(struct op *op, struct call *call, struct money_act *a)
{
    const json_t *p = a->params;
    struct arena *arena = &op->arena;
    const char *params[11] = { json_get_text(p, "order"), json_get_text(p, "id"),
                               arena_format(arena, "%lld", (long long)json_get_int(p, "amount_minor", 0)),
                               json_get_text(p, "reference"), json_get_text(p, "reason"), json_get_text(p, "choice"),
                               json_get_text(p, "cut_date"),
                               arena_format(arena, "%lld", (long long)json_get_int(p, "cut_us", 0)), a->actor,
                               a->approval, a->digest };

    one_statement(op, call, a, SQL_QUERIES_ORDER_REFUND, 11, params);
}

static void give_back(struct op *op, struct call *call, struct money_act *a)
{
    const json_t *p = a->params;
    const char *params[7] = { json_get_text(p, "payment"), json_get_text(p, "id"), json_get_text(p, "reference"),
                              json_get_text(p, "reason"), a->actor, a->approval, a->digest };

    one_statement(op, call, a, SQL_QUERIES_PAYMENT_GIVE_BACK, 7, params);
}

static void notice(struct op *op, struct call *call, struct money_act *a)
{
    const json_t *p = a->params;
    const char *params[10] = { json_get_text(p, "subscription"), json_get_text(p, "id"),
                               arena_format(&op->arena, "%lld", (long long)json_get_int(p, "given_us", 0)),
                               json_get_text(p, "method"), json_get_text(p, "recipient"), json_get_text(p, "reference"),
                               json_get_text(p, "evidence_sha256"), a->actor, a->approval, a->digest };

    one_statement(op, call, a, SQL_QUERIES_SUBSCRIPTION_NOTICE, 10, params);
}

static void terminate(struct op *op, struct call *call, struct money_act *a)
{
    const char *params[4] = { json_get_text(a->params, "subscription"), a->actor, a->approval, a->digest };

    one_statement(op, call, a, SQL_QUERIES_SUBSCRIPTION_TERMINATE, 4, params);
}

static void override(struct op *op, struct call *call, struct money_act *a)
{
    const json_t *p = a->params;
    const char *params[6] = { json_get_text(p, "subscription"),
                              arena_format(&op->arena, "%lld", (long long)json_get_int(p, "until_us", 0)),
                              json_get_text(p, "reason"), a->actor, a->approval, a->digest };

    one_statement(op, call, a, SQL_QUERIES_SUBSCRIPTION_OVERRIDE, 6, params);
}

static void reopen(struct op *op, struct call *call, struct money_act *a)
{
    const char *params[5] = { json_get_text(a->params, "month"), json_get_text(a->params, "reason"), a->actor, a->approval,
                              a->digest };

    one_statement(op, call, a, SQL_QUERIES_PERIOD_REOPEN, 5, params);
}

static void drop(struct op *op, struct call *call, struct money_act *a)
{
    const char *params[5] = { json_get_text(a->params, "tenant"), json_get_text(a->params, "reason"), a->actor, a->approval,
                              a->digest };

    one_statement(op, call, a, SQL_QUERIES_TENANT_DROP_BEGIN, 5, params);
}

static void rule(struct op *op, struct call *call, struct money_act *a)
{
    const json_t *p = a->params, *value = json_object_get(p, "value");
    const char *params[6] = { json_get_text(p, "name"), json_get_text(p, "key"),
                              value ? arena_format(&op->arena, "%lld", (long long)json_get_int(p, "value", 0)) : NULL, a->actor,
                              a->approval, a->digest };

    one_statement(op, call, a, SQL_QUERIES_MONEY_RULE_SET, 6, params);
}

static void account(struct op *op, struct call *call, struct money_act *a)
{
    const json_t *p = a->params;
    const char *params[7] = { json_get_text(p, "seller"), json_get_text(p, "title"), json_get_text(p, "tax_no"), json_get_text(p, "details"),
                              a->actor, a->approval, a->digest };

    one_statement(op, call, a, SQL_QUERIES_SELLER_ACCOUNT_SET, 7, params);
}

static const struct {
    const char *name;
    void (*run)(struct op *op, struct call *call, struct money_act *act);
} actions[] = {
    { "payment.confirm", confirm },
    { "payment.apply", apply },
    { "order.refund", refund },
    { "payment.return", give_back },
    { "subscription.notice", notice },
    { "subscription.terminate", terminate },
    { "subscription.override", override },
    { "period.reopen", reopen },
    { "tenant.drop", drop },
    { "money.rule", rule },
    { "seller.account", account },
};

bool money_act_known(const char *name)
{
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (strcmp(actions[i].name, name) == 0)
            return true;
    return false;
}

bool money_act_run(struct op *op, struct call *call, struct money_act *act, struct gov_err *err)
{
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (strcmp(actions[i].name, act->action) == 0) {
            actions[i].run(op, call, act);
            return true;
        }
    return gov_fail_cause(err, GOV_INTERNAL, "an approval of an unknown act: %s", act->action);
}

json_t *money_act_answer(struct op *op, struct money_act *act)
{
    if (act->act.result)
        return act->act.result;
    return act->failed.code || act->rows.count == 0 ? NULL : db_json(&act->rows, 0, 1, &op->arena);
}

void money_act_wake(struct op *op, struct call *call, struct money_act *act)
{
    const char *tenant = json_get_text(json_object_get(act->act.result, "order"), "tenant_id");

    if (tenant)
        DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_TENANT_LIMITS_TOLD, &act->limits, tenant);
}

void money_act_resume(struct op *op, struct call *call, struct money_act *act)
{
    if (act->limits.count)
        tenant_limits_tell(op, &call->api->queues, db_text(&act->limits, 0, 0), &act->limits, 0, 1);
}
