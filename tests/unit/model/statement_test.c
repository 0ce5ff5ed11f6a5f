/* Statements as banks write them: preambles, footers, grouping, marks against spreadsheets. */
#include "core/model/statement.h"

#include <string.h>

#include "core/base/json.h"
#include "tests/lib/test.h"

struct fixture {
    struct arena arena;
    struct statement_format format;
    struct statement s;
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

static bool format(struct fixture *f, const char *text)
{
    json_error_t where;

    memset(&f->err, 0, sizeof f->err);
    return statement_format_read(json_own(&f->arena, json_loads(text, 0, &where)), &f->format, &f->err);
}

static bool read_it(struct fixture *f, const char *text)
{
    memset(&f->err, 0, sizeof f->err);
    return statement_read(&f->format, text, strlen(text), &f->s, &f->arena, &f->err);
}

static const char bank[] = "{\"date_format\":\"YYYYMMDD\",\"footer\":\"合计\",\"columns\":{\"date\":\"交易日期\",\"amount\":\"贷方金额\","
                           "\"reference\":\"流水号\",\"payer\":\"对方户名\",\"memo\":\"附言\"}}";

static void a_banks_export_is_read_with_its_own_names(void **state)
{
    struct fixture *f = *state;

    assert_true(format(f, bank));
    assert_true(read_it(f, "某某银行交易明细\r\n户名,某某公司\r\n交易日期,流水号,借方金额,贷方金额,对方户名,附言\r\n"
                           "20261125,'0001,,\"1,299.00\",甲公司,货款 20261101-000012 谢谢\r\n"
                           "20261125,0002,500.00,,乙公司,付款\r\n"
                           "20261126 10:00,0003,, +88.5 ,丙 20261102-000013,\r\n"
                           "合计,,500.00,1387.50,,\r\nnonsense\r\n"));
    assert_int_equal(f->s.count, 2);
    assert_int_equal(f->s.outgoing, 1);
    const struct statement_line *l = &f->s.lines[0];
    assert_int_equal(l->line, 4);
    assert_int_equal(l->amount_minor, 129900);
    assert_string_equal(l->reference, "0001");
    assert_string_equal(l->currency, "CNY");
    assert_string_equal(l->orders[0], "20261101-000012");
    assert_int_equal(l[1].amount_minor, 8850);
    assert_string_equal(l[1].orders[0], "20261102-000013");
    assert_null(l[1].memo);
    assert_int_equal(json_array_size(json_own(&f->arena, statement_json(&f->s))), 2);
}

static void a_line_names_each_of_its_orders_once(void **state)
{
    struct fixture *f = *state;

    assert_true(format(f, bank));
    assert_true(read_it(f, "交易日期,流水号,贷方金额,对方户名,附言\n"
                           "20261125,1,598,丙 20261102-000013,20261101-000012、20261101-0000140 和 20261101-000012\n"
                           "20261125,2,5,20261102-000013,20261101-12 20261102-000013\n"));
    const struct statement_line *l = f->s.lines;
    assert_int_equal(l[0].order_count, 3);
    assert_string_equal(l[0].orders[0], "20261101-000012"); /* the memo before the payer */
    assert_string_equal(l[0].orders[1], "20261101-0000140");
    assert_string_equal(l[0].orders[2], "20261102-000013");
    assert_int_equal(l[1].order_count, 1);
    json_t *all = json_own(&f->arena, statement_json(&f->s));
    assert_string_equal(json_get_text(json_array_get(all, 0), "order_no"), "20261101-000012");
    assert_int_equal(json_array_size(json_object_get(json_array_get(all, 0), "order_nos")), 3);
    assert_null(json_object_get(json_array_get(all, 1), "order_nos"));
}

static void a_line_that_cannot_be_read_refuses_the_file(void **state)
{
    static const char head[] = "交易日期,流水号,贷方金额,对方户名,附言\n";
    struct fixture *f = *state;

    assert_true(format(f, bank));
    for (const char *const *row = (const char *const[]){ "20260230,1,5,,", "2026-11-26,1,5,,", ",1,5,,", "20261126,,5,,",
                                                         "20261126,1,5.001,,", "20261126,1,5元,,", "20261126,1,\"5,,", NULL };
         *row; row++) {
        assert_false(read_it(f, arena_format(&f->arena, "%s%s\n", head, *row)));
        assert_int_equal(f->err.code, GOV_INVALID_INPUT);
        assert_non_null(strstr(f->err.en, "line 2"));
    }
    assert_false(read_it(f, "Date,Amount\n2026-11-26,5\n"));
    assert_non_null(strstr(f->err.zh, "交易日期"));
    assert_true(read_it(f, head)); /* a day without anything */
    assert_int_equal(f->s.count, 0);
}

static void dates_and_amounts_have_one_meaning(void **state)
{
    struct fixture *f = *state;

    assert_true(format(f, "{\"delimiter\":\";\",\"date_format\":\"DD.MM.YYYY\",\"currency\":\"EUR\",\"columns\":{\"date\":\"d\",\"amount\":"
                          "\"a\",\"reference\":\"r\",\"currency\":\"c\",\"order\":\"o\"}}"));
    assert_true(read_it(f, "d;a;r;c;o\n03.04.2026;-12.34;x;;n1\n31.12.2026;1000;y;JPY;\n"));
    assert_int_equal(f->s.lines[0].date.month, 4);
    assert_int_equal(f->s.lines[0].amount_minor, -1234);
    assert_string_equal(f->s.lines[0].orders[0], "n1");
    assert_int_equal(f->s.lines[1].amount_minor, 1000);
    assert_string_equal(f->s.lines[1].currency, "JPY");
    assert_false(read_it(f, "d;a;r;c;o\n31.12.2026;10.5;y;JPY;\n"));
}

/* What one amount reads as; INT64_MIN: refused. */
static int64_t amount(struct fixture *f, const char *sign, const char *text)
{
    const char *mapping = "{\"delimiter\":\"|\",%s\"columns\":{\"date\":\"d\",\"amount\":\"a\",\"reference\":\"r\"}}";

    assert_true(format(f, arena_format(&f->arena, mapping, sign)));
    if (!read_it(f, arena_format(&f->arena, "d|a|r\n2026-11-26|%s|x\n", text)))
        return INT64_MIN;
    return f->s.lines[0].amount_minor;
}

static void a_decimal_sign_is_said_never_guessed(void **state)
{
    static const char point[] = "\"decimal\":\".\",", comma[] = "\"decimal\":\",\",";
    static const struct {
        const char *sign, *text;
        int64_t minor;
    } cases[] = {
        { "", "1,234.50", 123450 },
        { "", "1 234.50", 123450 },
        { "", "1,234,567", 123456700 },
        { "", "299", 29900 },
        { "", "¥ 88.5", 8850 },
        { "", "- 1,299.00", -129900 },
        { point, "1,234.50", 123450 },
        { "", "1\u00a0234.50", 123450 },
        { "", "299,00", INT64_MIN }, /* it was read as 29900.00 */
        { "", "1.234,50", INT64_MIN },
        { "", "1 234,50", INT64_MIN },
        { "", "1,23", INT64_MIN },
        { "", "1,2345", INT64_MIN },
        { "", "1234,567", INT64_MIN },
        { "", ",299", INT64_MIN },
        { "", "1,,234", INT64_MIN },
        { "", "1,234 567", INT64_MIN }, /* one mark, not two */
        { "", "1,234.5,0", INT64_MIN },
        { "", "29 9", INT64_MIN },
        { "", "1,234,", INT64_MIN },
        { "", "-", INT64_MIN },
        { comma, "299,00", 29900 },
        { comma, "1.234,50", 123450 },
        { comma, "1 234,50", 123450 },
        { comma, "1\u202f234,50", 123450 },
        { comma, "-1.234.567,8", -123456780 },
        { comma, "299", 29900 },
        { comma, "1.234", 123400 },
        { comma, "1,234.50", INT64_MIN },
        { comma, "299.00", INT64_MIN },
        { comma, "1,5,0", INT64_MIN },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (amount(f, cases[i].sign, cases[i].text) != cases[i].minor)
            fail_msg("%s \"%s\": %lld", cases[i].sign, cases[i].text, (long long)amount(f, cases[i].sign, cases[i].text));
    assert_int_equal(amount(f, "", "299,00"), INT64_MIN);
    assert_non_null(strstr(f->err.en, "line 2"));
    assert_non_null(strstr(f->err.en, "decimal"));
    assert_non_null(strstr(f->err.zh, "decimal"));
}

static void a_format_that_does_not_fit_is_refused(void **state)
{
    struct fixture *f = *state;

    for (const char *const *text = (const char *const[]){
             "{}", "{\"columns\":{\"date\":\"d\",\"amount\":\"a\"}}", "{\"columns\":{\"date\":1,\"amount\":\"a\",\"reference\":\"r\"}}",
             "{\"columns\":{\"date\":\"d\",\"amount\":\"a\",\"reference\":\"r\",\"colour\":\"c\"}}",
             "{\"encoding\":\"latin1\",\"columns\":{\"date\":\"d\",\"amount\":\"a\",\"reference\":\"r\"}}",
             "{\"delimiter\":\"ab\",\"columns\":{\"date\":\"d\",\"amount\":\"a\",\"reference\":\"r\"}}",
             "{\"date_format\":\"YY-M-D\",\"columns\":{\"date\":\"d\",\"amount\":\"a\",\"reference\":\"r\"}}",
             "{\"decimal\":\";\",\"columns\":{\"date\":\"d\",\"amount\":\"a\",\"reference\":\"r\"}}",
             "{\"decimal\":\"\",\"columns\":{\"date\":\"d\",\"amount\":\"a\",\"reference\":\"r\"}}",
             "{\"decimal\":1,\"columns\":{\"date\":\"d\",\"amount\":\"a\",\"reference\":\"r\"}}",
             "{\"currency\":\"ZZZ\",\"columns\":{\"date\":\"d\",\"amount\":\"a\",\"reference\":\"r\"}}", NULL };
         *text; text++) {
        assert_false(format(f, *text));
        assert_int_equal(f->err.code, GOV_INVALID_INPUT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_banks_export_is_read_with_its_own_names, setup, teardown),
        cmocka_unit_test_setup_teardown(a_line_names_each_of_its_orders_once, setup, teardown),
        cmocka_unit_test_setup_teardown(a_line_that_cannot_be_read_refuses_the_file, setup, teardown),
        cmocka_unit_test_setup_teardown(dates_and_amounts_have_one_meaning, setup, teardown),
        cmocka_unit_test_setup_teardown(a_decimal_sign_is_said_never_guessed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_format_that_does_not_fit_is_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
