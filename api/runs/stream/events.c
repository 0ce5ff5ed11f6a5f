/* GET /v1/requests/{id}/events, /v1/runs/{id}/events and /v1/events: find -> begin. What comes then is
 * follow.c.
 *
 * A reader who comes back although he was told the end gets 204, which ends an EventSource.
 */
#include <string.h>

#include "api/runs/runs.h"
#include "api/runs/stream/follow.h"

struct events {
    struct endpoint endpoint;
    struct follow_wish wish;
    bool resumes;
    struct db_rows rows;
};

static bool read_position(struct events *e, struct gov_err *err)
{
    const char *last = event_stream_last_id(e->endpoint.call->request);
    bool tenant = e->wish.kind == FOLLOW_TENANT;

    if (!last || !*last)
        return true;
    e->resumes = tenant ? position_parse_tenant(last, &e->wish.from)
                        : position_parse(last, &e->wish.from);
    return e->resumes ||
           gov_fail_at(err, GOV_INVALID_INPUT, "Last-Event-ID", "format",
                       "this is not an id of an event of this stream; leave it out to begin anew",
                       "这不是本事件流的事件 id；去掉它即可重新开始");
}

static enum op_next find(struct op *op, enum follow_kind kind)
{
    struct events *e = (struct events *)op;
    struct call *call = e->endpoint.call;

    e->wish.kind = kind;
    if (!call_param_id(call, 0, &e->wish.id, &op->err) || !read_position(e, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &call->caller.scope,
             kind == FOLLOW_REQUEST ? SQL_QUERIES_FOLLOW_REQUEST : SQL_QUERIES_FOLLOW_RUN, &e->rows,
             e->wish.id.text);
    return OP_WAIT;
}

static enum op_next begin(struct op *op)
{
    struct events *e = (struct events *)op;
    struct call *call = e->endpoint.call;
    struct gov_err ignored;

    e->wish.mine = e->rows.count && strcmp(db_text(&e->rows, 0, 3), call->caller.user.text) == 0;
    if (e->rows.count == 0 || (!e->wish.mine && !call_may(call, MAY_READ_ALL_RUNS, &ignored)))
        return gov_fail(&op->err, GOV_NOT_FOUND, "there is no such %s", "没有这个%s",
                        e->wish.kind == FOLLOW_REQUEST ? "request" : "run"),
               OP_FAIL;
    e->wish.request = db_id(&e->rows, 0, 4);
    if (e->wish.from.ended)
        call_empty(call);
    else
        follow_begin(call, &e->wish);
    return OP_DONE;
}

static enum op_next find_request(struct op *op)
{
    return find(op, FOLLOW_REQUEST);
}

static enum op_next find_run(struct op *op)
{
    return find(op, FOLLOW_RUN);
}

/* --- a tenant --- */

static enum op_next newest(struct op *op)
{
    struct events *e = (struct events *)op;
    struct call *call = e->endpoint.call;

    e->wish.kind = FOLLOW_TENANT;
    if (!read_position(e, &op->err))
        return OP_FAIL;
    if (!e->resumes)
        DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_AUDIT_NEWEST, &e->rows, NULL,
                 "1");
    return OP_WAIT;
}

static enum op_next begin_tenant(struct op *op)
{
    struct events *e = (struct events *)op;

    if (!e->resumes)
        e->wish.from.audit = db_int(&e->rows, 0, 0);
    follow_begin(e->endpoint.call, &e->wish);
    return OP_DONE;
}

const struct op_step request_events_steps[] = {
    { "find", find_request }, { "begin", begin }, { 0 }
};
const size_t request_events_bytes = sizeof(struct events);

const struct op_step run_events_steps[] = { { "find", find_run }, { "begin", begin }, { 0 } };
const size_t run_events_bytes = sizeof(struct events);

const struct op_step tenant_events_steps[] = {
    { "newest", newest }, { "begin", begin_tenant }, { 0 }
};
const size_t tenant_events_bytes = sizeof(struct events);
