#include "core/base/civil.h"

#include <string.h>

#include "tests/lib/test.h"

static void every_day_of_800_years_follows_the_one_before(void **state)
{
    struct civil expected = { 1600, 1, 1 };

    (void)state;
    for (int64_t day = civil_to_days(expected); expected.year < 2400; day++) {
        struct civil got = civil_from_days(day);

        assert_int_equal(0, civil_compare(expected, got));
        assert_int_equal(day, civil_to_days(got));
        if (++expected.day > civil_days_in_month(expected.year, expected.month)) {
            expected.day = 1;
            if (++expected.month > 12) {
                expected.month = 1;
                expected.year++;
            }
        }
    }
}

static void months_are_added_to_the_day_that_is_kept(void **state)
{
    static const struct {
        const char *from;
        int months;
        const char *to;
    } table[] = {
        { "2026-01-31", 1, "2026-02-28" }, { "2026-01-31", 2, "2026-03-31" },
        { "2024-01-31", 1, "2024-02-29" }, { "2024-02-29", 12, "2025-02-28" },
        { "2024-02-29", 48, "2028-02-29" }, { "2023-12-31", 2, "2024-02-29" },
        { "2100-01-30", 1, "2100-02-28" }, { "2000-01-30", 1, "2000-02-29" },
        { "2026-03-31", -1, "2026-02-28" }, { "2026-05-31", 6, "2026-11-30" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct civil date;
        char text[CIVIL_TEXT_BYTES];

        assert_true(civil_parse(table[i].from, &date));
        assert_string_equal(table[i].to, civil_format(civil_add_months(date, table[i].months), text));
    }
}

static void only_dates_are_dates(void **state)
{
    static const char *const bad[] = { "", "2026-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "2026-01-01 ",
                                       "0000-01-01", "2026/01/01", "2100-02-29", "2026-04-31", "20260101" };
    struct civil date;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (civil_parse(bad[i], &date))
            fail_msg("\"%s\" is taken for a date", bad[i]);
    assert_true(civil_parse("2400-02-29", &date));
}

static void seconds_before_1970_belong_to_the_day_before(void **state)
{
    (void)state;
    assert_int_equal(-1, civil_day_of(-1));
    assert_int_equal(-1, civil_day_of(-86400));
    assert_int_equal(-2, civil_day_of(-86401));
    assert_int_equal(0, civil_day_of(86399));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_of_800_years_follows_the_one_before),
        cmocka_unit_test(months_are_added_to_the_day_that_is_kept),
        cmocka_unit_test(only_dates_are_dates),
        cmocka_unit_test(seconds_before_1970_belong_to_the_day_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
