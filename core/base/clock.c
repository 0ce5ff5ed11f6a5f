#include "core/base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A host whose clock is wrong, for tests; see cmake/plants.cmake. */
static int64_t skew_us(void)
{
#ifdef EXECGOV_PLANTS
    const char *seconds = getenv("EXECGOV_SKEW_S");
    return seconds ? strtoll(seconds, NULL, 10) * 1000000 : 0;
#else
    return 0;
#endif
}

int64_t clock_now_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000 + skew_us();
}

int64_t clock_mono_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

char *clock_format(int64_t us, char text[CLOCK_TEXT_BYTES])
{
    int64_t seconds = us / 1000000;
    int64_t fraction = us % 1000000;
    if (fraction < 0) {
        fraction += 1000000;
        seconds--;
    }
    time_t t = (time_t)seconds;
    struct tm tm;
    gmtime_r(&t, &tm);
    /* Not strftime: its %Y does not pad, and year 1 is a year in SQL. */
    snprintf(text, CLOCK_TEXT_BYTES, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", tm.tm_year + 1900,
             tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)fraction);
    return text;
}

static bool digits(const char **p, int count, int *value)
{
    *value = 0;
    for (int i = 0; i < count; i++, (*p)++) {
        if (**p < '0' || **p > '9')
            return false;
        *value = *value * 10 + (**p - '0');
    }
    return true;
}

static bool literal(const char **p, const char *set)
{
    if (!**p || !strchr(set, **p))
        return false;
    (*p)++;
    return true;
}

static bool parse_fraction(const char **p, int *fraction_us)
{
    int scale = 100000;
    int count = 0;
    *fraction_us = 0;
    if (**p != '.')
        return true;
    for ((*p)++; **p >= '0' && **p <= '9'; (*p)++, count++) {
        *fraction_us += (**p - '0') * scale;
        scale /= 10;
    }
    return count >= 1 && count <= 9;
}

static bool parse_offset(const char **p, int *offset_s)
{
    int hours, minutes, sign;
    *offset_s = 0;
    if (**p == 'Z' || **p == 'z') {
        (*p)++;
        return true;
    }
    sign = **p == '-' ? -1 : 1;
    if (!literal(p, "+-") || !digits(p, 2, &hours) || !literal(p, ":") || !digits(p, 2, &minutes))
        return false;
    *offset_s = sign * (hours * 3600 + minutes * 60);
    return hours <= 23 && minutes <= 59;
}

static int days_in(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

bool clock_parse(const char *text, int64_t *us)
{
    const char *p = text;
    struct tm tm = { 0 };
    int year, month, fraction, offset;

    if (!digits(&p, 4, &year) || !literal(&p, "-") || !digits(&p, 2, &month) || !literal(&p, "-") ||
        !digits(&p, 2, &tm.tm_mday) || !literal(&p, "Tt ") || !digits(&p, 2, &tm.tm_hour) ||
        !literal(&p, ":") || !digits(&p, 2, &tm.tm_min) || !literal(&p, ":") ||
        !digits(&p, 2, &tm.tm_sec) || !parse_fraction(&p, &fraction) ||
        !parse_offset(&p, &offset) || *p)
        return false;
    if (month < 1 || month > 12 || tm.tm_mday < 1 || tm.tm_mday > days_in(year, month) ||
        tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60)
        return false;
    tm.tm_year = year - 1900;
    tm.tm_mon = month - 1;
    bool leap_second = tm.tm_sec == 60;
    time_t t = timegm(&tm); /* a 60th second becomes the next minute's first */
    if (leap_second && ((t - offset) % 86400) != 0)
        return false; /* it is the last of a UTC day */
    *us = ((int64_t)t - offset) * 1000000 + fraction;
    return true;
}
