/* due_jobs.h - what job_promote.sql made ready, to the queue; and when the tenant's next job falls due. */
#ifndef SCHEDULER_DUE_JOBS_H
#define SCHEDULER_DUE_JOBS_H

#include "core/io/db/db.h"
#include "core/store/queue/job_queue.h"

/* As I/O of `op`. */
void due_jobs_push(struct op *op, struct job_queue *queue, const char *tenant, const struct db_rows *rows);

#endif
