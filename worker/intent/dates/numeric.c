/* numeric.c - dates written with digits only. */
#include <string.h>

#include "worker/intent/dates/forms.h"
#include "worker/intent/fill/numeral.h"
#include "worker/intent/recogniser/fold.h"

static bool separator(const struct date_cursor *c, uint32_t *which)
{
    if (c->at >= c->phrase->length)
        return false;
    *which = c->phrase->fold[c->at];
    return *which == '-' || *which == '/' || *which == '.';
}

/* 2026-03-05, 2026/3/5, 2026-03 (a dot only with a day: 2026.03 is a number). */
bool date_read_year_first(struct date_cursor *c, struct date_mention *m)
{
    struct date_cursor t = *c;
    struct civil d = { 0, 0, 1 };
    uint32_t mark, second;

    if (!date_no_digit_before(&t) || !date_eat_digits(&t, 4, 4, &d.year) || !separator(&t, &mark))
        return false;
    t.at++;
    if (!date_eat_digits(&t, 1, 2, &d.month) || d.month < 1 || d.month > 12)
        return false;
    struct date_cursor day = t;
    if (separator(&day, &second) && second == mark) {
        day.at++;
        if (date_eat_digits(&day, 1, 2, &d.day)) {
            if (!civil_valid(d))
                return false;
            date_set_day(m, d, "date.iso");
            c->at = day.at;
            return true;
        }
    }
    if (mark == '.' || d.year < 1900 || d.year > 2200)
        return false;
    date_set_month(m, d, "date.iso");
    c->at = t.at;
    return true;
}

bool date_read_compact(struct date_cursor *c, struct date_mention *m)
{
    struct date_cursor t = *c;
    int number;

    if (!date_no_digit_before(&t) || !date_eat_digits(&t, 8, 8, &number))
        return false;
    struct civil d = { number / 10000, number / 100 % 100, number % 100 };
    if (!civil_valid(d) || d.year < 1900 || d.year > 2200)
        return false;
    date_set_day(m, d, "date.iso");
    c->at = t.at;
    return true;
}

/* 05.03.2026 is day first; 03/04/2026 may be both. */
bool date_read_year_last(struct date_cursor *c, struct date_mention *m)
{
    struct date_cursor t = *c;
    int first, second, year;
    uint32_t mark, again;

    if (!date_no_digit_before(&t) || !date_eat_digits(&t, 1, 2, &first) || !separator(&t, &mark))
        return false;
    t.at++;
    if (!date_eat_digits(&t, 1, 2, &second) || !separator(&t, &again) || again != mark)
        return false;
    t.at++;
    if (!date_eat_digits(&t, 4, 4, &year))
        return false;
    struct civil day_first = { year, second, first }, month_first = { year, first, second };
    bool can_day = civil_valid(day_first), can_month = civil_valid(month_first) && mark != '.';
    if (!can_day && !can_month)
        return false;
    date_set_day(m, can_day ? day_first : month_first, "date.numeric");
    m->ambiguous = can_day && can_month && first != second;
    m->other = month_first;
    c->at = t.at;
    return true;
}
