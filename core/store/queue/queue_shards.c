/* queue_shards.c - most platforms have one shard, and then nothing is copied. */
#include "core/store/queue/queue_shards.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"

enum { HASHED_DIGITS = 8 };

static void queues_start(struct queue_shards *shards, const struct queue_shards_options *options,
                         const struct job_queue *beside)
{
    struct job_queue_options o = { .incarnation = options->incarnation, .lost = options->lost,
                                   .context = options->context, .shards = options->count, .beside = beside };

    shards->count = options->count;
    for (int i = 0; i < shards->count; i++) {
        o.redis = shards->redis[i];
        o.shard = i;
        shards->queues[i] = job_queue_new(&o);
        o.beside = shards->queues[0];
    }
}

void queue_shards_start(struct queue_shards *shards, struct loop *loop, const struct queue_shards_options *options)
{
    CHECK(options->count > 0 && options->count <= QUEUE_SHARDS_MAX);
    memset(shards, 0, sizeof *shards);
    shards->owns_redis = true;
    for (int i = 0; i < options->count; i++)
        shards->redis[i] = redis_new(loop, options->redis);
    queues_start(shards, options, NULL);
}

void queue_shards_start_beside(struct queue_shards *shards, const struct queue_shards *beside,
                               const struct queue_shards_options *options)
{
    CHECK(options->count == beside->count);
    memset(shards, 0, sizeof *shards);
    memcpy(shards->redis, beside->redis, sizeof shards->redis);
    queues_start(shards, options, beside->queues[0]);
}

void queue_shards_incarnation_set(struct queue_shards *shards, const char *incarnation)
{
    for (int i = 0; i < shards->count; i++)
        job_queue_incarnation_set(shards->queues[i], incarnation);
}

void queue_shards_stop(struct queue_shards *shards)
{
    for (int i = 0; i < shards->count; i++) {
        job_queue_stop(shards->queues[i]);
        if (shards->owns_redis)
            redis_stop(shards->redis[i]);
    }
}

/* --- who belongs where --- */

/* A schema's digits are random: the last of them, modulo. */
int queue_shard_of(const char *schema, int count)
{
    size_t bytes = strlen(schema);

    if (count == 1)
        return 0;
    return (int)(strtoul(schema + (bytes > HASHED_DIGITS ? bytes - HASHED_DIGITS : 0), NULL, 16) % (unsigned long)count);
}

struct job_queue *queue_shards_of(const struct queue_shards *shards, const char *schema)
{
    return shards->queues[queue_shard_of(schema, shards->count)];
}

struct job_queue *queue_shards_closed(const struct queue_shards *shards)
{
    for (int i = 0; i < shards->count; i++)
        if (job_queue_state(shards->queues[i]) != QUEUE_OPEN)
            return shards->queues[i];
    return NULL;
}

const char *queue_shards_word(const struct queue_shards *shards)
{
    const struct job_queue *closed = queue_shards_closed(shards);
    const struct gov_err *fault = closed ? job_queue_fault(closed) : NULL;

    return !fault ? "open" : *fault->en ? fault->en : *fault->cause ? fault->cause : "not open";
}

/* --- many at once --- */

void queue_shards_push(struct op *op, const struct queue_shards *shards, const struct queue_entry *entries, int count)
{
    if (shards->count == 1) {
        job_queue_push(op, shards->queues[0], entries, count, NULL);
        return;
    }
    struct queue_entry *of = ARENA_ARRAY(&op->arena, struct queue_entry, (size_t)count + 1);
    for (int shard = 0; shard < shards->count; shard++) {
        int n = 0;
        for (int i = 0; i < count; i++)
            if (queue_shard_of(entries[i].tenant, shards->count) == shard)
                of[n++] = entries[i];
        if (n)
            job_queue_push(op, shards->queues[shard], of, n, NULL);
    }
}

/* Those of `shard` into `of`; how many. */
static int slots_of(const struct queue_shards *shards, int shard, const struct queue_slot *slots, int count,
                    struct queue_slot *of)
{
    int n = 0;

    for (int i = 0; i < count; i++)
        if (queue_shard_of(slots[i].entry->tenant, shards->count) == shard)
            of[n++] = slots[i];
    return n;
}

void queue_shards_claimed(struct op *op, const struct queue_shards *shards, const struct queue_slot *slots, int count)
{
    struct queue_slot *of = ARENA_ARRAY(&op->arena, struct queue_slot, (size_t)count + 1);

    for (int shard = 0; shard < shards->count; shard++) {
        int n = slots_of(shards, shard, slots, count, of);
        if (n)
            job_queue_claimed(op, shards->queues[shard], of, n, NULL);
    }
}

void queue_shards_running(struct op *op, const struct queue_shards *shards, const char *worker,
                          const struct queue_slot *slots, int count)
{
    struct queue_slot *of = ARENA_ARRAY(&op->arena, struct queue_slot, (size_t)count + 1);

    for (int shard = 0; shard < shards->count; shard++) {
        int n = slots_of(shards, shard, slots, count, of);
        for (int at = 0; at < n; at += QUEUE_BATCH_MAX)
            job_queue_running(op, shards->queues[shard], worker, of + at,
                              n - at < QUEUE_BATCH_MAX ? n - at : QUEUE_BATCH_MAX, NULL);
    }
}
