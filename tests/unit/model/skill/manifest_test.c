#include "core/model/skill/manifest.h"

#include <string.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "tests/lib/test.h"

struct fixture {
    struct arena arena;
    struct gov_err err;
    struct skill_manifest manifest;
};

static int set_up(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof f);
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

static const char *const files[] = { "main.py", "README.md", "tools/clean.sh", "skill.json" };

static bool build(struct fixture *f, const char *manifest)
{
    struct skill_package package = {
        .name = "demo.zip",
        .files = files,
        .file_count = 4,
        .manifest = manifest,
        .manifest_bytes = manifest ? strlen(manifest) : 0,
    };
    return skill_manifest_build(&package, &f->manifest, &f->arena, &f->err);
}

static bool has_item(const struct gov_err_item *items, size_t count, const char *path,
                     const char *code)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(items[i].path, path) == 0 && strcmp(items[i].code, code) == 0)
            return true;
    return false;
}

static void a_bare_script_is_a_skill(void **state)
{
    struct fixture *f = *state;
    const char *const only[] = { "main.sh" };
    struct skill_package package = { .name = "Disk Usage (v2).tar.gz",
                                     .files = only,
                                     .file_count = 1 };

    assert_true(skill_manifest_build(&package, &f->manifest, &f->arena, &f->err));
    assert_string_equal(f->manifest.name, "disk-usage-v2");
    assert_string_equal(f->manifest.runtime, "base");
    assert_int_equal(f->manifest.action_count, 1);
    const struct skill_action *a = &f->manifest.actions[0];
    assert_string_equal(a->name, "run");
    assert_string_equal(a->entry, "main.sh");
    assert_int_equal(a->executor, SKILL_SHELL);
    assert_int_equal(a->risk, SKILL_RISK_LOW);
    assert_int_equal(a->timeout_s, 120);
    assert_int_equal(a->memory_mb, 512);
    assert_false(a->idempotent || a->confirm_required);
    assert_int_equal(a->attempts, 1);
    assert_null(a->args);
    assert_null(a->output);
    assert_string_equal(json_text(&f->arena, a->input), "{\"type\":\"object\"}");
    assert_string_equal(json_text(&f->arena, a->collect), "[]");
    assert_true(
        has_item(f->manifest.warnings, f->manifest.warning_count, "README.md", "no_readme"));
    assert_true(
        has_item(f->manifest.warnings, f->manifest.warning_count, "skill.json", "no_examples"));
}

static void readme_gives_title_and_description(void **state)
{
    static const struct {
        const char *readme, *title, *description;
    } cases[] = {
        { "# Sales report\n\nSums the orders\r\nof one month.\n\nMore.", "Sales report",
          "Sums the orders of one month." },
        { "\xef\xbb\xbf# 销售报表 #1\n[![build](x)](y)\n![logo](z)\n\n按月汇总订单。\n",
          "销售报表 #1", "按月汇总订单。" },
        { "Plain text first.\n# Later heading\n", NULL, "Plain text first." },
        { "# T\n```\ncode\n```\n- item\n> quote\n<b>x</b>\n| t |\n\nWords.", "T", "Words." },
        { "#nospace\n", NULL, "#nospace" },
        { "# Rev\xe2\x80\xae"
          "ersed\n\nA\x01z",
          "Reversed", "Az" },
        { "", NULL, NULL },
        { "\xff\xfe", NULL, NULL },
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct skill_package package = { .name = "demo",
                                         .files = files,
                                         .file_count = 4,
                                         .readme = cases[i].readme,
                                         .readme_bytes = strlen(cases[i].readme) };
        assert_true(skill_manifest_build(&package, &f->manifest, &f->arena, &f->err));
        const char *title = cases[i].title ? cases[i].title : "demo";
        assert_string_equal(f->manifest.title.en, title);
        assert_string_equal(f->manifest.description.zh,
                            cases[i].description ? cases[i].description : title);
    }
    char *endless = arena_alloc(&f->arena, 100000);
    for (int i = 0; i + 3 < 99000; i += 3)
        memcpy(endless + i, "字", 3);
    struct skill_package package = {
        .files = files, .file_count = 4, .readme = endless, .readme_bytes = strlen(endless)
    };
    assert_true(skill_manifest_build(&package, &f->manifest, &f->arena, &f->err));
    assert_true(strlen(f->manifest.description.en) <= 500);
    assert_true(text_utf8_valid(f->manifest.description.en, strlen(f->manifest.description.en)));
    assert_string_equal(f->manifest.name, "skill");
}

static void names_are_made_from_packages(void **state)
{
    static const struct {
        const char *package, *name;
    } cases[] = {
        { "Sales Report.zip", "sales-report" },
        { "a/b/Tool_2.tgz", "tool_2" },
        { "2024 report.zip", "report" },
        { "--x--.tar.gz", "x" },
        { "main.py", "main" },
        { "ARCHIVE.ZIP", "archive" },
        { "dir/", "dir" },
        { "x", "x" },
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(skill_name_derive(cases[i].package, &f->arena), cases[i].name);
    const char *chinese = skill_name_derive("销售报表.zip", &f->arena);
    assert_true(text_starts(chinese, "skill-") && text_slug_valid(chinese));
    assert_string_equal(chinese, skill_name_derive("销售报表.zip", &f->arena));
    assert_string_not_equal(chinese, skill_name_derive("库存.zip", &f->arena));
    assert_true(text_slug_valid(skill_name_derive("", &f->arena)));
    char longest[300];
    memset(longest, 'a', sizeof longest - 1);
    longest[299] = 0;
    assert_true(text_slug_valid(skill_name_derive(longest, &f->arena)));
}

static const char full[] =
    "{\"name\":\"orders\",\"title\":{\"en\":\"Orders\",\"zh\":\"订单\"},\"description\":\"All "
    "about orders\","
    "\"runtime\":\"data\",\"version\":\"1.2\",\"x-note\":1,"
    "\"examples\":[\"list the orders\",{\"text\":\"删除旧订单\",\"action\":\"purge\"}],"
    "\"actions\":[{\"name\":\"list\",\"input\":{\"properties\":{\"month\":{\"type\":\"string\"}}},"
    "\"args\":[\"--month\",\"{month}\"],\"examples\":[\"orders of March\"],\"idempotent\":true,\"attempts\":5,"
    "\"output\":{\"type\":\"object\"},\"collect\":[\"*.csv\"]},"
    "{\"name\":\"purge\",\"title\":\"Purge\",\"entry\":\"tools/"
    "clean.sh\",\"risk\":\"high\",\"timeout_s\":30,"
    "\"memory_mb\":64,\"effects\":[\"deletes orders\",{\"en\":\"frees "
    "space\",\"zh\":\"释放空间\"}],"
    "\"resources\":[\"erp\"],\"confirm\":{\"people\":2,\"expires_s\":3600}}]}";

static void everything_said_is_kept_and_normalised(void **state)
{
    struct fixture *f = *state;
    if (!build(f, full))
        fail_msg("%s", f->err.en);
    assert_string_equal(f->manifest.name, "orders");
    assert_string_equal(f->manifest.title.zh, "订单");
    assert_string_equal(f->manifest.description.zh, "All about orders");
    assert_string_equal(f->manifest.runtime, "data");
    assert_int_equal(f->manifest.action_count, 2);
    const struct skill_action *list = skill_action_find(&f->manifest, NULL);
    const struct skill_action *purge = skill_action_find(&f->manifest, "purge");
    assert_string_equal(list->name, "list");
    assert_string_equal(list->title.en, "list");
    assert_true(list->idempotent && list->output && list->args);
    assert_int_equal(list->attempts, 5);
    assert_int_equal(purge->attempts, 1);
    assert_string_equal(json_get_text(list->input, "type"), "object");
    assert_string_equal(json_text(&f->arena, list->examples),
                        "[\"orders of March\",\"list the orders\"]");
    assert_string_equal(json_text(&f->arena, purge->examples), "[\"删除旧订单\"]");
    assert_int_equal(json_array_size(json_object_get(f->manifest.json, "examples")), 3);
    assert_int_equal(purge->executor, SKILL_SHELL);
    assert_int_equal(purge->risk, SKILL_RISK_HIGH);
    assert_true(purge->confirm_required);
    assert_int_equal(purge->confirm_people, 2);
    assert_int_equal(purge->confirm_expires_s, 3600);
    assert_int_equal(purge->timeout_s, 30);
    assert_string_equal(json_get_text(json_array_get(purge->effects, 0), "zh"), "deletes orders");
    assert_string_equal(json_get_text(json_array_get(purge->effects, 1), "zh"), "释放空间");
    assert_null(skill_action_find(&f->manifest, "fly"));

    /* what is stored views the same, and building from it again changes nothing */
    struct skill_manifest again;
    const char *stored = json_text(&f->arena, f->manifest.json);
    json_t *json = json_parse(&f->arena, stored, strlen(stored), &f->err);
    assert_true(skill_manifest_view(json, &again, &f->arena, &f->err));
    assert_string_equal(again.actions[1].entry, "tools/clean.sh");
}

static void one_action_may_be_written_without_the_list(void **state)
{
    struct fixture *f = *state;
    assert_true(build(f,
                      "\xef\xbb\xbf{\"title\":\"T\",\"risk\":\"high\",\"entry\":\"tools/clean.sh\","
                      "\"examples\":[\"clean up\"],\"confirm\":true}"));
    assert_int_equal(f->manifest.action_count, 1);
    assert_string_equal(f->manifest.actions[0].name, "run");
    assert_string_equal(f->manifest.actions[0].title.en, "T");
    assert_int_equal(f->manifest.actions[0].risk, SKILL_RISK_HIGH);
    assert_string_equal(json_text(&f->arena, f->manifest.actions[0].examples), "[\"clean up\"]");
}

static void every_fault_is_found_in_one_pass(void **state)
{
    static const struct {
        const char *path, *code;
    } expected[] = {
        { "skill.json#/name", "format" },
        { "skill.json#/colour", "unknown_field" },
        { "skill.json#/runtime", "format" },
        { "skill.json#/actions/0/entry", "unknown_file" },
        { "skill.json#/actions/0/risk", "enum" },
        { "skill.json#/actions/0/timeout_s", "range" },
        { "skill.json#/actions/0/input/properties/a/patternProperties", "unsupported_keyword" },
        { "skill.json#/actions/0/args/0", "unknown_name" },
        { "skill.json#/actions/0/collect/0", "format" },
        { "skill.json#/actions/0/effects/0", "type" },
        { "skill.json#/actions/0/resources/0", "format" },
        { "skill.json#/actions/0/confirm/people", "range" },
        { "skill.json#/actions/0/idempotent", "type" },
        { "skill.json#/actions/1/name", "unique" },
        { "skill.json#/actions/1/speed", "unknown_field" },
        { "skill.json#/actions/1/attempts", "not_idempotent" },
        { "skill.json#/actions/1/input/type", "const" },
        { "skill.json#/actions/2", "type" },
        { "skill.json#/examples/1/action", "unknown_name" },
    };
    struct fixture *f = *state;
    assert_false(build(
        f, "{\"name\":\"No Slug\",\"colour\":1,\"runtime\":\"Big "
           "Data\",\"examples\":[\"ok\",{\"text\":\"x\",\"action\":\"nope\"}],"
           "\"actions\":[{\"name\":\"a\",\"entry\":\"gone.py\",\"risk\":\"medium\",\"timeout_s\":0,"
           "\"input\":{\"properties\":{\"a\":{\"patternProperties\":{}}}},\"args\":[\"{b}\"],"
           "\"collect\":[\"../x\"],"
           "\"effects\":[3],\"resources\":[\"A "
           "B\"],\"confirm\":{\"people\":9},\"idempotent\":\"yes\"},"
           "{\"name\":\"a\",\"speed\":1,\"attempts\":2,\"input\":{\"type\":\"array\"}},7]}"));
    assert_int_equal(f->err.code, GOV_FINDINGS);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        if (!has_item(f->err.items, f->err.item_count, expected[i].path, expected[i].code))
            fail_msg("no %s at %s", expected[i].code, expected[i].path);
    assert_int_equal(f->err.item_count, sizeof expected / sizeof *expected);
    for (size_t i = 0; i < f->err.item_count; i++)
        assert_string_not_equal(f->err.items[i].message.en, f->err.items[i].message.zh);
}

static void noop_is_an_executor_only_where_something_is_measured(void **state)
{
    struct fixture *f = *state;
    const char *manifest = "{\"executor\":\"noop\"}";
    struct skill_package package = { .name = "demo.zip",
                                     .files = files,
                                     .file_count = 4,
                                     .manifest = manifest,
                                     .manifest_bytes = strlen(manifest) };

    assert_false(skill_manifest_build(&package, &f->manifest, &f->arena, &f->err));
    assert_true(has_item(f->err.items, f->err.item_count, "skill.json#/executor", "enum"));
    package.noop = true;
    assert_true(skill_manifest_build(&package, &f->manifest, &f->arena, &f->err));
    assert_int_equal(f->manifest.actions[0].executor, SKILL_NOOP);
}

static void broken_packages_are_refused(void **state)
{
    static const struct {
        const char *manifest, *path, *code;
    } cases[] = {
        { "{", "skill.json", "syntax" },
        { "[]", "skill.json", "type" },
        { "", "skill.json", "syntax" },
        { "{\"a\":1,\"a\":2}", "skill.json", "syntax" },
        { "{\"manifest\":2}", "skill.json#/manifest", "range" },
        { "{\"actions\":[]}", "skill.json#/actions", "type" },
        { "{\"actions\":{}}", "skill.json#/actions", "type" },
        { "{\"entry\":\"main.exe\"}", "skill.json#/entry", "format" },
        { "{\"entry\":\"../main.py\"}", "skill.json#/entry", "unknown_file" },
        { "{\"executor\":\"shell\"}", "skill.json#/executor", "enum" },
        { "{\"title\":\"a\\u202eb\"}", "skill.json#/title", "hidden_character" },
        { "{\"title\":{}}", "skill.json#/title", "required" },
        { "{\"title\":{\"en\":\"\"}}", "skill.json#/title/en", "type" },
        { "{\"examples\":[\"\"]}", "skill.json#/examples/0/text", "type" },
        { "{\"examples\":[{}]}", "skill.json#/examples/0", "required" },
        { "{\"confirm\":1}", "skill.json#/confirm", "type" },
        { "{\"confirm\":{\"expires_s\":5}}", "skill.json#/confirm/expires_s", "range" },
        { "{\"collect\":[\"/etc/*\"]}", "skill.json#/collect/0", "format" },
        { "{\"collect\":[\"a/../b\"]}", "skill.json#/collect/0", "format" },
        { "{\"input\":[]}", "skill.json#/input", "type" },
        { "{\"output\":{\"type\":\"nothing\"}}", "skill.json#/output/type", "type" },
        { "{\"args\":\"-x\"}", "skill.json#/args", "type" },
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (build(f, cases[i].manifest))
            fail_msg("%s was taken", cases[i].manifest);
        assert_int_equal(f->err.code, GOV_FINDINGS);
        if (!has_item(f->err.items, f->err.item_count, cases[i].path, cases[i].code))
            fail_msg("%s: %s %s", cases[i].manifest, f->err.items[0].path, f->err.items[0].code);
    }
    struct skill_package nothing = { .name = "x" };
    assert_false(skill_manifest_build(&nothing, &f->manifest, &f->arena, &f->err));
    assert_true(has_item(f->err.items, f->err.item_count, "main.py", "required"));
    struct skill_package wanted = { .wanted_name = "Bad Name", .files = files, .file_count = 4 };
    assert_false(skill_manifest_build(&wanted, &f->manifest, &f->arena, &f->err));
    assert_string_equal(f->err.path, "name");
    wanted.wanted_name = "good-name";
    assert_true(skill_manifest_build(&wanted, &f->manifest, &f->arena, &f->err));
    assert_string_equal(f->manifest.name, "good-name");
}

static void view_refuses_what_is_not_a_normalised_manifest(void **state)
{
    struct fixture *f = *state;
    struct skill_manifest got;
    assert_true(build(f, full));
    const char *name;
    json_t *value;
    /* Take one member away at a time, from the manifest and from an action. */
    json_object_foreach ((json_t *)f->manifest.json, name, value) {
        json_t *less = json_own(&f->arena, json_deep_copy(f->manifest.json));
        json_object_del(less, name);
        if (strcmp(name, "examples") != 0 && skill_manifest_view(less, &got, &f->arena, &f->err))
            fail_msg("taken without %s", name);
    }
    json_t *first = json_array_get(json_object_get(f->manifest.json, "actions"), 0);
    json_object_foreach (first, name, value) {
        json_t *less = json_own(&f->arena, json_deep_copy(f->manifest.json));
        json_object_del(json_array_get(json_object_get(less, "actions"), 0), name);
        bool has_default = strcmp(name, "output") == 0 || strcmp(name, "args") == 0 ||
                           strcmp(name, "idempotent") == 0 || strcmp(name, "attempts") == 0 ||
                           strcmp(name, "confirm") == 0;
        if (skill_manifest_view(less, &got, &f->arena, &f->err) != has_default)
            fail_msg("%s", name);
        if (strcmp(name, "confirm") == 0)
            assert_true(got.actions[0].confirm_required); /* not knowing is the careful way */
    }
    assert_false(skill_manifest_view(json_null(), &got, &f->arena, &f->err));
    assert_int_equal(f->err.code, GOV_INTERNAL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_bare_script_is_a_skill),
        TEST(readme_gives_title_and_description),
        TEST(names_are_made_from_packages),
        TEST(everything_said_is_kept_and_normalised),
        TEST(one_action_may_be_written_without_the_list),
        TEST(every_fault_is_found_in_one_pass),
        TEST(noop_is_an_executor_only_where_something_is_measured),
        TEST(broken_packages_are_refused),
        TEST(view_refuses_what_is_not_a_normalised_manifest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
