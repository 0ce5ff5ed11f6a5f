/* intent_job.h - jobs of kind intent. */
#ifndef WORKER_INTENT_INTENT_JOB_H
#define WORKER_INTENT_INTENT_JOB_H

#include "worker/work.h"

extern const struct work_kind intent_job_kind;

#endif
