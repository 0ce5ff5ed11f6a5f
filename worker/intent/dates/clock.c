/* clock.c - the time of day, alone or behind a day. */
#include <string.h>

#include "worker/intent/dates/forms.h"
#include "worker/intent/fill/numeral.h"
#include "worker/intent/recogniser/fold.h"

/* "noon", "midnight" */
static bool eat_clock_word(struct date_cursor *c, struct date_mention *m)
{
    struct date_cursor t = *c;

    if (t.at && fold_is_letter(t.phrase->fold[t.at - 1]))
        return false;
    bool noon = date_eat(&t, "noon");
    if (!noon && !date_eat(&t, "midnight"))
        return false;
    if (t.at < t.phrase->length && fold_is_letter(t.phrase->fold[t.at]))
        return false;
    m->has_time = true;
    m->hour = noon ? 12 : 0;
    m->minute = m->second = 0;
    c->at = t.at;
    return true;
}

static bool eat_clock(struct date_cursor *c, struct date_mention *m)
{
    struct date_cursor t = *c;
    int hour, minute = 0, second = 0;

    if (eat_clock_word(c, m))
        return true;

    if (!date_no_digit_before(&t) && !(t.at && fold_is_letter(t.phrase->fold[t.at - 1])))
        return false;
    if (!date_eat_digits(&t, 1, 2, &hour))
        return false;
    bool colon = date_eat(&t, ":");
    if (colon && !date_eat_digits(&t, 2, 2, &minute))
        return false;
    if (colon && date_eat(&t, ":") && !date_eat_digits(&t, 2, 2, &second))
        return false;
    struct date_cursor half = t;
    date_eat_space(&half);
    static const char *const pm[] = { "pm", "p.m.", "p.m", NULL };
    static const char *const am[] = { "am", "a.m.", "a.m", NULL };
    bool is_pm = date_eat_any(&half, pm), is_am = !is_pm && date_eat_any(&half, am);
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

static bool eat_clock_chinese(struct date_cursor *c, struct date_mention *m)
{
    static const char *const afternoon[] = { "下午", "晚上", "傍晚", "今晚", NULL };
    static const char *const morning[] = { "上午", "早上", "凌晨", "清晨", "早晨", NULL };
    struct date_cursor t = *c;
    int hour, minute = 0;

    bool pm = date_eat_any(&t, afternoon), noon = !pm && date_eat(&t, "中午");
    if (!pm && !noon)
        date_eat_any(&t, morning);
    struct date_cursor colon = t;
    if (eat_clock(&colon, m)) {
        if (pm && m->hour < 12)
            m->hour += 12;
        c->at = colon.at;
        return true;
    }
    if (!date_eat_number(&t, &hour) ||
        !(date_eat(&t, "点钟") || date_eat(&t, "点") || date_eat(&t, "时")))
        return false;
    struct date_cursor rest = t;
    if (date_eat(&rest, "半")) {
        minute = 30;
        t = rest;
    } else if (date_eat(&rest, "一刻")) {
        minute = 15;
        t = rest;
    } else if (date_eat_number(&rest, &minute)) {
        date_eat(&rest, "分");
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
    struct date_cursor c = { phrase, at, { 0, 0, 0 } };

    memset(mention, 0, sizeof *mention);
    if (!eat_clock(&c, mention) && !eat_clock_chinese(&c, mention))
        return false;
    mention->start = at;
    mention->end = c.at;
    mention->rule = "date.time";
    return true;
}

static bool eat_offset(struct date_cursor *c, struct date_mention *m)
{
    struct date_cursor t = *c;
    int hours, minutes = 0;

    if (t.at < t.phrase->length && t.phrase->fold[t.at] == 'z') {
        t.at++;
        m->offset_s = 0;
    } else {
        int sign = date_eat(&t, "+") ? 1 : date_eat(&t, "-") ? -1 : 0;
        if (sign == 0 || !date_eat_digits(&t, 2, 2, &hours) || !date_eat(&t, ":") ||
            !date_eat_digits(&t, 2, 2, &minutes))
            return false;
        m->offset_s = sign * (hours * 3600 + minutes * 60);
    }
    m->has_offset = true;
    c->at = t.at;
    return true;
}

/* A time behind a day: "T10:00", " 10:00", " at 3pm", "下午3点". */
void date_eat_time_after(struct date_cursor *c, struct date_mention *m)
{
    struct date_cursor t = *c;

    if (t.at < t.phrase->length && t.phrase->fold[t.at] == 't' && t.at + 1 < t.phrase->length &&
        fold_is_digit(t.phrase->fold[t.at + 1])) {
        t.at++;
    } else {
        date_eat_space(&t);
        if (date_eat(&t, "at") || date_eat(&t, ",") || date_eat(&t, "的"))
            date_eat_space(&t);
    }
    if (!eat_clock(&t, m) && !eat_clock_chinese(&t, m))
        return;
    if (t.at < t.phrase->length && t.phrase->fold[t.at] == '.') { /* fraction: read, not kept */
        int fraction;
        struct date_cursor f = { t.phrase, t.at + 1, t.today };
        if (date_eat_digits(&f, 1, 9, &fraction))
            t = f;
    }
    eat_offset(&t, m);
    c->at = t.at;
}
