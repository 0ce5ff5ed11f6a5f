/* POST /v1/runs/{id}/cancel and /v1/requests/{id}/cancel.
 *
 *     find -> cancel -> close -> tell -> wait -> show
 *
 * What has not started ends in the same transaction; a running script is marked, and its worker, told
 * by the event, kills the whole process group within a second. The answer waits for that.
 */
#include <string.h>

#include "api/runs/callback.h"
#include "api/runs/runs.h"
#include "api/runs/settle_wait.h"
#include "api/runs/show.h"

enum { WAIT_S = 3 };

struct cancel {
    struct endpoint endpoint;
    bool is_run;
    struct id id, request;
    struct db_rows found, rows;
    struct callback callback;
    struct settle_wait wait;
    struct show_one show;
};

static enum op_next find(struct op *op)
{
    struct cancel *e = (struct cancel *)op;
    struct call *call = e->endpoint.call;

    e->is_run = strncmp(call->route->pattern, "/v1/runs", 8) == 0;
    if (!call_param_id(call, 0, &e->id, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &call->caller.scope,
             e->is_run ? SQL_QUERIES_RUN_STATE_GET : SQL_QUERIES_REQUEST_STATE_GET, &e->found,
             e->id.text);
    return OP_WAIT;
}

static enum op_next cancel(struct op *op)
{
    struct cancel *e = (struct cancel *)op;
    struct call *call = e->endpoint.call;
    struct gov_err ignored;

    bool mine = e->found.count && strcmp(db_text(&e->found, 0, 2), call->caller.user.text) == 0;
    if (e->found.count == 0 || (!mine && !call_may(call, MAY_READ_ALL_RUNS, &ignored)))
        return gov_fail(&op->err, GOV_NOT_FOUND, "there is nothing with this id here",
                        "这里没有该 id 的内容"),
               OP_FAIL;
    if (!mine && !call_may(call, MAY_CANCEL_ANY_RUN, &op->err))
        return OP_FAIL;
    e->request = e->is_run ? db_id(&e->found, 0, 3) : e->id;
    struct db_group *g = db_group_new(op, call->api->db, &call->caller.scope);
    DB_GROUP_ADD(g, SQL_QUERIES_REQUEST_CANCEL, &e->rows, e->request.text, call->caller.user.text);
    callback_add(&e->callback, g, &e->request);
    db_group_send(g);
    return OP_WAIT;
}

/* A request that waits for an answer has neither job nor confirmation: an event ends it. */
static enum op_next close_request(struct op *op)
{
    struct cancel *e = (struct cancel *)op;
    struct call *call = e->endpoint.call;
    const char *before = db_text(&e->rows, 0, 3);
    bool done = db_int(&e->rows, 0, 0) || db_int(&e->rows, 0, 1) || db_bool(&e->rows, 0, 2);

    if (done)
        return OP_NEXT;
    if (before && (strcmp(before, "needs_answer") == 0 || strcmp(before, "received") == 0)) {
        struct db_group *g = db_group_new(op, call->api->db, &call->caller.scope);
        DB_GROUP_ADD(g, SQL_QUERIES_REQUEST_EVENT_ADD, NULL, e->request.text, "cancelled", "{}");
        callback_add(&e->callback, g, &e->request);
        db_group_send(g);
        return OP_WAIT;
    }
    return gov_fail(&op->err, GOV_ALREADY_DONE, "it has ended already: %s", "已经结束：%s",
                    before ? before : "?"),
           OP_FAIL;
}

static enum op_next tell(struct op *op)
{
    struct cancel *e = (struct cancel *)op;
    struct call *call = e->endpoint.call;

    event_bus_publish(call->api->events, call->caller.scope.schema, &e->request);
    callback_push(op, &e->callback, call);
    settle_wait(op, &e->wait, call, &e->id, e->is_run, &e->request,
                settle_wait_seconds(call, WAIT_S));
    return OP_WAIT;
}

static enum op_next show(struct op *op)
{
    struct cancel *e = (struct cancel *)op;
    show_one(op, &e->show, e->endpoint.call, &e->id, e->is_run, 200);
    return OP_WAIT;
}

const struct op_step run_cancel_steps[] = { { "find", find },          { "cancel", cancel },
                                            { "close", close_request }, { "tell", tell },
                                            { "show", show },           { 0 } };
const size_t run_cancel_bytes = sizeof(struct cancel);
