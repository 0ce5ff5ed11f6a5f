#include <string.h>

#include "core/base/json.h"
#include "core/io/http/problem.h"
#include "tests/lib/test.h"

static json_t *written(struct arena *arena, const struct gov_err *err, enum gov_language language)
{
    struct buf out = { 0 };
    struct gov_err fault;

    http_problem_write(&out, err, "/v1/报", "id-1", language);
    json_t *json = json_parse(arena, out.data, out.length, &fault);
    assert_non_null(json);
    buf_release(&out);
    return json;
}

static void a_problem_has_every_member_in_the_readers_language(void **state)
{
    struct arena arena;
    struct gov_err err;

    (void)state;
    arena_init(&arena);
    gov_fail(&err, GOV_NOT_FOUND, "there is no skill \"%s\"", "没有技能“%s”", "a\nb");
    json_t *en = written(&arena, &err, GOV_EN), *zh = written(&arena, &err, GOV_ZH);
    assert_string_equal(json_get_text(en, "type"), "/docs/errors#not_found");
    assert_string_equal(json_get_text(en, "title"), "There is no such thing here");
    assert_int_equal(json_get_int(en, "status", 0), 404);
    assert_string_equal(json_get_text(en, "code"), "not_found");
    assert_string_equal(json_get_text(en, "detail"), "there is no skill \"a\nb\"");
    assert_string_equal(json_get_text(en, "instance"), "/v1/报");
    assert_string_equal(json_get_text(en, "request_id"), "id-1");
    assert_int_equal(json_array_size(json_object_get(en, "errors")), 0);
    assert_string_equal(json_get_text(zh, "title"), "没有找到");
    assert_string_equal(json_get_text(zh, "detail"), "没有技能“a\nb”");
    arena_release(&arena);
}

static void every_fault_of_an_input_is_listed(void **state)
{
    static const struct gov_err_item items[] = {
        { "/a", "required", { "a is missing", "缺少 a" } },
        { "/b/0", "type", { "b/0 is no number", "b/0 不是数字" } },
    };
    struct arena arena;
    struct gov_err err;

    (void)state;
    arena_init(&arena);
    gov_fail(&err, GOV_INVALID_INPUT, "two faults", "两处错误");
    err.items = items;
    err.item_count = 2;
    json_t *errors = json_object_get(written(&arena, &err, GOV_ZH), "errors");
    assert_int_equal(json_array_size(errors), 2);
    assert_string_equal(json_get_text(json_array_get(errors, 1), "path"), "/b/0");
    assert_string_equal(json_get_text(json_array_get(errors, 1), "code"), "type");
    assert_string_equal(json_get_text(json_array_get(errors, 1), "message"), "b/0 不是数字");
    gov_fail_at(&err, GOV_INVALID_INPUT, "/c", "maximum", "too large", "太大");
    errors = json_object_get(written(&arena, &err, GOV_EN), "errors");
    assert_int_equal(json_array_size(errors), 1);
    assert_string_equal(json_get_text(json_array_get(errors, 0), "path"), "/c");
    arena_release(&arena);
}

static void the_cause_stays_inside_and_cut_text_stays_valid(void **state)
{
    struct buf out = { 0 };
    struct arena arena;
    struct gov_err err;

    (void)state;
    gov_fail_cause(&err, GOV_STORE_UNAVAILABLE, "password authentication failed");
    http_problem_write(&out, &err, "", "id", GOV_EN);
    assert_null(strstr(out.data, "password"));
    assert_non_null(strstr(out.data, "The database cannot be reached"));
    assert_null(strstr(out.data, "instance"));
    buf_release(&out);
    arena_init(&arena);
    gov_fail(&err, GOV_CONFLICT, "%s", "%s", "x");
    memset(err.zh, 'a', sizeof err.zh - 1);
    memcpy(err.zh + sizeof err.zh - 3, "\xe6\x8a\0", 3); /* a character cut by the buffer's end */
    const char *detail = json_get_text(written(&arena, &err, GOV_ZH), "detail");
    assert_non_null(strstr(detail, "a?"));
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_problem_has_every_member_in_the_readers_language),
        cmocka_unit_test(every_fault_of_an_input_is_listed),
        cmocka_unit_test(the_cause_stays_inside_and_cut_text_stays_valid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
