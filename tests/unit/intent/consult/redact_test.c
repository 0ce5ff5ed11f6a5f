/* What a model endpoint gets to read of a person's words. */
#include "tests/lib/test.h"
#include "worker/intent/consult/redact.h"

static void nothing_that_the_request_is_about_is_left(void **state)
{
    static const struct {
        const char *text, *redacted;
    } cases[] = {
        { "refund order 8841, 120.50 euro", "refund order <number>, <number> euro" },
        { "mail anna.berg@example.com the report", "mail <email> the report" },
        { "look at https://intern.example/x?token=abc now", "look at <link> now" },
        { "sales report from sales.csv", "sales report from <file>" },
        { "read /etc/passwd and C:\\secret\\x", "read <file> and <file>" },
        { "the key is sk-live-0123456789abcdefghij", "the key is <key>" },
        { "customer \"Hafen & Söhne\" complained", "customer <text> complained" },
        { "给订单8841退款，客户“海港五金”投诉", "给订单<number>退款，客户<text>投诉" },
        { "don't ask 'secret name' again", "don't ask <text> again" },
        { "report for 2026-03", "report for <number>" },
        { "Q3 numbers", "<number> numbers" },
        { "show me last month's turnover by region", "show me last month's turnover by region" },
        { "0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee", "<key>" },
        { "", "" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena arena;
        arena_init(&arena);
        assert_string_equal(redact_text(cases[i].text, 4000, &arena), cases[i].redacted);
        arena_release(&arena);
    }
}

static void a_character_is_not_cut_in_two(void **state)
{
    struct arena arena;

    (void)state;
    arena_init(&arena);
    assert_string_equal(redact_text("退款", 4, &arena), "退");
    assert_string_equal(redact_text("退款", 6, &arena), "退款");
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_that_the_request_is_about_is_left),
        cmocka_unit_test(a_character_is_not_cut_in_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
