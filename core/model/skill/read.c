#include "core/model/skill/read.h"

#include <string.h>

#include "core/base/buf.h"
#include "core/base/check.h"
#include "core/base/json.h"
#include "core/base/text.h"

const char *skill_read_path(const struct skill_reader *r, const char *path, const char *name)
{
    return json_path(r->arena, path, name);
}

static const char *index_path(const struct skill_reader *r, const char *path, size_t index)
{
    return json_path(r->arena, path, arena_format(r->arena, "%zu", index));
}

/* The member, NULL if it is absent or null. */
static const json_t *member(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_null(value) ? NULL : value;
}

int64_t skill_read_int(const struct skill_reader *r, const json_t *object, const char *path,
                       const char *name, int64_t min, int64_t max, int64_t otherwise)
{
    const json_t *value = member(object, name);
    if (!value)
        return otherwise;
    if (json_is_integer(value) && json_integer_value(value) >= min &&
        json_integer_value(value) <= max)
        return json_integer_value(value);
    fault_add(r->faults, skill_read_path(r, path, name), "range",
              "must be a whole number between %lld and %lld", "必须是 %lld 到 %lld 之间的整数",
              (long long)min, (long long)max);
    return otherwise;
}

bool skill_read_bool(const struct skill_reader *r, const json_t *object, const char *path,
                     const char *name, bool otherwise)
{
    const json_t *value = member(object, name);
    if (value && !json_is_boolean(value))
        fault_add(r->faults, skill_read_path(r, path, name), "type", "must be true or false",
                  "必须是 true 或 false");
    return json_is_boolean(value) ? json_is_true(value) : otherwise;
}

static bool hides_something(const char *text, size_t bytes)
{
    uint32_t c;
    for (size_t i = 0; i < bytes;) {
        size_t n = text_utf8_decode(text + i, bytes - i, &c);
        if (n == 0 || (text_code_point_hidden(c) && c != '\n' && c != '\t' && c != '\r'))
            return true;
        i += n;
    }
    return false;
}

static const char *check_text(const struct skill_reader *r, const json_t *value, const char *path,
                              size_t most)
{
    const char *text = json_string_value(value);
    size_t bytes = json_string_length(value);

    if (!text || bytes == 0 || bytes > most) {
        fault_add(r->faults, path, "type", "must be a text of 1 to %zu bytes",
                  "必须是 1 到 %zu 字节的文本", most);
        return NULL;
    }
    if (hides_something(text, bytes)) {
        fault_add(r->faults, path, "hidden_character",
                  "holds a control, direction or zero-width character",
                  "包含控制字符、方向控制字符或零宽字符");
        return NULL;
    }
    return text;
}

const char *skill_read_text(const struct skill_reader *r, const json_t *object, const char *path,
                            const char *name, size_t most)
{
    const json_t *value = member(object, name);
    return value ? check_text(r, value, skill_read_path(r, path, name), most) : NULL;
}

json_t *skill_pair(const char *en, const char *zh)
{
    json_t *pair = json_pack("{s:s, s:s}", "en", en, "zh", zh);
    CHECK(pair); /* both were checked to be UTF-8 */
    return pair;
}

static json_t *check_pair(const struct skill_reader *r, const json_t *value, const char *path,
                          size_t most)
{
    static const char *const known[] = { "en", "zh", NULL };

    if (!json_is_object(value)) {
        const char *text = check_text(r, value, path, most);
        return text ? skill_pair(text, text) : NULL;
    }
    skill_read_unknown(r, value, path, known);
    const char *en = skill_read_text(r, value, path, "en", most);
    const char *zh = skill_read_text(r, value, path, "zh", most);
    if (en || zh)
        return skill_pair(en ? en : zh, zh ? zh : en);
    fault_add(r->faults, path, "required", "must be a text, or hold \"en\" or \"zh\"",
              "必须是文本，或包含 \"en\" 或 \"zh\"");
    return NULL;
}

json_t *skill_read_pair(const struct skill_reader *r, const json_t *object, const char *path,
                        const char *name, size_t most)
{
    const json_t *value = member(object, name);
    return value ? check_pair(r, value, skill_read_path(r, path, name), most) : NULL;
}

/* The list, or NULL with a fault if it is something else or too long. */
static const json_t *check_list(const struct skill_reader *r, const json_t *value, const char *path,
                                size_t count)
{
    if (json_is_array(value) && json_array_size(value) <= count)
        return value;
    fault_add(r->faults, path, json_is_array(value) ? "max_items" : "type",
              "must be a list of at most %zu items", "必须是最多 %zu 项的数组", count);
    return NULL;
}

json_t *skill_read_texts(const struct skill_reader *r, const json_t *object, const char *path,
                         const char *name, size_t count, size_t most,
                         bool (*check)(const char *text, struct gov_text *wrong))
{
    const json_t *value = member(object, name);
    const char *here = skill_read_path(r, path, name);
    json_t *texts = json_array();

    if (value)
        value = check_list(r, value, here, count);
    for (size_t i = 0; i < json_array_size(value); i++) {
        const char *at = index_path(r, here, i);
        const char *text = check_text(r, json_array_get(value, i), at, most);
        struct gov_text wrong;
        if (!text)
            continue;
        if (check && !check(text, &wrong))
            fault_add_text(r->faults, at, "format", wrong);
        else
            CHECK(json_array_append_new(texts, json_string(text)) == 0);
    }
    return texts;
}

json_t *skill_read_pairs(const struct skill_reader *r, const json_t *object, const char *path,
                         const char *name, size_t count, size_t most)
{
    const json_t *value = member(object, name);
    const char *here = skill_read_path(r, path, name);
    json_t *pairs = json_array();

    if (value)
        value = check_list(r, value, here, count);
    for (size_t i = 0; i < json_array_size(value); i++) {
        json_t *pair = check_pair(r, json_array_get(value, i), index_path(r, here, i), most);
        if (pair)
            CHECK(json_array_append_new(pairs, pair) == 0);
    }
    return pairs;
}

static const char *names_text(const char *const *names, struct arena *arena)
{
    struct buf text = { 0 };
    for (size_t i = 0; names[i]; i++)
        buf_addf(&text, "%s%s", i ? ", " : "", names[i]);
    const char *copy = arena_text(arena, buf_text(&text));
    buf_release(&text);
    return copy;
}

void skill_read_unknown(const struct skill_reader *r, const json_t *object, const char *path,
                        const char *const *known)
{
    const char *name;
    json_t *value;

    json_object_foreach ((json_t *)object, name, value) {
        size_t i = 0;
        while (known[i] && strcmp(known[i], name) != 0)
            i++;
        if (!known[i] && !text_starts(name, "x-"))
            fault_add(r->faults, skill_read_path(r, path, name), "unknown_field",
                      "is not known here; known: %s", "是未知字段；可用字段：%s",
                      names_text(known, r->arena));
    }
}
