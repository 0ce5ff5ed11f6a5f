/* cron.h - the schedules that are due, of the tenants that a visit found to have some.
 *
 * However many schedulers do this at once, a slot is decided once: the decision moves the schedule's row on
 * from exactly the slot and revision that were read, and firing (schedule, fire_at) is a primary key.
 * All of it is one transaction with the request and the job that it starts.
 */
#ifndef SCHEDULER_CRON_H
#define SCHEDULER_CRON_H

#include "scheduler/visit.h"

enum {
    CRON_SCHEDULES_MAX = 200, /* of one tenant in one round; more wait for the next, a second later */
};

struct cron_round {
    struct op op;
    struct scheduler *scheduler;
    const struct visit_due *due;
    int count;
    int64_t decided; /* out: schedules that were moved on by this process */
};

void cron_round_init(struct cron_round *round, struct scheduler *scheduler,
                     const struct visit_due *due, int count);

#endif
