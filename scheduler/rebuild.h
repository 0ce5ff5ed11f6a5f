/* rebuild.h - filling a queue whose generation is gone (a wipe, a failover, a restored database). */
#ifndef SCHEDULER_REBUILD_H
#define SCHEDULER_REBUILD_H

#include "scheduler/visit.h"

struct rebuild {
    struct op op;
    struct scheduler *scheduler;
    int64_t term;
    struct queue_result result;
    struct db_rows limits;
    int told;        /* of them */
    struct visit visit;
    struct id after; /* where the next visit goes on */
    int64_t tenants;
    bool clearing;
};

void rebuild_init(struct rebuild *rebuild, struct scheduler *scheduler, int64_t term);

#endif
