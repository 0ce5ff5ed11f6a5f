/* lifecycle_policy_test.c - policies that people change: what was dealt with stays so, what is past is not made up for, and windows
 * are read with a word for each fault. */
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

/* A year that ends at the end of 2026. */
static struct lifecycle_facts a_year(void)
{
    struct lifecycle_facts f = { .state = SUB_ACTIVE, .grace_days = 7, .min_grace_days = 3, .retention_days = 90, .zone = shanghai };

    f.end_day = 20454; /* 2026-01-01 */
    f.period_start_us = f.state_entered_us = calendar_day_us(shanghai, f.end_day);
    f.end_day += 365;
    f.end_us = calendar_day_us(shanghai, f.end_day);
    return f;
}

static struct lifecycle_policy policy_any(void)
{
    struct lifecycle_policy p = lifecycle_policy_default;
    int days = 1 + (int)any(4), count = 0;

    for (; days < 60 && count < LIFECYCLE_BEFORE_MAX; days += 1 + (int)any(20))
        p.before_days[count++] = days;
    for (int i = 0; i < count / 2; i++) {
        int other = p.before_days[i];
        p.before_days[i] = p.before_days[count - 1 - i];
        p.before_days[count - 1 - i] = other;
    }
    for (; count < LIFECYCLE_BEFORE_MAX; count++)
        p.before_days[count] = 0;
    return p;
}

static bool has(const struct lifecycle_policy *p, int days)
{
    for (int i = 0; i < LIFECYCLE_BEFORE_MAX && p->before_days[i]; i++)
        if (p->before_days[i] == days)
            return true;
    return false;
}

static void a_policy_that_changes_repeats_nothing_and_makes_up_for_nothing(void **state)
{
    (void)state;
    for (int round = 0; round < 800; round++) {
        struct lifecycle_policy old = policy_any(), new = policy_any();
        struct lifecycle_facts f = a_year();
        struct lifecycle_decision d;
        int dealt[LIFECYCLE_BEFORE_DAYS_MAX] = { 0 };

        f.end_day += any(300);
        f.end_us = calendar_day_us(shanghai, f.end_day);
        int64_t change = f.end_us - 5 * HOUR_US - any(70 * 24) * HOUR_US;
        for (int i = 0; i < LIFECYCLE_BEFORE_MAX && new.before_days[i]; i++)
            new.before_since_us[i] = has(&old, new.before_days[i]) ? 0 : change;
        for (int64_t now = f.end_us - 75 * DAY_US; now < f.end_us; now += 2 * HOUR_US) {
            const struct lifecycle_policy *p = now < change ? &old : &new;

            lifecycle_decide(&f, p, now, &d);
            for (size_t i = 0; i < d.count; i++)
                if (d.actions[i].window < WINDOW_END)
                    dealt[p->before_days[d.actions[i].window]]++;
            assert_true(!d.next_us || d.next_us > now);
            assert_true(d.next_us - now > 1 || d.count); /* a window that is not meant is not waited for */
            f = d.after;
        }
        for (int days = 1; days < 60; days++) {
            int64_t due = calendar_time_us(shanghai, workdays_at_or_before(NULL, f.end_day - days), 9);

            assert_true(dealt[days] <= 1);
            if (has(&new, days) && (has(&old, days) || due > change))
                assert_int_equal(1, dealt[days]);
            if (has(&new, days) && !has(&old, days) && due <= change)
                assert_int_equal(0, dealt[days]);
            if (!has(&new, days) && (!has(&old, days) || due >= change))
                assert_int_equal(0, dealt[days]);
        }
    }
}

static void what_was_written_by_place_is_read_by_place(void **state)
{
    struct lifecycle_facts f = a_year();
    struct lifecycle_decision d;

    (void)state;
    f.done = 1u << WINDOW_PREFILL | 7; /* T-30, T-15, T-7, as it was kept before the days were */
    lifecycle_decide(&f, &lifecycle_policy_default, f.end_us - 5 * DAY_US, &d);
    assert_int_equal(0, d.count);
    f.done = 1u << WINDOW_PREFILL | 3;
    lifecycle_decide(&f, &lifecycle_policy_default, f.end_us - 5 * DAY_US, &d);
    assert_int_equal(1, d.count);
    assert_int_equal(2, d.actions[0].window); /* T-7 */
    assert_int_equal(128 - 7, d.after.done >> LIFECYCLE_BEFORE_SHIFT);
}

static const char *windows(const char *text)
{
    static struct gov_err err;
    struct lifecycle_policy p = lifecycle_policy_default;
    json_t *list = json_loads(text, 0, NULL);
    bool good = lifecycle_windows_read(list, &p, &err);

    json_decref(list);
    if (good)
        assert_true(p.before_days[0] == 20 || p.before_days[0] == 0);
    else
        assert_true(err.zh[0] && strstr(err.path, "/windows"));
    return good ? "" : err.en;
}

static void windows_are_read_in_order_and_none_that_must_be_is_left_out(void **state)
{
    (void)state;
    assert_string_equal("", windows("[\"T-20\", \"T-1\", \"T0\", \"G-HALF\", \"G-1\", \"SHUTDOWN\", \"R-7\"]"));
    assert_string_equal("", windows("[\"T0\", \"G-HALF\", \"G-1\", \"SHUTDOWN\", \"R-7\"]"));
    assert_non_null(strstr(windows("[\"T0\", \"G-HALF\", \"SHUTDOWN\", \"R-7\"]"), "G-1 cannot be removed"));
    assert_non_null(strstr(windows("[\"T0\", \"G-HALF\", \"G-1\", \"SHUTDOWN\"]"), "R-7 cannot be removed"));
    assert_non_null(strstr(windows("[\"T-3\"]"), "T0 cannot be removed"));
    assert_non_null(strstr(windows("[]"), "T0 cannot be removed"));
    assert_non_null(strstr(windows("[\"T-3\", \"T-7\", \"T0\", \"G-HALF\", \"G-1\", \"SHUTDOWN\", \"R-7\"]"), "T-7: windows stand in the order"));
    assert_non_null(strstr(windows("[\"T-3\", \"T-3\", \"T0\", \"G-HALF\", \"G-1\", \"SHUTDOWN\", \"R-7\"]"), "in the order"));
    assert_non_null(strstr(windows("[\"T0\", \"T-3\", \"G-HALF\", \"G-1\", \"SHUTDOWN\", \"R-7\"]"), "in the order"));
    assert_non_null(strstr(windows("[\"T0\", \"G-1\", \"G-HALF\", \"SHUTDOWN\", \"R-7\"]"), "G-HALF"));
    assert_non_null(strstr(windows("[\"T-121\", \"T0\", \"G-HALF\", \"G-1\", \"SHUTDOWN\", \"R-7\"]"), "at most 120"));
    assert_non_null(strstr(windows("[\"T-9\",\"T-8\",\"T-7\",\"T-6\",\"T-5\",\"T-4\",\"T-3\",\"T-2\",\"T-1\",\"T0\",\"G-HALF\",\"G-1\",\"SHUTDOWN\",\"R-7\"]"),
                           "at most 8"));
    static const char *const none[] = { "[\"T-0\"]", "[\"T-03\"]", "[\"T-\"]", "[\"t-3\"]", "[\"T-3d\"]", "[\"T-99999\"]", "[3]", "[null]", "[\"PREFILL\"]" };
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_non_null(strstr(windows(none[i]), "is no window"));
}

static int setup(void **state)
{
    (void)state;
    shanghai = zone_read("Asia/Shanghai", &arena);
    return 0;
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
        cmocka_unit_test(a_policy_that_changes_repeats_nothing_and_makes_up_for_nothing),
        cmocka_unit_test(what_was_written_by_place_is_read_by_place),
        cmocka_unit_test(windows_are_read_in_order_and_none_that_must_be_is_left_out),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
