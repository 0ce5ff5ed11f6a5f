/* dates.c - mentions of time go to the parameters that want one.
 *
 * A pair of parameters (start and end) takes both ends of one range; a month takes a month; a date
 * takes a day. What would lose a meaning is asked about: 03/04/2026, a quarter for a month.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "worker/intent/recogniser/fold.h"
#include "worker/intent/rules/rules.h"

enum { MONTHS_ASKED_MAX = 12 };

static bool date_kind(enum parameter_kind kind)
{
    return kind == PARAMETER_DATE || kind == PARAMETER_DATETIME || kind == PARAMETER_MONTH;
}

/* A plain string whose words promise a date. It takes one as ISO text, as a guess. */
static bool string_date(const struct parameter *p)
{
    return p->kind == PARAMETER_STRING && !p->array &&
           (parameter_mentions(p, "date") || parameter_mentions(p, "yyyy-mm-dd") ||
            parameter_mentions(p, "日期")) &&
           !parameter_mentions(p, "update");
}

static bool wants_date(const struct parameter *p)
{
    return date_kind(p->kind) || string_date(p);
}

static json_t *moment(const struct fill_context *c, struct civil day, int hour, int minute,
                      int second, const struct date_mention *m)
{
    char text[64];
    int64_t local = civil_to_days(day) * 86400 + hour * 3600 + minute * 60 + second;
    int32_t offset = m->has_offset ? m->offset_s : zone_offset_local(c->zone, local);
    int minutes = (offset < 0 ? -offset : offset) / 60;

    if (offset == 0)
        snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", day.year, day.month, day.day,
                 hour, minute, second);
    else
        snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", day.year, day.month,
                 day.day, hour, minute, second, offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
    return json_string(text);
}

/* ISO 8601, or for a plain string the order its description asks for. */
static void written_day(const struct parameter *p, struct civil day, char *text, size_t bytes)
{
    static const struct {
        const char *words;
        char order, mark;
    } orders[] = {
        { "mm-dd-yyyy", 'm', '-' }, { "month-day-year", 'm', '-' }, { "mm/dd/yyyy", 'm', '/' },
        { "dd/mm/yyyy", 'd', '/' }, { "dd-mm-yyyy", 'd', '-' },     { "dd.mm.yyyy", 'd', '.' },
        { "yyyy/mm/dd", 'y', '/' },
    };
    char order = 'y', mark = '-';

    for (size_t i = 0; p->kind == PARAMETER_STRING && i < sizeof orders / sizeof *orders; i++) {
        if (strcasestr(p->description, orders[i].words)) {
            order = orders[i].order;
            mark = orders[i].mark;
        }
    }
    if (order == 'y')
        snprintf(text, bytes, "%04d%c%02d%c%02d", day.year, mark, day.month, mark, day.day);
    else
        snprintf(text, bytes, "%02d%c%02d%c%04d", order == 'm' ? day.month : day.day, mark,
                 order == 'm' ? day.day : day.month, mark, day.year);
}

json_t *date_value(const struct fill_context *c, const struct parameter *p,
                   const struct date_mention *m, bool end)
{
    struct civil day = end ? m->to : m->from;
    char text[32];

    if (p->kind == PARAMETER_TIME)
        snprintf(text, sizeof text, "%02d:%02d:%02d", m->hour, m->minute, m->second);
    else if (p->kind == PARAMETER_MONTH)
        snprintf(text, sizeof text, "%04d-%02d", day.year, day.month);
    else if (p->kind == PARAMETER_DATETIME && m->has_time)
        return moment(c, day, m->hour, m->minute, m->second, m);
    else if (p->kind == PARAMETER_DATETIME)
        return end ? moment(c, day, 23, 59, 59, m) : moment(c, day, 0, 0, 0, m);
    else
        written_day(p, day, text, sizeof text);
    return json_string(text);
}

static enum fill_source source_of(const struct parameter *p, const struct date_mention *m)
{
    bool exact = p->kind != PARAMETER_DATETIME || m->has_time || p->side != SIDE_NONE;
    return m->certain && exact && date_kind(p->kind) ? FILL_TYPED : FILL_GUESS;
}

static void set_date(struct fill_context *c, struct parameter *p, const struct date_mention *m,
                     bool end)
{
    fill_set(c, p, date_value(c, p, m, end), source_of(p, m), m->start, m->end, m->rule);
}

static bool same_day(struct civil a, struct civil b)
{
    return civil_to_days(a) == civil_to_days(b);
}

static bool same_month(struct civil a, struct civil b)
{
    return a.year == b.year && a.month == b.month;
}

static void ask_readings(struct fill_context *c, struct parameter *p, const struct date_mention *m)
{
    struct date_mention other = *m;
    json_t *choices = json_array();

    other.from = other.to = m->other;
    json_array_append_new(choices, date_value(c, p, m, false));
    json_array_append_new(choices, date_value(c, p, &other, false));
    fill_ask(c, p, choices, m->start, m->end, "date.numeric");
}

/* The months of a range, as an array. */
static json_t *months_of(const struct fill_context *c, const struct parameter *p,
                         const struct date_mention *m)
{
    json_t *months = json_array();
    struct date_mention one = *m;

    for (one.from = civil_month_start(m->from); civil_to_days(one.from) <= civil_to_days(m->to) &&
                                                json_array_size(months) < MONTHS_ASKED_MAX;
         one.from = civil_add_months(one.from, 1))
        json_array_append_new(months, date_value(c, p, &one, false));
    return months;
}

static void set_single(struct fill_context *c, struct parameter *p, const struct date_mention *m)
{
    bool one_month = same_month(m->from, m->to);

    if (m->ambiguous) {
        ask_readings(c, p, m);
    } else if (p->kind == PARAMETER_MONTH && p->array) {
        fill_set(c, p, months_of(c, p, m), source_of(p, m), m->start, m->end, m->rule);
    } else if (p->kind == PARAMETER_MONTH && one_month) {
        enum fill_source source = m->grain == GRAIN_MONTH ? source_of(p, m) : FILL_GUESS;
        fill_set(c, p, date_value(c, p, m, false), source, m->start, m->end, m->rule);
    } else if (p->kind == PARAMETER_MONTH) {
        fill_ask(c, p, months_of(c, p, m), m->start, m->end, m->rule);
    } else if (p->array) {
        json_t *days = json_array();
        json_array_append_new(days, date_value(c, p, m, false));
        if (!same_day(m->from, m->to))
            json_array_append_new(days, date_value(c, p, m, true));
        fill_set(c, p, days, source_of(p, m), m->start, m->end, m->rule);
    } else if (m->grain == GRAIN_DAY || m->open || p->side != SIDE_NONE) {
        set_date(c, p, m, p->side == SIDE_END);
    }
}

static struct parameter *open_side(struct fill_context *c, enum parameter_side side)
{
    for (size_t i = 0; i < c->count; i++) {
        struct parameter *p = &c->parameters[i];
        if (p->side == side && fill_open(p) && wants_date(p) && !p->array)
            return p;
    }
    return NULL;
}

static size_t read_mentions(struct fill_context *c, struct date_mention *mentions)
{
    size_t n = 0;

    for (size_t i = 0; i < c->phrase.length && n < CANDIDATES_MAX;) {
        if (phrase_free(&c->phrase, i, i + 1) && !fold_is_space(c->phrase.fold[i]) &&
            date_mention_read(&c->phrase, i, c->today, &mentions[n]) &&
            phrase_free(&c->phrase, mentions[n].start, mentions[n].end)) {
            i = mentions[n].end;
            n++;
            continue;
        }
        i++;
    }
    return n;
}

/* "by Friday", "until 5 May", "截至…": the one date said is the end. */
static bool says_end(const struct fill_context *c, const struct date_mention *m)
{
    static const char *const before[] = { "until", "till",   "by",   "before", "up to",
                                          "截至",  "截止到", "截止", "到",     "至" };
    static const char *const behind[] = { "为止", "之前", "以前", "前" };
    size_t next = phrase_skip_space(&c->phrase, m->end);

    for (size_t i = 0; i < sizeof before / sizeof *before; i++)
        for (size_t back = 1; back <= 8 && back <= m->start; back++) {
            size_t n = phrase_match(&c->phrase, m->start - back, before[i]);
            if (n && phrase_skip_space(&c->phrase, m->start - back + n) == m->start)
                return true;
        }
    for (size_t i = 0; i < sizeof behind / sizeof *behind; i++)
        if (phrase_match(&c->phrase, next, behind[i]))
            return true;
    return false;
}

/* Start and end from one range, or from two days, or from one. Returns how many mentions it used.
 */
static size_t fill_pair(struct fill_context *c, struct date_mention *mentions, size_t n)
{
    struct parameter *start = open_side(c, SIDE_START), *end = open_side(c, SIDE_END);

    if (!start || !end || n == 0)
        return 0;
    if (mentions[0].ambiguous) {
        ask_readings(c, start, &mentions[0]);
        if (n > 1 && mentions[1].ambiguous)
            ask_readings(c, end, &mentions[1]);
        else if (n > 1)
            set_date(c, end, &mentions[1], true);
        return n > 1 ? 2 : 1;
    }
    bool two_days = n > 1 && mentions[0].grain == GRAIN_DAY && mentions[1].grain == GRAIN_DAY;
    if (two_days) {
        set_date(c, start, &mentions[0], false);
        if (mentions[1].ambiguous)
            ask_readings(c, end, &mentions[1]);
        else
            set_date(c, end, &mentions[1], true);
        return 2;
    }
    if (mentions[0].grain == GRAIN_DAY && says_end(c, &mentions[0])) {
        set_date(c, end, &mentions[0], true);
        return 1;
    }
    set_date(c, start, &mentions[0], false);
    set_date(c, end, &mentions[0], true);
    return 1;
}

/* "year", "month" and "quarter" as integers of their own. */
static void fill_parts(struct fill_context *c, const struct date_mention *m)
{
    for (size_t i = 0; i < c->count; i++) {
        struct parameter *p = &c->parameters[i];
        if (p->kind != PARAMETER_INTEGER || p->array || !fill_open(p) || m->ambiguous)
            continue;
        int value = 0;
        for (size_t a = 0; a < p->alias_count; a++) {
            const char *name = p->aliases[a];
            if ((strcasecmp(name, "year") == 0 || strcmp(name, "年份") == 0 ||
                 strcmp(name, "年") == 0) &&
                m->from.year == m->to.year)
                value = m->from.year;
            else if ((strcasecmp(name, "month") == 0 || strcmp(name, "月份") == 0 ||
                      strcmp(name, "月") == 0) &&
                     same_month(m->from, m->to))
                value = m->from.month;
            else if ((strcasecmp(name, "quarter") == 0 || strcmp(name, "季度") == 0) &&
                     m->grain == GRAIN_QUARTER)
                value = (m->from.month - 1) / 3 + 1;
        }
        if (value && parameter_in_bounds(p, value))
            fill_set(c, p, json_integer(value), m->certain ? FILL_TYPED : FILL_GUESS, m->start,
                     m->end, m->rule);
    }
}

/* The mentions that are left, each to the parameter whose words are nearest. */
static void fill_singles(struct fill_context *c, struct date_mention *mentions, size_t n)
{
    struct parameter *open[FILL_PARAMETERS_MAX];
    float scores[CANDIDATES_MAX * FILL_PARAMETERS_MAX];
    int chosen[CANDIDATES_MAX];
    size_t m = 0;

    for (size_t i = 0; i < c->count; i++)
        if (wants_date(&c->parameters[i]) && fill_open(&c->parameters[i]))
            open[m++] = &c->parameters[i];
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < m; k++) {
            const struct parameter *p = open[k];
            struct span span = { mentions[i].start, mentions[i].end };
            float fit = 1.0f + keyword_nearness(c, p, span);
            if (p->kind == PARAMETER_MONTH)
                fit += mentions[i].grain == GRAIN_MONTH ? 0.5f : 0;
            else if (mentions[i].grain != GRAIN_DAY && !mentions[i].open && p->side == SIDE_NONE &&
                     !p->array)
                fit = 0;
            /* an optional one is only meant where its own words stand, or a day is said */
            bool loose = string_date(p) || mentions[i].grain != GRAIN_DAY;
            if (!p->required && loose && p->kind != PARAMETER_MONTH &&
                keyword_nearness(c, p, span) < 0.3f)
                fit = 0;
            if (p->side == SIDE_END && says_end(c, &mentions[i]))
                fit += 0.5f;
            /* in the order of the schema, everything else being equal */
            scores[i * m + k] = fit > 0 ? fit - 0.01f * (float)(k > i ? k - i : i - k) : 0;
        }
    }
    assign_best(scores, n, m, chosen);
    for (size_t i = 0; i < n; i++)
        if (chosen[i] >= 0)
            set_single(c, open[chosen[i]], &mentions[i]);
}

static void fill_times(struct fill_context *c)
{
    struct date_mention m;

    for (size_t i = 0; i < c->count; i++) {
        struct parameter *p = &c->parameters[i];
        if (p->kind != PARAMETER_TIME || p->array || !fill_open(p))
            continue;
        for (size_t at = 0; at < c->phrase.length; at++) {
            if (!date_time_read(&c->phrase, at, &m) || !phrase_free(&c->phrase, m.start, m.end))
                continue;
            fill_set(c, p, date_value(c, p, &m, false), FILL_TYPED, m.start, m.end, m.rule);
            break;
        }
    }
}

/* Is there a number of days (weeks, ...) to fill, and no date that has to be? Then "the next 60
 * days" and "90 天前" are about that number. */
static bool count_wanted(const struct fill_context *c)
{
    static const char *const units[] = { "days", "day", "weeks", "months", "天数", "天", "周数" };
    bool wanted = false;

    for (size_t i = 0; i < c->count; i++) {
        const struct parameter *p = &c->parameters[i];
        if (!fill_open(p))
            continue;
        if (wants_date(p) && p->required)
            return false;
        for (size_t u = 0; p->kind == PARAMETER_INTEGER && u < sizeof units / sizeof *units; u++)
            for (size_t a = 0; a < p->alias_count; a++)
                wanted |= strcasestr(p->aliases[a], units[u]) != NULL;
    }
    return wanted;
}

static size_t without_counted(struct date_mention *mentions, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++)
        if (!mentions[i].counted)
            mentions[kept++] = mentions[i];
    return kept;
}

void rule_dates(struct fill_context *c)
{
    struct date_mention mentions[CANDIDATES_MAX];
    bool wanted = false;

    fill_times(c);
    size_t n = read_mentions(c, mentions);
    if (count_wanted(c))
        n = without_counted(mentions, n);
    if (n == 0)
        return;
    for (size_t i = 0; i < c->count; i++)
        wanted |= wants_date(&c->parameters[i]) && fill_open(&c->parameters[i]);
    if (!wanted) {
        for (size_t i = 0; i < n; i++)
            fill_parts(c, &mentions[i]);
        return;
    }
    size_t used = fill_pair(c, mentions, n);
    fill_singles(c, mentions + used, n - used);
}
