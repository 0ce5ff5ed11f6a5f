/* take.c - one endless op, a child op a round.
 *
 *     round:  take -> gather -> claim -> start       (round.c)
 *     nothing taken:  wait for the bell (15 s at most)
 *     no slot free:   wait for taker_wake
 *     queue closed:   ask again in half a second, and leave the bell to those who may take: it rings while the queue is
 *                     filled anew and when it opens, and tokens that were spent on a closed queue would be missed then
 *
 * Each round has its own arena, so the endless op does not grow.
 */
#include "worker/take.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/log.h"
#include "core/io/op/op_sleep.h"
#include "worker/heartbeat.h"
#include "worker/round.h"

enum { FAILED_MS = 500, AWAY_MS = 500 };

struct taker {
    struct op op;
    struct worker *worker;
    struct lane_pool *pool;
    struct job_queue *queue, *bells;
    struct round round;
    int turn; /* the lane that the next round asks first */
    struct bell {
        struct op op;
        struct taker *taker;
        struct queue_result rung;
    } bell;
    bool in_round;
    bool in_bell;
    bool waiting; /* for taker_wake */
    void (*stopped)(struct worker *worker);
};

static enum op_next ring(struct op *op)
{
    struct bell *bell = (struct bell *)op;
    struct taker *t = bell->taker;
    const struct lanes *all = &t->worker->lanes;
    const char **lanes = ARENA_ARRAY(&op->arena, const char *, WORKER_LANES_MAX);
    int count = 0;

    for (int i = 0; i < all->count; i++)
        if (all->items[i].pool == t->pool)
            lanes[count++] = job_lane_name(all->items[i].lane);
    job_queue_bell_wait(op, t->bells, lanes, count, &bell->rung);
    return OP_WAIT;
}

/* The next round begins with the lane whose bell rang, so that an idle worker asks once. */
static void turn_to(struct taker *t, const char *lane)
{
    const struct lanes *all = &t->worker->lanes;

    for (int i = 0; i < all->count; i++)
        if (lane && strcmp(job_lane_name(all->items[i].lane), lane) == 0)
            t->turn = i;
}

static const struct op_step bell_steps[] = { { "ring", ring }, { 0 } };

/* What ended since the last look; says whether the round brought anything. */
static bool settle_children(struct taker *t)
{
    bool brought = false;
    if (t->in_round) {
        brought = t->round.claimed > 0;
        if (t->round.op.failed)
            log_error(LEVEL_WARN, "take.failed", &t->round.op.err);
        op_release(&t->round.op);
    }
    if (t->in_bell) {
        brought = true; /* somebody rang, or 15 s are over: take once */
        if (t->bell.rung.count == 0)
            worker_rest(t->worker);
        turn_to(t, t->bell.rung.lane);
        op_release(&t->bell.op);
    }
    t->in_round = t->in_bell = false;
    return brought;
}

/* Our row says so, too, at once: whoever asks why a run waits shall not be told that we would take it. */
static bool sandbox_is_away(struct worker *w)
{
    bool away = !sandbox_client_connected(w->sandbox);

    if (away != w->sandbox_away) {
        w->sandbox_away = away;
        heartbeat_now(w->heartbeat);
    }
    return away;
}

static enum op_next go_round(struct op *op)
{
    struct taker *t = (struct taker *)op;
    struct worker *w = t->worker;
    bool first = !t->in_round && !t->in_bell;
    bool failed = t->in_round && t->round.op.failed;
    bool closed = t->in_round && job_queue_state(t->queue) != QUEUE_OPEN;
    bool take = settle_children(t) || first;

    if (t->stopped)
        return OP_DONE;
    if (failed) {
        op_sleep(op, FAILED_MS);
        return OP_AGAIN;
    }
    if (closed && !take) {
        op_sleep(op, AWAY_MS);
        return OP_AGAIN;
    }
    if (t->pool == &w->lanes.run && sandbox_is_away(w)) {
        op_sleep(op, AWAY_MS); /* runs wait in the queue, where they cost nothing */
        return OP_AGAIN;
    }
    if (lane_pool_free(t->pool) <= 0 || w->fenced) {
        t->waiting = true;
        op_io_begin(op);
        return OP_AGAIN;
    }
    if (take) {
        t->in_round = true;
        round_init(&t->round, w, t->pool, t->queue, t->turn);
        t->turn = (t->turn + 1) % w->lanes.count;
        op_try(op, &t->round.op);
        return OP_AGAIN;
    }
    t->in_bell = true;
    memset(&t->bell.rung, 0, sizeof t->bell.rung);
    op_init(&t->bell.op, "bell", bell_steps, op->loop, NULL);
    t->bell.taker = t;
    op_try(op, &t->bell.op);
    return OP_AGAIN;
}

static const struct op_step steps[] = { { "go_round", go_round }, { 0 } };

static void ended(struct op *op)
{
    struct taker *t = (struct taker *)op;
    struct worker *w = t->worker;
    void (*stopped)(struct worker *) = t->stopped;

    op_release(op);
    free(t);
    stopped(w);
}

struct taker *taker_start(struct worker *worker, struct lane_pool *pool, struct job_queue *queue,
                          struct job_queue *bell)
{
    struct taker *t = calloc(1, sizeof *t);
    CHECK(t);
    t->worker = worker;
    t->pool = pool;
    t->queue = queue;
    t->bells = bell;
    op_init(&t->op, "take", steps, worker->loop, ended);
    op_start(&t->op);
    return t;
}

void taker_wake(struct taker *taker)
{
    if (!taker->waiting)
        return;
    taker->waiting = false;
    op_io_end(&taker->op, NULL);
}

void taker_stop(struct taker *taker, void (*stopped)(struct worker *worker))
{
    taker->stopped = stopped;
    job_queue_bell_cancel(taker->bells);
    taker_wake(taker);
}
