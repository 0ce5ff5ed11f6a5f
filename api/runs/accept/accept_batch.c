/* accept_batch.c - the columns of jobs_accept.sql, and what its rows say.
 *
 * The clients are answered after the commit and do not wait for the push: a push that fails is made
 * up for by the scheduler's sweep.
 */
#include "api/runs/accept/accept_batch.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/check.h"

enum column {
    ID,
    LANE,
    CLASS,
    PAYLOAD,
    DIGEST,
    ATTEMPTS,
    TIMEOUT,
    ASKED_BY,
    ACTOR,
    REVISION,
    ROUTE,
    KEY,
    BODY_HASH
};

static const enum db_array_type types[ACCEPT_COLUMNS] = {
    [ID] = DB_UUIDS,       [LANE] = DB_TEXTS,   [CLASS] = DB_TEXTS,  [PAYLOAD] = DB_JSONBS,
    [DIGEST] = DB_TEXTS,   [ATTEMPTS] = DB_INTS, [TIMEOUT] = DB_INTS, [ASKED_BY] = DB_UUIDS,
    [ACTOR] = DB_TEXTS,    [REVISION] = DB_INTS, [ROUTE] = DB_TEXTS,  [KEY] = DB_TEXTS,
    [BODY_HASH] = DB_TEXTS,
};

static void add(struct db_array *c, const struct accept_item *a)
{
    db_array_add(&c[ID], a->entry.job.text);
    db_array_add(&c[LANE], a->entry.lane);
    db_array_add(&c[CLASS], a->entry.class);
    db_array_add(&c[PAYLOAD], a->payload);
    db_array_add(&c[DIGEST], a->digest);
    db_array_add_int(&c[ATTEMPTS], (int32_t)a->attempts);
    db_array_add_int(&c[TIMEOUT], (int32_t)a->timeout_ms);
    db_array_add(&c[ASKED_BY], a->asked_by);
    db_array_add(&c[ACTOR], a->actor_kind);
    db_array_add_int(&c[REVISION], (int32_t)a->revision);
    db_array_add(&c[ROUTE], a->key ? a->route : NULL);
    db_array_add(&c[KEY], a->key);
    db_array_add(&c[BODY_HASH], a->key ? a->body_hash : NULL);
}

void accept_write(struct db_group *group, struct db_array columns[ACCEPT_COLUMNS], struct db_rows *rows,
                  struct accept_item *const *items, int count)
{
    struct db_param params[ACCEPT_COLUMNS];

    for (int c = 0; c < ACCEPT_COLUMNS; c++)
        columns[c].type = types[c];
    for (int i = 0; i < count; i++)
        add(columns, items[i]);
    for (int c = 0; c < ACCEPT_COLUMNS; c++)
        params[c] = db_array_end(&columns[c]);
    db_group_add_params(group, SQL_QUERIES_JOBS_ACCEPT, rows, ACCEPT_COLUMNS, params);
}

/* --- the batcher's --- */

static void fill(struct db_batch *batch)
{
    for (int i = 0; i < batch->count; i++)
        add(batch->columns, (struct accept_item *)batch->items[i]);
}

static struct queue_entry entry_copy(struct arena *arena, const struct queue_entry *from)
{
    struct queue_entry e = *from;

    e.tenant = arena_text(arena, from->tenant);
    e.action = arena_text(arena, from->action);
    return e;
}

static void answer(struct db_batch *batch)
{
    struct queue_entry *entries = ARENA_ARRAY(&batch->op.arena, struct queue_entry, (size_t)batch->count);

    for (int i = 0; i < batch->count; i++) {
        struct accept_item *a = (struct accept_item *)batch->items[i];
        snprintf(a->created_at, sizeof a->created_at, "%s", db_text(&batch->rows, 0, 0));
        entries[i] = entry_copy(&batch->op.arena, &a->entry);
    }
    batch->extra = entries;
}

static void after(struct db_batch *batch)
{
    queue_shards_push(&batch->op, db_batcher_context(batch->batcher), batch->extra, batch->count);
}

static const struct db_batch_kind kind = {
    .name = "accept_batch",
    .in_flight = 2,
    .columns = ACCEPT_COLUMNS,
    .types = types,
    .fill = fill,
    .query = SQL_QUERIES_JOBS_ACCEPT,
    .answer = answer,
    .after = after,
};

struct db_batcher *accept_batcher_new(struct loop *loop, struct db *db, struct queue_shards *queues)
{
    return db_batcher_new(loop, db, &kind, queues);
}

/* --- beside the answer --- */

struct beside {
    struct op op;
    const struct queue_shards *queues;
    struct queue_entry *entries;
    int count;
};

static enum op_next push(struct op *op)
{
    struct beside *b = (struct beside *)op;

    queue_shards_push(op, b->queues, b->entries, b->count);
    return OP_WAIT;
}

static const struct op_step beside_steps[] = { { "push", push }, { 0 } };

static void beside_ended(struct op *op)
{
    op_release(op);
    free(op);
}

void accept_push_beside(struct loop *loop, const struct queue_shards *queues, struct accept_item *const *items,
                        int count)
{
    struct beside *b = calloc(1, sizeof *b);

    CHECK(b);
    op_init(&b->op, "accept_push", beside_steps, loop, beside_ended);
    b->queues = queues;
    b->entries = ARENA_ARRAY(&b->op.arena, struct queue_entry, (size_t)count);
    b->count = count;
    for (int i = 0; i < count; i++)
        b->entries[i] = entry_copy(&b->op.arena, &items[i]->entry);
    op_start(&b->op);
}
