/* Against diff itself: what it makes of two texts, patch turns into the second. */
#include "core/model/line_diff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/test.h"

static void says(const char *before, const char *after, const char *expected)
{
    struct buf out = { 0 };

    assert_true(line_diff(before, after, &out));
    assert_string_equal(buf_text(&out), expected);
    buf_release(&out);
}

static void it_reads_as_everybody_writes_it(void **state)
{
    (void)state;
    says("a\nb\n", "a\nb\n", "");
    says("", "", "");
    says("a\nb\nc\n", "a\nB\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n");
    says("", "x\ny\n", "@@ -0,0 +1,2 @@\n+x\n+y\n");
    says("x\n", "", "@@ -1,1 +0,0 @@\n-x\n");
    says("a\n", "a", "@@ -1,1 +1,1 @@\n-a\n+a\n\\ No newline at end of file\n");
    says("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\nx\n",
         "@@ -9,4 +9,4 @@\n 9\n 10\n 11\n-12\n+x\n");
}

static void file_write(const char *path, const char *text, size_t bytes)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, bytes, file), bytes);
    fclose(file);
}

/* Lines from a small alphabet, so that many are alike. */
static void text_make(char *text, unsigned *seed, int lines, int kinds)
{
    int at = 0;

    for (int i = 0; i < lines; i++) {
        *seed = *seed * 1103515245u + 12345u;
        at += snprintf(text + at, 20, "line %d\n", (int)(*seed >> 16) % kinds);
    }
    text[at] = 0;
}

static void patch_turns_one_into_the_other(void **state)
{
    static char before[40000], after[40000];
    char folder[] = "/tmp/execgov-diff-XXXXXX", command[256], path[64];
    unsigned seed = 7;
    (void)state;

    assert_non_null(mkdtemp(folder));
    for (int round = 0; round < 60; round++) {
        struct buf out = { 0 };
        text_make(before, &seed, round * 3 % 90, 1 + round % 9);
        text_make(after, &seed, round * 7 % 80, 1 + round % 9);
        assert_true(line_diff(before, after, &out));
        snprintf(path, sizeof path, "%s/a", folder);
        file_write(path, before, strlen(before));
        snprintf(path, sizeof path, "%s/b", folder);
        file_write(path, after, strlen(after));
        snprintf(path, sizeof path, "%s/d", folder);
        file_write(path, buf_text(&out), out.length);
        snprintf(command, sizeof command, "cd %s && { [ ! -s d ] || patch -s a d; } && cmp -s a b", folder);
        if (system(command) != 0)
            fail_msg("round %d: not a patch: %s", round, buf_text(&out));
        buf_release(&out);
    }
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

static void too_much_is_shown_as_one_piece_or_not_at_all(void **state)
{
    static char before[200000], after[200000];
    struct buf out = { 0 };
    int a = 0, b = 0;
    (void)state;

    for (int i = 0; i < 1000; i++) {
        a += snprintf(before + a, 20, "old %d\n", i);
        b += snprintf(after + b, 20, "new %d\n", i);
    }
    assert_true(line_diff(before, after, &out));
    assert_true(strncmp(buf_text(&out), "@@ -1,1000 +1,1000 @@\n-old 0\n-old 1\n", 36) == 0);
    buf_clear(&out);
    memset(before, '\n', LINE_DIFF_LINES_MAX + 1);
    before[LINE_DIFF_LINES_MAX + 1] = 0;
    assert_false(line_diff(before, "x\n", &out));
    assert_int_equal(out.length, 0);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_reads_as_everybody_writes_it),
        cmocka_unit_test(patch_turns_one_into_the_other),
        cmocka_unit_test(too_much_is_shown_as_one_piece_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
