#include <string.h>

#include "core/io/http/http_parameter.h"
#include "core/io/http/http_query.h"
#include "tests/lib/test.h"

static void percent_signs_are_decoded_or_refused(void **state)
{
    char out[64];

    (void)state;
    assert_int_equal(http_percent_decode("a%20b+c", 7, false, out), 5);
    assert_string_equal(out, "a b+c");
    assert_int_equal(http_percent_decode("a%20b+c", 7, true, out), 5);
    assert_string_equal(out, "a b c");
    assert_int_equal(http_percent_decode("%e6%8A%a5", 9, false, out), 3);
    assert_string_equal(out, "报");
    assert_int_equal(http_percent_decode("", 0, false, out), 0);
    assert_int_equal(http_percent_decode("%", 1, false, out), -1);
    assert_int_equal(http_percent_decode("%4", 2, false, out), -1);
    assert_int_equal(http_percent_decode("%41", 2, false, out), -1); /* the 1 is not ours */
    assert_int_equal(http_percent_decode("%4g", 3, false, out), -1);
    assert_int_equal(http_percent_decode("%00", 3, false, out), -1);
    assert_int_equal(http_percent_decode("%ff", 3, false, out), -1);
    assert_int_equal(http_percent_decode("%c0%80", 6, false, out), -1); /* overlong NUL */
    memcpy(out, "%41%42", 7);
    assert_int_equal(http_percent_decode(out, 6, false, out), 2); /* in place */
    assert_string_equal(out, "AB");
}

static void what_is_encoded_decodes_to_itself(void **state)
{
    const char *text = "a/b?c=d&e 报%~-._";
    struct buf encoded = { 0 };
    char out[64];

    (void)state;
    http_percent_encode(&encoded, text, strlen(text));
    assert_string_equal(encoded.data, "a%2Fb%3Fc%3Dd%26e%20%E6%8A%A5%25~-._");
    assert_true(http_percent_decode(encoded.data, encoded.length, true, out) > 0);
    assert_string_equal(out, text);
    buf_release(&encoded);
}

static void a_query_is_walked_pair_by_pair(void **state)
{
    static const char *const wanted[][2] = { { "a", "1" }, { "b", "" },    { "c", "" },
                                             { "", "x" },  { "d", "e=f" }, { "报", "a b" } };
    const char *cursor = "&a=1&b&&c=&=x&d=e=f&%e6%8a%a5=a+b&", *name, *value;
    struct arena arena;

    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        assert_true(http_query_next(&cursor, &arena, &name, &value));
        assert_string_equal(name, wanted[i][0]);
        assert_string_equal(value, wanted[i][1]);
    }
    assert_false(http_query_next(&cursor, &arena, &name, &value));
    arena_release(&arena);
}

static void a_query_is_valid_if_every_pair_decodes(void **state)
{
    (void)state;
    assert_true(http_query_valid(""));
    assert_true(http_query_valid("a=b&c=%20"));
    assert_true(http_query_valid("&&&"));
    assert_true(http_query_valid("a=+&"));
    assert_false(http_query_valid("a=b&c=%2"));
    assert_false(http_query_valid("%zz=b"));
    assert_false(http_query_valid("a=%00"));
    assert_false(http_query_valid("a=%&b=c"));
}

static void parameters_of_a_header_are_found(void **state)
{
    char out[8];

    (void)state;
    assert_true(http_parameter_main_is(" Text/HTML ; a=b", "text/html"));
    assert_false(http_parameter_main_is("text/htmlx", "text/html"));
    assert_int_equal(http_parameter_get("x; a=1; B=\"2;\\\"3\"", "b", out, sizeof out),
                     HTTP_PARAMETER_FOUND);
    assert_string_equal(out, "2;\"3");
    assert_int_equal(http_parameter_get("x; a=1", "b", out, sizeof out), HTTP_PARAMETER_ABSENT);
    assert_int_equal(http_parameter_get("x;", "b", out, sizeof out), HTTP_PARAMETER_ABSENT);
    assert_int_equal(http_parameter_get("x; ab=1", "b", out, sizeof out), HTTP_PARAMETER_ABSENT);
    assert_int_equal(http_parameter_get("x; b=1234567", "b", out, sizeof out),
                     HTTP_PARAMETER_FOUND);
    assert_int_equal(http_parameter_get("x; b=12345678", "b", out, sizeof out), HTTP_PARAMETER_BAD);
    assert_int_equal(http_parameter_get("x; b=1; b=2", "b", out, sizeof out), HTTP_PARAMETER_BAD);
    assert_int_equal(http_parameter_get("x; b=\"1", "b", out, sizeof out), HTTP_PARAMETER_BAD);
    assert_int_equal(http_parameter_get("x; b=\"1\\", "b", out, sizeof out), HTTP_PARAMETER_BAD);
    assert_int_equal(http_parameter_get("x; b", "b", out, sizeof out), HTTP_PARAMETER_BAD);
    assert_int_equal(http_parameter_get("x; b=", "b", out, sizeof out), HTTP_PARAMETER_BAD);
    assert_int_equal(http_parameter_get("x; b=1 c=2", "b", out, sizeof out), HTTP_PARAMETER_BAD);
    assert_int_equal(http_parameter_get("x; b=\"\"", "b", out, sizeof out), HTTP_PARAMETER_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percent_signs_are_decoded_or_refused),
        cmocka_unit_test(what_is_encoded_decodes_to_itself),
        cmocka_unit_test(a_query_is_walked_pair_by_pair),
        cmocka_unit_test(a_query_is_valid_if_every_pair_decodes),
        cmocka_unit_test(parameters_of_a_header_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
