#include "scheduler/entry_row.h"

#include <string.h>

#include "core/model/job.h"

enum { CLASS = ENTRY_ROW_LANE + 1, KIND, TIMEOUT, SKILL, ACTION, KEY };

void entry_row_read(struct arena *arena, const char *tenant, const struct db_rows *rows, int row, struct queue_entry *entry)
{
    const char *skill = db_text(rows, row, SKILL);

    *entry = (struct queue_entry){ .tenant = tenant,
                                   .lane = db_text(rows, row, ENTRY_ROW_LANE),
                                   .class = db_text(rows, row, CLASS),
                                   .job = db_id(rows, row, ENTRY_ROW_JOB),
                                   .fence = db_int(rows, row, ENTRY_ROW_FENCE),
                                   .kind = db_text(rows, row, KIND),
                                   .cost_ms = job_cost_unknown_ms(db_int(rows, row, TIMEOUT)) };
    if (skill && strcmp(entry->kind, "run") == 0)
        entry->action = job_queue_action(arena, skill, db_text(rows, row, ACTION), db_text(rows, row, KEY));
}
