/* event_batch.c - the columns of payment_events_add.sql. Batches are in the order of their keys: two processes that are told the same
 * wait for each other in one direction only. */
#include "api/money/payment/event_batch.h"

#include <stdlib.h>
#include <string.h>

static const enum db_array_type types[] = { DB_TEXTS, DB_TEXTS, DB_TEXTS, DB_TEXTS, DB_JSONBS };

static int by_key(const void *a, const void *b)
{
    const struct event_item *x = *(struct event_item *const *)a, *y = *(struct event_item *const *)b;
    int provider = strcmp(x->provider, y->provider);

    return provider ? provider : strcmp(x->event, y->event);
}

static void fill(struct db_batch *batch)
{
    qsort(batch->items, (size_t)batch->count, sizeof *batch->items, by_key);
    for (int i = 0; i < batch->count; i++) {
        const struct event_item *e = (const struct event_item *)batch->items[i];

        db_array_add(&batch->columns[0], e->provider);
        db_array_add(&batch->columns[1], e->event);
        db_array_add(&batch->columns[2], e->hex);
        db_array_add(&batch->columns[3], e->sha256);
        db_array_add(&batch->columns[4], e->says);
    }
}

static void answer(struct db_batch *batch)
{
    for (int i = 0; i < batch->count; i++)
        ((struct event_item *)batch->items[i])->fresh = strcmp(db_text(&batch->rows, i, 0), "new") == 0;
}

static const struct db_batch_kind kind = {
    .name = "event_batch",
    .in_flight = 2,
    .columns = sizeof types / sizeof *types,
    .types = types,
    .fill = fill,
    .query = SQL_QUERIES_PAYMENT_EVENTS_ADD,
    .answer = answer,
};

struct db_batcher *event_batcher_new(struct loop *loop, struct db *db)
{
    return db_batcher_new(loop, db, &kind, NULL);
}
