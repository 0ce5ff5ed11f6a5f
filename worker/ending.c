/* ending.c - collect -> send -> answer, a batch an op of its own.
 *
 * Tenants are looked for in a list: a worker has at most some hundred jobs, and only tenants with a
 * batch on its way are in it.
 */
#include "worker/ending.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/io/db_array.h"
#include "core/store/event_bus.h"
#include "worker/work.h"

enum { IN_FLIGHT_MAX = 1 };

struct tenant {
    struct list link;
    struct db_scope scope;
    struct list waiting; /* struct ending */
    int in_flight;       /* batches */
};

struct endings {
    struct loop *loop;
    struct db *db;
    struct event_bus *events;
    struct list tenants;
};

/* Columns of jobs_complete.sql. */
enum {
    JOB, FENCE, TOKEN, STATE, CODE, RESULT, ERROR, EXIT, ISOLATION, USAGE, KIND, REQUEST, COLUMNS
};

struct batch {
    struct op op;
    struct endings *endings;
    struct tenant *tenant;
    struct ending *items[ENDINGS_MAX];
    int count;
    struct db_array columns[COLUMNS];
    struct db_rows rows;
    struct gov_err err;
};

/* --- sending --- */

static void fill_columns(struct batch *b)
{
    static const enum db_array_type types[COLUMNS] = {
        [JOB] = DB_UUIDS,     [FENCE] = DB_INTS,   [TOKEN] = DB_UUIDS,  [STATE] = DB_TEXTS,
        [CODE] = DB_TEXTS,    [RESULT] = DB_JSONBS, [ERROR] = DB_JSONBS, [EXIT] = DB_INTS,
        [ISOLATION] = DB_TEXTS, [USAGE] = DB_JSONBS, [KIND] = DB_TEXTS,  [REQUEST] = DB_UUIDS,
    };
    for (int c = 0; c < COLUMNS; c++)
        b->columns[c].type = types[c];
    for (int i = 0; i < b->count; i++) {
        const struct ending *e = b->items[i];
        const char *texts[COLUMNS] = {
            [JOB] = e->job->id.text,     [TOKEN] = e->job->token, [STATE] = e->state,
            [CODE] = e->code,            [RESULT] = e->result,    [ERROR] = e->error,
            [ISOLATION] = e->isolation,  [USAGE] = e->usage,      [KIND] = job_kind_name(e->job->kind),
            [REQUEST] = e->job->request.text,
        };
        for (int c = 0; c < COLUMNS; c++)
            if (types[c] != DB_INTS)
                db_array_add(&b->columns[c], texts[c]);
        db_array_add_int(&b->columns[FENCE], (int32_t)e->job->fence);
        if (e->exit_code >= 0)
            db_array_add_int(&b->columns[EXIT], e->exit_code);
        else
            db_array_add_null(&b->columns[EXIT]);
    }
}

static enum op_next write_all(struct op *op)
{
    struct batch *b = (struct batch *)op;
    struct db_group *group = db_group_new(op, b->endings->db, &b->tenant->scope);
    struct db_param params[COLUMNS];

    fill_columns(b);
    for (int c = 0; c < COLUMNS; c++)
        params[c] = db_array_end(&b->columns[c]);
    db_group_add_params(group, SQL_QUERIES_JOBS_COMPLETE, &b->rows, COLUMNS, params);
    db_group_tolerate(group, &b->err);
    db_group_send(group);
    return OP_WAIT;
}

/* --- answering --- */

/* Rows come in the order of the ids, mostly; the search begins where the last one ended. */
static bool has_ended(const struct batch *b, const struct id *job, int *at)
{
    for (int n = 0; n < b->rows.count; n++) {
        int row = (*at + n) % b->rows.count;
        if (strcmp(db_text(&b->rows, row, 0), job->text) == 0) {
            *at = row + 1;
            return true;
        }
    }
    return false;
}

static void tell(struct batch *b)
{
    for (int i = 0; i < b->count; i++)
        if (!b->items[i]->err.code)
            event_bus_publish(b->endings->events, b->tenant->scope.schema, &b->items[i]->job->request);
}

/* The database was there and refused: some job of the batch may be the reason. */
static bool somebody_is_guilty(const struct batch *b)
{
    return b->err.code && !gov_code_info(b->err.code)->retry_helps && b->count > 1;
}

static enum op_next answer(struct op *op)
{
    struct batch *b = (struct batch *)op;
    int at = 0;

    if (somebody_is_guilty(b)) {
        for (int i = 0; i < b->count; i++) {
            b->items[i]->alone = true;
            list_append(&b->tenant->waiting, &b->items[i]->link);
        }
        return OP_DONE;
    }
    for (int i = 0; i < b->count; i++) {
        struct ending *e = b->items[i];
        memset(&e->err, 0, sizeof e->err);
        if (b->err.code)
            e->err = b->err;
        else if (!has_ended(b, &e->job->id, &at))
            gov_fail_cause(&e->err, GOV_STALE, "the claim is somebody else's");
    }
    tell(b);
    for (int i = 0; i < b->count; i++)
        op_io_end(b->items[i]->op, NULL);
    return OP_DONE;
}

static const struct op_step steps[] = { { "write_all", write_all }, { "answer", answer }, { 0 } };

/* --- batches --- */

static void batch_start(struct endings *endings, struct tenant *tenant);

static void ended(struct op *op)
{
    struct batch *b = (struct batch *)op;
    struct tenant *t = b->tenant;

    CHECK(!op->failed); /* its only I/O is tolerated */
    for (int c = 0; c < COLUMNS; c++)
        db_array_release(&b->columns[c]);
    op_release(op);
    t->in_flight--;
    if (!list_empty(&t->waiting)) {
        batch_start(b->endings, t);
    } else if (t->in_flight == 0) {
        list_remove(&t->link);
        free(t);
    }
    free(b);
}

static int by_job(const void *a, const void *b)
{
    return strcmp((*(struct ending *const *)a)->job->id.text, (*(struct ending *const *)b)->job->id.text);
}

static void batch_start(struct endings *endings, struct tenant *tenant)
{
    struct batch *b = calloc(1, sizeof *b);

    CHECK(b);
    op_init(&b->op, "endings", steps, endings->loop, ended);
    b->endings = endings;
    b->tenant = tenant;
    while (b->count < ENDINGS_MAX && !list_empty(&tenant->waiting)) {
        struct ending *e = LIST_ITEM(list_first(&tenant->waiting), struct ending, link);
        if (e->alone && b->count)
            break;
        list_remove(&e->link);
        b->items[b->count++] = e;
        if (e->alone)
            break;
    }
    qsort(b->items, (size_t)b->count, sizeof *b->items, by_job);
    tenant->in_flight++;
    op_start(&b->op);
}

static struct tenant *tenant_of(struct endings *endings, const struct db_scope *scope)
{
    for (struct list *item = endings->tenants.next; item != &endings->tenants; item = item->next) {
        struct tenant *t = LIST_ITEM(item, struct tenant, link);
        if (strcmp(t->scope.schema, scope->schema) == 0)
            return t;
    }
    struct tenant *t = calloc(1, sizeof *t);
    CHECK(t);
    t->scope = *scope;
    list_init(&t->waiting);
    list_init(&t->link);
    list_append(&endings->tenants, &t->link);
    return t;
}

void ending_write(struct op *op, struct endings *endings, const struct db_scope *scope,
                  struct ending *ending)
{
    struct tenant *t = tenant_of(endings, scope);

    ending->op = op;
    list_init(&ending->link);
    list_append(&t->waiting, &ending->link);
    op_io_begin(op);
    if (t->in_flight < IN_FLIGHT_MAX)
        batch_start(endings, t);
}

struct endings *endings_new(struct loop *loop, struct db *db, struct event_bus *events)
{
    struct endings *endings = calloc(1, sizeof *endings);
    CHECK(endings);
    endings->loop = loop;
    endings->db = db;
    endings->events = events;
    list_init(&endings->tenants);
    return endings;
}

void endings_free(struct endings *endings)
{
    CHECK(list_empty(&endings->tenants));
    free(endings);
}
