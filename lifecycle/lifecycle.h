/* lifecycle.h - one execgov-lifecycle process. Any number may run: rows are divided by SKIP LOCKED, effects by their
 * keys. Whatever blocks (scans, deliveries) runs on pool threads with connections of its own; the loop only
 * serves health, metrics and the activation of paid orders. */
#ifndef LIFECYCLE_LIFECYCLE_H
#define LIFECYCLE_LIFECYCLE_H

#include "core/io/db/db.h"
#include "core/io/metrics.h"
#include "core/io/op/rounds.h"
#include "core/io/redis/redis_login.h"
#include "core/io/service.h"
#include "core/io/settings.h"

struct lifecycle_settings {
    const char *pg;
    struct redis_login redis; /* wake-ups; address "" = none, the next tick finds new messages */
    bool prepared;
    const char *egress;   /* socket of execgov-egress; "" = no message leaves */
    const char *public_url; /* of the platform, for links in messages; "" = no links */
    const char *contact; /* whom customers may ask, in their reminders; "" = nobody is named */
    const char *health;
    const char *log_level;
    const char *outbox_file;
    int64_t tick_s;
    int64_t batch;
    int64_t deliver_s;
};
extern const struct setting lifecycle_settings_table[];

struct lifecycle {
    struct lifecycle_settings settings;
    const char *conninfo; /* with the login */
    struct loop *loop;
    struct service service;
    struct db *db;
    struct metrics metrics;
    struct rounds *deliveries; /* woken when the tick has written messages, or found some */
    bool stop; /* read by pool threads */
};

bool lifecycle_run(const struct lifecycle_settings *settings, struct gov_err *err);

#endif
