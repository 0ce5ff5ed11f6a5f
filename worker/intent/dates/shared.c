/* shared.c - forms that the two languages have in common. */
#include <string.h>

#include "worker/intent/dates/forms.h"
#include "worker/intent/fill/numeral.h"
#include "worker/intent/recogniser/fold.h"

bool date_read_day_word(struct date_cursor *c, struct date_mention *m)
{
    static const struct {
        const char *words;
        int days;
    } known[] = {
        { "the day before yesterday", -2 },
        { "day before yesterday", -2 },
        { "the day after tomorrow", 2 },
        { "day after tomorrow", 2 },
        { "today", 0 },
        { "tonight", 0 },
        { "yesterday", -1 },
        { "tomorrow", 1 },
        { "今天", 0 },
        { "今日", 0 },
        { "今晚", 0 },
        { "当天", 0 },
        { "昨天", -1 },
        { "昨日", -1 },
        { "昨晚", -1 },
        { "大前天", -3 },
        { "前天", -2 },
        { "明天", 1 },
        { "明日", 1 },
        { "大后天", 3 },
        { "后天", 2 },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (date_eat(c, known[i].words)) {
            date_set_day(m, civil_add_days(c->today, known[i].days), "date.relative");
            return true;
        }
    }
    return false;
}

/* "3 days ago", "in 2 weeks", "two weeks from now", "3天前", "两周后". */
bool date_read_distance(struct date_cursor *c, struct date_mention *m)
{
    struct date_cursor t = *c;
    int count;
    bool ahead = date_eat(&t, "in");

    date_eat_space(&t);
    if (!date_no_digit_before(&t) && !ahead && !fold_is_cjk(t.phrase->fold[t.at]))
        return false;
    if (!date_eat_number(&t, &count)) {
        if (!date_eat(&t, "a") && !date_eat(&t, "an"))
            return false;
        count = 1;
    }
    date_eat_space(&t);
    enum date_unit unit = date_eat_unit(&t);
    if (unit == UNIT_NONE)
        return false;
    struct date_cursor tail = t;
    date_eat_space(&tail);
    static const char *const agos[] = { "ago", "earlier", "以前", "之前", "前", NULL };
    static const char *const laters[] = { "from now", "from today", "later", "以后",
                                          "之后",     "后",         NULL };
    if (!ahead && date_eat_any(&tail, agos))
        count = -count;
    else if (!ahead && !date_eat_any(&tail, laters))
        return false;
    date_set_day(m, date_moved(c->today, unit, count), "date.relative");
    m->counted = true;
    c->at = ahead ? t.at : tail.at;
    return true;
}

static int eat_quarter_number(struct date_cursor *c)
{
    static const char *const words[][5] = {
        { "first", "1st", "第一", "一", "1" },
        { "second", "2nd", "第二", "二", "2" },
        { "third", "3rd", "第三", "三", "3" },
        { "fourth", "4th", "第四", "四", "4" },
    };
    for (int q = 0; q < 4; q++)
        for (int i = 0; i < 5; i++)
            if (date_eat(c, words[q][i]))
                return q + 1;
    return 0;
}

/* "Q1 2026", "2026 Q1", "2026Q1", "first quarter of 2026", "2026年第一季度", "去年四季度", "H1
 * 2026". */
bool date_read_quarter(struct date_cursor *c, struct date_mention *m)
{
    struct date_cursor t = *c;
    int year = c->today.year, quarter = 0;
    bool stated = false;
    char code[] = "q0";

    date_eat(&t, "the");
    date_eat_space(&t);
    if (date_no_digit_before(&t) && date_eat_digits(&t, 4, 4, &year)) {
        stated = true;
        date_eat(&t, "年");
        if (!date_eat(&t, "-"))
            date_eat_space(&t);
    } else if (date_eat(&t, "去年")) {
        year = c->today.year - 1;
        stated = true;
    } else if (date_eat(&t, "今年")) {
        stated = true;
    }
    date_eat(&t, "的");
    for (int q = 1; q <= 4 && !quarter; q++) {
        code[1] = (char)('0' + q);
        size_t n = phrase_match(t.phrase, t.at, code);
        if (n) {
            quarter = q;
            t.at += n;
        }
    }
    if (!quarter) {
        date_eat(&t, "第");
        quarter = eat_quarter_number(&t);
        date_eat_space(&t);
        if (!quarter ||
            !(date_eat(&t, "quarter") || date_eat(&t, "季度") || date_eat(&t, "个季度")))
            return false;
    }
    if (!stated)
        stated = date_eat_year(&t, &year);
    if (!stated && (quarter - 1) * 3 + 1 > c->today.month)
        year--;
    date_set_months(m, year, (quarter - 1) * 3 + 1, 3, GRAIN_QUARTER, "date.quarter");
    m->certain = stated;
    c->at = t.at;
    return true;
}

bool date_read_to_date(struct date_cursor *c, struct date_mention *m)
{
    struct civil month = civil_month_start(c->today), year = { c->today.year, 1, 1 };

    if (date_eat(c, "month to date") || date_eat(c, "month-to-date") || date_eat(c, "mtd") ||
        date_eat(c, "本月至今"))
        date_set_days(m, month, c->today, "date.relative");
    else if (date_eat(c, "year to date") || date_eat(c, "year-to-date") || date_eat(c, "ytd") ||
             date_eat(c, "今年以来") || date_eat(c, "年初至今"))
        date_set_days(m, year, c->today, "date.relative");
    else
        return false;
    return true;
}
