/* promote.c - promote -> wait until the next is due, or something new falls due sooner -> again.
 *
 * No poll: the wait is a blocking command that ends at the moment promote named, or by a bell. An
 * idle queue costs two commands in fifteen seconds. Every scheduler does it, whoever leads: moving
 * twice is impossible, each move is one step inside Redis.
 */
#include "scheduler/promote.h"

#include <stdlib.h>

#include "core/base/check.h"

struct promote {
    struct op op; /* first; one op a round, so that memory does not grow */
    struct loop *loop;
    struct job_queue *queue;
    struct queue_promoted promoted;
    int64_t moved;
    bool stopping;
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
    if (p->promoted.more || p->stopping)
        return OP_DONE;
    /* While the queue is away or lost this waits a second. */
    job_queue_due_wait(op, p->queue, p->promoted.wait_ms, NULL);
    return OP_WAIT;
}

static const struct op_step steps[] = { { "move", move }, { "rest", rest }, { 0 } };

static void round_begin(struct promote *p);

static void round_ended(struct op *op)
{
    struct promote *p = (struct promote *)op;
    void (*stopped)(void *) = p->stopped;
    void *context = p->stopped_context;

    op_release(op);
    if (!p->stopping) {
        round_begin(p);
        return;
    }
    free(p);
    if (stopped)
        stopped(context);
}

static void round_begin(struct promote *p)
{
    op_init(&p->op, "promote", steps, p->loop, round_ended);
    op_start(&p->op);
}

struct promote *promote_new(struct loop *loop, struct job_queue *queue)
{
    struct promote *p = calloc(1, sizeof *p);
    CHECK(p);
    p->loop = loop;
    p->queue = queue;
    round_begin(p);
    return p;
}

int64_t promote_moved(const struct promote *promote)
{
    return promote->moved;
}

void promote_stop(struct promote *promote, void (*stopped)(void *context), void *context)
{
    promote->stopping = true;
    promote->stopped = stopped;
    promote->stopped_context = context;
    job_queue_bell_cancel(promote->queue);
}
