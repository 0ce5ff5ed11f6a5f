/* GET /v1/runs/{id} and GET /v1/requests/{id}: [wait ->] show. With Prefer: wait=N the answer comes
 * when it has ended or needs a person, or after N seconds with what there is. */
#include "api/runs/runs.h"
#include "api/runs/show/settle_wait.h"
#include "api/runs/show/show.h"

struct one_get {
    struct endpoint endpoint;
    struct id id, watched;
    struct db_rows rows;
    struct settle_wait wait;
    struct show_one show;
};

static enum op_next find(struct op *op, bool is_run)
{
    struct one_get *e = (struct one_get *)op;
    struct call *call = e->endpoint.call;

    if (!call_param_id(call, 0, &e->id, &op->err))
        return OP_FAIL;
    e->watched = e->id;
    if (is_run && settle_wait_seconds(call, 0))
        DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_RUN_STATE_GET, &e->rows,
                 e->id.text);
    return OP_WAIT;
}

static enum op_next wait_for(struct op *op, bool is_run)
{
    struct one_get *e = (struct one_get *)op;
    struct call *call = e->endpoint.call;

    if (e->rows.count)
        e->watched = db_id(&e->rows, 0, 3);
    settle_wait(op, &e->wait, call, &e->id, is_run, &e->watched, settle_wait_seconds(call, 0));
    return OP_WAIT;
}

static enum op_next show(struct op *op, bool is_run)
{
    struct one_get *e = (struct one_get *)op;

    if (is_run)
        show_run_read(op, &e->show, e->endpoint.call, &e->id, settle_wait_run(&e->wait), 0);
    else
        show_one(op, &e->show, e->endpoint.call, &e->id, false, 0);
    return OP_WAIT;
}

static enum op_next find_run(struct op *op)
{
    return find(op, true);
}

static enum op_next wait_run(struct op *op)
{
    return wait_for(op, true);
}

static enum op_next show_the_run(struct op *op)
{
    return show(op, true);
}

static enum op_next find_request(struct op *op)
{
    return find(op, false);
}

static enum op_next wait_request(struct op *op)
{
    return wait_for(op, false);
}

static enum op_next show_the_request(struct op *op)
{
    return show(op, false);
}

const struct op_step run_get_steps[] = {
    { "find", find_run }, { "wait", wait_run }, { "show", show_the_run }, { 0 }
};
const size_t run_get_bytes = sizeof(struct one_get);

const struct op_step request_get_steps[] = {
    { "find", find_request }, { "wait", wait_request }, { "show", show_the_request }, { 0 }
};
const size_t request_get_bytes = sizeof(struct one_get);
