/* order_act.c - act (read, reckon, write; again while stale) -> activate (the same for a new tenant). */
#include "core/store/money/order_act.h"

#include <string.h>

enum { TRIES_MAX = 6 };

/* Columns of order_terms.sql. */
enum {
    O_VERSION, O_STATE, O_KIND, O_AMOUNT, O_CURRENCY, O_RESTART, S_VERSION, S_STATE, S_PERIOD, S_ANCHOR, S_ANCHOR_NO,
    S_UNTIL, S_ZONE, S_TENANT, V_UNIT, V_COUNT, V_LATE, NOW_US, REANCHOR, S_UNTIL_US
};

static bool date_of(const struct db_rows *rows, int column, struct civil *date)
{
    const char *text = db_text(rows, 0, column);

    return !text || civil_parse(text, date);
}

/* What was read, as the model wants it. */
static bool terms_read(struct order_act *a, struct gov_err *err)
{
    const struct db_rows *r = &a->rows;
    struct lifecycle_terms *t = &a->terms;
    struct civil until = { 1970, 1, 1 };
    const char *late = db_text(r, 0, V_LATE);

    memset(t, 0, sizeof *t);
    t->anchor = until;
    t->zone = zone_read(db_text(r, 0, S_ZONE), &a->op.arena);
    if (!t->zone)
        return gov_fail_cause(err, GOV_INTERNAL, "order %s: the zone of its subscription is not known here: %s", a->order,
                              db_text(r, 0, S_ZONE));
    if (!sub_state_parse(db_text(r, 0, S_STATE), &t->state) ||
        !calendar_unit_parse(db_text(r, 0, V_UNIT), &t->interval.unit) || !date_of(r, S_ANCHOR, &t->anchor) ||
        !date_of(r, S_UNTIL, &until))
        return gov_fail_cause(err, GOV_INTERNAL, "order %s: terms that cannot be read", a->order);
    t->interval.count = (int)db_int(r, 0, V_COUNT);
    t->period_no = (int)db_int(r, 0, S_PERIOD);
    t->anchor_no = (int)db_int(r, 0, S_ANCHOR_NO);
    t->end_day = civil_to_days(until);
    t->end_us = db_text(r, 0, S_UNTIL_US) ? db_int(r, 0, S_UNTIL_US) : 0;
    t->late = strcmp(late, "continue") == 0 ? LATE_CONTINUE : LATE_RESTART;
    t->restart = db_text(r, 0, O_RESTART) && strcmp(db_text(r, 0, O_RESTART), "true") == 0;
    t->reanchor = db_bool(r, 0, REANCHOR);
    return true;
}

static void load(struct order_act *a)
{
    DB_QUERY(&a->op, a->db, &DB_PUBLIC, SQL_QUERIES_ORDER_TERMS, &a->rows, a->order);
}

/* Does a payment buy a period at all? For an order that is paid, given up or not published, and for a subscription that is
 * terminated, there is none to reckon; what becomes of the money order_settle says. */
static bool buys(const struct order_act *a)
{
    const char *order = db_text(&a->rows, 0, O_STATE), *subscription = db_text(&a->rows, 0, S_STATE);

    return a->kind != ORDER_SETTLE || ((strcmp(order, "pending_payment") == 0 || strcmp(order, "payment_reported") == 0) &&
                                       strcmp(subscription, "terminated") != 0);
}

/* Read, and the period if the order is one that extends a subscription. */
static bool reckon(struct order_act *a, bool activating)
{
    struct gov_err *err = &a->op.err;

    if (a->rows.count == 0)
        return gov_fail(err, GOV_NOT_FOUND, "there is no such order", "没有该订单");
    a->extends = db_text(&a->rows, 0, V_UNIT) && db_text(&a->rows, 0, S_STATE) &&
                 (activating || (db_text(&a->rows, 0, S_TENANT) && buys(a)));
    return !a->extends || (terms_read(a, err) &&
                           lifecycle_extend(&a->terms, db_int(&a->rows, 0, NOW_US), &a->extension, err));
}

/* The period's eight parameters, from `at` on: version, number, start, end, moments, anchor, its number. */
static void period_params(struct order_act *a, const char **p)
{
    struct arena *arena = &a->op.arena;
    const struct calendar_period *x = &a->extension.period;
    char text[CIVIL_TEXT_BYTES];

    if (!a->extends)
        return;
    p[0] = db_text(&a->rows, 0, S_VERSION);
    p[1] = arena_format(arena, "%d", a->extension.period_no);
    p[2] = arena_text(arena, civil_format(civil_from_days(x->start_day), text));
    p[3] = arena_text(arena, civil_format(civil_from_days(x->end_day), text));
    p[4] = arena_format(arena, "%lld", (long long)x->start_us);
    p[5] = arena_format(arena, "%lld", (long long)x->end_us);
    p[6] = arena_text(arena, civil_format(a->extension.anchor, text));
    p[7] = arena_format(arena, "%d", a->extension.anchor_no);
}

static void write_one(struct order_act *a, enum sql_queries query, int count, const char *const *params)
{
    struct db_group *g = db_group_new(&a->op, a->db, &DB_PUBLIC);

    memset(&a->failed, 0, sizeof a->failed);
    db_group_add(g, query, &a->done, count, params);
    db_group_tolerate(g, &a->failed);
    db_group_send(g);
}

static void write_payment(struct order_act *a)
{
    const struct order_payment *p = &a->payment;
    const char *version = db_text(&a->rows, 0, O_VERSION);

    if (a->kind == ORDER_APPLY) {
        const char *params[14] = { a->payments, a->order, version, a->actor };
        period_params(a, params + 4);
        params[12] = p->approval;
        params[13] = p->digest;
        write_one(a, SQL_QUERIES_PAYMENT_APPLY, 14, params);
        return;
    }
    const char *params[22] = { a->order, version, p->id.text, p->provider, p->txn, p->method,
                               arena_format(&a->op.arena, "%lld", (long long)p->amount_minor), p->currency,
                               p->received_at, p->reference, p->evidence_sha256, a->actor, p->approval, p->digest };
    period_params(a, params + 14);
    write_one(a, SQL_QUERIES_ORDER_SETTLE, 22, params);
}

/* Stale, or another transaction held a lock for too long: read again. */
static bool again(struct order_act *a)
{
    bool helps = a->failed.code == GOV_STALE || a->failed.code == GOV_DEADLINE || a->failed.contended;

    return helps && a->tries++ < TRIES_MAX;
}

static enum op_next pay(struct op *op)
{
    struct order_act *a = (struct order_act *)op;

    if (a->kind == ORDER_ACTIVATE)
        return OP_NEXT;
    switch (a->phase++) {
    case 0:
        load(a);
        return OP_AGAIN;
    case 1:
        if (!reckon(a, false))
            return OP_FAIL;
        write_payment(a);
        return OP_AGAIN;
    default:
        a->phase = 0;
        if (again(a))
            return OP_AGAIN;
        if (a->failed.code) {
            op->err = a->failed;
            return OP_FAIL;
        }
        a->result = db_json(&a->done, 0, 0, &op->arena);
        return OP_NEXT;
    }
}

static bool wants_activation(const struct order_act *a)
{
    const char *state = json_get_text(json_object_get(a->result, "order"), "state");

    return a->kind == ORDER_ACTIVATE || (state && strcmp(state, "activating") == 0);
}

static void activate_write(struct order_act *a)
{
    struct id tenant = id_new();
    const char *params[11] = { a->order, db_text(&a->rows, 0, O_VERSION),
                               arena_text(&a->op.arena, tenant.text) };

    period_params(a, params + 3);
    write_one(a, SQL_QUERIES_ORDER_ACTIVATE, 11, params);
}

/* What a person can do about a period that cannot be reckoned: no second try finds another one. */
static const char *remedy_of(struct order_act *a)
{
    struct arena *arena = &a->op.arena;
    bool ended = a->failed.code == GOV_CONFLICT;
    const char *en = arena_format(arena, ended ? "its subscription is over and does not come back: refund the order (execgov order "
                                                 "refund %s …)"
                                               : "mend its zone (execgov subscription timezone SUBSCRIPTION ZONE): it goes on by itself, or at "
                                                 "once with execgov order activate %s; or refund it", a->order);
    const char *zh = arena_format(arena, ended ? "该订阅已终止，不可恢复：请退款（execgov order refund %s …）"
                                               : "请修正其时区（execgov subscription timezone 订阅编号 时区）：系统会自动重试，也可立即执行 "
                                                 "execgov order activate %s；或退款", a->order);
    json_t *remedy = json_pack("{s:s, s:s}", "en", en, "zh-CN", zh);

    return json_text(arena, json_own(arena, remedy));
}

/* It is written to the order, which so gives up its place: others wait behind it. */
static enum op_next activation_failed(struct order_act *a, const char *remedy)
{
    DB_QUERY(&a->op, a->db, &DB_PUBLIC, SQL_QUERIES_ORDER_ACTIVATION_FAILED, NULL, a->order,
             a->failed.cause[0] ? a->failed.cause : a->failed.en, remedy);
    return OP_WAIT;
}

static void result_set(struct order_act *a)
{
    if (!a->result)
        a->result = json_own(&a->op.arena, json_pack("{s:s}", "result", a->failed.code ? "failed" : "settled"));
}

/* Only what is paid is activated: nothing was tried and nothing is written to the order. */
static bool activates(const struct order_act *a, struct gov_err *err)
{
    const char *state = a->rows.count ? db_text(&a->rows, 0, O_STATE) : "active";

    return strcmp(state, "active") == 0 || strcmp(state, "activating") == 0 || strcmp(state, "activation_failed") == 0 ||
           gov_fail(err, GOV_ORDER_TRANSITION_INVALID,
                    "the order is %s, and only a paid one is activated: record its payment (execgov order confirm %s), which "
                    "activates it; one that is over needs a new order",
                    "订单当前状态为 %s，只有已付款的订单才能开通：请先登记付款（execgov order confirm %s），入账后自动开通；已结束的订单须重新下单",
                    state, a->order);
}

static enum op_next activate(struct op *op)
{
    struct order_act *a = (struct order_act *)op;

    if (!wants_activation(a))
        return OP_DONE;
    switch (a->phase++) {
    case 0:
        load(a);
        return OP_AGAIN;
    case 1:
        if (!activates(a, &op->err))
            return OP_FAIL;
        if (reckon(a, true)) {
            activate_write(a);
            return OP_AGAIN;
        }
        if (a->rows.count == 0)
            return OP_FAIL;
        a->failed = op->err;
        memset(&op->err, 0, sizeof op->err);
        result_set(a);
        return activation_failed(a, remedy_of(a));
    default:
        a->phase = 0;
        if (again(a))
            return OP_AGAIN;
        if (a->failed.code == GOV_ORDER_TRANSITION_INVALID) { /* refunded between the reading and the writing */
            op->err = a->failed;
            return OP_FAIL;
        }
        result_set(a);
        if (!a->failed.code) {
            json_object_set(a->result, "order", db_json(&a->done, 0, 0, &op->arena));
            return OP_DONE;
        }
        return activation_failed(a, NULL);
    }
}

/* The payment stands; that the tenant could not be made is told by the order's state. */
static enum op_next failed(struct op *op)
{
    struct order_act *a = (struct order_act *)op;
    json_t *order = json_object_get(a->result, "order");

    if (order)
        json_object_set_new(order, "state", json_string("activation_failed"));
    return OP_DONE;
}

static const struct op_step steps[] = { { "pay", pay }, { "activate", activate }, { "failed", failed }, { 0 } };

static void release(void *op)
{
    op_release(op);
}

void order_act_start(struct op *parent, struct order_act *act)
{
    op_init(&act->op, "order_act", steps, parent->loop, NULL);
    arena_defer(&parent->arena, release, &act->op);
    op_try(parent, &act->op);
}
