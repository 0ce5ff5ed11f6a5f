#include "core/base/err.h"

#include <string.h>

#include "core/base/text.h"
#include "tests/lib/test.h"

static bool has_chinese(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= 0xe3)
            return true;
    return false;
}

static bool is_ascii(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

static void every_code_has_both_titles_and_a_name_of_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < GOV_CODE_COUNT; i++) {
        const struct gov_code_info *info = gov_code_info((enum gov_code)i);
        if (!info->wire || !*info->wire || !text_slug_valid(info->wire) || strchr(info->wire, '-'))
            fail_msg("code %d has no proper wire name", i);
        if (!info->title.en || !*info->title.en || !is_ascii(info->title.en))
            fail_msg("%s: English title", info->wire);
        if (!info->title.zh || !has_chinese(info->title.zh))
            fail_msg("%s: Chinese title", info->wire);
        assert_int_equal(gov_code_from_wire(info->wire), i);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(info->wire, gov_code_info((enum gov_code)j)->wire);
        if (i == GOV_OK)
            continue;
        assert_true(info->http_status >= 400 && info->http_status <= 599);
        assert_true(info->exit_code >= 1 && info->exit_code <= 6);
        /* who is told to come back has a status that says so */
        if (info->retry_helps && info->http_status != 408 && info->http_status != 429 &&
            info->http_status < 500)
            fail_msg("%s: retry helps, with status %d", info->wire, info->http_status);
    }
    assert_int_equal(gov_code_from_wire("no_such_code"), GOV_INTERNAL);
}

static void failing_says_it_in_both_languages(void **state)
{
    struct gov_err err;
    (void)state;
    memset(&err, 0xff, sizeof err);
    assert_false(gov_fail(&err, GOV_NOT_FOUND, "no skill \"%s\"", "没有技能“%s”", "x"));
    assert_int_equal(err.code, GOV_NOT_FOUND);
    assert_string_equal(gov_err_detail(&err, GOV_EN), "no skill \"x\"");
    assert_string_equal(gov_err_detail(&err, GOV_ZH), "没有技能“x”");
    assert_string_equal(err.path, "");
    assert_int_equal(err.item_count, 0);

    assert_false(
        gov_fail_at(&err, GOV_INVALID_INPUT, "/a/0", "range", "at most %d", "不得大于 %d", 3));
    assert_string_equal(err.path, "/a/0");
    assert_string_equal(err.item, "range");
    assert_string_equal(err.en, "at most 3");

    /* a cause is for the log: what a client reads is the title */
    assert_false(gov_fail_cause(&err, GOV_STORE_UNAVAILABLE, "connect: %s", "refused"));
    assert_false(gov_err_context(&err, "claim job %d", 7));
    assert_string_equal(err.cause, "claim job 7: connect: refused");
    assert_null(strstr(gov_err_detail(&err, GOV_EN), "refused"));
    assert_string_equal(gov_err_detail(&err, GOV_ZH),
                        gov_code_info(GOV_STORE_UNAVAILABLE)->title.zh);

    struct gov_text english_only = { "only", NULL };
    assert_string_equal(gov_text_in(english_only, GOV_ZH), "only");
}

static void long_texts_are_cut_between_characters(void **state)
{
    struct gov_err err;
    char text[1500 + 1];
    (void)state;
    for (int i = 0; i < 1500; i += 3)
        memcpy(text + i, "字", 3);
    text[1500] = 0;
    for (int shift = 0; shift < 3; shift++) {
        gov_fail(&err, GOV_CONFLICT, "%s", "%s", text);
        assert_true(strlen(err.zh) > GOV_DETAIL_BYTES - 8);
        assert_true(text_utf8_valid(err.en, strlen(err.en)));
        gov_fail_at(&err, GOV_CONFLICT, "", "", "%.*s%s", "%.*s%s", shift, "..", text);
        assert_true(text_utf8_valid(err.zh, strlen(err.zh)));
        gov_fail_cause(&err, GOV_INTERNAL, "%.*s%s", shift, "..", text);
        gov_err_context(&err, "%s", text);
        assert_true(text_utf8_valid(err.cause, strlen(err.cause)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_both_titles_and_a_name_of_its_own),
        cmocka_unit_test(failing_says_it_in_both_languages),
        cmocka_unit_test(long_texts_are_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
