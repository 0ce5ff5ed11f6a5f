#include "cli/package/package_unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/package/package.h"
#include "tests/lib/test.h"

struct world {
    struct arena arena;
    struct gov_err err;
    char folder[64];
    const char *archive, *into;
    size_t count;
};

static int begin(void **state)
{
    struct world *w = calloc(1, sizeof *w);

    arena_init(&w->arena);
    snprintf(w->folder, sizeof w->folder, "/tmp/execgov-unpack-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    w->archive = arena_format(&w->arena, "%s/a", w->folder);
    w->into = arena_format(&w->arena, "%s/into", w->folder);
    *state = w;
    return 0;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

static int end(void **state)
{
    struct world *w = *state;

    nftw(w->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    arena_release(&w->arena);
    free(w);
    return 0;
}

struct entry {
    const char *name, *text; /* text NULL: a folder */
    const char *symlink, *hardlink;
    int mode;
};

/* An archive of these entries, each as it is told: also what no honest tool writes. */
static void make(struct world *w, bool zip, const struct entry *entries)
{
    struct archive *a = archive_write_new();

    if (zip) {
        assert_int_equal(archive_write_set_format_zip(a), ARCHIVE_OK);
    } else {
        archive_write_add_filter_gzip(a);
        archive_write_set_format_pax_restricted(a);
    }
    assert_int_equal(archive_write_open_filename(a, w->archive), ARCHIVE_OK);
    for (; entries->name; entries++) {
        struct archive_entry *entry = archive_entry_new();
        size_t bytes = entries->text ? strlen(entries->text) : 0;
        archive_entry_set_pathname(entry, entries->name);
        archive_entry_set_filetype(entry, entries->symlink ? AE_IFLNK : entries->text ? AE_IFREG : AE_IFDIR);
        archive_entry_set_perm(entry, entries->mode ? (mode_t)entries->mode : 0644);
        archive_entry_set_size(entry, (la_int64_t)bytes);
        if (entries->symlink)
            archive_entry_set_symlink(entry, entries->symlink);
        if (entries->hardlink)
            archive_entry_set_hardlink(entry, entries->hardlink);
        assert_true(archive_write_header(a, entry) >= ARCHIVE_WARN);
        if (bytes && !entries->symlink && !entries->hardlink)
            assert_int_equal(archive_write_data(a, entries->text, bytes), (int)bytes);
        archive_entry_free(entry);
    }
    assert_int_equal(archive_write_close(a), ARCHIVE_OK);
    archive_write_free(a);
}

static bool unpack(struct world *w)
{
    return package_unpack(w->archive, w->into, &w->count, &w->arena, &w->err);
}

static void assert_text(struct world *w, const char *name, const char *text)
{
    char got[256] = "";
    FILE *file = fopen(arena_format(&w->arena, "%s/%s", w->into, name), "r");

    assert_non_null(file);
    got[fread(got, 1, sizeof got - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(got, text);
}

static void files_come_back_from_either_kind_of_archive(void **state)
{
    struct world *w = *state;
    const struct entry entries[] = { { "./main.py", "print(1)\n", NULL, NULL, 0755 }, { "data/", NULL, NULL, NULL, 0 },
                                     { "data/a b.csv", "a,b\n", NULL, NULL, 0 }, { ".hidden", "x", NULL, NULL, 0 },
                                     { NULL, NULL, NULL, NULL, 0 } };

    for (int zip = 0; zip < 2; zip++) {
        struct stat info;
        make(w, zip, entries);
        w->into = arena_format(&w->arena, "%s/into%d", w->folder, zip);
        if (zip)
            mkdir(w->into, 0700); /* an empty folder is as good as none */
        if (!unpack(w))
            fail_msg("%s", w->err.en);
        assert_int_equal(w->count, 3);
        assert_string_equal(package_suffix(w->archive), zip ? ".zip" : ".tar.gz");
        assert_text(w, "main.py", "print(1)\n");
        assert_text(w, "data/a b.csv", "a,b\n");
        assert_text(w, ".hidden", "x");
        assert_int_equal(stat(arena_format(&w->arena, "%s/main.py", w->into), &info), 0);
        assert_true(info.st_mode & 0100);
        assert_int_equal(info.st_mode & 06000, 0);
        struct package package;
        assert_true(package_read(w->into, &package, &w->arena, &w->err));
        assert_int_equal(package.refused_count + package.count, 3); /* nothing else is left there, no hidden folder of ours */
    }
}

static void what_would_leave_the_folder_is_refused_and_nothing_stays(void **state)
{
    struct world *w = *state;
    static const struct {
        struct entry bad;
        const char *why;
    } cases[] = {
        { { "../out.txt", "x", NULL, NULL, 0 }, "leading_dot" },
        { { "data/../../out.txt", "x", NULL, NULL, 0 }, "leading_dot" },
        { { "..\\out.txt", "x", NULL, NULL, 0 }, "leading_dot" },
        { { "/tmp/execgov-out.txt", "x", NULL, NULL, 0 }, "absolute" },
        { { "link", "", "/tmp", NULL, 0 }, "special_file" },
        { { "hard", "", NULL, "main.py", 0 }, "special_file" },
        { { "main.py", "again", NULL, NULL, 0 }, "duplicate" },
        { { "main.py/below", "x", NULL, NULL, 0 }, "duplicate" },
        { { "-rf", "x", NULL, NULL, 0 }, "leading_dash" },
        { { "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q", "x", NULL, NULL, 0 }, "too_deep" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct entry entries[] = { { "main.py", "print(1)\n", NULL, NULL, 0 }, cases[i].bad, { NULL, NULL, NULL, NULL, 0 } };
        make(w, false, entries);
        if (unpack(w))
            fail_msg("%s was written", cases[i].bad.name);
        assert_int_equal(w->err.code, GOV_ARTIFACT_REFUSED);
        assert_string_equal(w->err.item, cases[i].why);
        assert_int_not_equal(access(w->into, F_OK), 0);
        assert_int_not_equal(access(arena_format(&w->arena, "%s/out.txt", w->folder), F_OK), 0);
        assert_int_not_equal(access("/tmp/execgov-out.txt", F_OK), 0);
    }
}

static void what_is_there_is_left_alone(void **state)
{
    struct world *w = *state;
    const struct entry entries[] = { { "main.py", "new\n", NULL, NULL, 0 }, { NULL, NULL, NULL, NULL, 0 } };

    make(w, false, entries);
    mkdir(w->into, 0755);
    FILE *file = fopen(arena_format(&w->arena, "%s/main.py", w->into), "w");
    fputs("old\n", file);
    fclose(file);
    assert_false(unpack(w));
    assert_int_equal(w->err.code, GOV_CONFLICT);
    assert_text(w, "main.py", "old\n");
}

static void what_is_no_archive_or_broken_off_is_refused(void **state)
{
    struct world *w = *state;
    const struct entry entries[] = { { "main.py", "print('some text that is long enough to be cut')\n", NULL, NULL, 0 },
                                     { NULL, NULL, NULL, NULL, 0 } };
    struct stat info;

    make(w, false, entries);
    assert_int_equal(stat(w->archive, &info), 0);
    assert_int_equal(truncate(w->archive, info.st_size / 2), 0);
    assert_false(unpack(w));
    assert_int_not_equal(access(w->into, F_OK), 0);
    FILE *file = fopen(w->archive, "w");
    fputs("plain text\n", file);
    fclose(file);
    assert_null(package_suffix(w->archive));
    assert_false(unpack(w));
    assert_int_equal(w->err.code, GOV_ARTIFACT_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_come_back_from_either_kind_of_archive, begin, end),
        cmocka_unit_test_setup_teardown(what_would_leave_the_folder_is_refused_and_nothing_stays, begin, end),
        cmocka_unit_test_setup_teardown(what_is_there_is_left_alone, begin, end),
        cmocka_unit_test_setup_teardown(what_is_no_archive_or_broken_off_is_refused, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
