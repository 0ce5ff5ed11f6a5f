/* calendar.h - what a customer has paid for, in days as people count them.
 *
 * A period's edges are civil dates, counted from the subscription's anchor and never from the period
 * before: 31 January, 28 February, 31 March. Their moments are the first that exist of those dates in
 * the subscription's zone, worked out once, when the period is written, and frozen. Days are civil days
 * since 1970-01-01; moments are microseconds since then, UTC.
 */
#ifndef CORE_MODEL_CALENDAR_H
#define CORE_MODEL_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/civil.h"
#include "core/base/zone.h"

enum calendar_unit { CALENDAR_DAY, CALENDAR_MONTH, CALENDAR_YEAR };

struct calendar_interval {
    enum calendar_unit unit;
    int count; /* 1 to 120 */
};

const char *calendar_unit_name(enum calendar_unit unit);
bool calendar_unit_parse(const char *text, enum calendar_unit *unit);

/* The day on which period `index` (0 is the anchor's) begins. False beyond the year 9999. */
bool calendar_start(struct civil anchor, struct calendar_interval interval, int64_t index,
                    int64_t *day);

struct calendar_period {
    int64_t start_day, end_day; /* half open */
    int64_t start_us, end_us;
};
bool calendar_period(struct civil anchor, struct calendar_interval interval, int64_t index,
                     const struct zone *zone, struct calendar_period *period);

/* The local date of a moment, and the first moment of a local date. */
int64_t calendar_day(const struct zone *zone, int64_t us);
int64_t calendar_day_us(const struct zone *zone, int64_t day);
/* A time of day on a local date; where the clock leaves it out, the moment of the jump or after. */
int64_t calendar_time_us(const struct zone *zone, int64_t day, int hour);

/* Workdays: a table of the days that are not what their weekday says (or all days, if a source lists
 * them so). A year without a single row is not known: then weekdays count, and the caller warns. */
struct workday {
    int64_t day;
    bool works;
};
struct workdays {
    const struct workday *items; /* sorted by day */
    size_t count;
};

bool workdays_know(const struct workdays *table, int year);
bool workdays_hold(const struct workdays *table, int64_t day);
/* The nearest workday that is not after, not before `day`. */
int64_t workdays_at_or_before(const struct workdays *table, int64_t day);
int64_t workdays_at_or_after(const struct workdays *table, int64_t day);
/* `count` workdays after `day`; 0: `day` itself. */
int64_t workdays_add(const struct workdays *table, int64_t day, int count);

#endif
