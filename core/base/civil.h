/* civil.h - days, months and years as people count them. Time zones are in zone.h. */
#ifndef CORE_BASE_CIVIL_H
#define CORE_BASE_CIVIL_H

#include <stdbool.h>
#include <stdint.h>

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

/* Of a moment in seconds of UTC or of a local clock: the days since 1970-01-01, rounded down. */
int64_t civil_day_of(int64_t seconds);
/* "2026-11-30"; false if it is not such a date of the years 1 to 9999. */
bool civil_parse(const char *text, struct civil *date);
enum { CIVIL_TEXT_BYTES = 16 };
/* Returns `text`. */
char *civil_format(struct civil date, char text[CIVIL_TEXT_BYTES]);
/* < 0, 0, > 0 as `a` is before, the same day as, or after `b`. */
int civil_compare(struct civil a, struct civil b);

#endif
