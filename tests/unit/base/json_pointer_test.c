#include "core/base/json_pointer.h"

#include "core/base/json.h"
#include "tests/lib/test.h"

static void places_are_read_and_replaced_where_something_is(void **state)
{
    struct arena arena;
    (void)state;

    arena_init(&arena);
    json_t *json = json_own(&arena, json_loads("{\"a/b\":{\"~\":[1,{\"x\":2}]},\"\":3}", 0, NULL));
    assert_int_equal(json_integer_value(json_pointer_get(json, "/a~1b/~0/1/x", &arena)), 2);
    assert_int_equal(json_integer_value(json_pointer_get(json, "/", &arena)), 3);
    assert_ptr_equal(json_pointer_get(json, "", &arena), json);
    for (const char *const *none = (const char *const[]){ "/a", "/a~1b/~0/2", "/a~1b/~0/-1", "/a~1b/~0/1/x/y", "x", NULL };
         *none; none++) {
        assert_null(json_pointer_get(json, *none, &arena));
        assert_false(json_pointer_replace(json, *none, json_true(), &arena));
    }
    assert_true(json_pointer_replace(json, "/a~1b/~0/1", json_string("new"), &arena));
    assert_true(json_pointer_replace(json, "/", json_null(), &arena));
    assert_string_equal(json_text(&arena, json), "{\"a/b\":{\"~\":[1,\"new\"]},\"\":null}");
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(places_are_read_and_replaced_where_something_is) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
