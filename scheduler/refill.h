/* refill.h - tenants whose backlog is larger than Redis holds get the next part of it in order. */
#ifndef SCHEDULER_REFILL_H
#define SCHEDULER_REFILL_H

#include "scheduler/rounds.h"
#include "core/store/tenant_cache.h"
#include "scheduler/scheduler.h"

struct refill {
    struct rounds rounds; /* first */
    struct scheduler *scheduler;
    struct job_queue *queue; /* of its own: most of the time it blocks */
    struct tenant_cache *tenants;
    struct queue_overs overs;
    struct tenant_info tenant;
    struct db_rows rows;
    struct queue_result result;
    int asked;
};

void refill_start(struct refill *refill, struct scheduler *scheduler, struct job_queue *queue,
                  struct tenant_cache *tenants);
void refill_stop(struct refill *refill, void (*stopped)(struct rounds *rounds));

#endif
