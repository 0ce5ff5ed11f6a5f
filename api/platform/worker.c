/* /v1/platform/workers: who works, and asking one to drain.
 *
 * Draining is a row that the worker reads with its next heartbeat; a message makes that at once. It takes
 * nothing more, finishes, gives back what it has not started, and ends.
 */
#include "api/audit.h"
#include "api/page.h"
#include "api/platform/platform.h"

struct worker_call {
    struct endpoint endpoint;
    struct page page;
    struct id id;
    struct db_rows rows, asked;
};

static enum op_next list(struct op *op)
{
    struct worker_call *e = (struct worker_call *)op;

    e->page.size = INT32_MAX; /* one page: the query has its own bound */
    DB_QUERY(op, e->endpoint.call->api->db, &DB_PUBLIC, SQL_QUERIES_WORKER_LIST, &e->rows, NULL);
    return OP_WAIT;
}

static enum op_next leave(struct op *op)
{
    struct worker_call *e = (struct worker_call *)op;
    page_answer(e->endpoint.call, &e->page, &e->rows);
    return OP_DONE;
}

const struct op_step worker_list_steps[] = { { "list", list }, { "leave", leave }, { 0 } };
const size_t worker_list_bytes = sizeof(struct worker_call);

static enum op_next ask(struct op *op)
{
    struct worker_call *e = (struct worker_call *)op;
    struct call *call = e->endpoint.call;

    if (!call_param_id(call, 0, &e->id, &op->err))
        return OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_WORKER_DRAIN, &e->asked, e->id.text, audit_actor(call));
    DB_GROUP_ADD(g, SQL_QUERIES_WORKER_LIST, &e->rows, e->id.text);
    audit_remember(g, call, 200);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next tell(struct op *op)
{
    struct worker_call *e = (struct worker_call *)op;
    struct call *call = e->endpoint.call;

    if (e->rows.count == 0)
        return page_one(call, 200, &e->rows, &op->err), OP_FAIL;
    if (e->asked.count == 0)
        return gov_fail(&op->err, GOV_ALREADY_DONE, "this worker has ended", "该工作进程已经结束"), OP_FAIL;
    event_bus_publish(call->api->events, EVENT_BUS_WORKERS, &e->id);
    return page_one(call, 200, &e->rows, &op->err) ? OP_DONE : OP_FAIL;
}

const struct op_step worker_drain_steps[] = { { "ask", ask }, { "tell", tell }, { 0 } };
const size_t worker_drain_bytes = sizeof(struct worker_call);
