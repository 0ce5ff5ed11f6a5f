/* event_batch.h - what providers tell, kept many in one transaction (see core/io/db/db_batch.h): a provider that sends its backlog is
 * not answered a commit at a time. */
#ifndef API_MONEY_PAYMENT_EVENT_BATCH_H
#define API_MONEY_PAYMENT_EVENT_BATCH_H

#include "core/io/db/db_batch.h"

struct event_item {
    struct db_batch_item item; /* first */
    const char *provider, *event, *hex, *sha256, *says;
    bool fresh; /* out: never told before */
};

struct db_batcher *event_batcher_new(struct loop *loop, struct db *db);

#endif
