/* visit_internal.h - what visit.c and visit_push.c know of a visit's tenant. Nobody else includes it. */
#ifndef SCHEDULER_VISIT_INTERNAL_H
#define SCHEDULER_VISIT_INTERNAL_H

#include "scheduler/entry_row.h"
#include "scheduler/shut.h"
#include "scheduler/visit.h"

struct visited {
    int row; /* of `marked` */
    struct id id;
    struct db_scope scope;
    struct db_rows reclaimed, promoted, swept, walked, rest, running;
    struct id walk_after; /* a page behind it is read; "": none */
    struct shut shut;
    struct queue_lives lives; /* what held slots before the rows were read */
    bool rests;
    struct gov_err err;
    struct gov_err callback_err; /* tolerated, and said in the log */
    struct queue_entry *entries;
    int count;
};

/* Columns of job_reclaim.sql and job_sweep.sql behind the entry. */
enum { RECLAIMED_FENCE = ENTRY_ROW_MORE, RECLAIMED_REQUEST };
enum { SWEPT_STATE = ENTRY_ROW_MORE, SWEPT_WORKER, SWEPT_ELAPSED };

struct job_queue *visit_queue_of(const struct visit *v, const struct visited *t);
/* Everything that was found ready to the queue; with a rebuild also what runs. */
void visit_push(struct visit *v, struct visited *t);

#endif
