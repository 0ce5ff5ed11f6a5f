/* leader.c - renew the key three times in its life; believe in it for two thirds of that.
 *
 * Each look begins with the first shard and goes on to the next only where no answer comes.
 *
 * The clock of the belief starts before the command is sent, so it ends before the key does,
 * however long the answer took.
 */
#include "scheduler/leader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/io/op/rounds.h"
#include "core/store/queue/queue_script.h"

enum { TTL_MS = 6000 };

struct leader {
    struct rounds rounds; /* first */
    struct redis *const *redis; /* of each shard */
    int shards;
    int shard;      /* that is asked */
    int held_shard; /* where the lead was granted last */
    struct leader_events events;
    struct redis_script hold, drop;
    char holder[64];
    char ttl_text[16];
    int ttl_ms;
    int64_t term;     /* 0: does not lead */
    int64_t asked_us; /* when the command under way was sent */
    int64_t good_us;  /* when the last one that was granted was sent */
    struct redis_answer answer;
    struct op last; /* gives the lead up */
    void (*stopped)(void *context);
    void *stopped_context;
};

static bool belief_over(const struct leader *leader)
{
    return clock_mono_us() - leader->good_us > (int64_t)leader->ttl_ms * 1000 * 2 / 3;
}

static enum op_next hold(struct op *op)
{
    struct leader *l = (struct leader *)op;

    memset(&l->answer, 0, sizeof l->answer);
    l->asked_us = clock_mono_us();
    redis_script(l->redis[l->shard], op, &l->answer, &l->hold, arena_format(&op->arena, QUEUE_LEADER_KEY, l->shard), 2,
                 (const char *[]){ l->holder, l->ttl_text });
    return OP_WAIT;
}

static const struct op_step steps[] = { { "hold", hold }, { 0 } };

static void depose(struct leader *l)
{
    if (!l->term)
        return;
    l->term = 0;
    if (!l->rounds.stopping)
        l->events.deposed(l->events.context);
}

static int64_t over(struct rounds *rounds)
{
    struct leader *l = (struct leader *)rounds;
    bool answered = !l->rounds.op.failed && l->answer.type == REDIS_ANSWER_INTEGER;
    int64_t term = answered ? l->answer.integer : 0;

    if (!answered && l->shard + 1 < l->shards && !rounds->stopping) {
        l->shard++;
        return 0;
    }
    if (term) {
        l->good_us = l->asked_us;
        l->held_shard = l->shard;
        /* A new term of our own: the key was lost in between, and somebody may have led; or it is another shard's. */
        if (term != l->term)
            depose(l);
        if (!l->term && !rounds->stopping) {
            l->term = term;
            l->events.elected(l->events.context, term);
        }
    } else if (answered || belief_over(l)) {
        depose(l);
    }
    l->shard = 0;
    return l->ttl_ms / (answered ? 3 : 12);
}

struct leader *leader_new(struct redis *const *redis, int shards, const char *holder, int ttl_ms,
                          const struct leader_events *events)
{
    struct leader *l = calloc(1, sizeof *l);

    CHECK(l && strlen(holder) < sizeof l->holder && !strchr(holder, ' '));
    l->redis = redis;
    l->shards = shards;
    l->events = *events;
    l->ttl_ms = ttl_ms ? ttl_ms : TTL_MS;
    snprintf(l->holder, sizeof l->holder, "%s", holder);
    snprintf(l->ttl_text, sizeof l->ttl_text, "%d", l->ttl_ms);
    queue_script_load(LUA_FUNCTIONS_LEADER_HOLD, &l->hold);
    queue_script_load(LUA_FUNCTIONS_LEADER_DROP, &l->drop);
    rounds_start(&l->rounds, redis_loop(redis[0]), "leader", steps, over);
    return l;
}

int64_t leader_term(const struct leader *leader)
{
    return belief_over(leader) ? 0 : leader->term;
}

/* --- stopping --- */

static enum op_next drop(struct op *op)
{
    struct leader *l = (struct leader *)((char *)op - offsetof(struct leader, last));
    redis_script(l->redis[l->held_shard], op, NULL, &l->drop, arena_format(&op->arena, QUEUE_LEADER_KEY, l->held_shard), 1,
                 (const char *[]){ l->holder });
    return OP_WAIT;
}

static const struct op_step last_steps[] = { { "drop", drop }, { 0 } };

static void gone(struct op *op)
{
    struct leader *l = (struct leader *)((char *)op - offsetof(struct leader, last));
    void (*stopped)(void *) = l->stopped;
    void *context = l->stopped_context;

    op_release(op);
    queue_script_free(&l->hold);
    queue_script_free(&l->drop);
    free(l);
    if (stopped)
        stopped(context);
}

static void rounds_are_over(struct rounds *rounds)
{
    struct leader *l = (struct leader *)rounds;
    op_init(&l->last, "leader", last_steps, rounds->loop, gone);
    op_start(&l->last);
}

void leader_stop(struct leader *leader, void (*stopped)(void *context), void *context)
{
    leader->term = 0;
    leader->stopped = stopped;
    leader->stopped_context = context;
    rounds_stop(&leader->rounds, rounds_are_over);
}
