/* statement.c - decode -> header -> rows. An order's number (20261126-000001) is looked for in the memo and the payer where
 * no column has it: people write it there. */
#include "core/model/statement.h"

#include <string.h>

#include "core/base/csv.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/model/money.h"

enum { HEADER_ROWS_MAX = 50, ORDER_DATE_DIGITS = 8, ORDER_COUNT_DIGITS = 6 };

static const struct {
    const char *name;
    bool required;
} columns[STATEMENT_COLUMNS] = {
    [STATEMENT_DATE] = { "date", true },           [STATEMENT_AMOUNT] = { "amount", true },
    [STATEMENT_REFERENCE] = { "reference", true }, [STATEMENT_PAYER] = { "payer", false },
    [STATEMENT_MEMO] = { "memo", false },          [STATEMENT_ORDER] = { "order", false },
    [STATEMENT_CURRENCY] = { "currency", false },
};

static const char *const date_formats[] = { "YYYY-MM-DD", "YYYY/MM/DD", "YYYYMMDD", "DD/MM/YYYY", "MM/DD/YYYY", "DD.MM.YYYY" };

#define REFUSE(err, path, en, zh) gov_fail_at((err), GOV_INVALID_INPUT, (path), "format", en, zh)

static bool columns_read(const json_t *json, struct statement_format *f, struct gov_err *err)
{
    const json_t *named = json_object_get(json, "columns");
    const char *name;
    json_t *value;

    if (!json_is_object(named))
        return REFUSE(err, "/columns", "must name the columns: {\"date\": …, \"amount\": …, \"reference\": …}",
                      "必须给出各列名称：{\"date\": …, \"amount\": …, \"reference\": …}");
    json_object_foreach ((json_t *)named, name, value) {
        int i = 0;
        while (i < STATEMENT_COLUMNS && strcmp(columns[i].name, name) != 0)
            i++;
        if (i == STATEMENT_COLUMNS || !json_is_string(value) || !*json_string_value(value))
            return REFUSE(err, "/columns", "knows date, amount, reference, payer, memo, order, currency, each with a text",
                          "只能包含 date、amount、reference、payer、memo、order、currency，值为文本");
        f->columns[i] = json_string_value(value);
    }
    for (int i = 0; i < STATEMENT_COLUMNS; i++)
        if (columns[i].required && !f->columns[i])
            return REFUSE(err, "/columns", "date, amount and reference have to be named", "必须指定 date、amount 和 reference");
    return true;
}

static bool decimal_read(const json_t *json, char *sign)
{
    const char *text = json_string_value(json);

    if (!text || (strcmp(text, ".") != 0 && strcmp(text, ",") != 0))
        return false;
    *sign = *text;
    return true;
}

bool statement_format_read(const json_t *json, struct statement_format *f, struct gov_err *err)
{
    const char *charset = json_get_text(json, "encoding"), *delimiter = json_get_text(json, "delimiter");
    const char *date = json_get_text(json, "date_format"), *currency = json_get_text(json, "currency");
    const json_t *decimal = json_object_get(json, "decimal");
    size_t known = 0;

    *f = (struct statement_format){ .delimiter = ',', .decimal = '.', .date_format = date ? date : date_formats[0],
                                    .currency = currency ? currency : "CNY", .footer = json_get_text(json, "footer") };
    if (charset && !charset_parse(charset, &f->charset))
        return REFUSE(err, "/encoding", "must be auto, utf-8 or gb18030", "须为 auto、utf-8 或 gb18030");
    if (delimiter && (strlen(delimiter) != 1 || !strchr(",;\t|", *delimiter)))
        return REFUSE(err, "/delimiter", "must be a comma, semicolon, tab or |", "须为逗号、分号、制表符或 |");
    if (delimiter)
        f->delimiter = *delimiter;
    if (decimal && !decimal_read(decimal, &f->decimal))
        return REFUSE(err, "/decimal", "must be \".\" or \",\": the sign before the cents", "须为 \".\" 或 \",\"，即小数点");
    while (known < sizeof date_formats / sizeof *date_formats && strcmp(date_formats[known], f->date_format) != 0)
        known++;
    if (known == sizeof date_formats / sizeof *date_formats)
        return REFUSE(err, "/date_format", "must be YYYY-MM-DD, YYYY/MM/DD, YYYYMMDD, DD/MM/YYYY, MM/DD/YYYY or DD.MM.YYYY",
                      "须为 YYYY-MM-DD、YYYY/MM/DD、YYYYMMDD、DD/MM/YYYY、MM/DD/YYYY 或 DD.MM.YYYY");
    if (money_exponent(f->currency) < 0)
        return REFUSE(err, "/currency", "is no currency known here", "不是支持的币种");
    return columns_read(json, f, err);
}

/* --- cells --- */

/* Without blanks around it, and without the mark that keeps a spreadsheet from counting (' or `). */
static const char *trimmed(const char *text, struct arena *arena)
{
    size_t length;

    text += strspn(text, " \t\r\n");
    text += *text == '\'' || *text == '`';
    length = strlen(text);
    while (length && strchr(" \t\r\n", text[length - 1]))
        length--;
    char *copy = arena_alloc(arena, length + 1);
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

static bool digits_read(const char **at, int count, int *value)
{
    for (*value = 0; count > 0; count--, ++*at) {
        if (**at < '0' || **at > '9')
            return false;
        *value = *value * 10 + (**at - '0');
    }
    return true;
}

/* A time may follow. */
static bool date_read(const char *format, const char *text, struct civil *date)
{
    *date = (struct civil){ 0, 0, 0 };
    for (const char *f = format; *f;) {
        int *part = *f == 'Y' ? &date->year : *f == 'M' ? &date->month : *f == 'D' ? &date->day : NULL;
        int count = (int)strspn(f, (const char[]){ *f, '\0' });

        if (part ? !digits_read(&text, count, part) : *text++ != *f)
            return false;
        f += part ? count : 1;
    }
    return civil_valid(*date) && date->year >= 1970 && (!*text || strchr(" T\t", *text));
}

/* How long the mark between two groups of digits is, 0: none is here. Banks write a blank as it is, or so that no line breaks
 * there (U+00A0, U+202F). */
static size_t group_mark(const char *text, char decimal)
{
    static const char *const blanks[] = { " ", "\u00a0", "\u202f" };

    if (*text == (decimal == '.' ? ',' : '.'))
        return 1;
    for (size_t i = 0; i < sizeof blanks / sizeof *blanks; i++)
        if (text_starts(text, blanks[i]))
            return strlen(blanks[i]);
    return 0;
}

/* The whole part, without its marks: one to three digits, then groups of exactly three, all by the same mark. */
static bool whole_read(const char **text, char decimal, char **to)
{
    const char *at = *text, *mark = NULL;
    size_t digits = strspn(at, "0123456789"), length = 0;
    bool fits = digits > 0;

    for (;;) {
        memcpy(*to, at, digits);
        *to += digits;
        at += digits;
        *text = at;
        if (!group_mark(at, decimal))
            return fits;
        fits = fits && (mark ? strncmp(at, mark, length) == 0 : digits <= 3);
        mark = at;
        length = group_mark(at, decimal);
        at += length;
        digits = strspn(at, "0123456789");
        fits = fits && digits == 3;
    }
}

/* "1,234.50", "+300", "¥88", with a decimal comma "1.234,50": signs and groups as banks print them, then exactly. A mark
 * that stands where no group ends is a fault, never left out: "299,00" is not 29,900. */
static bool amount_read(const char *text, char decimal, const char *currency, int64_t *minor, struct arena *arena,
                        struct gov_err *err)
{
    char *plain = arena_alloc(arena, strlen(text) + 1), *to = plain;

    if (text_starts(text, "¥") || text_starts(text, "￥"))
        text += text_starts(text, "¥") ? strlen("¥") : strlen("￥");
    text += strspn(text, " ");
    if (*text == '-')
        *to++ = *text;
    text += *text == '+' || *text == '-';
    text += strspn(text, " ");
    if (!whole_read(&text, decimal, &to) || (*text && *text != decimal))
        return false;
    for (bool first = true; *text; text++, first = false)
        *to++ = first ? '.' : *text == '.' ? '?' : *text; /* a second point is no digit, which money_parse says */
    *to = '\0';
    return money_parse(plain, currency, minor, err);
}

static void order_add(struct statement_line *l, const char *no)
{
    for (int i = 0; i < l->order_count; i++)
        if (strcmp(l->orders[i], no) == 0)
            return;
    if (l->order_count < STATEMENT_ORDERS_MAX)
        l->orders[l->order_count++] = no;
}

static void orders_find(struct statement_line *l, const char *text, struct arena *arena)
{
    for (const char *at = text; at && *at; at++) {
        size_t before = strspn(at, "0123456789");

        if (before == ORDER_DATE_DIGITS && at[before] == '-') {
            size_t behind = strspn(at + before + 1, "0123456789");
            if (behind >= ORDER_COUNT_DIGITS) {
                order_add(l, arena_format(arena, "%.*s", (int)(before + 1 + behind), at));
                before += 1 + behind;
            }
        }
        at += before ? before - 1 : 0;
    }
}

/* --- rows --- */

struct reader {
    const struct statement_format *format;
    struct csv csv;
    struct csv_row row;
    int at[STATEMENT_COLUMNS]; /* -1: not there */
    struct arena *arena;
};

static bool is_header(struct reader *r)
{
    for (int c = 0; c < STATEMENT_COLUMNS; c++) {
        r->at[c] = -1;
        for (int i = 0; r->format->columns[c] && i < r->row.count && r->at[c] < 0; i++)
            if (strcmp(trimmed(r->row.fields[i], r->arena), r->format->columns[c]) == 0)
                r->at[c] = i;
        if (r->format->columns[c] && r->at[c] < 0)
            return false;
    }
    return true;
}

static bool header_find(struct reader *r, struct gov_err *err)
{
    for (int row = 0; row < HEADER_ROWS_MAX && csv_next(&r->csv, &r->row, r->arena, err); row++)
        if (is_header(r))
            return true;
    return err->code ? false :
        gov_fail_at(err, GOV_INVALID_INPUT, "/content", "header",
                    "no row of the first %d has the columns of this format (%s, %s, %s and so on); is it the right format, and the right encoding?",
                    "前 %d 行中没有包含该格式所需列（%s、%s、%s 等）的表头；请检查格式与编码", HEADER_ROWS_MAX,
                    r->format->columns[STATEMENT_DATE], r->format->columns[STATEMENT_AMOUNT],
                    r->format->columns[STATEMENT_REFERENCE]);
}

static const char *cell(struct reader *r, enum statement_column column)
{
    int at = r->at[column];
    const char *text = at >= 0 && at < r->row.count ? trimmed(r->row.fields[at], r->arena) : "";

    return *text ? text : NULL;
}

static bool line_fault(const struct reader *r, enum statement_column column, const char *text, struct gov_err *err)
{
    return gov_fail_at(err, GOV_INVALID_INPUT, "/content", "line", "line %d: %s is not to be read: \"%.60s\"",
                       "第 %d 行：%s 无法识别：“%.60s”", r->row.line, r->format->columns[column], text ? text : "");
}

static bool date_fault(const struct reader *r, const char *text, struct gov_err *err)
{
    return gov_fail_at(err, GOV_INVALID_INPUT, "/content", "line", "line %d: %s is not to be read: \"%.60s\"; the format's date_format is %s",
                       "第 %d 行：%s 无法识别：“%.60s”；该格式的 date_format 为 %s", r->row.line, r->format->columns[STATEMENT_DATE],
                       text ? text : "", r->format->date_format);
}

/* A comma is most often the reason. */
static bool amount_fault(const struct reader *r, const char *text, struct gov_err *err)
{
    char decimal = r->format->decimal;

    return gov_fail_at(err, GOV_INVALID_INPUT, "/content", "line",
                       "line %d: %s is not to be read: \"%.60s\"; the format's decimal sign is \"%c\", marks stand between groups of "
                       "three digits; a bank that writes 1.234,50 needs \"decimal\": \",\" in its format",
                       "第 %d 行：%s 无法识别：“%.60s”；该格式的小数点为“%c”，分隔符须每三位一组；若银行写作 1.234,50，请在格式中设置 "
                       "\"decimal\": \",\"",
                       r->row.line, r->format->columns[STATEMENT_AMOUNT], text, decimal);
}

static bool line_read(struct reader *r, struct statement_line *l, struct gov_err *err)
{
    const char *date = cell(r, STATEMENT_DATE), *amount = cell(r, STATEMENT_AMOUNT), *currency = cell(r, STATEMENT_CURRENCY);
    const char *order = cell(r, STATEMENT_ORDER);

    *l = (struct statement_line){ .line = r->row.line, .currency = currency ? currency : r->format->currency,
                                  .reference = cell(r, STATEMENT_REFERENCE), .payer = cell(r, STATEMENT_PAYER),
                                  .memo = cell(r, STATEMENT_MEMO) };
    if (!date || !date_read(r->format->date_format, date, &l->date))
        return date_fault(r, date, err);
    if (!l->reference || strlen(l->reference) > STATEMENT_TEXT_BYTES_MAX)
        return line_fault(r, STATEMENT_REFERENCE, l->reference, err);
    if (money_exponent(l->currency) < 0)
        return line_fault(r, STATEMENT_CURRENCY, l->currency, err);
    if (!amount_read(amount, r->format->decimal, l->currency, &l->amount_minor, r->arena, err))
        return amount_fault(r, amount, err);
    if (order)
        order_add(l, order);
    else {
        orders_find(l, l->memo, r->arena);
        orders_find(l, l->payer, r->arena);
    }
    return true;
}

bool statement_read(const struct statement_format *format, const char *data, size_t bytes, struct statement *s,
                    struct arena *arena, struct gov_err *err)
{
    struct reader *r = ARENA_NEW(arena, struct reader);
    const char *text = charset_utf8(format->charset, data, bytes, arena, &bytes, err);

    if (!text)
        return false;
    *s = (struct statement){ .lines = ARENA_ARRAY(arena, struct statement_line, STATEMENT_LINES_MAX) };
    r->format = format;
    r->arena = arena;
    csv_begin(&r->csv, text, bytes, format->delimiter);
    if (!header_find(r, err))
        return false;
    while (csv_next(&r->csv, &r->row, arena, err)) {
        if (format->footer && text_starts(trimmed(r->row.fields[0], arena), format->footer))
            return true;
        if (!cell(r, STATEMENT_AMOUNT)) {
            s->outgoing++;
            continue;
        }
        if (s->count == STATEMENT_LINES_MAX)
            return gov_fail(err, GOV_INVALID_INPUT, "more than %d lines; split the file", "超过 %d 行；请拆分文件",
                            STATEMENT_LINES_MAX);
        if (!line_read(r, &s->lines[s->count++], err))
            return false;
    }
    return err->code == GOV_OK;
}

json_t *statement_json(const struct statement *s)
{
    json_t *all = json_array();
    char date[CIVIL_TEXT_BYTES];

    for (size_t i = 0; i < s->count; i++) {
        const struct statement_line *l = &s->lines[i];

        json_t *one = json_pack("{s:i, s:s, s:I, s:s, s:s, s:s*, s:s*, s:s*}", "line", l->line, "date",
                                civil_format(l->date, date), "amount_minor", (json_int_t)l->amount_minor, "currency", l->currency,
                                "reference", l->reference, "payer", l->payer, "memo", l->memo, "order_no",
                                l->order_count ? l->orders[0] : NULL);
        json_t *nos = l->order_count > 1 ? json_array() : NULL;

        for (int n = 0; nos && n < l->order_count; n++)
            json_array_append_new(nos, json_string(l->orders[n]));
        if (nos)
            json_object_set_new(one, "order_nos", nos);
        json_array_append_new(all, one);
    }
    return all;
}
