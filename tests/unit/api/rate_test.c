#include "api/rate.h"

#include <stdio.h>

#include "core/io/crypto/crypto.h"
#include "tests/lib/test.h"

static const struct rate_limit ten_a_second = { 10, 1000000 };

static int setup(void **state)
{
    static struct rate_table table;
    struct gov_err err;

    assert_true(crypto_init(&err));
    rate_table_init(&table);
    *state = &table;
    return 0;
}

static int teardown(void **state)
{
    rate_table_release(*state);
    return 0;
}

static struct rate_verdict take(void **state, const char *name, int64_t now_us)
{
    struct rate_verdict v;

    rate_take(*state, &ten_a_second, 't', name, now_us, &v);
    return v;
}

static void a_burst_is_admitted_and_the_next_call_refused(void **state)
{
    for (int i = 9; i >= 0; i--) {
        struct rate_verdict v = take(state, "burst", 5000000);
        assert_true(v.admitted);
        assert_int_equal(v.limit, 10);
        assert_int_equal(v.remaining, i);
    }
    struct rate_verdict v = take(state, "burst", 5000000);
    assert_false(v.admitted);
    assert_int_equal(v.remaining, 0);
    assert_int_equal(v.retry_s, 1);
    assert_int_equal(v.reset_s, 1);
}

static void it_refills_steadily(void **state)
{
    for (int i = 0; i < 10; i++)
        take(state, "steady", 5000000);
    assert_false(take(state, "steady", 5099999).admitted);
    assert_true(take(state, "steady", 5100000).admitted);
    assert_false(take(state, "steady", 5100001).admitted);
    assert_int_equal(take(state, "steady", 60000000).remaining, 9);
}

static void a_refusal_costs_nothing(void **state)
{
    for (int i = 0; i < 100; i++)
        take(state, "eager", 5000000);
    assert_true(take(state, "eager", 5100000).admitted);
}

static void one_caller_does_not_use_up_anothers(void **state)
{
    struct rate_verdict v;

    for (int i = 0; i < 11; i++)
        take(state, "loud", 5000000);
    assert_true(take(state, "quiet", 5000000).admitted);
    rate_take(*state, &ten_a_second, 'a', "loud", 5000000, &v); /* an address is no token */
    assert_true(v.admitted);
}

/* A flood of names makes room for itself at the cost of who is nearest to full, and stays in its memory. */
static void a_million_names_fit(void **state)
{
    char name[24];

    for (int i = 0; i < 1000000; i++) {
        snprintf(name, sizeof name, "name-%d", i);
        assert_true(take(state, name, 7000000 + i).admitted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_burst_is_admitted_and_the_next_call_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(it_refills_steadily, setup, teardown),
        cmocka_unit_test_setup_teardown(a_refusal_costs_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(one_caller_does_not_use_up_anothers, setup, teardown),
        cmocka_unit_test_setup_teardown(a_million_names_fit, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
