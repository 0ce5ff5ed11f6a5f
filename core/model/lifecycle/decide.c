/* decide.c - one rule after the other, in the order of the states.
 *
 * A rule is a moment: it holds from then on. Each state's function looks at its rules, writes what is
 * due, and leaves the facts as they are afterwards; `next` then asks the state that was reached for the
 * earliest moment to come. No rule is looked at twice in a run, so no run makes two transitions.
 */
#include <string.h>

#include "core/base/check.h"
#include "core/model/lifecycle.h"

static const int64_t DAY_US = 86400LL * 1000000, HOUR_US = 3600LL * 1000000;

enum { FINAL_NOTICE_HOURS = 24, TERMINATION_NOTICE_DAYS = 7 };

const struct lifecycle_policy lifecycle_policy_default = {
    .before_days = { 30, 15, 7, 3, 1 }, .prefill_days = 30, .send_from = 9, .send_to = 18,
};

/* --- when --- */

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

int64_t lifecycle_slot(const struct lifecycle_policy *p, const struct zone *zone, int64_t us)
{
    int64_t day = calendar_day(zone, us);

    if (workdays_hold(p->workdays, day) && us < calendar_time_us(zone, day, p->send_to))
        return later(us, calendar_time_us(zone, day, p->send_from));
    return calendar_time_us(zone, workdays_at_or_after(p->workdays, day + 1), p->send_from);
}

int64_t lifecycle_reported_hold(const struct lifecycle_policy *p, const struct zone *zone, int64_t us)
{
    int64_t day = calendar_day(zone, us), workday = workdays_add(p->workdays, day, 3);

    return calendar_day_us(zone, (workday < day + 7 ? workday : day + 7) + 1);
}

/* A day's sending hour, on that day or the workday before. */
static int64_t morning_before(const struct lifecycle_policy *p, const struct zone *zone, int64_t day)
{
    return calendar_time_us(zone, workdays_at_or_before(p->workdays, day), p->send_from);
}

static int64_t before_due(const struct lifecycle_facts *f, const struct lifecycle_policy *p, int i)
{
    return morning_before(p, f->zone, f->end_day - p->before_days[i]);
}

/* Is `due` of window `i` at `us` or before? Most windows are days away from it, and then no zone is asked: an offset is
 * less than 15 hours to either side. `workday` is the window's. */
static bool before_by(const struct lifecycle_facts *f, const struct lifecycle_policy *p, int64_t workday, int64_t us)
{
    int64_t local = workday * DAY_US + p->send_from * HOUR_US;

    if (local + 15 * HOUR_US <= us)
        return true;
    return local - 15 * HOUR_US <= us && calendar_time_us(f->zone, workday, p->send_from) <= us;
}

/* One that lies before the period began, or before anybody had named it, was never meant for it: a policy that changes makes up
 * for nothing. */
static bool before_never_meant(const struct lifecycle_facts *f, const struct lifecycle_policy *p, int i, int64_t workday)
{
    return before_by(f, p, workday, later(f->period_start_us, later(f->policy_since_us, p->before_since_us[i])));
}

static bool before_is_done(const struct lifecycle_facts *f, const struct lifecycle_policy *p, int i)
{
    int least = (int)(f->done >> LIFECYCLE_BEFORE_SHIFT & (LIFECYCLE_BEFORE_LIMIT - 1));

    return least ? p->before_days[i] >= LIFECYCLE_BEFORE_LIMIT - least : (f->done & (1u << i)) != 0;
}

/* Not before half of the period is over: a month's renewal is not drafted on its first day. */
static int64_t prefill_due(const struct lifecycle_facts *f, const struct lifecycle_policy *p)
{
    int64_t half = f->period_start_us + (f->end_us - f->period_start_us) / 2, day = f->end_day - p->prefill_days;

    /* A midnight is less than 30 hours from that of UTC: a month's half is later than that without asking. */
    if (half >= day * DAY_US + 30 * HOUR_US)
        return half;
    return later(half, calendar_day_us(f->zone, day));
}

static int64_t half_due(const struct lifecycle_facts *f)
{
    return f->state_entered_us + (f->shutdown_due_us - f->state_entered_us) / 2;
}

/* In the morning of the last workday that leaves a whole day until the shutdown, which a hold may have moved. */
static int64_t final_due(const struct lifecycle_facts *f, const struct lifecycle_policy *p)
{
    int64_t limit = later(f->shutdown_due_us, f->hold_until_us) - FINAL_NOTICE_HOURS * 3600LL * 1000000;
    int64_t due = morning_before(p, f->zone, calendar_day(f->zone, limit) - 1);

    return later(due, f->state_entered_us + 1);
}

/* Was there a final notice of this end? One that was sent before a hold moved the shutdown to a later day named another. */
static bool final_told(const struct lifecycle_facts *f, const struct lifecycle_policy *p)
{
    return f->final_notice_us && (f->hold_until_us <= f->shutdown_due_us || f->final_notice_us >= final_due(f, p));
}

static int64_t shutdown_at(const struct lifecycle_facts *f)
{
    int64_t noticed = f->final_notice_us + FINAL_NOTICE_HOURS * 3600LL * 1000000;

    return later(later(f->shutdown_due_us, noticed), f->hold_until_us);
}

static int64_t retention_end(const struct lifecycle_facts *f)
{
    return calendar_day_us(f->zone, calendar_day(f->zone, f->state_entered_us) + f->retention_days);
}

static int64_t termination_due(const struct lifecycle_facts *f, const struct lifecycle_policy *p)
{
    int64_t day = calendar_day(f->zone, retention_end(f)) - TERMINATION_NOTICE_DAYS;

    return later(morning_before(p, f->zone, day), f->state_entered_us + 1);
}

static int64_t propose_at(const struct lifecycle_facts *f)
{
    return later(retention_end(f), f->termination_notice_us + TERMINATION_NOTICE_DAYS * DAY_US);
}

/* S3: the policy's days after the end, and never fewer than the least after today. */
static int64_t grace_until(const struct lifecycle_facts *f, const struct lifecycle_policy *p, int64_t as_of)
{
    int64_t day = later(f->end_day + f->grace_days, calendar_day(f->zone, as_of) + f->min_grace_days);

    if (p->shutdown_on_workday)
        day = workdays_at_or_after(p->workdays, day);
    return later(calendar_day_us(f->zone, day), f->shutdown_due_us);
}

/* --- what --- */

static bool is_done(const struct lifecycle_facts *f, int window)
{
    return f->done & (1u << window);
}

static void add(struct lifecycle_decision *d, enum lifecycle_kind kind, int window, int64_t due)
{
    CHECK(d->count < LIFECYCLE_ACTIONS_MAX);
    d->actions[d->count++] = (struct lifecycle_action){ kind, window, lifecycle_round(d->after.done), due, 0 };
    d->after.done |= 1u << window;
}

static void before_dealt_with(struct lifecycle_decision *d, const struct lifecycle_policy *p, int i)
{
    d->after.done = (d->after.done & ~((LIFECYCLE_BEFORE_LIMIT - 1u) << LIFECYCLE_BEFORE_SHIFT)) |
                    (uint32_t)(LIFECYCLE_BEFORE_LIMIT - p->before_days[i]) << LIFECYCLE_BEFORE_SHIFT;
}

static void note(struct lifecycle_decision *d, const char *rule, bool holds, int64_t at, const char *en,
                 const char *zh)
{
    if (d->note_count < LIFECYCLE_NOTES_MAX)
        d->notes[d->note_count++] = (struct lifecycle_note){ rule, holds, at, { en, zh } };
}

static void remind(struct lifecycle_decision *d, const struct lifecycle_policy *p, int window, int64_t due,
                   int64_t as_of)
{
    add(d, LIFECYCLE_REMIND, window, due);
    if (window < WINDOW_END)
        before_dealt_with(d, p, window);
    d->actions[d->count - 1].send_us = lifecycle_slot(p, d->after.zone, as_of);
}

/* The end comes again, with keys of its own. */
static void round_begin(struct lifecycle_decision *d)
{
    if (lifecycle_round(d->after.done) < LIFECYCLE_ROUND_MAX)
        d->after.done += 1u << LIFECYCLE_ROUND_SHIFT;
}

static void enter(struct lifecycle_decision *d, enum sub_state state, int64_t as_of)
{
    d->after.state = state;
    d->after.state_entered_us = as_of;
}

/* What is shut down is told so at once: it is happening. */
static void shut_down(struct lifecycle_decision *d, enum lifecycle_kind kind, int64_t due, int64_t as_of)
{
    add(d, kind, WINDOW_SHUTDOWN, due);
    enter(d, kind == LIFECYCLE_CANCEL ? SUB_CANCELLED : SUB_SHUTDOWN, as_of);
    d->actions[d->count - 1].send_us = as_of;
}

static void prefill(const struct lifecycle_facts *f, const struct lifecycle_policy *p, int64_t as_of,
                    struct lifecycle_decision *d)
{
    int64_t due = prefill_due(f, p);
    bool holds = !is_done(f, WINDOW_PREFILL) && !f->cancel_at_period_end && as_of >= due;

    note(d, "PREFILL", holds, due, "the renewal order is drafted, unless it was or none is wanted",
         "生成续费订单草稿（已生成或不续费时除外）");
    if (holds)
        add(d, LIFECYCLE_PREFILL, WINDOW_PREFILL, due);
}

static void supersede_before(struct lifecycle_decision *d, const struct lifecycle_facts *f, const struct lifecycle_policy *p, int i)
{
    add(d, LIFECYCLE_SUPERSEDE, WINDOW_BEFORE + i, before_due(f, p, i));
    before_dealt_with(d, p, i);
}

/* Of what is due and unsent before the end only the latest is sent; after the end, none. */
static void remind_before(const struct lifecycle_facts *f, const struct lifecycle_policy *p, int64_t as_of,
                          struct lifecycle_decision *d)
{
    int latest = -1;
    bool ended = as_of >= f->end_us;

    for (int i = 0; i < LIFECYCLE_BEFORE_MAX && p->before_days[i] > 0; i++) {
        if (before_is_done(f, p, i))
            continue;
        int64_t workday = workdays_at_or_before(p->workdays, f->end_day - p->before_days[i]);
        if (!before_by(f, p, workday, as_of) || before_never_meant(f, p, i, workday))
            continue;
        if (latest >= 0)
            supersede_before(d, f, p, latest);
        latest = i;
    }
    note(d, "T", latest >= 0 && !ended, latest >= 0 ? before_due(f, p, latest) : 0,
         "a reminder before the end is due: of several, the latest is sent; after the end, none",
         "到期前提醒：多个到期时只发最近一个；到期后不再发送");
    if (latest >= 0 && ended)
        supersede_before(d, f, p, latest);
    else if (latest >= 0)
        remind(d, p, WINDOW_BEFORE + latest, before_due(f, p, latest), as_of);
}

static bool has_grace(const struct lifecycle_facts *f)
{
    return f->grace_days > 0 && !f->cancel_at_period_end;
}

static void decide_active(const struct lifecycle_facts *f, const struct lifecycle_policy *p, int64_t as_of,
                          struct lifecycle_decision *d)
{
    bool ended = as_of >= f->end_us, grace = has_grace(f);
    int64_t stop = later(f->end_us, f->hold_until_us);

    prefill(f, p, as_of, d);
    remind_before(f, p, as_of, d);
    note(d, "S3", ended && grace, f->end_us, "the period has ended and grace days are left: grace begins",
         "已到期且有宽限天数：进入宽限期");
    note(d, "S4", ended && !grace && as_of >= stop, stop,
         "the period has ended without grace, or was meant to be the last, and no hold is left: shut down",
         "已到期且无宽限期（或不再续费），且无保留：停用");
    if (!ended)
        return;
    if (!grace) {
        if (as_of >= stop)
            shut_down(d, f->cancel_at_period_end ? LIFECYCLE_CANCEL : LIFECYCLE_SHUTDOWN, stop, as_of);
        return;
    }
    add(d, LIFECYCLE_GRACE, WINDOW_END, f->end_us);
    enter(d, SUB_GRACE, as_of);
    d->after.shutdown_due_us = grace_until(f, p, as_of);
    d->actions[d->count - 1].send_us = lifecycle_slot(p, f->zone, as_of);
}

static void decide_grace(const struct lifecycle_facts *f, const struct lifecycle_policy *p, int64_t as_of,
                         struct lifecycle_decision *d)
{
    int64_t half = half_due(f), final = final_due(f, p), at = shutdown_at(f);
    bool noticed = final_told(f, p);
    bool half_holds = !is_done(f, WINDOW_GRACE_HALF) && as_of >= half;
    bool final_holds = !noticed && as_of >= final;

    prefill(f, p, as_of, d);
    note(d, "G-HALF", half_holds && !final_holds, half, "half of the grace days are over", "宽限期过半提醒");
    note(d, "G-1", final_holds, final, "the final notice, a whole day before the shutdown at least",
         "停用前至少一整天的最后通知");
    note(d, "S6", noticed && as_of >= at, noticed ? at : 0,
         "shut down: the date is reached, the final notice is a day old, no hold is left",
         "停用：到达停用时间、最后通知已满 24 小时且无保留");
    if (half_holds && (final_holds || f->final_notice_us))
        add(d, LIFECYCLE_SUPERSEDE, WINDOW_GRACE_HALF, half);
    else if (half_holds)
        remind(d, p, WINDOW_GRACE_HALF, half, as_of);
    if (final_holds) {
        if (f->final_notice_us)
            round_begin(d);
        remind(d, p, WINDOW_GRACE_FINAL, final, as_of);
        d->after.final_notice_us = d->actions[d->count - 1].send_us;
    } else if (noticed && as_of >= at) {
        shut_down(d, LIFECYCLE_SHUTDOWN, at, as_of);
    }
}

static void decide_shutdown(const struct lifecycle_facts *f, const struct lifecycle_policy *p, int64_t as_of,
                            struct lifecycle_decision *d)
{
    int64_t due = termination_due(f, p), at = propose_at(f);
    bool noticed = f->termination_notice_us != 0, due_now = !noticed && as_of >= due;

    note(d, "R-7", due_now && !f->unreachable, due, "a week before the data's retention ends, if there is anybody to tell",
         "数据保留期结束前一周通知（须有可通知的人）");
    note(d, "R-7?", due_now && f->unreachable, due,
         "neither a billing contact nor an owner: nobody can be told, and nothing is ended without; finance has a task",
         "既无账单联系人也无所有者：无人可通知，不会终止；已为财务生成待办");
    note(d, "S8", noticed && as_of >= at, noticed ? at : 0,
         "termination is proposed to a person; nothing is deleted without approval",
         "向人员提出终止；未经批准不删除任何数据");
    if (due_now && f->unreachable) {
        if (!is_done(f, WINDOW_UNTOLD))
            add(d, LIFECYCLE_UNTOLD, WINDOW_UNTOLD, due);
    } else if (due_now) {
        remind(d, p, WINDOW_TERMINATION, due, as_of);
        d->after.termination_notice_us = d->actions[d->count - 1].send_us;
    } else if (noticed && as_of >= at && !is_done(f, WINDOW_PROPOSE)) {
        add(d, LIFECYCLE_PROPOSE, WINDOW_PROPOSE, at);
    }
}

/* --- when next --- */

static void sooner(int64_t *next, int64_t at)
{
    if (!*next || at < *next)
        *next = at;
}

/* The earliest of the windows that are left, all at the same hour of their days. */
static void before_next(const struct lifecycle_facts *f, const struct lifecycle_policy *p, int64_t *next)
{
    int64_t earliest = INT64_MAX;

    for (int i = 0; i < LIFECYCLE_BEFORE_MAX && p->before_days[i] > 0; i++) {
        if (before_is_done(f, p, i))
            continue;
        int64_t workday = workdays_at_or_before(p->workdays, f->end_day - p->before_days[i]);
        if (workday < earliest && !before_never_meant(f, p, i, workday))
            earliest = workday;
    }
    if (earliest < INT64_MAX)
        sooner(next, calendar_time_us(f->zone, earliest, p->send_from));
}

static int64_t next_of(const struct lifecycle_facts *f, const struct lifecycle_policy *p)
{
    int64_t next = 0;

    if (!is_done(f, WINDOW_PREFILL) && !f->cancel_at_period_end &&
        (f->state == SUB_ACTIVE || f->state == SUB_GRACE))
        sooner(&next, prefill_due(f, p));
    switch (f->state) {
    case SUB_ACTIVE:
        sooner(&next, has_grace(f) ? f->end_us : later(f->end_us, f->hold_until_us));
        before_next(f, p, &next);
        break;
    case SUB_GRACE:
        if (!is_done(f, WINDOW_GRACE_HALF))
            sooner(&next, half_due(f));
        sooner(&next, final_told(f, p) ? shutdown_at(f) : final_due(f, p));
        break;
    case SUB_SHUTDOWN:
    case SUB_CANCELLED:
        if (!is_done(f, WINDOW_PROPOSE))
            sooner(&next, f->termination_notice_us ? propose_at(f) : termination_due(f, p));
        break;
    default:
        break;
    }
    return next;
}

void lifecycle_decide(const struct lifecycle_facts *facts, const struct lifecycle_policy *policy,
                      int64_t as_of, struct lifecycle_decision *d)
{
    d->count = d->note_count = 0;
    d->after = *facts;
    switch (facts->state) {
    case SUB_ACTIVE:
        decide_active(facts, policy, as_of, d);
        break;
    case SUB_GRACE:
        decide_grace(facts, policy, as_of, d);
        break;
    case SUB_SHUTDOWN:
    case SUB_CANCELLED:
        decide_shutdown(facts, policy, as_of, d);
        break;
    default:
        break;
    }
    d->next_us = next_of(&d->after, policy);
    /* Whoever cannot be told is looked at each day: somebody may have given an address. */
    if (d->next_us && d->next_us <= as_of)
        d->next_us = as_of + (d->after.unreachable ? DAY_US : 1);
}
