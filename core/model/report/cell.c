/* cell.c - one value as CSV and as JSON. A cell begins a formula for a spreadsheet whatever quotes are around it, so that
 * the apostrophe is what helps; the quotes are RFC 4180's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/civil.h"
#include "core/base/clock.h"
#include "core/model/money.h"
#include "core/model/report.h"

static bool begins_formula(const char *text)
{
    static const char *const wide[] = { "＝", "＋", "－", "＠" };

    if (strchr("=+-@\t\r\n", *text) && *text)
        return true;
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
        if (strncmp(text, wide[i], strlen(wide[i])) == 0)
            return true;
    return false;
}

static void text_add(struct buf *out, const char *text)
{
    bool formula = begins_formula(text);

    if (!formula && !strpbrk(text, ",\"\r\n'") && *text != ' ') {
        buf_add_text(out, text);
        return;
    }
    buf_add_char(out, '"');
    if (formula)
        buf_add_char(out, '\'');
    for (; *text; text++) {
        if (*text == '"')
            buf_add_char(out, '"');
        buf_add_char(out, *text);
    }
    buf_add_char(out, '"');
}

static void moment_add(struct buf *out, const char *text, const struct zone *zone)
{
    char day[CIVIL_TEXT_BYTES];
    int64_t us;

    if (!clock_parse(text, &us)) {
        text_add(out, text);
        return;
    }
    int64_t utc = us / 1000000 - (us % 1000000 < 0), local = utc + zone_offset(zone, utc);
    int64_t days = civil_day_of(local), s = local - days * 86400;

    buf_addf(out, "%s %02d:%02d:%02d", civil_format(civil_from_days(days), day), (int)(s / 3600), (int)(s / 60 % 60),
             (int)(s % 60));
}

void report_csv_cell(struct buf *out, enum report_kind kind, const char *text, const char *currency, const struct zone *zone)
{
    char amount[MONEY_TEXT_BYTES];

    if (!text)
        return;
    if (kind == REPORT_MONEY && currency && money_exponent(currency) >= 0)
        buf_add_text(out, money_format(strtoll(text, NULL, 10), currency, amount));
    else if (kind == REPORT_MOMENT)
        moment_add(out, text, zone);
    else if (kind == REPORT_YES)
        buf_add_text(out, *text == 't' ? "1" : "0");
    else if (kind == REPORT_WHOLE || kind == REPORT_DAY)
        buf_add_text(out, text);
    else
        text_add(out, text);
}

json_t *report_json_cell(enum report_kind kind, const char *text, const char *currency)
{
    if (!text)
        return json_null();
    if (kind == REPORT_MONEY)
        return json_pack("{s:I, s:s?}", "amount_minor", (json_int_t)strtoll(text, NULL, 10), "currency", currency);
    if (kind == REPORT_WHOLE)
        return json_integer(strtoll(text, NULL, 10));
    if (kind == REPORT_YES)
        return json_boolean(*text == 't');
    return json_string(text);
}
