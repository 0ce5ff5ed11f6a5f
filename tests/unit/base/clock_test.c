#include "core/base/clock.h"

#include <string.h>

#include "tests/lib/test.h"

#define S 1000000LL

static void moments_are_written_in_utc_with_microseconds(void **state)
{
    static const struct {
        int64_t us;
        const char *text;
    } cases[] = {
        { 0, "1970-01-01T00:00:00.000000Z" },
        { 1, "1970-01-01T00:00:00.000001Z" },
        { -1, "1969-12-31T23:59:59.999999Z" },
        { 951782400 * S, "2000-02-29T00:00:00.000000Z" },
        { 1774944000 * S + 123456, "2026-03-31T08:00:00.123456Z" },
        { 4107542399 * S, "2100-02-28T23:59:59.000000Z" },
        { 4107542400 * S, "2100-03-01T00:00:00.000000Z" },
        { 253402300799 * S, "9999-12-31T23:59:59.000000Z" },
        { -62135596800 * S, "0001-01-01T00:00:00.000000Z" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[CLOCK_TEXT_BYTES];
        int64_t us;
        assert_string_equal(clock_format(cases[i].us, text), cases[i].text);
        assert_true(clock_parse(text, &us));
        assert_true(us == cases[i].us);
    }
}

static void offsets_fractions_and_leap_seconds_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t us;
    } cases[] = {
        { "1970-01-01T08:00:00+08:00", 0 },
        { "1969-12-31T18:30:00-05:30", 0 },
        { "1970-01-01t00:00:00z", 0 },
        { "1970-01-01 00:00:00Z", 0 },
        { "1970-01-01T00:00:00.5Z", 500000 },
        { "1970-01-01T00:00:00.123456789Z", 123456 },
        { "1970-01-01T00:00:00-00:00", 0 },
        { "1998-12-31T23:59:60Z", 915148800 * S },
        { "1990-12-31T15:59:60-08:00", 662688000 * S },
        { "2016-06-30T23:59:60Z", 1467331200 * S },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t us = -1;
        if (!clock_parse(cases[i].text, &us) || us != cases[i].us)
            fail_msg("%s: %lld", cases[i].text, (long long)us);
    }
}

static void what_is_no_moment_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "2026",
        "2026-03-31",
        "2026-03-31T08:00:00",
        "2026-03-31T08:00Z",
        "2026-3-31T08:00:00Z",
        "2026-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-02-31T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-01-32T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:61Z",
        "2026-01-01T10:20:60Z",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00.1234567890Z",
        "2026-01-01T00:00:00+24:00",
        "2026-01-01T00:00:00+08:60",
        "2026-01-01T00:00:00+0800",
        "2026-01-01T00:00:00Zx",
        " 2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00 Z",
        "-026-01-01T00:00:00Z",
        "2026-01-01T00:00:-1Z",
        "tomorrow",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t us;
        if (clock_parse(bad[i], &us))
            fail_msg("\"%s\" was taken", bad[i]);
    }
}

static void the_monotonic_clock_does_not_go_back(void **state)
{
    (void)state;
    int64_t last = clock_mono_us();
    for (int i = 0; i < 1000; i++) {
        int64_t now = clock_mono_us();
        assert_true(now >= last);
        last = now;
    }
    assert_true(clock_now_us() > 1700000000 * S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_are_written_in_utc_with_microseconds),
        cmocka_unit_test(offsets_fractions_and_leap_seconds_are_read),
        cmocka_unit_test(what_is_no_moment_is_refused),
        cmocka_unit_test(the_monotonic_clock_does_not_go_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
