/* GET /v1/runs/{id}/log: find -> page -> leave.
 *
 * A page of chunks as JSON, or as the text that was printed, or (text/event-stream) all there will be as
 * it comes. The state is read before the page: what it says to have ended has no more to come.
 */
#include <stdlib.h>
#include <string.h>

#include "api/runs/runs.h"
#include "api/runs/show/show.h"
#include "api/runs/stream/follow.h"
#include "core/base/text.h"
#include "core/model/request.h"

enum { CHUNKS = 1000, CHUNKS_MAX = 5000, PAGE_BYTES_MAX = 8 * 1024 * 1024 };

struct run_log {
    struct endpoint endpoint;
    struct id id;
    int64_t after, limit;
    struct db_rows run, chunks;
};

static bool accepts(struct call *call, const char *type)
{
    const char *accept = http_request_header(call->request, "accept");
    return accept && strstr(accept, type);
}

static bool read_number(struct call *call, const char *name, int64_t min, int64_t max, int64_t *value,
                        struct gov_err *err)
{
    const char *text = http_request_query(call->request, name);

    if (!text || text_parse_i64(text, min, max, value))
        return true;
    return gov_fail_at(err, GOV_INVALID_INPUT, name, "range",
                       "%s must be a whole number from %lld to %lld",
                       "%s 必须是 %lld 到 %lld 的整数", name, (long long)min, (long long)max);
}

static enum op_next find(struct op *op)
{
    struct run_log *e = (struct run_log *)op;
    struct call *call = e->endpoint.call;

    e->limit = CHUNKS;
    if (!call_param_id(call, 0, &e->id, &op->err) ||
        !read_number(call, "after", 0, INT32_MAX, &e->after, &op->err) ||
        !read_number(call, "limit", 1, CHUNKS_MAX, &e->limit, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_FOLLOW_RUN, &e->run, e->id.text);
    return OP_WAIT;
}

static bool mine(const struct run_log *e)
{
    return strcmp(db_text(&e->run, 0, 3), e->endpoint.call->caller.user.text) == 0;
}

static enum op_next follow(struct op *op)
{
    struct run_log *e = (struct run_log *)op;
    struct follow_wish wish = { .kind = FOLLOW_LOG, .id = e->id, .mine = mine(e) };
    const char *last = event_stream_last_id(e->endpoint.call->request);

    wish.from.logs = e->after;
    if (last && *last && !position_parse(last, &wish.from))
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "Last-Event-ID", "format",
                           "this is not an id of an event of this stream; leave it out to begin anew",
                           "这不是本事件流的事件 id；去掉它即可重新开始"),
               OP_FAIL;
    wish.request = db_id(&e->run, 0, 4);
    if (wish.from.ended)
        call_empty(e->endpoint.call);
    else
        follow_begin(e->endpoint.call, &wish);
    return OP_DONE;
}

static enum op_next page(struct op *op)
{
    struct run_log *e = (struct run_log *)op;
    struct call *call = e->endpoint.call;
    struct gov_err ignored;

    if (e->run.count == 0 || (!mine(e) && !call_may(call, MAY_READ_ALL_RUNS, &ignored)))
        return gov_fail(&op->err, GOV_NOT_FOUND, "there is no such run", "没有这个运行"), OP_FAIL;
    if (accepts(call, "text/event-stream"))
        return follow(op);
    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_RUN_LOG_AFTER, &e->chunks,
             e->id.text, arena_format(&op->arena, "%lld", (long long)e->after),
             arena_format(&op->arena, "%lld", (long long)e->limit),
             arena_format(&op->arena, "%d", PAGE_BYTES_MAX));
    return OP_WAIT;
}

static bool page_full(const struct run_log *e)
{
    size_t bytes = 0;
    for (int i = 0; i < e->chunks.count; i++)
        bytes += strlen(db_text(&e->chunks, i, 3));
    return e->chunks.count == e->limit || bytes >= PAGE_BYTES_MAX;
}

/* What the script printed, in order; the rest is a page away. */
static void leave_text(struct run_log *e, int64_t last, bool more)
{
    struct call *call = e->endpoint.call;

    buf_clear(&call->body);
    buf_reserve(&call->body, 1);
    for (int i = 0; i < e->chunks.count; i++)
        if (strcmp(db_text(&e->chunks, i, 2), "system") != 0)
            buf_add_text(&call->body, db_text(&e->chunks, i, 3));
    call->status = 200;
    call->media_type = "text/plain; charset=utf-8";
    if (more)
        http_reply_header(call->request, "Link",
                          arena_format(&e->endpoint.op.arena,
                                       "</v1/runs/%s/log?after=%lld&limit=%lld>; rel=\"next\"",
                                       e->id.text, (long long)last, (long long)e->limit));
}

static enum op_next leave(struct op *op)
{
    struct run_log *e = (struct run_log *)op;
    const char *code = db_text(&e->run, 0, 2);
    enum run_state state;
    bool ended = run_state_parse(db_text(&e->run, 0, 0), &state) && run_state_ended(state);
    bool more = page_full(e);
    int64_t last = e->chunks.count ? db_int(&e->chunks, e->chunks.count - 1, 0) : e->after;

    if (accepts(e->endpoint.call, "text/plain")) {
        leave_text(e, last, more);
        return OP_DONE;
    }
    json_t *items = json_array();
    for (int i = 0; i < e->chunks.count; i++)
        json_array_append_new(
            items, json_pack("{s:I, s:o, s:s, s:s}", "seq", (json_int_t)db_int(&e->chunks, i, 0), "at",
                             show_time(&e->chunks, i, 1), "stream", db_text(&e->chunks, i, 2), "text",
                             db_text(&e->chunks, i, 3)));
    call_json(e->endpoint.call, 200,
              json_pack("{s:o, s:I, s:b, s:b}", "items", items, "next_after", (json_int_t)last,
                        "ended", ended && !more, "truncated",
                        code && strcmp(code, "output_limit") == 0));
    return OP_DONE;
}

const struct op_step run_log_steps[] = {
    { "find", find }, { "page", page }, { "leave", leave }, { 0 }
};
const size_t run_log_bytes = sizeof(struct run_log);
