/* leader.h - holding the lead: a Redis key with a term, because without Redis nothing can be dispatched. */
#ifndef SCHEDULER_LEADER_H
#define SCHEDULER_LEADER_H

#include "scheduler/scheduler.h"

enum { LEADER_TTL_MS = 10000 };

/* A child op: take or keep the lead; scheduler->term says whether it is ours. */
struct leader_hold {
    struct op op;
    struct scheduler *scheduler;
    struct redis_answer answer;
};
void leader_hold_init(struct leader_hold *hold, struct scheduler *scheduler);

#endif
