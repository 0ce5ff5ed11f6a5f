/* run_job.h - jobs of kind run. */
#ifndef WORKER_RUN_RUN_JOB_H
#define WORKER_RUN_RUN_JOB_H

#include "worker/work.h"

extern const struct work_kind run_job_kind;

#endif
