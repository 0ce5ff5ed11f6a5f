/* /v1/platform/payments and finance-tasks: what came in, and what waits for a person (partial, late, unmatched). */
#include "api/money/money.h"
#include "api/page.h"

struct payment {
    struct endpoint endpoint;
    struct page page;
    struct db_rows rows;
};

static enum op_next list(struct op *op)
{
    static const char *const states[] = { "unapplied", "credit", "all", NULL };
    struct payment *e = (struct payment *)op;
    struct call *call = e->endpoint.call;
    const char *state;

    if (!page_read(call, PAGE_OF_IDS, &e->page, &op->err) || !page_choice(call, "state", states, &state, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_PAYMENT_PAGE, &e->rows, e->page.before, e->page.limit, state);
    return OP_WAIT;
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
const struct op_step finance_task_list_steps[] = { { "list", tasks }, { "leave", list_leave }, { 0 } };
const size_t finance_task_list_bytes = sizeof(struct payment);
