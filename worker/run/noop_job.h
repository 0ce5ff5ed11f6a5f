/* noop_job.h - runs of the noop lane: what a job costs when it does nothing. */
#ifndef WORKER_RUN_NOOP_JOB_H
#define WORKER_RUN_NOOP_JOB_H

#include "worker/work.h"

extern const struct work_kind noop_job_kind;

#endif
