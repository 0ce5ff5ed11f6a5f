#include "scheduler/due_jobs.h"

#include "scheduler/entry_row.h"

enum { NEXT_IN_MS = ENTRY_ROW_MORE };

void due_jobs_push(struct op *op, struct job_queue *queue, const char *tenant, const struct db_rows *rows)
{
    struct queue_entry *entries = ARENA_ARRAY(&op->arena, struct queue_entry, (size_t)rows->count + 1);
    int count = 0;

    for (int row = 0; row < rows->count; row++)
        if (db_text(rows, row, ENTRY_ROW_JOB)) /* its only row may be none */
            entry_row_read(&op->arena, tenant, rows, row, &entries[count++]);
    for (int at = 0; at < count; at += QUEUE_BATCH_MAX)
        job_queue_push(op, queue, entries + at, count - at < QUEUE_BATCH_MAX ? count - at : QUEUE_BATCH_MAX, NULL);
    if (rows->count && db_text(rows, 0, NEXT_IN_MS))
        job_queue_due(op, queue, tenant, db_int(rows, 0, NEXT_IN_MS));
}
