/* queue_retire.h - shards that are no more.
 *
 * There were more of them once, and a process that still believes so would go on taking from them what the others have
 * queued anew. Without a generation it finds them strangers, as it does the rest.
 */
#ifndef CORE_STORE_QUEUE_QUEUE_RETIRE_H
#define CORE_STORE_QUEUE_QUEUE_RETIRE_H

#include "core/store/queue/queue_shards.h"

struct queue_retire {
    struct op op;
    struct redis *redis;
    int from; /* the first shard that is no more */
    bool sent;
    int64_t until_us;
    struct redis_answer answers[QUEUE_SHARDS_MAX];
    bool gone[QUEUE_SHARDS_MAX];
};

/* Drops the generations of shards `from` to QUEUE_SHARDS_MAX - 1, wherever they lie. QUEUE_UNAVAILABLE if a node of the
 * cluster cannot be reached within ten seconds. The caller runs and releases the op. */
void queue_retire_init(struct queue_retire *retire, struct loop *loop, const struct redis_options *options, int from);

#endif
