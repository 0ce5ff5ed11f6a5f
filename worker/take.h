/* take.h - the loop that fills free slots: take by fair turn, claim in PostgreSQL, start. */
#ifndef WORKER_TAKE_H
#define WORKER_TAKE_H

#include "worker/work.h"

void take_start(struct worker *worker);
/* A slot became free, or draining began: look again. */
void take_wake(struct worker *worker);
/* No more rounds; `stopped` is called when the one under way has ended. */
void take_stop(struct worker *worker, void (*stopped)(struct worker *worker));

#endif
