/* settle_wait.c - look -> told -> look ... ; a look every five seconds in case a message was lost.
 *
 * A run is looked at with the row it is shown with, so that the look that finds its end is the answer, too. Who listened
 * before the run was committed is told of its end, and does not look first; that the subscription was behind it is a
 * matter of luck, as every message is, so the first look comes after a quarter second then.
 */
#include "api/runs/show/settle_wait.h"

#include <stdlib.h>
#include <string.h>

#include "api/runs/show/show_parts.h"
#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/model/request.h"

enum { WAIT_S_MAX = 60, RECHECK_MS = 5000, FIRST_LOOK_MS = 250 };

int64_t settle_wait_seconds(const struct call *call, int64_t fallback)
{
    const char *prefer = http_request_header(call->request, "prefer");
    const char *wait = prefer ? strstr(prefer, "wait") : NULL;

    if (!wait)
        return fallback;
    if (wait[4] != '=')
        return WAIT_S_MAX;
    int64_t seconds = strtol(wait + 5, NULL, 10);
    return seconds < 0 ? 0 : seconds > WAIT_S_MAX ? WAIT_S_MAX : seconds;
}

static void happened(struct watch *watch, const struct id *request)
{
    struct settle_wait *w = (struct settle_wait *)((char *)watch - offsetof(struct settle_wait, watch));
    (void)request;
    w->told = true;
    if (!w->holding)
        return;
    w->holding = false;
    op_io_end(&w->op, NULL);
}

static bool run_settled(const char *state)
{
    enum run_state s;
    /* The view says planned at the end of mode "plan" only. */
    return !run_state_parse(state, &s) || s == RUN_PLANNED || run_state_ended(s) ||
           run_state_needs_person(s);
}

static bool request_settled(const char *state)
{
    enum request_state s;
    return !request_state_parse(state, &s) || request_state_ended(s) ||
           request_state_needs_person(s);
}

static const enum sql_queries without_job = SQL_QUERIES_RUN_STATE_GET;
static const struct settle_kind run_kind = { SQL_QUERIES_RUN_JOB_SHOW, run_settled, RUN_STATE, &without_job };
static const struct settle_kind request_kind = { SQL_QUERIES_REQUEST_STATE_GET, request_settled, 0, NULL };

static enum op_next ask(struct settle_wait *w)
{
    w->asked = true;
    w->asked_otherwise = w->told = false;
    w->others.count = 0;
    DB_QUERY(&w->op, w->call->api->db, &w->call->caller.scope, w->kind->query, &w->rows, w->id.text);
    return OP_AGAIN;
}

static enum op_next ask_otherwise(struct settle_wait *w)
{
    w->asked_otherwise = true;
    DB_QUERY(&w->op, w->call->api->db, &w->call->caller.scope, *w->kind->otherwise, &w->others, w->id.text);
    return OP_AGAIN;
}

static enum op_next hold(struct settle_wait *w, int64_t now, int64_t ms)
{
    int64_t wake = now + ms * 1000;

    watch_wake_at(&w->watch, wake < w->until_us ? wake : w->until_us);
    w->holding = true;
    op_io_begin(&w->op);
    return OP_AGAIN;
}

static const char *state_seen(const struct settle_wait *w)
{
    if (w->rows.count)
        return db_text(&w->rows, 0, w->kind->column);
    return w->others.count ? db_text(&w->others, 0, 0) : "";
}

static enum op_next look(struct op *op)
{
    struct settle_wait *w = (struct settle_wait *)op;
    int64_t now = clock_mono_us();

    if (w->listens && !w->told) {
        w->listens = false;
        return hold(w, now, FIRST_LOOK_MS);
    }
    w->listens = false;
    if (!w->asked)
        return ask(w);
    if (w->rows.count == 0 && w->kind->otherwise && !w->asked_otherwise)
        return ask_otherwise(w);
    w->asked = false;
    w->settled = w->kind->settled(state_seen(w));
    if (w->settled || now >= w->until_us || w->call->gone || w->call->api->stopping)
        return OP_DONE;
    return w->told ? ask(w) : hold(w, now, RECHECK_MS);
}

const struct db_rows *settle_wait_run(const struct settle_wait *wait)
{
    return wait->settled && wait->kind == &run_kind && wait->rows.count ? &wait->rows : NULL;
}

static void leave(void *wait)
{
    struct settle_wait *w = wait;
    event_bus_leave(w->call->api->events, w->call->caller.scope.schema);
}

void settle_wait_listen(struct op *op, struct settle_wait *wait, struct call *call)
{
    if (settle_wait_seconds(call, 0) <= 0)
        return;
    wait->call = call;
    wait->listens = event_bus_up(call->api->events);
    event_bus_join(call->api->events, call->caller.scope.schema);
    arena_defer(&op->arena, leave, wait);
}

static const struct op_step steps[] = { { "look", look }, { 0 } };

static void release(void *wait)
{
    struct settle_wait *w = wait;
    watch_end(&w->watch);
    op_release(&w->op);
}

void settle_wait(struct op *op, struct settle_wait *wait, struct call *call, const struct id *id,
                 bool is_run, const struct id *watched, int64_t seconds)
{
    settle_wait_kind(op, wait, call, id, is_run ? &run_kind : &request_kind, watched, seconds);
}

void settle_wait_kind(struct op *op, struct settle_wait *wait, struct call *call,
                      const struct id *id, const struct settle_kind *kind,
                      const struct id *watched, int64_t seconds)
{
    if (seconds <= 0)
        return;
    op_init(&wait->op, "settle_wait", steps, op->loop, NULL);
    wait->call = call;
    wait->id = *id;
    wait->kind = kind;
    wait->until_us = clock_mono_us() + seconds * 1000000;
    wait->watch.happened = happened;
    wait->watch.until_rest = true;
    watch_begin(&wait->watch, call->api, call->caller.scope.schema, watched);
    arena_defer(&op->arena, release, wait);
    op_call(op, &wait->op);
}
