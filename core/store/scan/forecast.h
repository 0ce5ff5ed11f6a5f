/* forecast.h - what another policy would change in the days to come, before it is one: the same decide(), stepped through every moment at
 * which something is due, once as things are and once as they would be. Nobody pays meanwhile. Blocking; one read-only
 * snapshot; memory does not grow with the number of subscriptions. */
#ifndef CORE_STORE_SCAN_FORECAST_H
#define CORE_STORE_SCAN_FORECAST_H

#include <libpq-fe.h>

#include "core/store/scan/scan_row.h"

enum { FORECAST_DAYS = 30 };

/* A message that leaves at another moment, no more (after_us 0), or besides (before_us 0). */
struct forecast_line {
    const char *subscription, *window;
    int64_t before_us, after_us;
};

struct forecast_ask {
    const char *policy, *edition, *subscription; /* of whom: one of these */
    const struct lifecycle_policy *terms;        /* of a new version of `policy`; its workdays and moments are filled in here */
    const char *calendar;                        /* of `terms` */
    const char *choice;                          /* a policy that is there; NULL without `terms`: none of its own */
    bool (*line)(void *self, const struct forecast_line *line); /* false: enough was seen */
    void *self;
};

struct forecast {
    int64_t subscriptions, changed, before, after; /* how many there are, how many of them change, messages as things are and would be */
    int64_t unreadable;
};

/* False: NOT_FOUND for a choice that is no policy, or the database. */
bool forecast_run(PGconn *conn, const struct forecast_ask *ask, struct forecast *forecast, struct gov_err *err);

#endif
