/* YAML as people write it becomes the JSON they mean, or is refused with its place. */
#include "cli/yaml.h"

#include <string.h>

#include "core/base/buf.h"
#include "core/base/json.h"
#include "tests/lib/test.h"

static const char *read_text(const char *text, struct arena *arena, struct gov_err *err)
{
    json_t *json = yaml_read(text, strlen(text), arena, err);
    return json ? json_text(arena, json) : NULL;
}

static void documents_are_what_they_say(void **state)
{
    static const struct {
        const char *yaml, *json;
    } cases[] = {
        { "a: 1", "{\"a\":1}" },
        { "{\"a\": [1, 2.5, -3, 1e3]}", "{\"a\":[1,2.5,-3,1000.0]}" },
        { "- yes\n- 'true'\n- true\n- ~\n-\n- \"null\"", "[\"yes\",\"true\",true,null,null,\"null\"]" },
        { "v: 1.10.2\nd: 2026-03-05\no: 0755\nx: 0x1f\nq: '12'\np: +1", "{\"v\":\"1.10.2\",\"d\":\"2026-03-05\","
          "\"o\":\"0755\",\"x\":\"0x1f\",\"q\":\"12\",\"p\":\"+1\"}" },
        { "a: &x {k: 1, l: 2}\nb: *x\nc: {<<: *x, l: 3}", "{\"a\":{\"k\":1,\"l\":2},\"b\":{\"k\":1,\"l\":2},"
          "\"c\":{\"l\":3,\"k\":1}}" },
        { "t: |\n  one\n  two\nf: >\n  one\n  two\n", "{\"t\":\"one\\ntwo\\n\",\"f\":\"one two\\n\"}" },
        { "名称: 订单 # nothing\n", "{\"名称\":\"订单\"}" },
        { "200: ok", "{\"200\":\"ok\"}" },
        { "n: 9223372036854775808", "{\"n\":\"9223372036854775808\"}" },
    };
    struct arena arena;
    struct gov_err err;

    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *json = read_text(cases[i].yaml, &arena, &err);
        if (!json)
            fail_msg("%s: %s", cases[i].yaml, err.en);
        assert_string_equal(json, cases[i].json);
    }
    arena_release(&arena);
}

static void what_is_none_is_refused_with_its_place(void **state)
{
    static const struct {
        const char *yaml, *place;
    } cases[] = {
        { "a: [1, 2", "line 2" },          { "a: 1\na: 2", "line 2, column 1" }, { "a:\n\t- 1", "line 2" },
        { "? [a]\n: 1", "line 1" },        { "a: &x [*x]", "itself" },           { "a: *nothing", "line 1" },
        { "x: {<<: 3}", "mappings" },      { "", "nothing" },
        { "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
          "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e]",
          "too large" },
    };
    struct arena arena;
    struct gov_err err;

    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *json = read_text(cases[i].yaml, &arena, &err);
        if (json || err.code != GOV_INVALID_INPUT || !strstr(err.en, cases[i].place) || !*err.zh)
            fail_msg("%s: %s", cases[i].yaml, json ? json : err.en);
    }
    arena_release(&arena);
}

static void a_path_has_its_line(void **state)
{
    static const char yaml[] = "year: 2031\nholidays:\n  - { date: \"2031-01-01\", name: x }\n\n  # why\n  - 2031-01-02\nworkdays: [\n  2031-01-04,\n"
                               "  2031-01-05]\n";
    static const struct {
        const char *path;
        size_t line;
    } cases[] = {
        { "/year", 1 }, { "/holidays/0", 3 }, { "/holidays/0/name", 3 }, { "/holidays/1", 6 }, { "/workdays/1", 9 }, { "", 1 },
        { "/country", 1 }, { "/holidays/2", 3 }, { "/holidays/x", 3 }, { "/holidays/99999999999", 3 }, { "/year/0", 1 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (yaml_line(yaml, strlen(yaml), cases[i].path) != cases[i].line)
            fail_msg("%s: line %zu", cases[i].path, yaml_line(yaml, strlen(yaml), cases[i].path));
    assert_int_equal(yaml_line("a: [1", 5, "/a"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_are_what_they_say),
        cmocka_unit_test(what_is_none_is_refused_with_its_place),
        cmocka_unit_test(a_path_has_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
