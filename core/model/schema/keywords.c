/* keywords.c - the table of keywords: how each is read from a schema.
 *
 * How to add one: a field in node.h, a row here, a check in validate.c, a line in schema.h's list.
 */
#include <stdint.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/model/schema/compile.h"
#include "core/model/schema/value.h"

/* Where one keyword stands. */
struct place {
    struct schema_compiler *c;
    struct schema_node *node;
    const char *path;
};

static void wrong_type(const struct place *at, const char *en, const char *zh)
{
    struct arena *arena = at->c->arena;
    fault_add_text(&at->c->faults, at->path, "type",
                   (struct gov_text){ arena_format(arena, "must be %s", en),
                                      arena_format(arena, "必须是%s", zh) });
}

/* --- kinds of values --- */

static bool read_count(const struct place *at, const json_t *value, size_t *into)
{
    if (!schema_number_whole(value) || json_number_value(value) < 0 ||
        json_number_value(value) > INT32_MAX) {
        wrong_type(at, "a whole number, 0 or more", "大于等于 0 的整数");
        return false;
    }
    *into = (size_t)json_number_value(value);
    return true;
}

static void read_number(const struct place *at, const json_t *value, const json_t **into)
{
    if (json_is_number(value))
        *into = value;
    else
        wrong_type(at, "a number", "数字");
}

static struct schema_nodes read_nodes(const struct place *at, const json_t *value)
{
    struct schema_nodes nodes = { 0 };
    size_t size = json_array_size(value);

    if (size == 0) {
        wrong_type(at, "a list of schemas, not empty", "非空的 schema 数组");
        return nodes;
    }
    nodes.list = ARENA_ARRAY(at->c->arena, struct schema_node *, size);
    for (size_t i = 0; i < size; i++) {
        const char *path = json_path(at->c->arena, at->path, arena_format(at->c->arena, "%zu", i));
        struct schema_node *node = schema_compile_node(at->c, json_array_get(value, i), path);
        if (node)
            nodes.list[nodes.count++] = node;
    }
    return nodes;
}

/* --- keywords --- */

static const struct {
    const char *name;
    const char *zh;
    unsigned bit;
} types[] = {
    { "null", "null", TYPE_NULL },       { "boolean", "布尔值", TYPE_BOOLEAN },
    { "integer", "整数", TYPE_INTEGER }, { "number", "数字", TYPE_NUMBER },
    { "string", "字符串", TYPE_STRING }, { "array", "数组", TYPE_ARRAY },
    { "object", "对象", TYPE_OBJECT },
};

static unsigned type_bit(const char *name)
{
    for (size_t i = 0; name && i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].name, name) == 0)
            return types[i].bit;
    return 0;
}

const char *schema_types_text(unsigned set, enum gov_language language, struct arena *arena)
{
    const char *text = "";
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (set & types[i].bit)
            text = arena_format(arena, "%s%s%s", text,
                                !*text               ? ""
                                : language == GOV_ZH ? "或"
                                                     : " or ",
                                language == GOV_ZH ? types[i].zh : types[i].name);
    return text;
}

unsigned schema_types_of(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return TYPE_OBJECT;
    case JSON_ARRAY:
        return TYPE_ARRAY;
    case JSON_STRING:
        return TYPE_STRING;
    case JSON_INTEGER:
        return TYPE_INTEGER | TYPE_NUMBER;
    case JSON_REAL:
        return schema_number_whole(value) ? TYPE_INTEGER | TYPE_NUMBER : TYPE_NUMBER;
    case JSON_NULL:
        return TYPE_NULL;
    default:
        return TYPE_BOOLEAN;
    }
}

static void read_type(const struct place *at, const json_t *value)
{
    unsigned set = type_bit(json_string_value(value));
    for (size_t i = 0; i < json_array_size(value); i++) {
        unsigned bit = type_bit(json_string_value(json_array_get(value, i)));
        set |= bit;
        if (!bit) {
            set = 0;
            break;
        }
    }
    if (set)
        at->node->types = set;
    else
        wrong_type(at, "one or a list of: null boolean integer number string array object",
                   "以下之一或其数组：null boolean integer number string array object");
}

static void read_enum(const struct place *at, const json_t *value)
{
    if (json_array_size(value) == 0)
        wrong_type(at, "a list of values, not empty", "非空的取值数组");
    else
        at->node->choices = value;
}

static void read_const(const struct place *at, const json_t *value)
{
    at->node->constant = value;
}

static void read_properties(const struct place *at, const json_t *value)
{
    struct schema_node *node = at->node;
    const char *name;
    json_t *schema;

    if (!json_is_object(value)) {
        wrong_type(at, "an object of schemas", "由 schema 组成的对象");
        return;
    }
    node->property_map = value;
    node->properties =
        ARENA_ARRAY(at->c->arena, struct schema_property, json_object_size(value) + 1);
    json_object_foreach ((json_t *)value, name, schema) {
        struct schema_node *child =
            schema_compile_node(at->c, schema, json_path(at->c->arena, at->path, name));
        if (child)
            node->properties[node->property_count++] = (struct schema_property){ name, child };
    }
}

static void read_defs(const struct place *at, const json_t *value)
{
    const char *name;
    json_t *schema;
    if (!json_is_object(value))
        wrong_type(at, "an object of schemas", "由 schema 组成的对象");
    json_object_foreach ((json_t *)value, name, schema)
        schema_compile_node(at->c, schema, json_path(at->c->arena, at->path, name));
}

static void read_required(const struct place *at, const json_t *value)
{
    bool ok = json_is_array(value);
    for (size_t i = 0; i < json_array_size(value); i++)
        ok = ok && json_is_string(json_array_get(value, i));
    if (ok)
        at->node->required = value;
    else
        wrong_type(at, "a list of names", "名称数组");
}

static void read_additional(const struct place *at, const json_t *value)
{
    at->node->additional = schema_compile_node(at->c, value, at->path);
}

static void read_items(const struct place *at, const json_t *value)
{
    if (json_is_array(value)) {
        at->c->unsupported = true;
        fault_add(&at->c->faults, at->path, "unsupported_keyword",
                  "\"items\" as a list is not supported; draft 2020-12 calls it \"prefixItems\"",
                  "不支持数组形式的 \"items\"；draft 2020-12 中请使用 \"prefixItems\"");
        return;
    }
    at->node->items = schema_compile_node(at->c, value, at->path);
}

static void read_prefix_items(const struct place *at, const json_t *value)
{
    at->node->prefix_items = read_nodes(at, value);
}

static void read_unique(const struct place *at, const json_t *value)
{
    if (json_is_boolean(value))
        at->node->unique_items = json_is_true(value);
    else
        wrong_type(at, "true or false", " true 或 false");
}

static void read_pattern(const struct place *at, const json_t *value)
{
    char why[SCHEMA_PATTERN_WHY_BYTES];
    if (!json_is_string(value)) {
        wrong_type(at, "a regular expression", "正则表达式");
        return;
    }
    at->node->pattern = schema_pattern_compile(json_string_value(value), json_string_length(value),
                                               at->c->arena, why);
    if (!at->node->pattern)
        fault_add(&at->c->faults, at->path, "pattern", "is not a usable regular expression: %s",
                  "不是可用的正则表达式：%s", why);
}

static void read_format(const struct place *at, const json_t *value)
{
    if (!json_is_string(value)) {
        wrong_type(at, "the name of a format", "格式名称");
        return;
    }
    at->node->format = schema_format_find(json_string_value(value));
    if (at->node->format)
        return;
    at->c->unsupported = true;
    fault_add(&at->c->faults, at->path, "unsupported_keyword",
              "the format \"%s\" is not supported (known: date, time, date-time, email, uri, uuid, "
              "ipv4, ipv6, hostname, file)",
              "不支持格式 \"%s\"（可用：date、time、date-time、email、uri、uuid、ipv4、ipv6、"
              "hostname、file）",
              fault_excerpt(at->c->arena, json_string_value(value), 60));
}

static void read_ref(const struct place *at, const json_t *value)
{
    at->node->ref_text = json_string_value(value);
    if (!at->node->ref_text)
        wrong_type(at, "a reference like \"#/$defs/name\"", "形如 \"#/$defs/name\" 的引用");
}

static void read_id(const struct place *at, const json_t *value)
{
    (void)value;
    if (*at->node->path == 0)
        return;
    at->c->unsupported = true;
    fault_add(&at->c->faults, at->path, "unsupported_keyword",
              "\"$id\" is taken only at the top of a schema", "\"$id\" 只能出现在 schema 的顶层");
}

static void read_multiple_of(const struct place *at, const json_t *value)
{
    if (json_is_number(value) && json_number_value(value) > 0)
        at->node->multiple_of = value;
    else
        wrong_type(at, "a number greater than 0", "大于 0 的数字");
}

#define READ_NUMBER(function, field)                                                               \
    static void function(const struct place *at, const json_t *value)                              \
    {                                                                                              \
        read_number(at, value, &at->node->field);                                                  \
    }
READ_NUMBER(read_minimum, minimum)
READ_NUMBER(read_maximum, maximum)
READ_NUMBER(read_exclusive_minimum, exclusive_minimum)
READ_NUMBER(read_exclusive_maximum, exclusive_maximum)

#define READ_COUNT(function, field)                                                                \
    static void function(const struct place *at, const json_t *value)                              \
    {                                                                                              \
        read_count(at, value, &at->node->field);                                                   \
    }
READ_COUNT(read_min_length, min_length)
READ_COUNT(read_max_length, max_length)
READ_COUNT(read_min_items, min_items)
READ_COUNT(read_max_items, max_items)
READ_COUNT(read_min_properties, min_properties)
READ_COUNT(read_max_properties, max_properties)

#define READ_NODE(function, field)                                                                 \
    static void function(const struct place *at, const json_t *value)                              \
    {                                                                                              \
        at->node->field = schema_compile_node(at->c, value, at->path);                             \
    }
READ_NODE(read_not, negated)
READ_NODE(read_if, condition)
READ_NODE(read_then, then)
READ_NODE(read_else, otherwise)

#define READ_NODES(function, field)                                                                \
    static void function(const struct place *at, const json_t *value)                              \
    {                                                                                              \
        at->node->field = read_nodes(at, value);                                                   \
    }
READ_NODES(read_all_of, all_of)
READ_NODES(read_any_of, any_of)
READ_NODES(read_one_of, one_of)

static const struct {
    const char *name;
    void (*read)(const struct place *at, const json_t *value); /* NULL: describes only */
} keywords[] = {
    { "type", read_type },
    { "enum", read_enum },
    { "const", read_const },
    { "properties", read_properties },
    { "required", read_required },
    { "additionalProperties", read_additional },
    { "minProperties", read_min_properties },
    { "maxProperties", read_max_properties },
    { "items", read_items },
    { "prefixItems", read_prefix_items },
    { "minItems", read_min_items },
    { "maxItems", read_max_items },
    { "uniqueItems", read_unique },
    { "minimum", read_minimum },
    { "maximum", read_maximum },
    { "exclusiveMinimum", read_exclusive_minimum },
    { "exclusiveMaximum", read_exclusive_maximum },
    { "multipleOf", read_multiple_of },
    { "minLength", read_min_length },
    { "maxLength", read_max_length },
    { "pattern", read_pattern },
    { "format", read_format },
    { "$ref", read_ref },
    { "$defs", read_defs },
    { "definitions", read_defs },
    { "allOf", read_all_of },
    { "anyOf", read_any_of },
    { "oneOf", read_one_of },
    { "not", read_not },
    { "if", read_if },
    { "then", read_then },
    { "else", read_else },
    { "$id", read_id },
    { "$schema" },
    { "$comment" },
    { "title" },
    { "description" },
    { "default" },
    { "examples" },
    { "deprecated" },
    { "readOnly" },
    { "writeOnly" },
    { "contentEncoding" },
    { "contentMediaType" },
};

void schema_compile_keyword(struct schema_compiler *c, struct schema_node *node, const char *name,
                            const json_t *value)
{
    struct place at = { c, node, json_path(c->arena, node->path, name) };

    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
        if (strcmp(keywords[i].name, name) == 0) {
            if (keywords[i].read)
                keywords[i].read(&at, value);
            return;
        }
    }
    if (text_starts(name, "x-"))
        return;
    c->unsupported = true;
    fault_add(&c->faults, at.path, "unsupported_keyword", "the keyword \"%s\" is not supported",
              "不支持关键字 \"%s\"", fault_excerpt(c->arena, name, 60));
}
