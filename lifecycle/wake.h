/* wake.h - Redis tells that something was committed: the outbox is looked into at once, at most once in a quarter of
 * a second. Without Redis the next tick finds it. */
#ifndef LIFECYCLE_WAKE_H
#define LIFECYCLE_WAKE_H

#include "core/io/op/rounds.h"
#include "core/io/redis/redis_feed.h"
#include "core/io/redis/redis_login.h"

struct wake {
    struct redis_feed *feed; /* NULL: no Redis is set */
    struct rounds *rounds;
    uv_timer_t timer;
    bool waiting;
};

/* False: `redis` is no address, or its password cannot be read. */
bool wake_start(struct wake *wake, struct loop *loop, const struct redis_login *redis, struct rounds *rounds, struct gov_err *err);
void wake_stop(struct wake *wake);

#endif
