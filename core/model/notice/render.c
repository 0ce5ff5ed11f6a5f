/* render.c - one pass over a template. A section in double brackets is written into the same buffer and taken back
 * when a field of it turns out to be missing, so that nothing is parsed twice. */
#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/civil.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/base/zone.h"
#include "core/model/money.h"
#include "core/model/notice.h"

enum { FIELD_BYTES = 64, VALUE_BYTES_MAX = 500 };

struct rendering {
    const json_t *payload;
    const struct zone *zone;
    const char *zone_name;
    struct arena *arena;
    char missing[FIELD_BYTES]; /* the first field that was not there; "" none */
};

/* --- values --- */

static void add_clean(struct buf *out, const char *text)
{
    size_t bytes = text_utf8_cut(text, strlen(text), VALUE_BYTES_MAX);

    for (size_t at = 0; at < bytes;) {
        uint32_t point;
        size_t length = text_utf8_decode(text + at, bytes - at, &point);
        if (!length)
            return;
        if (text_code_point_hidden(point))
            buf_add_char(out, ' ');
        else
            buf_add(out, text + at, length);
        at += length;
    }
}

static bool add_plain(struct buf *out, const json_t *value)
{
    if (json_is_string(value))
        add_clean(out, json_string_value(value));
    else if (json_is_integer(value))
        buf_addf(out, "%lld", (long long)json_integer_value(value));
    else
        return false;
    return true;
}

static bool add_money(const struct rendering *r, struct buf *out, const char *name)
{
    const char *member = arena_format(r->arena, "%s_minor", name);
    const char *currency = json_get_text(r->payload, "currency");
    const json_t *minor = json_object_get(r->payload, member);
    char text[MONEY_TEXT_BYTES];

    if (!json_is_integer(minor) || !currency || money_exponent(currency) < 0)
        return false;
    buf_addf(out, "%s %s", currency, money_format(json_integer_value(minor), currency, text));
    return true;
}

static bool add_time(const struct rendering *r, struct buf *out, const json_t *value)
{
    int64_t us;
    char date[CIVIL_TEXT_BYTES];

    if (!json_is_string(value) || !clock_parse(json_string_value(value), &us))
        return false;
    int64_t local = us / 1000000 + zone_offset(r->zone, us / 1000000);
    int64_t day = civil_day_of(local), minute = (local - day * 86400) / 60;
    buf_addf(out, "%s %02d:%02d (%s)", civil_format(civil_from_days(day), date), (int)(minute / 60), (int)(minute % 60),
             r->zone ? r->zone_name : "UTC");
    return true;
}

static bool add_lines(struct buf *out, const json_t *value)
{
    if (!json_is_array(value))
        return false;
    for (size_t i = 0; i < json_array_size(value); i++) {
        if (i)
            buf_add_char(out, '\n');
        add_plain(out, json_array_get(value, i));
    }
    return true;
}

/* `field` is what stands between the braces. */
static void add_field(struct rendering *r, struct buf *out, const char *field, size_t bytes)
{
    char name[FIELD_BYTES];

    snprintf(name, sizeof name, "%.*s", (int)bytes, field);
    char *how = strchr(name, '|');
    if (how)
        *how++ = 0;
    const json_t *value = json_object_get(r->payload, name);
    bool good = !how                        ? add_plain(out, value)
                : strcmp(how, "money") == 0 ? add_money(r, out, name)
                : strcmp(how, "time") == 0  ? add_time(r, out, value)
                                            : add_lines(out, value);
    if (!good && !r->missing[0])
        snprintf(r->missing, sizeof r->missing, "%s", name);
}

/* --- a text --- */

/* False: a field outside brackets is missing, r->missing names it. */
static bool fill(struct rendering *r, const char *text, struct buf *out)
{
    size_t section = 0;
    bool inside = false;

    for (const char *c = text; *c;) {
        if (!inside && strncmp(c, "[[", 2) == 0) {
            inside = true;
            section = out->length;
            c += 2;
        } else if (inside && strncmp(c, "]]", 2) == 0) {
            inside = false;
            if (r->missing[0])
                out->length = section;
            r->missing[0] = 0;
            c += 2;
        } else if (*c == '{' && strchr(c, '}')) {
            const char *end = strchr(c, '}');
            add_field(r, out, c + 1, (size_t)(end - c - 1));
            if (!inside && r->missing[0])
                return false;
            c = end + 1;
        } else
            buf_add_char(out, *c++);
    }
    return true;
}

static const char *filled(struct rendering *r, const char *text)
{
    struct buf out = { 0 };
    const char *done = fill(r, text, &out) ? arena_copy(r->arena, buf_text(&out), out.length) : NULL;

    buf_release(&out);
    return done;
}

bool notice_render(const char *event, const char *locale, const json_t *payload, const char *timezone,
                   struct arena *arena, struct notice *notice, struct gov_err *err)
{
    const char *variant = json_get_text(payload, "window");
    const struct notice_template *t = notice_find(event, variant ? variant : json_get_text(payload, "variant"));
    enum gov_language language = text_starts(locale, "zh") ? GOV_ZH : GOV_EN;
    struct rendering r = { payload, timezone ? zone_read(timezone, arena) : NULL, timezone, arena, "" };

    if (!t)
        return gov_fail(err, GOV_INVALID_INPUT, "there is no template for \"%s\"", "没有“%s”的消息模板", event);
    notice->version = t->version;
    notice->subject = filled(&r, t->subject[language]);
    notice->text = notice->subject ? filled(&r, t->text[language]) : NULL;
    return notice->text ||
           gov_fail_at(err, GOV_INVALID_INPUT, r.missing, "required", "the template %s needs the field \"%s\"",
                       "消息模板 %s 缺少字段“%s”", t->event, r.missing);
}
