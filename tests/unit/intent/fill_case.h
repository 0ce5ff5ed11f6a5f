/* fill_case.h - one written case of the filler: a schema, a text, what has to come of it.
 *
 * It is Saturday, 21 November 2026, 11:00 in Shanghai.
 */
#ifndef TESTS_UNIT_INTENT_FILL_CASE_H
#define TESTS_UNIT_INTENT_FILL_CASE_H

#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "tests/lib/test.h"
#include "worker/intent/fill/fill.h"

#define CASE_NOW  "2026-11-21T03:00:00Z"
#define CASE_ZONE "Asia/Shanghai"

struct fill_case {
    const char *schema; /* the properties, as JSON without the outer braces; all are required */
    const char *text;
    const char
        *expected; /* the object, as JSON; a parameter that is asked about has the value "?" */
};

static const struct fill_file case_files[] = {
    { "f1", "sales.csv", "text/csv" },
    { "f2", "access.log", "text/plain" },
    { "f3", "客户台账.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
};

static json_t *case_schema(const char *properties, struct arena *arena)
{
    struct gov_err err;
    char *text = arena_format(arena, "{\"type\":\"object\",\"properties\":{%s}}", properties);
    json_t *schema = json_parse(arena, text, strlen(text), &err), *required = json_array();
    const char *name;
    json_t *property;

    if (!schema)
        fail_msg("schema %s: %s", text, err.en);
    json_object_foreach(json_object_get(schema, "properties"), name,
                        property) if (!json_object_get(property, "x-optional"))
        json_array_append_new(required, json_string(name));
    json_object_set_new(schema, "required", required);
    return schema;
}

static void case_fill(const struct fill_case *c, size_t files, struct fill_result *result,
                      struct arena *arena)
{
    struct gov_err err;
    struct fill_request request = { .schema = case_schema(c->schema, arena),
                                    .text = c->text,
                                    .timezone = CASE_ZONE,
                                    .files = case_files,
                                    .file_count = files };

    assert_true(clock_parse(CASE_NOW, &request.now_us));
    if (!fill_parameters(&request, result, arena, &err))
        fail_msg("%s: %s", c->text, err.en);
}

/* Runs every case, says each that comes out otherwise, and returns how many. */
static inline size_t count_wrong(const struct fill_case *cases, size_t count, size_t files)
{
    size_t wrong = 0;

    for (size_t i = 0; i < count; i++) {
        struct arena arena;
        struct fill_result result;
        struct gov_err err;
        arena_init(&arena);
        case_fill(&cases[i], files, &result, &arena);
        for (size_t q = 0; q < result.question_count; q++)
            json_object_set_new(result.object, result.questions[q].path + 1, json_string("?"));
        json_t *expected = json_parse(&arena, cases[i].expected, strlen(cases[i].expected), &err);
        assert_non_null(expected);
        if (!json_equal(expected, result.object)) {
            wrong++;
            print_error("\"%s\"\n    wanted %s\n    got    %s\n", cases[i].text, cases[i].expected,
                        json_text(&arena, result.object));
        }
        arena_release(&arena);
    }
    print_message("%zu of %zu written cases right (%.1f %%)\n", count - wrong, count,
                  100.0 * (double)(count - wrong) / (double)count);
    return wrong;
}

/* Every case has to come out right. */
static inline void run_cases(const struct fill_case *cases, size_t count, size_t files)
{
    assert_int_equal(count_wrong(cases, count, files), 0);
}

/* At least `percent` of them have to. */
static inline void run_share(const struct fill_case *cases, size_t count, size_t files, size_t percent)
{
    assert_true(100 * (count - count_wrong(cases, count, files)) >= percent * count);
}

#endif
