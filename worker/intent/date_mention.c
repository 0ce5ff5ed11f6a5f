/* date_mention.c - a small grammar, one function a form, tried in order at one position.
 *
 * Every form reads from a cursor and either moves it past what it understood or leaves it. No
 * regular expressions: the forms of two languages share their pieces (numbers, units, ranges), and
 * a cursor over code points gives spans for nothing.
 */
#include "worker/intent/date_mention.h"

#include <string.h>

#include "worker/intent/fold.h"
#include "worker/intent/numeral.h"

struct cursor {
    const struct phrase *phrase;
    size_t at;
    struct civil today;
};

static bool eat(struct cursor *c, const char *pattern)
{
    size_t n = phrase_match(c->phrase, c->at, pattern);
    c->at += n;
    return n > 0;
}

static bool eat_any(struct cursor *c, const char *const *patterns)
{
    for (; *patterns; patterns++)
        if (eat(c, *patterns))
            return true;
    return false;
}

static void eat_space(struct cursor *c)
{
    c->at = phrase_skip_space(c->phrase, c->at);
}

static bool peek_digit(const struct cursor *c, size_t ahead)
{
    return c->at + ahead < c->phrase->length && fold_is_digit(c->phrase->fold[c->at + ahead]);
}

/* min to max ASCII digits, and no further digit behind. */
static bool eat_digits(struct cursor *c, int min, int max, int *value)
{
    int n = 0, sum = 0;

    while (n <= max && peek_digit(c, (size_t)n))
        sum = sum * 10 + (int)(c->phrase->fold[c->at + (size_t)n++] - '0');
    if (n < min || n > max)
        return false;
    c->at += (size_t)n;
    *value = sum;
    return true;
}

/* A whole number in any form that is followed by no decimals. */
static bool eat_number(struct cursor *c, int *value)
{
    struct numeral n;

    if (!numeral_read(c->phrase, c->at, &n) || !n.whole || n.ordinal || n.value < 0 || n.value > 9999)
        return false;
    c->at = n.end;
    *value = (int)n.value;
    return true;
}

static bool no_digit_before(const struct cursor *c)
{
    if (c->at == 0)
        return true;
    uint32_t before = c->phrase->fold[c->at - 1];
    bool dotted = (before == '.' || before == '/' || before == '-') && c->at > 1 &&
                  fold_is_digit(c->phrase->fold[c->at - 2]);
    return !fold_is_digit(before) && !fold_is_letter(before) && before != '_' && !dotted;
}

static void set_day(struct date_mention *m, struct civil day, const char *rule)
{
    m->from = m->to = day;
    m->grain = GRAIN_DAY;
    m->certain = true;
    m->rule = rule;
}

static void set_month(struct date_mention *m, struct civil day, const char *rule)
{
    m->from = civil_month_start(day);
    m->to = civil_month_end(day);
    m->grain = GRAIN_MONTH;
    m->certain = true;
    m->rule = rule;
}

static void set_months(struct date_mention *m, int year, int first, int count, enum date_grain grain,
                       const char *rule)
{
    m->from = (struct civil){ year, first, 1 };
    m->to = civil_month_end((struct civil){ year, first + count - 1, 1 });
    m->grain = grain;
    m->certain = true;
    m->rule = rule;
}

static void set_week(struct date_mention *m, struct civil day, const char *rule)
{
    m->from = civil_add_days(day, -civil_weekday(day));
    m->to = civil_add_days(m->from, 6);
    m->grain = GRAIN_WEEK;
    m->certain = true;
    m->rule = rule;
}

static void set_days(struct date_mention *m, struct civil from, struct civil to, const char *rule)
{
    m->from = from;
    m->to = to;
    m->grain = GRAIN_RANGE;
    m->certain = true;
    m->rule = rule;
}

/* ---- time of day ---- */

static bool eat_clock(struct cursor *c, struct date_mention *m)
{
    struct cursor t = *c;
    int hour, minute = 0, second = 0;

    if (!no_digit_before(&t) && !(t.at && fold_is_letter(t.phrase->fold[t.at - 1])))
        return false;
    if (!eat_digits(&t, 1, 2, &hour))
        return false;
    bool colon = eat(&t, ":");
    if (colon && !eat_digits(&t, 2, 2, &minute))
        return false;
    if (colon && eat(&t, ":") && !eat_digits(&t, 2, 2, &second))
        return false;
    struct cursor half = t;
    eat_space(&half);
    static const char *const pm[] = { "pm", "p.m.", "p.m", NULL };
    static const char *const am[] = { "am", "a.m.", "a.m", NULL };
    bool is_pm = eat_any(&half, pm), is_am = !is_pm && eat_any(&half, am);
    if (is_pm || is_am) {
        if (hour < 1 || hour > 12)
            return false;
        hour = hour % 12 + (is_pm ? 12 : 0);
        t = half;
    } else if (!colon) {
        return false;
    }
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    m->has_time = true;
    m->hour = hour;
    m->minute = minute;
    m->second = second;
    c->at = t.at;
    return true;
}

static bool eat_clock_chinese(struct cursor *c, struct date_mention *m)
{
    static const char *const afternoon[] = { "下午", "晚上", "傍晚", "今晚", NULL };
    static const char *const morning[] = { "上午", "早上", "凌晨", "清晨", "早晨", NULL };
    struct cursor t = *c;
    int hour, minute = 0;

    bool pm = eat_any(&t, afternoon), noon = !pm && eat(&t, "中午");
    if (!pm && !noon)
        eat_any(&t, morning);
    struct cursor colon = t;
    if (eat_clock(&colon, m)) {
        if (pm && m->hour < 12)
            m->hour += 12;
        c->at = colon.at;
        return true;
    }
    if (!eat_number(&t, &hour) || !(eat(&t, "点钟") || eat(&t, "点") || eat(&t, "时")))
        return false;
    struct cursor rest = t;
    if (eat(&rest, "半")) {
        minute = 30;
        t = rest;
    } else if (eat(&rest, "一刻")) {
        minute = 15;
        t = rest;
    } else if (eat_number(&rest, &minute)) {
        eat(&rest, "分");
        t = rest;
    }
    if (pm && hour < 12)
        hour += 12;
    if (noon && hour < 3)
        hour += 12;
    if (hour > 23 || minute > 59)
        return false;
    m->has_time = true;
    m->hour = hour;
    m->minute = minute;
    m->second = 0;
    c->at = t.at;
    return true;
}

bool date_time_read(const struct phrase *phrase, size_t at, struct date_mention *mention)
{
    struct cursor c = { phrase, at, { 0, 0, 0 } };

    memset(mention, 0, sizeof *mention);
    if (!eat_clock(&c, mention) && !eat_clock_chinese(&c, mention))
        return false;
    mention->start = at;
    mention->end = c.at;
    mention->rule = "date.time";
    return true;
}

static bool eat_offset(struct cursor *c, struct date_mention *m)
{
    struct cursor t = *c;
    int hours, minutes = 0;

    if (t.at < t.phrase->length && t.phrase->fold[t.at] == 'z') {
        t.at++;
        m->offset_s = 0;
    } else {
        int sign = eat(&t, "+") ? 1 : eat(&t, "-") ? -1 : 0;
        if (sign == 0 || !eat_digits(&t, 2, 2, &hours) || !eat(&t, ":") ||
            !eat_digits(&t, 2, 2, &minutes))
            return false;
        m->offset_s = sign * (hours * 3600 + minutes * 60);
    }
    m->has_offset = true;
    c->at = t.at;
    return true;
}

/* A time behind a day: "T10:00", " 10:00", " at 3pm", "下午3点". */
static void eat_time_after(struct cursor *c, struct date_mention *m)
{
    struct cursor t = *c;

    if (t.at < t.phrase->length && t.phrase->fold[t.at] == 't' && t.at + 1 < t.phrase->length &&
        fold_is_digit(t.phrase->fold[t.at + 1])) {
        t.at++;
    } else {
        eat_space(&t);
        if (eat(&t, "at") || eat(&t, ",") || eat(&t, "的"))
            eat_space(&t);
    }
    if (!eat_clock(&t, m) && !eat_clock_chinese(&t, m))
        return;
    if (t.at < t.phrase->length && t.phrase->fold[t.at] == '.') { /* fraction: read, not kept */
        int fraction;
        struct cursor f = { t.phrase, t.at + 1, t.today };
        if (eat_digits(&f, 1, 9, &fraction))
            t = f;
    }
    eat_offset(&t, m);
    c->at = t.at;
}

/* ---- numeric dates ---- */

static bool separator(const struct cursor *c, uint32_t *which)
{
    if (c->at >= c->phrase->length)
        return false;
    *which = c->phrase->fold[c->at];
    return *which == '-' || *which == '/' || *which == '.';
}

/* 2026-03-05, 2026/3/5, 2026-03 (a dot only with a day: 2026.03 is a number). */
static bool read_year_first(struct cursor *c, struct date_mention *m)
{
    struct cursor t = *c;
    struct civil d = { 0, 0, 1 };
    uint32_t mark, second;

    if (!no_digit_before(&t) || !eat_digits(&t, 4, 4, &d.year) || !separator(&t, &mark))
        return false;
    t.at++;
    if (!eat_digits(&t, 1, 2, &d.month) || d.month < 1 || d.month > 12)
        return false;
    struct cursor day = t;
    if (separator(&day, &second) && second == mark) {
        day.at++;
        if (eat_digits(&day, 1, 2, &d.day)) {
            if (!civil_valid(d))
                return false;
            set_day(m, d, "date.iso");
            c->at = day.at;
            return true;
        }
    }
    if (mark == '.' || d.year < 1900 || d.year > 2200)
        return false;
    set_month(m, d, "date.iso");
    c->at = t.at;
    return true;
}

static bool read_compact(struct cursor *c, struct date_mention *m)
{
    struct cursor t = *c;
    int number;

    if (!no_digit_before(&t) || !eat_digits(&t, 8, 8, &number))
        return false;
    struct civil d = { number / 10000, number / 100 % 100, number % 100 };
    if (!civil_valid(d) || d.year < 1900 || d.year > 2200)
        return false;
    set_day(m, d, "date.iso");
    c->at = t.at;
    return true;
}

/* 05.03.2026 is day first; 03/04/2026 may be both. */
static bool read_year_last(struct cursor *c, struct date_mention *m)
{
    struct cursor t = *c;
    int first, second, year;
    uint32_t mark, again;

    if (!no_digit_before(&t) || !eat_digits(&t, 1, 2, &first) || !separator(&t, &mark))
        return false;
    t.at++;
    if (!eat_digits(&t, 1, 2, &second) || !separator(&t, &again) || again != mark)
        return false;
    t.at++;
    if (!eat_digits(&t, 4, 4, &year))
        return false;
    struct civil day_first = { year, second, first }, month_first = { year, first, second };
    bool can_day = civil_valid(day_first), can_month = civil_valid(month_first) && mark != '.';
    if (!can_day && !can_month)
        return false;
    set_day(m, can_day ? day_first : month_first, "date.numeric");
    m->ambiguous = can_day && can_month && first != second;
    m->other = month_first;
    c->at = t.at;
    return true;
}

/* ---- English ---- */

static int eat_month_name(struct cursor *c)
{
    static const char *const names[][3] = {
        { "january", "jan" },  { "february", "feb" }, { "march", "mar" },  { "april", "apr" },
        { "may", "may" },      { "june", "jun" },     { "july", "jul" },   { "august", "aug" },
        { "september", "sep", "sept" }, { "october", "oct" }, { "november", "nov" },
        { "december", "dec" },
    };
    for (int i = 0; i < 12; i++) {
        for (int j = 0; j < 3 && names[i][j]; j++) {
            if (!eat(c, names[i][j]))
                continue;
            if (j > 0)
                eat(c, ".");
            return i + 1;
        }
    }
    return 0;
}

static bool eat_year(struct cursor *c, int *year)
{
    struct cursor t = *c;

    eat_space(&t);
    if (eat(&t, ",") || eat(&t, "of") || eat(&t, "in"))
        eat_space(&t);
    if (!eat_digits(&t, 4, 4, year) || *year < 1000 || *year > 2999)
        return false;
    c->at = t.at;
    return true;
}

static bool eat_day_number(struct cursor *c, int *day)
{
    static const char *const suffixes[] = { "st", "nd", "rd", "th", NULL };
    struct cursor t = *c;

    eat(&t, "the");
    eat_space(&t);
    if (!eat_digits(&t, 1, 2, day) || *day < 1 || *day > 31)
        return false;
    eat_any(&t, suffixes);
    if (t.at < t.phrase->length && (t.phrase->fold[t.at] == ':' || t.phrase->fold[t.at] == '%'))
        return false;
    c->at = t.at;
    return true;
}

/* Without a year: the last such month that has begun, for people ask about what was. */
static int supposed_year(const struct cursor *c, int month)
{
    return month <= c->today.month ? c->today.year : c->today.year - 1;
}

static bool finish_named(struct cursor *c, struct date_mention *m, int month, int day)
{
    struct civil d = { 0, month, day ? day : 1 };
    bool year = eat_year(c, &d.year);

    if (!year)
        d.year = day ? c->today.year : supposed_year(c, month);
    if (!civil_valid(d))
        return false;
    if (day)
        set_day(m, d, "date.named");
    else
        set_month(m, d, "date.named");
    m->certain = year;
    return true;
}

/* March 2026; March 5, 2026; 5 March 2026; 5th of March; March. */
static bool read_named(struct cursor *c, struct date_mention *m)
{
    struct cursor t = *c;
    int day = 0, month;

    if (peek_digit(&t, 0) || phrase_match(t.phrase, t.at, "the")) {
        if (!no_digit_before(&t) || !eat_day_number(&t, &day))
            return false;
        eat_space(&t);
        if (eat(&t, "of"))
            eat_space(&t);
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
    struct cursor with_day = t;
    eat_space(&with_day);
    int year;
    struct cursor with_year = t;
    bool has_year = eat_year(&with_year, &year);
    if (!has_year && eat_day_number(&with_day, &day))
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

static int eat_weekday(struct cursor *c)
{
    static const char *const names[][3] = {
        { "monday", "mon" }, { "tuesday", "tue", "tues" }, { "wednesday", "wed" },
        { "thursday", "thu", "thurs" }, { "friday", "fri" }, { "saturday", "sat" },
        { "sunday", "sun" },
    };
    for (int i = 0; i < 7; i++) {
        for (int j = 0; j < 3 && names[i][j]; j++) {
            /* short forms are words too ("sun", "sat"): they want their capital */
            if (j > 0 && c->at < c->phrase->length &&
                c->phrase->raw[c->at] == c->phrase->fold[c->at])
                continue;
            if (eat(c, names[i][j]))
                return i;
        }
    }
    return -1;
}

enum unit { UNIT_NONE, UNIT_DAY, UNIT_WEEK, UNIT_MONTH, UNIT_QUARTER, UNIT_YEAR };

static enum unit eat_unit(struct cursor *c)
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
            if (eat(c, words[u][i]))
                return (enum unit)u;
    return UNIT_NONE;
}

static struct civil moved(struct civil d, enum unit unit, int count)
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
static void set_unit(const struct cursor *c, struct date_mention *m, enum unit unit, int count)
{
    struct civil d = moved(civil_month_start(c->today), unit, count);

    switch (unit) {
    case UNIT_WEEK:
        set_week(m, civil_add_days(c->today, 7 * (int64_t)count), "date.relative");
        break;
    case UNIT_MONTH:
        set_month(m, d, "date.relative");
        break;
    case UNIT_QUARTER:
        set_months(m, d.year, (d.month - 1) / 3 * 3 + 1, 3, GRAIN_QUARTER, "date.relative");
        break;
    case UNIT_YEAR:
        set_months(m, c->today.year + count, 1, 12, GRAIN_YEAR, "date.relative");
        break;
    default:
        set_day(m, civil_add_days(c->today, count), "date.relative");
    }
}

/* `count` units ending today (count < 0) or beginning today. */
static void set_span(const struct cursor *c, struct date_mention *m, enum unit unit, int count)
{
    struct civil end = moved(c->today, unit, count);

    if (count < 0)
        set_days(m, civil_add_days(end, 1), c->today, "date.relative");
    else
        set_days(m, c->today, civil_add_days(end, -1), "date.relative");
}

static bool read_day_word(struct cursor *c, struct date_mention *m)
{
    static const struct {
        const char *words;
        int days;
    } known[] = {
        { "the day before yesterday", -2 }, { "day before yesterday", -2 },
        { "the day after tomorrow", 2 },    { "day after tomorrow", 2 },
        { "today", 0 },  { "tonight", 0 },  { "yesterday", -1 }, { "tomorrow", 1 },
        { "今天", 0 },   { "今日", 0 },     { "今晚", 0 },       { "当天", 0 },
        { "昨天", -1 },  { "昨日", -1 },    { "昨晚", -1 },      { "大前天", -3 },
        { "前天", -2 },  { "明天", 1 },     { "明日", 1 },       { "大后天", 3 },
        { "后天", 2 },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (eat(c, known[i].words)) {
            set_day(m, civil_add_days(c->today, known[i].days), "date.relative");
            return true;
        }
    }
    return false;
}

/* this/last/next + unit or weekday; last/past/next N units; "month to date". */
static bool read_relative(struct cursor *c, struct date_mention *m)
{
    static const char *const lasts[] = { "last", "past", "previous", "preceding", NULL };
    static const char *const nexts[] = { "next", "coming", "following", "upcoming", NULL };
    static const char *const thises[] = { "this", "current", NULL };
    struct cursor t = *c;
    int count;

    if (eat(&t, "the"))
        eat_space(&t);
    bool past = phrase_match(t.phrase, t.at, "past");
    int direction = eat_any(&t, lasts) ? -1 : eat_any(&t, nexts) ? 1 : 0;
    if (!direction && !eat_any(&t, thises))
        return false;
    eat_space(&t);
    struct cursor numbered = t;
    if (direction && eat_number(&numbered, &count) && count > 0) {
        eat_space(&numbered);
        enum unit unit = eat_unit(&numbered);
        if (unit == UNIT_NONE)
            return false;
        set_span(c, m, unit, direction * count);
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
        set_day(m, civil_add_days(c->today, to), "date.relative");
    } else if (eat(&t, "weekend")) {
        set_unit(c, m, UNIT_WEEK, direction);
        m->from = civil_add_days(m->from, 5);
        m->grain = GRAIN_RANGE;
    } else {
        enum unit unit = eat_unit(&t);
        if (unit == UNIT_NONE)
            return false;
        if (past)
            set_span(c, m, unit, -1);
        else
            set_unit(c, m, unit, direction);
    }
    c->at = t.at;
    return true;
}

/* "3 days ago", "in 2 weeks", "two weeks from now", "3天前", "两周后". */
static bool read_distance(struct cursor *c, struct date_mention *m)
{
    struct cursor t = *c;
    int count;
    bool ahead = eat(&t, "in");

    eat_space(&t);
    if (!no_digit_before(&t) && !ahead && !fold_is_cjk(t.phrase->fold[t.at]))
        return false;
    if (!eat_number(&t, &count)) {
        if (!eat(&t, "a") && !eat(&t, "an"))
            return false;
        count = 1;
    }
    eat_space(&t);
    enum unit unit = eat_unit(&t);
    if (unit == UNIT_NONE)
        return false;
    struct cursor tail = t;
    eat_space(&tail);
    static const char *const agos[] = { "ago", "earlier", "以前", "之前", "前", NULL };
    static const char *const laters[] = { "from now", "from today", "later", "以后", "之后", "后",
                                          NULL };
    if (!ahead && eat_any(&tail, agos))
        count = -count;
    else if (!ahead && !eat_any(&tail, laters))
        return false;
    set_day(m, moved(c->today, unit, count), "date.relative");
    c->at = ahead ? t.at : tail.at;
    return true;
}

static int eat_quarter_number(struct cursor *c)
{
    static const char *const words[][5] = {
        { "first", "1st", "第一", "一", "1" }, { "second", "2nd", "第二", "二", "2" },
        { "third", "3rd", "第三", "三", "3" }, { "fourth", "4th", "第四", "四", "4" },
    };
    for (int q = 0; q < 4; q++)
        for (int i = 0; i < 5; i++)
            if (eat(c, words[q][i]))
                return q + 1;
    return 0;
}

/* "Q1 2026", "2026 Q1", "2026Q1", "first quarter of 2026", "2026年第一季度", "去年四季度", "H1 2026". */
static bool read_quarter(struct cursor *c, struct date_mention *m)
{
    struct cursor t = *c;
    int year = c->today.year, quarter = 0;
    bool stated = false;
    char code[] = "q0";

    eat(&t, "the");
    eat_space(&t);
    if (no_digit_before(&t) && eat_digits(&t, 4, 4, &year)) {
        stated = true;
        eat(&t, "年");
        if (!eat(&t, "-"))
            eat_space(&t);
    } else if (eat(&t, "去年")) {
        year = c->today.year - 1;
        stated = true;
    } else if (eat(&t, "今年")) {
        stated = true;
    }
    eat(&t, "的");
    for (int q = 1; q <= 4 && !quarter; q++) {
        code[1] = (char)('0' + q);
        size_t n = phrase_match(t.phrase, t.at, code);
        if (n) {
            quarter = q;
            t.at += n;
        }
    }
    if (!quarter) {
        eat(&t, "第");
        quarter = eat_quarter_number(&t);
        eat_space(&t);
        if (!quarter || !(eat(&t, "quarter") || eat(&t, "季度") || eat(&t, "个季度")))
            return false;
    }
    if (!stated)
        stated = eat_year(&t, &year);
    if (!stated && (quarter - 1) * 3 + 1 > c->today.month)
        year--;
    set_months(m, year, (quarter - 1) * 3 + 1, 3, GRAIN_QUARTER, "date.quarter");
    m->certain = stated;
    c->at = t.at;
    return true;
}

/* "in 2025", "year 2025", "2025年": a bare number is left to the numbers. */
static bool read_year(struct cursor *c, struct date_mention *m)
{
    struct cursor t = *c;
    int year;

    if (!no_digit_before(&t) || !eat_digits(&t, 4, 4, &year) || year < 1900 || year > 2200)
        return false;
    if (!eat(&t, "年度") && !eat(&t, "年")) {
        bool led = (c->at >= 3 && phrase_match(t.phrase, c->at - 3, "in")) ||
                   (c->at >= 5 && phrase_match(t.phrase, c->at - 5, "year")) ||
                   (c->at >= 4 && phrase_match(t.phrase, c->at - 4, "for"));
        if (!led)
            return false;
    }
    set_months(m, year, 1, 12, GRAIN_YEAR, "date.year");
    c->at = t.at;
    return true;
}

static bool read_to_date(struct cursor *c, struct date_mention *m)
{
    struct civil month = civil_month_start(c->today), year = { c->today.year, 1, 1 };

    if (eat(c, "month to date") || eat(c, "month-to-date") || eat(c, "mtd") || eat(c, "本月至今"))
        set_days(m, month, c->today, "date.relative");
    else if (eat(c, "year to date") || eat(c, "year-to-date") || eat(c, "ytd") ||
             eat(c, "今年以来") || eat(c, "年初至今"))
        set_days(m, year, c->today, "date.relative");
    else
        return false;
    return true;
}

/* "end of last month", "beginning of the year" */
static bool read_edge(struct cursor *c, struct date_mention *m)
{
    static const char *const ends[] = { "end of", NULL };
    static const char *const starts[] = { "beginning of", "start of", NULL };
    struct cursor t = *c;

    if (eat(&t, "the"))
        eat_space(&t);
    bool end = eat_any(&t, ends);
    if (!end && !eat_any(&t, starts))
        return false;
    eat_space(&t);
    struct cursor relative = t;
    if (!read_relative(&relative, m)) {
        eat(&t, "the");
        eat_space(&t);
        if (read_named(&t, m)) {
            relative = t;
        } else {
            enum unit unit = eat_unit(&t);
            if (unit == UNIT_NONE)
                return false;
            set_unit(&t, m, unit, 0);
            relative = t;
        }
    }
    set_day(m, end ? m->to : m->from, "date.relative");
    c->at = relative.at;
    return true;
}

static bool read_weekday(struct cursor *c, struct date_mention *m)
{
    int weekday = eat_weekday(c);

    if (weekday < 0)
        return false;
    int64_t ahead = (weekday - civil_weekday(c->today) + 7) % 7;
    set_day(m, civil_add_days(c->today, ahead), "date.relative");
    m->certain = false;
    return true;
}

/* ---- Chinese ---- */

static bool eat_year_chinese(struct cursor *c, int *year, bool *relative)
{
    static const struct {
        const char *word;
        int years;
    } known[] = { { "今年", 0 }, { "本年", 0 }, { "去年", -1 }, { "前年", -2 }, { "明年", 1 },
                  { "后年", 2 } };
    struct cursor t = *c;

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (eat(&t, known[i].word)) {
            *year = c->today.year + known[i].years;
            *relative = true;
            c->at = t.at;
            return true;
        }
    }
    if ((fold_is_digit(t.phrase->fold[t.at]) && !no_digit_before(&t) &&
         !(t.at && fold_is_letter(t.phrase->fold[t.at - 1]))) ||
        !eat_number(&t, year) || !eat(&t, "年"))
        return false;
    if (*year < 100)
        *year += 2000;
    c->at = t.at;
    return *year >= 1900 && *year <= 2200;
}

static bool eat_month_chinese(struct cursor *c, int *month)
{
    struct cursor t = *c;

    if (!eat_number(&t, month) || *month < 1 || *month > 12 || !eat(&t, "月"))
        return false;
    eat(&t, "份");
    c->at = t.at;
    return true;
}

static bool eat_day_chinese(struct cursor *c, int *day)
{
    struct cursor t = *c;

    if (!eat_number(&t, day) || *day < 1 || *day > 31 || !(eat(&t, "日") || eat(&t, "号")))
        return false;
    c->at = t.at;
    return true;
}

/* 初 and 底 behind a month or a year. */
static void eat_edge_chinese(struct cursor *c, struct date_mention *m)
{
    if (eat(c, "初"))
        set_day(m, m->from, m->rule);
    else if (eat(c, "底") || eat(c, "末"))
        set_day(m, m->to, m->rule);
}

/* 2026年3月5日, 2026年3月, 3月5号, 3月份, 去年3月, 去年, 2026年上半年 */
static bool read_chinese(struct cursor *c, struct date_mention *m)
{
    struct cursor t = *c;
    int year = 0, month, day;
    bool relative = false;

    if (t.at >= t.phrase->length)
        return false;
    bool has_year = eat_year_chinese(&t, &year, &relative);
    if (has_year) {
        eat(&t, "的");
        eat_space(&t);
    }
    struct cursor half = t;
    if (eat(&half, "上半年") || (has_year && eat(&half, "上半"))) {
        set_months(m, has_year ? year : c->today.year, 1, 6, GRAIN_RANGE, "date.chinese");
        c->at = half.at;
        return true;
    }
    if (eat(&half, "下半年") || (has_year && eat(&half, "下半"))) {
        int of = has_year ? year : c->today.month > 6 ? c->today.year : c->today.year - 1;
        set_months(m, of, 7, 6, GRAIN_RANGE, "date.chinese");
        c->at = half.at;
        return true;
    }
    if (!eat_month_chinese(&t, &month)) {
        if (!has_year || !relative)
            return false;
        set_months(m, year, 1, 12, GRAIN_YEAR, "date.relative");
        eat_edge_chinese(&t, m);
        c->at = t.at;
        return true;
    }
    bool has_day = eat_day_chinese(&t, &day);
    if (!has_year)
        year = has_day ? c->today.year : supposed_year(c, month);
    struct civil d = { year, month, has_day ? day : 1 };
    if (!civil_valid(d))
        return false;
    if (has_day)
        set_day(m, d, "date.chinese");
    else
        set_month(m, d, "date.chinese");
    m->certain = has_year;
    if (!has_day)
        eat_edge_chinese(&t, m);
    c->at = t.at;
    return true;
}

static int eat_weekday_chinese(struct cursor *c)
{
    static const char *const days[][2] = { { "一", "1" }, { "二", "2" }, { "三", "3" }, { "四", "4" },
                                           { "五", "5" }, { "六", "6" }, { "日", "天" } };
    for (int i = 0; i < 7; i++)
        if (eat(c, days[i][0]) || eat(c, days[i][1]))
            return i;
    return -1;
}

/* 本周, 上个月, 下下周, 上季度, 上周五, 这个月初, 周五 */
static bool read_relative_chinese(struct cursor *c, struct date_mention *m)
{
    static const struct {
        const char *word;
        int count;
    } leads[] = { { "上上", -2 }, { "下下", 2 }, { "上一", -1 }, { "下一", 1 }, { "上", -1 },
                  { "下", 1 },    { "本", 0 },   { "这一", 0 },  { "这", 0 },   { "当", 0 } };
    static const char *const weeks[] = { "星期", "礼拜", "周", NULL };
    struct cursor t = *c;
    int count = 0, weekday;
    bool led = false;

    for (size_t i = 0; i < sizeof leads / sizeof *leads && !led; i++) {
        led = eat(&t, leads[i].word);
        count = leads[i].count;
    }
    if (led)
        eat(&t, "个");
    struct cursor week = t;
    if (eat_any(&week, weeks)) {
        t = week;
        weekday = eat_weekday_chinese(&t);
        if (weekday < 0 && eat(&t, "末")) {
            set_unit(c, m, UNIT_WEEK, count);
            m->from = civil_add_days(m->from, 5);
            m->grain = GRAIN_RANGE;
        } else if (weekday < 0) {
            if (!led)
                return false;
            set_unit(c, m, UNIT_WEEK, count);
        } else {
            int64_t to = weekday - civil_weekday(c->today) + 7 * (int64_t)count;
            set_day(m, civil_add_days(c->today, to), "date.relative");
            m->certain = led;
        }
        c->at = t.at;
        return true;
    }
    if (!led) {
        /* 月初, 年底: of the present one */
        if (!eat(&t, "月") && !eat(&t, "年"))
            return false;
        set_unit(c, m, phrase_match(t.phrase, c->at, "月") ? UNIT_MONTH : UNIT_YEAR, 0);
        eat_edge_chinese(&t, m);
        if (m->grain != GRAIN_DAY)
            return false;
        c->at = t.at;
        return true;
    }
    enum unit unit = eat(&t, "月") ? UNIT_MONTH : eat(&t, "季度") || eat(&t, "季") ? UNIT_QUARTER
                     : eat(&t, "年") ? UNIT_YEAR : UNIT_NONE;
    if (unit == UNIT_NONE)
        return false;
    if (unit == UNIT_YEAR && count != 0 && !phrase_match(t.phrase, c->at, "上一年") &&
        !phrase_match(t.phrase, c->at, "下一年"))
        return false;
    eat(&t, "度");
    eat(&t, "份");
    set_unit(c, m, unit, count);
    eat_edge_chinese(&t, m);
    int day;
    struct cursor with_day = t;
    if (m->grain == GRAIN_MONTH && eat_day_chinese(&with_day, &day) &&
        day <= civil_days_in_month(m->from.year, m->from.month)) {
        m->from.day = day;
        set_day(m, m->from, "date.relative");
        t = with_day;
    }
    c->at = t.at;
    return true;
}

/* 最近7天, 过去三个月, 近一周, 前两周, 未来半年 */
static bool read_span_chinese(struct cursor *c, struct date_mention *m)
{
    static const char *const pasts[] = { "最近的", "最近", "过去的", "过去", "近", "前", NULL };
    static const char *const futures[] = { "未来的", "未来", "接下来的", "接下来", "今后", NULL };
    struct cursor t = *c;
    int direction = eat_any(&t, pasts) ? -1 : eat_any(&t, futures) ? 1 : 0, count;

    if (!direction)
        return false;
    eat_space(&t);
    if (eat(&t, "半年")) {
        set_span(c, m, UNIT_MONTH, direction * 6);
    } else if (eat(&t, "半个月")) {
        set_span(c, m, UNIT_DAY, direction * 15);
    } else {
        if (!eat_number(&t, &count) || count == 0)
            return false;
        eat_space(&t);
        enum unit unit = eat_unit(&t);
        if (unit == UNIT_NONE)
            return false;
        set_span(c, m, unit, direction * count);
    }
    c->at = t.at;
    return true;
}

/* ---- one, then two of them ---- */

static bool read_one(struct cursor *c, struct date_mention *m)
{
    static bool (*const forms[])(struct cursor *, struct date_mention *) = {
        read_quarter,          read_year_first, read_compact,     read_year_last,
        read_day_word,         read_to_date,    read_edge,        read_relative,
        read_distance,         read_named,      read_span_chinese, read_relative_chinese,
        read_chinese,          read_weekday,    read_year,
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct cursor t = *c;
        memset(m, 0, sizeof *m);
        m->start = c->at;
        if (forms[i](&t, m)) {
            if (m->grain == GRAIN_DAY)
                eat_time_after(&t, m);
            m->end = c->at = t.at;
            return true;
        }
    }
    return false;
}

/* "March to May 2026", "3月到5月": the first borrows the year of the second, the second of the
 * first. */
static void share_year(struct date_mention *a, struct date_mention *b)
{
    if (!a->certain && b->certain) {
        int back = a->from.month > b->from.month;
        int moved_by = b->from.year - back - a->from.year;
        a->from.year += moved_by;
        a->to = a->grain == GRAIN_DAY ? a->from : civil_month_end(
            (struct civil){ a->to.year + moved_by, a->to.month, 1 });
        a->certain = true;
    } else if (a->certain && !b->certain) {
        int on = a->from.month > b->from.month;
        int moved_by = a->from.year + on - b->from.year;
        b->from.year += moved_by;
        b->to = b->grain == GRAIN_DAY ? b->from : civil_month_end(
            (struct civil){ b->to.year + moved_by, b->to.month, 1 });
        b->certain = true;
    }
}

/* "3月1日到15日", "March 1 to 15": a bare day behind a whole one. */
static bool read_day_only(struct cursor *c, const struct date_mention *first, struct date_mention *m)
{
    struct cursor t = *c;
    struct civil d = first->from;

    if (first->grain != GRAIN_DAY || !eat_day_number(&t, &d.day))
        return false;
    bool marked = eat(&t, "日") || eat(&t, "号");
    if (!civil_valid(d) || (!marked && fold_is_letter(t.phrase->fold[t.at < t.phrase->length
                                                                          ? t.at : t.at - 1])))
        return false;
    memset(m, 0, sizeof *m);
    set_day(m, d, first->rule);
    m->certain = first->certain;
    c->at = t.at;
    return true;
}

static bool eat_joint(struct cursor *c, bool between)
{
    static const char *const joints[] = { "to", "through", "until", "till", "up to", "-", "–", "—",
                                          "~", "～", "到", "至", "→", NULL };
    struct cursor t = *c;

    eat_space(&t);
    if (!eat_any(&t, joints) && !(between && (eat(&t, "and") || eat(&t, "和") || eat(&t, "与"))))
        return false;
    eat(&t, "-");
    eat_space(&t);
    c->at = t.at;
    return true;
}

static void join(struct date_mention *first, const struct date_mention *second, size_t start)
{
    first->start = start;
    first->end = second->end;
    first->to = second->to;
    first->ambiguous = first->ambiguous || second->ambiguous;
    first->certain = first->certain && second->certain;
    first->grain = GRAIN_RANGE;
    first->rule = "date.range";
}

bool date_mention_read(const struct phrase *phrase, size_t at, struct civil today,
                       struct date_mention *mention)
{
    struct cursor c = { phrase, at, today };
    struct date_mention second;

    bool between = eat(&c, "between"), from = !between && (eat(&c, "from") || eat(&c, "从") || eat(&c, "自"));
    bool since = !between && !from && eat(&c, "since");
    eat_space(&c);
    if (!read_one(&c, mention))
        return false;
    struct cursor joint = c;
    if (eat_joint(&joint, between)) {
        struct cursor whole = joint;
        bool read = read_one(&whole, &second);
        if (!read) {
            whole = joint;
            read = read_day_only(&whole, mention, &second);
            second.end = whole.at;
        }
        if (read) {
            share_year(mention, &second);
            if (civil_to_days(mention->from) <= civil_to_days(second.to)) {
                join(mention, &second, at);
                return true;
            }
        }
    }
    bool onwards = since || eat(&c, "以来") || eat(&c, "至今");
    if (onwards && civil_to_days(mention->from) <= civil_to_days(today)) {
        mention->to = today;
        mention->open = true;
        mention->grain = GRAIN_RANGE;
        mention->start = at;
        mention->end = c.at;
        return true;
    }
    mention->start = at;
    return true;
}
