/* promote.h - what falls due moves on, at its moment: delayed jobs, entries nobody claimed, parked tenants. */
#ifndef SCHEDULER_PROMOTE_H
#define SCHEDULER_PROMOTE_H

#include "core/io/db/db.h"
#include "core/store/queue/job_queue.h"

struct promote;

/* `queue`: a handle of its own, for most of the time it blocks. Begins at once. `look` is called when somebody
 * asked for it (job_queue_look). */
struct promote *promote_new(struct loop *loop, struct job_queue *queue, struct db *db, void (*look)(void *context),
                            void *context);
/* Frees `promote`, then calls `stopped` (may be NULL). */
void promote_stop(struct promote *promote, void (*stopped)(void *context), void *context);

#endif
