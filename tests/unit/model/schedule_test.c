#include "core/model/schedule.h"

#include <string.h>

#include "tests/lib/test.h"

enum { NINE = 1795770000 /* 2026-11-27T09:00:00Z */, DAY_S = 86400 };

static struct schedule_due decided(const char *rule, enum schedule_catch_up catch_up, int64_t first_s,
                                   int64_t now_s)
{
    static struct schedule_due due;
    struct cron cron;
    struct gov_err err;

    assert_true(cron_parse(rule, "", &cron, &err));
    schedule_decide(&cron, NULL, catch_up, first_s, now_s, &due);
    return due;
}

static void a_slot_in_time_fires_whatever_the_mode(void **state)
{
    (void)state;
    for (int mode = 0; mode < CATCH_UP_COUNT; mode++) {
        struct schedule_due due = decided("0 9 * * *", (enum schedule_catch_up)mode, NINE, NINE + 7);
        assert_true(due.fires && due.fire_s == NINE && due.passed_count == 0 && !due.more);
        assert_int_equal(due.next_s, NINE + DAY_S);
    }
}

static void after_an_outage_each_mode_keeps_its_word(void **state)
{
    int64_t now = NINE + 2 * DAY_S + 3600;
    struct schedule_due due = decided("0 9 * * *", CATCH_UP_COALESCE, NINE, now);

    (void)state;
    assert_true(due.fires && !due.more);
    assert_int_equal(due.fire_s, NINE + 2 * DAY_S);
    assert_int_equal(due.passed_count, 2);
    assert_int_equal(due.passed[0].slot_s, NINE);
    assert_int_equal(due.passed[1].reason, REASON_COALESCED);
    due = decided("0 9 * * *", CATCH_UP_SKIP, NINE, now);
    assert_false(due.fires);
    assert_int_equal(due.passed_count, 3);
    assert_int_equal(due.passed[2].reason, REASON_LATE);
    due = decided("0 9 * * *", CATCH_UP_ALL, NINE, now);
    assert_true(due.fires && due.more && due.passed_count == 0);
    assert_int_equal(due.fire_s, NINE);
    assert_int_equal(due.next_s, NINE + DAY_S);
}

static void a_long_outage_is_bounded(void **state)
{
    int64_t now = NINE + 400 * DAY_S;
    struct schedule_due due = decided("* * * * *", CATCH_UP_ALL, NINE, now);

    (void)state;
    assert_int_equal(due.passed_count, 1);
    assert_int_equal(due.passed[0].slot_s, NINE);
    assert_int_equal(due.passed[0].reason, REASON_OUTAGE);
    assert_int_equal(due.fire_s, now - (SCHEDULE_KEPT - 1) * 60);
    due = decided("* * * * *", CATCH_UP_SKIP, NINE, now + 30);
    assert_true(due.fires);
    assert_int_equal(due.fire_s, now);
    assert_int_equal(due.passed_count, SCHEDULE_KEPT);
    due = decided("0 9 * * *", CATCH_UP_SKIP, NINE, now + 3600);
    assert_false(due.fires);
    assert_int_equal(due.passed_count, SCHEDULE_KEPT + 1);
}

static void every_reason_has_a_word_and_both_texts(void **state)
{
    (void)state;
    for (int r = REASON_NONE + 1; r < REASON_COUNT; r++) {
        struct gov_text text = schedule_reason_text((enum schedule_reason)r);
        assert_true(*schedule_reason_name((enum schedule_reason)r) && *text.en && *text.zh);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slot_in_time_fires_whatever_the_mode),
        cmocka_unit_test(after_an_outage_each_mode_keeps_its_word),
        cmocka_unit_test(a_long_outage_is_bounded),
        cmocka_unit_test(every_reason_has_a_word_and_both_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
