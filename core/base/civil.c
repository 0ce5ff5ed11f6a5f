/* civil.c - calendar arithmetic in closed form over eras of 400 years, which all have 146097 days. */
#include "core/base/civil.h"

#include <stdio.h>

#include "core/base/check.h"

int civil_days_in_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[(month - 1) % 12];
}

bool civil_valid(struct civil d)
{
    return d.year >= 1 && d.year <= 9999 && d.month >= 1 && d.month <= 12 && d.day >= 1 &&
           d.day <= civil_days_in_month(d.year, d.month);
}

int64_t civil_to_days(struct civil d)
{
    int64_t y = d.month <= 2 ? d.year - 1 : d.year;
    int64_t era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
    int64_t of_year = (153 * (d.month + (d.month > 2 ? -3 : 9)) + 2) / 5 + d.day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct civil civil_from_days(int64_t days)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097, of_era = days - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100), mp = (5 * of_year + 2) / 153;
    struct civil d = { (int)(year + era * 400), (int)(mp < 10 ? mp + 3 : mp - 9),
                       (int)(of_year - (153 * mp + 2) / 5 + 1) };
    if (d.month <= 2)
        d.year++;
    return d;
}

struct civil civil_add_days(struct civil date, int64_t days)
{
    return civil_from_days(civil_to_days(date) + days);
}

struct civil civil_add_months(struct civil date, int64_t months)
{
    int64_t total = (int64_t)date.year * 12 + date.month - 1 + months;
    int64_t year = total >= 0 ? total / 12 : (total - 11) / 12;
    struct civil d = { (int)year, (int)(total - year * 12) + 1, date.day };
    int last = civil_days_in_month(d.year, d.month);
    if (d.day > last)
        d.day = last;
    return d;
}

int civil_weekday(struct civil date)
{
    int64_t days = civil_to_days(date) + 3; /* 1970-01-01 was a Thursday */
    return (int)(((days % 7) + 7) % 7);
}

struct civil civil_month_start(struct civil date)
{
    return (struct civil){ date.year, date.month, 1 };
}

struct civil civil_month_end(struct civil date)
{
    return (struct civil){ date.year, date.month, civil_days_in_month(date.year, date.month) };
}

int64_t civil_day_of(int64_t seconds)
{
    return seconds >= 0 ? seconds / 86400 : -((86399 - seconds) / 86400);
}

bool civil_parse(const char *text, struct civil *date)
{
    static const char form[] = "dddd-dd-dd";
    struct civil d = { 0, 0, 0 };

    for (size_t i = 0; i < sizeof form; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        int *part = i < 4 ? &d.year : i < 7 ? &d.month : &d.day;

        if (form[i] == 'd' ? !digit : text[i] != form[i])
            return false;
        if (digit)
            *part = *part * 10 + (text[i] - '0');
    }
    *date = d;
    return civil_valid(d);
}

char *civil_format(struct civil d, char text[CIVIL_TEXT_BYTES])
{
    CHECK(civil_valid(d));
    snprintf(text, CIVIL_TEXT_BYTES, "%04d-%02d-%02d", d.year % 10000, d.month % 100, d.day % 100);
    return text;
}

int civil_compare(struct civil a, struct civil b)
{
    if (a.year != b.year)
        return a.year < b.year ? -1 : 1;
    if (a.month != b.month)
        return a.month < b.month ? -1 : 1;
    return a.day < b.day ? -1 : a.day > b.day;
}
