/* settle_wait.c - look -> told -> look ... ; a look every five seconds in case a message was lost. */
#include "api/runs/show/settle_wait.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/model/request.h"

enum { WAIT_S_MAX = 60, RECHECK_MS = 5000 };

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

static const struct settle_kind run_kind = { SQL_QUERIES_RUN_STATE_GET, run_settled };
static const struct settle_kind request_kind = { SQL_QUERIES_REQUEST_STATE_GET, request_settled };

static enum op_next look(struct op *op)
{
    struct settle_wait *w = (struct settle_wait *)op;
    int64_t now = clock_mono_us();

    if (!w->asked) {
        w->asked = true;
        w->told = false;
        DB_QUERY(op, w->call->api->db, &w->call->caller.scope, w->kind->query, &w->rows, w->id.text);
        return OP_AGAIN;
    }
    w->asked = false;
    w->settled = w->kind->settled(w->rows.count ? db_text(&w->rows, 0, 0) : "");
    if (w->settled || now >= w->until_us || w->call->gone || w->call->api->stopping)
        return OP_DONE;
    if (w->told)
        return look(op);
    int64_t wake = now + (int64_t)RECHECK_MS * 1000;
    watch_wake_at(&w->watch, wake < w->until_us ? wake : w->until_us);
    w->holding = true;
    op_io_begin(op);
    return OP_AGAIN;
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
    watch_begin(&wait->watch, call->api, call->caller.scope.schema, watched);
    arena_defer(&op->arena, release, wait);
    op_call(op, &wait->op);
}
