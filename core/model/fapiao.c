/* fapiao.c - the rule of one, and the rows of a file. */
#include "core/model/fapiao.h"

#include <stdio.h>
#include <string.h>

#include "core/base/charset.h"
#include "core/base/civil.h"
#include "core/base/csv.h"
#include "core/base/json.h"

const char *const fapiao_statuses[] = { "none", "requested", "issued", "red_lettered", NULL };

static bool digits(const char *text, size_t least, size_t most)
{
    size_t count = strspn(text, "0123456789");

    return count >= least && count <= most && !text[count];
}

bool fapiao_check(const struct fapiao *f, struct gov_err *err)
{
    bool given = strcmp(f->status, "issued") == 0 || strcmp(f->status, "red_lettered") == 0;
    struct civil day;

    if (!given && (f->code || f->number || f->day))
        return gov_fail_at(err, GOV_INVALID_INPUT, "/status", "not_issued", "only one that is issued or red_lettered has code, number and day",
                           "仅已开具或已红冲的发票才有代码、号码和日期");
    if (!given)
        return true;
    if (!f->number || !f->day)
        return gov_fail_at(err, GOV_INVALID_INPUT, f->number ? "/issued_on" : "/number", "required",
                           "say the fapiao's number and its day (number, issued_on)", "请填写发票号码和开票日期（number、issued_on）");
    if (!digits(f->number, 8, 8) && !digits(f->number, 20, 20))
        return gov_fail_at(err, GOV_INVALID_INPUT, "/number", "format", "a fapiao's number has 8 digits, or 20 without a code",
                           "发票号码为 8 位数字，或无代码的 20 位数字");
    if (strlen(f->number) == 8 ? !f->code || (!digits(f->code, 10, 10) && !digits(f->code, 12, 12)) : f->code != NULL)
        return gov_fail_at(err, GOV_INVALID_INPUT, "/code", "format", "a number of 8 digits has a code of 10 or 12, one of 20 has none",
                           "8 位号码须有 10 或 12 位代码，20 位号码没有代码");
    return civil_parse(f->day, &day) ||
           gov_fail_at(err, GOV_INVALID_INPUT, "/issued_on", "format", "must be a day like 2026-11-30", "须为形如 2026-11-30 的日期");
}

/* --- a file --- */

enum column { INVOICE, NUMBER, CODE, DAY, STATUS, COLUMNS };
static const char *const names[COLUMNS][2] = {
    [INVOICE] = { "invoice", "账单编号" }, [NUMBER] = { "number", "发票号码" }, [CODE] = { "code", "发票代码" },
    [DAY] = { "issued_on", "开票日期" },   [STATUS] = { "status", "状态" },
};

struct reader {
    struct csv csv;
    struct csv_row row;
    int at[COLUMNS]; /* -1: not there */
    struct arena *arena;
};

/* Without blanks around it, and without the mark that keeps a spreadsheet from counting. */
static const char *trimmed(const char *text, struct arena *arena)
{
    text += strspn(text, " \t\r\n");
    text += *text == '\'' || *text == '`';
    size_t length = strlen(text);
    while (length && strchr(" \t\r\n", text[length - 1]))
        length--;
    return arena_format(arena, "%.*s", (int)length, text);
}

/* NULL: nothing stands there. */
static const char *cell(struct reader *r, enum column column)
{
    const char *text = r->at[column] >= 0 && r->at[column] < r->row.count ? trimmed(r->row.fields[r->at[column]], r->arena) : "";

    return *text ? text : NULL;
}

static bool header_read(struct reader *r, struct gov_err *err)
{
    if (!csv_next(&r->csv, &r->row, r->arena, err) && err->code)
        return false;
    for (int c = 0; c < COLUMNS; c++) {
        r->at[c] = -1;
        for (int i = 0; i < r->row.count && r->at[c] < 0; i++) {
            const char *name = trimmed(r->row.fields[i], r->arena);
            if (strcmp(name, names[c][0]) == 0 || strcmp(name, names[c][1]) == 0)
                r->at[c] = i;
        }
    }
    return (r->at[INVOICE] >= 0 && r->at[NUMBER] >= 0 && r->at[DAY] >= 0) ||
           gov_fail_at(err, GOV_INVALID_INPUT, "/content", "header",
                       "the first row names the columns: invoice, number and issued_on, and where they are there code and status",
                       "首行须为列名：账单编号、发票号码、开票日期，可另有发票代码、状态");
}

static bool status_known(const char *status)
{
    int i = 0;

    while (fapiao_statuses[i] && strcmp(fapiao_statuses[i], status) != 0)
        i++;
    return fapiao_statuses[i] != NULL;
}

static bool line_fault(const struct reader *r, const char *en, const char *zh, struct gov_err *err)
{
    gov_fail_at(err, GOV_INVALID_INPUT, "/content", "line", "line %d: %s", "第 %d 行：%s", r->row.line, en);
    snprintf(err->zh, sizeof err->zh, "第 %d 行：%s", r->row.line, zh); /* formats of both languages share their arguments */
    return false;
}

static bool line_read(struct reader *r, json_t *lines, struct gov_err *err)
{
    const char *invoice = cell(r, INVOICE), *status = cell(r, STATUS);
    struct fapiao f = { status ? status : "issued", cell(r, CODE), cell(r, NUMBER), cell(r, DAY) };
    struct gov_err why = { 0 };

    if (!invoice || strlen(invoice) > 40)
        return line_fault(r, "which invoice is it for?", "缺少账单编号", err);
    if (!status_known(f.status))
        return line_fault(r, "the status is none, requested, issued or red_lettered", "状态须为 none、requested、issued 或 red_lettered", err);
    if (!fapiao_check(&f, &why))
        return line_fault(r, gov_err_detail(&why, GOV_EN), gov_err_detail(&why, GOV_ZH), err);
    json_array_append_new(lines, json_pack("{s:i, s:s, s:s, s:s*, s:s*, s:s*}", "line", r->row.line, "invoice", invoice, "status", f.status,
                                           "number", f.number, "code", f.code, "issued_on", f.day));
    return true;
}

json_t *fapiao_file_read(const char *data, size_t bytes, struct arena *arena, struct gov_err *err)
{
    struct reader *r = ARENA_NEW(arena, struct reader);
    const char *text = charset_utf8(CHARSET_AUTO, data, bytes, arena, &bytes, err);
    json_t *lines = json_own(arena, json_array());

    if (!text)
        return NULL;
    r->arena = arena;
    csv_begin(&r->csv, text, bytes, ',');
    if (!header_read(r, err))
        return NULL;
    while (csv_next(&r->csv, &r->row, arena, err)) {
        if (json_array_size(lines) == FAPIAO_LINES_MAX)
            return gov_fail(err, GOV_INVALID_INPUT, "more than %d lines; split the file", "超过 %d 行；请拆分文件", FAPIAO_LINES_MAX), NULL;
        if (!line_read(r, lines, err))
            return NULL;
    }
    return err->code == GOV_OK ? lines : NULL;
}
