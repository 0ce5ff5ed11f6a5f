/* suite_test.c - the public JSON Schema test suite (Debian: json-schema-test-suite), draft 7.
 *
 * Every group of every file is run, unless its schema uses a keyword we refuse, which must be one
 * of `refused`, or is named in `differs` with the reason. What ran and what did not is printed.
 */
#include "core/model/schema/schema.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "tests/lib/test.h"

#define SUITE "/usr/share/json-schema-test-suite/tests/draft7"

/* Keywords and formats of draft 7 that are refused by name, and references that leave the
 * document. */
static const char *const refused[] = {
    "additionalItems",
    "contains",
    "dependencies",
    "patternProperties",
    "propertyNames",
    "$id",
    "items", /* as a list: prefixItems in 2020-12 */
    "$ref",  /* remote */
    NULL,
};

/* A group (or a whole file) whose expectation differs from ours, and why. */
static const struct {
    const char *file, *group, *test, *why;
} differs[] = {
    { "ref.json", "ref overrides any sibling keywords", NULL,
      "2020-12: keywords beside $ref count" },
    { "ref.json", "escaped pointer ref", NULL,
      "its targets stand under names that are no keywords; schema_test has it with $defs" },
    { "bignum.json", NULL, NULL, "numbers beyond 64 bits are refused when parsed" },
    { "content.json", NULL, NULL, "content* describe only, as 2020-12 says" },
    { "ecmascript-regex.json", NULL, NULL, "pattern is PCRE2; `regex` describes only" },
    { "idn-email.json", NULL, NULL, "describes only" },
    { "idn-hostname.json", NULL, NULL, "describes only" },
    { "iri-reference.json", NULL, NULL, "describes only" },
    { "iri.json", NULL, NULL, "describes only" },
    { "json-pointer.json", NULL, NULL, "describes only" },
    { "regex.json", NULL, NULL, "describes only" },
    { "relative-json-pointer.json", NULL, NULL, "describes only" },
    { "uri-reference.json", NULL, NULL, "describes only" },
    { "uri-template.json", NULL, NULL, "describes only" },
};

static int files_run, files_skipped, groups_run, groups_skipped, tests_run, wrong;

static const char *difference(const char *file, const char *group, const char *test)
{
    for (size_t i = 0; i < sizeof differs / sizeof *differs; i++)
        if (strcmp(differs[i].file, file) == 0 &&
            (!differs[i].group || strcmp(differs[i].group, group) == 0) &&
            (!differs[i].test || (test && strcmp(differs[i].test, test) == 0)))
            return differs[i].why;
    return NULL;
}

static bool is_refused(const struct gov_err_item *item)
{
    const char *keyword = strrchr(item->path, '/');
    for (const char *const *r = refused; keyword && *r; r++)
        if (strcmp(keyword + 1, *r) == 0)
            return strcmp(item->code, "unsupported_keyword") == 0 ||
                   strcmp(item->code, "remote_ref") == 0 || strcmp(item->code, "unknown_ref") == 0;
    return false;
}

static void run_group(const char *file, const json_t *group, struct arena *arena)
{
    const char *name = json_get_text(group, "description");
    struct gov_err err;
    size_t i;
    json_t *test;

    if (difference(file, name, NULL)) {
        groups_skipped++;
        return;
    }
    const struct schema *schema = schema_compile(json_object_get(group, "schema"), arena, &err);
    if (!schema) {
        groups_skipped++;
        for (i = 0; i < err.item_count; i++) {
            if (!is_refused(&err.items[i])) {
                print_error("%s: %s: %s %s\n", file, name, err.items[i].path,
                            err.items[i].message.en);
                wrong++;
            }
        }
        return;
    }
    groups_run++;
    json_array_foreach (json_object_get(group, "tests"), i, test) {
        bool expected = json_get_bool(test, "valid", false);
        tests_run++;
        if (schema_validate(schema, json_object_get(test, "data"), arena, &err) != expected) {
            print_error("%s: %s: %s: expected %s; %s\n", file, name,
                        json_get_text(test, "description"), expected ? "valid" : "invalid",
                        expected ? err.en : "");
            wrong++;
        }
    }
}

static void run_file(const char *folder, const char *file)
{
    struct arena arena;
    char path[512];
    int before = groups_run;
    size_t i;
    json_t *group;

    arena_init(&arena);
    snprintf(path, sizeof path, "%s/%s", folder, file);
    json_t *groups = json_own(&arena, json_load_file(path, 0, NULL));
    if (!groups) {
        /* The one file jansson cannot read holds integers beyond 64 bits. */
        assert_non_null(difference(file, "", NULL));
        files_skipped++;
        arena_release(&arena);
        return;
    }
    json_array_foreach (groups, i, group)
        run_group(file, group, &arena);
    if (groups_run > before)
        files_run++;
    else
        files_skipped++;
    arena_release(&arena);
}

static void run_folder(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);
    assert_true(count > 0);
    for (int i = 0; i < count; i++) {
        if (text_ends(entries[i]->d_name, ".json"))
            run_file(folder, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
}

static void public_suite_holds_for_every_shared_keyword(void **state)
{
    (void)state;
    run_folder(SUITE);
    run_folder(SUITE "/optional");
    run_folder(SUITE "/optional/format");
    print_message("files run %d, skipped %d; groups run %d, skipped %d; tests run %d\n", files_run,
                  files_skipped, groups_run, groups_skipped, tests_run);
    assert_int_equal(wrong, 0);
    /* The suite of Debian 12; a run that silently skips more than these is a defect. */
    assert_true(groups_run >= 93);
    assert_true(tests_run >= 340);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(public_suite_holds_for_every_shared_keyword),
    };
    if (access(SUITE, R_OK) != 0)
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
