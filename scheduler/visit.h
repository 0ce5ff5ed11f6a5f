/* visit.h - one round over the marked tenants: reclaim, promote, sweep, and let marks go.
 *
 *     bury -> slots (deep) -> tenants (each: reclaim, promote, sweep, walk, rest) -> free_slots -> push -> rest -> forget
 *
 * At most VISIT_TENANTS_MAX of them, in the order of their ids; the next visit goes on behind the last. A
 * deep visit also holds the slots in Redis against the rows, and counts dead letters.
 * Idempotent: entries that Redis knows are not added twice, rows that are ready stay ready.
 */
#ifndef SCHEDULER_VISIT_H
#define SCHEDULER_VISIT_H

#include "scheduler/scheduler.h"

enum { VISIT_TENANTS_MAX = 500, VISIT_JOBS_MAX = 2000 };

struct visited;

/* A tenant with a schedule that is due. */
struct visit_due {
    struct id id;
    struct db_scope scope;
};

struct visit {
    struct op op;
    struct scheduler *scheduler;
    bool rebuilding; /* also load what runs */
    uint64_t shards; /* a bit a dispatch shard: only tenants of these */
    bool deep;
    bool bury; /* look for dead workers */
    struct id after; /* tenants behind this one; "": from the first */
    struct id last;  /* out: where to go on; "": that was the end */
    struct db_rows workers, marked;
    const char *living_ids, *dead_ids; /* of workers */
    struct queue_overs *overs;         /* by shard; of those on which a backlog is walked through */
    struct visited *tenants;
    int marked_count; /* of all shards */
    int tenant_count;
    int64_t next_due_us; /* out: when the next mark falls due; 0: none */
    int active;          /* out: tenants that still need visits */
    int64_t drifted;     /* out: slots whose job had ended */
    int64_t reclaimed;   /* out: jobs of dead workers */
    bool buried;         /* out: a worker was found dead: make the next rotation a deep one */
    int walking;         /* out: tenants with a long backlog that is being looked through */
    int lingering;       /* out: tenants whose rows rest and that hold slots: make the next visit a deep one */
    struct visit_due *due; /* out: for scheduler/cron.h */
    int due_count;
};

/* `rebuilding`: the shards that are filled anew, 0: an ordinary visit to all. */
void visit_init(struct visit *visit, struct scheduler *scheduler, const struct id *after, uint64_t rebuilding);

#endif
