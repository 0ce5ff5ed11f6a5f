/* Cells of reports: RFC 4180, nothing that a spreadsheet would run, amounts and moments as people write them. */
#include "core/model/report.h"

#include <string.h>

#include "core/base/json.h"
#include "tests/lib/test.h"

static const char *cell(enum report_kind kind, const char *text, const char *currency)
{
    static struct buf out;

    buf_clear(&out);
    report_csv_cell(&out, kind, text, currency, NULL);
    return buf_text(&out);
}

/* OWASP's list of what begins a formula, and the full-width forms. */
static void text_that_begins_a_formula_is_made_text(void **state)
{
    (void)state;
    assert_string_equal(cell(REPORT_TEXT, "=1+1", NULL), "\"'=1+1\"");
    assert_string_equal(cell(REPORT_TEXT, "+1", NULL), "\"'+1\"");
    assert_string_equal(cell(REPORT_TEXT, "-1", NULL), "\"'-1\"");
    assert_string_equal(cell(REPORT_TEXT, "@SUM(A1)", NULL), "\"'@SUM(A1)\"");
    assert_string_equal(cell(REPORT_TEXT, "\tx", NULL), "\"'\tx\"");
    assert_string_equal(cell(REPORT_TEXT, "\rx", NULL), "\"'\rx\"");
    assert_string_equal(cell(REPORT_TEXT, "\nx", NULL), "\"'\nx\"");
    assert_string_equal(cell(REPORT_TEXT, "＝x", NULL), "\"'＝x\"");
    assert_string_equal(cell(REPORT_TEXT, "＋x", NULL), "\"'＋x\"");
    assert_string_equal(cell(REPORT_TEXT, "－x", NULL), "\"'－x\"");
    assert_string_equal(cell(REPORT_TEXT, "＠x", NULL), "\"'＠x\"");
    assert_string_equal(cell(REPORT_TEXT, "=\"a\"&\"b\"", NULL), "\"'=\"\"a\"\"&\"\"b\"\"\"");
    assert_string_equal(cell(REPORT_TEXT, "a=1", NULL), "a=1");
}

static void fields_are_quoted_where_they_must_be(void **state)
{
    (void)state;
    assert_string_equal(cell(REPORT_TEXT, "plain", NULL), "plain");
    assert_string_equal(cell(REPORT_TEXT, "", NULL), "");
    assert_string_equal(cell(REPORT_TEXT, NULL, NULL), "");
    assert_string_equal(cell(REPORT_TEXT, "a,b", NULL), "\"a,b\"");
    assert_string_equal(cell(REPORT_TEXT, "a\"b", NULL), "\"a\"\"b\"");
    assert_string_equal(cell(REPORT_TEXT, "a\r\nb", NULL), "\"a\r\nb\"");
    assert_string_equal(cell(REPORT_TEXT, " a", NULL), "\" a\"");
}

/* A negative amount is a number, not a formula: its column says so. */
static void numbers_are_numbers(void **state)
{
    (void)state;
    assert_string_equal(cell(REPORT_MONEY, "29900", "CNY"), "299.00");
    assert_string_equal(cell(REPORT_MONEY, "-5", "CNY"), "-0.05");
    assert_string_equal(cell(REPORT_MONEY, "29900", "JPY"), "29900");
    assert_string_equal(cell(REPORT_MONEY, "-9223372036854775807", "KWD"), "-9223372036854775.807");
    assert_string_equal(cell(REPORT_WHOLE, "-7", NULL), "-7");
    assert_string_equal(cell(REPORT_YES, "t", NULL), "1");
    assert_string_equal(cell(REPORT_YES, "f", NULL), "0");
    assert_string_equal(cell(REPORT_DAY, "2026-11-30", NULL), "2026-11-30");
}

static void moments_are_of_the_reports_zone(void **state)
{
    struct arena arena;
    struct buf out = { 0 };

    (void)state;
    arena_init(&arena);
    report_csv_cell(&out, REPORT_MOMENT, "2026-11-30T16:00:00.999999Z", NULL, zone_read("Asia/Shanghai", &arena));
    assert_string_equal(buf_text(&out), "2026-12-01 00:00:00");
    buf_clear(&out);
    /* The hour that comes twice in New York, before and after. */
    report_csv_cell(&out, REPORT_MOMENT, "2026-11-01T05:30:00Z", NULL, zone_read("America/New_York", &arena));
    report_csv_cell(&out, REPORT_MOMENT, "2026-11-01T06:30:00Z", NULL, zone_read("America/New_York", &arena));
    assert_string_equal(buf_text(&out), "2026-11-01 01:30:002026-11-01 01:30:00");
    buf_clear(&out);
    report_csv_cell(&out, REPORT_MOMENT, "1969-12-31T23:59:59.5Z", NULL, NULL);
    assert_string_equal(buf_text(&out), "1969-12-31 23:59:59");
    buf_release(&out);
    arena_release(&arena);
}

static void values_in_json_keep_their_kind(void **state)
{
    struct arena arena;

    (void)state;
    arena_init(&arena);
    json_t *money = json_own(&arena, report_json_cell(REPORT_MONEY, "29900", "CNY"));
    assert_string_equal(json_text(&arena, money), "{\"amount_minor\":29900,\"currency\":\"CNY\"}");
    assert_true(json_is_integer(json_own(&arena, report_json_cell(REPORT_WHOLE, "3", NULL))));
    assert_true(json_is_true(json_own(&arena, report_json_cell(REPORT_YES, "t", NULL))));
    assert_true(json_is_null(json_own(&arena, report_json_cell(REPORT_TEXT, NULL, NULL))));
    assert_string_equal(json_string_value(json_own(&arena, report_json_cell(REPORT_TEXT, "=1", NULL))), "=1");
    arena_release(&arena);
}

/* A table that a footer could not stand under. */
static void every_report_can_be_written(void **state)
{
    const struct report *r;

    (void)state;
    for (size_t i = 0; (r = report_at(i)); i++) {
        assert_ptr_equal(report_find(r->name), r);
        assert_in_range(report_column_count(r), 2, REPORT_COLUMNS_MAX);
        assert_false(r->columns[0].sum); /* the footer's words stand in the first */
        for (const struct report_column *c = r->columns; c->name; c++) {
            assert_true(c->heading.en && c->heading.zh);
            assert_true(c->kind != REPORT_MONEY || report_currency_column(r) >= 0);
            assert_true(!c->sum || c->kind == REPORT_MONEY || c->kind == REPORT_WHOLE);
        }
    }
    assert_null(report_find("nothing"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_that_begins_a_formula_is_made_text),
        cmocka_unit_test(fields_are_quoted_where_they_must_be),
        cmocka_unit_test(numbers_are_numbers),
        cmocka_unit_test(moments_are_of_the_reports_zone),
        cmocka_unit_test(values_in_json_keep_their_kind),
        cmocka_unit_test(every_report_can_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
