/* cron.h - when a cron rule fires, in a time zone.
 *
 *     minute hour day month weekday      0 9 * * mon-fri
 *     @hourly @daily (@midnight) @weekly @monthly @yearly (@annually)
 *
 * A field is a list of: *, a number or name, a range a-b, either with a step /n. Further
 *   day      L the last, L-3 three days before it, 15W the workday (Mon-Fri) nearest to the 15th in the
 *            same month, LW the last workday
 *   weekday  0-7 or sun-sat (0 and 7 are Sunday); mon#2 the second Monday, friL the last Friday
 * If day and weekday are both restricted (neither begins with *), either suffices; otherwise both must fit,
 * as in every cron since 1987.
 *
 * Daylight saving. A rule that fires in every hour of the day goes by elapsed time: nothing is made up for
 * in the hour that is left out, and both passes of the hour that comes twice count. Any other rule
 * goes by the clock on the wall: a local time that does not exist fires once, at the first moment
 * after the jump (several such times together once); a local time that comes twice fires at the first.
 */
#ifndef CORE_MODEL_CRON_H
#define CORE_MODEL_CRON_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/zone.h"

enum { CRON_TEXT_MAX = 200, CRON_YEARS_MAX = 41 };

/* Sets of bits; bit n of `minutes` is minute n, and so on. */
struct cron {
    uint64_t minutes;
    uint32_t hours;
    uint32_t days;       /* 1-31 */
    uint32_t workdays;   /* nearest to these days */
    uint32_t days_before_last; /* bit 0: the last day, bit n: n days before it */
    bool last_workday;
    uint16_t months;     /* 1-12 */
    uint8_t weekdays;    /* 0 Sunday */
    uint8_t nth[7];      /* by weekday: bit n: the nth of the month, bit 6: the last */
    bool any_day, any_weekday; /* the field begins with * */
};

/* False: INVALID_INPUT at `path`; the detail names the field and the character. */
bool cron_parse(const char *text, const char *path, struct cron *cron, struct gov_err *err);

/* The first firing after `after_s` (seconds since 1970). False: none within CRON_YEARS_MAX years, the
 * longest that lies between two 29 Februaries on the same weekday; the rule never fires. */
bool cron_next(const struct cron *cron, const struct zone *zone, int64_t after_s, int64_t *next_s);

/* Does it fire in every hour of the day? See "Daylight saving". */
bool cron_hourly(const struct cron *cron);

#endif
