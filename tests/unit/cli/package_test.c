#include "cli/package/package.h"

#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/package/argparse_scan.h"
#include "core/base/json.h"
#include "core/model/skill/findings.h"
#include "tests/lib/test.h"

struct world {
    struct arena arena;
    struct gov_err err;
    char folder[64];
};

static int begin(void **state)
{
    struct world *w = calloc(1, sizeof *w);

    arena_init(&w->arena);
    snprintf(w->folder, sizeof w->folder, "/tmp/execgov-package-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    *state = w;
    return 0;
}

static int end(void **state)
{
    struct world *w = *state;
    static const char *const left[] = { "main.py", "README.md", "skill.json", "data/客户.csv",
                                        "data", ".git/config", ".git", "link", "a.tgz", "b.tgz",
                                        "" };

    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        remove(arena_format(&w->arena, "%s/%s", w->folder, left[i]));
    arena_release(&w->arena);
    free(w);
    return 0;
}

static void put(struct world *w, const char *path, const char *text)
{
    char *full = arena_format(&w->arena, "%s/%s", w->folder, path);
    char *slash = strrchr(full, '/');

    *slash = '\0';
    mkdir(full, 0755);
    *slash = '/';
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static const char *slurp(struct world *w, const char *name, size_t *bytes)
{
    char *text = arena_alloc(&w->arena, 65536);
    FILE *file = fopen(arena_format(&w->arena, "%s/%s", w->folder, name), "r");

    assert_non_null(file);
    *bytes = fread(text, 1, 65536, file);
    fclose(file);
    return text;
}

static void leftovers_are_left_out_and_links_refused(void **state)
{
    struct world *w = *state;
    struct package package;

    put(w, "main.py", "print(1)\n");
    put(w, "data/客户.csv", "a,b\n");
    put(w, ".git/config", "x");
    assert_int_equal(symlink("/etc/passwd", arena_format(&w->arena, "%s/link", w->folder)), 0);
    assert_true(package_read(w->folder, &package, &w->arena, &w->err));
    assert_int_equal(package.count, 2);
    assert_string_equal(package.files[0].path, "data/客户.csv");
    assert_int_equal(package.ignored_count, 1);
    assert_string_equal(package.ignored[0], ".git");
    assert_int_equal(package.refused_count, 1);
    assert_string_equal(package.refused[0], "link");
}

static void the_same_content_gives_the_same_archive(void **state)
{
    struct world *w = *state;
    struct package package;
    size_t a_bytes, b_bytes;

    put(w, "main.py", "print(1)\n");
    put(w, "data/客户.csv", "a,b\n");
    assert_true(package_read(w->folder, &package, &w->arena, &w->err));
    assert_true(package_archive(&package, arena_format(&w->arena, "%s/a.tgz", w->folder), &w->err));
    struct timespec times[2] = { { 1000, 0 }, { 1000, 0 } };
    utimensat(AT_FDCWD, arena_format(&w->arena, "%s/main.py", w->folder), times, 0);
    assert_true(package_archive(&package, arena_format(&w->arena, "%s/b.tgz", w->folder), &w->err));
    const char *a = slurp(w, "a.tgz", &a_bytes), *b = slurp(w, "b.tgz", &b_bytes);
    assert_int_equal(a_bytes, b_bytes);
    assert_memory_equal(a, b, a_bytes);
}

static const char *codes(struct world *w, const json_t *findings)
{
    const json_t *one;
    const char *all = "";
    size_t i;

    json_array_foreach(findings, i, one)
        all = arena_format(&w->arena, "%s%s:%s ", all, json_get_text(one, "severity"),
                           json_get_text(one, "path"));
    return all;
}

static void a_check_names_what_will_not_work(void **state)
{
    struct world *w = *state;
    struct package package;

    put(w, "README.md", "# Report\n\nMakes one.\n");
    assert_true(package_read(w->folder, &package, &w->arena, &w->err));
    assert_non_null(strstr(codes(w, package_check(&package, GOV_EN, &w->arena)), "error:"));
    put(w, "main.py", "import os\nimport smtplib\n");
    put(w, "skill.json", "{\"name\": \"x\", ");
    assert_true(package_read(w->folder, &package, &w->arena, &w->err));
    const json_t *findings = package_check(&package, GOV_ZH, &w->arena);
    assert_non_null(strstr(codes(w, findings), "error:skill.json"));
    const json_t *mail = json_array_get(findings, json_array_size(findings) - 1);
    assert_string_equal(json_get_text(mail, "code"), "uses_mail");
    assert_int_equal(json_get_int(mail, "line", 0), 2);
}

static const char at_home[] =
    "import boto3\n"                                    /* 1 */
    "import json, yaml\n"                               /* 2 */
    "import helper\n"                                   /* 3: its own */
    "def f():\n"
    "    from pandas.core import frame\n"               /* 5 */
    "    return os.environ['DB_HOST']\n"                /* 6 */
    "try:\n    import orjson\nexcept ImportError:\n    orjson = None\n"
    "open('/srv/shared/out.csv', 'w')\n"                /* 11 */
    "open('/home/me/in.csv')\n"                         /* 12 */
    "url = 'https://api.example.com/v1'\n"              /* 13 */
    "password = 'hunter2hunter2'\n"                     /* 14 */
    "name = input('name? ')\n"                          /* 15 */
    "import sys; month = sys.argv[1]\n"                 /* 16 */
    "import subprocess; subprocess.run(['ls'])\n"       /* 17 */
    "import psycopg2\n";                                /* 18 */

static void a_check_names_what_a_run_does_not_have_as_the_server_does(void **state)
{
    static const struct {
        const char *code, *word;
        int line;
    } expected[] = {
        { "missing_module", "boto3", 1 },      { "missing_module", "yaml", 2 },
        { "missing_module", "\"data\"", 5 },   { "reads_environment", "DB_HOST", 6 },
        { "optional_module", "orjson", 8 },    { "writes_outside", "/srv/shared/out.csv", 11 },
        { "absolute_file", "/home/me/in.csv", 12 }, { "names_host", "api.example.com", 13 },
        { "secret", "password", 14 },          { "asks_keyboard", "input", 15 },
        { "reads_arguments", "sys.argv[1]", 16 }, { "uses_subprocess", "subprocess.run", 17 },
        { "uses_database", "psycopg2", 18 },   { "missing_module", "psycopg2", 18 },
    };
    struct world *w = *state;
    struct package package;
    const json_t *one;
    size_t k;

    put(w, "main.py", at_home);
    put(w, "data/helper.py", "");
    put(w, "README.md", "# Report\n\nMakes one.\n");
    assert_true(package_read(w->folder, &package, &w->arena, &w->err));
    const json_t *findings = package_check(&package, GOV_EN, &w->arena);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        bool found = false;
        json_array_foreach(findings, k, one)
            found |= strcmp(json_get_text(one, "code"), expected[i].code) == 0 &&
                     json_get_int(one, "line", 0) == expected[i].line &&
                     strstr(json_get_text(one, "message"), expected[i].word);
        if (!found)
            fail_msg("no %s of %s at %d", expected[i].code, expected[i].word, expected[i].line);
    }
    json_array_foreach(findings, k, one) {
        assert_null(strstr(json_get_text(one, "message"), "helper"));
        assert_null(strstr(json_get_text(one, "message"), "hunter2"));
    }
    remove(arena_format(&w->arena, "%s/data/helper.py", w->folder));
}

/* Reading is all that is done with it: a check that ran what it checks would be the first to be attacked. */
static void a_check_runs_nothing(void **state)
{
    struct world *w = *state;
    struct package package;

    put(w, "main.py", "open('README.md', 'w').write('changed')\n");
    put(w, "README.md", "# Report\n\nMakes one.\n");
    put(w, "data/ast.py", "raise SystemExit('imported from the package')\n");
    assert_true(package_read(w->folder, &package, &w->arena, &w->err));
    const json_t *findings = package_check(&package, GOV_EN, &w->arena);
    assert_string_equal(codes(w, findings), "note:skill.json ");
    size_t bytes;
    assert_memory_equal(slurp(w, "README.md", &bytes), "# Report", 8);
    remove(arena_format(&w->arena, "%s/data/ast.py", w->folder));
}

static void without_python_a_check_says_that_it_did_not_look(void **state)
{
    struct world *w = *state;
    struct findings looked = { 0 };
    struct package nowhere = { .folder = "/nowhere/at/all" };

    package_look(&nowhere, &w->arena, &looked);
    assert_int_equal(looked.errors, 0);
    assert_non_null(strstr(buf_text(&looked.items), "not_looked_at"));
    findings_release(&looked);
}

static const char script[] =
    "p.add_argument('--month', '-m', required=True, help='which (like \"2026-03\"), please')\n"
    "p.add_argument(\n    \"--top-n\", type=int, default=10,  # a comment, with (a bracket\n"
    "    choices=[5, 10])\n"
    "p.add_argument('--dry-run', action='store_true')\n"
    "p.add_argument('source', type=Path)\n"
    "p.add_argument('extra', nargs='*')\n"
    "p.add_argument('--unfinished', help='never";

static void argparse_is_read_without_running(void **state)
{
    struct world *w = *state;
    struct buf text = { 0 };
    json_t *scan = json_own(&w->arena, argparse_scan(script));

    json_canonical(json_object_get(scan, "args"), &text);
    assert_string_equal(text.data, "[\"--month\",\"{month}\",\"--top-n\",\"{top_n}\","
                                   "\"{?dry_run:--dry-run}\",\"{source}\",\"{extra*}\"]");
    buf_clear(&text);
    const json_t *schema = json_object_get(scan, "schema");
    json_canonical(json_object_get(schema, "required"), &text);
    assert_string_equal(text.data, "[\"month\",\"source\"]");
    buf_clear(&text);
    json_canonical(json_object_get(json_object_get(schema, "properties"), "top_n"), &text);
    assert_string_equal(text.data, "{\"default\":10,\"enum\":[5,10],\"type\":\"integer\"}");
    buf_release(&text);
    assert_null(argparse_scan("print('nothing here')"));
}

/* What init writes has to pass check, or the first two commands of a newcomer contradict each other. */
static void a_draft_passes_the_check(void **state)
{
    struct world *w = *state;
    struct package package;

    put(w, "main.py", arena_format(&w->arena, "%.*s", (int)(strstr(script, "p.add_argument('--unf") - script), script));
    assert_true(package_read(w->folder, &package, &w->arena, &w->err));
    char *text = json_dumps(package_draft(&package, &w->arena), 0);
    put(w, "skill.json", text);
    free(text);
    assert_true(package_read(w->folder, &package, &w->arena, &w->err));
    assert_null(strstr(codes(w, package_check(&package, GOV_EN, &w->arena)), "error:"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(leftovers_are_left_out_and_links_refused, begin, end),
        cmocka_unit_test_setup_teardown(the_same_content_gives_the_same_archive, begin, end),
        cmocka_unit_test_setup_teardown(a_check_names_what_will_not_work, begin, end),
        cmocka_unit_test_setup_teardown(a_check_names_what_a_run_does_not_have_as_the_server_does, begin, end),
        cmocka_unit_test_setup_teardown(a_check_runs_nothing, begin, end),
        cmocka_unit_test_setup_teardown(without_python_a_check_says_that_it_did_not_look, begin, end),
        cmocka_unit_test_setup_teardown(argparse_is_read_without_running, begin, end),
        cmocka_unit_test_setup_teardown(a_draft_passes_the_check, begin, end),
    };
    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
