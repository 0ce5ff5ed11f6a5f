/* take.h - the loop that fills free slots: take by fair turn, claim in PostgreSQL, start.
 *
 * One taker a pool of slots: it waits for a free slot of its pool, or for the bell of its pool's
 * lanes, never for both.
 */
#ifndef WORKER_TAKE_H
#define WORKER_TAKE_H

#include "worker/work.h"

struct taker;

/* `bell` is a queue handle for this taker's waiting; the worker's own is used for everything else. */
struct taker *taker_start(struct worker *worker, const struct lane_pool *pool,
                          struct job_queue *bell);
/* A slot of the pool became free, or the fence was lifted: look again. */
void taker_wake(struct taker *taker);
/* No more rounds; `stopped` is called when the one under way has ended. Frees the taker. */
void taker_stop(struct taker *taker, void (*stopped)(struct worker *worker));

#endif
