/* rule.h - the rules of money: four_eyes_min of a currency, approvals_needed of an act, the brake's least and percent. */
#ifndef API_MONEY_BOOK_RULE_H
#define API_MONEY_BOOK_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"

enum { MONEY_RULE_NONE = -1 }; /* the rule is taken away: always a second person, one person, the brake's own numbers */

extern const char *const money_rule_names[];

/* False: INVALID_INPUT, where `name` (one of the names) has no such key, or not this value of it. */
bool money_rule_fits(const char *name, const char *key, int64_t value, struct gov_err *err);

#endif
