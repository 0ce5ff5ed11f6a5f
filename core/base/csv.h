/* csv.h - reading comma-separated values as RFC 4180 has them, and as spreadsheets write them (LF, other delimiters). */
#ifndef CORE_BASE_CSV_H
#define CORE_BASE_CSV_H

#include "core/base/arena.h"
#include "core/base/err.h"

enum { CSV_FIELDS_MAX = 100 };

struct csv {
    const char *at, *end; /* UTF-8 */
    char delimiter;
    int line;             /* of the row read last, from 1 */
    int next_line;
};

struct csv_row {
    int line;
    int count;
    const char *fields[CSV_FIELDS_MAX]; /* in the arena, unquoted, as they are */
};

void csv_begin(struct csv *csv, const char *text, size_t bytes, char delimiter);
/* The next row that is not empty. False: the end (err->code 0), or INVALID_INPUT naming the line: a quote that does not
 * end, something behind a quote, too many fields. */
bool csv_next(struct csv *csv, struct csv_row *row, struct arena *arena, struct gov_err *err);

#endif
