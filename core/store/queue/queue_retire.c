/* queue_retire.c - send all, see what was done, and again what was not.
 *
 * On a cluster the connection meets MOVED and goes to the node that was named, so each turn comes at least one key
 * further. On a single Redis the first turn is the last.
 */
#include "core/store/queue/queue_retire.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/io/op/op_sleep.h"

enum { PATIENCE_MS = 10000, AGAIN_MS = 10 };

static void ask(struct queue_retire *r)
{
    for (int i = r->from; i < QUEUE_SHARDS_MAX; i++)
        if (!r->gone[i]) {
            const char *key = arena_format(&r->op.arena, "{s%02d}:gen", i);
            redis_call(r->redis, &r->op, &r->answers[i], 2, (const char *[]){ "DEL", key }, NULL);
        }
    r->sent = true;
}

static enum op_next drop(struct op *op)
{
    struct queue_retire *r = (struct queue_retire *)op;
    struct gov_err *fault = NULL;

    if (!r->sent) {
        ask(r);
        return OP_AGAIN;
    }
    for (int i = r->from; i < QUEUE_SHARDS_MAX; i++) {
        r->gone[i] = r->gone[i] || !r->answers[i].err;
        fault = r->gone[i] ? fault : r->answers[i].err;
    }
    if (!fault)
        return OP_DONE;
    if (clock_mono_us() > r->until_us) {
        op->err = *fault;
        return OP_FAIL;
    }
    r->sent = false;
    op_sleep(op, AGAIN_MS);
    return OP_AGAIN;
}

static const struct op_step steps[] = { { "drop", drop }, { 0 } };

static void stop(void *redis)
{
    redis_stop(redis);
}

void queue_retire_init(struct queue_retire *retire, struct loop *loop, const struct redis_options *options, int from)
{
    memset(retire, 0, sizeof *retire);
    op_init(&retire->op, "queue_retire", steps, loop, NULL);
    retire->from = from;
    retire->sent = false;
    retire->until_us = clock_mono_us() + (int64_t)PATIENCE_MS * 1000;
    retire->redis = redis_new(loop, options);
    arena_defer(&retire->op.arena, stop, retire->redis);
}
