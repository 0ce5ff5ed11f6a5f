/* work_life.h - the life of a claimed job in this process, from the claim's row to the freed slot. */
#ifndef WORKER_WORK_LIFE_H
#define WORKER_WORK_LIFE_H

#include "worker/work.h"

/* Make the op of the row's kind and start it. The slot is used from now on. Everything is copied. */
void work_start(struct worker *worker, struct lane_state *lane, const struct queue_entry *entry,
                const struct tenant_info *tenant, const struct db_rows *rows, int row);

/* Kill what runs for this job: somebody cancelled it, or we may not run anything any more. */
void work_cancel(struct work *work);

#endif
