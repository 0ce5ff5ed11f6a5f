/* ending.c - the columns of jobs_complete.sql, and what its rows say. */
#include "worker/ending.h"

#include <stdlib.h>
#include <string.h>

#include "core/store/event_bus.h"
#include "worker/work.h"

enum column {
    JOB,
    FENCE,
    TOKEN,
    STATE,
    CODE,
    RESULT,
    ERROR,
    EXIT,
    ISOLATION,
    USAGE,
    KIND,
    REQUEST,
    COLUMNS
};

static const enum db_array_type types[COLUMNS] = {
    [JOB] = DB_UUIDS,       [FENCE] = DB_INTS,    [TOKEN] = DB_UUIDS,  [STATE] = DB_TEXTS,
    [CODE] = DB_TEXTS,      [RESULT] = DB_JSONBS, [ERROR] = DB_JSONBS, [EXIT] = DB_INTS,
    [ISOLATION] = DB_TEXTS, [USAGE] = DB_JSONBS,  [KIND] = DB_TEXTS,   [REQUEST] = DB_UUIDS,
};

static const struct ending *ending_of(const struct db_batch_item *item)
{
    return (const struct ending *)item;
}

static int by_job(const void *a, const void *b)
{
    return strcmp(ending_of(*(struct db_batch_item *const *)a)->job->id.text,
                  ending_of(*(struct db_batch_item *const *)b)->job->id.text);
}

static void fill(struct db_batch *batch)
{
    struct db_array *c = batch->columns;

    qsort(batch->items, (size_t)batch->count, sizeof *batch->items, by_job);
    for (int i = 0; i < batch->count; i++) {
        const struct ending *e = ending_of(batch->items[i]);
        db_array_add(&c[JOB], e->job->id.text);
        db_array_add_int(&c[FENCE], (int32_t)e->job->fence);
        db_array_add(&c[TOKEN], e->job->token);
        db_array_add(&c[STATE], e->state);
        db_array_add(&c[CODE], e->code);
        db_array_add(&c[RESULT], e->result);
        db_array_add(&c[ERROR], e->error);
        if (e->exit_code >= 0)
            db_array_add_int(&c[EXIT], e->exit_code);
        else
            db_array_add_null(&c[EXIT]);
        db_array_add(&c[ISOLATION], e->isolation);
        db_array_add(&c[USAGE], e->usage);
        db_array_add(&c[KIND], job_kind_name(e->job->kind));
        db_array_add(&c[REQUEST], e->job->request.text);
    }
}

/* Rows come in the order of the ids, mostly; the search begins where the last one ended. */
static bool has_ended(const struct db_rows *rows, const struct id *job, int *at)
{
    for (int n = 0; n < rows->count; n++) {
        int row = (*at + n) % rows->count;
        if (strcmp(db_text(rows, row, 0), job->text) == 0) {
            *at = row + 1;
            return true;
        }
    }
    return false;
}

static void answer(struct db_batch *batch)
{
    struct event_bus *events = db_batcher_context(batch->batcher);
    int at = 0;

    for (int i = 0; i < batch->count; i++) {
        struct db_batch_item *item = batch->items[i];
        if (has_ended(&batch->rows, &ending_of(item)->job->id, &at))
            event_bus_publish(events, batch->scope.schema, &ending_of(item)->job->request);
        else
            gov_fail_cause(&item->err, GOV_STALE, "the claim is somebody else's");
    }
}

static const struct db_batch_kind kind = {
    .name = "endings",
    .in_flight = 1,
    .columns = COLUMNS,
    .types = types,
    .fill = fill,
    .query = SQL_QUERIES_JOBS_COMPLETE,
    .answer = answer,
};

struct db_batcher *endings_new(struct loop *loop, struct db *db, struct event_bus *events)
{
    return db_batcher_new(loop, db, &kind, events);
}
