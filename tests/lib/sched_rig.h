/* sched_rig.h - two schedulers over one real PostgreSQL and Redis, a tenant with skills, and its schedules. */
#ifndef TESTS_LIB_SCHED_RIG_H
#define TESTS_LIB_SCHED_RIG_H

#include "scheduler/cron.h"
#include "tests/lib/db_rig.h"
#include "tests/lib/redis_server.h"

enum { SCHED_RIG_SCHEDULERS = 2 };

struct sched_rig {
    struct db_rig rig;
    struct redis_server redis_server;
    struct redis *redis;
    struct scheduler schedulers[SCHED_RIG_SCHEDULERS];
    struct pg_tenant tenant;
    struct pg_person owner, operator, approver;
    PGconn *admin;
};

void sched_rig_start(struct sched_rig *r);
void sched_rig_stop(struct sched_rig *r);
/* A published skill with the actions run (low risk, input {month}) and purge (high risk). */
void sched_rig_skill(struct sched_rig *r, const char *name);
/* A schedule of the operator's whose next slot is `next` (SQL), due now unless `due` says otherwise. `cron` NULL:
 * every hour, in the minute of `next`. */
struct id sched_rig_schedule(struct sched_rig *r, const char *cron, const char *catch_up,
                             const char *next, const char *due);
/* One round of the first `schedulers` at the same time; how many decisions they made together. */
int64_t sched_rig_round(struct sched_rig *r, int schedulers);
/* One value; {{t}} stands for the tenant's schema. */
const char *sched_rig_value(struct sched_rig *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
