/* walk.h - the middle of long backlogs.
 *
 * A visit sweeps the oldest and the newest of a tenant's ready jobs. What Redis lost between them is found by a walk: of a
 * tenant with more than that, one page a visit, from the oldest of the middle to the newest, and again half a minute after the
 * last walk began. What waits behind the mark of an overfull queue is left to the refill. Kept in memory by who leads; another
 * begins anew.
 */
#ifndef SCHEDULER_WALK_H
#define SCHEDULER_WALK_H

#include "core/io/db/db.h"
#include "core/store/queue/job_queue.h"

enum { WALK_AGAIN_MS = 30000, WALK_ROWS = 8000, WALK_JOBS = 2000 };

struct walks;

struct walks *walks_new(void);
void walks_free(struct walks *walks);
/* The queue was filled anew: what lies in the middle of any backlog is not in it. */
void walks_forget(struct walks *walks);

/* Behind which id the tenant's next page begins, NULL: none is due. Good until the next call. */
const struct id *walk_due(struct walks *walks, const struct id *tenant);
/* One page into `group`: entries (entry_row.h) in `rows`, without those behind a mark of `overs`. */
void walk_ask(struct db_group *group, struct arena *arena, const struct id *after, const char *tenant,
              const struct queue_overs *overs, struct db_rows *rows);
/* A page was read. */
void walk_went(struct walks *walks, const struct id *tenant, const struct db_rows *rows);
/* The sweep saw as many as it may, up to `seen` in order (NULL: it saw all there is, and no walk is needed). True while a walk
 * is under way. */
bool walk_swept(struct walks *walks, const struct id *tenant, const struct id *seen);

#endif
