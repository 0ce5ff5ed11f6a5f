/* /v1/deliveries: callbacks and how they went. */
#include "api/audit.h"
#include "api/page.h"
#include "api/people/people.h"

struct delivery {
    struct endpoint endpoint;
    struct page page;
    struct id id;
    struct gov_err failed;
    struct db_rows rows;
};

static enum op_next list(struct op *op)
{
    static const char *const states[] = { "pending", "delivered", "failed", NULL };
    struct delivery *e = (struct delivery *)op;
    struct call *call = e->endpoint.call;
    const char *state, *request;

    if (!page_read(call, PAGE_OF_IDS, &e->page, &op->err) ||
        !page_choice(call, "state", states, &state, &op->err) ||
        !page_id(call, "request_id", &request, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_DELIVERY_PAGE, &e->rows,
             e->page.before, e->page.limit, state, request, NULL);
    return OP_WAIT;
}

static enum op_next list_leave(struct op *op)
{
    struct delivery *e = (struct delivery *)op;
    page_answer(e->endpoint.call, &e->page, &e->rows);
    return OP_DONE;
}

const struct op_step delivery_list_steps[] = { { "list", list }, { "leave", list_leave }, { 0 } };
const size_t delivery_list_bytes = sizeof(struct delivery);

static enum op_next load(struct op *op)
{
    struct delivery *e = (struct delivery *)op;
    struct call *call = e->endpoint.call;

    if (!call_param_id(call, 0, &e->id, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_DELIVERY_PAGE, &e->rows, NULL, "1",
             NULL, NULL, e->id.text);
    return OP_WAIT;
}

static enum op_next show(struct op *op)
{
    struct delivery *e = (struct delivery *)op;
    return page_one(e->endpoint.call, 200, &e->rows, &op->err) ? OP_DONE : OP_FAIL;
}

const struct op_step delivery_get_steps[] = { { "load", load }, { "show", show }, { 0 } };
const size_t delivery_get_bytes = sizeof(struct delivery);

/* The mark comes first: the scheduler visits the tenant even if we die right after the commit. */
static enum op_next mark(struct op *op)
{
    struct delivery *e = (struct delivery *)op;

    if (e->rows.count == 0)
        return page_one(e->endpoint.call, 202, &e->rows, &op->err), OP_FAIL;
    marks_note(op, e->endpoint.call->api->marks, &e->endpoint.call->caller.tenant, 0);
    return OP_WAIT;
}

static enum op_next again(struct op *op)
{
    struct delivery *e = (struct delivery *)op;
    struct call *call = e->endpoint.call;
    struct db_group *g = db_group_new(op, call->api->db, &call->caller.scope);
    struct audit_row row = { audit_tenant(call), audit_actor(call), "operation",
                             "delivery.repeated", "delivery", e->id.text };

    DB_GROUP_ADD(g, SQL_QUERIES_DELIVERY_AGAIN, NULL, e->id.text);
    audit_add_inside(g, call, &row, NULL);
    DB_GROUP_ADD(g, SQL_QUERIES_DELIVERY_PAGE, &e->rows, NULL, "1", NULL, NULL, e->id.text);
    db_group_tolerate(g, &e->failed);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next again_leave(struct op *op)
{
    struct delivery *e = (struct delivery *)op;

    if (e->failed.code == GOV_CONFLICT)
        return gov_fail(&op->err, GOV_CONFLICT, "it is on its way already", "正在投递中"), OP_FAIL;
    if (e->failed.code) {
        op->err = e->failed;
        return OP_FAIL;
    }
    return page_one(e->endpoint.call, 202, &e->rows, &op->err) ? OP_DONE : OP_FAIL;
}

const struct op_step delivery_again_steps[] = { { "load", load }, { "mark", mark },
                                                { "again", again }, { "leave", again_leave },
                                                { 0 } };
const size_t delivery_again_bytes = sizeof(struct delivery);
