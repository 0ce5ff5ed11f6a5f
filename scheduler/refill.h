/* refill.h - a backlog larger than Redis may hold comes out of PostgreSQL as the queue runs low.
 *
 * Without it nothing above a queue's mark would ever start. Any scheduler may do it, whoever leads:
 * a refill names the mark it read, and a second one of the same mark does nothing.
 */
#ifndef SCHEDULER_REFILL_H
#define SCHEDULER_REFILL_H

#include "core/io/db/db.h"
#include "core/store/queue/job_queue.h"

struct refill;

/* `queue`: a handle of its own, for most of the time it blocks. Begins at once. */
struct refill *refill_new(struct loop *loop, struct job_queue *queue, struct db *db);
/* Frees `refill`, then calls `stopped` (may be NULL). */
void refill_stop(struct refill *refill, void (*stopped)(void *context), void *context);

#endif
