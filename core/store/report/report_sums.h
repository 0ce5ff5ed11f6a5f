/* report_sums.h - what a report's footer adds up: money by column and currency, whole numbers by column. Exact: a sum that
 * does not fit is an error, not a wrong number. */
#ifndef CORE_STORE_REPORT_REPORT_SUMS_H
#define CORE_STORE_REPORT_REPORT_SUMS_H

#include <stdint.h>

#include "core/model/money.h"
#include "core/model/report.h"

enum { REPORT_CURRENCIES_MAX = 100 };

struct report_sums {
    struct {
        char code[MONEY_CURRENCY_BYTES];
        int64_t minor[REPORT_COLUMNS_MAX];
    } of[REPORT_CURRENCIES_MAX]; /* in alphabetical order */
    int currencies;
    int64_t whole[REPORT_COLUMNS_MAX];
};

/* False: more currencies than there are, or a sum beyond 64 bits. */
bool report_sums_add(struct report_sums *sums, size_t column, const struct report_column *of, const char *text,
                     const char *currency);
/* Is there any column of whole numbers to be added up? */
bool report_sums_whole(const struct report *report);

#endif
