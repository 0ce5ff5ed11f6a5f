#include "tests/lib/test.h"

#include "core/store/outbox/delivery.h"

static void a_webhook_is_tried_ten_times_in_the_schedule_of_its_standard(void **state)
{
    static const int64_t waits[] = { 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400, 0, 0 };

    (void)state;
    for (int n = 1; n <= 11; n++)
        assert_int_equal(waits[n - 1], delivery_backoff_s("webhook", n, 0));
}

static void any_other_channel_is_tried_until_its_message_is_too_old(void **state)
{
    static const int64_t waits[] = { 60, 300, 1800, 7200, 21600, 43200, 86400, 86400, 86400 };
    static const char *const kinds[] = { "smtp", "wecom", "sms", NULL };

    (void)state;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (int n = 1; n <= 9; n++)
            assert_int_equal(waits[n - 1], delivery_backoff_s(kinds[k], n, 0));
    assert_int_equal(60, delivery_backoff_s("smtp", 0, 0));
}

static void a_wait_grows_by_a_tenth_at_most(void **state)
{
    (void)state;
    for (uint32_t random = 0; random < 100000; random += 37) {
        assert_in_range(delivery_backoff_s("webhook", 2, random), 300, 330);
        assert_in_range(delivery_backoff_s("webhook", 1, random), 5, 5);
        assert_in_range(delivery_backoff_s("smtp", 7, random), 86400, 95040);
    }
    assert_int_equal(330, delivery_backoff_s("webhook", 2, 30));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_webhook_is_tried_ten_times_in_the_schedule_of_its_standard),
        cmocka_unit_test(any_other_channel_is_tried_until_its_message_is_too_old),
        cmocka_unit_test(a_wait_grows_by_a_tenth_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
