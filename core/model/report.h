/* report.h - the reports of the money side: what each is of, its columns in both languages, and how a cell is written.
 *
 * A report is one statement (sql/queries/report_NAME.sql, a hyphen as "_") whose columns are those of its table, in
 * order, as text: days as dates, moments in RFC 3339 UTC, amounts in minor units of the row's `currency`.
 *
 * How to add one: the statement, a table of columns and a row in report/table.c, its statement in
 * core/store/report/report_run.c, its name in openapi.yaml and docs/finance.md.
 */
#ifndef CORE_MODEL_REPORT_H
#define CORE_MODEL_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/zone.h"

enum report_kind { REPORT_TEXT, REPORT_WHOLE, REPORT_YES, REPORT_DAY, REPORT_MOMENT, REPORT_MONEY, REPORT_CURRENCY };
/* Which of from, to and as_of counts. */
enum report_span { REPORT_RANGE, REPORT_AHEAD, REPORT_AS_OF };

enum { REPORT_COLUMNS_MAX = 20 };

struct report_column {
    const char *name; /* in JSON; NULL ends a table */
    enum report_kind kind;
    bool sum; /* its sums stand in the footer: money by currency, whole numbers over all */
    struct gov_text heading;
};

struct report {
    const char *name; /* "deferred-revenue" */
    enum report_span span;
    struct gov_text title;
    const struct report_column *columns;
};

/* NULL where there is none; the nth, NULL behind the last. */
const struct report *report_find(const char *name);
const struct report *report_at(size_t index);
size_t report_column_count(const struct report *report);
/* The column that says the row's currency; -1: none. */
int report_currency_column(const struct report *report);

/* One field of RFC 4180, without its comma. Text that a spreadsheet would take for a formula (OWASP: = + - @, tab, CR,
 * LF, and the full-width forms of the first four) gets an apostrophe before it; what is a number by its kind never. Moments are
 * shown in `zone`, to the second. `text` NULL: an empty field. */
void report_csv_cell(struct buf *out, enum report_kind kind, const char *text, const char *currency, const struct zone *zone);
/* The same as a JSON value; money is {amount_minor, currency}. A new reference. */
json_t *report_json_cell(enum report_kind kind, const char *text, const char *currency);

#endif
