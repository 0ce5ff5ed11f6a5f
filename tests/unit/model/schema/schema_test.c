#include "core/model/schema/schema.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/text.h"
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

static const struct schema *compiled(struct fixture *f, const char *text)
{
    const struct schema *schema = schema_compile(json(f, text), &f->arena, &f->err);
    if (!schema)
        fail_msg("%s: %s", text, f->err.en);
    return schema;
}

static bool fits(struct fixture *f, const char *schema, const char *value)
{
    return schema_validate(compiled(f, schema), json(f, value), &f->arena, &f->err);
}

/* Compiling must fail with this code, at this path, with this item code. */
static void refused(struct fixture *f, const char *schema, enum gov_code code, const char *path,
                    const char *item)
{
    assert_null(schema_compile(json(f, schema), &f->arena, &f->err));
    assert_int_equal(f->err.code, code);
    assert_string_equal(f->err.path, path);
    assert_string_equal(f->err.item, item);
    assert_true(strlen(f->err.zh) > 0);
}

static void unsupported_keywords_are_refused_by_name_and_all_of_them(void **state)
{
    struct fixture *f = *state;
    refused(f, "{\"properties\":{\"a\":{\"patternProperties\":{}}},\"contains\":{}}",
            GOV_UNSUPPORTED_KEYWORD, "/properties/a/patternProperties", "unsupported_keyword");
    assert_non_null(strstr(f->err.en, "\"patternProperties\""));
    assert_non_null(strstr(f->err.zh, "patternProperties"));
    assert_int_equal(f->err.item_count, 2);
    assert_string_equal(f->err.items[1].path, "/contains");
    refused(f, "{\"items\":[true]}", GOV_UNSUPPORTED_KEYWORD, "/items", "unsupported_keyword");
    assert_non_null(strstr(f->err.en, "prefixItems"));
    refused(f, "{\"format\":\"dat\"}", GOV_UNSUPPORTED_KEYWORD, "/format", "unsupported_keyword");
    refused(f, "{\"items\":{\"$id\":\"x\"}}", GOV_UNSUPPORTED_KEYWORD, "/items/$id",
            "unsupported_keyword");
    /* the same names as members are just names */
    compiled(f, "{\"properties\":{\"contains\":{},\"$id\":{}},\"x-anything\":1,\"$id\":\"urn:x\"}");
}

static void keywords_of_the_wrong_shape_are_refused(void **state)
{
    static const char *const bad[] = {
        "{\"type\":\"text\"}",
        "{\"type\":[]}",
        "{\"enum\":[]}",
        "{\"enum\":1}",
        "{\"properties\":[]}",
        "{\"properties\":{\"a\":1}}",
        "{\"required\":\"a\"}",
        "{\"required\":[1]}",
        "{\"additionalProperties\":1}",
        "{\"prefixItems\":[]}",
        "{\"prefixItems\":{}}",
        "{\"minLength\":-1}",
        "{\"minLength\":1.5}",
        "{\"maxItems\":\"3\"}",
        "{\"minimum\":\"3\"}",
        "{\"multipleOf\":0}",
        "{\"multipleOf\":-2}",
        "{\"pattern\":1}",
        "{\"uniqueItems\":1}",
        "{\"allOf\":[]}",
        "{\"anyOf\":{}}",
        "{\"not\":[]}",
        "{\"$ref\":1}",
        "{\"$defs\":[]}",
        "{\"exclusiveMaximum\":true}",
        "[]",
        "3",
        "{\"format\":1}",
        "null",
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (schema_compile(json(f, bad[i]), &f->arena, &f->err))
            fail_msg("%s was taken", bad[i]);
        assert_int_equal(f->err.code, GOV_INVALID_INPUT);
        assert_string_equal(f->err.item, "type");
    }
    refused(f, "{\"pattern\":\"(a\"}", GOV_INVALID_INPUT, "/pattern", "pattern");
    refused(f, "{\"pattern\":\"\\\\Ca\"}", GOV_INVALID_INPUT, "/pattern", "pattern");
}

static void references_stay_inside_and_end(void **state)
{
    struct fixture *f = *state;
    refused(f, "{\"$ref\":\"http://x.example/s.json\"}", GOV_INVALID_INPUT, "/$ref", "remote_ref");
    refused(f, "{\"$ref\":\"other.json#/a\"}", GOV_INVALID_INPUT, "/$ref", "remote_ref");
    refused(f, "{\"$ref\":\"#/$defs/a\"}", GOV_INVALID_INPUT, "/$ref", "unknown_ref");
    refused(f, "{\"$ref\":\"#anchor\"}", GOV_INVALID_INPUT, "/$ref", "unknown_ref");
    refused(f, "{\"$ref\":\"#/%zz\"}", GOV_INVALID_INPUT, "/$ref", "unknown_ref");
    refused(f, "{\"$ref\":\"#\"}", GOV_INVALID_INPUT, "", "ref_loop");
    refused(
        f,
        "{\"$defs\":{\"a\":{\"$ref\":\"#/$defs/b\"},\"b\":{\"allOf\":[{\"$ref\":\"#/$defs/a\"}]}}}",
        GOV_INVALID_INPUT, "/$defs/a", "ref_loop");
    refused(f, "{\"if\":{\"not\":{\"$ref\":\"#\"}}}", GOV_INVALID_INPUT, "", "ref_loop");

    const char *tree = "{\"type\":\"object\",\"properties\":{\"v\":{\"type\":\"integer\"},"
                       "\"kids\":{\"type\":\"array\",\"items\":{\"$ref\":\"#\"}}},"
                       "\"additionalProperties\":false}";
    assert_true(fits(f, tree, "{\"v\":1,\"kids\":[{\"v\":2,\"kids\":[]}]}"));
    assert_false(fits(f, tree, "{\"v\":1,\"kids\":[{\"v\":\"2\"}]}"));
    assert_string_equal(f->err.path, "/kids/0/v");
    assert_string_equal(f->err.item, "type");

    const char *escaped =
        "{\"$defs\":{\"til~de\":{\"type\":\"integer\"},\"sl/ash\":{\"type\":\"integer\"},"
        "\"per%cent\":{\"type\":\"integer\"},\"中\":{\"type\":\"integer\"}},\"properties\":{"
        "\"a\":{\"$ref\":\"#/$defs/til~0de\"},\"b\":{\"$ref\":\"#/$defs/sl~1ash\"},"
        "\"c\":{\"$ref\":\"#/$defs/per%25cent\"},\"d\":{\"$ref\":\"#/$defs/%E4%B8%AD\"}}}";
    assert_true(fits(f, escaped, "{\"a\":1,\"b\":2,\"c\":3,\"d\":4}"));
    assert_false(fits(f, escaped, "{\"a\":\"\",\"b\":\"\",\"c\":\"\",\"d\":\"\"}"));
    assert_int_equal(f->err.item_count, 4);
    /* beside $ref other keywords count (2020-12) */
    assert_false(
        fits(f, "{\"$defs\":{\"t\":{\"type\":\"string\"}},\"$ref\":\"#/$defs/t\",\"maxLength\":1}",
             "\"ab\""));
    /* a reference to a place that is no keyword, which refers on */
    assert_true(fits(
        f,
        "{\"$ref\":\"#/x-lib/a\",\"x-lib\":{\"a\":{\"$ref\":\"#/x-lib/b\"},\"b\":{\"const\":1}}}",
        "1"));
}

static void schemas_are_bounded(void **state)
{
    struct fixture *f = *state;
    json_t *deep = json_own(&f->arena, json_object());
    for (int i = 0; i < 40; i++)
        deep = json_own(&f->arena, json_pack("{s:O}", "not", deep));
    assert_null(schema_compile(deep, &f->arena, &f->err));
    assert_string_equal(f->err.item, "depth");

    json_t *wide = json_own(&f->arena, json_array());
    for (int i = 0; i < SCHEMA_NODES_MAX + 10; i++)
        json_array_append_new(wide, json_object());
    wide = json_own(&f->arena, json_pack("{s:O}", "allOf", wide));
    assert_null(schema_compile(wide, &f->arena, &f->err));
    assert_string_equal(f->err.item, "too_large");

    char *text = arena_alloc(&f->arena, SCHEMA_BYTES_MAX + 1);
    memset(text, 'x', SCHEMA_BYTES_MAX);
    json_t *large = json_own(&f->arena, json_pack("{s:s}", "title", text));
    assert_null(schema_compile(large, &f->arena, &f->err));
    assert_string_equal(f->err.item, "too_large");
}

static void faults_are_all_named_in_both_languages(void **state)
{
    static const struct {
        const char *path, *code;
    } expected[] = {
        { "/month", "pattern" },  { "/count", "maximum" },      { "/tags", "unique_items" },
        { "/tags/1", "enum" },    { "/when", "format" },        { "/deep/a~1b", "required" },
        { "/owner", "required" }, { "/区域", "unknown_field" },
    };
    struct fixture *f = *state;
    assert_false(fits(
        f,
        "{\"type\":\"object\",\"required\":[\"owner\"],\"additionalProperties\":false,"
        "\"properties\":{"
        "\"month\":{\"type\":\"string\",\"pattern\":\"^[0-9]{4}-[0-9]{2}$\"},"
        "\"count\":{\"type\":\"integer\",\"maximum\":10},"
        "\"tags\":{\"type\":\"array\",\"uniqueItems\":true,\"items\":{\"enum\":[\"a\",\"b\"]}},"
        "\"when\":{\"type\":\"string\",\"format\":\"date\"},"
        "\"deep\":{\"required\":[\"a/b\"]},\"owner\":{}}}",
        "{\"month\":\"March\",\"count\":11,\"tags\":[\"a\",\"c\",\"a\"],\"when\":\"2026-02-30\","
        "\"deep\":{},"
        "\"区域\":1}"));
    assert_int_equal(f->err.code, GOV_INVALID_INPUT);
    assert_int_equal(f->err.item_count, sizeof expected / sizeof *expected);
    for (size_t i = 0; i < f->err.item_count; i++) {
        bool found = false;
        for (size_t j = 0; j < f->err.item_count; j++)
            found = found || (strcmp(f->err.items[j].path, expected[i].path) == 0 &&
                              strcmp(f->err.items[j].code, expected[i].code) == 0);
        if (!found)
            fail_msg("no fault %s at %s", expected[i].code, expected[i].path);
        assert_string_not_equal(f->err.items[i].message.en, f->err.items[i].message.zh);
    }
    assert_non_null(strstr(f->err.en, "7 more"));
    assert_non_null(strstr(f->err.zh, "另有 7 处"));
}

static void faults_beyond_the_limit_are_counted_and_texts_stay_utf8(void **state)
{
    struct fixture *f = *state;
    struct buf names = { 0 };
    buf_add_char(&names, '[');
    for (int i = 0; i < 3000; i++)
        buf_addf(&names, "%s\"张三丰\"", i ? "," : "");
    buf_add_char(&names, ']');
    assert_false(
        fits(f,
             "{\"items\":{\"enum\":[\"这是一个很长很长很长很长很长很长很长很长很长很长的取值\","
             "\"甲乙丙丁戊己庚辛壬癸甲乙丙丁戊己庚辛壬癸甲乙丙丁戊己庚辛壬癸\"]}}",
             buf_text(&names)));
    buf_release(&names);
    assert_int_equal(f->err.item_count, GOV_ERR_ITEMS_MAX);
    assert_non_null(strstr(f->err.en, "2999 more"));
    assert_true(text_utf8_valid(f->err.en, strlen(f->err.en)));
    assert_true(text_utf8_valid(f->err.zh, strlen(f->err.zh)));
    assert_true(f->arena.bytes < 1000000);
}

static void prefix_items_judge_the_first_items(void **state)
{
    struct fixture *f = *state;
    const char *pair =
        "{\"prefixItems\":[{\"type\":\"string\"},{\"type\":\"integer\"}],\"items\":false}";
    assert_true(fits(f, pair, "[\"a\",1]"));
    assert_true(fits(f, pair, "[\"a\"]"));
    assert_true(fits(f, pair, "[]"));
    assert_true(fits(f, pair, "{}"));
    assert_false(fits(f, pair, "[1]"));
    assert_false(fits(f, pair, "[\"a\",1,2]"));
    assert_string_equal(f->err.path, "/2");
    assert_string_equal(f->err.item, "never");
    assert_false(fits(f, "{\"prefixItems\":[true],\"items\":{\"type\":\"null\"}}", "[1,2]"));
    assert_true(fits(f, "{\"prefixItems\":[true],\"items\":{\"type\":\"null\"}}", "[1,null,null]"));
}

static void formats_decide(void **state)
{
    static const struct {
        const char *format, *good[6], *bad[9];
    } cases[] = {
        { "date",
          { "2026-03-31", "2024-02-29", "2000-02-29" },
          { "2026-3-31", "2026-02-29", "1900-02-29", "2026-13-01", "2026-00-10", "2026-04-31",
            "31.03.2026", "" } },
        { "time",
          { "08:30:00Z", "23:59:60Z", "08:30:00.5+08:00", "07:59:60+08:00" },
          { "08:30", "24:00:00Z", "08:60:00Z", "12:00:60Z", "08:30:00", "08:30:00.Z" } },
        { "date-time",
          { "2026-03-31T08:00:00Z", "2026-03-31t08:00:00.123456+08:00", "1998-12-31T23:59:60Z" },
          { "2026-03-31", "2026-03-31 08:00:00Z", "2026-03-31T08:00:00", "2026-02-30T08:00:00Z",
            "x" } },
        { "email",
          { "a@b.example", "first.last+tag@sub.b-c.example" },
          { "a", "@b.example", "a@", ".a@b.example", "a..b@c.example", "a b@c.example",
            "a@-b.example", "张@b.example" } },
        { "uri",
          { "https://host/path?q=1#x", "mailto:a@b.example", "http://u:p@h:80/", "urn:x:y",
            "http://[::1]:8/x" },
          { "/path", "host", "http://a b", "http://h:port/", "http://[::1", "x:%zz", "1a:b",
            "http://h/<x>", "" } },
        { "uuid",
          { "0190b6a5-0000-7000-8000-000000000000", "0190B6A5-0000-7000-8000-000000000000" },
          { "0190b6a500007000800000000000000", "zzzzzzzz-0000-7000-8000-000000000000", "" } },
        { "ipv4",
          { "192.0.2.1" },
          { "192.0.2", "192.0.2.256", "192.0.02.1", "::1", "192.0.2.1 " } },
        { "ipv6",
          { "::1", "2001:db8::1", "::ffff:192.0.2.1" },
          { "1", "1::2::3", "2001:db8::1%eth0", "[::1]" } },
        { "hostname",
          { "a.example", "localhost", "x-1.y" },
          { "-a", "a-", "a..b", "a_b", "a.", "", "a.b-" } },
        { "file",
          { "0190b6a5-0000-7000-8000-000000000000" },
          { "sales.csv", "../etc/passwd", "" } },
        { "password", { "anything at all" }, { NULL } },
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *schema = arena_format(&f->arena, "{\"format\":\"%s\"}", cases[i].format);
        for (const char *const *t = cases[i].good; *t; t++)
            if (!fits(f, schema, arena_format(&f->arena, "\"%s\"", *t)))
                fail_msg("%s: %s was refused", cases[i].format, *t);
        for (const char *const *t = cases[i].bad; *t; t++)
            if (fits(f, schema, arena_format(&f->arena, "\"%s\"", *t)))
                fail_msg("%s: %s was taken", cases[i].format, *t);
        assert_true(fits(f, schema, "7"));
    }
}

static void numbers_are_compared_exactly(void **state)
{
    struct fixture *f = *state;

    if (getenv("EXECGOV_VALGRIND"))
        skip(); /* which computes long doubles in 64 bits */
    assert_true(fits(f, "{\"const\":1}", "1.0"));
    assert_true(fits(f, "{\"enum\":[{\"a\":[1]}]}", "{\"a\":[1.0]}"));
    assert_true(fits(f, "{\"type\":\"integer\"}", "3.0"));
    assert_false(fits(f, "{\"type\":\"integer\"}", "3.5"));
    assert_true(fits(f, "{\"maximum\":9007199254740993}", "9007199254740993"));
    assert_false(fits(f, "{\"maximum\":9007199254740992}", "9007199254740993"));
    assert_false(fits(f, "{\"maximum\":9007199254740992.0}", "9007199254740993"));
    assert_true(fits(f, "{\"multipleOf\":0.01}", "19.99"));
    assert_false(fits(f, "{\"multipleOf\":0.01}", "19.995"));
    assert_false(fits(f, "{\"multipleOf\":0.123456789}", "1e300"));
    assert_false(fits(f, "{\"uniqueItems\":true}", "[1,\"1\",1.0]"));
    assert_true(fits(f, "{\"uniqueItems\":true}",
                     "[1,\"1\",true,[1],[true],{\"a\":1},{\"a\":true},{\"b\":1},null,false,0]"));
    assert_false(fits(f, "{\"uniqueItems\":true}", "[{\"a\":1,\"b\":2},3,{\"b\":2,\"a\":1}]"));
    assert_true(fits(f, "{\"minLength\":2,\"maxLength\":2}", "\"中文\""));
}

static void one_alternative_left_explains_itself(void **state)
{
    struct fixture *f = *state;
    const char *either = "{\"anyOf\":[{\"type\":\"null\"},{\"type\":\"integer\",\"minimum\":5}]}";
    assert_true(fits(f, either, "null"));
    assert_false(fits(f, either, "3"));
    assert_string_equal(f->err.item, "minimum");
    assert_false(fits(f, either, "\"x\""));
    assert_string_equal(f->err.item, "any_of");
    assert_false(fits(f, "{\"oneOf\":[{\"minimum\":1},{\"maximum\":9}]}", "5"));
    assert_string_equal(f->err.item, "one_of");
}

static void a_validation_costs_no_more_than_its_budget(void **state)
{
    struct fixture *f = *state;
    struct buf text = { 0 };
    int64_t start = clock_mono_us();

    if (getenv("EXECGOV_VALGRIND"))
        skip(); /* it is about time */
    /* 2^60 ways through anyOf and $ref */
    buf_add_text(&text, "{\"$defs\":{");
    for (int i = 0; i < 60; i++)
        buf_addf(&text,
                 "\"d%d\":{\"allOf\":[{\"$ref\":\"#/$defs/d%d\"},{\"$ref\":\"#/$defs/d%d\"}]},", i,
                 i + 1, i + 1);
    buf_add_text(&text, "\"d60\":true},\"$ref\":\"#/$defs/d0\"}");
    assert_false(fits(f, buf_text(&text), "1"));
    assert_string_equal(f->err.item, "too_costly");
    const struct schema_found *found;
    size_t count;
    assert_false(schema_find(compiled(f, buf_text(&text)), json(f, "1"), SCHEMA_MARK_SENSITIVE,
                             &f->arena, &found, &count, &f->err));
    schema_apply_defaults(compiled(f, buf_text(&text)), json(f, "1"), &f->arena);
    buf_release(&text);

    /* a pattern that backtracks, under `not`, which must not turn giving up into success */
    assert_false(
        fits(f, "{\"not\":{\"pattern\":\"^(a+)+$\"}}",
             "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\""));
    assert_string_equal(f->err.item, "too_costly");
    /* many texts, each a little slow */
    buf_add_char(&text, '[');
    for (int i = 0; i < 5000; i++)
        buf_addf(&text, "%s\"aaaaaaaaaaaaaaaaaaaaaaaa!%d\"", i ? "," : "", i);
    buf_add_char(&text, ']');
    assert_false(fits(f, "{\"items\":{\"pattern\":\"^(a?){12}a{12}$\"}}", buf_text(&text)));
    assert_string_equal(f->err.item, "too_costly");
    buf_release(&text);
    assert_true(clock_mono_us() - start <
                20 * 1000000); /* sanitizers; plain it is below one second */
}

static void patterns_read_as_ecma_262(void **state)
{
    struct fixture *f = *state;
    assert_true(fits(f, "{\"pattern\":\"^\\\\u4e2d\\\\/[\\\\u4e00-\\\\u9fff]$\"}", "\"中/文\""));
    assert_false(fits(f, "{\"pattern\":\"^a$\"}", "\"a\\n\""));
    assert_true(fits(f, "{\"pattern\":\"b\"}", "\"abc\""));
    assert_false(fits(f, "{\"pattern\":\"^\\\\d$\"}", "\"٣\"")); /* an Arabic digit */
    assert_true(fits(f, "{\"pattern\":\"^.$\"}", "\"😀\""));
}

static void defaults_fill_what_is_absent(void **state)
{
    struct fixture *f = *state;
    const struct schema *schema = compiled(
        f, "{\"$defs\":{\"region\":{\"type\":\"string\",\"default\":\"all\"}},"
           "\"properties\":{\"a\":{\"default\":1},\"b\":{\"default\":2},\"r\":{\"$ref\":\"#/$defs/"
           "region\"},"
           "\"o\":{\"properties\":{\"x\":{\"default\":[]}}},\"n\":{\"default\":{},\"$ref\":\"#\"},"
           "\"list\":{\"items\":{\"properties\":{\"k\":{\"default\":null}}}}},"
           "\"allOf\":[{\"properties\":{\"c\":{\"default\":3},\"a\":{\"default\":9}}}],"
           "\"anyOf\":[{\"properties\":{\"d\":{\"default\":4}}}]}");
    json_t *value = json(f, "{\"b\":null,\"o\":{},\"list\":[{},{\"k\":7},5]}");
    json_t *copy = schema_apply_defaults(schema, value, &f->arena);
    assert_true(json_equal(
        copy, json(f, "{\"a\":1,\"b\":null,\"c\":3,\"r\":\"all\",\"o\":{\"x\":[]},\"n\":{},"
                      "\"list\":[{\"k\":null},{\"k\":7},5]}")));
    assert_true(json_equal(value, json(f, "{\"b\":null,\"o\":{},\"list\":[{},{\"k\":7},5]}")));
}

static void files_and_secrets_are_found_wherever_they_are(void **state)
{
    struct fixture *f = *state;
    const struct schema_found *found;
    size_t count;
    const struct schema *schema = compiled(
        f, "{\"$defs\":{\"f\":{\"type\":\"string\",\"format\":\"file\",\"x-accept\":[\".csv\"]}},"
           "\"properties\":{"
           "\"one\":{\"$ref\":\"#/$defs/f\"},\"many\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/"
           "$defs/f\"}},"
           "\"pw\":{\"type\":\"string\",\"writeOnly\":true},\"t/k\":{\"x-sensitive\":true},"
           "\"alt\":{\"anyOf\":[{\"type\":\"integer\"},{\"properties\":{\"key\":{\"x-sensitive\":"
           "true}}}]}}}");
    json_t *value = json(f, "{\"one\":\"1\",\"many\":[\"2\",\"3\"],\"pw\":\"p\",\"t/k\":{\"x\":1},"
                            "\"alt\":{\"key\":\"k\"}}");

    assert_true(schema_find(schema, value, SCHEMA_MARK_FILE, &f->arena, &found, &count, &f->err));
    assert_int_equal(count, 3);
    assert_string_equal(found[0].path, "/one");
    assert_string_equal(found[1].path, "/many/0");
    assert_string_equal(found[2].path, "/many/1");
    assert_string_equal(json_string_value(found[2].value), "3");
    assert_non_null(json_object_get(found[0].schema, "x-accept"));
    assert_true(
        schema_find(schema, value, SCHEMA_MARK_SENSITIVE, &f->arena, &found, &count, &f->err));
    assert_int_equal(count, 3);
    assert_string_equal(found[0].path, "/pw");
    assert_string_equal(found[1].path, "/t~1k");
    assert_string_equal(found[2].path, "/alt/key");
}

static void a_sealed_value_fits_where_it_stands_and_the_rest_is_judged(void **state)
{
    struct fixture *f = *state;
    const struct schema *schema = compiled(
        f, "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"pin\"],\"properties\":{"
           "\"pin\":{\"type\":\"string\",\"pattern\":\"^[0-9]+$\",\"writeOnly\":true},"
           "\"either\":{\"oneOf\":[{\"type\":\"string\"},{\"type\":\"integer\"}],\"x-sensitive\":true},"
           "\"n\":{\"type\":\"integer\"}}}");
    static const char sealed[] = "{\"$sealed\":{\"key\":\"k\"}}";
    json_t *good = json(f, arena_format(&f->arena, "{\"pin\":%s,\"either\":%s,\"n\":1}", sealed, sealed));
    json_t *bad = json(f, arena_format(&f->arena, "{\"pin\":%s,\"n\":\"x\",\"more\":1}", sealed));

    assert_true(schema_validate_sealed(schema, good, &f->arena, &f->err));
    assert_false(schema_validate(schema, good, &f->arena, &f->err));
    assert_false(schema_validate_sealed(schema, bad, &f->arena, &f->err));
    assert_int_equal(f->err.item_count, 2);
    assert_true(json_equal(schema_apply_defaults(schema, good, &f->arena), good));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(unsupported_keywords_are_refused_by_name_and_all_of_them),
        TEST(keywords_of_the_wrong_shape_are_refused),
        TEST(references_stay_inside_and_end),
        TEST(schemas_are_bounded),
        TEST(faults_are_all_named_in_both_languages),
        TEST(faults_beyond_the_limit_are_counted_and_texts_stay_utf8),
        TEST(prefix_items_judge_the_first_items),
        TEST(formats_decide),
        TEST(numbers_are_compared_exactly),
        TEST(one_alternative_left_explains_itself),
        TEST(a_validation_costs_no_more_than_its_budget),
        TEST(patterns_read_as_ecma_262),
        TEST(defaults_fill_what_is_absent),
        TEST(files_and_secrets_are_found_wherever_they_are),
        TEST(a_sealed_value_fits_where_it_stands_and_the_rest_is_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
