/* schedule.h - what is to be done about a schedule whose time has come. Pure: the scheduler writes it.
 *
 * A slot is a moment that the rule names. Each gets one row of history at most: fired, skipped, coalesced or
 * refused, with a reason; or asked, while a confirmation for it waits. More than one slot is due only after
 * an outage:
 *   skip      only a slot that is less than SCHEDULE_LATE_S late fires
 *   coalesce  the newest fires, the others are coalesced into it
 *   all       each fires, the oldest first; of more than SCHEDULE_KEPT the newest
 */
#ifndef CORE_MODEL_SCHEDULE_H
#define CORE_MODEL_SCHEDULE_H

#include "core/model/cron.h"

enum {
    SCHEDULE_KEPT = 100,      /* slots of an outage that are told apart */
    SCHEDULE_LATE_S = 300,
    SCHEDULE_LEAD_DEFAULT_S = 4 * 3600,
    SCHEDULE_CONFIRMED_LATE_S = 3600, /* what was confirmed ahead of its slot does not begin later than that */
    SCHEDULE_LEAD_MAX_S = 30 * 86400,
};

enum schedule_catch_up { CATCH_UP_SKIP, CATCH_UP_COALESCE, CATCH_UP_ALL, CATCH_UP_COUNT };
bool schedule_catch_up_parse(const char *text, enum schedule_catch_up *catch_up);

enum schedule_reason {
    REASON_NONE,
    REASON_LATE,             /* skip: nobody looked in time */
    REASON_COALESCED,        /* a later slot fired for it */
    REASON_OUTAGE,           /* this and further slots: too many were missed to tell apart or make up for */
    REASON_SUSPENDED,        /* the tenant may not start work */
    REASON_NOT_CONFIRMED,    /* asked, and nobody confirmed before the slot */
    REASON_REJECTED,
    REASON_WITHDRAWN,        /* the request that asked was cancelled */
    REASON_ASKED_TOO_LATE,   /* needs a confirmation, and the slot was there before it could be asked for */
    REASON_OWNER_LEFT,
    REASON_OWNER_MAY_NOT,
    REASON_RESTORED,         /* only why it is paused: execgov restore check --hold did it */
    REASON_REFUSED,          /* planning says no; its code is the firing's */
    REASON_COUNT
};
const char *schedule_reason_name(enum schedule_reason reason); /* "" for NONE */
struct gov_text schedule_reason_text(enum schedule_reason reason);

/* What has come due. `passed` slots do not fire, in order; the reason says why. */
struct schedule_due {
    struct schedule_passed {
        int64_t slot_s;
        enum schedule_reason reason;
    } passed[SCHEDULE_KEPT + 1];
    int passed_count;
    bool fires;
    int64_t fire_s;
    bool more;      /* the next one is due, too */
    bool has_next;  /* false: the rule never fires again */
    int64_t next_s; /* the first slot that is not decided here */
};

/* `first_s`: the first slot that is not decided yet; it is not after `now_s`. */
void schedule_decide(const struct cron *cron, const struct zone *zone,
                     enum schedule_catch_up catch_up, int64_t first_s, int64_t now_s,
                     struct schedule_due *due);

/* Turn a firing down: its slot goes to the passed ones. */
void schedule_pass(struct schedule_due *due, enum schedule_reason reason);

#endif
