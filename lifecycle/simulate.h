/* simulate.h - a customer's year on a database that is made for it and removed afterwards, as lines to read. */
#ifndef LIFECYCLE_SIMULATE_H
#define LIFECYCLE_SIMULATE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"

enum { SIMULATE_PAYS_MAX = 24, SIMULATE_NEVER = INT_MAX };

struct simulate_options {
    const char *conninfo; /* a superuser's, of a server on which a database may be made */
    const char *edition, *zone;
    int64_t from_day, to_day;
    /* When each renewal is paid: days after the period's end (negative: before), or NEVER; one after the other, then again. */
    int pays[SIMULATE_PAYS_MAX];
    int pay_count;
};

/* Prints as it goes. False also where an invariant does not hold at the end. */
bool simulate_run(const struct simulate_options *options, struct gov_err *err);

#endif
