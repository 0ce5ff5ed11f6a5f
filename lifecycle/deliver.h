/* deliver.h - claim what is due in the outbox and send it, many at a time: one that a dead host holds up does not
 * hold up another. */
#ifndef LIFECYCLE_DELIVER_H
#define LIFECYCLE_DELIVER_H

#include "core/io/op/rounds.h"
#include "lifecycle/lifecycle.h"

enum { DELIVER_AT_ONCE = 32, CHANNEL_NAME_BYTES = 64 };

/* How many messages of a channel are under way; with DELIVER_AT_ONCE of these there is one for each. */
struct deliver_channel {
    char name[CHANNEL_NAME_BYTES];
    int sending;
};

struct deliver {
    struct rounds rounds;
    struct lifecycle *lifecycle;
    struct db_rows claimed;
    int asked;   /* how many the last claim wanted */
    int sending; /* under way */
    bool full;   /* the last claim got all it wanted, or left channels out: there may be more */
    bool left_out;
    struct deliver_channel channels[DELIVER_AT_ONCE];
    void (*stopped)(struct rounds *rounds);
    bool resting; /* rounds have stopped; what is under way may still run */
    struct metric sent, failed;
};

void deliver_start(struct deliver *deliver, struct lifecycle *lifecycle);
void deliver_stop(struct deliver *deliver, void (*stopped)(struct rounds *rounds));

#endif
