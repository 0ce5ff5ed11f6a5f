/* period.c - closed forms: no loop over periods, so the thousandth costs what the first does. */
#include <string.h>

#include "core/base/check.h"
#include "core/model/calendar.h"

static const char *const units[] = { "day", "month", "year" };

const char *calendar_unit_name(enum calendar_unit unit)
{
    return units[unit];
}

bool calendar_unit_parse(const char *text, enum calendar_unit *unit)
{
    for (int i = CALENDAR_DAY; i <= CALENDAR_YEAR; i++)
        if (text && strcmp(text, units[i]) == 0) {
            *unit = (enum calendar_unit)i;
            return true;
        }
    return false;
}

bool calendar_start(struct civil anchor, struct calendar_interval interval, int64_t index, int64_t *day)
{
    int64_t steps;

    CHECK(civil_valid(anchor) && interval.count > 0);
    if (index < 0 || __builtin_mul_overflow(index, (int64_t)interval.count, &steps) || steps > 4000000)
        return false;
    struct civil date;
    if (interval.unit == CALENDAR_DAY)
        date = civil_add_days(anchor, steps);
    else
        date = civil_add_months(anchor, interval.unit == CALENDAR_YEAR ? steps * 12 : steps);
    if (!civil_valid(date))
        return false;
    *day = civil_to_days(date);
    return true;
}

int64_t calendar_day(const struct zone *zone, int64_t us)
{
    int64_t seconds = us / 1000000 - (us % 1000000 < 0);

    return zone_day(zone, seconds);
}

int64_t calendar_day_us(const struct zone *zone, int64_t day)
{
    return zone_day_start(zone, day) * 1000000;
}

int64_t calendar_time_us(const struct zone *zone, int64_t day, int hour)
{
    int64_t local = day * 86400 + (int64_t)hour * 3600;

    return (local - zone_offset_local(zone, local)) * 1000000;
}

bool calendar_period(struct civil anchor, struct calendar_interval interval, int64_t index,
                     const struct zone *zone, struct calendar_period *p)
{
    if (!calendar_start(anchor, interval, index, &p->start_day) ||
        !calendar_start(anchor, interval, index + 1, &p->end_day))
        return false;
    p->start_us = calendar_day_us(zone, p->start_day);
    p->end_us = calendar_day_us(zone, p->end_day);
    return true;
}
