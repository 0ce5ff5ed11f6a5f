/* confirm_job.h - jobs of kind confirm: the reminder and the end of a waiting confirmation. */
#ifndef WORKER_CONFIRM_CONFIRM_JOB_H
#define WORKER_CONFIRM_CONFIRM_JOB_H

#include "worker/work.h"

extern const struct work_kind confirm_job_kind;

#endif
