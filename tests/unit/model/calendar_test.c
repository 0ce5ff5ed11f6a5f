#include "core/model/calendar.h"

#include <string.h>

#include "tests/lib/test.h"

static struct civil date_of(const char *text)
{
    struct civil date;

    assert_true(civil_parse(text, &date));
    return date;
}

static int64_t day_of(const char *text)
{
    return civil_to_days(date_of(text));
}

static void starts_are_counted_from_the_anchor(void **state)
{
    static const struct {
        const char *anchor;
        enum calendar_unit unit;
        int count, index;
        const char *start;
    } table[] = {
        { "2026-01-31", CALENDAR_MONTH, 1, 1, "2026-02-28" }, { "2026-01-31", CALENDAR_MONTH, 1, 2, "2026-03-31" },
        { "2026-01-31", CALENDAR_MONTH, 1, 3, "2026-04-30" }, { "2024-01-30", CALENDAR_MONTH, 1, 1, "2024-02-29" },
        { "2024-02-29", CALENDAR_YEAR, 1, 1, "2025-02-28" },  { "2024-02-29", CALENDAR_YEAR, 1, 4, "2028-02-29" },
        { "2096-02-29", CALENDAR_YEAR, 1, 4, "2100-02-28" },  { "2026-08-31", CALENDAR_MONTH, 3, 2, "2027-02-28" },
        { "2026-12-31", CALENDAR_MONTH, 6, 1, "2027-06-30" }, { "2026-11-26", CALENDAR_DAY, 30, 12, "2027-11-21" },
        { "2026-01-31", CALENDAR_MONTH, 1, 1200, "2126-01-31" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        int64_t day;
        char text[CIVIL_TEXT_BYTES];

        assert_true(calendar_start(date_of(table[i].anchor),
                                   (struct calendar_interval){ table[i].unit, table[i].count }, table[i].index, &day));
        assert_string_equal(table[i].start, civil_format(civil_from_days(day), text));
    }
}

static void periods_meet_without_gap_and_hold_whole_days(void **state)
{
    static const char *const zones[] = { "Asia/Shanghai", "America/Sao_Paulo", "America/Havana", "Pacific/Apia",
                                         "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns" };
    struct arena arena;

    (void)state;
    arena_init(&arena);
    for (size_t z = 0; z < sizeof zones / sizeof *zones; z++) {
        const struct zone *zone = zone_read(zones[z], &arena);

        for (int64_t first = day_of("2009-10-01"); first < day_of("2012-02-01"); first += 3) {
            struct civil anchor = civil_from_days(first);
            struct calendar_period before = { 0 }, p;

            for (int64_t i = 0; i < 40; i++, before = p) {
                assert_true(calendar_period(anchor, (struct calendar_interval){ CALENDAR_MONTH, 1 }, i, zone, &p));
                assert_true(p.start_day < p.end_day && p.start_us < p.end_us);
                if (i > 0) {
                    assert_int_equal(before.end_day, p.start_day);
                    assert_true(before.end_us == p.start_us);
                }
                /* a start is the anchor's day, or the month's last where it has no such day */
                struct civil start = civil_from_days(p.start_day);
                int last = civil_days_in_month(start.year, start.month);
                assert_int_equal(anchor.day < last ? anchor.day : last, start.day);
                assert_true(calendar_day(zone, p.start_us) >= p.start_day);
                assert_true(calendar_day(zone, p.start_us - 1) < p.start_day);
            }
        }
    }
    arena_release(&arena);
}

static void a_start_beyond_the_calendar_is_refused(void **state)
{
    int64_t day;
    struct calendar_interval year = { CALENDAR_YEAR, 1 };

    (void)state;
    assert_true(calendar_start(date_of("2026-01-01"), year, 7973, &day));
    assert_false(calendar_start(date_of("2026-01-01"), year, 7974, &day));
    assert_false(calendar_start(date_of("2026-01-01"), year, INT64_MAX, &day));
    assert_false(calendar_start(date_of("2026-01-01"), year, -1, &day));
}

static void units_have_names(void **state)
{
    enum calendar_unit unit;

    (void)state;
    for (int i = CALENDAR_DAY; i <= CALENDAR_YEAR; i++) {
        assert_true(calendar_unit_parse(calendar_unit_name((enum calendar_unit)i), &unit));
        assert_int_equal(i, unit);
    }
    assert_false(calendar_unit_parse("week", &unit));
    assert_false(calendar_unit_parse(NULL, &unit));
}

/* 2026-11-28 is a Saturday; the table makes that day work and the Monday after rest. */
static void a_table_overrules_the_weekday(void **state)
{
    struct workday items[] = { { day_of("2026-11-28"), true }, { day_of("2026-11-30"), false } };
    struct workdays table = { items, 2 };

    (void)state;
    assert_false(workdays_hold(NULL, day_of("2026-11-28")));
    assert_true(workdays_hold(&table, day_of("2026-11-28")));
    assert_false(workdays_hold(&table, day_of("2026-11-29")));
    assert_false(workdays_hold(&table, day_of("2026-11-30")));
    assert_int_equal(day_of("2026-12-01"), workdays_at_or_after(&table, day_of("2026-11-29")));
    assert_int_equal(day_of("2026-11-28"), workdays_at_or_before(&table, day_of("2026-11-30")));
    assert_int_equal(day_of("2026-12-02"), workdays_add(&table, day_of("2026-11-27"), 3));
    assert_int_equal(day_of("2026-12-02"), workdays_add(NULL, day_of("2026-11-27"), 3));
    assert_int_equal(day_of("2026-11-29"), workdays_add(&table, day_of("2026-11-29"), 0));
}

static void a_year_is_known_by_its_rows(void **state)
{
    struct workday items[] = { { day_of("2025-12-31"), false }, { day_of("2027-01-01"), false } };
    struct workdays table = { items, 2 };

    (void)state;
    assert_true(workdays_know(&table, 2025));
    assert_false(workdays_know(&table, 2026));
    assert_true(workdays_know(&table, 2027));
    assert_false(workdays_know(NULL, 2026));
}

static void a_time_of_day_is_local(void **state)
{
    struct arena arena;

    (void)state;
    arena_init(&arena);
    const struct zone *shanghai = zone_read("Asia/Shanghai", &arena), *berlin = zone_read("Europe/Berlin", &arena);
    assert_true(calendar_time_us(shanghai, 0, 9) == 3600LL * 1000000);
    /* 2026-03-29, 02:00 does not exist in Berlin */
    assert_true(calendar_time_us(berlin, day_of("2026-03-29"), 9) ==
                (day_of("2026-03-29") * 86400LL + 7 * 3600) * 1000000);
    /* an hour that is not there is the moment after it, one that comes twice is the first */
    assert_true(calendar_time_us(berlin, day_of("2026-03-29"), 2) == (day_of("2026-03-29") * 86400LL + 3600) * 1000000);
    assert_true(calendar_time_us(berlin, day_of("2026-10-25"), 2) == day_of("2026-10-25") * 86400LL * 1000000);
    assert_true(calendar_time_us(berlin, day_of("2026-10-25"), 3) == (day_of("2026-10-25") * 86400LL + 2 * 3600) * 1000000);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_are_counted_from_the_anchor),
        cmocka_unit_test(periods_meet_without_gap_and_hold_whole_days),
        cmocka_unit_test(a_start_beyond_the_calendar_is_refused),
        cmocka_unit_test(units_have_names),
        cmocka_unit_test(a_table_overrules_the_weekday),
        cmocka_unit_test(a_year_is_known_by_its_rows),
        cmocka_unit_test(a_time_of_day_is_local),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
