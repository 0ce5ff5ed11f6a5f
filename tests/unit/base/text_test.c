#include "core/base/text.h"

#include <string.h>

#include "tests/lib/test.h"

static void only_utf8_is_valid(void **state)
{
    static const struct {
        const char *text;
        bool valid;
    } cases[] = {
        { "", true },
        { "plain", true },
        { "é中😀", true },
        { "\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", true },
        { "\x80", false },
        { "\xc0\xaf", false }, /* an overlong slash */
        { "\xc1\xbf", false },
        { "\xe0\x9f\xbf", false },     /* overlong */
        { "\xf0\x8f\xbf\xbf", false }, /* overlong */
        { "\xed\xa0\x80", false },     /* a surrogate */
        { "\xf4\x90\x80\x80", false }, /* beyond U+10FFFF */
        { "\xf5\x80\x80\x80", false },
        { "\xe4\xb8", false }, /* cut short */
        { "\xe4\xb8x", false },
        { "\xff", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (text_utf8_valid(cases[i].text, strlen(cases[i].text)) != cases[i].valid)
            fail_msg("case %zu", i);
    assert_true(text_utf8_valid("\0x", 2));
}

static void utf8_is_cut_between_characters(void **state)
{
    const char *text = "a中😀";
    static const size_t expected[] = { 0, 1, 1, 1, 4, 4, 4, 4, 8, 8 };
    (void)state;
    for (size_t most = 0; most < 10; most++)
        assert_int_equal(text_utf8_cut(text, 8, most), expected[most]);
}

static void hidden_characters_are_known(void **state)
{
    static const uint32_t hidden[] = { 0,      0x1b,   0x7f,   0x85,   0xad,   0x200b,
                                       0x200e, 0x202e, 0x2066, 0x2060, 0xfeff, 0xe0041 };
    static const uint32_t seen[] = { ' ', 'a', 0xa0, 0x4e2d, 0x3000, 0x1f600, 0xfffd };
    (void)state;
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        assert_true(text_code_point_hidden(hidden[i]));
    for (size_t i = 0; i < sizeof seen / sizeof *seen; i++)
        assert_false(text_code_point_hidden(seen[i]));
}

static void file_names_keep_to_the_rule(void **state)
{
    char long_name[202];
    const struct {
        const char *name, *why; /* NULL: it may */
    } cases[] = {
        { "销售报表 (终).xlsx", NULL },
        { "a", NULL },
        { "a..b", NULL },
        { "", "empty" },
        { ".hidden", "leading_dot" },
        { "..", "leading_dot" },
        { "-rf", "leading_dash" },
        { "a/b", "slash" },
        { "a\\b", "slash" },
        { "a\nb", "hidden_character" },
        { "gpj\u202e.exe", "hidden_character" },
        { "a\u200b", "hidden_character" },
        { "a\xff", "not_utf8" },
        { long_name, "too_long" },
        { long_name + 1, NULL },
    };
    (void)state;
    memset(long_name, 'n', 201);
    long_name[201] = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *why = "unset";
        assert_int_equal(text_file_name_valid(cases[i].name, &why), cases[i].why == NULL);
        if (cases[i].why)
            assert_string_equal(why, cases[i].why);
        assert_int_equal(text_file_name_valid(cases[i].name, NULL), cases[i].why == NULL);
    }
}

static void slugs_keep_to_the_rule(void **state)
{
    char text[65];
    (void)state;
    memset(text, 'a', 64);
    text[64] = 0;
    assert_false(text_slug_valid(text));
    assert_true(text_slug_valid(text + 1));
    assert_true(text_slug_valid("a"));
    assert_true(text_slug_valid("a-b_c9"));
    static const char *const bad[] = { "", "9a", "-a", "_a", "A", "aB", "a b", "a/b", "中", "a." };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(text_slug_valid(bad[i]));
    assert_false(text_slug_valid(NULL));
}

static void whole_numbers_parse_within_bounds(void **state)
{
    int64_t value;
    (void)state;
    assert_true(text_parse_i64("0", 0, 9, &value) && value == 0);
    assert_true(text_parse_i64("-9223372036854775808", INT64_MIN, INT64_MAX, &value));
    assert_true(value == INT64_MIN);
    assert_true(text_parse_i64("9223372036854775807", INT64_MIN, INT64_MAX, &value));
    static const char *const bad[] = { "",     " 1",  "+1",  "1 ", "1x",
                                       "0x10", "1e3", "--1", "-",  "9223372036854775808",
                                       "10",   "-1" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (text_parse_i64(bad[i], 0, 9, &value))
            fail_msg("\"%s\" was taken", bad[i]);
    assert_false(text_parse_i64(NULL, 0, 9, &value));
}

static void ends_are_compared(void **state)
{
    (void)state;
    assert_true(text_starts("abc", "ab") && text_starts("abc", ""));
    assert_false(text_starts("a", "ab"));
    assert_true(text_ends("abc", "bc") && text_ends("abc", "") && text_ends("abc", "abc"));
    assert_false(text_ends("c", "bc"));
    assert_true(text_equal_ignoring_case("Content-Type", "content-type"));
    assert_false(text_equal_ignoring_case("a", "ab"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_utf8_is_valid),
        cmocka_unit_test(utf8_is_cut_between_characters),
        cmocka_unit_test(hidden_characters_are_known),
        cmocka_unit_test(file_names_keep_to_the_rule),
        cmocka_unit_test(slugs_keep_to_the_rule),
        cmocka_unit_test(whole_numbers_parse_within_bounds),
        cmocka_unit_test(ends_are_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
