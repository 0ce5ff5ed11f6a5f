/* scheduler.h - one scheduler process. Several may run; one leads, the others wait for the lead.
 *
 * Safety never rests on who leads: every write is a fenced or idempotent transaction. */
#ifndef SCHEDULER_SCHEDULER_H
#define SCHEDULER_SCHEDULER_H

#include <stdbool.h>

#include "core/io/db/db.h"
#include "core/io/metrics.h"
#include "core/io/redis/redis_login.h"
#include "core/io/service.h"
#include "core/io/settings.h"
#include "core/store/event_bus.h"
#include "core/store/queue/incarnation.h"
#include "core/store/queue/mark.h"
#include "core/store/queue/queue_shards.h"
#include "scheduler/gauges.h"
#include "scheduler/leader.h"
#include "scheduler/walk.h"

struct scheduler_settings {
    const char *pg;
    struct redis_login redis;
    int64_t queue_shards;
    const char *health;
    const char *log_level;
    bool prepared;
};
extern const struct setting scheduler_settings_table[];

struct scheduler {
    struct scheduler_settings settings;
    struct id id;
    struct loop *loop;
    struct service service;
    struct db *db;
    struct redis *redis;
    struct queue_shards queues;
    struct event_bus *events;
    struct marks *marks;
    struct incarnation_watch *incarnation;
    struct walks *walks;
    struct metrics metrics;
    struct gauges gauges;
    struct leader *leader;
};

bool scheduler_run(const struct scheduler_settings *settings, struct gov_err *err);

#endif
