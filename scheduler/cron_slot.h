/* cron_slot.h - one schedule that is due: what becomes of its slot, and everything that follows, in one transaction.
 *
 *     look -> plan -> mark -> write -> push
 *
 * A low-risk action becomes a run by the planning that a run by hand goes through (core/store/planning/planning.h).
 * One that needs a confirmation was asked for ahead of its slot, by a plan job whose plan keeps the slot's
 * time (job_payload.run_at_us). At the slot this writes down how that ended, and takes back a run that was
 * confirmed and may not begin now: the tenant is suspended, or its owner has left or may run nothing any more.
 */
#ifndef SCHEDULER_CRON_SLOT_H
#define SCHEDULER_CRON_SLOT_H

#include "core/model/policy.h"
#include "core/model/schedule.h"
#include "core/store/planning/planning.h"
#include "scheduler/scheduler.h"
#include "scheduler/visit.h"

struct cron_slot {
    struct op op;
    struct scheduler *scheduler;
    const struct visit_due *tenant;

    /* the row (schedule_due.sql) */
    struct id id, owner, asked_request; /* asked_request: "" if none */
    struct cron rule;
    const struct zone *zone;
    const char *rule_text, *timezone, *skill, *action, *class, *role;
    const json_t *input; /* as stored */
    enum schedule_catch_up catch_up;
    int64_t lead_s, slot_s, now_s, revision;
    bool asks, tenant_active, chinese;
    const char *asked_state, *asked_code;
    bool asked_ran;               /* its run is on its way, or has been */
    bool asked_waits;             /* ... and has not begun */
    const json_t *asked_message;  /* {en, zh} of a failed plan */

    /* what is decided */
    struct schedule_due due;
    bool asking;          /* ahead of slot_s */
    bool ended;           /* an asked slot: `fires` says how */
    bool withdrawn;       /* ... its run may not begin */
    enum schedule_reason pause; /* NONE: goes on */
    const char *refused_code;   /* with REASON_REFUSED */
    const json_t *refused_message;
    struct planning planning;
    bool planned;
    int64_t next_s, due_s; /* 0: none */
    const json_t *filled; /* the input of this slot */

    struct id request;
    struct queue_entry entry;
    struct gov_err err; /* of the transaction */
    bool moved;         /* out: it was this process that decided */
};

/* Row `row` of `rows`, which outlive the op. */
void cron_slot_init(struct cron_slot *slot, struct scheduler *scheduler,
                    const struct visit_due *tenant, const struct db_rows *rows, int row);

#endif
