#include "core/model/sealed_value.h"

#include "core/base/json.h"
#include "tests/lib/test.h"

#define SEALED "{\"$sealed\":{\"key\":\"k\"}}"

static void sealed_values_are_found_masked_and_never_taken_from_anybody(void **state)
{
    struct sealed_place *places;
    struct gov_err err = { 0 };
    struct arena arena;
    (void)state;

    arena_init(&arena);
    json_t *json = json_own(&arena, json_loads("{\"a\":" SEALED ",\"b\":[1," SEALED "],\"c\":\"x\"}", 0, NULL));
    assert_int_equal(sealed_value_list(json, &arena, &places), 2);
    assert_string_equal(places[0].path, "/a");
    assert_string_equal(places[1].path, "/b/1");
    assert_true(sealed_value_inside(json));
    assert_false(sealed_value_refuse(json, "/input", &err));
    assert_int_equal(err.code, GOV_INVALID_INPUT);
    sealed_value_mask(json);
    assert_string_equal(json_text(&arena, json), "{\"a\":\"••••\",\"b\":[1,\"••••\"],\"c\":\"x\"}");
    assert_true(sealed_value_refuse(json, "/input", &err));
    /* Also what only looks like one. */
    json_t *like = json_own(&arena, json_loads("{\"a\":{\"$sealed\":1,\"more\":2}}", 0, NULL));
    assert_false(sealed_value_refuse(like, "/input", &err));
    assert_false(sealed_value_is(json_object_get(like, "a")));
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sealed_values_are_found_masked_and_never_taken_from_anybody)
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
