/* retention.h - now and then: a task for each tenant whose oldest rows may be old enough to be deleted.
 *
 * public.retention says when; a tenant in which nothing grows old costs nothing. The work is a task of low class
 * (worker/task/retention.h), for files' bytes are where workers are.
 */
#ifndef SCHEDULER_RETENTION_H
#define SCHEDULER_RETENTION_H

#include "scheduler/scheduler.h"

enum { RETENTION_TENANTS_MAX = 100 };

struct retention_round {
    struct op op;
    struct scheduler *scheduler;
    struct db_rows due;
    struct queue_entry *entries;
    struct gov_err *errs; /* a tenant that fails is tried tomorrow */
};

void retention_round_init(struct retention_round *round, struct scheduler *scheduler);

#endif
