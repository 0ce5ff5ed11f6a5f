/* chinese.c - 年月日, 上个月, 最近7天. */
#include <string.h>

#include "worker/intent/dates/forms.h"
#include "worker/intent/fill/numeral.h"
#include "worker/intent/recogniser/fold.h"

static bool eat_year_chinese(struct date_cursor *c, int *year, bool *relative)
{
    static const struct {
        const char *word;
        int years;
    } known[] = { { "今年", 0 },  { "本年", 0 }, { "去年", -1 },
                  { "前年", -2 }, { "明年", 1 }, { "后年", 2 } };
    struct date_cursor t = *c;

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (date_eat(&t, known[i].word)) {
            *year = c->today.year + known[i].years;
            *relative = true;
            c->at = t.at;
            return true;
        }
    }
    if ((fold_is_digit(t.phrase->fold[t.at]) && !date_no_digit_before(&t) &&
         !(t.at && fold_is_letter(t.phrase->fold[t.at - 1]))) ||
        !date_eat_number(&t, year) || !date_eat(&t, "年"))
        return false;
    if (*year < 100)
        *year += 2000;
    c->at = t.at;
    return *year >= 1900 && *year <= 2200;
}

static bool eat_month_chinese(struct date_cursor *c, int *month)
{
    struct date_cursor t = *c;

    if (!date_eat_number(&t, month) || *month < 1 || *month > 12 || !date_eat(&t, "月"))
        return false;
    date_eat(&t, "份");
    c->at = t.at;
    return true;
}

static bool eat_day_chinese(struct date_cursor *c, int *day)
{
    struct date_cursor t = *c;

    if (!date_eat_number(&t, day) || *day < 1 || *day > 31 ||
        !(date_eat(&t, "日") || date_eat(&t, "号")))
        return false;
    c->at = t.at;
    return true;
}

/* 初 and 底 behind a month or a year. */
static void eat_edge_chinese(struct date_cursor *c, struct date_mention *m)
{
    if (date_eat(c, "初"))
        date_set_day(m, m->from, m->rule);
    else if (date_eat(c, "底") || date_eat(c, "末"))
        date_set_day(m, m->to, m->rule);
}

/* 2026年3月5日, 2026年3月, 3月5号, 3月份, 去年3月, 去年, 2026年上半年 */
bool date_read_chinese(struct date_cursor *c, struct date_mention *m)
{
    struct date_cursor t = *c;
    int year = 0, month, day;
    bool relative = false;

    if (t.at >= t.phrase->length)
        return false;
    bool has_year = eat_year_chinese(&t, &year, &relative);
    if (has_year) {
        date_eat(&t, "的");
        date_eat_space(&t);
    }
    struct date_cursor half = t;
    if (date_eat(&half, "上半年") || (has_year && date_eat(&half, "上半"))) {
        date_set_months(m, has_year ? year : c->today.year, 1, 6, GRAIN_RANGE, "date.chinese");
        c->at = half.at;
        return true;
    }
    if (date_eat(&half, "下半年") || (has_year && date_eat(&half, "下半"))) {
        int of = has_year ? year : c->today.month > 6 ? c->today.year : c->today.year - 1;
        date_set_months(m, of, 7, 6, GRAIN_RANGE, "date.chinese");
        c->at = half.at;
        return true;
    }
    if (!eat_month_chinese(&t, &month)) {
        if (!has_year || !relative)
            return false;
        date_set_months(m, year, 1, 12, GRAIN_YEAR, "date.relative");
        eat_edge_chinese(&t, m);
        c->at = t.at;
        return true;
    }
    bool has_day = eat_day_chinese(&t, &day);
    if (!has_year)
        year = has_day ? c->today.year : date_supposed_year(c, month);
    struct civil d = { year, month, has_day ? day : 1 };
    if (!civil_valid(d))
        return false;
    if (has_day)
        date_set_day(m, d, "date.chinese");
    else
        date_set_month(m, d, "date.chinese");
    m->certain = has_year;
    if (!has_day)
        eat_edge_chinese(&t, m);
    c->at = t.at;
    return true;
}

static int eat_weekday_chinese(struct date_cursor *c)
{
    static const char *const days[][2] = { { "一", "1" }, { "二", "2" }, { "三", "3" },
                                           { "四", "4" }, { "五", "5" }, { "六", "6" },
                                           { "日", "天" } };
    for (int i = 0; i < 7; i++)
        if (date_eat(c, days[i][0]) || date_eat(c, days[i][1]))
            return i;
    return -1;
}

/* 本周, 上个月, 下下周, 上季度, 上周五, 这个月初, 周五 */
bool date_read_relative_chinese(struct date_cursor *c, struct date_mention *m)
{
    static const struct {
        const char *word;
        int count;
    } leads[] = { { "上上", -2 }, { "下下", 2 }, { "上一", -1 }, { "下一", 1 }, { "上", -1 },
                  { "下", 1 },    { "本", 0 },   { "这一", 0 },  { "这", 0 },   { "当", 0 } };
    static const char *const weeks[] = { "星期", "礼拜", "周", NULL };
    struct date_cursor t = *c;
    int count = 0, weekday;
    bool led = false;

    for (size_t i = 0; i < sizeof leads / sizeof *leads && !led; i++) {
        led = date_eat(&t, leads[i].word);
        count = leads[i].count;
    }
    if (led)
        date_eat(&t, "个");
    struct date_cursor week = t;
    if (date_eat_any(&week, weeks)) {
        t = week;
        weekday = eat_weekday_chinese(&t);
        if (weekday < 0 && date_eat(&t, "末")) {
            date_set_unit(c, m, UNIT_WEEK, count);
            m->from = civil_add_days(m->from, 5);
            m->grain = GRAIN_RANGE;
        } else if (weekday < 0) {
            if (!led)
                return false;
            date_set_unit(c, m, UNIT_WEEK, count);
        } else {
            int64_t to = weekday - civil_weekday(c->today) + 7 * (int64_t)count;
            date_set_day(m, civil_add_days(c->today, to), "date.relative");
            m->certain = led;
        }
        c->at = t.at;
        return true;
    }
    if (!led) {
        /* 月初, 年底: of the present one */
        if (!date_eat(&t, "月") && !date_eat(&t, "年"))
            return false;
        date_set_unit(c, m, phrase_match(t.phrase, c->at, "月") ? UNIT_MONTH : UNIT_YEAR, 0);
        eat_edge_chinese(&t, m);
        if (m->grain != GRAIN_DAY)
            return false;
        c->at = t.at;
        return true;
    }
    enum date_unit unit = date_eat(&t, "月")                           ? UNIT_MONTH
                          : date_eat(&t, "季度") || date_eat(&t, "季") ? UNIT_QUARTER
                          : date_eat(&t, "年")                         ? UNIT_YEAR
                                                                       : UNIT_NONE;
    if (unit == UNIT_NONE)
        return false;
    if (unit == UNIT_YEAR && count != 0 && !phrase_match(t.phrase, c->at, "上一年") &&
        !phrase_match(t.phrase, c->at, "下一年"))
        return false;
    date_eat(&t, "度");
    date_eat(&t, "份");
    date_set_unit(c, m, unit, count);
    eat_edge_chinese(&t, m);
    int day;
    struct date_cursor with_day = t;
    if (m->grain == GRAIN_MONTH && eat_day_chinese(&with_day, &day) &&
        day <= civil_days_in_month(m->from.year, m->from.month)) {
        m->from.day = day;
        date_set_day(m, m->from, "date.relative");
        t = with_day;
    }
    c->at = t.at;
    return true;
}

/* 最近7天, 过去三个月, 近一周, 前两周, 未来半年 */
bool date_read_span_chinese(struct date_cursor *c, struct date_mention *m)
{
    static const char *const pasts[] = { "最近的", "最近", "过去的", "过去", "近", "前", NULL };
    static const char *const futures[] = { "未来的", "未来", "接下来的", "接下来", "今后", NULL };
    struct date_cursor t = *c;
    int direction = date_eat_any(&t, pasts) ? -1 : date_eat_any(&t, futures) ? 1 : 0, count;

    if (!direction)
        return false;
    date_eat_space(&t);
    if (date_eat(&t, "半年")) {
        date_set_span(c, m, UNIT_MONTH, direction * 6);
    } else if (date_eat(&t, "半个月")) {
        date_set_span(c, m, UNIT_DAY, direction * 15);
    } else {
        if (!date_eat_number(&t, &count) || count == 0)
            return false;
        date_eat_space(&t);
        enum date_unit unit = date_eat_unit(&t);
        if (unit == UNIT_NONE)
            return false;
        date_set_span(c, m, unit, direction * count);
    }
    c->at = t.at;
    return true;
}
