#include "core/base/zone.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "core/base/zone_rule.h"
#include "tests/lib/test.h"

static void names_of_zones_are_known(void **state)
{
    (void)state;
    assert_true(zone_known("UTC"));
    assert_true(zone_known("Europe/Paris"));
    assert_true(zone_known("Asia/Shanghai"));
    assert_true(zone_known("America/Argentina/Buenos_Aires"));
    assert_true(zone_known("Etc/GMT+3"));
}

static void what_is_no_zone_is_not_known(void **state)
{
    static const char *const names[] = {
        "", "Mars/Phobos", "Asia", "America/Argentina", "/etc/passwd", "../../../etc/passwd",
        "Europe/../UTC", "zone.tab", "leapseconds", "localtime", "posix/Europe/Paris", "right/UTC",
        "Europe/Paris ", "a very long name that no zone of the world has had so far ........",
    };

    (void)state;
    assert_false(zone_known(NULL));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (zone_known(names[i]))
            fail_msg("\"%s\" is taken for a zone", names[i]);
}

static void a_dates_first_moment_is_the_one_that_python_finds(void **state)
{
    FILE *oracle = popen("/usr/bin/python3 -B " SOURCE_DIR "/tests/lib/zone_oracle.py", "r");
    struct arena arena;
    char name[64], last[64] = "";
    const struct zone *zone = NULL;
    int64_t day, first, offset;
    int lines = 0;

    (void)state;
    arena_init(&arena);
    assert_non_null(oracle);
    while (fscanf(oracle, "%63s %" SCNd64 " %" SCNd64 " %" SCNd64, name, &day, &first, &offset) == 4) {
        if (strcmp(name, last) != 0) {
            zone = zone_read(name, &arena);
            snprintf(last, sizeof last, "%s", name);
        }
        if (!zone || zone_day_start(zone, day) != first || zone_offset(zone, first) != offset)
            fail_msg("%s day %lld: %lld and %d, not %lld and %lld", name, (long long)day,
                     (long long)zone_day_start(zone, day), zone_offset(zone, first),
                     (long long)first, (long long)offset);
        assert_true(zone_day(zone, first) >= day);
        assert_true(zone_day(zone, first - 1) < day);
        lines++;
    }
    assert_int_equal(0, pclose(oracle));
    assert_true(lines > 4000);
    arena_release(&arena);
}

static void utc_has_no_offset(void **state)
{
    (void)state;
    assert_int_equal(0, zone_offset(NULL, 1234567890));
    assert_int_equal(86400, zone_day_start(NULL, 1));
    assert_int_equal(-1, zone_day(NULL, -1));
}

static void rules_that_are_none_are_refused(void **state)
{
    static const char *const good[] = { "UTC0", "<+0330>-3:30", "CST6CDT,M3.2.0,M11.1.0", "EET-2EEST,J1/0,J365/25" };
    static const char *const bad[] = { "", "X-1", "CST", "CST6CDT", "CST6CDT,M3.2.0", "CST6CDT,M13.1.0,M1.1.0",
                                       "CST6CDT,M3.0.0,M11.1.0", "<+03-3", "CST999", "CST6CDT,M3.2.0,M11.1.0x" };
    struct zone_rule rule;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!zone_rule_parse(good[i], strlen(good[i]), &rule))
            fail_msg("%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (zone_rule_parse(bad[i], strlen(bad[i]), &rule))
            fail_msg("%s", bad[i]);
}

/* A zone that cannot be looked at just now is not an unknown one, and nobody goes on by another's clock. */
static void a_file_that_cannot_be_opened_makes_no_zone_unknown(void **state)
{
    struct rlimit kept, none;
    const struct zone *zone = NULL;
    struct gov_err err = { 0 };
    struct arena arena;

    (void)state;
    arena_init(&arena);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &kept), 0);
    none = (struct rlimit){ 0, kept.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    bool known = zone_known("Asia/Tokyo"), taken = zone_take("Asia/Tokyo", &arena, &zone, &err);
    bool utc = zone_take("UTC", &arena, &zone, &err) && zone_take(NULL, &arena, &zone, &err);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &kept), 0);
    assert_true(known);
    assert_false(taken);
    assert_int_equal(err.code, GOV_OVERLOADED);
    assert_true(utc);
    assert_true(zone_take("Asia/Tokyo", &arena, &zone, &err));
    assert_int_equal(zone_offset(zone, 0), 9 * 3600);
    assert_false(zone_known("Asia/Tokio"));
    assert_false(zone_known("Asia"));
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_that_cannot_be_opened_makes_no_zone_unknown),
        cmocka_unit_test(names_of_zones_are_known),
        cmocka_unit_test(what_is_no_zone_is_not_known),
        cmocka_unit_test(a_dates_first_moment_is_the_one_that_python_finds),
        cmocka_unit_test(utc_has_no_offset),
        cmocka_unit_test(rules_that_are_none_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
