/* claim_undo.h - a claim whose answer did not come in time may have happened: give its jobs back. */
#ifndef WORKER_CLAIM_UNDO_H
#define WORKER_CLAIM_UNDO_H

#include "worker/worker.h"

/* By itself, until the database answers. `claimed_by` is the worker's name in the claim: since then it may have
 * taken another. `entries[indexes[0..count-1]]` are copied. */
void claim_undo(struct worker *worker, const struct id *claimed_by, const struct tenant_info *tenant,
                const struct queue_entry *entries, const int *indexes, int count);

#endif
