/* take.h - the loop that fills free slots: take by fair turn, claim in PostgreSQL, start.
 *
 * One taker a pool of slots and dispatch shard: it waits for a free slot of its pool, or for the bell of its pool's
 * lanes, never for both. Takers that wait for a slot are woken in turn, so that every shard with work is served.
 */
#ifndef WORKER_TAKE_H
#define WORKER_TAKE_H

#include "worker/work.h"

struct taker;

/* `queue` is the shard's, `bell` another handle of it for this taker's waiting. */
struct taker *taker_start(struct worker *worker, struct lane_pool *pool, struct job_queue *queue,
                          struct job_queue *bell);
/* A slot of the pool became free, or the fence was lifted: look again. */
void taker_wake(struct taker *taker);
/* No more rounds; `stopped` is called when the one under way has ended. Frees the taker. */
void taker_stop(struct taker *taker, void (*stopped)(struct worker *worker));

#endif
