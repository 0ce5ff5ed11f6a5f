/* /v1/platform/orders and /v1/orders: list, get, publish, report a payment, cancel. A tenant sees and
 * touches its own orders only; another's is not found. */
#include "api/money/money.h"
#include "api/money/order/order_named.h"
#include "api/page.h"
#include "core/model/lifecycle.h"

struct order {
    struct endpoint endpoint;
    struct page page;
    struct order_named named;
    struct id id;
    const char *reference, *comment;
    struct db_rows rows, found, days, done, payments;
};

/* --- list and get --- */

static const char *const states[] = { "draft", "pending_payment", "payment_reported", "paid", "activating", "active",
                                      "activation_failed", "cancelled", "expired", "refunded", NULL };

/* `of`: who asks for his tenant; NULL: for the platform. */
static enum op_next list_of(struct op *op, const struct caller *of)
{
    struct order *e = (struct order *)op;
    struct call *call = e->endpoint.call;
    const char *state, *customer, *subscription;

    if (!page_read(call, PAGE_OF_IDS, &e->page, &op->err) || !page_choice(call, "state", states, &state, &op->err) ||
        !page_id(call, "customer_id", &customer, &op->err) ||
        !page_id(call, "subscription_id", &subscription, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_ORDER_PAGE, &e->rows, e->page.before, e->page.limit, state,
             customer, NULL, of ? of->tenant.text : NULL, subscription, of ? of->user.text : NULL);
    return OP_WAIT;
}

static enum op_next list(struct op *op)
{
    return list_of(op, NULL);
}

static enum op_next own_list(struct op *op)
{
    return list_of(op, &((struct order *)op)->endpoint.call->caller);
}

static enum op_next list_leave(struct op *op)
{
    struct order *e = (struct order *)op;
    page_answer(e->endpoint.call, &e->page, &e->rows);
    return OP_DONE;
}

static enum op_next find(struct op *op)
{
    struct order *e = (struct order *)op;
    struct call *call = e->endpoint.call;

    order_find(op, call, call->params[0], &e->named);
    return OP_WAIT;
}

static enum op_next load_of(struct op *op, const struct caller *of)
{
    struct order *e = (struct order *)op;
    struct call *call = e->endpoint.call;

    if (!order_found(&e->named, &op->err))
        return OP_FAIL;
    e->id = e->named.id;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_ORDER_PAGE, &e->found, NULL, "1", NULL, NULL, e->id.text,
             of ? of->tenant.text : NULL, NULL, of ? of->user.text : NULL);
    return OP_WAIT;
}

static enum op_next load(struct op *op)
{
    return load_of(op, NULL);
}

static enum op_next own_load(struct op *op)
{
    return load_of(op, &((struct order *)op)->endpoint.call->caller);
}

static bool is_there(struct order *e, struct gov_err *err)
{
    return e->found.count > 0 || order_unknown(err);
}

static enum op_next show(struct op *op)
{
    struct order *e = (struct order *)op;
    return is_there(e, &op->err) && page_one(e->endpoint.call, 200, &e->found, &op->err) ? OP_DONE : OP_FAIL;
}

/* For finance: what came for it. */
static enum op_next payments(struct op *op)
{
    struct order *e = (struct order *)op;

    if (!is_there(e, &op->err))
        return OP_FAIL;
    DB_QUERY(op, e->endpoint.call->api->db, &DB_PUBLIC, SQL_QUERIES_ORDER_PAYMENTS, &e->payments, e->id.text);
    return OP_WAIT;
}

static enum op_next show_paid(struct op *op)
{
    struct order *e = (struct order *)op;
    json_t *all = json_array(), *shown = json_copy(db_json(&e->found, 0, 1, &op->arena));

    for (int i = 0; i < e->payments.count; i++)
        json_array_append(all, db_json(&e->payments, i, 0, &op->arena));
    json_object_set_new(shown, "payments", all);
    call_json(e->endpoint.call, 200, shown);
    return OP_DONE;
}

/* To whoever pays it is said whom to pay, and how. */
static enum op_next own_pay_to(struct op *op)
{
    struct order *e = (struct order *)op;

    if (!is_there(e, &op->err))
        return OP_FAIL;
    DB_QUERY(op, e->endpoint.call->api->db, &DB_PUBLIC, SQL_QUERIES_ORDER_PAY_TO, &e->found, e->id.text);
    return OP_WAIT;
}

/* --- acts --- */

static enum op_next publish(struct op *op)
{
    struct order *e = (struct order *)op;
    struct call *call = e->endpoint.call;

    if (!is_there(e, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_ORDER_PUBLISH, &e->done, e->id.text, call->caller.user.text);
    return OP_WAIT;
}

static const struct json_field report_fields[] = {
    { "reference", JSON_FIELD_TEXT, false, offsetof(struct order, reference), 1, 200, NULL },
};

static enum op_next workdays(struct op *op)
{
    struct order *e = (struct order *)op;
    struct call *call = e->endpoint.call;

    if (!CALL_BODY(call, op, report_fields, e) || !is_there(e, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_ORDER_WORKDAYS, &e->days, e->id.text);
    return OP_WAIT;
}

/* Three workdays of the customer's calendar and zone. */
static enum op_next report(struct op *op)
{
    struct order *e = (struct order *)op;
    struct call *call = e->endpoint.call;
    struct workday *items = ARENA_ARRAY(&op->arena, struct workday, (size_t)e->days.count + 1);
    struct workdays table = { items, 0 };
    struct lifecycle_policy policy = lifecycle_policy_default;
    const struct zone *zone = zone_read(e->days.count ? db_text(&e->days, 0, 0) : "UTC", &op->arena);

    for (int i = 0; i < e->days.count && db_text(&e->days, i, 1); i++)
        items[table.count++] = (struct workday){ db_int(&e->days, i, 1), db_bool(&e->days, i, 2) };
    policy.workdays = &table;
    const char *until = arena_format(&op->arena, "%lld", (long long)lifecycle_reported_hold(&policy, zone,
                                                                                           db_int(&e->found, 0, 2)));
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_ORDER_REPORT, &e->done, e->id.text, call->caller.user.text,
             e->reference, until);
    return OP_WAIT;
}

static const struct json_field cancel_fields[] = {
    { "comment", JSON_FIELD_TEXT, false, offsetof(struct order, comment), 0, 2000, NULL },
};

static enum op_next cancel_by(struct op *op, enum sql_queries query)
{
    struct order *e = (struct order *)op;
    struct call *call = e->endpoint.call;

    if (!CALL_BODY(call, op, cancel_fields, e) || !is_there(e, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, query, &e->done, e->id.text, call->caller.user.text, e->comment);
    return OP_WAIT;
}

static enum op_next cancel(struct op *op)
{
    return cancel_by(op, SQL_QUERIES_ORDER_GIVE_UP);
}

/* What was said to be paid only finance gives up: it has looked whether money came. */
static enum op_next own_cancel(struct op *op)
{
    return cancel_by(op, SQL_QUERIES_ORDER_CANCEL);
}

static enum op_next done(struct op *op)
{
    struct order *e = (struct order *)op;
    return page_one(e->endpoint.call, 200, &e->done, &op->err) ? OP_DONE : OP_FAIL;
}

#define STEPS(name, ...)                                                                           \
    const struct op_step name##_steps[] = { __VA_ARGS__, { 0 } };                                  \
    const size_t name##_bytes = sizeof(struct order)

STEPS(order_list, { "list", list }, { "leave", list_leave });
STEPS(order_get, { "find", find }, { "load", load }, { "payments", payments }, { "show", show_paid });
STEPS(order_publish, { "find", find }, { "load", load }, { "publish", publish }, { "done", done });
STEPS(order_report, { "find", find }, { "load", load }, { "workdays", workdays }, { "report", report }, { "done", done });
STEPS(order_cancel, { "find", find }, { "load", load }, { "cancel", cancel }, { "done", done });
STEPS(own_order_list, { "list", own_list }, { "leave", list_leave });
STEPS(own_order_get, { "find", find }, { "load", own_load }, { "pay to", own_pay_to }, { "show", show });
STEPS(own_order_report, { "find", find }, { "load", own_load }, { "workdays", workdays }, { "report", report }, { "done", done });
STEPS(own_order_cancel, { "find", find }, { "load", own_load }, { "cancel", own_cancel }, { "done", done });
