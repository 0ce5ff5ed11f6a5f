/* workday.c - weekends by arithmetic, everything else by table. Make-up workdays (a Sunday that works)
 * are why no test of the weekday is enough. */
#include "core/model/calendar.h"

/* The first row that is not before `day`. */
static size_t find(const struct workdays *table, int64_t day)
{
    size_t low = 0, high = table ? table->count : 0;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (table->items[middle].day < day)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool workdays_know(const struct workdays *table, int year)
{
    int64_t first = civil_to_days((struct civil){ year, 1, 1 });
    size_t at = find(table, first);

    return table && at < table->count && table->items[at].day <= first + 365 &&
           civil_from_days(table->items[at].day).year == year;
}

enum { THURSDAY = 3 }; /* 1970-01-01; Monday is 0 */

bool workdays_hold(const struct workdays *table, int64_t day)
{
    size_t at = find(table, day);

    if (table && at < table->count && table->items[at].day == day)
        return table->items[at].works;
    return ((day + THURSDAY) % 7 + 7) % 7 < 5;
}

/* A table that lets nobody work for a year is wrong; the search ends there instead of running on. */
enum { SEARCH_DAYS_MAX = 366 };

int64_t workdays_at_or_before(const struct workdays *table, int64_t day)
{
    for (int64_t d = day; d > day - SEARCH_DAYS_MAX; d--)
        if (workdays_hold(table, d))
            return d;
    return day;
}

int64_t workdays_at_or_after(const struct workdays *table, int64_t day)
{
    for (int64_t d = day; d < day + SEARCH_DAYS_MAX; d++)
        if (workdays_hold(table, d))
            return d;
    return day;
}

int64_t workdays_add(const struct workdays *table, int64_t day, int count)
{
    for (; count > 0; count--)
        day = workdays_at_or_after(table, day + 1);
    return day;
}
