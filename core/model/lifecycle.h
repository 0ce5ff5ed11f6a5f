/* lifecycle.h - what has to happen to a subscription at a moment. Pure: no clock, no I/O.
 *
 *     pending -> active -> grace -> shutdown -> terminated
 *                  ^         |         |  \
 *                  '--paid---'--paid---'   cancelled (asked to end with its period)
 *
 * One function serves the scan, the dry run, the explanation and the tests. It makes at most one of the
 * transitions S3, S4, S6 in a run, sends at most one reminder of those that are due, and answers when it
 * wants to be asked again. Whatever a late run leaves out it records as superseded; what it does late,
 * it does with the same notice as if it had been in time: a late run does less, never more.
 */
#ifndef CORE_MODEL_LIFECYCLE_H
#define CORE_MODEL_LIFECYCLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/model/calendar.h"

enum sub_state {
    SUB_PENDING,
    SUB_ACTIVE,
    SUB_GRACE,
    SUB_SHUTDOWN,
    SUB_CANCELLED,  /* ended with its period, as asked; otherwise like shutdown */
    SUB_TERMINATED, /* final */
    SUB_STATE_COUNT
};
const char *sub_state_name(enum sub_state state);
bool sub_state_parse(const char *text, enum sub_state *state);

/* Reminders before the end are counted in days and set by the policy; the others are fixed. A bit of
 * `done` says that a window of this period has been dealt with (sent or superseded). Of those before the end it is the least
 * days dealt with that count, as 128 - days above the round: a policy that changes has other windows at the same
 * places, and whatever lies further from the end than that is past. The bits alone are what was written before those days were. */
enum { LIFECYCLE_BEFORE_MAX = 8, LIFECYCLE_BEFORE_DAYS_MAX = 120, LIFECYCLE_BEFORE_SHIFT = 24, LIFECYCLE_BEFORE_LIMIT = 128 };
enum lifecycle_window {
    WINDOW_BEFORE = 0, /* + index into the policy's days */
    WINDOW_END = LIFECYCLE_BEFORE_MAX,
    WINDOW_GRACE_HALF,
    WINDOW_GRACE_FINAL,
    WINDOW_SHUTDOWN,
    WINDOW_TERMINATION,
    WINDOW_PREFILL, /* no reminder: the renewal's draft */
    WINDOW_PROPOSE, /* no reminder: termination is put before a person */
    WINDOW_UNTOLD,  /* no reminder: there is nobody to send R-7 to, a person has to help */
    WINDOW_COUNT
};

struct lifecycle_policy {
    int before_days[LIFECYCLE_BEFORE_MAX]; /* falling; 0 ends the list */
    int64_t before_since_us[LIFECYCLE_BEFORE_MAX]; /* since when there is this window; 0: always */
    int prefill_days;
    int send_from, send_to; /* hours of the local day, [from, to) */
    bool shutdown_on_workday; /* move a shutdown to the next workday */
    const struct workdays *workdays; /* NULL: weekdays */
};
extern const struct lifecycle_policy lifecycle_policy_default;

/* A policy's windows as people write them, into before_days: ["T-30", ..., "T0", "G-HALF", "G-1", "SHUTDOWN", "R-7"]. False:
 * INVALID_INPUT, with the window it is about; those behind T-n cannot be left out. */
bool lifecycle_windows_read(const json_t *windows, struct lifecycle_policy *policy, struct gov_err *err);

/* Above the windows in `done`: how often the end of this period came again, because a shutdown was overridden or a hold has moved
 * it behind its final notice. The keys of what is told of the end carry the round, so that each end has a notice of its own. */
enum { LIFECYCLE_ROUND_SHIFT = 16, LIFECYCLE_ROUND_MAX = 255 };
int lifecycle_round(uint32_t done);

enum { WINDOW_CODE_BYTES = 16 };
/* "T-15", "T0", "G-HALF", "G-1", "SHUTDOWN", "R-7", "PREFILL", "PROPOSE": the window_code of an action; in the first round after
 * round 0 "G-1/2", then "G-1/3". */
const char *lifecycle_window_code(const struct lifecycle_policy *policy, int window, int round,
                                  char text[WINDOW_CODE_BYTES + 4]);

/* A subscription as decide() sees it. Moments are microseconds; 0 is "none". */
struct lifecycle_facts {
    enum sub_state state;
    int64_t state_entered_us;
    int64_t period_start_us; /* of the last paid period, or when it was paid if that was later */
    int64_t end_day, end_us; /* of the last paid period */
    int64_t shutdown_due_us; /* set on entering grace; never moves earlier */
    int64_t final_notice_us, termination_notice_us;
    int64_t hold_until_us; /* the latest hold that has not been released */
    int64_t policy_since_us; /* when its policy was chosen instead of another; 0: it had it all along */
    uint32_t done;         /* bit per window, the round, and the days before the end */
    bool cancel_at_period_end;
    bool unreachable; /* shut down, and there is no address that R-7 could go to */
    int grace_days, min_grace_days, retention_days;
    const struct zone *zone;
};

enum lifecycle_kind {
    LIFECYCLE_PREFILL = 1, /* draft the renewal order */
    LIFECYCLE_REMIND,      /* send the window's message */
    LIFECYCLE_SUPERSEDE,   /* the window is past: record that nothing was sent */
    LIFECYCLE_GRACE,       /* S3 */
    LIFECYCLE_SHUTDOWN,    /* S4, S6 */
    LIFECYCLE_CANCEL,      /* S4 of one that was asked to end */
    LIFECYCLE_PROPOSE,     /* S8 needs a person: put it on the list */
    LIFECYCLE_UNTOLD,      /* R-7 needs an address, or a person who tells them: put it on the list */
};
const char *lifecycle_kind_name(enum lifecycle_kind kind);

struct lifecycle_action {
    enum lifecycle_kind kind;
    int window;
    int round;       /* of its period's end */
    int64_t due_us;  /* when it became due */
    int64_t send_us; /* REMIND: not before */
};

enum { LIFECYCLE_ACTIONS_MAX = 16, LIFECYCLE_NOTES_MAX = 16 };

/* For the explanation: each rule that was looked at. */
struct lifecycle_note {
    const char *rule; /* "S3", "T-15", … */
    bool holds;
    int64_t at_us; /* from when it would; 0: never */
    struct gov_text text;
};

struct lifecycle_decision {
    struct lifecycle_action actions[LIFECYCLE_ACTIONS_MAX];
    size_t count;
    struct lifecycle_facts after; /* the facts once the actions are done */
    int64_t next_us;              /* when to ask again; 0: only after somebody acted */
    struct lifecycle_note notes[LIFECYCLE_NOTES_MAX];
    size_t note_count;
};

void lifecycle_decide(const struct lifecycle_facts *facts, const struct lifecycle_policy *policy,
                      int64_t as_of_us, struct lifecycle_decision *decision);

/* The moment from which a message may go out: `us` itself inside the sending hours of a workday. */
int64_t lifecycle_slot(const struct lifecycle_policy *policy, const struct zone *zone, int64_t us);

/* The end of the hold a reported payment gives: three workdays, at most seven days. */
int64_t lifecycle_reported_hold(const struct lifecycle_policy *policy, const struct zone *zone,
                                int64_t us);

/* What paying the next period means. */
enum late_policy { LATE_CONTINUE, LATE_RESTART };
struct lifecycle_terms {
    enum sub_state state;
    int period_no;        /* of the last paid period; 0: none yet */
    struct civil anchor;  /* of the periods from anchor_no on */
    int anchor_no;
    int64_t end_day;      /* of the last paid period */
    int64_t end_us;       /* its moment, in the zone it was reckoned in; 0: as `zone` has it */
    struct calendar_interval interval;
    enum late_policy late;
    const struct zone *zone;
    bool restart;         /* a change of interval: begin anew today, or where a period that is over has ended */
    bool reanchor;        /* a change of interval with the next period: it is counted from where the last ended */
};
struct lifecycle_extension {
    int period_no;
    struct civil anchor;
    int anchor_no;
    struct calendar_period period;
};
/* False: the calendar ends (INVALID_INPUT), or the subscription is terminated (CONFLICT). */
bool lifecycle_extend(const struct lifecycle_terms *terms, int64_t as_of_us,
                      struct lifecycle_extension *extension, struct gov_err *err);

#endif
