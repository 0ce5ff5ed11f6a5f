/* lifecycle_test.c - the rules by example, then by property: daily runs against one late run. */
#include "core/model/lifecycle.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/test.h"

static const int64_t DAY_US = 86400LL * 1000000, HOUR_US = 3600LL * 1000000;
static const struct zone *shanghai;
static struct arena arena;
static uint64_t seed = 88172645463325252u;

static int64_t any(int64_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (int64_t)(seed % (uint64_t)below);
}

static int64_t at(const char *date, int hour)
{
    struct civil d;

    assert_true(civil_parse(date, &d));
    return calendar_time_us(shanghai, civil_to_days(d), hour);
}

static struct lifecycle_facts a_year(const char *start, const char *end)
{
    struct civil d;
    struct lifecycle_facts f = { .state = SUB_ACTIVE, .grace_days = 7, .min_grace_days = 3, .retention_days = 90,
                                 .zone = shanghai };

    assert_true(civil_parse(end, &d));
    f.end_day = civil_to_days(d);
    f.end_us = calendar_day_us(shanghai, f.end_day);
    f.period_start_us = at(start, 0);
    f.state_entered_us = f.period_start_us;
    return f;
}

static const uint32_t ALL_DONE = (1u << WINDOW_COUNT) - 1; /* in round 0 */

/* "prefill:PREFILL remind:T-30" */
static const char *said(const struct lifecycle_decision *d)
{
    static char text[400];
    char code[WINDOW_CODE_BYTES + 4];
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < d->count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s%s:%s", i ? " " : "",
                                 d->actions[i].kind == LIFECYCLE_SUPERSEDE ? "-" : "",
                                 lifecycle_kind_name(d->actions[i].kind),
                                 lifecycle_window_code(&lifecycle_policy_default, d->actions[i].window,
                                                       d->actions[i].round, code));
    return text;
}

static struct lifecycle_decision decide(const struct lifecycle_facts *f, int64_t now)
{
    struct lifecycle_decision d;

    lifecycle_decide(f, &lifecycle_policy_default, now, &d);
    return d;
}

static void a_year_runs_as_the_page_says(void **state)
{
    /* 2027-01-01 is a Friday; Saturday and Sunday windows go out on the Friday before. */
    static const struct {
        const char *date;
        int hour;
        const char *said;
    } table[] = {
        { "2026-11-01", 12, "" },
        { "2026-12-02", 8, "prefill:PREFILL" },
        { "2026-12-02", 9, "remind:T-30" },
        { "2026-12-17", 10, "remind:T-15" },
        { "2026-12-25", 9, "remind:T-7" },
        { "2026-12-29", 9, "remind:T-3" },
        { "2026-12-31", 9, "remind:T-1" },
        { "2026-12-31", 23, "" },
        { "2027-01-01", 0, "grace:T0" },
        { "2027-01-04", 12, "remind:G-HALF" },
        { "2027-01-06", 9, "remind:G-1" },
        { "2027-01-07", 23, "" },
        { "2027-01-08", 0, "shutdown:SHUTDOWN" },
        { "2027-04-01", 9, "remind:R-7" },
        { "2027-04-08", 9, "propose:PROPOSE" },
        { "2030-01-01", 9, "" },
    };
    struct lifecycle_facts f = a_year("2026-01-01", "2027-01-01");

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct lifecycle_decision d = decide(&f, at(table[i].date, table[i].hour));

        if (strcmp(table[i].said, said(&d)) != 0)
            fail_msg("%s %d: %s, not %s", table[i].date, table[i].hour, said(&d), table[i].said);
        f = d.after;
    }
}

/* Nobody to send R-7 to: a person is asked once, it is looked at each day, and nothing is proposed until they were told. */
static void who_cannot_be_told_is_not_ended(void **state)
{
    struct lifecycle_facts f = a_year("2026-01-01", "2027-01-01");
    struct lifecycle_decision d;

    (void)state;
    f.state = SUB_SHUTDOWN;
    f.state_entered_us = at("2027-01-08", 0);
    f.unreachable = true;
    d = decide(&f, at("2027-03-31", 12));
    assert_int_equal(0, d.count);
    assert_int_equal(at("2027-04-01", 9), d.next_us);
    d = decide(&f, at("2027-04-01", 9));
    assert_string_equal("untold:R-7", said(&d));
    assert_int_equal(at("2027-04-02", 9), d.next_us);
    for (int day = 1; day < 400; day++) {
        f = d.after;
        d = decide(&f, at("2027-04-01", 9) + day * 86400000000LL);
        assert_int_equal(0, d.count);
    }
    f.unreachable = false; /* an address was given */
    d = decide(&f, at("2028-06-01", 10));
    assert_string_equal("remind:R-7", said(&d));
    assert_int_equal(at("2028-06-08", 10), d.next_us);
    f.termination_notice_us = at("2028-06-01", 12); /* or somebody told them */
    d = decide(&f, at("2028-06-08", 11));
    assert_int_equal(0, d.count);
    d = decide(&f, at("2028-06-08", 12));
    assert_string_equal("propose:PROPOSE", said(&d));
}

/* Asked exactly when it wants to be, it does the same, and nothing is due in between. */
static void next_happens_in(const char *zone)
{
    struct lifecycle_facts f = a_year("2026-01-01", "2027-01-01");
    int64_t now = f.period_start_us;
    int acts = 0;

    f.zone = zone_read(zone, &arena);
    f.end_us = calendar_day_us(f.zone, f.end_day);
    for (int i = 0; i < 40; i++) {
        struct lifecycle_decision d = decide(&f, now), early;

        acts += (int)d.count;
        f = d.after;
        if (!d.next_us)
            break;
        early = decide(&f, d.next_us - 1);
        assert_int_equal(0, early.count);
        assert_true(d.next_us > now);
        now = d.next_us;
    }
    assert_int_equal(12, acts);
    assert_int_equal(SUB_SHUTDOWN, f.state);
}

static void next_is_when_something_happens(void **state)
{
    (void)state;
    next_happens_in("Asia/Shanghai");
    next_happens_in("Etc/GMT+12"); /* the last and the first to have a day */
    next_happens_in("Pacific/Kiritimati");
    next_happens_in("Europe/Berlin");
}

static void after_an_outage_everyone_still_gets_grace_and_a_notice(void **state)
{
    struct lifecycle_facts f = a_year("2026-01-01", "2027-01-01");
    int64_t back = at("2027-02-10", 12);
    struct lifecycle_decision d = decide(&f, back);

    (void)state;
    assert_string_equal("prefill:PREFILL -remind:T-30 -remind:T-15 -remind:T-7 -remind:T-3 -remind:T-1 grace:T0",
                        said(&d));
    assert_int_equal(SUB_GRACE, d.after.state);
    assert_true(d.after.shutdown_due_us >= at("2027-02-13", 0));
    f = d.after;
    /* away again, for a year: the final notice first, the shutdown a day later at the earliest */
    back = at("2028-02-10", 12);
    d = decide(&f, back);
    assert_string_equal("-remind:G-HALF remind:G-1", said(&d));
    f = d.after;
    assert_int_equal(0, decide(&f, back + 24 * HOUR_US - 1).count);
    d = decide(&f, back + 24 * HOUR_US);
    assert_string_equal("shutdown:SHUTDOWN", said(&d));
}

static void of_several_reminders_only_the_latest_is_sent(void **state)
{
    struct lifecycle_facts f = a_year("2026-01-01", "2027-01-01");
    struct lifecycle_decision d = decide(&f, at("2026-12-29", 20));

    (void)state;
    assert_string_equal("prefill:PREFILL -remind:T-30 -remind:T-15 -remind:T-7 remind:T-3", said(&d));
    assert_true(d.actions[4].send_us == at("2026-12-30", 9));
    d = decide(&f, f.end_us); /* from the end's own moment on, none of before it */
    assert_string_equal("prefill:PREFILL -remind:T-30 -remind:T-15 -remind:T-7 -remind:T-3 -remind:T-1 grace:T0", said(&d));
}

static void a_month_is_not_reminded_on_its_first_day(void **state)
{
    struct lifecycle_facts f = a_year("2026-12-01", "2027-01-01");
    struct lifecycle_decision d = decide(&f, at("2026-12-01", 1));

    (void)state;
    f.period_start_us = at("2026-12-03", 12); /* paid late: the window of the 2nd was never meant for it */
    assert_string_equal("", said(&d));
    d = decide(&f, at("2026-12-10", 12));
    assert_string_equal("", said(&d));
    d = decide(&f, at("2026-12-17", 12));
    assert_string_equal("remind:T-15", said(&d));
}

static void a_hold_keeps_the_shutdown_off(void **state)
{
    struct lifecycle_facts f = a_year("2026-01-01", "2027-01-01");

    (void)state;
    f.state = SUB_GRACE;
    f.state_entered_us = f.end_us;
    f.shutdown_due_us = at("2027-01-08", 0);
    f.final_notice_us = at("2027-01-06", 9);
    f.done = ALL_DONE & ~(1u << WINDOW_SHUTDOWN);
    f.hold_until_us = at("2027-01-07", 12); /* before it would be shut down anyhow */
    struct lifecycle_decision d = decide(&f, at("2027-01-07", 23));
    assert_int_equal(0, d.count);
    assert_int_equal(at("2027-01-08", 0), d.next_us);
    f.hold_until_us = at("2027-01-20", 0);
    /* what they were told of was another day: they are told of this one */
    d = decide(&f, at("2027-01-17", 23));
    assert_int_equal(0, d.count);
    d = decide(&f, at("2027-01-18", 9));
    assert_string_equal("remind:G-1/2", said(&d));
    f = d.after;
    assert_int_equal(0, decide(&f, at("2027-01-19", 23)).count);
    d = decide(&f, at("2027-01-20", 0));
    assert_string_equal("shutdown:SHUTDOWN/2", said(&d));
}

/* Held before anybody was told: the one notice is of the day on which it stops. And a hold that is given up again leaves the
 * notice that there was, or the day that a notice needs. */
static void a_hold_moves_the_final_notice(void **state)
{
    struct lifecycle_facts f = a_year("2026-01-01", "2027-01-01");

    (void)state;
    f.state = SUB_GRACE;
    f.state_entered_us = f.end_us;
    f.shutdown_due_us = at("2027-01-08", 0);
    f.done = ALL_DONE & ~(1u << WINDOW_SHUTDOWN | 1u << WINDOW_GRACE_FINAL);
    f.hold_until_us = at("2027-01-20", 0);
    assert_int_equal(0, decide(&f, at("2027-01-17", 23)).count);
    f.hold_until_us = 0;
    struct lifecycle_decision d = decide(&f, at("2027-01-17", 23));
    assert_string_equal("remind:G-1", said(&d));
    assert_true(d.next_us >= at("2027-01-18", 9) + 24 * HOUR_US);
    f.hold_until_us = at("2027-01-20", 0);
    d = decide(&f, at("2027-01-18", 9));
    assert_string_equal("remind:G-1", said(&d));
    f = d.after;
    f.hold_until_us = at("2027-02-20", 0); /* and once more */
    f = decide(&f, at("2027-02-18", 9)).after;
    f.hold_until_us = 0;
    d = decide(&f, at("2027-02-18", 10));
    assert_int_equal(0, d.count);
    assert_string_equal("shutdown:SHUTDOWN/2", (d = decide(&f, d.next_us), said(&d)));
}

static void no_grace_and_a_cancelled_renewal_end_at_once(void **state)
{
    struct lifecycle_facts f = a_year("2026-01-01", "2027-01-01");

    (void)state;
    f.done = ALL_DONE & ~(1u << WINDOW_END | 1u << WINDOW_SHUTDOWN);
    f.cancel_at_period_end = true;
    struct lifecycle_decision d = decide(&f, f.end_us);
    assert_string_equal("cancel:SHUTDOWN", said(&d));
    assert_int_equal(SUB_CANCELLED, d.after.state);
    f.cancel_at_period_end = false;
    f.grace_days = 0;
    d = decide(&f, f.end_us);
    assert_string_equal("shutdown:SHUTDOWN", said(&d));
}

/* Also where there are no grace days in which it would be looked at: it goes on until the hold is over, and then it ends as it would have. */
static void a_hold_keeps_off_what_has_no_grace_days(void **state)
{
    struct lifecycle_facts f = a_year("2026-01-01", "2027-01-01");

    (void)state;
    f.done = ALL_DONE & ~(1u << WINDOW_END | 1u << WINDOW_SHUTDOWN);
    f.hold_until_us = at("2027-01-20", 0);
    for (int asked = 0; asked < 2; asked++) {
        f.cancel_at_period_end = asked;
        f.grace_days = 0;
        struct lifecycle_decision d = decide(&f, f.end_us - 1);
        assert_int_equal(0, d.count);
        assert_true(d.next_us == f.hold_until_us);
        d = decide(&f, f.hold_until_us - 1);
        assert_int_equal(0, d.count);
        assert_int_equal(SUB_ACTIVE, d.after.state);
        assert_true(d.next_us == f.hold_until_us);
        assert_string_equal(asked ? "cancel:SHUTDOWN" : "shutdown:SHUTDOWN", said((d = decide(&f, f.hold_until_us), &d)));
    }
}

static void final_states_do_nothing(void **state)
{
    struct lifecycle_facts f = a_year("2026-01-01", "2027-01-01");

    (void)state;
    f.state = SUB_TERMINATED;
    struct lifecycle_decision d = decide(&f, at("2040-01-01", 0));
    assert_int_equal(0, d.count);
    assert_int_equal(0, d.next_us);
    f.state = SUB_PENDING;
    assert_int_equal(0, decide(&f, at("2040-01-01", 0)).count);
}

/* --- I12: one late run instead of daily ones --- */

struct history {
    int sent, superseded, transitions;
    int64_t grace_us, shutdown_us;
};

static void run(struct lifecycle_facts *f, const struct lifecycle_policy *p, int64_t now, struct history *h)
{
    struct lifecycle_decision d;
    int moves = 0;

    lifecycle_decide(f, p, now, &d);
    for (size_t i = 0; i < d.count; i++) {
        enum lifecycle_kind kind = d.actions[i].kind;

        assert_true(d.actions[i].due_us <= now);
        assert_false(f->done & (1u << d.actions[i].window)); /* a key happens once */
        h->sent += kind == LIFECYCLE_REMIND;
        h->superseded += kind == LIFECYCLE_SUPERSEDE;
        moves += kind == LIFECYCLE_GRACE || kind == LIFECYCLE_SHUTDOWN || kind == LIFECYCLE_CANCEL;
    }
    assert_true(moves <= 1);
    h->transitions += moves;
    if (d.after.state == SUB_GRACE && f->state == SUB_ACTIVE)
        h->grace_us = now;
    if (d.after.state == SUB_SHUTDOWN && f->state != SUB_SHUTDOWN) {
        assert_true(f->final_notice_us && now >= f->final_notice_us + 24 * HOUR_US);
        h->shutdown_us = now;
    }
    if (f->shutdown_due_us)
        assert_true(d.after.shutdown_due_us >= f->shutdown_due_us);
    *f = d.after;
}

static void a_late_run_does_less_and_never_earlier(void **state)
{
    static const char *const zones[] = { "Asia/Shanghai", "America/Sao_Paulo", "Europe/Berlin", "Pacific/Apia" };

    (void)state;
    const struct zone *z[4];

    for (int i = 0; i < 4; i++)
        z[i] = zone_read(zones[i], &arena);
    for (int round = 0; round < 1500; round++) {
        struct lifecycle_policy p = lifecycle_policy_default;
        struct lifecycle_facts f = a_year("2026-01-01", "2027-01-01"), g;
        struct history daily = { 0 }, late = { 0 };

        f.zone = z[round % 4];
        f.end_day = 20000 + any(1000);
        f.end_us = calendar_day_us(f.zone, f.end_day);
        f.period_start_us = f.end_us - (28 + any(340)) * DAY_US;
        f.grace_days = 1 + (int)any(20);
        f.min_grace_days = 1 + (int)any(5);
        f.retention_days = 400;
        p.shutdown_on_workday = any(2);
        g = f;
        int64_t begin = f.end_us - 45 * DAY_US, out = begin + any(60 * 24) * HOUR_US, back = out + any(60 * 24) * HOUR_US;
        for (int64_t now = begin; now < f.end_us + 90 * DAY_US; now += 6 * HOUR_US) {
            run(&f, &p, now, &daily);
            if (now < out || now >= back)
                run(&g, &p, now, &late);
        }
        assert_int_equal(SUB_SHUTDOWN, f.state);
        assert_int_equal(SUB_SHUTDOWN, g.state);
        assert_true(late.grace_us >= daily.grace_us && late.shutdown_us >= daily.shutdown_us);
        assert_int_equal(daily.transitions, late.transitions);
        assert_true(late.sent <= daily.sent);
        assert_int_equal(daily.sent + daily.superseded, late.sent + late.superseded);
    }
}

/* Grace that ends on a Saturday: the shutdown comes on Monday where the policy says so, and on Saturday where it does not. */
static void a_shutdown_waits_for_a_workday_where_the_policy_says_so(void **state)
{
    struct lifecycle_policy workdays_only = lifecycle_policy_default;
    struct lifecycle_facts f = a_year("2026-01-02", "2027-01-02");
    struct lifecycle_decision d;

    (void)state;
    workdays_only.shutdown_on_workday = true;
    lifecycle_decide(&f, &lifecycle_policy_default, at("2027-01-02", 0), &d);
    assert_true(d.after.shutdown_due_us == at("2027-01-09", 0));
    lifecycle_decide(&f, &workdays_only, at("2027-01-02", 0), &d);
    assert_true(d.after.shutdown_due_us == at("2027-01-11", 0));
    f.shutdown_due_us = at("2027-01-20", 0); /* what was said once moves to no earlier day */
    lifecycle_decide(&f, &workdays_only, at("2027-01-02", 0), &d);
    assert_true(d.after.shutdown_due_us == at("2027-01-20", 0));
}

/* What the safety brake relies on: lifecycle_ends.sql shows it nothing else. */
static void nothing_stops_before_its_days_are_over(void **state)
{
    static const enum sub_state states[] = { SUB_ACTIVE, SUB_GRACE, SUB_SHUTDOWN, SUB_CANCELLED };
    const int64_t now = at("2026-06-01", 12);
    struct lifecycle_decision d;
    int stopped = 0;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct lifecycle_facts f = a_year("2026-01-02", "2027-01-02");

        f.state = states[any(4)];
        f.end_day = calendar_day(shanghai, now) - 20 + any(40);
        f.end_us = calendar_day_us(shanghai, f.end_day);
        f.period_start_us = f.end_us - 365 * DAY_US;
        f.grace_days = (int)any(3) * 7;
        f.cancel_at_period_end = any(4) == 0;
        f.shutdown_due_us = any(4) ? now + (any(200) - 100) * HOUR_US : 0;
        f.final_notice_us = any(4) ? now - any(100) * HOUR_US : 0;
        f.hold_until_us = any(2) ? now + (any(200) - 100) * HOUR_US : 0;
        lifecycle_decide(&f, &lifecycle_policy_default, now, &d);
        for (size_t k = 0; k < d.count; k++)
            if (d.actions[k].kind == LIFECYCLE_SHUTDOWN || d.actions[k].kind == LIFECYCLE_CANCEL) {
                assert_true((f.state == SUB_ACTIVE && f.end_us <= now) || (f.state == SUB_GRACE && f.shutdown_due_us <= now));
                stopped++;
            }
    }
    assert_true(stopped > 1000);
}

static int setup(void **state)
{
    (void)state;
    arena_init(&arena);
    shanghai = zone_read("Asia/Shanghai", &arena);
    return shanghai ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_year_runs_as_the_page_says),
        cmocka_unit_test(who_cannot_be_told_is_not_ended),
        cmocka_unit_test(next_is_when_something_happens),
        cmocka_unit_test(after_an_outage_everyone_still_gets_grace_and_a_notice),
        cmocka_unit_test(of_several_reminders_only_the_latest_is_sent),
        cmocka_unit_test(a_month_is_not_reminded_on_its_first_day),
        cmocka_unit_test(a_hold_keeps_the_shutdown_off),
        cmocka_unit_test(a_hold_moves_the_final_notice),
        cmocka_unit_test(a_hold_keeps_off_what_has_no_grace_days),
        cmocka_unit_test(no_grace_and_a_cancelled_renewal_end_at_once),
        cmocka_unit_test(final_states_do_nothing),
        cmocka_unit_test(a_late_run_does_less_and_never_earlier),
        cmocka_unit_test(a_shutdown_waits_for_a_workday_where_the_policy_says_so),
        cmocka_unit_test(nothing_stops_before_its_days_are_over),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
