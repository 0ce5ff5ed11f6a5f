#include "core/base/json.h"

#include <string.h>

#include "core/base/id.h"
#include "tests/lib/test.h"

struct sample {
    const char *name;
    int64_t count;
    bool on;
    struct id id;
};

static const char *const colours[] = { "red", "green", NULL };
static const struct json_field fields[] = {
    { "name", JSON_FIELD_TEXT, true, offsetof(struct sample, name), 0, 5, NULL },
    { "count", JSON_FIELD_INT, false, offsetof(struct sample, count), 1, 10, NULL },
    { "on", JSON_FIELD_BOOL, false, offsetof(struct sample, on), 0, 0, NULL },
    { "id", JSON_FIELD_ID, false, offsetof(struct sample, id), 0, 0, NULL },
    { "colour", JSON_FIELD_TEXT, false, offsetof(struct sample, name), 0, 0, colours },
};

static bool decode(struct arena *arena, const char *text, struct sample *out, struct gov_err *err)
{
    return json_decode_text(text, strlen(text), fields, 5, out, NULL, arena, err);
}

static void decode_fills_the_struct(void **state)
{
    struct arena arena;
    struct gov_err err;
    struct sample s = { .count = 7 };
    (void)state;
    arena_init(&arena);
    assert_true(decode(&arena, "{\"name\":\"abc\",\"on\":true,\"count\":null}", &s, &err));
    assert_string_equal(s.name, "abc");
    assert_int_equal(s.count, 7);
    assert_true(s.on);
    arena_release(&arena);
}

static void decode_names_every_fault_by_path(void **state)
{
    struct arena arena;
    struct gov_err err;
    struct sample s = { 0 };
    (void)state;
    arena_init(&arena);
    assert_false(decode(&arena, "{\"count\":11,\"a/b\":1,\"id\":\"x\",\"colour\":\"blue\"}", &s, &err));
    assert_int_equal(err.code, GOV_INVALID_INPUT);
    assert_int_equal(err.item_count, 5);
    assert_string_equal(err.items[0].path, "/count");
    assert_string_equal(err.items[0].code, "range");
    assert_string_equal(err.items[1].path, "/a~1b");
    assert_string_equal(err.items[1].code, "unknown_field");
    assert_string_equal(err.items[2].code, "format");
    assert_string_equal(err.items[3].code, "enum");
    assert_string_equal(err.items[4].code, "required");
    arena_release(&arena);
}

static void parse_refuses_what_is_not_json(void **state)
{
    static const char *const bad[] = { "{", "{\"a\":1,\"a\":2}", "\"\xff\"", "1 2", "[1e400000]",
                                       "{\"a\":123456789012345678901234567890}" };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct arena arena;
        struct gov_err err;
        arena_init(&arena);
        assert_null(json_parse(&arena, bad[i], strlen(bad[i]), &err));
        assert_int_equal(err.code, GOV_BAD_JSON);
        arena_release(&arena);
    }
}

static void parse_refuses_deep_nesting_but_not_brackets_in_strings(void **state)
{
    char deep[200], shallow[200];
    struct arena arena;
    struct gov_err err;
    (void)state;
    arena_init(&arena);
    memset(deep, '[', 80);
    memset(deep + 80, ']', 80);
    assert_null(json_parse(&arena, deep, 160, &err));
    assert_string_equal(err.item, "depth");
    memset(shallow, '[', 100);
    shallow[0] = shallow[99] = '"';
    assert_non_null(json_parse(&arena, shallow, 100, &err));
    arena_release(&arena);
}

static void canonical_form_does_not_depend_on_order_or_spacing(void **state)
{
    struct arena arena;
    struct gov_err err;
    struct buf a = { 0 }, b = { 0 };
    const char *one = "{\"b\":[1, 2.50],\"a\":{\"y\":null,\"x\":\"\\u00e9\"}}";
    const char *two = "{ \"a\":{\"x\":\"\xc3\xa9\",\"y\":null}, \"b\":[1,2.5]}";
    (void)state;
    arena_init(&arena);
    json_canonical(json_parse(&arena, one, strlen(one), &err), &a);
    json_canonical(json_parse(&arena, two, strlen(two), &err), &b);
    assert_string_equal(a.data, "{\"a\":{\"x\":\"\xc3\xa9\",\"y\":null},\"b\":[1,2.5]}");
    assert_string_equal(a.data, b.data);
    buf_release(&a);
    buf_release(&b);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decode_fills_the_struct),
        cmocka_unit_test(decode_names_every_fault_by_path),
        cmocka_unit_test(parse_refuses_what_is_not_json),
        cmocka_unit_test(parse_refuses_deep_nesting_but_not_brackets_in_strings),
        cmocka_unit_test(canonical_form_does_not_depend_on_order_or_spacing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
