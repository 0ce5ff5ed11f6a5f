/* entry_row.h - entries of the queue as the scheduler's statements return them: job, fence, lane, class, kind, timeout in ms,
 * skill, action, concurrency key; whatever else a statement returns stands behind these. */
#ifndef SCHEDULER_ENTRY_ROW_H
#define SCHEDULER_ENTRY_ROW_H

#include "core/io/db/db.h"
#include "core/store/queue/job_queue.h"

enum { ENTRY_ROW_JOB, ENTRY_ROW_FENCE, ENTRY_ROW_LANE, ENTRY_ROW_MORE = 9 }; /* the first column behind */

/* Texts live as long as the rows and `arena`. */
void entry_row_read(struct arena *arena, const char *tenant, const struct db_rows *rows, int row, struct queue_entry *entry);

#endif
