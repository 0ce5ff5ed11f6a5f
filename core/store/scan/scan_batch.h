/* scan_batch.h - what a batch of decisions writes, collected as arrays for one statement. */
#ifndef CORE_STORE_SCAN_SCAN_BATCH_H
#define CORE_STORE_SCAN_SCAN_BATCH_H

#include "core/io/db/db_array.h"
#include "core/store/scan/scan_row.h"

enum { SCAN_BATCH_ARRAYS = 18 };

struct scan_counts {
    int64_t rows, reminders, superseded, prefills, graces, shutdowns, cancels, proposals, untold;
};

struct scan_batch {
    struct db_array arrays[SCAN_BATCH_ARRAYS]; /* $1 … $18 of lifecycle_apply.sql */
    int rows;
    struct scan_counts counts;
};

void scan_batch_init(struct scan_batch *batch);
void scan_batch_release(struct scan_batch *batch);
void scan_batch_add(struct scan_batch *batch, const struct scan_row *row, int64_t as_of_us,
                    const struct lifecycle_decision *decision);
/* Close the arrays and point `params` at them. */
void scan_batch_params(struct scan_batch *batch, struct db_param params[SCAN_BATCH_ARRAYS]);

/* Does it shut somebody down? */
bool scan_shuts(const struct lifecycle_decision *decision);
void scan_count(struct scan_counts *counts, const struct lifecycle_decision *decision);
/* {rows, reminders, …} */
char *scan_counts_json(const struct scan_counts *counts, struct arena *arena);
/* "done" or "skipped_superseded" */
const char *scan_status(const struct lifecycle_action *action);

#endif
