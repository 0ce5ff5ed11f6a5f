/* What the files of a run are called: the sandbox lets paths be longer than a file's name may be. */
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/text.h"
#include "tests/lib/test.h"
#include "worker/run/run_artifact.h"

enum { PATHS_MAX = 8 };

struct named {
    struct arena arena;
    struct run_artifacts artifacts;
};

/* Take over files of these paths; each name is one that a file may have. */
static void take(struct named *n, const char *const *paths)
{
    static struct sandbox_artifact files[PATHS_MAX];
    struct sandbox_report report = { .artifacts = files };
    const char *why = "";

    memset(n, 0, sizeof *n);
    arena_init(&n->arena);
    for (; paths[report.artifact_count]; report.artifact_count++) {
        struct sandbox_artifact *f = &files[report.artifact_count];
        snprintf(f->name, sizeof f->name, "%s", paths[report.artifact_count]);
        f->fd = -1;
    }
    run_artifacts_take(&n->artifacts, &report, &n->arena);
    assert_int_equal(n->artifacts.count, report.artifact_count);
    for (size_t i = 0; i < n->artifacts.count; i++)
        if (!text_file_name_valid(n->artifacts.items[i].name, &why))
            fail_msg("%s: %s", n->artifacts.items[i].name, why);
}

static void paths_become_flat_names_that_occur_once(void **state)
{
    const char *const paths[] = { "out/a/b.csv", "out/a-b.csv", "a-b.csv", "total.csv", NULL };
    const char *const names[] = { "a-b.csv", "2-a-b.csv", "3-a-b.csv", "total.csv" };
    struct named n;

    (void)state;
    take(&n, paths);
    for (size_t i = 0; i < n.artifacts.count; i++)
        assert_string_equal(n.artifacts.items[i].name, names[i]);
    arena_release(&n.arena);
}

static void a_path_longer_than_a_name_keeps_its_end(void **state)
{
    char folder[160] = "", deep[400], other[400];
    struct buf wide = { 0 };
    struct named n;

    (void)state;
    memset(folder, '-', sizeof folder - 1);
    folder[0] = 'a';
    snprintf(deep, sizeof deep, "out/%s/%s/report.csv", folder, folder);
    snprintf(other, sizeof other, "%s/%s/report.csv", folder, folder);
    buf_add_text(&wide, "out/");
    for (int i = 0; i < 2; i++) { /* cut in the middle of a character, were it cut by bytes */
        for (int k = 0; k < 40; k++)
            buf_add_text(&wide, "报");
        buf_add_text(&wide, i ? "x.csv" : "/");
    }
    const char *const paths[] = { deep, other, buf_text(&wide), NULL };
    take(&n, paths);
    for (size_t i = 0; i < n.artifacts.count; i++)
        assert_true(text_ends(n.artifacts.items[i].name, i < 2 ? "report.csv" : "报x.csv"));
    assert_string_not_equal(n.artifacts.items[0].name, n.artifacts.items[1].name);
    buf_release(&wide);
    arena_release(&n.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_become_flat_names_that_occur_once),
        cmocka_unit_test(a_path_longer_than_a_name_keeps_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
