/* POST /v1/runs/{id}/cancel and /v1/requests/{id}/cancel.
 *
 *     find -> cancel [-> close] -> tell -> wait -> show
 *
 * What has not started ends in the same transaction; a running script is marked, and its worker, told
 * by the event, kills the whole process group within a second. The answer waits for that.
 */
#include <string.h>

#include "api/runs/accept/callback.h"
#include "api/runs/runs.h"
#include "api/runs/show/settle_wait.h"
#include "api/runs/show/show.h"
#include "core/model/request.h"

enum { WAIT_S = 3, TRIES = 5 };

struct cancel {
    struct endpoint endpoint;
    bool is_run;
    struct id id, request;
    struct db_rows found, rows;
    enum { ASK, ASKED, CLOSED } phase;
    int tries;
    struct gov_err err; /* of closing */
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
    if (call->replay_id.text[0])
        return OP_NEXT;
    DB_QUERY(op, call->api->db, &call->caller.scope,
             e->is_run ? SQL_QUERIES_RUN_STATE_GET : SQL_QUERIES_REQUEST_STATE_GET, &e->found,
             e->id.text);
    return OP_WAIT;
}

static bool allowed(struct cancel *e, struct gov_err *err)
{
    struct call *call = e->endpoint.call;
    struct gov_err ignored;

    bool mine = e->found.count && strcmp(db_text(&e->found, 0, 2), call->caller.user.text) == 0;
    if (e->found.count == 0 || (!mine && !call_may(call, MAY_READ_ALL_RUNS, &ignored)))
        return gov_fail(err, GOV_NOT_FOUND, "there is nothing with this id here",
                        "这里没有该 id 的内容");
    return mine || call_may(call, MAY_CANCEL_ANY_RUN, err);
}

static void send_cancel(struct cancel *e)
{
    struct op *op = &e->endpoint.op;
    struct call *call = e->endpoint.call;
    struct db_group *g = db_group_new(op, call->api->db, &call->caller.scope);

    DB_GROUP_ADD(g, SQL_QUERIES_REQUEST_CANCEL, &e->rows, e->request.text, call->caller.user.text,
                 call->route->pattern, call->idempotency_key, call->body_hash,
                 arena_format(&op->arena, "{\"id\":\"%s\"}", e->id.text));
    callback_add(&e->callback, g, &e->request);
    db_group_send(g);
}

/* A request that waits for an answer has neither job nor confirmation: an event ends it, unless another
 * came first. */
static void send_close(struct cancel *e)
{
    struct call *call = e->endpoint.call;
    struct db_group *g = db_group_new(&e->endpoint.op, call->api->db, &call->caller.scope);

    DB_GROUP_ADD(g, SQL_QUERIES_REQUEST_EVENT_AT, NULL, e->request.text, db_text(&e->rows, 0, 4),
                 "cancelled", "{}");
    callback_add(&e->callback, g, &e->request);
    call_remember_shown(call, g, &e->id);
    db_group_tolerate(g, &e->err);
    db_group_send(g);
}

/* Nothing was there to be cancelled. Between two of its jobs, or at the moment of a decision, a request
 * looks so although it goes on: then once more. */
static enum op_next look_again(struct cancel *e, const char *state)
{
    enum request_state known;
    bool over = !request_state_parse(state, &known) || request_state_ended(known) ||
                strcmp(state, "planned") == 0;

    if (over || e->tries++ == TRIES)
        return gov_fail(&e->endpoint.op.err, over ? GOV_ALREADY_DONE : GOV_CONFLICT,
                        over ? "it has ended already: %s" : "it changes at this moment (%s); try again",
                        over ? "已经结束：%s" : "其状态正在变化（%s）；请重试", state),
               OP_FAIL;
    e->phase = ASK;
    return OP_AGAIN;
}

static enum op_next cancel(struct op *op)
{
    struct cancel *e = (struct cancel *)op;
    const char *before = e->rows.count ? db_text(&e->rows, 0, 3) : "?";

    if (e->endpoint.call->replay_id.text[0])
        return OP_NEXT;
    switch (e->phase) {
    case ASK:
        if (!allowed(e, &op->err))
            return OP_FAIL;
        e->request = e->is_run ? db_id(&e->found, 0, 3) : e->id;
        send_cancel(e);
        e->phase = ASKED;
        return OP_AGAIN;
    case ASKED:
        if (db_int(&e->rows, 0, 0) || db_int(&e->rows, 0, 1) || db_bool(&e->rows, 0, 2))
            return OP_NEXT;
        if (strcmp(before, "needs_answer") != 0 && strcmp(before, "received") != 0)
            return look_again(e, before);
        send_close(e);
        e->phase = CLOSED;
        return OP_AGAIN;
    case CLOSED:
        break;
    }
    if (e->err.code == GOV_CONFLICT && strcmp(e->err.item, "request_event_pk") == 0)
        return look_again(e, before);
    op->err = e->err;
    return e->err.code ? OP_FAIL : OP_NEXT;
}

static enum op_next tell(struct op *op)
{
    struct cancel *e = (struct cancel *)op;
    struct call *call = e->endpoint.call;

    if (call->replay_id.text[0])
        return OP_NEXT;
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
                                            { "tell", tell },          { "show", show },
                                            { 0 } };
const size_t run_cancel_bytes = sizeof(struct cancel);
