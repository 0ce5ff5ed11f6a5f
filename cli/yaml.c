#include "cli/yaml.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "core/base/json.h"
#include "core/base/text.h"

enum { DEPTH_MAX = 64, VALUES_MAX = 500000 };

struct reading {
    yaml_document_t document;
    size_t values; /* made so far: an alias counts each time */
    struct gov_err *err;
};

static json_t *refuse(struct reading *r, const yaml_node_t *node, const char *en, const char *zh)
{
    struct gov_err *err = r->err;
    size_t line = node->start_mark.line + 1, column = node->start_mark.column + 1;

    gov_fail_at(err, GOV_INVALID_INPUT, "", "yaml", "line %zu, column %zu: %s", "第 %zu 行第 %zu 列：%s", line,
                column, en);
    snprintf(err->zh, sizeof err->zh, "第 %zu 行第 %zu 列：%s", line, column, zh);
    return NULL;
}

/* --- scalars --- */

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(text, *words) == 0)
            return true;
    return false;
}

/* A number as JSON knows them; "0x1f", "1_000", "+1" and ".5" stay texts. */
static json_t *number_of(const char *text)
{
    const char *digits = text + (*text == '-');
    char *end;

    if (*digits < '0' || *digits > '9' || strspn(digits, "0123456789.eE+-") != strlen(digits) ||
        (digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9'))
        return NULL;
    errno = 0;
    if (!strpbrk(digits, ".eE")) {
        long long whole = strtoll(text, &end, 10);
        return *end || errno ? NULL : json_integer(whole);
    }
    double real = strtod(text, &end);
    return *end || errno ? NULL : json_real(real);
}

static json_t *scalar(struct reading *r, const yaml_node_t *node)
{
    static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
    static const char *const trues[] = { "true", "True", "TRUE", NULL };
    static const char *const falses[] = { "false", "False", "FALSE", NULL };
    const char *text = (const char *)node->data.scalar.value;
    size_t bytes = node->data.scalar.length;
    bool plain = node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && strcmp((char *)node->tag, YAML_STR_TAG) == 0;

    if (strlen(text) != bytes || !text_utf8_valid(text, bytes))
        return refuse(r, node, "a text that is no UTF-8, or has a NUL", "文本不是有效的 UTF-8 或包含 NUL");
    if (plain && is_one_of(text, nulls))
        return json_null();
    if (plain && is_one_of(text, trues))
        return json_true();
    if (plain && is_one_of(text, falses))
        return json_false();
    json_t *number = plain ? number_of(text) : NULL;
    return number ? number : json_stringn(text, bytes);
}

/* --- collections --- */

static json_t *value_of(struct reading *r, int index, int depth);

static json_t *sequence(struct reading *r, const yaml_node_t *node, int depth)
{
    json_t *list = json_array();

    for (yaml_node_item_t *item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++) {
        json_t *value = value_of(r, *item, depth);
        if (!value) {
            json_decref(list);
            return NULL;
        }
        json_array_append_new(list, value);
    }
    return list;
}

/* "<<": members of other mappings, where there are none of their name yet. */
static bool merge(json_t *object, const json_t *from)
{
    const char *name;
    json_t *value;
    size_t i;

    if (json_is_array(from)) {
        json_array_foreach ((json_t *)from, i, value)
            if (!json_is_object(value) || !merge(object, value))
                return false;
        return true;
    }
    json_object_foreach ((json_t *)from, name, value)
        if (!json_object_get(object, name))
            json_object_set(object, name, value);
    return json_is_object(from);
}

static bool member(struct reading *r, const yaml_node_pair_t *pair, int depth, json_t *object, json_t **merged)
{
    const yaml_node_t *key = yaml_document_get_node(&r->document, pair->key);
    bool named = key->type == YAML_SCALAR_NODE;
    const char *name = named ? (const char *)key->data.scalar.value : "";
    bool merges = named && strcmp(name, "<<") == 0 && key->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;

    if (!named || strlen(name) != key->data.scalar.length || !text_utf8_valid(name, strlen(name)))
        return refuse(r, key, "a name that is no text", "键名不是文本"), false;
    if (json_object_get(object, name) || (merges && *merged))
        return refuse(r, key, "the same name twice", "键名重复"), false;
    json_t *value = value_of(r, pair->value, depth);
    if (!value)
        return false;
    if (merges)
        *merged = value;
    else
        json_object_set_new(object, name, value);
    return true;
}

static json_t *mapping(struct reading *r, const yaml_node_t *node, int depth)
{
    json_t *object = json_object(), *merged = NULL;
    bool good = true;

    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; good && pair < node->data.mapping.pairs.top; pair++)
        good = member(r, pair, depth, object, &merged);
    if (good && merged && !merge(object, merged))
        good = refuse(r, node, "\"<<\" wants mappings", "“<<” 需要映射") != NULL;
    json_decref(merged);
    if (good)
        return object;
    json_decref(object);
    return NULL;
}

/* A new reference; NULL: err says why. */
static json_t *value_of(struct reading *r, int index, int depth)
{
    const yaml_node_t *node = yaml_document_get_node(&r->document, index);

    if (depth >= DEPTH_MAX)
        return refuse(r, node, "nested too deeply, or part of itself", "嵌套过深，或包含自身");
    if (++r->values > VALUES_MAX)
        return refuse(r, node, "the document grows too large", "文档展开后过大");
    if (node->type == YAML_SCALAR_NODE)
        return scalar(r, node);
    return node->type == YAML_SEQUENCE_NODE ? sequence(r, node, depth + 1) : mapping(r, node, depth + 1);
}

json_t *yaml_read(const char *text, size_t bytes, struct arena *arena, struct gov_err *err)
{
    struct reading r = { .err = err };
    yaml_parser_t parser;
    json_t *json = NULL;

    if (!yaml_parser_initialize(&parser))
        return gov_fail_cause(err, GOV_INTERNAL, "yaml_parser_initialize"), NULL;
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, bytes);
    if (!yaml_parser_load(&parser, &r.document)) {
        gov_fail_at(err, GOV_INVALID_INPUT, "", "yaml", "line %zu, column %zu: this is no YAML: %s",
                    "第 %zu 行第 %zu 列：不是有效的 YAML：%s", parser.problem_mark.line + 1,
                    parser.problem_mark.column + 1, parser.problem ? parser.problem : "?");
    } else {
        if (yaml_document_get_root_node(&r.document))
            json = value_of(&r, 1, 0);
        else
            gov_fail_at(err, GOV_INVALID_INPUT, "", "yaml", "there is nothing in it", "内容为空");
        yaml_document_delete(&r.document);
    }
    yaml_parser_delete(&parser);
    return json ? json_own(arena, json) : NULL;
}

/* The value of that name or number in `node`; NULL: there is none. */
static yaml_node_t *child(yaml_document_t *document, const yaml_node_t *node, const char *name, size_t length)
{
    int64_t at;

    if (node->type == YAML_MAPPING_NODE)
        for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top; p++) {
            const yaml_node_t *key = yaml_document_get_node(document, p->key);
            if (key->type == YAML_SCALAR_NODE && key->data.scalar.length == length && memcmp(key->data.scalar.value, name, length) == 0)
                return yaml_document_get_node(document, p->value);
        }
    if (node->type == YAML_SEQUENCE_NODE && length < 10) {
        char digits[10] = { 0 };
        memcpy(digits, name, length);
        const yaml_node_item_t *start = node->data.sequence.items.start;
        if (text_parse_i64(digits, 0, node->data.sequence.items.top - start - 1, &at))
            return yaml_document_get_node(document, start[at]);
    }
    return NULL;
}

size_t yaml_line(const char *text, size_t bytes, const char *path)
{
    yaml_document_t document;
    yaml_parser_t parser;
    size_t line = 0;

    if (!yaml_parser_initialize(&parser))
        return 0;
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, bytes);
    if (yaml_parser_load(&parser, &document)) {
        for (yaml_node_t *node = yaml_document_get_root_node(&document); node; path += strcspn(path, "/")) {
            line = node->start_mark.line + 1;
            path += *path == '/';
            node = *path ? child(&document, node, path, strcspn(path, "/")) : NULL;
        }
        yaml_document_delete(&document);
    }
    yaml_parser_delete(&parser);
    return line;
}
