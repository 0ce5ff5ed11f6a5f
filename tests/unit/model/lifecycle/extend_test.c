/* extend_test.c - what paying buys: the next period, from where and until when. */
#include "core/model/lifecycle.h"

#include "tests/lib/test.h"

static const struct zone *shanghai;
static struct arena arena;

static int64_t at(const char *date, int hour)
{
    struct civil d;

    assert_true(civil_parse(date, &d));
    return calendar_time_us(shanghai, civil_to_days(d), hour);
}

static struct lifecycle_terms month_from(const char *anchor)
{
    struct lifecycle_terms t = { .state = SUB_ACTIVE, .period_no = 1, .anchor_no = 1,
                                 .interval = { CALENDAR_MONTH, 1 }, .late = LATE_RESTART, .zone = shanghai };

    assert_true(civil_parse(anchor, &t.anchor));
    assert_true(calendar_start(t.anchor, t.interval, 1, &t.end_day));
    return t;
}

static void a_renewal_goes_on_from_the_anchor(void **state)
{
    struct lifecycle_terms t = month_from("2026-01-31");
    struct lifecycle_extension x;
    struct gov_err err;
    char text[CIVIL_TEXT_BYTES];

    (void)state;
    t.state = SUB_GRACE;
    assert_true(lifecycle_extend(&t, at("2026-03-05", 12), &x, &err));
    assert_int_equal(2, x.period_no);
    assert_string_equal("2026-02-28", civil_format(civil_from_days(x.period.start_day), text));
    assert_string_equal("2026-03-31", civil_format(civil_from_days(x.period.end_day), text));
}

/* The zone has changed since the last period was paid: its end stays, and the next is counted in the new one from there. */
static void another_zone_leaves_no_gap(void **state)
{
    struct lifecycle_terms t = month_from("2026-01-31");
    struct lifecycle_extension x;
    struct gov_err err;

    (void)state;
    t.end_us = at("2026-02-28", 0); /* in Shanghai */
    t.zone = zone_read("America/Sao_Paulo", &arena);
    assert_true(lifecycle_extend(&t, at("2026-02-10", 12), &x, &err));
    assert_true(x.period.start_us == t.end_us);
    assert_true(x.period.end_us == at("2026-03-31", 0) + 11 * 3600 * 1000000LL);
    t.state = SUB_SHUTDOWN; /* anew: nothing to go on from */
    assert_true(lifecycle_extend(&t, at("2026-05-10", 12), &x, &err));
    assert_true(x.period.start_us == at("2026-05-10", 11));
}

static void another_interval_leaves_no_gap_and_gives_no_day_away(void **state)
{
    struct lifecycle_terms t = month_from("2026-01-31");
    struct lifecycle_extension x;
    struct gov_err err;
    char text[CIVIL_TEXT_BYTES];

    (void)state;
    t.interval = (struct calendar_interval){ CALENDAR_YEAR, 1 };
    t.restart = true;
    assert_true(lifecycle_extend(&t, at("2026-02-10", 12), &x, &err)); /* now: the paid period is cut short */
    assert_string_equal("2026-02-10", civil_format(civil_from_days(x.period.start_day), text));
    t.state = SUB_GRACE;
    assert_true(lifecycle_extend(&t, at("2026-03-05", 12), &x, &err)); /* late: from where it ended */
    assert_string_equal("2026-02-28", civil_format(civil_from_days(x.period.start_day), text));
    assert_string_equal("2027-02-28", civil_format(civil_from_days(x.period.end_day), text));
    t.state = SUB_ACTIVE;
    t.restart = false;
    t.reanchor = true; /* with the next period: the one at hand stays whole */
    assert_true(lifecycle_extend(&t, at("2026-02-10", 12), &x, &err));
    assert_string_equal("2026-02-28", civil_format(civil_from_days(x.period.start_day), text));
    assert_string_equal("2027-02-28", civil_format(civil_from_days(x.period.end_day), text));
    assert_int_equal(2, x.anchor_no);
}

static void after_a_shutdown_the_late_policy_decides(void **state)
{
    struct lifecycle_terms t = month_from("2026-01-31");
    struct lifecycle_extension x;
    struct gov_err err;
    char text[CIVIL_TEXT_BYTES];

    (void)state;
    t.state = SUB_SHUTDOWN;
    assert_true(lifecycle_extend(&t, at("2026-05-10", 23), &x, &err));
    assert_string_equal("2026-05-10", civil_format(civil_from_days(x.period.start_day), text));
    assert_int_equal(2, x.anchor_no);
    t.state = SUB_CANCELLED; /* it stopped as well */
    assert_true(lifecycle_extend(&t, at("2026-05-10", 23), &x, &err));
    assert_string_equal("2026-05-10", civil_format(civil_from_days(x.period.start_day), text));
    t.late = LATE_CONTINUE;
    assert_true(lifecycle_extend(&t, at("2026-05-10", 23), &x, &err));
    assert_string_equal("2026-02-28", civil_format(civil_from_days(x.period.start_day), text));
    t.state = SUB_SHUTDOWN;
    assert_true(lifecycle_extend(&t, at("2026-05-10", 23), &x, &err));
    assert_string_equal("2026-02-28", civil_format(civil_from_days(x.period.start_day), text));
    t.state = SUB_TERMINATED;
    assert_false(lifecycle_extend(&t, at("2026-05-10", 23), &x, &err));
    assert_int_equal(GOV_CONFLICT, err.code);
}

static void the_first_period_begins_on_the_local_day(void **state)
{
    struct lifecycle_terms t = month_from("2026-01-31");
    struct lifecycle_extension x;
    struct gov_err err;
    char text[CIVIL_TEXT_BYTES];

    (void)state;
    t.period_no = 0;
    t.state = SUB_PENDING;
    /* 2026-05-10 23:30 UTC is the 11th in Shanghai */
    assert_true(lifecycle_extend(&t, at("2026-05-11", 7) + 1800LL * 1000000, &x, &err));
    assert_string_equal("2026-05-11", civil_format(civil_from_days(x.period.start_day), text));
    assert_string_equal("2026-06-11", civil_format(civil_from_days(x.period.end_day), text));
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
        cmocka_unit_test(a_renewal_goes_on_from_the_anchor),
        cmocka_unit_test(another_zone_leaves_no_gap),
        cmocka_unit_test(another_interval_leaves_no_gap_and_gives_no_day_away),
        cmocka_unit_test(after_a_shutdown_the_late_policy_decides),
        cmocka_unit_test(the_first_period_begins_on_the_local_day),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
