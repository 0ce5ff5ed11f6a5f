/* db_batch.c - collect -> send -> answer -> after, a batch an op of its own.
 *
 * Only tenants with something on its way are in the list, so it is short and searched one by one.
 */
#include "core/io/db/db_batch.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"

struct db_batch_tenant {
    struct list link;
    struct db_scope scope;
    struct list waiting; /* struct db_batch_item */
    int in_flight;
};

struct db_batcher {
    struct loop *loop;
    struct db *db;
    const struct db_batch_kind *kind;
    void *context;
    struct list tenants;
    int batches;
};

static void batch_start(struct db_batcher *batcher, struct db_batch_tenant *tenant);

/* --- steps --- */

/* The next batch of the tenant may go. */
static void leave(struct db_batch *b)
{
    struct db_batch_tenant *t = b->tenant;

    b->tenant = NULL;
    t->in_flight--;
    if (!list_empty(&t->waiting)) {
        batch_start(b->batcher, t);
    } else if (t->in_flight == 0) {
        list_remove(&t->link);
        free(t);
    }
}

/* Not before the op's turn: whatever came in the same turn of the loop travels along. */
static void collect(struct db_batch *b)
{
    struct list *first;

    while (b->count < DB_BATCH_MAX && (first = list_first(&b->tenant->waiting))) {
        struct db_batch_item *item = LIST_ITEM(first, struct db_batch_item, link);
        if (item->alone && b->count)
            return;
        list_remove(&item->link);
        b->items[b->count++] = item;
        if (item->alone)
            return;
    }
}

static enum op_next write_all(struct op *op)
{
    struct db_batch *b = (struct db_batch *)op;
    const struct db_batch_kind *kind = b->batcher->kind;
    struct db_group *group;
    struct db_param params[DB_BATCH_COLUMNS_MAX];

    collect(b);
    if (b->count == 0) { /* the one before took them all */
        leave(b);
        return OP_DONE;
    }
    group = db_group_new(op, b->batcher->db, &b->scope);
    for (int c = 0; c < kind->columns; c++)
        b->columns[c].type = kind->types[c];
    kind->fill(b);
    for (int c = 0; c < kind->columns; c++)
        params[c] = db_array_end(&b->columns[c]);
    db_group_add_params(group, kind->query, &b->rows, kind->columns, params);
    db_group_tolerate(group, &b->err);
    db_group_send(group);
    return OP_WAIT;
}

/* The database was there and refused: some item may be the reason. */
static bool somebody_is_guilty(const struct db_batch *b)
{
    return b->err.code && !gov_code_info(b->err.code)->retry_helps && b->count > 1;
}

static void send_each_alone(struct db_batch *b)
{
    for (int i = 0; i < b->count; i++) {
        b->items[i]->alone = true;
        list_append(&b->tenant->waiting, &b->items[i]->link);
    }
}

static enum op_next answer(struct op *op)
{
    struct db_batch *b = (struct db_batch *)op;

    if (somebody_is_guilty(b)) {
        send_each_alone(b);
        leave(b);
        return OP_DONE;
    }
    for (int i = 0; i < b->count; i++)
        b->items[i]->err = b->err;
    if (!b->err.code)
        b->batcher->kind->answer(b);
    /* First the next batch, so that it does not wait for what the answers start. */
    leave(b);
    for (int i = 0; i < b->count; i++)
        op_io_end(b->items[i]->op, NULL);
    if (!b->err.code && b->batcher->kind->after)
        b->batcher->kind->after(b);
    return OP_WAIT;
}

static const struct op_step steps[] = { { "write_all", write_all }, { "answer", answer }, { 0 } };

/* --- batches --- */

static void ended(struct op *op)
{
    struct db_batch *b = (struct db_batch *)op;

    CHECK(!op->failed && !b->tenant); /* its I/O cannot fail it */
    for (int c = 0; c < b->batcher->kind->columns; c++)
        db_array_release(&b->columns[c]);
    b->batcher->batches--;
    op_release(op);
    free(b);
}

static void batch_start(struct db_batcher *batcher, struct db_batch_tenant *tenant)
{
    struct db_batch *b = calloc(1, sizeof *b);

    CHECK(b);
    op_init(&b->op, batcher->kind->name, steps, batcher->loop, ended);
    b->batcher = batcher;
    b->tenant = tenant;
    b->scope = tenant->scope;
    batcher->batches++;
    tenant->in_flight++;
    op_start(&b->op);
}

static struct db_batch_tenant *tenant_of(struct db_batcher *batcher, const struct db_scope *scope)
{
    for (struct list *link = batcher->tenants.next; link != &batcher->tenants; link = link->next) {
        struct db_batch_tenant *t = LIST_ITEM(link, struct db_batch_tenant, link);
        if (strcmp(t->scope.schema, scope->schema) == 0)
            return t;
    }
    struct db_batch_tenant *t = calloc(1, sizeof *t);
    CHECK(t);
    t->scope = *scope;
    list_init(&t->waiting);
    list_init(&t->link);
    list_append(&batcher->tenants, &t->link);
    return t;
}

void db_batch_add(struct op *op, struct db_batcher *batcher, const struct db_scope *scope,
                  struct db_batch_item *item)
{
    struct db_batch_tenant *t = tenant_of(batcher, scope);

    memset(item, 0, sizeof *item);
    item->op = op;
    list_init(&item->link);
    list_append(&t->waiting, &item->link);
    op_io_begin(op);
    if (t->in_flight < batcher->kind->in_flight)
        batch_start(batcher, t);
}

/* --- life --- */

struct db_batcher *db_batcher_new(struct loop *loop, struct db *db, const struct db_batch_kind *kind,
                                  void *context)
{
    struct db_batcher *batcher = calloc(1, sizeof *batcher);
    CHECK(batcher && kind->columns <= DB_BATCH_COLUMNS_MAX);
    batcher->loop = loop;
    batcher->db = db;
    batcher->kind = kind;
    batcher->context = context;
    list_init(&batcher->tenants);
    return batcher;
}

void db_batcher_free(struct db_batcher *batcher)
{
    CHECK(batcher->batches == 0);
    free(batcher);
}

void *db_batcher_context(const struct db_batcher *batcher)
{
    return batcher->context;
}
