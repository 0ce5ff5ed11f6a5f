#include "cli/input.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/net/remote.h"
#include "cli/net/upload.h"
#include "core/base/buf.h"
#include "core/base/id.h"
#include "core/base/json.h"
#include "core/base/text.h"

enum { INPUT_BYTES_MAX = 8 << 20, REFERENCES_MAX = 16 };

/* Follow local references ("#/$defs/month"), as far as is reasonable. */
static const json_t *resolved(const json_t *root, const json_t *schema)
{
    for (int i = 0; i < REFERENCES_MAX; i++) {
        const char *reference = json_get_text(schema, "$ref");
        if (!reference || !text_starts(reference, "#/"))
            return schema;
        const json_t *node = root;
        char part[64];
        for (const char *at = reference + 2; node && *at;) {
            size_t length = strcspn(at, "/");
            snprintf(part, sizeof part, "%.*s", (int)length, at);
            node = json_object_get(node, part);
            at += length + (at[length] == '/');
        }
        schema = node;
    }
    return schema;
}

static bool allows(const json_t *schema, const char *type)
{
    const json_t *types = json_object_get(schema, "type");
    const json_t *one;
    size_t i;

    if (json_is_string(types))
        return strcmp(json_string_value(types), type) == 0;
    json_array_foreach(types, i, one)
        if (json_is_string(one) && strcmp(json_string_value(one), type) == 0)
            return true;
    return false;
}

bool input_schema_is_file(const json_t *root, const json_t *schema)
{
    schema = resolved(root, schema);
    if (allows(schema, "array"))
        schema = resolved(root, json_object_get(schema, "items"));
    const char *format = json_get_text(schema, "format");
    return format && strcmp(format, "file") == 0;
}

static json_t *number_of(const char *text, bool whole)
{
    char *end;

    errno = 0;
    long long integer = strtoll(text, &end, 10);
    if (*text && *end == '\0' && errno == 0)
        return json_integer(integer);
    if (whole)
        return NULL;
    errno = 0;
    double real = strtod(text, &end);
    return *text && *end == '\0' && errno == 0 && isfinite(real) ? json_real(real) : NULL;
}

static json_t *boolean_of(const char *text)
{
    static const char *const yes[] = { "true", "yes", "on", "1", "是" };
    static const char *const no[] = { "false", "no", "off", "0", "否" };

    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        if (strcasecmp(text, yes[i]) == 0)
            return json_true();
        if (strcasecmp(text, no[i]) == 0)
            return json_false();
    }
    return NULL;
}

/* A member of `enum` that is written like that: numbers and booleans too. */
static json_t *choice_of(const json_t *choices, const char *text)
{
    const json_t *one;
    size_t i;

    json_array_foreach(choices, i, one)
    {
        char *written = json_dumps(one, JSON_ENCODE_ANY | JSON_COMPACT);
        bool same = written && (strcmp(written, text) == 0 ||
                                (json_is_string(one) && strcmp(json_string_value(one), text) == 0));
        free(written);
        if (same)
            return json_incref((json_t *)one);
    }
    return NULL;
}

static json_t *json_of(const char *text)
{
    return json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
}

json_t *input_value(const json_t *root, const json_t *schema, const char *text, const char *path,
                    struct gov_err *err)
{
    json_t *value = NULL;
    char *wanted;

    schema = resolved(root, schema);
    if (!schema || !json_object_get(schema, "type")) {
        value = choice_of(json_object_get(schema, "enum"), text);
        return value ? value : json_string(text);
    }
    if (json_object_get(schema, "enum"))
        value = choice_of(json_object_get(schema, "enum"), text);
    if (!value && (allows(schema, "integer") || allows(schema, "number")))
        value = number_of(text, !allows(schema, "number"));
    if (!value && allows(schema, "boolean"))
        value = boolean_of(text);
    if (!value && allows(schema, "null") && strcmp(text, "null") == 0)
        value = json_null();
    if (!value && allows(schema, "array") && *text != '[') {
        json_t *item = input_value(root, json_object_get(schema, "items"), text, path, err);
        return item ? json_pack("[o]", item) : NULL;
    }
    if (!value && (allows(schema, "object") || allows(schema, "array")))
        value = json_of(text);
    if (!value && allows(schema, "string"))
        value = json_string(text);
    if (value)
        return value;
    wanted = json_dumps(json_object_get(schema, "type"), JSON_ENCODE_ANY | JSON_COMPACT);
    gov_fail_at(err, GOV_INVALID_INPUT, path, "type", "%s: \"%s\" is not of type %s",
                "%s：“%s”不是 %s 类型", path, text, wanted ? wanted : "?");
    free(wanted);
    return NULL;
}

/* Put `value` where `key` says, joining lists; takes the reference. */
static void put(json_t *object, const char *key, json_t *value)
{
    json_t *there = json_object_get(object, key);

    if (json_is_array(there) && json_is_array(value)) {
        json_array_extend(there, value);
        json_decref(value);
    } else {
        json_object_set_new(object, key, value);
    }
}

/* The object that holds the last part of "a.b.c", making what is missing. `schema` and `key` move
 * along. A property whose own name has a dot wins. */
static json_t *holder(json_t *object, const json_t *root, const json_t **schema, char **key)
{
    for (;;) {
        const json_t *properties = json_object_get(*schema, "properties");
        char *dot = strchr(*key, '.');
        if (!dot || json_object_get(properties, *key))
            return object;
        *dot = '\0';
        const json_t *inner = resolved(root, json_object_get(properties, *key));
        if (*schema && !allows(inner, "object")) {
            *dot = '.';
            return object;
        }
        json_t *next = json_object_get(object, *key);
        if (!json_is_object(next)) {
            next = json_object();
            json_object_set_new(object, *key, next);
        }
        object = next;
        *schema = inner;
        *key = dot + 1;
    }
}

bool input_assign(json_t *object, const json_t *schema, const char *word, struct arena *arena,
                  struct gov_err *err)
{
    const char *equals = strchr(word, '=');
    const json_t *inner = schema;

    if (!text_utf8_valid(word, strlen(word)))
        return gov_fail_at(err, GOV_INVALID_INPUT, "", "not_utf8", "an argument is not UTF-8",
                           "参数不是 UTF-8 编码");
    if (!equals || equals == word)
        return gov_fail_at(err, GOV_INVALID_INPUT, word, "argument",
                           "\"%s\" is not KEY=VALUE", "“%s”不是 键=值 的形式", word);
    bool raw = equals[-1] == ':';
    char *key = arena_copy(arena, word, (size_t)(equals - word) - (raw ? 1 : 0));
    const char *path = arena_format(arena, "/%s", key);
    json_t *into = holder(object, schema, &inner, &key);
    json_t *value = raw ? json_of(equals + 1)
                        : input_value(schema,
                                      json_object_get(json_object_get(inner, "properties"), key),
                                      equals + 1, path, err);
    if (!value && raw)
        return gov_fail_at(err, GOV_INVALID_INPUT, path, "json", "%s: this is not JSON: %s",
                           "%s：不是合法的 JSON：%s", path, equals + 1);
    if (!value)
        return false;
    put(into, key, value);
    return true;
}

static bool extension_accepted(const json_t *accept, const char *name)
{
    const json_t *one;
    size_t i;
    const char *dot = strrchr(name, '.');

    if (!json_is_array(accept))
        return true;
    json_array_foreach(accept, i, one)
    {
        const char *wanted = json_string_value(one);
        if (wanted && dot && wanted[0] == '.' && strcasecmp(wanted, dot) == 0)
            return true;
        if (wanted && wanted[0] != '.') /* a media type: the server looks into the file */
            return true;
    }
    return false;
}

const char *input_file_parameter(const json_t *schema, const json_t *object, const char *name)
{
    const json_t *property;
    const char *key, *found = NULL;

    json_object_foreach((json_t *)json_object_get(schema, "properties"), key, property)
    {
        const json_t *own = resolved(schema, property);
        bool list = allows(own, "array");
        const json_t *item = list ? resolved(schema, json_object_get(own, "items")) : own;
        if (!input_schema_is_file(schema, property) || (!list && json_object_get(object, key)) ||
            !extension_accepted(json_object_get(item, "x-accept"), name))
            continue;
        if (found)
            return NULL;
        found = key;
    }
    return found;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool input_upload(struct cli *cli, const char *path, const char **id, struct gov_err *err)
{
    if (!upload_send(cli, path, base_name(path), id, err))
        return false;
    cli_note(cli, "uploaded %s", "已上传 %s", path);
    return true;
}

/* Replace every path among the file parameters by the id of its upload. */
static bool upload_paths(struct cli *cli, struct input *input, struct gov_err *err)
{
    const json_t *properties = json_object_get(input->schema, "properties");
    const char *key, *id;
    json_t *value, *item;
    size_t i;
    struct id parsed;
    void *next;

    json_object_foreach_safe(input->object, next, key, value)
    {
        if (!input_schema_is_file(input->schema, json_object_get(properties, key)))
            continue;
        if (json_is_string(value) && !id_parse(json_string_value(value), &parsed)) {
            if (!input_upload(cli, json_string_value(value), &id, err))
                return false;
            json_object_set_new(input->object, key, json_string(id));
            continue;
        }
        json_array_foreach(value, i, item)
        {
            if (!json_is_string(item) || id_parse(json_string_value(item), &parsed))
                continue;
            if (!input_upload(cli, json_string_value(item), &id, err))
                return false;
            json_array_set_new(value, i, json_string(id));
        }
    }
    return true;
}

/* --file [key=]PATH. "a=b.csv" is a path when such a file is there and no parameter is called a. */
static bool take_file(struct cli *cli, struct input *input, const char *given, struct gov_err *err)
{
    const json_t *properties = json_object_get(input->schema, "properties");
    const char *equals = strchr(given, '=');
    const char *key = NULL, *path = given, *id;

    if (equals) {
        const char *named = arena_copy(&cli->arena, given, (size_t)(equals - given));
        if (json_object_get(properties, named)) {
            key = named;
            path = equals + 1;
        }
    }
    if (!key)
        key = input_file_parameter(input->schema, input->object, base_name(path));
    if (!input_upload(cli, path, &id, err))
        return false;
    if (!key)
        json_array_append_new(input->files, json_string(id));
    else if (allows(resolved(input->schema, json_object_get(properties, key)), "array"))
        put(input->object, key, json_pack("[s]", id));
    else
        json_object_set_new(input->object, key, json_string(id));
    return true;
}

/* The JSON object in a file or on standard input. */
static bool read_object(struct cli *cli, const char *path, json_t **object, struct gov_err *err)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *in = standard ? stdin : fopen(path, "re");
    struct buf text = { 0 };
    size_t got;

    if (!in)
        return gov_fail_at(err, GOV_INVALID_INPUT, path, "unreadable", "%s cannot be read: %s",
                           "无法读取 %s：%s", path, strerror(errno));
    do {
        char *room = buf_reserve(&text, 65536);
        got = fread(room, 1, 65536, in);
        text.length += got;
    } while (got > 0 && text.length <= INPUT_BYTES_MAX);
    bool broken = ferror(in), long_one = text.length > INPUT_BYTES_MAX;
    if (!standard)
        fclose(in);
    if (broken || long_one) {
        buf_release(&text);
        return broken ? gov_fail_at(err, GOV_INVALID_INPUT, path, "unreadable", "%s could not be read to its end",
                                    "%s 未能完整读取", path)
                      : gov_fail_at(err, GOV_INVALID_INPUT, path, "too_large", "%s has more than %d MB",
                                    "%s 超过 %d MB", path, INPUT_BYTES_MAX >> 20);
    }
    *object = json_parse(&cli->arena, text.data, text.length, err);
    buf_release(&text);
    if (!*object)
        return false;
    if (!json_is_object(*object))
        return gov_fail_at(err, GOV_INVALID_INPUT, path, "type", "%s is not a JSON object",
                           "%s 不是 JSON 对象", path);
    return true;
}

bool input_build(struct cli *cli, const struct args *args, size_t skip, const json_t *schema,
                 struct input *input, struct gov_err *err)
{
    const char *from = args_value(args, "input", NULL);
    const char *file;

    input->schema = schema;
    input->files = json_own(&cli->arena, json_array());
    input->object = json_own(&cli->arena, json_object());
    if (from && !read_object(cli, from, &input->object, err))
        return false;
    for (size_t i = skip; i < args->count; i++)
        if (!input_assign(input->object, schema, args->words[i], &cli->arena, err))
            return false;
    for (size_t n = 0; (file = args_nth(args, "file", n)); n++)
        if (!take_file(cli, input, file, err))
            return false;
    return upload_paths(cli, input, err);
}
