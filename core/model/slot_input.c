/* slot_input.c - walk the input; where an object has "$fire", move the slot and write it down.
 *
 * Everything is local time, counted as if it were UTC: "start of month" means midnight on the wall. */
#include "core/model/slot_input.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/civil.h"
#include "core/base/json.h"

enum { DAY_S = 86400, FORMAT_MAX = 100, COUNT_MAX = 100000 };

enum unit { MINUTE, HOUR, DAY, WEEK, MONTH, YEAR, UNIT_COUNT };
static const char *const units[] = { "minute", "hour", "day", "week", "month", "year" };

/* A local moment taken apart. */
struct local {
    struct civil date;
    int64_t second; /* of the day */
    int64_t slot_s; /* the moment itself, unmoved */
    int32_t offset;
};

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static struct local local_of(int64_t slot_s, const struct zone *zone)
{
    int32_t offset = zone_offset(zone, slot_s);
    int64_t days = floor_div(slot_s + offset, DAY_S);

    return (struct local){ civil_from_days(days), slot_s + offset - days * DAY_S, slot_s, offset };
}

/* --- moving --- */

static void skip_space(const char **p)
{
    while (**p == ' ')
        (*p)++;
}

static bool eat(const char **p, const char *word)
{
    size_t n = strlen(word);

    if (strncmp(*p, word, n) != 0 || isalpha((unsigned char)(*p)[n]))
        return false;
    *p += n;
    skip_space(p);
    return true;
}

static bool eat_unit(const char **p, enum unit *unit)
{
    char plural[16];

    for (int u = 0; u < UNIT_COUNT; u++) {
        *unit = (enum unit)u;
        snprintf(plural, sizeof plural, "%ss", units[u]);
        if (eat(p, units[u]) || eat(p, plural))
            return true;
    }
    return false;
}

static void add_seconds(struct local *l, int64_t seconds)
{
    int64_t total = l->second + seconds, days = floor_div(total, DAY_S);

    l->date = civil_add_days(l->date, days);
    l->second = total - days * DAY_S;
}

static void move(struct local *l, enum unit unit, int64_t count)
{
    switch (unit) {
    case MINUTE:
        add_seconds(l, count * 60);
        break;
    case HOUR:
        add_seconds(l, count * 3600);
        break;
    case DAY:
        l->date = civil_add_days(l->date, count);
        break;
    case WEEK:
        l->date = civil_add_days(l->date, count * 7);
        break;
    case MONTH:
        l->date = civil_add_months(l->date, count);
        break;
    case YEAR:
        l->date = civil_add_months(l->date, count * 12);
        break;
    case UNIT_COUNT:
        break;
    }
}

/* False: an edge of a minute or an hour is not offered. */
static bool move_to_edge(struct local *l, enum unit unit, bool end)
{
    switch (unit) {
    case DAY:
        break;
    case WEEK:
        l->date = civil_add_days(l->date, (end ? 6 : 0) - civil_weekday(l->date));
        break;
    case MONTH:
        l->date = end ? civil_month_end(l->date) : civil_month_start(l->date);
        break;
    case YEAR:
        l->date.month = end ? 12 : 1;
        l->date.day = end ? 31 : 1;
        break;
    default:
        return false;
    }
    l->second = end ? DAY_S - 1 : 0;
    return true;
}

static bool eat_count(const char **p, int64_t *count)
{
    int sign = **p == '-' ? -1 : 1;

    if (**p == '+' || **p == '-')
        (*p)++;
    if (!isdigit((unsigned char)**p))
        return false;
    for (*count = 0; isdigit((unsigned char)**p); (*p)++)
        if ((*count = *count * 10 + (**p - '0')) > COUNT_MAX)
            return false;
    *count *= sign;
    skip_space(p);
    return true;
}

/* False: `*p` stands where it is not understood. */
static bool move_by_terms(struct local *l, const char **p)
{
    skip_space(p);
    while (**p) {
        const char *term = *p;
        enum unit unit = DAY;
        int64_t count = 0;
        bool start = eat(p, "start"), end = !start && eat(p, "end");
        bool good = start || end ? eat(p, "of") && eat_unit(p, &unit) && move_to_edge(l, unit, end)
                                 : eat_count(p, &count) && eat_unit(p, &unit);
        if (good && !start && !end)
            move(l, unit, count);
        good = good && civil_valid(l->date);
        if (!good) {
            *p = term;
            return false;
        }
    }
    return true;
}

/* --- writing --- */

/* ISO 8601: the week belongs to the year its Thursday lies in. */
static void iso_week(struct civil date, int *year, int *week)
{
    struct civil thursday = civil_add_days(date, 3 - civil_weekday(date));
    int64_t first = civil_to_days((struct civil){ thursday.year, 1, 1 });

    *year = thursday.year;
    *week = (int)((civil_to_days(thursday) - first) / 7) + 1;
}

static void add_offset(struct buf *out, int32_t offset, const char *colon)
{
    int32_t minutes = (offset < 0 ? -offset : offset) / 60;
    buf_addf(out, "%c%02d%s%02d", offset < 0 ? '-' : '+', (int)(minutes / 60), colon,
             (int)(minutes % 60));
}

static bool write_one(struct buf *out, const struct local *l, char what)
{
    struct civil d = l->date;
    int hour = (int)(l->second / 3600), minute = (int)(l->second / 60 % 60);
    int second = (int)(l->second % 60), year, week;

    iso_week(d, &year, &week);
    switch (what) {
    case 'Y': buf_addf(out, "%04d", d.year); return true;
    case 'y': buf_addf(out, "%02d", d.year % 100); return true;
    case 'm': buf_addf(out, "%02d", d.month); return true;
    case 'd': buf_addf(out, "%02d", d.day); return true;
    case 'j': buf_addf(out, "%03d", (int)(civil_to_days(d) -
                                          civil_to_days((struct civil){ d.year, 1, 1 })) + 1);
        return true;
    case 'H': buf_addf(out, "%02d", hour); return true;
    case 'M': buf_addf(out, "%02d", minute); return true;
    case 'S': buf_addf(out, "%02d", second); return true;
    case 'F': buf_addf(out, "%04d-%02d-%02d", d.year, d.month, d.day); return true;
    case 'T': buf_addf(out, "%02d:%02d:%02d", hour, minute, second); return true;
    case 'G': buf_addf(out, "%04d", year); return true;
    case 'V': buf_addf(out, "%02d", week); return true;
    case 'u': buf_addf(out, "%d", civil_weekday(d) + 1); return true;
    case 's': buf_addf(out, "%lld", (long long)l->slot_s); return true;
    case 'z': add_offset(out, l->offset, ""); return true;
    case '%': buf_add_char(out, '%'); return true;
    default: return false;
    }
}

/* NULL: *unknown is the letter that is no format. */
static char *written(const struct local *l, const char *format, struct arena *arena, char *unknown)
{
    struct buf out = { 0 };
    bool good = true;

    for (const char *p = format; good && *p; p++) {
        if (*p != '%') {
            buf_add_char(&out, *p);
            continue;
        }
        *unknown = *++p;
        good = *p && write_one(&out, l, *p);
    }
    char *text = good ? arena_text(arena, buf_text(&out)) : NULL;
    buf_release(&out);
    return text;
}

char *slot_local_text(int64_t slot_s, const struct zone *zone, struct arena *arena)
{
    struct local l = local_of(slot_s, zone);
    struct buf out = { 0 };

    write_one(&out, &l, 'F');
    buf_add_char(&out, 'T');
    write_one(&out, &l, 'T');
    add_offset(&out, l.offset, ":");
    char *text = arena_text(arena, out.data);
    buf_release(&out);
    return text;
}

/* --- walking --- */

struct walk {
    int64_t slot_s;
    const struct zone *zone;
    struct arena *arena;
    struct gov_err *err;
};

static json_t *computed(struct walk *w, const json_t *value, const char *path)
{
    const json_t *fire = json_object_get(value, "$fire"), *given = json_object_get(value, "format");
    const char *terms = json_string_value(fire), *format = given ? json_string_value(given) : "%F";
    struct local l = local_of(w->slot_s, w->zone);
    char unknown = 0;

    if (!terms || !format || json_object_size(value) != (given ? 2u : 1u) || strlen(format) > FORMAT_MAX)
        return gov_fail_at(w->err, GOV_INVALID_INPUT, path, "computed",
                           "a computed value is {\"$fire\": \"-1 month\", \"format\": \"%%Y-%%m\"} and "
                           "nothing else",
                           "计算值须为 {\"$fire\": \"-1 month\", \"format\": \"%%Y-%%m\"}，不含其他成员"),
               NULL;
    if (!move_by_terms(&l, &terms))
        return gov_fail_at(w->err, GOV_INVALID_INPUT, json_path(w->arena, path, "$fire"), "computed",
                           "\"%.40s\" is not understood; write terms like \"-1 month\", \"+2 days\" or "
                           "\"start of week\"",
                           "无法理解“%.40s”；请写作 \"-1 month\"、\"+2 days\" 或 \"start of week\" 等",
                           terms),
               NULL;
    char *text = written(&l, format, w->arena, &unknown);
    if (!text)
        return gov_fail_at(w->err, GOV_INVALID_INPUT, json_path(w->arena, path, "format"), "computed",
                           "%%%c is not a part of a format; there are %%Y %%y %%m %%d %%j %%H %%M %%S %%F "
                           "%%T %%G %%V %%u %%s %%z %%%%",
                           "%%%c 不是格式的一部分；可用 %%Y %%y %%m %%d %%j %%H %%M %%S %%F %%T %%G %%V %%u "
                           "%%s %%z %%%%",
                           unknown > ' ' && unknown < 127 ? unknown : '?'),
               NULL;
    return json_string(text);
}

/* A new reference. */
static json_t *filled(struct walk *w, const json_t *value, const char *path)
{
    const char *name;
    json_t *member, *out;
    size_t i;

    if (json_is_object(value) && json_object_get(value, "$fire"))
        return computed(w, value, path);
    if (json_is_object(value)) {
        out = json_object();
        json_object_foreach ((json_t *)value, name, member)
            if (json_object_set_new(out, name, filled(w, member, json_path(w->arena, path, name))) < 0)
                return json_decref(out), NULL;
        return out;
    }
    if (json_is_array(value)) {
        out = json_array();
        json_array_foreach (value, i, member)
            if (json_array_append_new(out, filled(w, member, arena_format(w->arena, "%s/%zu", path, i))) < 0)
                return json_decref(out), NULL;
        return out;
    }
    return json_incref((json_t *)value);
}

static bool computes(const json_t *value)
{
    const char *name;
    json_t *member;
    size_t i;

    if (json_is_object(value) && json_object_get(value, "$fire"))
        return true;
    json_object_foreach ((json_t *)value, name, member)
        if (computes(member))
            return true;
    json_array_foreach (value, i, member)
        if (computes(member))
            return true;
    return false;
}

const json_t *slot_input(const json_t *input, const char *path, int64_t slot_s,
                         const struct zone *zone, struct arena *arena, struct gov_err *err)
{
    struct walk w = { slot_s, zone, arena, err };

    if (!computes(input))
        return input;
    json_t *out = filled(&w, input, path);
    return out ? json_own(arena, out) : NULL;
}
