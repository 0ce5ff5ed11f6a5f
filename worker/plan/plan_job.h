/* plan_job.h - jobs of kind plan. */
#ifndef WORKER_PLAN_PLAN_JOB_H
#define WORKER_PLAN_PLAN_JOB_H

#include "worker/work.h"

extern const struct work_kind plan_job_kind;

#endif
