/* visit.h - one round over the marked tenants: reclaim, promote, sweep, and let marks go.
 *
 *     bury -> marked -> tenants (each: reclaim, promote, sweep, rest) -> push -> forget
 *
 * One visit sees VISIT_TENANTS_MAX tenants at the most; `more` tells that the next one has to go on.
 * Idempotent: entries that Redis knows are not added twice, rows that are ready stay ready.
 */
#ifndef SCHEDULER_VISIT_H
#define SCHEDULER_VISIT_H

#include "scheduler/scheduler.h"

enum { VISIT_TENANTS_MAX = 500, VISIT_JOBS_MAX = 2000 };

struct visited;

struct visit {
    struct op op;
    struct scheduler *scheduler;
    bool rebuilding; /* also load what runs */
    struct id after; /* in: the tenant visited last; out: the last of this visit. Empty: begin */
    bool more;       /* out: there may be more behind it */
    struct db_rows dead, marked;
    const char *dead_ids;
    struct visited *tenants;
    int tenant_count;
    int64_t next_due_us; /* out: when the next mark falls due; 0: none */
    int active;          /* out: tenants that still need visits */
    int64_t pushed;
};

void visit_init(struct visit *visit, struct scheduler *scheduler, const struct id *after,
                bool rebuilding);

#endif
