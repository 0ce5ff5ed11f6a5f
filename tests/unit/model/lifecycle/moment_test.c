/* moment_test.c - the very moments from which the rules of a subscription hold: hours of sending, midnights, changes of the clocks. */
#include "core/model/lifecycle.h"

#include "tests/lib/test.h"

static const int64_t DAY_US = 86400LL * 1000000;
static const struct zone *shanghai;
static struct arena arena;

static int64_t at(const char *date, int hour)
{
    struct civil d;

    assert_true(civil_parse(date, &d));
    return calendar_time_us(shanghai, civil_to_days(d), hour);
}

/* Of a subscription that is active from `start` to the first day of 2027. */
static struct lifecycle_facts from(const char *start)
{
    struct lifecycle_facts f = { .state = SUB_ACTIVE, .grace_days = 7, .min_grace_days = 3, .retention_days = 90, .zone = shanghai };

    f.end_day = civil_to_days((struct civil){ 2027, 1, 1 });
    f.end_us = calendar_day_us(shanghai, f.end_day);
    f.period_start_us = f.state_entered_us = at(start, 0);
    return f;
}

static struct lifecycle_decision decide(const struct lifecycle_facts *f, int64_t now)
{
    struct lifecycle_decision d;

    lifecycle_decide(f, &lifecycle_policy_default, now, &d);
    return d;
}

/* From nine to eighteen; at eighteen it is over. 2026-12-31 is a Thursday. */
static void a_slot_is_within_the_hours_of_a_workday(void **state)
{
    const struct lifecycle_policy *p = &lifecycle_policy_default;

    (void)state;
    assert_true(lifecycle_slot(p, shanghai, at("2026-12-31", 9) - 1) == at("2026-12-31", 9));
    assert_true(lifecycle_slot(p, shanghai, at("2026-12-31", 18) - 1) == at("2026-12-31", 18) - 1);
    assert_true(lifecycle_slot(p, shanghai, at("2026-12-31", 18)) == at("2027-01-01", 9));
    assert_true(lifecycle_slot(p, shanghai, at("2027-01-01", 18)) == at("2027-01-04", 9));
}

static bool drafts(const struct lifecycle_facts *f, int64_t now)
{
    struct lifecycle_decision d = decide(f, now);

    return d.count > 0 && d.actions[0].kind == LIFECYCLE_PREFILL;
}

/* Half of the period and a midnight are less than a day apart: the later one counts. */
static void a_draft_comes_when_both_half_of_the_period_and_the_days_before_its_end_are_there(void **state)
{
    static const struct {
        const char *start;
        int hour;
    } cases[] = { { "2026-11-01", 0 }, { "2026-11-03", 12 } };

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct lifecycle_facts f = from(cases[i].start);

        assert_false(drafts(&f, at("2026-12-02", cases[i].hour) - 1));
        assert_true(drafts(&f, at("2026-12-02", cases[i].hour)));
    }
}

static void a_reported_payment_holds_three_workdays(void **state)
{
    (void)state;
    /* Thursday: Friday, Monday, Tuesday count; the hold ends with Tuesday */
    assert_true(lifecycle_reported_hold(&lifecycle_policy_default, shanghai, at("2026-11-26", 15)) ==
                at("2026-12-02", 0));
    /* where a long holiday follows, seven days */
    struct workday holidays[14];
    const struct workdays table = { holidays, 14 };
    struct lifecycle_policy p = lifecycle_policy_default;
    int64_t today = calendar_day(shanghai, at("2026-11-26", 15));
    for (int i = 0; i < 14; i++)
        holidays[i] = (struct workday){ today + 1 + i, false };
    p.workdays = &table;
    assert_true(lifecycle_reported_hold(&p, shanghai, at("2026-11-26", 15)) == at("2026-12-04", 0));
}

/* Ninety days over a change of the clocks, from an afternoon: until the midnight of that day. */
static void data_are_kept_for_civil_days(void **state)
{
    struct lifecycle_facts f = from("2026-01-01");

    (void)state;
    f.zone = zone_read("Europe/Berlin", &arena);
    f.state = SUB_SHUTDOWN;
    int64_t day = f.end_day + 7, end = calendar_day_us(f.zone, day + 90);
    f.state_entered_us = calendar_time_us(f.zone, day, 15);
    f.termination_notice_us = f.state_entered_us + DAY_US;
    assert_int_equal(0, decide(&f, end - 1).count);
    assert_true(decide(&f, end - 1).next_us == end);
    assert_int_equal(1, decide(&f, end).count);
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
        cmocka_unit_test(a_slot_is_within_the_hours_of_a_workday),
        cmocka_unit_test(a_draft_comes_when_both_half_of_the_period_and_the_days_before_its_end_are_there),
        cmocka_unit_test(a_reported_payment_holds_three_workdays),
        cmocka_unit_test(data_are_kept_for_civil_days),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
