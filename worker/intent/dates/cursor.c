/* cursor.c - the pieces all forms of a date are read with. */
#include "worker/intent/dates/cursor.h"

#include "worker/intent/fill/numeral.h"
#include "worker/intent/recogniser/fold.h"

bool date_eat(struct date_cursor *c, const char *pattern)
{
    size_t n = phrase_match(c->phrase, c->at, pattern);
    c->at += n;
    return n > 0;
}

bool date_eat_any(struct date_cursor *c, const char *const *patterns)
{
    for (; *patterns; patterns++)
        if (date_eat(c, *patterns))
            return true;
    return false;
}

void date_eat_space(struct date_cursor *c)
{
    c->at = phrase_skip_space(c->phrase, c->at);
}

bool date_peek_digit(const struct date_cursor *c, size_t ahead)
{
    return c->at + ahead < c->phrase->length && fold_is_digit(c->phrase->fold[c->at + ahead]);
}

/* min to max ASCII digits, and no further digit behind. */
bool date_eat_digits(struct date_cursor *c, int min, int max, int *value)
{
    int n = 0, sum = 0;

    while (n <= max && date_peek_digit(c, (size_t)n))
        sum = sum * 10 + (int)(c->phrase->fold[c->at + (size_t)n++] - '0');
    if (n < min || n > max)
        return false;
    c->at += (size_t)n;
    *value = sum;
    return true;
}

/* A whole number in any form that is followed by no decimals. */
bool date_eat_number(struct date_cursor *c, int *value)
{
    struct numeral n;

    if (!numeral_read(c->phrase, c->at, &n) || !n.whole || n.ordinal || n.value < 0 ||
        n.value > 9999)
        return false;
    c->at = n.end;
    *value = (int)n.value;
    return true;
}

bool date_no_digit_before(const struct date_cursor *c)
{
    if (c->at == 0)
        return true;
    uint32_t before = c->phrase->fold[c->at - 1];
    bool dotted = (before == '.' || before == '/' || before == '-') && c->at > 1 &&
                  fold_is_digit(c->phrase->fold[c->at - 2]);
    return !fold_is_digit(before) && !fold_is_letter(before) && before != '_' && !dotted;
}

void date_set_day(struct date_mention *m, struct civil day, const char *rule)
{
    m->from = m->to = day;
    m->grain = GRAIN_DAY;
    m->certain = true;
    m->rule = rule;
}

void date_set_month(struct date_mention *m, struct civil day, const char *rule)
{
    m->from = civil_month_start(day);
    m->to = civil_month_end(day);
    m->grain = GRAIN_MONTH;
    m->certain = true;
    m->rule = rule;
}

void date_set_months(struct date_mention *m, int year, int first, int count, enum date_grain grain,
                     const char *rule)
{
    m->from = (struct civil){ year, first, 1 };
    m->to = civil_month_end((struct civil){ year, first + count - 1, 1 });
    m->grain = grain;
    m->certain = true;
    m->rule = rule;
}

void date_set_week(struct date_mention *m, struct civil day, const char *rule)
{
    m->from = civil_add_days(day, -civil_weekday(day));
    m->to = civil_add_days(m->from, 6);
    m->grain = GRAIN_WEEK;
    m->certain = true;
    m->rule = rule;
}

void date_set_days(struct date_mention *m, struct civil from, struct civil to, const char *rule)
{
    m->from = from;
    m->to = to;
    m->grain = GRAIN_RANGE;
    m->certain = true;
    m->rule = rule;
}

enum date_unit date_eat_unit(struct date_cursor *c)
{
    static const char *const words[][6] = {
        { 0 },
        { "days", "day", "日", "天" },
        { "weeks", "week", "个星期", "星期", "个礼拜", "周" },
        { "months", "month", "个月", "月" },
        { "quarters", "quarter", "个季度", "季度", "季" },
        { "years", "year", "年" },
    };
    for (int u = UNIT_DAY; u <= UNIT_YEAR; u++)
        for (int i = 0; i < 6 && words[u][i]; i++)
            if (date_eat(c, words[u][i]))
                return (enum date_unit)u;
    return UNIT_NONE;
}

struct civil date_moved(struct civil d, enum date_unit unit, int count)
{
    switch (unit) {
    case UNIT_WEEK:
        return civil_add_days(d, 7 * (int64_t)count);
    case UNIT_MONTH:
        return civil_add_months(d, count);
    case UNIT_QUARTER:
        return civil_add_months(d, 3 * (int64_t)count);
    case UNIT_YEAR:
        return civil_add_months(d, 12 * (int64_t)count);
    default:
        return civil_add_days(d, count);
    }
}

/* The calendar week, month, … that lies `count` after the present one. */
void date_set_unit(const struct date_cursor *c, struct date_mention *m, enum date_unit unit,
                   int count)
{
    struct civil d = date_moved(civil_month_start(c->today), unit, count);

    switch (unit) {
    case UNIT_WEEK:
        date_set_week(m, civil_add_days(c->today, 7 * (int64_t)count), "date.relative");
        break;
    case UNIT_MONTH:
        date_set_month(m, d, "date.relative");
        break;
    case UNIT_QUARTER:
        date_set_months(m, d.year, (d.month - 1) / 3 * 3 + 1, 3, GRAIN_QUARTER, "date.relative");
        break;
    case UNIT_YEAR:
        date_set_months(m, c->today.year + count, 1, 12, GRAIN_YEAR, "date.relative");
        break;
    default:
        date_set_day(m, civil_add_days(c->today, count), "date.relative");
    }
}

/* `count` units ending today (count < 0) or beginning today. */
void date_set_span(const struct date_cursor *c, struct date_mention *m, enum date_unit unit,
                   int count)
{
    struct civil end = date_moved(c->today, unit, count);

    if (count < 0)
        date_set_days(m, civil_add_days(end, 1), c->today, "date.relative");
    else
        date_set_days(m, c->today, civil_add_days(end, -1), "date.relative");
    m->counted = true;
}

/* Without a year: the last such month that has begun, for people ask about what was. */
int date_supposed_year(const struct date_cursor *c, int month)
{
    return month <= c->today.month ? c->today.year : c->today.year - 1;
}
