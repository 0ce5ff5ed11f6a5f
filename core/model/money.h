/* money.h - amounts as whole minor units of an ISO 4217 currency. Never a floating number.
 *
 * What can overflow says so; nothing wraps, nothing rounds in silence. One order has one currency, so
 * nothing here converts.
 */
#ifndef CORE_MODEL_MONEY_H
#define CORE_MODEL_MONEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

enum { MONEY_CURRENCY_BYTES = 4, MONEY_TEXT_BYTES = 40 };

/* The digits after the point: 0 for JPY, 2 for CNY, 3 for KWD, 4 for CLF; -1 for a code not known here.
 * The table is also rows of public.currency; a test compares the two. */
int money_exponent(const char *currency);
/* The nth known code in alphabetical order; NULL behind the last. */
const char *money_currency(size_t index);

/* "1234.5" as minor units. Exact: more digits than the currency has is a fault, also zeros would be
 * ("1.000" CNY is refused: who writes it means another currency), and so are signs other than a leading
 * "-", grouping, exponents, and blanks. False: INVALID_INPUT. */
bool money_parse(const char *text, const char *currency, int64_t *minor, struct gov_err *err);
/* "-1234.50": always all digits of the currency. Returns `text`. */
char *money_format(int64_t minor, const char *currency, char text[MONEY_TEXT_BYTES]);

/* False on overflow; the result is not written then. */
bool money_add(int64_t a, int64_t b, int64_t *sum);
bool money_multiply(int64_t a, int64_t count, int64_t *product);

/* full * part / whole, rounded half to even, with 128 bits between. `whole` > 0. False if the result
 * does not fit. */
bool money_share(int64_t full, int64_t part, int64_t whole, int64_t *share);

/* What is left, on the day `today`, of something worth `value` that is good from day `first` until day `end` (not
 * included): all of it before and on the first, nothing from the end on. first < end. */
bool money_rest(int64_t value, int64_t first, int64_t end, int64_t today, int64_t *rest);

/* What a price means with tax of `basis_points` (1300 is 13 %), in the price or on top of it. */
struct money_taxed {
    int64_t net, tax, total;
};
bool money_tax(int64_t price, int64_t basis_points, bool inclusive, struct money_taxed *taxed);

#endif
