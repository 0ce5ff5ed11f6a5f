/* work_life.h - the life of a claimed job in this process, from the claim's row to the freed slot. */
#ifndef WORKER_WORK_LIFE_H
#define WORKER_WORK_LIFE_H

#include "worker/work.h"

/* What a round knows of a job that it has claimed. */
struct work_claim {
    const struct queue_entry *entry;
    const struct tenant_info *tenant;
    const struct db_rows *rows; /* of job_claim.sql */
    int row;
    const struct db_rows *loaded; /* of run_load.sql, if that was asked for, too: result is NULL otherwise */
    uint64_t heard; /* worker.heard.count when the claim was sent */
};

/* Make the op of the row's kind and start it. The slot is used from now on. Everything is copied. */
void work_start(struct worker *worker, struct lane_state *lane, const struct work_claim *claim);

/* Kill what runs for this job: somebody cancelled it, or we may not run anything any more. */
void work_cancel(struct work *work);

#endif
