#include "core/model/skill/args.h"

#include <string.h>

#include "core/base/json.h"
#include "tests/lib/test.h"

struct fixture {
    struct arena arena;
    struct gov_err err;
};

static int set_up(void **state)
{
    static struct fixture f;
    arena_init(&f.arena);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    arena_release(&f->arena);
    return 0;
}

static json_t *json(struct fixture *f, const char *text)
{
    json_t *parsed = json_parse(&f->arena, text, strlen(text), &f->err);
    if (!parsed)
        fail_msg("%s: %s", text, f->err.en);
    return parsed;
}

/* The arguments joined by '|', or "!item path". */
static const char *expanded(struct fixture *f, const char *template, const char *input)
{
    struct skill_args args;
    struct fault_list faults = { .arena = &f->arena };
    const char *text = "";

    skill_args_check(json(f, template), NULL, "", &faults);
    assert_int_equal(faults.count, 0);
    if (!skill_args_expand(json(f, template), json(f, input), &f->arena, &args, &f->err))
        return arena_format(&f->arena, "!%s %s", f->err.item, f->err.path);
    assert_null(args.argv[args.count]);
    for (size_t i = 0; i < args.count; i++)
        text = arena_format(&f->arena, "%s%s%s", text, i ? "|" : "", args.argv[i]);
    return text;
}

static void templates_expand_as_documented(void **state)
{
    static const struct {
        const char *template, *input, *expected;
    } cases[] = {
        { "[\"--month\",\"{month}\",\"{?verbose:--verbose}\",\"{files*}\"]",
          "{\"month\":\"2026-03\",\"verbose\":true,\"files\":[\"in/a.csv\",\"in/b c.csv\"]}",
          "--month|2026-03|--verbose|in/a.csv|in/b c.csv" },
        { "[\"--month\",\"{month}\",\"{?verbose:--verbose}\",\"{files*}\"]", "{\"verbose\":false}",
          "" },
        { "[\"--month\",\"{month}\"]", "{\"month\":null}", "" },
        { "[[\"--verbose\"],\"{month}\"]", "{}", "--verbose" },
        { "[\"--verbose\",\"--out={month}.csv\"]", "{}", "--verbose" },
        { "[\"--verbose\",\"--out={month}.csv\"]", "{\"month\":\"x\"}", "--verbose|--out=x.csv" },
        { "[[\"--range\",\"{from}\",\"{to}\"]]", "{\"from\":1}", "" },
        { "[[\"--range\",\"{from}\",\"{to}\"]]", "{\"from\":1,\"to\":2.50}", "--range|1|2.5" },
        { "[\"--tag={tags*}\"]", "{\"tags\":[\"a\",\"b\"]}", "--tag=a|--tag=b" },
        { "[\"--tag\",\"{tags*}\"]", "{\"tags\":[]}", "" },
        { "[\"{tags*}\"]", "{\"tags\":\"one\"}", "one" },
        { "[\"{tags}\"]", "{\"tags\":[\"a\",2,true]}", "a,2,true" },
        { "[\"{o}\"]", "{\"o\":{\"b\":1,\"a\":\"x\"}}", "{\"a\":\"x\",\"b\":1}" },
        { "[\"{!color:--no-color}\"]", "{}", "--no-color" },
        { "[\"{!color:--no-color}\"]", "{\"color\":true}", "" },
        { "[\"{?name:--named}\"]", "{\"name\":\"\"}", "" },
        { "[\"{?n:--n}\"]", "{\"n\":0}", "--n" },
        { "[\"a{{b}}c\",\"{{x}}\"]", "{}", "a{b}c|{x}" },
        { "[\"\",\"{e}\"]", "{\"e\":\"\"}", "|" },
        { "[\"{月份}\"]", "{\"月份\":\"三月\"}", "三月" },
        { "[\"$(rm -rf /)\",\"{x}\"]", "{\"x\":\"; rm *\"}", "$(rm -rf /)|; rm *" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(expanded(*state, cases[i].template, cases[i].input), cases[i].expected);
}

static void a_value_cannot_pose_as_an_option(void **state)
{
    assert_string_equal(expanded(*state, "[\"{x}\"]", "{\"x\":\"--delete-all\"}"),
                        "!leading_dash /x");
    assert_string_equal(expanded(*state, "[\"--month\",\"{x}\"]", "{\"x\":\"-v\"}"),
                        "!leading_dash /x");
    assert_string_equal(expanded(*state, "[\"{x*}\"]", "{\"x\":[\"a\",\"-v\"]}"),
                        "!leading_dash /x");
    assert_string_equal(expanded(*state, "[\"{a}{b}\"]", "{\"a\":\"\",\"b\":\"-v\"}"),
                        "!leading_dash /b");
    assert_string_equal(expanded(*state, "[\"{x}\"]", "{\"x\":[\"-v\"]}"), "!leading_dash /x");
    assert_string_equal(expanded(*state, "[\"--m={x}\"]", "{\"x\":\"-v\"}"), "--m=-v");
    assert_string_equal(expanded(*state, "[\"--n\",\"{x}\"]", "{\"x\":-5}"), "--n|-5");
    assert_string_equal(expanded(*state, "[\"--\",\"{x}\"]", "{\"x\":\"-v\"}"), "--|-v");
}

static void command_lines_are_bounded(void **state)
{
    struct fixture *f = *state;
    struct buf input = { 0 };
    buf_add_text(&input, "{\"x\":[");
    for (int i = 0; i < SKILL_ARGS_MAX + 1; i++)
        buf_addf(&input, "%s1", i ? "," : "");
    buf_add_text(&input, "]}");
    assert_string_equal(expanded(f, "[\"{x*}\"]", buf_text(&input)), "!too_long ");
    buf_clear(&input);
    buf_add_text(&input, "{\"x\":\"");
    for (int i = 0; i < SKILL_ARGS_BYTES_MAX; i++)
        buf_add_char(&input, 'a');
    buf_add_text(&input, "\"}");
    assert_string_equal(expanded(f, "[\"{x}\"]", buf_text(&input)), "!too_long ");
    buf_release(&input);
}

static void broken_templates_are_refused(void **state)
{
    static const struct {
        const char *template, *path, *code;
    } cases[] = {
        { "{}", "/args", "type" },
        { "[1]", "/args/0", "type" },
        { "[\"ok\",[[\"deep\"]]]", "/args/1/0", "type" },
        { "[\"{\"]", "/args/0", "template" },
        { "[\"}\"]", "/args/0", "template" },
        { "[\"{}\"]", "/args/0", "template" },
        { "[\"{*}\"]", "/args/0", "template" },
        { "[\"{?a}\"]", "/args/0", "template" },
        { "[\"{?a:}\"]", "/args/0", "template" },
        { "[\"{a{b}}\"]", "/args/0", "template" },
        { "[\"x{?a:y}\"]", "/args/0", "template" },
        { "[\"{a*}{b*}\"]", "/args/0", "template" },
        { "[\"{c}\"]", "/args/0", "unknown_name" },
        { "[[\"-x\",\"{?c:d}\"]]", "/args/0/1", "unknown_name" },
    };
    struct fixture *f = *state;
    json_t *schema = json(f, "{\"properties\":{\"a\":{},\"b\":{}}}");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fault_list faults = { .arena = &f->arena };
        skill_args_check(json(f, cases[i].template), schema, "/args", &faults);
        if (faults.count == 0)
            fail_msg("%s was taken", cases[i].template);
        assert_string_equal(faults.items[0].path, cases[i].path);
        assert_string_equal(faults.items[0].code, cases[i].code);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(templates_expand_as_documented),
        TEST(a_value_cannot_pose_as_an_option),
        TEST(command_lines_are_bounded),
        TEST(broken_templates_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
