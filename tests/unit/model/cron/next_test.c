/* next_test.c - firings whose answer can be looked up; tests/unit/cron_oracle_test.py judges the rest. */
#include "core/model/cron.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/model/slot_input.h"
#include "tests/lib/test.h"

/* The first firings after `from`, in local time, separated by blanks. */
static const char *firings(struct arena *arena, const char *rule, const char *zone_name,
                           const char *from, int count)
{
    const struct zone *zone = zone_read(zone_name, arena);
    struct cron cron;
    struct gov_err err;
    int64_t t;
    const char *all = "";

    assert_true(cron_parse(rule, "", &cron, &err));
    assert_true(clock_parse(from, &t));
    t /= 1000000;
    for (int i = 0; i < count; i++) {
        assert_true(cron_next(&cron, zone, t, &t));
        all = arena_format(arena, "%s%s%s", all, i ? " " : "", slot_local_text(t, zone, arena));
    }
    return all;
}

static void rules_fire_when_the_header_says(void **state)
{
    static const struct {
        const char *what, *rule, *zone, *from;
        int count;
        const char *expected;
    } cases[] = {
        { "a moment that fires is not its own next", "0 9 * * *", "Asia/Shanghai",
          "2026-03-01T01:00:00Z", 1, "2026-03-02T09:00:00+08:00" },
        { "workdays", "30 18 * * mon-fri", "UTC", "2026-11-27T18:30:00Z", 1,
          "2026-11-30T18:30:00+00:00" },
        { "day or weekday", "0 0 13 * fri", "UTC", "2026-11-10T00:00:00Z", 3,
          "2026-11-13T00:00:00+00:00 2026-11-20T00:00:00+00:00 2026-11-27T00:00:00+00:00" },
        { "a day that begins with * must fit as well", "0 0 */2 * mon", "UTC", "2026-11-01T00:00:00Z", 2,
          "2026-11-09T00:00:00+00:00 2026-11-23T00:00:00+00:00" },
        { "the last day", "0 0 L * *", "UTC", "2028-01-31T12:00:00Z", 2,
          "2028-02-29T00:00:00+00:00 2028-03-31T00:00:00+00:00" },
        { "the workday nearest to the 1st stays in the month", "0 0 1W * *", "UTC",
          "2026-07-15T00:00:00Z", 2, "2026-08-03T00:00:00+00:00 2026-09-01T00:00:00+00:00" },
        { "the last workday", "0 0 LW * *", "UTC", "2026-05-01T00:00:00Z", 1,
          "2026-05-29T00:00:00+00:00" },
        { "the second Monday, the last Friday", "0 0 * * mon#2,friL", "UTC", "2026-11-01T00:00:00Z", 2,
          "2026-11-09T00:00:00+00:00 2026-11-27T00:00:00+00:00" },
        { "a leap day", "0 0 29 2 *", "UTC", "2096-03-01T00:00:00Z", 1, "2104-02-29T00:00:00+00:00" },
        { "left out: once, after the jump", "30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 2,
          "2026-03-29T03:00:00+02:00 2026-03-30T02:30:00+02:00" },
        { "several left out: once together", "*/20 2 * * *", "Europe/Berlin", "2026-03-29T00:59:59Z", 2,
          "2026-03-29T03:00:00+02:00 2026-03-30T02:00:00+02:00" },
        { "twice: at the first", "30 2 * * *", "Europe/Berlin", "2026-10-25T00:00:00Z", 2,
          "2026-10-25T02:30:00+02:00 2026-10-26T02:30:00+01:00" },
        { "hourly: both passes", "30 * * * *", "Europe/Berlin", "2026-10-25T00:00:00Z", 3,
          "2026-10-25T02:30:00+02:00 2026-10-25T02:30:00+01:00 2026-10-25T03:30:00+01:00" },
        { "hourly: nothing is made up for", "30 * * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", 2,
          "2026-03-29T01:30:00+01:00 2026-03-29T03:30:00+02:00" },
        { "midnight that does not exist", "0 0 * * *", "America/Santiago", "2026-09-05T12:00:00Z", 1,
          "2026-09-06T01:00:00-03:00" },
        { "half an hour", "15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00Z", 1,
          "2026-10-04T02:30:00+11:00" },
        { "a day that does not exist", "0 12 30 12 *", "Pacific/Apia", "2011-12-29T12:00:00Z", 1,
          "2011-12-31T00:00:00+14:00" },
    };
    struct arena arena;

    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *got = firings(&arena, cases[i].rule, cases[i].zone, cases[i].from, cases[i].count);
        if (strcmp(got, cases[i].expected) != 0)
            fail_msg("%s: %s instead of %s", cases[i].what, got, cases[i].expected);
    }
    arena_release(&arena);
}

static void a_rule_that_never_fires_says_so(void **state)
{
    static const char *const rules[] = { "0 0 31 2 *", "* * 30 2 *", "0 0 */31 4 mon#5", "0 0 31W 4 *" };
    struct cron cron;
    struct gov_err err;
    int64_t next;

    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        assert_true(cron_parse(rules[i], "", &cron, &err));
        assert_false(cron_next(&cron, NULL, 1800000000, &next));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_fire_when_the_header_says),
        cmocka_unit_test(a_rule_that_never_fires_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
