/* /v1/platform/payments and finance-tasks: what came in, and what waits for a person (partial, late, unmatched). */
#include "api/money/money.h"
#include "api/page.h"

struct payment {
    struct endpoint endpoint;
    struct page page;
    struct id id;
    struct db_rows rows, more;
};

static enum op_next list(struct op *op)
{
    static const char *const states[] = { "unapplied", "credit", "all", NULL };
    struct payment *e = (struct payment *)op;
    struct call *call = e->endpoint.call;
    const char *state;

    if (!page_read(call, PAGE_OF_IDS, &e->page, &op->err) || !page_choice(call, "state", states, &state, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_PAYMENT_PAGE, &e->rows, e->page.before, e->page.limit, state, NULL);
    return OP_WAIT;
}

static enum op_next get(struct op *op)
{
    struct payment *e = (struct payment *)op;
    struct call *call = e->endpoint.call;

    if (!call_param_id(call, 0, &e->id, &op->err))
        return OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_PAYMENT_PAGE, &e->rows, NULL, "1", NULL, e->id.text);
    DB_GROUP_ADD(g, SQL_QUERIES_PAYMENT_MORE, &e->more, e->id.text);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next get_leave(struct op *op)
{
    struct payment *e = (struct payment *)op;

    if (e->rows.count == 0)
        return page_one(e->endpoint.call, 200, &e->rows, &op->err), OP_FAIL;
    json_t *shown = json_copy(db_json(&e->rows, 0, 1, &op->arena));
    json_object_update(shown, db_json(&e->more, 0, 0, &op->arena));
    call_json(e->endpoint.call, 200, shown);
    return OP_DONE;
}

static enum op_next tasks(struct op *op)
{
    struct payment *e = (struct payment *)op;
    struct call *call = e->endpoint.call;

    if (!page_read(call, PAGE_OF_IDS, &e->page, &op->err))
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
const struct op_step payment_get_steps[] = { { "get", get }, { "leave", get_leave }, { 0 } };
const size_t payment_get_bytes = sizeof(struct payment);
const struct op_step finance_task_list_steps[] = { { "list", tasks }, { "leave", list_leave }, { 0 } };
const size_t finance_task_list_bytes = sizeof(struct payment);
