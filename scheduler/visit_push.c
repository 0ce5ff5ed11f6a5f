/* visit_push.c - what a visit found ready, to the queue: what has just become so, what the sweep saw, a page of the middle. */
#include <string.h>

#include "scheduler/due_jobs.h"
#include "scheduler/visit_internal.h"

static struct queue_entry *next_entry(struct visit *v, struct visited *t, const struct db_rows *rows, int row)
{
    struct queue_entry *e = &t->entries[t->count++];
    entry_row_read(&v->op.arena, t->scope.schema, rows, row, e);
    return e;
}

static void add_walked(struct visit *v, struct visited *t)
{
    for (int row = 0; row < t->walked.count; row++)
        if (db_text(&t->walked, row, ENTRY_ROW_JOB)) /* its only row may be none */
            next_entry(v, t, &t->walked, row);
}

static void add_reclaimed(struct visit *v, struct visited *t)
{
    for (int row = 0; row < t->reclaimed.count; row++)
        if (db_text(&t->reclaimed, row, RECLAIMED_FENCE))
            next_entry(v, t, &t->reclaimed, row)->fence = db_int(&t->reclaimed, row, RECLAIMED_FENCE);
}

/* As many as a sweep may see of the oldest: then there may be more behind them. */
static void add_swept(struct visit *v, struct visited *t)
{
    struct arena *arena = &v->op.arena;
    const struct queue_entry *seen = NULL;
    int ready = 0;

    for (int row = 0; row < t->swept.count; row++) {
        if (strcmp(db_text(&t->swept, row, SWEPT_STATE), "ready") == 0) {
            const struct queue_entry *e = next_entry(v, t, &t->swept, row);
            seen = ++ready == VISIT_JOBS_MAX ? e : seen;
            continue;
        }
        struct queue_entry *e = ARENA_NEW(arena, struct queue_entry);
        struct queue_slot *slot = ARENA_NEW(arena, struct queue_slot);
        entry_row_read(arena, t->scope.schema, &t->swept, row, e);
        *slot = (struct queue_slot){ .entry = e, .ms = db_int(&t->swept, row, SWEPT_ELAPSED) };
        job_queue_running(&v->op, visit_queue_of(v, t), db_text(&t->swept, row, SWEPT_WORKER), slot, 1, NULL);
    }
    v->walking += walk_swept(v->scheduler->walks, &t->id, seen ? &seen->job : NULL);
}

void visit_push(struct visit *v, struct visited *t)
{
    size_t rows = (size_t)t->reclaimed.count + (size_t)t->swept.count + (size_t)t->walked.count;

    t->entries = ARENA_ARRAY(&v->op.arena, struct queue_entry, rows + 1);
    add_reclaimed(v, t);
    due_jobs_push(&v->op, visit_queue_of(v, t), t->scope.schema, &t->promoted);
    walk_went(v->scheduler->walks, &t->id, &t->walked);
    add_swept(v, t);
    add_walked(v, t);
    for (int at = 0; at < t->count; at += QUEUE_BATCH_MAX) {
        int left = t->count - at;
        job_queue_push(&v->op, visit_queue_of(v, t), t->entries + at, left < QUEUE_BATCH_MAX ? left : QUEUE_BATCH_MAX, NULL);
    }
}
