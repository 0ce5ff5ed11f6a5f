/* refusal_test.c - what the database refuses is said in both languages, with what it was about. */
#include "tests/lib/test.h"

#include <string.h>

#include "api/refusal.h"

static const char *const texts[] = {
#define REFUSAL(part, en, zh) en, zh,
#include "api/refusal.def"
#undef REFUSAL
};

static void every_text_has_one_place_for_what_it_is_about(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *first = strchr(texts[i], '%');

        assert_non_null(first);
        assert_int_equal('s', first[1]);
        assert_null(strchr(first + 1, '%'));
    }
}

static void a_refusal_says_what_and_what_to_do(void **state)
{
    struct gov_err err = { 0 };
    (void)state;

    gov_fail_cause(&err, GOV_ORDER_TRANSITION_INVALID, "order_transition_invalid: cancel of an order that is active");
    refusal_explain(&err);
    assert_non_null(strstr(err.en, "the order is active, and"));
    assert_non_null(strstr(err.zh, "active"));
    gov_fail_cause(&err, GOV_CONFLICT, "conflict: more than was paid and not refunded: at most 198.50 CNY");
    refusal_explain(&err);
    assert_non_null(strstr(err.en, "at most 198.50 CNY can be refunded"));
    assert_non_null(strstr(err.zh, "最多可退 198.50 CNY"));
}

/* A policy's code is a client's words: they are not what was refused. */
static void the_words_of_a_client_are_no_refusal(void **state)
{
    struct gov_err err = { 0 };
    (void)state;

    gov_fail_cause(&err, GOV_NOT_FOUND, "not_found: there is no such reminder policy: there is no such order");
    refusal_explain(&err);
    assert_non_null(strstr(err.en, "there is no reminder policy \"there is no such order\""));
}

/* Of an error that no function of ours raised nothing is a refusal, whatever it quotes. */
static void a_fault_that_quotes_a_refusal_is_none(void **state)
{
    struct gov_err err = { 0 };
    (void)state;

    gov_fail_cause(&err, GOV_INTERNAL, "postgres 22P02: invalid input syntax: \"there is no such order\"");
    refusal_explain(&err);
    assert_string_equal("", err.en);
    gov_fail_cause(&err, GOV_NOT_FOUND, "not_found: there is no such order");
    gov_err_context(&err, "order.load");
    refusal_explain(&err);
    assert_non_null(strstr(err.en, "there is no such order"));
}

static void what_gave_up_is_said_by_its_function_or_by_its_code(void **state)
{
    struct gov_err err = { 0 };
    (void)state;

    gov_fail_cause(&err, GOV_CONFLICT, GIVEN_UP_BY("conflict", "edition_add"));
    refusal_explain(&err);
    assert_non_null(strstr(err.en, "is there already"));
    gov_fail_cause(&err, GOV_STALE, GIVEN_UP_BY("stale", "whatever"));
    refusal_explain(&err);
    assert_non_null(strstr(err.en, "read it again"));
    assert_null(strstr(err.en, "whatever"));
}

static void what_is_there_already_is_said_without_its_constraint(void **state)
{
    struct gov_err err = { 0 };
    (void)state;

    gov_fail_cause(&err, GOV_CONFLICT, "postgres: duplicate key value violates unique constraint \"x_pk\"");
    snprintf(err.item, sizeof err.item, "x_pk");
    refusal_explain(&err);
    assert_non_null(strstr(err.en, "already"));
    assert_non_null(strstr(err.zh, "已有"));
    assert_null(strstr(err.en, "x_pk"));
}

static void what_has_words_keeps_them_and_what_is_unknown_has_none(void **state)
{
    struct gov_err err = { 0 };
    (void)state;

    gov_fail(&err, GOV_CONFLICT, "mine", "我的");
    refusal_explain(&err);
    assert_string_equal("mine", err.en);
    gov_fail_cause(&err, GOV_INTERNAL, "postgres 42P01: relation x does not exist");
    refusal_explain(&err);
    assert_string_equal("", err.en);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_text_has_one_place_for_what_it_is_about),
        cmocka_unit_test(a_refusal_says_what_and_what_to_do),
        cmocka_unit_test(a_fault_that_quotes_a_refusal_is_none),
        cmocka_unit_test(the_words_of_a_client_are_no_refusal),
        cmocka_unit_test(what_gave_up_is_said_by_its_function_or_by_its_code),
        cmocka_unit_test(what_is_there_already_is_said_without_its_constraint),
        cmocka_unit_test(what_has_words_keeps_them_and_what_is_unknown_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
