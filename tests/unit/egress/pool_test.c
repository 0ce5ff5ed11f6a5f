/* Rate and breaker, with the clock in the test's hand. */
#include "worker/egress/daemon/pool.h"

#include "tests/lib/test.h"

enum { SECOND = 1000000 };

static void a_rate_allows_a_burst_and_then_its_pace(void **state)
{
    struct pool pool = { .tokens = 1e9 };
    int64_t wait, now = SECOND;
    int taken = 0;

    (void)state;
    while (pool_rate_take(&pool, 60, now, &wait))
        taken++;
    assert_int_equal(taken, 6); /* a tenth of a minute's worth */
    assert_in_range(wait, 900, 1001);
    assert_false(pool_rate_take(&pool, 60, now + SECOND / 2, &wait));
    assert_true(pool_rate_take(&pool, 60, now + SECOND + SECOND / 100, &wait));
    assert_false(pool_rate_take(&pool, 60, now + SECOND + SECOND / 100, &wait));
    for (taken = 0; pool_rate_take(&pool, 60, now + 3600LL * SECOND, &wait); taken++) {
    }
    assert_int_equal(taken, 6); /* an idle hour saves no more */
}

static void five_failures_in_a_row_pause_and_one_call_tries(void **state)
{
    struct pool pool = { 0 };
    int64_t wait, now = SECOND;

    (void)state;
    for (int i = 0; i < 4; i++)
        pool_breaker_note(&pool, false, now);
    assert_true(pool_breaker_lets(&pool, now, &wait));
    pool_breaker_note(&pool, true, now);
    for (int i = 0; i < 5; i++) {
        assert_true(pool_breaker_lets(&pool, now, &wait));
        pool_breaker_note(&pool, false, now);
    }
    assert_false(pool_breaker_lets(&pool, now, &wait));
    assert_in_range(wait, 4999, 5001);
    now += 5 * SECOND;
    assert_true(pool_breaker_lets(&pool, now, &wait));  /* the one that tries */
    assert_false(pool_breaker_lets(&pool, now, &wait)); /* the others wait for it */
    pool_breaker_note(&pool, false, now);
    assert_false(pool_breaker_lets(&pool, now + 9 * SECOND, &wait)); /* twice as long */
    assert_true(pool_breaker_lets(&pool, now + 10 * SECOND, &wait));
    pool_breaker_note(&pool, true, now + 10 * SECOND);
    assert_true(pool_breaker_lets(&pool, now + 10 * SECOND, &wait));
    assert_true(pool_breaker_lets(&pool, now + 10 * SECOND, &wait));
}

static void a_pause_grows_to_two_minutes_at_most(void **state)
{
    struct pool pool = { 0 };
    int64_t wait, now = SECOND;

    (void)state;
    for (int i = 0; i < 30; i++)
        pool_breaker_note(&pool, false, now);
    assert_false(pool_breaker_lets(&pool, now, &wait));
    assert_in_range(wait, 119000, 120001);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rate_allows_a_burst_and_then_its_pace),
        cmocka_unit_test(five_failures_in_a_row_pause_and_one_call_tries),
        cmocka_unit_test(a_pause_grows_to_two_minutes_at_most),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
