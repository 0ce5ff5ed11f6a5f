/* rounds.c - an endless op with a child op a step, so that memory does not grow.
 *
 *     hold the lead -> (queue lost: rebuild) -> promote -> visit -> rest
 *
 * It rests one second while anything is marked, and twenty when nothing is: an idle platform asks the
 * database 4,320 times a day. The lead is kept by a Redis call every three seconds.
 */
#include "scheduler/rounds.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "scheduler/leader.h"
#include "scheduler/rebuild.h"
#include "scheduler/visit.h"

enum { BUSY_MS = 1000, IDLE_MS = 20000, LEAD_MS = 3000, EVERYBODY_MS = 15 * 60 * 1000 };

enum phase { PHASE_LEAD, PHASE_REBUILD, PHASE_PROMOTE, PHASE_VISIT, PHASE_REST };

struct promote {
    struct op op;
    struct scheduler *scheduler;
    struct queue_promoted promoted;
    bool everybody;
};

struct rounds {
    struct op op;
    struct scheduler *scheduler;
    enum phase phase;
    union {
        struct op op;
        struct leader_hold lead;
        struct rebuild rebuild;
        struct promote promote;
        struct visit visit;
    } child;
    bool has_child;
    bool resting;
    int64_t rest_ms;
    int64_t visit_at_us;  /* monotonic: the next visit */
    int64_t everybody_us; /* monotonic: the last backstop */
    uv_timer_t *timer;
    void (*stopped)(struct scheduler *scheduler);
};

/* --- promote: what Redis holds until it is due, and what was taken and never claimed --- */

static enum op_next promote(struct op *op)
{
    struct promote *p = (struct promote *)op;
    job_queue_promote(op, p->scheduler->queue, &p->promoted);
    if (p->everybody)
        db_query(op, p->scheduler->db, &DB_PUBLIC, SQL_QUERIES_MARK_EVERYBODY, NULL, 0, NULL);
    return OP_WAIT;
}

static const struct op_step promote_steps[] = { { "promote", promote }, { 0 } };

/* --- the loop --- */

static void wake(struct rounds *r)
{
    if (!r->resting)
        return;
    r->resting = false;
    uv_timer_stop(r->timer);
    op_io_end(&r->op, NULL);
}

static void on_timer(uv_timer_t *timer)
{
    wake(timer->data);
}

/* What the child that just ended means for the next phase. */
static void settle(struct rounds *r)
{
    struct scheduler *s = r->scheduler;
    bool failed = r->child.op.failed;

    if (failed)
        log_error(LEVEL_WARN, "round.failed", &r->child.op.err);
    switch (r->phase) {
    case PHASE_LEAD:
        if (failed)
            s->term = 0;
        r->phase = s->term == 0 ? PHASE_REST
                   : job_queue_state(s->queue) == QUEUE_LOST ? PHASE_REBUILD
                                                             : PHASE_PROMOTE;
        break;
    case PHASE_REBUILD:
        r->phase = failed ? PHASE_REST : PHASE_PROMOTE;
        r->visit_at_us = 0;
        break;
    case PHASE_PROMOTE:
        r->phase = clock_mono_us() >= r->visit_at_us ? PHASE_VISIT : PHASE_REST;
        break;
    case PHASE_VISIT:
        r->rest_ms = failed || r->child.visit.active || r->child.visit.tenant_count ? BUSY_MS
                                                                                     : IDLE_MS;
        r->visit_at_us = clock_mono_us() + r->rest_ms * 1000;
        r->phase = PHASE_REST;
        break;
    case PHASE_REST:
        break;
    }
    op_release(&r->child.op);
    r->has_child = false;
}

static void start_child(struct rounds *r)
{
    struct scheduler *s = r->scheduler;

    memset(&r->child, 0, sizeof r->child);
    switch (r->phase) {
    case PHASE_LEAD:
        leader_hold_init(&r->child.lead, s);
        break;
    case PHASE_REBUILD:
        rebuild_init(&r->child.rebuild, s);
        break;
    case PHASE_PROMOTE:
        op_init(&r->child.op, "promote", promote_steps, s->loop, NULL);
        r->child.promote.scheduler = s;
        r->child.promote.everybody =
            clock_mono_us() - r->everybody_us > (int64_t)EVERYBODY_MS * 1000;
        if (r->child.promote.everybody)
            r->everybody_us = clock_mono_us();
        break;
    case PHASE_VISIT:
        visit_init(&r->child.visit, s, false);
        break;
    case PHASE_REST:
        break;
    }
    r->has_child = true;
    op_try(&r->op, &r->child.op);
}

static enum op_next go_on(struct op *op)
{
    struct rounds *r = (struct rounds *)op;

    if (r->has_child)
        settle(r);
    if (r->scheduler->stopping)
        return OP_DONE;
    if (r->phase != PHASE_REST) {
        start_child(r);
        return OP_AGAIN;
    }
    r->phase = PHASE_LEAD;
    r->resting = true;
    int64_t until_visit = (r->visit_at_us - clock_mono_us()) / 1000;
    int64_t rest = r->scheduler->term == 0 || until_visit > LEAD_MS ? LEAD_MS
                   : until_visit < BUSY_MS                          ? BUSY_MS
                                                                    : until_visit;
    uv_timer_start(r->timer, on_timer, (uint64_t)rest, 0);
    op_io_begin(op);
    return OP_AGAIN;
}

static const struct op_step steps[] = { { "go_on", go_on }, { 0 } };

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

static void ended(struct op *op)
{
    struct rounds *r = (struct rounds *)op;
    struct scheduler *s = r->scheduler;
    void (*stopped)(struct scheduler *) = r->stopped;

    uv_close((uv_handle_t *)r->timer, free_handle);
    op_release(op);
    free(r);
    if (stopped)
        stopped(s);
}

struct rounds *rounds_start(struct scheduler *scheduler)
{
    struct rounds *r = calloc(1, sizeof *r);
    CHECK(r);
    r->scheduler = scheduler;
    r->everybody_us = clock_mono_us();
    r->timer = calloc(1, sizeof *r->timer);
    CHECK(r->timer);
    uv_timer_init(&scheduler->loop->uv, r->timer);
    r->timer->data = r;
    op_init(&r->op, "rounds", steps, scheduler->loop, ended);
    op_start(&r->op);
    return r;
}

void rounds_wake(struct rounds *rounds)
{
    rounds->visit_at_us = 0;
    wake(rounds);
}

void rounds_stop(struct rounds *rounds, void (*stopped)(struct scheduler *scheduler))
{
    rounds->stopped = stopped;
    rounds->scheduler->stopping = true;
    wake(rounds);
}
