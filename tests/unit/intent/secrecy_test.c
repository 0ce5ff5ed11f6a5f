/* A mark is found wherever it stands, and what carries one is not read out of words. */
#include "worker/intent/fill/secrecy.h"

#include "tests/unit/intent/fill_case.h"

static bool holds(const char *schema, const char *root)
{
    struct arena arena;
    struct gov_err err;

    arena_init(&arena);
    json_t *whole = json_parse(&arena, root, strlen(root), &err), *part = json_parse(&arena, schema, strlen(schema), &err);
    assert_non_null(whole);
    assert_non_null(part);
    bool found = schema_holds_secrets(whole, part, &arena);
    arena_release(&arena);
    return found;
}

static void a_mark_is_found_at_any_depth(void **state)
{
    static const char *const marked[] = {
        "{\"writeOnly\":true}",
        "{\"items\":{\"x-sensitive\":true}}",
        "{\"properties\":{\"key\":{\"writeOnly\":true}}}",
        "{\"properties\":{\"default\":{\"properties\":{\"a\":{\"items\":{\"writeOnly\":true}}}}}}",
        "{\"oneOf\":[{\"type\":\"null\"},{\"properties\":{\"key\":{\"x-sensitive\":true}}}]}",
        "{\"additionalProperties\":{\"writeOnly\":true}}",
        "{\"items\":{\"$ref\":\"#/$defs/login\"}}",
    };
    static const char root[] = "{\"$defs\":{\"login\":{\"properties\":{\"key\":{\"writeOnly\":true}}},"
                               "\"tree\":{\"items\":[{\"$ref\":\"#/$defs/tree\"},{\"$ref\":\"#/$defs/tree\"}]},"
                               "\"plain\":{\"type\":\"string\"}}}";
    (void)state;
    for (size_t i = 0; i < sizeof marked / sizeof *marked; i++)
        if (!holds(marked[i], root))
            fail_msg("not found in %s", marked[i]);
    assert_false(holds("{\"properties\":{\"writeOnly\":{\"type\":\"boolean\"}}}", root));
    assert_false(holds("{\"items\":{\"$ref\":\"#/$defs/plain\"},\"writeOnly\":false}", root));
    assert_false(holds("{\"$ref\":\"#/$defs/missing\"}", root));
    /* One that refers to itself has no end: it is taken for the worst. */
    assert_true(holds("{\"$ref\":\"#/$defs/tree\"}", root));
}

static void what_has_a_sensitive_member_is_asked_for_and_not_read(void **state)
{
    static const struct fill_case cases[] = {
        { "\"key\":{\"type\":\"string\"}", "check with key=hunter2hunter2", "{\"key\":\"hunter2hunter2\"}" },
        { "\"key\":{\"type\":\"string\",\"allOf\":[{\"writeOnly\":true}]}", "check with key=hunter2hunter2",
          "{\"key\":\"?\"}" },
        { "\"salary\":{\"type\":\"object\",\"properties\":{\"amount_minor\":{\"type\":\"integer\"},"
          "\"currency\":{\"type\":\"string\"}}}",
          "a salary of 5000 CNY", "{\"salary\":{\"amount_minor\":500000,\"currency\":\"CNY\"}}" },
        { "\"salary\":{\"type\":\"object\",\"properties\":{\"amount_minor\":{\"type\":\"integer\",\"x-sensitive\":true},"
          "\"currency\":{\"type\":\"string\"}}}",
          "a salary of 5000 CNY", "{\"salary\":\"?\"}" },
    };
    (void)state;
    run_cases(cases, sizeof cases / sizeof *cases, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mark_is_found_at_any_depth),
        cmocka_unit_test(what_has_a_sensitive_member_is_asked_for_and_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
