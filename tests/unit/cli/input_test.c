#include "cli/input.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "tests/lib/test.h"

static const char schema_text[] =
    "{\"type\":\"object\",\"$defs\":{\"month\":{\"type\":\"string\"}},\"properties\":{"
    "\"month\":{\"$ref\":\"#/$defs/month\"},\"count\":{\"type\":\"integer\"},"
    "\"ratio\":{\"type\":\"number\"},\"dry\":{\"type\":\"boolean\"},"
    "\"tags\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"
    "\"sizes\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"}},"
    "\"level\":{\"type\":\"integer\",\"enum\":[1,2]},"
    "\"note\":{\"type\":[\"string\",\"null\"]},\"a.b\":{\"type\":\"string\"},"
    "\"range\":{\"type\":\"object\",\"properties\":{\"from\":{\"type\":\"integer\"}}},"
    "\"data\":{\"type\":\"string\",\"format\":\"file\",\"x-accept\":[\".csv\"]},"
    "\"book\":{\"type\":\"string\",\"format\":\"file\",\"x-accept\":[\".xlsx\"]},"
    "\"any\":{}}}";

struct world {
    struct arena arena;
    struct gov_err err;
    json_t *schema, *object;
};

static void begin(struct world *w)
{
    memset(w, 0, sizeof *w);
    arena_init(&w->arena);
    w->schema = json_parse(&w->arena, schema_text, strlen(schema_text), &w->err);
    assert_non_null(w->schema);
    w->object = json_own(&w->arena, json_object());
}

static void becomes(const char *const *words, const char *json)
{
    struct world w;
    struct buf text = { 0 };

    begin(&w);
    for (; *words; words++)
        assert_true(input_assign(w.object, w.schema, *words, &w.arena, &w.err));
    json_canonical(w.object, &text);
    assert_string_equal(text.data, json);
    buf_release(&text);
    arena_release(&w.arena);
}
#define BECOMES(json, ...) becomes((const char *const[]){ __VA_ARGS__, NULL }, json)

static void values_take_the_type_of_the_schema(void **state)
{
    (void)state;
    BECOMES("{\"month\":\"2026\"}", "month=2026");
    BECOMES("{\"count\":-3}", "count=-3");
    BECOMES("{\"ratio\":2.5}", "ratio=2.5");
    BECOMES("{\"ratio\":2}", "ratio=2");
    BECOMES("{\"dry\":true}", "dry=yes");
    BECOMES("{\"dry\":false}", "dry=否");
    BECOMES("{\"level\":2}", "level=2");
    BECOMES("{\"note\":null}", "note=null");
    BECOMES("{\"note\":\"12\"}", "note=12");
    BECOMES("{\"any\":\"12\"}", "any=12");
    BECOMES("{\"unknown\":\"x=y\"}", "unknown=x=y");
    BECOMES("{\"month\":\"\"}", "month=");
}

static void a_repeated_key_and_a_json_list_make_lists(void **state)
{
    (void)state;
    BECOMES("{\"tags\":[\"a\",\"b\"]}", "tags=a", "tags=b");
    BECOMES("{\"sizes\":[1,2,3]}", "sizes=1", "sizes=[2,3]");
}

static void dots_reach_into_objects_unless_a_name_has_one(void **state)
{
    (void)state;
    BECOMES("{\"range\":{\"from\":3}}", "range.from=3");
    BECOMES("{\"a.b\":\"x\"}", "a.b=x");
}

static void raw_json_is_taken_as_it_is(void **state)
{
    (void)state;
    BECOMES("{\"any\":[1,{\"a\":null}]}", "any:=[1,{\"a\":null}]");
}

static void what_does_not_fit_is_named(void **state)
{
    static const char *const bad[][2] = {
        { "count=abc", "/count" },   { "count=1.5", "/count" },     { "dry=maybe", "/dry" },
        { "sizes=x", "/sizes" },     { "any:={broken", "/any" },    { "noequals", "noequals" },
        { "=x", "=x" },              { "range=7x", "/range" },      { "count=9999999999999999999999", "/count" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct world w;
        begin(&w);
        assert_false(input_assign(w.object, w.schema, bad[i][0], &w.arena, &w.err));
        assert_int_equal(w.err.code, GOV_INVALID_INPUT);
        assert_string_equal(w.err.path, bad[i][1]);
        arena_release(&w.arena);
    }
}

static void a_file_finds_the_parameter_that_takes_it(void **state)
{
    struct world w;
    (void)state;
    begin(&w);
    assert_string_equal(input_file_parameter(w.schema, w.object, "sales.CSV"), "data");
    assert_string_equal(input_file_parameter(w.schema, w.object, "客户.xlsx"), "book");
    assert_null(input_file_parameter(w.schema, w.object, "x.pdf"));
    json_object_set_new(w.object, "data", json_string("taken"));
    assert_null(input_file_parameter(w.schema, w.object, "sales.csv"));
    assert_true(input_schema_is_file(w.schema, json_object_get(json_object_get(w.schema, "properties"), "data")));
    arena_release(&w.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_take_the_type_of_the_schema),
        cmocka_unit_test(a_repeated_key_and_a_json_list_make_lists),
        cmocka_unit_test(dots_reach_into_objects_unless_a_name_has_one),
        cmocka_unit_test(raw_json_is_taken_as_it_is),
        cmocka_unit_test(what_does_not_fit_is_named),
        cmocka_unit_test(a_file_finds_the_parameter_that_takes_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
