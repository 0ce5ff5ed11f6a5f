/* next.c - from a moment to the next firing: days by the calendar, moments by the zone.
 *
 * Days are walked with whole months left out, so that a rule for 29 February costs a few hundred looks.
 * Rejected: walking minute by minute, which is what the tests do to judge this.
 */
#include "core/base/civil.h"
#include "core/model/cron.h"

enum { MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400, ALL_HOURS = 0xffffff };

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* 0 Sunday, as cron counts. */
static int weekday_of(struct civil date)
{
    return (civil_weekday(date) + 1) % 7;
}

/* The workday nearest to a day of the same month: Saturday goes back, Sunday on, unless that would leave
 * the month. */
static int nearest_workday(struct civil date, int day)
{
    int last = civil_days_in_month(date.year, date.month);

    if (day > last)
        return 0;
    date.day = day;
    switch (weekday_of(date)) {
    case 6:
        return day > 1 ? day - 1 : day + 2;
    case 0:
        return day < last ? day + 1 : day - 2;
    default:
        return day;
    }
}

static int last_workday(struct civil date)
{
    int last = civil_days_in_month(date.year, date.month);

    date.day = last;
    int weekday = weekday_of(date);
    return weekday == 6 ? last - 1 : weekday == 0 ? last - 2 : last;
}

static bool day_fits(const struct cron *c, struct civil date)
{
    int before_last = civil_days_in_month(date.year, date.month) - date.day;

    if ((c->days >> date.day & 1) || (c->days_before_last >> before_last & 1))
        return true;
    if (c->last_workday && last_workday(date) == date.day)
        return true;
    for (int day = date.day - 2; c->workdays && day <= date.day + 2; day++)
        if (day >= 1 && day <= 31 && (c->workdays >> day & 1) && nearest_workday(date, day) == date.day)
            return true;
    return false;
}

static bool weekday_fits(const struct cron *c, struct civil date)
{
    int weekday = weekday_of(date);
    int nth = (date.day - 1) / 7 + 1;
    bool last = date.day + 7 > civil_days_in_month(date.year, date.month);

    return (c->weekdays >> weekday & 1) || (c->nth[weekday] >> nth & 1) ||
           (last && (c->nth[weekday] >> 6 & 1));
}

static bool date_fits(const struct cron *c, struct civil date)
{
    if (!(c->months >> date.month & 1))
        return false;
    if (c->any_day || c->any_weekday)
        return day_fits(c, date) && weekday_fits(c, date);
    return day_fits(c, date) || weekday_fits(c, date);
}

/* The first day from `day` on (days since 1970) that fits. False: none up to `last`. */
static bool next_day(const struct cron *c, int64_t *day, int64_t last)
{
    struct civil date = civil_from_days(*day);

    while (*day <= last) {
        if (!(c->months >> date.month & 1))
            date = civil_add_months(civil_month_start(date), 1);
        else if (date_fits(c, date))
            return true;
        else
            date = civil_add_days(date, 1);
        *day = civil_to_days(date);
    }
    return false;
}

bool cron_hourly(const struct cron *cron)
{
    return cron->hours == ALL_HOURS;
}

/* --- by the clock on the wall --- */

/* The first firing after `after_s` among the minutes of one local hour. */
static bool in_hour(const struct cron *c, const struct zone *zone, int64_t hour_s, int64_t after_s,
                    int64_t *next_s)
{
    int64_t first[2], last[2];

    zone_resolve(zone, hour_s + HOUR_S - MINUTE_S, last);
    if (last[0] <= after_s)
        return false;
    bool plain = zone_resolve(zone, hour_s, first) == 1 && last[0] - first[0] == HOUR_S - MINUTE_S;
    for (int minute = 0; minute < 60; minute++) {
        int64_t moment[2] = { first[0] + minute * MINUTE_S };
        if (!(c->minutes >> minute & 1))
            continue;
        if (!plain)
            zone_resolve(zone, hour_s + minute * MINUTE_S, moment);
        if (moment[0] > after_s) {
            *next_s = moment[0];
            return true;
        }
    }
    return false;
}

static bool next_by_wall(const struct cron *c, const struct zone *zone, int64_t after_s, int64_t day,
                         int64_t last_day, int64_t *next_s)
{
    /* The day before: its late hours may come after an early hour of today where a clock is put back. */
    for (day--; next_day(c, &day, last_day); day++)
        for (int hour = 0; hour < 24; hour++)
            if ((c->hours >> hour & 1) &&
                in_hour(c, zone, day * DAY_S + hour * HOUR_S, after_s, next_s))
                return true;
    return false;
}

/* --- by elapsed time --- */

static bool next_by_elapsed(const struct cron *c, const struct zone *zone, int64_t after_s,
                            int64_t last_day, int64_t *next_s)
{
    int32_t offset = zone_offset(zone, after_s);
    int64_t t = (floor_div(after_s + offset, MINUTE_S) + 1) * MINUTE_S - offset;

    for (;;) {
        offset = zone_offset(zone, t);
        int64_t local = t + offset, day = floor_div(local, DAY_S), fits = day, moments[2];
        if (!next_day(c, &fits, last_day))
            return false;
        if (fits > day) {
            zone_resolve(zone, fits * DAY_S, moments);
            t = moments[0] > t ? moments[0] : t + MINUTE_S;
            continue;
        }
        int minute = (int)(floor_div(local, MINUTE_S) - floor_div(local, HOUR_S) * 60), wait = 0;
        while (minute + wait < 60 && !(c->minutes >> (minute + wait) & 1))
            wait++;
        if (wait == 0) {
            *next_s = t;
            return true;
        }
        /* Where the offset changes on the way, step by minutes: it need not change by whole hours. */
        int64_t there = t + wait * MINUTE_S;
        t = zone_offset(zone, there) == offset ? there : t + MINUTE_S;
    }
}

bool cron_next(const struct cron *cron, const struct zone *zone, int64_t after_s, int64_t *next_s)
{
    int64_t day = floor_div(after_s + zone_offset(zone, after_s), DAY_S);
    int64_t last_day = day + CRON_YEARS_MAX * INT64_C(366);

    if (cron_hourly(cron))
        return next_by_elapsed(cron, zone, after_s, last_day, next_s);
    return next_by_wall(cron, zone, after_s, day, last_day, next_s);
}
