/* civil.h - days, months and years as people count them, and the offset of a zone at a moment.
 *
 * No environment, no localtime(): TZ belongs to the whole process and a worker serves many zones at
 * once. Zones are read from the system's compiled files (RFC 8536).
 */
#ifndef WORKER_INTENT_CIVIL_H
#define WORKER_INTENT_CIVIL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/arena.h"

/* Proleptic Gregorian. */
struct civil {
    int year, month, day; /* month 1-12, day 1-31 */
};

bool civil_valid(struct civil date);
int civil_days_in_month(int year, int month);
/* Days since 1970-01-01. */
int64_t civil_to_days(struct civil date);
struct civil civil_from_days(int64_t days);
struct civil civil_add_days(struct civil date, int64_t days);
/* The day is kept, or the month's last: 31 January plus one month is 28 or 29 February. */
struct civil civil_add_months(struct civil date, int64_t months);
/* 0 Monday ... 6 Sunday */
int civil_weekday(struct civil date);
struct civil civil_month_start(struct civil date);
struct civil civil_month_end(struct civil date);

/* Rules of a time zone; NULL stands for UTC. */
struct zone;

/* NULL if `name` is no zone of this system (or is UTC). Memory is the arena's. */
const struct zone *zone_read(const char *name, struct arena *arena);
/* Seconds east of UTC at a moment. */
int32_t zone_offset(const struct zone *zone, int64_t unix_s);
/* Of a local time: the earlier one where a clock shows it twice. */
int32_t zone_offset_local(const struct zone *zone, int64_t local_s);

#endif
