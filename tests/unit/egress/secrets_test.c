#include "worker/egress/secrets.h"

#include <string.h>

#include "core/base/buf.h"
#include "core/base/json.h"
#include "tests/lib/test.h"

static void a_secret_cut_anywhere_is_held_back_until_it_is_whole(void **state)
{
    static const char text[] = "before open sesame, open ses and after";
    struct secrets secrets = { 0 };
    struct arena arena;
    (void)state;

    arena_init(&arena);
    secrets_add(&secrets, "open sesame", &arena);
    for (size_t piece = 1; piece < sizeof text; piece++) {
        struct buf held = { 0 }, shown = { 0 };
        for (size_t at = 0; at < sizeof text - 1; at += piece) {
            size_t bytes = sizeof text - 1 - at < piece ? sizeof text - 1 - at : piece, length;
            buf_add(&held, text + at, bytes);
            bool last = at + piece >= sizeof text - 1;
            size_t ready = held.length - (last ? 0 : secrets_tail(&secrets, held.data, held.length));
            const char *out = secrets_mask(&secrets, held.data, ready, &length, &arena);
            buf_add(&shown, out, length);
            buf_consume(&held, ready);
        }
        assert_string_equal(buf_text(&shown), "before ••••, open ses and after");
        buf_release(&held);
        buf_release(&shown);
    }
    arena_release(&arena);
}

static void nothing_is_held_back_that_cannot_go_on_as_one(void **state)
{
    struct secrets secrets = { 0 };
    struct arena arena;
    (void)state;

    arena_init(&arena);
    secrets_add(&secrets, "open sesame", &arena);
    assert_int_equal(secrets_tail(&secrets, "a line\n", 7), 0);
    assert_int_equal(secrets_tail(&secrets, "an open s", 9), 6);
    arena_release(&arena);
}

static void every_text_of_a_result_is_masked_and_its_shape_stays(void **state)
{
    struct secrets secrets = { 0 };
    struct arena arena;
    (void)state;

    arena_init(&arena);
    json_t *opened = json_own(&arena, json_pack("{s:s, s:[i, s]}", "/a", "quo\"te\nd", "/b", 1234567, "second one"));
    secrets_add_json(&secrets, opened, &arena);
    json_t *result = json_own(&arena, json_pack("{s:s, s:[s, i], s:{s:n}}", "said", "quo\"te\nd and second one", "list",
                                                "in JSON: quo\\\"te\\nd", 7, "deep", "second one"));
    const char *text = json_text(&arena, secrets_mask_json(&secrets, result, &arena));
    assert_string_equal(text, "{\"said\":\"•••• and ••••\",\"list\":[\"in JSON: ••••\",7],\"deep\":{\"••••\":null}}");
    struct secrets none = { 0 };
    assert_ptr_equal(secrets_mask_json(&none, result, &arena), result);
    arena_release(&arena);
}

static void what_cannot_be_masked_whole_is_said(void **state)
{
    struct secrets secrets = { 0 };
    struct arena arena = { 0 };
    struct gov_err err = { 0 };

    (void)state;
    for (int i = 0; i < SECRET_VALUES_MAX; i++)
        secrets_add(&secrets, arena_format(&arena, "a \"secret\" of number %d ü", i), &arena);
    assert_true(secrets_fit(&secrets, &err));
    while (secrets.count < SECRETS_MAX)
        secrets_add_exact(&secrets, arena_format(&arena, "form %zu", secrets.count));
    secrets_add(&secrets, "form 440", &arena); /* there already */
    assert_int_equal(secrets.count, SECRETS_MAX);
    secrets_add_exact(&secrets, "one too many");
    assert_false(secrets_fit(&secrets, &err));
    assert_int_equal(err.code, GOV_INVALID_INPUT);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_masked_whole_is_said),
        cmocka_unit_test(a_secret_cut_anywhere_is_held_back_until_it_is_whole),
        cmocka_unit_test(nothing_is_held_back_that_cannot_go_on_as_one),
        cmocka_unit_test(every_text_of_a_result_is_masked_and_its_shape_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
