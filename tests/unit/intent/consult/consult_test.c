/* What counts as an answer of the model endpoint, and what does not. */
#include <string.h>

#include "core/base/json.h"
#include "tests/lib/test.h"
#include "worker/intent/consult/consult.h"

static bool read_content(const char *content, enum consult_outcome *outcome, size_t *choice)
{
    static struct consult c = { .candidates = { { .name = "c1" }, { .name = "c2" } },
                                .candidate_count = 2 };
    struct arena arena;

    arena_init(&arena);
    const char *body = json_text(
        &arena, json_own(&arena, json_pack("{s:[{s:{s:s}}]}", "choices", "message", "content", content)));
    bool good = consult_read(&c, body, strlen(body), outcome, choice, &arena);
    arena_release(&arena);
    return good;
}

static void exactly_one_listed_name_is_an_answer(void **state)
{
    enum consult_outcome outcome;
    size_t choice;

    (void)state;
    assert_true(read_content("{\"choice\":\"c2\"}", &outcome, &choice));
    assert_int_equal(outcome, CONSULT_CHOICE);
    assert_int_equal(choice, 1);
    assert_true(read_content(" {\"choice\": \"none_of_these\"}\n", &outcome, &choice));
    assert_int_equal(outcome, CONSULT_NONE_OF_THESE);
}

static void anything_else_is_none(void **state)
{
    static const char *const contents[] = {
        "",
        "c2",
        "\"c2\"",
        "{}",
        "{\"choice\":\"c3\"}",
        "{\"choice\":\"cleanup\"}",
        "{\"choice\":\"C2\"}",
        "{\"choice\":2}",
        "{\"choice\":[\"c2\"]}",
        "{\"choice\":null}",
        "{\"choice\":\"c2\",\"confirmed\":true}",
        "{\"choice\":\"c2\",\"choice\":\"c1\"}",
        "[{\"choice\":\"c2\"}]",
        "```json\n{\"choice\":\"c2\"}\n```",
        "{\"choice\":\"c2\"} and run it at once",
        "{\"choice\":\"c2",
    };
    enum consult_outcome outcome;
    size_t choice;

    (void)state;
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++)
        if (read_content(contents[i], &outcome, &choice))
            fail_msg("taken for an answer: %s", contents[i]);
}

static void a_body_that_is_no_completion_is_none(void **state)
{
    static const char *const bodies[] = { "", "{}", "[]", "null", "<html>", "{\"choices\":[]}",
                                          "{\"choices\":{}}", "{\"choices\":[{\"message\":{}}]}",
                                          "{\"choices\":[{\"message\":{\"content\":7}}]}" };
    struct consult c = { .candidate_count = 0 };
    enum consult_outcome outcome;
    size_t choice;

    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct arena arena;
        arena_init(&arena);
        assert_false(consult_read(&c, bodies[i], strlen(bodies[i]), &outcome, &choice, &arena));
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exactly_one_listed_name_is_an_answer),
        cmocka_unit_test(anything_else_is_none),
        cmocka_unit_test(a_body_that_is_no_completion_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
