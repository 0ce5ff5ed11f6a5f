/* report_run.h - make a report: its rows go from the server through a small buffer into a file, one at a time, so that
 * memory does not grow with them. Blocking; one snapshot of the database.
 *
 *     CSV (RFC 4180, CRLF)           JSON
 *     [BOM] headings                 {"report": …, "items": [
 *     records                        one object a line
 *     # rows 2                       ], "rows": 2, "sums": {"CNY": {"amount": 59800}},
 *     # sum CNY, …                   "totals": {"touches": 3}, "sha256": "…"}
 *     # sha256 …
 *
 * The digest is of the CSV's bytes from the headings (without the BOM) to the last record, or of the objects' text, each
 * with a line feed behind it. The footer's lines have as many fields as the others; a sum stands in its column.
 */
#ifndef CORE_STORE_REPORT_REPORT_RUN_H
#define CORE_STORE_REPORT_REPORT_RUN_H

#include <libpq-fe.h>

#include "core/base/civil.h"
#include "core/model/report.h"

struct report_ask {
    const struct report *report;
    const char *from, *to, *as_of; /* "2026-11-30"; NULL: the month so far (ahead: 30 days from today), today */
    const char *zone;              /* in which days are counted; NULL: the platform's */
    const char *currency;          /* only rows of it; NULL: all */
    enum gov_language language;    /* of the headings */
    bool json;
    bool bom;                      /* of the CSV: a spreadsheet then knows that it is UTF-8 */
};

struct report_made {
    char from[CIVIL_TEXT_BYTES], to[CIVIL_TEXT_BYTES], as_of[CIVIL_TEXT_BYTES], zone[64];
    int64_t rows, bytes;
    char sha256[65];
};

/* Into `fd` from where it stands. False: INVALID_INPUT (the days do not fit together), the database, or the disk. */
bool report_run(PGconn *conn, const struct report_ask *ask, int fd, struct report_made *made, struct gov_err *err);

#endif
