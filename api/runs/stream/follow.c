/* follow.c - asleep -> (watch) -> look: read -> logs -> tell -> asleep, or the end.
 *
 * The look's op and its rows exist only while it looks: ten thousand idle streams cost what struct
 * follow and the connection cost. A log that is read faster than its reader takes it waits for him
 * (draining); the server cuts him off if he takes nothing at all.
 */
#include "api/runs/stream/follow_internal.h"

#include <stdlib.h>
#include <string.h>

#include "api/auth.h"
#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/base/log.h"

enum {
    QUEUED_BYTES = 64 * 1024,
    RETRY_MS = 1000,   /* after a look that failed; also what clients are told */
    GAP_MS = 200,      /* between two looks at a whole tenant */
    RECHECK_MS = 15000, /* in case a message was lost */
    TOKEN_WOKEN_MS = 1000,
    TOKEN_IDLE_MS = 60000
};

static void look_begin(struct follow *f);

static void forget(struct follow *f)
{
    watch_end(&f->watch);
    if (f->look) {
        f->gone = true; /* the look frees it when it has drained */
        return;
    }
    free(f->recent);
    free(f);
}

static void on_gone(struct event_stream *stream)
{
    forget((struct follow *)stream);
}

static void sleep_for(struct follow *f, int64_t ms)
{
    watch_wake_at(&f->watch, clock_mono_us() + ms * 1000);
}

static void happened(struct watch *watch, const struct id *request)
{
    struct follow *f = (struct follow *)((char *)watch - offsetof(struct follow, watch));
    int64_t since_ms = (clock_mono_us() - f->looked_us) / 1000;

    f->woken |= request != NULL;
    f->told = true;
    if (f->look || f->draining)
        return;
    if (f->kind == FOLLOW_TENANT && since_ms < GAP_MS)
        sleep_for(f, GAP_MS - since_ms);
    else
        look_begin(f);
}

static void on_drained(struct http_request *r)
{
    struct follow *f = r->source;

    if (!f || !f->draining)
        return;
    f->draining = false;
    if (!f->look)
        look_begin(f);
}

/* --- the look --- */

static void ask_token(struct follow *f, struct follow_look *look)
{
    int64_t now = clock_mono_us();
    int64_t often_ms = f->woken ? TOKEN_WOKEN_MS : TOKEN_IDLE_MS;

    f->woken = false;
    if (now - f->checked_us < often_ms * 1000)
        return;
    f->checked_us = now;
    look->asked = true;
    DB_QUERY(&look->op, f->api->db, &DB_PUBLIC,
             f->caller == CALLER_SESSION ? SQL_QUERIES_SESSION_FIND : SQL_QUERIES_API_TOKEN_FIND,
             &look->token, f->token_hash);
}

static const char *number(struct follow_look *look, int64_t value)
{
    return arena_format(&look->op.arena, "%lld", (long long)value);
}

/* Commits are not in the order of their numbers: the last few rows are looked at once more. */
static int64_t audit_after(const struct follow *f)
{
    int64_t after = f->at.audit - FOLLOW_RECENT;
    return after > f->floor ? after : f->floor;
}

static enum op_next read_changes(struct op *op)
{
    struct follow_look *look = (struct follow_look *)op;
    struct follow *f = look->follow;
    struct db_group *g = db_group_new(op, f->api->db, &f->scope);

    ask_token(f, look);
    if (f->kind == FOLLOW_TENANT) {
        const char *after = number(look, audit_after(f)), *rows = number(look, FOLLOW_AUDIT);
        /* First how far, then what: what comes between is told again and not told twice. */
        DB_GROUP_ADD(g, SQL_QUERIES_AUDIT_NEWEST, &look->newest, after, rows);
        DB_GROUP_ADD(g, SQL_QUERIES_REQUEST_TOUCHED, &look->state, after,
                     f->reads_all ? NULL : f->user.text, rows);
    } else {
        /* The state first: once it says that a run has ended, all of its log is there. */
        DB_GROUP_ADD(g,
                     f->kind == FOLLOW_REQUEST ? SQL_QUERIES_FOLLOW_REQUEST : SQL_QUERIES_FOLLOW_RUN,
                     &look->state, f->id.text);
        if (f->kind != FOLLOW_LOG)
            DB_GROUP_ADD(g, SQL_QUERIES_REQUEST_EVENT_AFTER, &look->events, f->request.text,
                         number(look, f->at.events), number(look, FOLLOW_EVENTS));
    }
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next read_log(struct op *op)
{
    struct follow_look *look = (struct follow_look *)op;
    struct follow *f = look->follow;

    if (look->asked &&
        !auth_still_reads(&look->token, f->caller, &f->tenant, &f->reads_all, &op->arena))
        f->over = true;
    if (f->kind == FOLLOW_TENANT)
        return OP_NEXT;
    if (look->state.count == 0 || !(f->mine || f->reads_all))
        f->over = true;
    if (f->over || !db_text(&look->state, 0, 1))
        return OP_NEXT;
    f->run = db_id(&look->state, 0, 1);
    DB_QUERY(op, f->api->db, &f->scope, SQL_QUERIES_RUN_LOG_AFTER, &look->logs, f->run.text,
             number(look, f->at.logs), number(look, FOLLOW_CHUNKS),
             number(look, FOLLOW_CHUNK_BYTES));
    return OP_WAIT;
}

static enum op_next tell(struct op *op)
{
    struct follow_look *look = (struct follow_look *)op;
    struct follow *f = look->follow;

    if (f->gone || f->over)
        return OP_DONE;
    if (f->kind == FOLLOW_TENANT)
        follow_tell_tenant(f, look);
    else
        follow_tell(f, look);
    return OP_DONE;
}

static const struct op_step steps[] = {
    { "read", read_changes }, { "log", read_log }, { "tell", tell }, { 0 }
};

/* What comes after a look that went well and was not the last. */
static void go_on(struct follow *f, bool more)
{
    if (!more && !f->told) {
        sleep_for(f, f->kind == FOLLOW_TENANT ? TOKEN_IDLE_MS : RECHECK_MS);
        return;
    }
    f->draining = http_stream_queued(f->stream.request) > QUEUED_BYTES;
    if (f->draining)
        return;
    if (f->kind == FOLLOW_TENANT && !more)
        sleep_for(f, GAP_MS);
    else
        look_begin(f);
}

static void looked(struct op *op)
{
    struct follow_look *look = (struct follow_look *)op;
    struct follow *f = look->follow;
    bool failed = op->failed, more = look->more;

    if (failed)
        log_error(LEVEL_WARN, "stream.look_failed", &op->err);
    f->look = NULL;
    op_release(op);
    free(look);
    if (f->gone) {
        forget(f);
    } else if (f->over) {
        event_stream_end(&f->stream);
        forget(f);
    } else if (failed) {
        sleep_for(f, RETRY_MS);
    } else {
        go_on(f, more);
    }
}

static void look_begin(struct follow *f)
{
    struct follow_look *look = calloc(1, sizeof *look);

    CHECK(look);
    op_init(&look->op, "follow", steps, f->api->loop, looked);
    look->follow = f;
    f->look = look;
    f->told = false;
    f->looked_us = clock_mono_us();
    op_start(&look->op);
}

/* --- begin --- */

static struct follow *follow_new(struct call *call, const struct follow_wish *wish)
{
    struct follow *f = calloc(1, sizeof *f);
    struct gov_err ignored;

    CHECK(f);
    f->api = call->api;
    f->scope = call->caller.scope;
    f->kind = wish->kind;
    f->caller = call->caller.kind;
    CHECK(strlen(call->caller.token_hash) < sizeof f->token_hash);
    memcpy(f->token_hash, call->caller.token_hash, strlen(call->caller.token_hash) + 1);
    f->user = call->caller.user;
    f->tenant = call->caller.tenant;
    f->id = wish->id;
    f->request = wish->request;
    f->mine = wish->mine;
    f->reads_all = call_may(call, MAY_READ_ALL_RUNS, &ignored);
    f->at = wish->from;
    f->floor = wish->from.audit;
    f->checked_us = clock_mono_us();
    if (f->kind == FOLLOW_TENANT) {
        f->recent = calloc(FOLLOW_RECENT, sizeof *f->recent);
        CHECK(f->recent);
    }
    return f;
}

void follow_begin(struct call *call, const struct follow_wish *wish)
{
    struct http_request *r = call->request;
    struct follow *f = follow_new(call, wish);

    call_taken(call);
    f->stream.on_gone = on_gone;
    f->stream.on_stopped = on_gone;
    f->watch.happened = happened;
    watch_begin(&f->watch, call->api, f->scope.schema, &f->request);
    event_stream_begin(&f->stream, &call->api->hub, r);
    bool running = f->stream.hub && !r->head && !call->api->stopping;
    if (!running) {
        event_stream_end(&f->stream);
        forget(f);
        return;
    }
    http_stream_on_drained(r, on_drained);
    event_stream_retry(&f->stream, RETRY_MS);
    http_request_trim(r);
    look_begin(f);
}
