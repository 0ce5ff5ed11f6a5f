/* accept_batch.h - low-risk runs by hand, accepted many in one transaction (see db_batch.h).
 *
 * PLAN_STALE: what a run was planned from has changed since; plan it again. */
#ifndef API_RUNS_ACCEPT_ACCEPT_BATCH_H
#define API_RUNS_ACCEPT_ACCEPT_BATCH_H

#include "core/io/db/db_batch.h"
#include "core/store/queue/queue_shards.h"

struct accept_item {
    struct db_batch_item item; /* first */
    struct queue_entry entry;  /* the job's id, lane and class; pushed after the commit */
    const char *payload, *digest;
    int64_t attempts, timeout_ms;
    const char *asked_by, *actor_kind;
    int64_t revision; /* of what it was planned from */
    const char *route, *key, *body_hash; /* key NULL: no Idempotency-Key */
    char created_at[40];                 /* out */
};

struct db_batcher *accept_batcher_new(struct loop *loop, struct db *db, struct queue_shards *queues);

/* The same for many at once, as one statement of `group`, which the caller sends. The columns are the caller's
 * to release. */
enum { ACCEPT_COLUMNS = 13 };
void accept_write(struct db_group *group, struct db_array columns[ACCEPT_COLUMNS], struct db_rows *rows,
                  struct accept_item *const *items, int count);
/* After the commit, to the queue; nobody waits for it. The items are copied. */
void accept_push_beside(struct loop *loop, const struct queue_shards *queues, struct accept_item *const *items,
                        int count);

#endif
