/* deliver.h - claim what is due in the outbox, send each on a pool thread, write down how it went. */
#ifndef LIFECYCLE_DELIVER_H
#define LIFECYCLE_DELIVER_H

#include "core/io/rounds.h"
#include "core/store/outbox/delivery.h"
#include "lifecycle/lifecycle.h"

enum { DELIVER_AT_ONCE = 6 };

struct sending {
    struct op op;
    struct deliver *deliver;
    const struct delivery_channel *channel; /* NULL: there is none of that name */
    struct delivery delivery;
    struct delivery_result result;
    struct db_rows done;
};

struct deliver {
    struct rounds rounds;
    struct lifecycle *lifecycle;
    struct db_rows claimed;
    struct sending sendings[DELIVER_AT_ONCE];
    struct metric sent, failed;
};

void deliver_start(struct deliver *deliver, struct lifecycle *lifecycle);
void deliver_stop(struct deliver *deliver, void (*stopped)(struct rounds *rounds));

#endif
