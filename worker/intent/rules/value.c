/* value.c - reading one value of a known type at a known place. */
#include <math.h>
#include <string.h>

#include "worker/intent/fill/numeral.h"
#include "worker/intent/recogniser/fold.h"
#include "worker/intent/rules/rules.h"

enum { QUOTED_MAX = 1000 }; /* code points; longer is a stray quotation mark */

static const double whole_most = 9007199254740992.0; /* what a double counts exactly to */

json_t *value_number(const struct parameter *p, double value)
{
    if (!parameter_in_bounds(p, value))
        return NULL;
    if (p->kind == PARAMETER_INTEGER) {
        if (value != floor(value) || fabs(value) > whole_most)
            return NULL;
        return json_integer((json_int_t)value);
    }
    if (value == floor(value) && fabs(value) < 1e15)
        return json_integer((json_int_t)value);
    return json_real(value);
}

double value_percent(const struct parameter *p, double value)
{
    static const char *const wholes[] = { "percent", "percentage", "%", "百分比", "百分" };
    bool whole = false;

    if (p->kind != PARAMETER_NUMBER)
        return value;
    if ((p->has_maximum && p->maximum <= 1) || parameter_mentions(p, "decimal") ||
        parameter_mentions(p, "fraction") || parameter_mentions(p, "小数") ||
        strstr(p->description, "0.0"))
        return value / 100;
    for (size_t i = 0; i < sizeof wholes / sizeof *wholes; i++)
        whole |= parameter_mentions(p, wholes[i]);
    return whole ? value : value / 100;
}

bool value_quoted(const struct phrase *p, size_t at, struct span *inside, size_t *end)
{
    static const uint32_t pairs[][2] = {
        { '"', '"' },       { 0x201c, 0x201d }, { 0x2018, 0x2019 }, { 0x300c, 0x300d },
        { 0x300e, 0x300f }, { 0xab, 0xbb },     { 0x300a, 0x300b }, { '`', '`' },
        { 0x201e, 0x201c }, { 0x3010, 0x3011 }, { '\'', '\'' },
    };
    if (at >= p->length)
        return false;
    for (size_t k = 0; k < sizeof pairs / sizeof *pairs; k++) {
        if (p->raw[at] != pairs[k][0] && p->fold[at] != pairs[k][0])
            continue;
        bool apostrophe = pairs[k][0] == '\'';
        if (apostrophe && at > 0 && !fold_is_space(p->fold[at - 1]) &&
            fold_is_letter(p->fold[at - 1]))
            return false;
        for (size_t i = at + 1; i < p->length && i < at + QUOTED_MAX; i++) {
            if (p->raw[i] != pairs[k][1] && p->fold[i] != pairs[k][1])
                continue;
            if (apostrophe && i + 1 < p->length &&
                (fold_is_letter(p->fold[i + 1]) || fold_is_digit(p->fold[i + 1])))
                continue;
            if (i == at + 1)
                return false;
            *inside = (struct span){ at + 1, i };
            *end = i + 1;
            return true;
        }
    }
    return false;
}

static bool name_character(uint32_t c)
{
    return fold_is_letter(c) || fold_is_digit(c) || c == '_' || c == '-' || c == '.' || c == '/' ||
           c == '\\' || c == '~' || c == '+';
}

size_t value_file_name(const struct phrase *p, size_t at)
{
    size_t i = at, dot = 0;

    if (at > 0 &&
        (name_character(p->fold[at - 1]) || p->fold[at - 1] == '@' || p->fold[at - 1] == ':'))
        return at;
    for (; i < p->length && (name_character(p->fold[i]) || (p->fold[i] == ':' && i == at + 1)); i++)
        if (p->fold[i] == '.' && i > at)
            dot = i;
    if (i < p->length && p->fold[i] == '@') /* the name in an e-mail address */
        return at;
    while (i > at && (p->fold[i - 1] == '.' || p->fold[i - 1] == '-'))
        i--;
    if (!dot || dot >= i || i - dot < 2 || i - dot > 6)
        return at;
    bool letter = false;
    for (size_t k = dot + 1; k < i; k++) {
        if (!fold_is_letter(p->fold[k]) && !fold_is_digit(p->fold[k]))
            return at;
        letter |= fold_is_letter(p->fold[k]);
    }
    /* "e.g", "U.S", "D.C": an ending has two characters or more, a name before it too */
    if (!letter || i - dot < 3 || dot - at < 1 || (dot - at == 1 && i - dot < 4))
        return at;
    return i;
}

static bool stops_string(uint32_t c)
{
    return c == ',' || c == ';' || c == 0xff0c || c == 0x3001 || c == 0x3002 || c == 0xff1b ||
           c == '\n' || c == ')' || c == 0xff09;
}

/* "subject: Weekly report to: anna": another parameter's name with its sign ends a value. */
static bool names_parameter(const struct fill_context *c, size_t at)
{
    for (size_t i = 0; i < c->count; i++) {
        for (size_t a = 0; a < c->parameters[i].alias_count; a++) {
            size_t n = phrase_match(&c->phrase, at, c->parameters[i].aliases[a]);
            size_t sign = phrase_skip_space(&c->phrase, at + n);
            if (n && sign < c->phrase.length &&
                (c->phrase.fold[sign] == '=' || c->phrase.fold[sign] == ':'))
                return true;
        }
    }
    return false;
}

/* Where an unquoted string ends: a separator, a space unless `words`, the full stop at the end. */
static size_t string_end(const struct fill_context *c, size_t at, bool words)
{
    const struct phrase *p = &c->phrase;
    size_t i = at;

    while (i < p->length && !stops_string(p->raw[i]) && !stops_string(p->fold[i])) {
        if (fold_is_space(p->fold[i])) {
            if (!words)
                break;
            size_t next = phrase_skip_space(p, i);
            if (phrase_match(p, next, "and") || phrase_match(p, next, "with") ||
                phrase_match(p, next, "for") || phrase_match(p, next, "from") ||
                names_parameter(c, next))
                break;
        }
        i++;
    }
    while (i > at && (fold_is_space(p->fold[i - 1]) ||
                      strchr(".!?", (int)(p->fold[i - 1] < 128 ? p->fold[i - 1] : 'x'))))
        i--;
    return i;
}

static json_t *read_boolean(const struct phrase *p, size_t at, size_t *end)
{
    static const char *const yes[] = { "true", "yes", "on", "enabled", "是",
                                       "开启", "开",  "真", "要" };
    static const char *const no[] = { "false", "no",   "off", "disabled", "否",
                                      "不",    "关闭", "关",  "假" };

    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        size_t n = phrase_match(p, at, yes[i]);
        if (n) {
            *end = at + n;
            return json_true();
        }
    }
    for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
        size_t n = phrase_match(p, at, no[i]);
        if (n) {
            *end = at + n;
            return json_false();
        }
    }
    return NULL;
}

static json_t *read_number(const struct phrase *p, const struct parameter *param, size_t at,
                           size_t *end)
{
    struct numeral n;
    size_t i = at;

    while (i < p->length && (p->fold[i] == '$' || p->fold[i] == 0x20ac || p->fold[i] == 0xa5 ||
                             p->fold[i] == 0xffe5 || p->fold[i] == 0xa3))
        i++;
    if (!numeral_read(p, i, &n))
        return NULL;
    *end = n.end;
    if (n.end < p->length && p->fold[n.end] == '%') {
        (*end)++;
        n.value = value_percent(param, n.value);
    }
    return value_number(param, n.value);
}

static json_t *read_file(struct fill_context *c, size_t at, size_t *end)
{
    for (size_t i = 0; i < c->request->file_count; i++) {
        size_t n = phrase_match(&c->phrase, at, c->request->files[i].name);
        if (n) {
            *end = at + n;
            return json_string(c->request->files[i].id);
        }
    }
    return NULL;
}

static json_t *read_date(struct fill_context *c, const struct parameter *p, size_t at, size_t *end)
{
    struct date_mention m;

    if (p->kind == PARAMETER_TIME ? !date_time_read(&c->phrase, at, &m)
                                  : !date_mention_read(&c->phrase, at, c->today, &m))
        return NULL;
    if (m.ambiguous)
        return NULL;
    *end = m.end;
    return date_value(c, p, &m, p->side == SIDE_END);
}

static json_t *read_scalar(struct fill_context *c, const struct parameter *p, size_t at, bool words,
                           size_t *end)
{
    const struct phrase *phrase = &c->phrase;
    struct span inside;
    const char *rule;

    switch (p->kind) {
    case PARAMETER_INTEGER:
    case PARAMETER_NUMBER:
        return read_number(phrase, p, at, end);
    case PARAMETER_BOOLEAN:
        return read_boolean(phrase, at, end);
    case PARAMETER_FILE:
        if (value_quoted(phrase, at, &inside, end)) {
            size_t ignored;
            return read_file(c, inside.start, &ignored);
        }
        return read_file(c, at, end);
    case PARAMETER_DATE:
    case PARAMETER_DATETIME:
    case PARAMETER_MONTH:
    case PARAMETER_TIME:
        return read_date(c, p, at, end);
    case PARAMETER_ENUM: {
        size_t close = 0;
        bool quoted = value_quoted(phrase, at, &inside, &close);
        const json_t *choice = enum_match(c, p, quoted ? inside.start : at, end, &rule);
        if (quoted)
            *end = close;
        return choice ? json_incref((json_t *)(uintptr_t)choice) : NULL;
    }
    case PARAMETER_MONEY:
    case PARAMETER_OTHER:
        return NULL;
    default:
        if (value_quoted(phrase, at, &inside, end))
            return fill_text_json(c, inside.start, inside.end);
        *end = string_end(c, at, words);
        return *end > at ? fill_text_json(c, at, *end) : NULL;
    }
}

/* "[1, 2, 3]", "a,b,c": elements up to the bracket, or as long as they are joined. */
static json_t *read_array(struct fill_context *c, const struct parameter *p, size_t at, size_t *end)
{
    const struct phrase *phrase = &c->phrase;
    uint32_t open = at < phrase->length ? phrase->fold[at] : 0;
    uint32_t close = open == '[' ? ']' : open == '(' ? ')' : open == '{' ? '}' : 0;
    json_t *array = json_array();
    size_t i = close ? at + 1 : at;

    for (;;) {
        i = phrase_skip_space(phrase, i);
        size_t after = i;
        json_t *element = NULL;
        if (close && p->kind == PARAMETER_STRING && i < phrase->length) {
            struct span inside;
            if (value_quoted(phrase, i, &inside, &after)) {
                element = fill_text_json(c, inside.start, inside.end);
            } else {
                while (after < phrase->length && phrase->fold[after] != ',' &&
                       phrase->fold[after] != close)
                    after++;
                if (after > i)
                    element = fill_text_json(c, i, after);
            }
        } else if (close && (p->kind == PARAMETER_INTEGER || p->kind == PARAMETER_NUMBER)) {
            /* here a comma separates elements, not thousands */
            struct phrase one = *phrase;
            for (one.length = i; one.length < phrase->length && phrase->fold[one.length] != ',';)
                one.length++;
            element = read_number(&one, p, i, &after);
        } else {
            element = read_scalar(c, p, i, false, &after);
        }
        if (!element || after <= i) {
            json_decref(element);
            break;
        }
        json_array_append_new(array, element);
        *end = i = after;
        size_t next = phrase_skip_space(phrase, i);
        bool joined =
            next < phrase->length && (phrase->fold[next] == ',' || phrase->raw[next] == 0x3001);
        if (!joined)
            break;
        i = next + 1;
    }
    if (close) {
        i = phrase_skip_space(phrase, i);
        if (i >= phrase->length || phrase->fold[i] != close) {
            json_decref(array);
            return NULL;
        }
        *end = i + 1;
    }
    if (json_array_size(array) > 0)
        return array;
    json_decref(array);
    return NULL;
}

json_t *value_read(struct fill_context *c, const struct parameter *p, size_t at, bool words,
                   size_t *end)
{
    return p->array ? read_array(c, p, at, end) : read_scalar(c, p, at, words, end);
}
