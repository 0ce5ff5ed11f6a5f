/* mention.c - a small grammar, one function a form, tried in order at one position.
 *
 * Every form reads from a cursor and either moves it past what it understood or leaves it. No
 * regular expressions: the forms of two languages share their pieces (numbers, units, ranges), and
 * a cursor over code points gives spans for nothing.
 */
#include "worker/intent/dates/mention.h"

#include <string.h>

#include "worker/intent/dates/forms.h"
#include "worker/intent/fill/numeral.h"
#include "worker/intent/recogniser/fold.h"

static bool read_one(struct date_cursor *c, struct date_mention *m)
{
    static bool (*const forms[])(struct date_cursor *, struct date_mention *) = {
        date_read_quarter,   date_read_year_first,   date_read_compact,
        date_read_year_last, date_read_day_word,     date_read_to_date,
        date_read_edge,      date_read_relative,     date_read_distance,
        date_read_named,     date_read_span_chinese, date_read_relative_chinese,
        date_read_chinese,   date_read_weekday,      date_read_year,
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct date_cursor t = *c;
        memset(m, 0, sizeof *m);
        m->start = c->at;
        if (forms[i](&t, m)) {
            if (m->grain == GRAIN_DAY)
                date_eat_time_after(&t, m);
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
        a->to = a->grain == GRAIN_DAY
                    ? a->from
                    : civil_month_end((struct civil){ a->to.year + moved_by, a->to.month, 1 });
        a->certain = true;
    } else if (a->certain && !b->certain) {
        int on = a->from.month > b->from.month;
        int moved_by = a->from.year + on - b->from.year;
        b->from.year += moved_by;
        b->to = b->grain == GRAIN_DAY
                    ? b->from
                    : civil_month_end((struct civil){ b->to.year + moved_by, b->to.month, 1 });
        b->certain = true;
    }
}

/* "3月1日到15日", "March 1 to 15": a bare day behind a whole one. */
static bool read_day_only(struct date_cursor *c, const struct date_mention *first,
                          struct date_mention *m)
{
    struct date_cursor t = *c;
    struct civil d = first->from;

    if (first->grain != GRAIN_DAY || !date_eat_day_number(&t, &d.day))
        return false;
    bool marked = date_eat(&t, "日") || date_eat(&t, "号");
    if (!civil_valid(d) ||
        (!marked && fold_is_letter(t.phrase->fold[t.at < t.phrase->length ? t.at : t.at - 1])))
        return false;
    memset(m, 0, sizeof *m);
    date_set_day(m, d, first->rule);
    m->certain = first->certain;
    c->at = t.at;
    return true;
}

static bool eat_joint(struct date_cursor *c, bool between)
{
    static const char *const joints[] = { "to", "through", "until", "till", "up to", "-", "–",
                                          "—",  "~",       "～",    "到",   "至",    "→", NULL };
    struct date_cursor t = *c;

    date_eat_space(&t);
    if (!date_eat_any(&t, joints) &&
        !(between && (date_eat(&t, "and") || date_eat(&t, "和") || date_eat(&t, "与"))))
        return false;
    date_eat(&t, "-");
    date_eat_space(&t);
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
    struct date_cursor c = { phrase, at, today };
    struct date_mention second;

    bool between = date_eat(&c, "between"),
         from = !between && (date_eat(&c, "from") || date_eat(&c, "从") || date_eat(&c, "自"));
    bool since = !between && !from && date_eat(&c, "since");
    date_eat_space(&c);
    if (!read_one(&c, mention))
        return false;
    struct date_cursor joint = c;
    if (eat_joint(&joint, between)) {
        struct date_cursor whole = joint;
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
    bool onwards = since || date_eat(&c, "以来") || date_eat(&c, "至今");
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
