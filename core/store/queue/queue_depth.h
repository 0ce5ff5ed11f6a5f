/* queue_depth.h - what waits in all shards together. */
#ifndef CORE_STORE_QUEUE_QUEUE_DEPTH_H
#define CORE_STORE_QUEUE_QUEUE_DEPTH_H

#include "core/store/queue/queue_shards.h"

struct queue_depths {
    struct queue_document *of; /* a document a shard, in the op's arena */
    int count;
};
/* As I/O of `op`: job_queue_depth of each. */
void queue_depths_ask(struct op *op, const struct queue_shards *shards, int most, struct queue_depths *depths);
/* In the op's next step: one document of the shape of lua/depth.lua, with the `most` queues that have waited longest.
 * NULL, err filled, if a shard did not answer: half of what waits would look like all of it. */
const json_t *queue_depths_sum(struct arena *arena, const struct queue_depths *depths, int most, struct gov_err *err);

#endif
