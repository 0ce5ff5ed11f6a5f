/* rebuild.h - filling queues whose generation is gone (a wipe, a failover, a restored database) or another program's
 * (a format, another number of shards): all that are lost together, the others go on. */
#ifndef SCHEDULER_REBUILD_H
#define SCHEDULER_REBUILD_H

#include "core/store/queue/queue_retire.h"
#include "scheduler/visit.h"

struct rebuild {
    struct op op;
    struct scheduler *scheduler;
    int64_t term;
    uint64_t shards; /* a bit each; one that cannot be filled falls out */
    struct queue_result *results; /* a shard each */
    struct gov_err fault;         /* of what fell out last */
    struct queue_retire retire;
    struct db_rows limits;
    int told;        /* of them */
    struct visit visit;
    struct id after; /* where the next visit goes on */
    int64_t tenants;
    uint64_t clearing; /* shards with more to clear */
    bool cleared;
};

/* Fails if any of `shards` could not be filled; the others are. */
void rebuild_init(struct rebuild *rebuild, struct scheduler *scheduler, int64_t term, uint64_t shards);

#endif
