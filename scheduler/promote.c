/* promote.c - promote -> wait until the next is due, or something new falls due sooner -> again.
 *
 * No poll: the wait is a blocking command that ends with the moment promote named, or by a bell. An
 * idle queue costs two commands in fifteen seconds.
 */
#include "scheduler/promote.h"

#include <stdlib.h>

#include "core/base/check.h"
#include "core/io/op/rounds.h"

struct promote {
    struct rounds rounds; /* first */
    struct job_queue *queue;
    struct queue_promoted promoted;
    struct queue_result rung;
    void (*look)(void *context);
    void *look_context;
    int64_t moved;
    void (*stopped)(void *context);
    void *stopped_context;
};

static enum op_next move(struct op *op)
{
    struct promote *p = (struct promote *)op;
    job_queue_promote(op, p->queue, &p->promoted);
    return OP_WAIT;
}

static enum op_next rest(struct op *op)
{
    struct promote *p = (struct promote *)op;

    p->moved += p->promoted.moved;
    if (p->promoted.more || p->rounds.stopping)
        return OP_DONE;
    /* While the queue is away or lost this waits a second. */
    job_queue_due_wait(op, p->queue, p->promoted.wait_ms, &p->rung);
    return OP_WAIT;
}

static enum op_next wake(struct op *op)
{
    struct promote *p = (struct promote *)op;

    if (p->rung.count == QUEUE_LOOK && !p->rounds.stopping)
        p->look(p->look_context);
    return OP_DONE;
}

static const struct op_step steps[] = { { "move", move }, { "rest", rest }, { "wake", wake }, { 0 } };

static int64_t over(struct rounds *rounds)
{
    (void)rounds;
    return 0;
}

struct promote *promote_new(struct loop *loop, struct job_queue *queue, void (*look)(void *context), void *context)
{
    struct promote *p = calloc(1, sizeof *p);
    CHECK(p);
    p->queue = queue;
    p->look = look;
    p->look_context = context;
    rounds_start(&p->rounds, loop, "promote", steps, over);
    return p;
}

int64_t promote_moved(const struct promote *promote)
{
    return promote->moved;
}

static void rounds_are_over(struct rounds *rounds)
{
    struct promote *p = (struct promote *)rounds;
    void (*stopped)(void *) = p->stopped;
    void *context = p->stopped_context;

    free(p);
    if (stopped)
        stopped(context);
}

void promote_stop(struct promote *promote, void (*stopped)(void *context), void *context)
{
    promote->stopped = stopped;
    promote->stopped_context = context;
    rounds_stop(&promote->rounds, rounds_are_over);
    job_queue_bell_cancel(promote->queue);
}
