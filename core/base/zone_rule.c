/* zone_rule.c - parsed by hand, left to right: the grammar has no choice that needs looking back. */
#include "core/base/zone_rule.h"

#include <string.h>

#include "core/base/civil.h"

struct reader {
    const char *at, *end;
    bool good;
};

static bool take(struct reader *r, char c)
{
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

static int number(struct reader *r, int most)
{
    int value = 0, digits = 0;

    while (r->at < r->end && *r->at >= '0' && *r->at <= '9' && digits < 4) {
        value = value * 10 + (*r->at++ - '0');
        digits++;
    }
    if (digits == 0 || value > most)
        r->good = false;
    return value;
}

/* "EST", or "<+0330>". */
static void name(struct reader *r)
{
    const char *begin = r->at;

    if (take(r, '<')) {
        while (r->at < r->end && *r->at != '>')
            r->at++;
        r->good = take(r, '>') && r->good;
        return;
    }
    while (r->at < r->end && ((*r->at >= 'A' && *r->at <= 'Z') || (*r->at >= 'a' && *r->at <= 'z')))
        r->at++;
    if (r->at - begin < 3)
        r->good = false;
}

/* [+-]hh[:mm[:ss]] */
static int32_t clock_time(struct reader *r)
{
    bool negative = take(r, '-');
    int32_t s;

    if (!negative)
        take(r, '+');
    s = number(r, 167) * 3600;
    if (take(r, ':'))
        s += number(r, 59) * 60;
    if (take(r, ':'))
        s += number(r, 59);
    return negative ? -s : s;
}

static void change(struct reader *r, struct zone_change *c)
{
    memset(c, 0, sizeof *c);
    c->time_s = 2 * 3600;
    r->good = take(r, ',') && r->good;
    if (take(r, 'M')) {
        c->kind = 'M';
        c->month = number(r, 12);
        r->good = take(r, '.') && r->good;
        c->week = number(r, 5);
        r->good = take(r, '.') && r->good && c->month > 0 && c->week > 0;
        c->day = number(r, 6);
    } else {
        c->kind = take(r, 'J') ? 'J' : '0';
        c->day = number(r, 365);
    }
    if (take(r, '/'))
        c->time_s = clock_time(r);
}

bool zone_rule_parse(const char *text, size_t bytes, struct zone_rule *rule)
{
    struct reader r = { text, text + bytes, true };

    memset(rule, 0, sizeof *rule);
    name(&r);
    rule->standard = -clock_time(&r); /* POSIX counts west */
    if (!r.good || r.at == r.end)
        return r.good;
    rule->has_summer = true;
    rule->summer = rule->standard + 3600;
    name(&r);
    if (r.at < r.end && *r.at != ',')
        rule->summer = -clock_time(&r);
    change(&r, &rule->to_summer);
    change(&r, &rule->to_standard);
    return r.good && r.at == r.end;
}

/* The day of `year` on which it happens, in days since 1970-01-01. */
static int64_t change_day(const struct zone_change *c, int year)
{
    int64_t first = civil_to_days((struct civil){ year, 1, 1 });

    if (c->kind == '0')
        return first + c->day;
    if (c->kind == 'J')
        return first + c->day - 1 + (c->day > 59 && civil_days_in_month(year, 2) == 29);
    struct civil month = { year, c->month, 1 };
    int sunday_first = (civil_weekday(month) + 1) % 7;
    int day = 1 + (c->day - sunday_first + 7) % 7 + (c->week - 1) * 7;

    while (day > civil_days_in_month(year, c->month))
        day -= 7;
    return civil_to_days(month) + day - 1;
}

int32_t zone_rule_offset(const struct zone_rule *rule, int64_t unix_s)
{
    if (!rule->has_summer)
        return rule->standard;
    int year = civil_from_days(civil_day_of(unix_s + rule->standard)).year;
    int64_t begins = change_day(&rule->to_summer, year) * 86400 + rule->to_summer.time_s - rule->standard;
    int64_t ends = change_day(&rule->to_standard, year) * 86400 + rule->to_standard.time_s - rule->summer;
    bool summer = begins < ends ? unix_s >= begins && unix_s < ends : unix_s >= begins || unix_s < ends;

    return summer ? rule->summer : rule->standard;
}
