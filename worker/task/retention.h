/* retention.h - the task that deletes what a tenant's settings say is old: rows in batches, then the bytes of files. */
#ifndef WORKER_TASK_RETENTION_H
#define WORKER_TASK_RETENTION_H

#include "worker/work.h"

struct op *retention_make(struct work *work);

#endif
