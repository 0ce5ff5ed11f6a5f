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
    assert_string_equal(json_get_text(mail, "code"), "mail");
    assert_int_equal(json_get_int(mail, "line", 0), 2);
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

    put(w, "main.py", script);
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
        cmocka_unit_test_setup_teardown(argparse_is_read_without_running, begin, end),
        cmocka_unit_test_setup_teardown(a_draft_passes_the_check, begin, end),
    };
    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
