#include "core/base/json.h"

#include <string.h>

#include "core/base/id.h"
#include "core/base/text.h"
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
    assert_false(
        decode(&arena, "{\"count\":11,\"a/b\":1,\"id\":\"x\",\"colour\":\"blue\"}", &s, &err));
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
    static const char *const bad[] = { "{",          "{\"a\":1,\"a\":2}",
                                       "\"\xff\"",   "1 2",
                                       "[1e400000]", "{\"a\":123456789012345678901234567890}" };
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

static void canonical_numbers_survive_a_round_through_the_database(void **state)
{
    /* jsonb writes whole numbers without an exponent, and knows no negative zero. */
    static const struct {
        const char *sent, *stored;
    } cases[] = {
        { "1e15", "1000000000000000" },
        { "1.5e18", "1500000000000000000" },
        { "-0.0", "0.0" },
        { "1E2", "100" },
        { "1e-7", "0.0000001" },
        { "2.50", "2.50" },
        { "-3.0", "-3.0" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena arena;
        struct gov_err err;
        struct buf a = { 0 }, b = { 0 };
        arena_init(&arena);
        json_canonical(json_parse(&arena, cases[i].sent, strlen(cases[i].sent), &err), &a);
        json_canonical(json_parse(&arena, cases[i].stored, strlen(cases[i].stored), &err), &b);
        assert_string_equal(buf_text(&a), buf_text(&b));
        buf_release(&a);
        buf_release(&b);
        arena_release(&arena);
    }
}

static void paths_are_escaped_and_cut_between_characters(void **state)
{
    struct arena arena;
    char name[3 * 200 + 1];
    (void)state;
    for (size_t i = 0; i < 200; i++)
        memcpy(name + 3 * i, "字", 4);
    arena_init(&arena);
    assert_string_equal(json_path(&arena, "/a", "b/c~d"), "/a/b~1c~0d");
    assert_string_equal(json_path_exact(&arena, "/a", "b/c~d"), "/a/b~1c~0d");
    const char *path = json_path(&arena, "", name);
    for (int i = 0; i < 3; i++, path = json_path(&arena, path, i == 1 ? "x" : name)) {
        assert_true(strlen(path) < GOV_PATH_BYTES);
        assert_true(text_utf8_valid(path, strlen(path)));
    }
    assert_int_equal(strlen(json_path_exact(&arena, "/a", name)), 3 + 600);
    arena_release(&arena);
}

static void written_reals_read_back_the_same_and_stay_reals(void **state)
{
    struct arena arena;
    struct gov_err err;
    struct buf text = { 0 };
    const char *given = "{\"z\":[0.1,2.1666666666666665,10.63,2.0,1e300,-0.5,3],\"a\":null}";
    (void)state;
    arena_init(&arena);
    json_write(json_parse(&arena, given, strlen(given), &err), &text);
    assert_string_equal(text.data, "{\"z\":[0.1,2.1666666666666665,10.63,2.0,1e+300,-0.5,3],\"a\":null}");
    buf_release(&text);
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
        cmocka_unit_test(written_reals_read_back_the_same_and_stay_reals),
        cmocka_unit_test(canonical_numbers_survive_a_round_through_the_database),
        cmocka_unit_test(paths_are_escaped_and_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
