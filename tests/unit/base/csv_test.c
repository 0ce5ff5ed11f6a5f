/* RFC 4180's own examples, and what is wrong with a file, by its line. */
#include "core/base/csv.h"

#include <string.h>

#include "core/base/charset.h"
#include "tests/lib/test.h"

struct fixture {
    struct arena arena;
    struct csv csv;
    struct csv_row row;
    struct gov_err err;
};

static int setup(void **state)
{
    static struct fixture f;

    memset(&f, 0, sizeof f);
    arena_init(&f.arena);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    arena_release(&((struct fixture *)*state)->arena);
    return 0;
}

static bool next(struct fixture *f)
{
    return csv_next(&f->csv, &f->row, &f->arena, &f->err);
}

static void begin(struct fixture *f, const char *text)
{
    csv_begin(&f->csv, text, strlen(text), ',');
}

static void rows_are_read_as_rfc_4180_has_them(void **state)
{
    struct fixture *f = *state;

    begin(f, "aaa,bbb,ccc\r\n\"a\"\"b\",\"x,y\",\"line\r\nline\"\r\n\r\n,,\nlast,one,");
    assert_true(next(f));
    assert_int_equal(f->row.count, 3);
    assert_string_equal(f->row.fields[2], "ccc");
    assert_true(next(f));
    assert_int_equal(f->row.line, 2);
    assert_string_equal(f->row.fields[0], "a\"b");
    assert_string_equal(f->row.fields[1], "x,y");
    assert_string_equal(f->row.fields[2], "line\r\nline");
    assert_true(next(f)); /* the empty line is none */
    assert_int_equal(f->row.line, 5);
    assert_int_equal(f->row.count, 3);
    assert_true(next(f));
    assert_string_equal(f->row.fields[0], "last");
    assert_string_equal(f->row.fields[2], "");
    assert_false(next(f));
    assert_int_equal(f->err.code, GOV_OK);
}

static void what_is_no_csv_is_told_with_its_line(void **state)
{
    struct fixture *f = *state;

    begin(f, "a,b\n\"never ends,b\n");
    assert_true(next(f));
    assert_false(next(f));
    assert_non_null(strstr(f->err.en, "line 2"));
    begin(f, "\"a\"b,c\n");
    assert_false(next(f));
    assert_int_equal(f->err.code, GOV_INVALID_INPUT);
    char many[2 * CSV_FIELDS_MAX + 2];
    memset(many, ',', sizeof many - 1);
    many[sizeof many - 1] = '\0';
    begin(f, many);
    assert_false(next(f));
    assert_int_equal(f->err.code, GOV_INVALID_INPUT);
}

static void gb18030_becomes_utf_8_and_nothing_else_passes_for_it(void **state)
{
    struct fixture *f = *state;
    size_t bytes;
    /* 日期 in GB18030; a character of four bytes. */
    const char *text = charset_utf8(CHARSET_AUTO, "\xc8\xd5\xc6\xda", 4, &f->arena, &bytes, &f->err);

    assert_string_equal(text, "日期");
    assert_int_equal(bytes, 6);
    assert_string_equal(charset_utf8(CHARSET_GB18030, "\x81\x30\x81\x30", 4, &f->arena, &bytes, &f->err), "\xc2\x80");
    assert_string_equal(charset_utf8(CHARSET_AUTO, "\xef\xbb\xbf日期", 9, &f->arena, &bytes, &f->err), "日期");
    assert_null(charset_utf8(CHARSET_UTF_8, "\xc8\xd5", 2, &f->arena, &bytes, &f->err));
    assert_int_equal(f->err.code, GOV_INVALID_INPUT);
    assert_null(charset_utf8(CHARSET_AUTO, "\xff\xff\xff", 3, &f->arena, &bytes, &f->err));
    assert_null(charset_utf8(CHARSET_AUTO, "a\0b", 3, &f->arena, &bytes, &f->err));
    assert_null(charset_utf8(CHARSET_GB18030, "a\xc8", 2, &f->arena, &bytes, &f->err)); /* cut in the middle */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_are_read_as_rfc_4180_has_them, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_csv_is_told_with_its_line, setup, teardown),
        cmocka_unit_test_setup_teardown(gb18030_becomes_utf_8_and_nothing_else_passes_for_it, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
