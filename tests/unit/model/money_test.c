#include "core/model/money.h"

#include <string.h>

#include "tests/lib/test.h"

static uint64_t seed = 88172645463325252u;

static int64_t any(int64_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (int64_t)(seed % (uint64_t)below);
}

static void amounts_are_read_exactly(void **state)
{
    static const struct {
        const char *text, *currency;
        int64_t minor;
    } table[] = {
        { "0", "CNY", 0 }, { "1", "CNY", 100 }, { "1.5", "CNY", 150 }, { "0.01", "CNY", 1 }, { "-0.01", "CNY", -1 },
        { "1234", "JPY", 1234 }, { "1.234", "KWD", 1234 }, { "1.2345", "CLF", 12345 }, { "007.10", "USD", 710 },
        { "92233720368547758.07", "CNY", INT64_MAX }, { "-92233720368547758.08", "CNY", INT64_MIN },
    };
    struct gov_err err;

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        int64_t minor = 42;

        if (!money_parse(table[i].text, table[i].currency, &minor, &err) || minor != table[i].minor)
            fail_msg("%s %s: %lld", table[i].text, table[i].currency, (long long)minor);
    }
}

static void what_is_no_amount_is_refused_and_writes_nothing(void **state)
{
    static const char *const table[][2] = {
        { "", "CNY" }, { "-", "CNY" }, { ".5", "CNY" }, { "1.", "CNY" }, { "1.005", "CNY" }, { "1.000", "CNY" },
        { "1.0", "JPY" }, { "1,000", "CNY" }, { " 1", "CNY" }, { "1 ", "CNY" }, { "+1", "CNY" }, { "1e3", "CNY" },
        { "1.2.3", "CNY" }, { "0x10", "CNY" }, { "--1", "CNY" }, { "92233720368547758.08", "CNY" },
        { "-92233720368547758.09", "CNY" }, { "99999999999999999999", "JPY" }, { "1", "XYZ" }, { "1", "cny" },
        { "1", "" }, { "NaN", "USD" }, { "\xef\xbc\x91", "CNY" },
    };
    struct gov_err err;

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        int64_t minor = 42;

        if (money_parse(table[i][0], table[i][1], &minor, &err) || minor != 42)
            fail_msg("\"%s\" %s is taken for an amount", table[i][0], table[i][1]);
        assert_int_equal(GOV_INVALID_INPUT, err.code);
    }
}

static void what_is_written_reads_back(void **state)
{
    char text[MONEY_TEXT_BYTES];
    struct gov_err err;

    (void)state;
    for (size_t c = 0; money_currency(c); c++) {
        const char *currency = money_currency(c);

        assert_true(c == 0 || strcmp(money_currency(c - 1), currency) < 0);
        for (int i = 0; i < 300; i++) {
            int64_t minor = i == 0 ? INT64_MIN : i == 1 ? INT64_MAX : any(1000000) - 500000, back;

            assert_true(money_parse(money_format(minor, currency, text), currency, &back, &err));
            assert_int_equal(minor, back);
        }
    }
    assert_string_equal("-0.05", money_format(-5, "CNY", text));
    assert_string_equal("-5", money_format(-5, "JPY", text));
}

static void nothing_wraps(void **state)
{
    int64_t r = 7;

    (void)state;
    assert_false(money_add(INT64_MAX, 1, &r));
    assert_false(money_add(INT64_MIN, -1, &r));
    assert_false(money_multiply(INT64_MAX / 2, 3, &r));
    assert_false(money_multiply(INT64_MIN, -1, &r));
    assert_false(money_share(INT64_MAX, 3, 2, &r));
    assert_int_equal(7, r);
    assert_true(money_share(INT64_MAX, INT64_MAX, INT64_MAX, &r));
    assert_true(r == INT64_MAX);
}

static void a_share_is_rounded_half_to_even(void **state)
{
    static const int64_t table[][4] = {
        { 1, 1, 2, 0 }, { 3, 1, 2, 2 }, { 5, 1, 2, 2 }, { 7, 1, 2, 4 }, { -1, 1, 2, 0 }, { -3, 1, 2, -2 },
        { 10000, 10, 31, 3226 }, { 10000, 15, 28, 5357 }, { 99, 0, 30, 0 }, { 99, 30, 30, 99 }, { 2, 1, 3, 1 },
        { 1, 1, 3, 0 }, { 29900, 7, 30, 6977 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        int64_t share;

        assert_true(money_share(table[i][0], table[i][1], table[i][2], &share));
        assert_int_equal(table[i][3], share);
    }
}

/* Somebody changes his edition again and again, also several times a day: what he paid is what he used up and what he has. */
static void changes_of_edition_lose_and_double_no_unit(void **state)
{
    (void)state;
    for (int chain = 0; chain < 2000; chain++) {
        int64_t first = 0, today = 0, days = 28, worth = 29900, paid = worth, used = 0;

        for (int change = 0; change < 8; change++) {
            int64_t price, rest, before;

            today += any(4) * any(16);
            assert_true(money_rest(worth, first, first + days, today, &rest));
            assert_in_range(rest, 0, worth);
            assert_true(money_rest(worth, first, first + days, today + 1, &before));
            assert_true(before <= rest);
            if (today == first)
                assert_int_equal(rest, worth);
            if (today >= first + days)
                assert_int_equal(rest, 0);
            price = rest + 1 + any(65536);
            paid += price - rest;
            used += worth - rest;
            worth = price;
            first = today;
            days = 28 + any(512);
        }
        assert_int_equal(paid, used + worth);
    }
}

static void tax_and_net_are_the_total(void **state)
{
    struct money_taxed t;

    (void)state;
    assert_true(money_tax(11300, 1300, true, &t));
    assert_int_equal(10000, t.net);
    assert_int_equal(1300, t.tax);
    assert_true(money_tax(10000, 600, false, &t));
    assert_int_equal(10600, t.total);
    assert_true(money_tax(999, 0, true, &t));
    assert_int_equal(0, t.tax);
    assert_false(money_tax(INT64_MAX, 1, false, &t));
    assert_false(money_tax(1, -1, true, &t));
    for (int i = 0; i < 10000; i++) {
        assert_true(money_tax(any(10000000), any(10001), i % 2, &t));
        assert_int_equal(t.total, t.net + t.tax);
        assert_true(t.net >= 0 && t.tax >= 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amounts_are_read_exactly),
        cmocka_unit_test(what_is_no_amount_is_refused_and_writes_nothing),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(nothing_wraps),
        cmocka_unit_test(a_share_is_rounded_half_to_even),
        cmocka_unit_test(changes_of_edition_lose_and_double_no_unit),
        cmocka_unit_test(tax_and_net_are_the_total),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
