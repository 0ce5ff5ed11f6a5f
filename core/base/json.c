#include "core/base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/base/id.h"
#include "core/base/text.h"

static void unref(void *json)
{
    json_decref(json);
}

json_t *json_own(struct arena *arena, json_t *json)
{
    if (json)
        arena_defer(arena, unref, json);
    return json;
}

/* jansson's own depth limit is 2048 and fixed; recursion over a parsed tree wants a smaller one. */
static bool deeper_than(const char *text, size_t bytes, int limit)
{
    int depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < bytes; i++) {
        char c = text[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > limit)
                return true;
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return false;
}

json_t *json_parse(struct arena *arena, const char *text, size_t bytes, struct gov_err *err)
{
    json_error_t fault;

    if (deeper_than(text, bytes, JSON_DEPTH_MAX)) {
        gov_fail_at(err, GOV_BAD_JSON, "", "depth", "nested deeper than %d levels", "嵌套超过 %d 层",
                    JSON_DEPTH_MAX);
        return NULL;
    }
    json_t *json = json_loadb(text, bytes, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &fault);
    if (!json) {
        gov_fail_at(err, GOV_BAD_JSON, "", "syntax", "line %d, column %d: %s", "第 %d 行第 %d 列：%s",
                    fault.line, fault.column, fault.text);
        return NULL;
    }
    return json_own(arena, json);
}

char *json_text(struct arena *arena, const json_t *json)
{
    char *dumped = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
    char *text = arena_text(arena, dumped ? dumped : "null");
    free(dumped);
    return text;
}

const char *const *json_text_list(const json_t *array, struct arena *arena)
{
    if (!json_is_array(array))
        return NULL;
    size_t count = json_array_size(array);
    const char **list = ARENA_ARRAY(arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++)
        list[i] = arena_text(arena, json_string_value(json_array_get(array, i)));
    return list;
}

const char *json_get_text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

int64_t json_get_int(const json_t *object, const char *name, int64_t fallback)
{
    const json_t *value = json_object_get(object, name);
    return json_is_integer(value) ? json_integer_value(value) : fallback;
}

bool json_get_bool(const json_t *object, const char *name, bool fallback)
{
    const json_t *value = json_object_get(object, name);
    return json_is_boolean(value) ? json_is_true(value) : fallback;
}

const char *json_path(struct arena *arena, const char *parent, const char *name)
{
    struct buf path = { 0 };
    buf_add(&path, parent, text_utf8_cut(parent, strlen(parent), 100));
    buf_add_char(&path, '/');
    for (const char *c = name; *c; c++) {
        if (*c == '~')
            buf_add_text(&path, "~0");
        else if (*c == '/')
            buf_add_text(&path, "~1");
        else
            buf_add_char(&path, *c);
        if (path.length > GOV_PATH_BYTES)
            break;
    }
    const char *text =
        arena_copy(arena, path.data, text_utf8_cut(path.data, path.length, GOV_PATH_BYTES - 1));
    buf_release(&path);
    return text;
}

const char *json_path_exact(struct arena *arena, const char *parent, const char *name)
{
    char *path = arena_alloc(arena, strlen(parent) + 2 * strlen(name) + 2);
    char *to = stpcpy(path, parent);

    *to++ = '/';
    for (; *name; name++) {
        if (*name == '~' || *name == '/') {
            *to++ = '~';
            *to++ = *name == '~' ? '0' : '1';
        } else {
            *to++ = *name;
        }
    }
    return path;
}

/* --- decoding --- */

struct decoder {
    struct arena *arena;
    struct gov_err_item *items;
    size_t count;
};

static void fault(struct decoder *d, const char *name, const char *code, const char *en,
                  const char *zh)
{
    if (d->count == GOV_ERR_ITEMS_MAX)
        return;
    if (!d->items)
        d->items = ARENA_ARRAY(d->arena, struct gov_err_item, GOV_ERR_ITEMS_MAX);
    d->items[d->count++] =
        (struct gov_err_item){ json_path(d->arena, "", name), code, { en, zh } };
}

static void decode_text(struct decoder *d, const struct json_field *f, const json_t *value,
                        void *slot)
{
    if (!json_is_string(value)) {
        fault(d, f->name, "type", "must be a string", "必须是字符串");
        return;
    }
    const char *text = json_string_value(value);
    size_t bytes = json_string_length(value);
    size_t most = f->max ? (size_t)f->max : 1000;
    if (bytes > most)
        fault(d, f->name, "max_length", arena_format(d->arena, "is longer than %zu bytes", most),
              arena_format(d->arena, "超过 %zu 字节", most));
    else if (bytes < (size_t)f->min)
        fault(d, f->name, "min_length",
              arena_format(d->arena, "is shorter than %d bytes", (int)f->min),
              arena_format(d->arena, "少于 %d 字节", (int)f->min));
    else if (f->kind == JSON_FIELD_SLUG && !text_slug_valid(text))
        fault(d, f->name, "format", "must start with a-z and hold only a-z 0-9 _ - (63 at most)",
              "须以 a-z 开头，只含 a-z 0-9 _ -，最多 63 个字符");
    else if (f->choices) {
        struct buf known = { 0 };
        for (const char *const *c = f->choices; *c; c++) {
            if (strcmp(*c, text) == 0) {
                buf_release(&known);
                *(const char **)slot = arena_text(d->arena, text);
                return;
            }
            buf_addf(&known, "%s%s", known.length ? ", " : "", *c);
        }
        fault(d, f->name, "enum", arena_format(d->arena, "must be one of: %s", buf_text(&known)),
              arena_format(d->arena, "必须是以下之一：%s", buf_text(&known)));
        buf_release(&known);
    } else
        *(const char **)slot = arena_text(d->arena, text);
}

static void decode_int(struct decoder *d, const struct json_field *f, const json_t *value,
                       void *slot)
{
    if (!json_is_integer(value)) {
        fault(d, f->name, "type", "must be a whole number", "必须是整数");
        return;
    }
    int64_t number = json_integer_value(value);
    if ((f->min || f->max) && (number < f->min || number > f->max))
        fault(d, f->name, "range",
              arena_format(d->arena, "must be between %lld and %lld", (long long)f->min,
                           (long long)f->max),
              arena_format(d->arena, "必须在 %lld 到 %lld 之间", (long long)f->min,
                           (long long)f->max));
    else
        *(int64_t *)slot = number;
}

static void decode_field(struct decoder *d, const struct json_field *f, json_t *value, void *into)
{
    void *slot = (char *)into + f->offset;

    switch (f->kind) {
    case JSON_FIELD_TEXT:
    case JSON_FIELD_SLUG:
        decode_text(d, f, value, slot);
        break;
    case JSON_FIELD_INT:
        decode_int(d, f, value, slot);
        break;
    case JSON_FIELD_BOOL:
        if (!json_is_boolean(value))
            fault(d, f->name, "type", "must be true or false", "必须是 true 或 false");
        else
            *(bool *)slot = json_is_true(value);
        break;
    case JSON_FIELD_ID:
        if (!id_parse(json_string_value(value), slot))
            fault(d, f->name, "format", "must be a UUID", "必须是 UUID");
        break;
    case JSON_FIELD_TIME:
        if (!json_is_string(value) || !clock_parse(json_string_value(value), slot))
            fault(d, f->name, "format", "must be a time like 2026-03-31T08:00:00Z (RFC 3339)",
                  "必须是形如 2026-03-31T08:00:00Z 的时间（RFC 3339）");
        break;
    case JSON_FIELD_OBJECT:
        if (!json_is_object(value))
            fault(d, f->name, "type", "must be an object", "必须是对象");
        else
            *(json_t **)slot = value;
        break;
    case JSON_FIELD_ARRAY:
        if (!json_is_array(value))
            fault(d, f->name, "type", "must be a list", "必须是数组");
        else if (json_array_size(value) > (f->max ? (size_t)f->max : 1000))
            fault(d, f->name, "max_items",
                  arena_format(d->arena, "holds more than %lld items",
                               (long long)(f->max ? f->max : 1000)),
                  arena_format(d->arena, "超过 %lld 项", (long long)(f->max ? f->max : 1000)));
        else
            *(json_t **)slot = value;
        break;
    case JSON_FIELD_ANY:
        *(json_t **)slot = value;
        break;
    }
}

static const struct json_field *field_find(const struct json_field *fields, size_t count,
                                           const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    return NULL;
}

static const char *field_names(const struct json_field *fields, size_t count, struct arena *arena)
{
    struct buf names = { 0 };
    for (size_t i = 0; i < count; i++)
        buf_addf(&names, "%s%s", i ? ", " : "", fields[i].name);
    const char *text = arena_text(arena, buf_text(&names));
    buf_release(&names);
    return text;
}

bool json_decode(const json_t *object, const struct json_field *fields, size_t count, void *into,
                 struct arena *arena, struct gov_err *err)
{
    struct decoder d = { .arena = arena };
    const char *name;
    json_t *value;

    if (!json_is_object(object))
        return gov_fail_at(err, GOV_INVALID_INPUT, "", "type", "the body must be a JSON object",
                           "请求体必须是 JSON 对象");
    json_object_foreach ((json_t *)object, name, value) {
        const struct json_field *f = field_find(fields, count, name);
        if (!f) {
            const char *known = field_names(fields, count, arena);
            fault(&d, name, "unknown_field",
                  arena_format(arena, "is not known here; known: %s", known),
                  arena_format(arena, "是未知字段；可用字段：%s", known));
        } else if (!json_is_null(value)) {
            decode_field(&d, f, value, into);
        }
    }
    for (size_t i = 0; i < count; i++) {
        value = json_object_get(object, fields[i].name);
        if (fields[i].required && (!value || json_is_null(value)))
            fault(&d, fields[i].name, "required", "is required", "是必填项");
    }
    if (d.count == 0)
        return true;
    gov_fail_at(err, GOV_INVALID_INPUT, d.items[0].path, d.items[0].code, "%s %s", "%s %s",
                d.items[0].path, d.items[0].message.en);
    snprintf(err->zh, sizeof err->zh, "%s %s", d.items[0].path, d.items[0].message.zh);
    err->items = d.items;
    err->item_count = d.count;
    return false;
}

bool json_decode_text(const char *text, size_t bytes, const struct json_field *fields, size_t count,
                      void *into, json_t **parsed, struct arena *arena, struct gov_err *err)
{
    json_t *json = bytes ? json_parse(arena, text, bytes, err) : json_own(arena, json_object());
    if (!json)
        return false;
    if (parsed)
        *parsed = json;
    return json_decode(json, fields, count, into, arena, err);
}

/* --- text --- */

static int name_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void write_value(const json_t *json, bool canonical, struct buf *out);

static void write_object(const json_t *object, bool canonical, struct buf *out)
{
    size_t count = 0;
    const char **names = calloc(json_object_size(object) + 1, sizeof *names);
    const char *name;
    json_t *value;

    CHECK(names);
    json_object_foreach ((json_t *)object, name, value)
        names[count++] = name;
    /* Byte order of UTF-8 is code point order; RFC 8785 wants UTF-16 order, which differs only
     * beyond the basic plane. Any fixed order serves a digest. */
    if (canonical)
        qsort(names, count, sizeof *names, name_compare);
    buf_add_char(out, '{');
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_add_char(out, ',');
        buf_add_json_string(out, names[i], strlen(names[i]));
        buf_add_char(out, ':');
        write_value(json_object_get(object, names[i]), canonical, out);
    }
    buf_add_char(out, '}');
    free(names);
}

/* The shortest digits that read back as the same number. */
static void write_real(double value, bool canonical, struct buf *out)
{
    char text[40];
    /* Digits up to 1e21, as RFC 8785 says: 1e15 comes back from jsonb as an integer, and must give the
     * same digest. Adding 0.0 makes -0 into 0. */
    if (canonical && value == floor(value) && fabs(value) < 1e21) {
        buf_addf(out, "%.0f", value + 0.0);
        return;
    }
    for (int precision = 1; precision <= 17; precision++) {
        snprintf(text, sizeof text, "%.*g", precision, value);
        if (strtod(text, NULL) == value)
            break;
    }
    buf_add_text(out, text);
    if (!strpbrk(text, ".e"))
        buf_add_text(out, ".0"); /* a real stays one */
}

static void write_value(const json_t *json, bool canonical, struct buf *out)
{
    switch (json ? json_typeof(json) : JSON_NULL) {
    case JSON_OBJECT:
        write_object(json, canonical, out);
        break;
    case JSON_ARRAY:
        buf_add_char(out, '[');
        for (size_t i = 0; i < json_array_size(json); i++) {
            if (i)
                buf_add_char(out, ',');
            write_value(json_array_get(json, i), canonical, out);
        }
        buf_add_char(out, ']');
        break;
    case JSON_STRING:
        buf_add_json_string(out, json_string_value(json), json_string_length(json));
        break;
    case JSON_INTEGER:
        buf_addf(out, "%lld", (long long)json_integer_value(json));
        break;
    case JSON_REAL:
        write_real(json_real_value(json), canonical, out);
        break;
    case JSON_TRUE:
        buf_add_text(out, "true");
        break;
    case JSON_FALSE:
        buf_add_text(out, "false");
        break;
    case JSON_NULL:
        buf_add_text(out, "null");
        break;
    }
}

void json_canonical(const json_t *json, struct buf *out)
{
    write_value(json, true, out);
}

void json_write(const json_t *json, struct buf *out)
{
    write_value(json, false, out);
}
