/* english.c - months, weekdays and "last week". */
#include <string.h>

#include "worker/intent/dates/forms.h"
#include "worker/intent/fill/numeral.h"
#include "worker/intent/recogniser/fold.h"

static int eat_month_name(struct date_cursor *c)
{
    static const char *const names[][3] = {
        { "january", "jan" }, { "february", "feb" }, { "march", "mar" },
        { "april", "apr" },   { "may", "may" },      { "june", "jun" },
        { "july", "jul" },    { "august", "aug" },   { "september", "sep", "sept" },
        { "october", "oct" }, { "november", "nov" }, { "december", "dec" },
    };
    for (int i = 0; i < 12; i++) {
        for (int j = 0; j < 3 && names[i][j]; j++) {
            if (!date_eat(c, names[i][j]))
                continue;
            if (j > 0)
                date_eat(c, ".");
            return i + 1;
        }
    }
    return 0;
}

bool date_eat_year(struct date_cursor *c, int *year)
{
    struct date_cursor t = *c;

    date_eat_space(&t);
    if (date_eat(&t, ",") || date_eat(&t, "of") || date_eat(&t, "in"))
        date_eat_space(&t);
    if (!date_eat_digits(&t, 4, 4, year) || *year < 1000 || *year > 2999)
        return false;
    c->at = t.at;
    return true;
}

bool date_eat_day_number(struct date_cursor *c, int *day)
{
    static const char *const suffixes[] = { "st", "nd", "rd", "th", NULL };
    struct date_cursor t = *c;

    date_eat(&t, "the");
    date_eat_space(&t);
    if (!date_eat_digits(&t, 1, 2, day) || *day < 1 || *day > 31)
        return false;
    date_eat_any(&t, suffixes);
    if (t.at < t.phrase->length && (t.phrase->fold[t.at] == ':' || t.phrase->fold[t.at] == '%'))
        return false;
    c->at = t.at;
    return true;
}

static bool finish_named(struct date_cursor *c, struct date_mention *m, int month, int day)
{
    struct civil d = { 0, month, day ? day : 1 };
    bool year = date_eat_year(c, &d.year);

    if (!year)
        d.year = day ? c->today.year : date_supposed_year(c, month);
    if (!civil_valid(d))
        return false;
    if (day)
        date_set_day(m, d, "date.named");
    else
        date_set_month(m, d, "date.named");
    m->certain = year;
    return true;
}

/* March 2026; March 5, 2026; 5 March 2026; 5th of March; March. */
bool date_read_named(struct date_cursor *c, struct date_mention *m)
{
    struct date_cursor t = *c;
    int day = 0, month;

    if (date_peek_digit(&t, 0) || phrase_match(t.phrase, t.at, "the")) {
        if (!date_no_digit_before(&t) || !date_eat_day_number(&t, &day))
            return false;
        date_eat_space(&t);
        if (date_eat(&t, "of"))
            date_eat_space(&t);
        month = eat_month_name(&t);
        if (!month || !finish_named(&t, m, month, day))
            return false;
        c->at = t.at;
        return true;
    }
    bool small_may = t.at < t.phrase->length && t.phrase->raw[t.at] == 'm';
    month = eat_month_name(&t);
    if (!month)
        return false;
    struct date_cursor with_day = t;
    date_eat_space(&with_day);
    int year;
    struct date_cursor with_year = t;
    bool has_year = date_eat_year(&with_year, &year);
    if (!has_year && date_eat_day_number(&with_day, &day))
        t = with_day;
    else
        day = 0;
    /* "may" and "march" are verbs as well; with small letters they want a day, a year or "in" */
    bool verb = (month == 5 || month == 3) && small_may && !has_year && !day;
    if (verb && !(c->at >= 3 && (phrase_match(t.phrase, c->at - 3, "in") ||
                                 (c->at >= 4 && phrase_match(t.phrase, c->at - 4, "for")))))
        return false;
    if (!finish_named(&t, m, month, day))
        return false;
    c->at = t.at;
    return true;
}

static int eat_weekday(struct date_cursor *c)
{
    static const char *const names[][3] = {
        { "monday", "mon" },    { "tuesday", "tue", "tues" },
        { "wednesday", "wed" }, { "thursday", "thu", "thurs" },
        { "friday", "fri" },    { "saturday", "sat" },
        { "sunday", "sun" },
    };
    for (int i = 0; i < 7; i++) {
        for (int j = 0; j < 3 && names[i][j]; j++) {
            /* short forms are words too ("sun", "sat"): they want their capital */
            if (j > 0 && c->at < c->phrase->length &&
                c->phrase->raw[c->at] == c->phrase->fold[c->at])
                continue;
            if (date_eat(c, names[i][j]))
                return i;
        }
    }
    return -1;
}

/* this/last/next + unit or weekday; last/past/next N units; "month to date". */
bool date_read_relative(struct date_cursor *c, struct date_mention *m)
{
    static const char *const lasts[] = { "last", "past", "previous", "preceding", NULL };
    static const char *const nexts[] = { "next", "coming", "following", "upcoming", NULL };
    static const char *const thises[] = { "this", "current", NULL };
    struct date_cursor t = *c;
    int count;

    if (date_eat(&t, "the"))
        date_eat_space(&t);
    bool past = phrase_match(t.phrase, t.at, "past");
    int direction = date_eat_any(&t, lasts) ? -1 : date_eat_any(&t, nexts) ? 1 : 0;
    if (!direction && !date_eat_any(&t, thises))
        return false;
    date_eat_space(&t);
    struct date_cursor numbered = t;
    if (direction && date_eat_number(&numbered, &count) && count > 0) {
        date_eat_space(&numbered);
        enum date_unit unit = date_eat_unit(&numbered);
        if (unit == UNIT_NONE)
            return false;
        date_set_span(c, m, unit, direction * count);
        c->at = numbered.at;
        return true;
    }
    int weekday = eat_weekday(&t);
    if (weekday >= 0) {
        int64_t to = weekday - civil_weekday(c->today);
        if (direction < 0)
            to -= to >= 0 ? 7 : 0;
        else if (direction > 0)
            to += 7;
        date_set_day(m, civil_add_days(c->today, to), "date.relative");
    } else if (date_eat(&t, "weekend")) {
        date_set_unit(c, m, UNIT_WEEK, direction);
        m->from = civil_add_days(m->from, 5);
        m->grain = GRAIN_RANGE;
    } else {
        enum date_unit unit = date_eat_unit(&t);
        if (unit == UNIT_NONE)
            return false;
        if (past)
            date_set_span(c, m, unit, -1);
        else
            date_set_unit(c, m, unit, direction);
    }
    c->at = t.at;
    return true;
}

/* "end of last month", "beginning of the year" */
bool date_read_edge(struct date_cursor *c, struct date_mention *m)
{
    static const char *const ends[] = { "end of", NULL };
    static const char *const starts[] = { "beginning of", "start of", NULL };
    struct date_cursor t = *c;

    if (date_eat(&t, "the"))
        date_eat_space(&t);
    bool end = date_eat_any(&t, ends);
    if (!end && !date_eat_any(&t, starts))
        return false;
    date_eat_space(&t);
    struct date_cursor relative = t;
    if (!date_read_relative(&relative, m)) {
        date_eat(&t, "the");
        date_eat_space(&t);
        if (date_read_named(&t, m)) {
            relative = t;
        } else {
            enum date_unit unit = date_eat_unit(&t);
            if (unit == UNIT_NONE)
                return false;
            date_set_unit(&t, m, unit, 0);
            relative = t;
        }
    }
    date_set_day(m, end ? m->to : m->from, "date.relative");
    c->at = relative.at;
    return true;
}

bool date_read_weekday(struct date_cursor *c, struct date_mention *m)
{
    int weekday = eat_weekday(c);

    if (weekday < 0)
        return false;
    int64_t ahead = (weekday - civil_weekday(c->today) + 7) % 7;
    date_set_day(m, civil_add_days(c->today, ahead), "date.relative");
    m->certain = false;
    return true;
}

/* "in 2025", "year 2025", "2025年": a bare number is left to the numbers. */
bool date_read_year(struct date_cursor *c, struct date_mention *m)
{
    struct date_cursor t = *c;
    int year;

    if (!date_no_digit_before(&t) || !date_eat_digits(&t, 4, 4, &year) || year < 1900 ||
        year > 2200)
        return false;
    if (!date_eat(&t, "年度") && !date_eat(&t, "年")) {
        bool led = (c->at >= 3 && phrase_match(t.phrase, c->at - 3, "in")) ||
                   (c->at >= 5 && phrase_match(t.phrase, c->at - 5, "year")) ||
                   (c->at >= 4 && phrase_match(t.phrase, c->at - 4, "for"));
        if (!led)
            return false;
    }
    date_set_months(m, year, 1, 12, GRAIN_YEAR, "date.year");
    c->at = t.at;
    return true;
}
