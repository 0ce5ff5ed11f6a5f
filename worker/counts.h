/* counts.h - what a worker tells Prometheus. */
#ifndef WORKER_COUNTS_H
#define WORKER_COUNTS_H

#include "core/io/metrics.h"
#include "core/model/job.h"

struct worker_counts {
    struct metric started[LANE_COUNT];
    struct metric wait[LANE_COUNT]; /* from acceptance to the first claim */
    struct metric stale;            /* ends that came too late: somebody else had the job */
    struct metric refused;          /* entries whose row was not ready under that fence */
    struct metric busy, slots, fenced;
    char labels[LANE_COUNT][24];
};

void worker_counts_init(struct worker_counts *counts, struct metrics *metrics);
/* wait_us < 0: not its first claim. */
void worker_counts_start(struct worker_counts *counts, enum job_lane lane, int64_t wait_us);

#endif
