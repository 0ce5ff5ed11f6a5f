#include "cli/out/table.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "cli/out/progress.h"
#include "cli/out/term.h"
#include "tests/lib/test.h"

static void widths_are_what_a_screen_shows(void **state)
{
    (void)state;
    assert_int_equal(term_width("abc"), 3);
    assert_int_equal(term_width("报表"), 4);
    assert_int_equal(term_width("e\xcc\x81"), 1); /* e and a combining accent */
    assert_int_equal(term_width("a\xff"), 2);     /* a byte that is not UTF-8 takes one */
    assert_int_equal(term_width(""), 0);
}

static void cutting_never_splits_a_character(void **state)
{
    struct buf out = { 0 };
    (void)state;
    term_cut("销售报表", 6, &out);
    assert_string_equal(out.data, "销售…");
    buf_clear(&out);
    term_cut("销售报表", 8, &out);
    assert_string_equal(out.data, "销售报表");
    buf_release(&out);
}

static void what_a_terminal_would_obey_is_made_visible(void **state)
{
    static const char *const cases[][2] = {
        { "a\033[2Jb", "a\\x1b[2Jb" },          { "x\xe2\x80\xaey", "x\\u{202e}y" },
        { "bad \xff", "bad \\xff" },            { "two\nlines", "two lines" },
        { "z\xe2\x80\x8bw", "z\\u{200b}w" },    { "报表", "报表" },
        { "", "" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *shown = term_visible(cases[i][0], true);
        assert_string_equal(shown, cases[i][1]);
        free(shown);
    }
    char *shown = term_visible("a\r\n\tb", false);
    assert_string_equal(shown, "a\\x0d\n\tb");
    free(shown);
}

static void fill(struct table *table, struct arena *arena)
{
    table_init(table, arena);
    table_column(table, "NAME", "名称");
    table_column_right(table, "N", "数");
    table_column_flexible(table, "WHAT", "内容");
    table_row(table);
    table_cell(table, "报表");
    table_cellf(table, "%d", 7);
    table_cell(table, "monthly report");
    table_row(table);
    table_cell(table, "cleanup");
    table_cellf(table, "%d", 1200);
    table_cell(table, NULL);
}

static void columns_align_with_wide_characters(void **state)
{
    struct arena arena;
    struct table table;
    struct buf out = { 0 };
    (void)state;
    arena_init(&arena);
    fill(&table, &arena);
    table_print(&table, GOV_EN, 0, false, &out);
    assert_string_equal(out.data, "NAME        N  WHAT\n"
                                  "报表        7  monthly report\n"
                                  "cleanup  1200  -\n");
    buf_clear(&out);
    table_print(&table, GOV_ZH, 0, false, &out);
    assert_int_equal(strncmp(out.data, "名称       数  内容\n", strlen("名称       数  内容\n")), 0);
    buf_release(&out);
    arena_release(&arena);
}

static void a_narrow_screen_cuts_flexible_columns_only(void **state)
{
    struct arena arena;
    struct table table;
    struct buf out = { 0 };
    (void)state;
    arena_init(&arena);
    fill(&table, &arena);
    table_print(&table, GOV_EN, 25, false, &out);
    assert_non_null(strstr(out.data, "monthly r…\n"));
    buf_clear(&out);
    table_print(&table, GOV_EN, 5, false, &out);
    assert_non_null(strstr(out.data, "cleanup  1200  -"));
    buf_release(&out);
    arena_release(&arena);
}

static void many_rows_keep_their_cells(void **state)
{
    struct arena arena;
    struct table table;
    struct buf out = { 0 };
    (void)state;
    arena_init(&arena);
    table_init(&table, &arena);
    table_column_right(&table, "N", "数");
    for (int i = 0; i < 100; i++) {
        table_row(&table);
        table_cellf(&table, "%d", i);
    }
    table_print(&table, GOV_EN, 0, false, &out);
    assert_non_null(strstr(out.data, "\n 0\n 1\n"));
    assert_non_null(strstr(out.data, "\n98\n99\n"));
    buf_release(&out);
    arena_release(&arena);
}

static void the_progress_line_fits_the_screen(void **state)
{
    struct progress progress = { .percent = 50, .state = "running", .note = "reading" };
    struct buf out = { 0 };
    (void)state;
    progress_line(&progress, 80, &out);
    assert_string_equal(out.data, "[############------------]  50% running reading");
    buf_clear(&out);
    progress_line(&progress, 20, &out);
    assert_int_equal(term_width(out.data), 19);
    buf_clear(&out);
    progress.percent = -1;
    progress_line(&progress, 80, &out);
    assert_string_equal(out.data, "running reading");
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(widths_are_what_a_screen_shows),
        cmocka_unit_test(cutting_never_splits_a_character),
        cmocka_unit_test(what_a_terminal_would_obey_is_made_visible),
        cmocka_unit_test(columns_align_with_wide_characters),
        cmocka_unit_test(a_narrow_screen_cuts_flexible_columns_only),
        cmocka_unit_test(many_rows_keep_their_cells),
        cmocka_unit_test(the_progress_line_fits_the_screen),
    };
    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
