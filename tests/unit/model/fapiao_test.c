#include "tests/lib/test.h"

#include <string.h>

#include "core/base/buf.h"
#include "core/base/json.h"
#include "core/model/fapiao.h"

#define LONG "12345678901234567890"

static json_t *read_file(struct arena *arena, const char *text, struct gov_err *err)
{
    *err = (struct gov_err){ 0 };
    return fapiao_file_read(text, strlen(text), arena, err);
}

static const char *member(const json_t *lines, size_t i, const char *name)
{
    const char *text = json_get_text(json_array_get(lines, i), name);
    return text ? text : "-";
}

static void columns_are_found_in_any_order_and_either_language(void **state)
{
    struct arena arena;
    struct gov_err err;

    (void)state;
    arena_init(&arena);
    json_t *lines = read_file(&arena, "\xEF\xBB\xBF" "issued_on,x,invoice,number,code\r\n2026-11-26,, MAIN-2026-000001 ,'" LONG ",\r\n\r\n"
                              "2026-11-27,y,MAIN-2026-000002,12345678,0123456789\r\n", &err);
    assert_non_null(lines);
    assert_int_equal(2, json_array_size(lines));
    assert_string_equal("MAIN-2026-000001", member(lines, 0, "invoice"));
    assert_string_equal(LONG, member(lines, 0, "number"));
    assert_string_equal("-", member(lines, 0, "code"));
    assert_string_equal("issued", member(lines, 0, "status"));
    assert_string_equal("0123456789", member(lines, 1, "code"));
    assert_int_equal(4, json_get_int(json_array_get(lines, 1), "line", 0));
    lines = read_file(&arena, "状态,账单编号,发票号码,开票日期\nrequested,M-1,,\nred_lettered,M-2," LONG ",2026-11-26\n", &err);
    assert_non_null(lines);
    assert_string_equal("requested", member(lines, 0, "status"));
    assert_string_equal("red_lettered", member(lines, 1, "status"));
    arena_release(&arena);
}

static void a_file_that_cannot_be_read_is_refused_with_its_line(void **state)
{
    static const struct {
        const char *text, *en, *zh;
    } files[] = {
        { "", "the first row names the columns", "首行须为列名" },
        { "invoice,number\nM-1," LONG "\n", "the first row names the columns", "首行须为列名" },
        { "invoice,number,issued_on\nM-1,1,2026-11-26\n", "line 2: a fapiao's number has 8 digits", "第 2 行：发票号码为 8 位" },
        { "invoice,number,issued_on\nM-1," LONG ",2026-02-30\n", "line 2: must be a day", "第 2 行：须为形如" },
        { "invoice,number,issued_on\nM-1," LONG ",2026-11-26\n," LONG ",2026-11-26\n", "line 3: which invoice", "第 3 行：缺少账单编号" },
        { "invoice,number,issued_on,status\nM-1," LONG ",2026-11-26,sent\n", "line 2: the status is", "第 2 行：状态须为" },
        { "invoice,number,issued_on,status\nM-1," LONG ",2026-11-26,none\n", "line 2: only one that is issued", "第 2 行：仅已开具" },
        { "invoice,number,issued_on\nM-1,\"" LONG ",2026-11-26\n", "line", "行" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct arena arena;
        struct gov_err err;

        arena_init(&arena);
        assert_null(read_file(&arena, files[i].text, &err));
        assert_int_equal(GOV_INVALID_INPUT, err.code);
        if (!strstr(gov_err_detail(&err, GOV_EN), files[i].en) || !strstr(gov_err_detail(&err, GOV_ZH), files[i].zh))
            fail_msg("%s: %s %s", files[i].en, err.en, err.zh);
        arena_release(&arena);
    }
}

static void more_lines_than_one_file_may_have_are_refused(void **state)
{
    struct arena arena;
    struct gov_err err;
    struct buf text = { 0 };

    (void)state;
    arena_init(&arena);
    buf_addf(&text, "invoice,number,issued_on\n");
    for (int i = 0; i < FAPIAO_LINES_MAX; i++)
        buf_addf(&text, "M-%d," LONG ",2026-11-26\n", i);
    assert_int_equal(FAPIAO_LINES_MAX, json_array_size(read_file(&arena, buf_text(&text), &err)));
    buf_addf(&text, "M," LONG ",2026-11-26\n");
    assert_null(read_file(&arena, buf_text(&text), &err));
    buf_release(&text);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_found_in_any_order_and_either_language),
        cmocka_unit_test(a_file_that_cannot_be_read_is_refused_with_its_line),
        cmocka_unit_test(more_lines_than_one_file_may_have_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
