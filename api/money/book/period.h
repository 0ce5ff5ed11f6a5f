/* period.h - a month as people write it. */
#ifndef API_MONEY_BOOK_PERIOD_H
#define API_MONEY_BOOK_PERIOD_H

#include <stdbool.h>

#include "core/base/civil.h"
#include "core/base/err.h"

/* "2026-11" as the month's first day; false: INVALID_INPUT. */
bool period_month(const char *text, char first[CIVIL_TEXT_BYTES], struct gov_err *err);

#endif
