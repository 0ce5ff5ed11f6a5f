/* /v1/platform/payments: what came in, what waits for a person (partial, late, unmatched), and applying it. */
#include "api/money/money.h"
#include "api/people/page.h"
#include "core/store/order_act.h"

struct payment {
    struct endpoint endpoint;
    struct page page;
    struct id order;
    json_t *payments;
    struct order_act act;
    struct db_rows rows;
};

static enum op_next list(struct op *op)
{
    static const char *const states[] = { "unapplied", "all", NULL };
    struct payment *e = (struct payment *)op;
    struct call *call = e->endpoint.call;
    const char *state;

    if (!page_read(call, false, &e->page, &op->err) || !page_choice(call, "state", states, &state, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_PAYMENT_PAGE, &e->rows, e->page.before, e->page.limit,
             state && state[0] == 'u' ? "true" : "false");
    return OP_WAIT;
}

static enum op_next tasks(struct op *op)
{
    struct payment *e = (struct payment *)op;
    struct call *call = e->endpoint.call;

    if (!page_read(call, false, &e->page, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_FINANCE_TASK_PAGE, &e->rows, e->page.before, e->page.limit);
    return OP_WAIT;
}

static enum op_next list_leave(struct op *op)
{
    struct payment *e = (struct payment *)op;
    page_answer(e->endpoint.call, &e->page, &e->rows);
    return OP_DONE;
}

const struct op_step payment_list_steps[] = { { "list", list }, { "leave", list_leave }, { 0 } };
const size_t payment_list_bytes = sizeof(struct payment);
const struct op_step finance_task_list_steps[] = { { "list", tasks }, { "leave", list_leave }, { 0 } };
const size_t finance_task_list_bytes = sizeof(struct payment);

/* --- apply --- */

static const struct json_field fields[] = {
    { "order_id", JSON_FIELD_ID, true, offsetof(struct payment, order), 0, 0, NULL },
    { "payment_ids", JSON_FIELD_ARRAY, true, offsetof(struct payment, payments), 0, 20, NULL },
};

static enum op_next apply(struct op *op)
{
    struct payment *e = (struct payment *)op;
    struct call *call = e->endpoint.call;
    const char *literal = "{";
    struct id id;

    if (!CALL_BODY(call, op, fields, e))
        return OP_FAIL;
    for (size_t i = 0; i < json_array_size(e->payments); i++) {
        const char *text = json_string_value(json_array_get(e->payments, i));
        if (!text || !id_parse(text, &id))
            return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/payment_ids", "format", "must be ids of payments",
                               "须为付款编号"),
                   OP_FAIL;
        literal = arena_format(&op->arena, "%s%s%s", literal, i ? "," : "", id.text);
    }
    e->act = (struct order_act){ .db = call->api->db, .kind = ORDER_APPLY, .order = e->order.text,
                                 .actor = call->caller.user.text,
                                 .payments = arena_format(&op->arena, "%s}", literal) };
    order_act_start(op, &e->act);
    return OP_WAIT;
}

static enum op_next answer(struct op *op)
{
    struct payment *e = (struct payment *)op;

    if (e->act.op.failed) {
        op->err = e->act.op.err;
        return OP_FAIL;
    }
    call_json(e->endpoint.call, 200, json_incref(e->act.result));
    return OP_DONE;
}

const struct op_step payment_apply_steps[] = { { "apply", apply }, { "answer", answer }, { 0 } };
const size_t payment_apply_bytes = sizeof(struct payment);
