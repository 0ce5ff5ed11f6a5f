/* db_batch.h - small writes of many ops in few transactions.
 *
 * A commit costs a flush of the disk, whoever waits for it: so writes of one tenant travel together.
 * A batch is sent at once while fewer than `in_flight` of its tenant are on their way, else it
 * collects until an answer, at most DB_BATCH_MAX; there is no timer. Each op is answered after the
 * commit. An error that one item may have caused is found by sending each alone, so that only the
 * guilty one fails.
 *
 *     struct thing { struct db_batch_item item; ... };        lives as long as the op
 *     db_batch_add(op, batcher, &scope, &thing->item);        the next step looks at item.err
 */
#ifndef CORE_IO_DB_DB_BATCH_H
#define CORE_IO_DB_DB_BATCH_H

#include "core/io/db/db_array.h"

enum { DB_BATCH_MAX = 256, DB_BATCH_COLUMNS_MAX = 16 };

struct db_batcher;

struct db_batch_item {
    struct list link;
    struct op *op;
    struct gov_err err; /* out; the op itself never fails by it */
    bool alone;         /* a batch with it has failed */
};

struct db_batch {
    struct op op;
    struct db_batcher *batcher;
    struct db_scope scope;
    struct db_batch_item *items[DB_BATCH_MAX];
    int count;
    struct db_array columns[DB_BATCH_COLUMNS_MAX];
    struct db_rows rows; /* of the statement `add` added */
    struct gov_err err;
    void *extra; /* of the kind, in op.arena */
    struct db_batch_tenant *tenant; /* NULL: the next batch may go */
};

struct db_batch_kind {
    const char *name;
    int in_flight; /* batches of one tenant on their way at once */
    int columns;
    const enum db_array_type *types; /* of the columns */
    /* Fill the columns from the items, which may be put into another order before. */
    void (*fill)(struct db_batch *batch);
    enum sql_queries query; /* its parameters are the columns */
    /* Committed: give each item its answer from batch->rows, and item->err where it has none. */
    void (*answer)(struct db_batch *batch);
    /* After the items were answered; may start I/O of batch->op, but not look at the items. */
    void (*after)(struct db_batch *batch);
};

struct db_batcher *db_batcher_new(struct loop *loop, struct db *db, const struct db_batch_kind *kind,
                                  void *context);
/* Once nothing is on its way. */
void db_batcher_free(struct db_batcher *batcher);
void *db_batcher_context(const struct db_batcher *batcher);

/* As I/O of `op`. */
void db_batch_add(struct op *op, struct db_batcher *batcher, const struct db_scope *scope,
                  struct db_batch_item *item);

#endif
