/* task_job.h - jobs of kind task: the platform's own work, by the payload's `task`. How to add one: a
 * file here and a row in task_job.c. */
#ifndef WORKER_TASK_TASK_JOB_H
#define WORKER_TASK_TASK_JOB_H

#include "worker/work.h"

extern const struct work_kind task_job_kind;

#endif
