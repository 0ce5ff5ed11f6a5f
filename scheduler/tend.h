/* tend.h - what a leader does again and again: rebuild the queue if it is lost, visit marked tenants,
 * fire their schedules, and now and then let what is old be deleted.
 *
 * It rests one second while anything is marked (up to five with hundreds of marked tenants), and thirty when nothing is: an idle platform asks the database some 3,600
 * times a day, and five times for each tenant because of the backstop (500 times for one that works in every quarter of an
 * hour). Begins and ends with the lead.
 */
#ifndef SCHEDULER_TEND_H
#define SCHEDULER_TEND_H

#include "core/io/op/rounds.h"
#include "scheduler/cron.h"
#include "scheduler/rebuild.h"
#include "scheduler/retention.h"
#include "scheduler/visit.h"

struct tend {
    struct rounds rounds; /* first */
    struct scheduler *scheduler;
    struct rebuild rebuild;
    uint64_t lost; /* shards that this round fills anew, a bit each */
    struct visit visit;
    struct cron_round cron;
    struct retention_round retention;
    struct gov_err everybody_err; /* of this round's backstop */
    struct db_rows dropped; /* by it: tenants that are no more, of whom somebody may have told the queue meanwhile */
    bool everybody_asked;
    bool everybody_all; /* not only a part of those that have done nothing */
    struct id after;      /* where the next visit goes on; "": from the first tenant */
    int walking;          /* tenants of this turn whose backlog is being looked through */
    bool hurries;         /* the queue was filled anew, and not all of them are through */
    int64_t turn_us;      /* monotonic: when this turn through the tenants began */
    int64_t busy_us;      /* monotonic: the last round that found a marked tenant */
    bool deep;            /* this turn through the tenants is a deep one */
    int64_t deep_us;      /* monotonic, of the last */
    bool retention_asked;
    int64_t retention_us; /* monotonic: the last look for what has grown old; 0: none yet */
    int64_t bury_us;      /* monotonic: the last look for dead workers */
    int64_t everybody_us; /* monotonic: the last backstop visit to all tenants */
};

void tend_start(struct tend *tend, struct scheduler *scheduler);
/* The lead was won, or Redis came back: look at once. */
void tend_wake(struct tend *tend);
/* Visit all tenants in the next round, marked or not. */
void tend_everybody(struct tend *tend);
void tend_stop(struct tend *tend, void (*stopped)(struct rounds *rounds));

#endif
