#include "core/model/cron.h"

#include <string.h>

#include "tests/lib/test.h"

static struct cron parsed(const char *text)
{
    struct cron cron;
    struct gov_err err = { 0 };

    if (!cron_parse(text, "/cron", &cron, &err))
        fail_msg("\"%s\": %s", text, err.en);
    return cron;
}

static void lists_ranges_steps_and_names_are_sets(void **state)
{
    struct cron c = parsed("*/15,7 8-18/5 1,15 jan,MAR-may mon-fri,7");

    (void)state;
    assert_int_equal(c.minutes, 1 | 1 << 7 | 1 << 15 | 1 << 30 | UINT64_C(1) << 45);
    assert_int_equal(c.hours, 1 << 8 | 1 << 13 | 1 << 18);
    assert_int_equal(c.days, 1 << 1 | 1 << 15);
    assert_int_equal(c.months, 1 << 1 | 1 << 3 | 1 << 4 | 1 << 5);
    assert_int_equal(c.weekdays, 0x3f);
    assert_false(c.any_day || c.any_weekday);
}

static void last_days_workdays_and_numbered_weekdays_are_known(void **state)
{
    struct cron c = parsed("0 9 L,L-2,LW,15W * fri#2,3L,MONL");

    (void)state;
    assert_int_equal(c.days_before_last, 1 | 1 << 2);
    assert_true(c.last_workday);
    assert_int_equal(c.workdays, 1 << 15);
    assert_int_equal(c.nth[5], 1 << 2);
    assert_int_equal(c.nth[3], 1 << 6);
    assert_int_equal(c.nth[1], 1 << 6);
    assert_int_equal(c.weekdays, 0);
}

static void words_are_rules(void **state)
{
    struct cron a = parsed("@Weekly"), b = parsed("  0\t0 * *  0 ");

    (void)state;
    assert_memory_equal(&a, &b, sizeof a);
    assert_true(cron_hourly(&(struct cron){ .hours = parsed("@hourly").hours }));
    assert_false(cron_hourly(&a));
}

static void a_bad_rule_is_refused_with_field_and_character(void **state)
{
    static const struct {
        const char *rule, *says;
    } cases[] = {
        { "", "field 1 (minute), character 1: is missing" },
        { "0 9 * *", "field 5 (weekday), character 8: is missing" },
        { "60 * * * *", "field 1 (minute), character 1: must be a number from 0 to 59" },
        { "0 24 * * *", "field 2 (hour), character 3: must be a number from 0 to 23" },
        { "0 9 0 * *", "field 3 (day), character 5: must be a number from 1 to 31" },
        { "0 9 * foo *", "field 4 (month), character 7: must be a number from 1 to 12 or a name" },
        { "0 9 * * 8", "field 5 (weekday), character 9: must be a number from 0 to 7 or a name" },
        { "5/15 * * * *", "field 1 (minute), character 2: a step needs a range" },
        { "*/0 * * * *", "field 1 (minute), character 3: the step must be a number above 0" },
        { "*/x * * * *", "field 1 (minute), character 3: the step must be a number above 0" },
        { "0 18-8 * * *", "field 2 (hour), character 3: a range must rise" },
        { "0,,1 * * * *", "field 1 (minute), character 3: must be a number" },
        { "0 9 L- * *", "field 3 (day), character 7: must be a number" },
        { "0 9 * * mon#6", "field 5 (weekday), character 13: the number behind # must be from 1 to 5" },
        { "0 9 15X * *", "field 3 (day), character 7: is not understood here" },
        { "0 9 * * monday", "field 5 (weekday), character 9: must be a number from 0 to 7 or a name" },
        { "0 9 * * * 2026", "character 11: something follows the fifth field" },
        { "@reboot", "is none of @hourly" },
        { "@daily x", "is none of @hourly" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cron cron;
        struct gov_err err = { 0 };
        if (cron_parse(cases[i].rule, "/cron", &cron, &err))
            fail_msg("\"%s\" is taken", cases[i].rule);
        if (!strstr(err.en, cases[i].says))
            fail_msg("\"%s\": \"%s\" does not say \"%s\"", cases[i].rule, err.en, cases[i].says);
        assert_int_equal(err.code, GOV_INVALID_INPUT);
        assert_string_equal(err.path, "/cron");
        assert_true(strlen(err.zh) > 10);
    }
}

static void a_rule_that_is_too_long_is_refused(void **state)
{
    char text[CRON_TEXT_MAX + 2];
    struct cron cron;
    struct gov_err err = { 0 };

    (void)state;
    memset(text, ' ', sizeof text);
    text[sizeof text - 1] = '\0';
    assert_false(cron_parse(text, "/cron", &cron, &err));
    assert_string_equal(err.item, "length");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_ranges_steps_and_names_are_sets),
        cmocka_unit_test(last_days_workdays_and_numbered_weekdays_are_known),
        cmocka_unit_test(words_are_rules),
        cmocka_unit_test(a_bad_rule_is_refused_with_field_and_character),
        cmocka_unit_test(a_rule_that_is_too_long_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
