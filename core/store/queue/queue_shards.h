/* queue_shards.h - the queues of all dispatch shards, and whose entries go to which.
 *
 * A tenant belongs to one shard, which its schema name tells: everybody who knows the tenant and the number of shards
 * knows where to look, and nothing is stored. All keys of a shard have one hash tag, {s00} to {s63}, so that on a Redis
 * Cluster shards lie on different nodes. Each shard has a connection, a generation and a rebuild of its own; one that is
 * away or lost holds up its own tenants and nobody else.
 *
 * The number is a setting, the same for all processes. Whoever has another one finds every queue a stranger (QUEUE_LOST,
 * with a word about it) and waits; the scheduler that leads decides, see scheduler/rebuild.h.
 */
#ifndef CORE_STORE_QUEUE_QUEUE_SHARDS_H
#define CORE_STORE_QUEUE_QUEUE_SHARDS_H

#include "core/store/queue/job_queue.h"

enum { QUEUE_SHARDS_MAX = 64 };

struct queue_shards {
    int count;
    bool owns_redis;
    struct redis *redis[QUEUE_SHARDS_MAX];
    struct job_queue *queues[QUEUE_SHARDS_MAX];
};

struct queue_shards_options {
    const struct redis_options *redis;
    const char *incarnation; /* of the database */
    int count;
    void (*lost)(void *context); /* as job_queue_options.lost, of any of them */
    void *context;
};

void queue_shards_start(struct queue_shards *shards, struct loop *loop, const struct queue_shards_options *options);
/* Handles of their own (for calls that block) over the connections of `beside`, which is stopped after them. */
void queue_shards_start_beside(struct queue_shards *shards, const struct queue_shards *beside,
                               const struct queue_shards_options *options);
void queue_shards_incarnation_set(struct queue_shards *shards, const char *incarnation);
void queue_shards_stop(struct queue_shards *shards);

/* Which of `count` shards a tenant's schema belongs to. */
int queue_shard_of(const char *schema, int count);
struct job_queue *queue_shards_of(const struct queue_shards *shards, const char *schema);
/* The first that is not open, or NULL. */
struct job_queue *queue_shards_closed(const struct queue_shards *shards);
/* What readiness says of them: "open", or what is wrong with the first that is not. */
const char *queue_shards_word(const struct queue_shards *shards);

/* As job_queue_*, of any tenants, as many as there are. */
void queue_shards_push(struct op *op, const struct queue_shards *shards, const struct queue_entry *entries, int count);
void queue_shards_claimed(struct op *op, const struct queue_shards *shards, const struct queue_slot *slots, int count);
void queue_shards_running(struct op *op, const struct queue_shards *shards, const char *worker,
                          const struct queue_slot *slots, int count);

#endif
