#include "cli/command/skill/openapi_draft.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/json.h"
#include "core/base/text.h"

static const char *const methods[] = { "get", "head", "post", "put", "patch", "delete", NULL };

/* "getOrders" or "/orders/{id}" to get_orders, get_orders_id; unique in `used`. */
static const char *name_of(const char *method, const char *path, const char *id, json_t *used,
                           struct arena *arena)
{
    struct buf out = { 0 };
    const char *from = id ? id : arena_format(arena, "%s_%s", method, path);

    for (const char *c = from; *c && out.length < 50; c++) {
        bool word = isalnum((unsigned char)*c) && isascii(*c);
        if (word && isupper((unsigned char)*c) && c > from && islower((unsigned char)c[-1]))
            buf_add_char(&out, '_');
        if (word)
            buf_add_char(&out, (char)tolower((unsigned char)*c));
        else if (out.length && out.data[out.length - 1] != '_')
            buf_add_char(&out, '_');
    }
    while (out.length && out.data[out.length - 1] == '_')
        out.length--;
    char *name = arena_copy(arena, buf_text(&out), out.length);
    buf_release(&out);
    if (!text_slug_valid(name))
        name = arena_format(arena, "op_%.50s", name);
    for (int n = 2; json_object_get(used, name); n++)
        name = arena_format(arena, "%.50s_%d", name, n);
    json_object_set_new(used, name, json_true());
    return name;
}

static const json_t *resolve(const json_t *document, const json_t *value)
{
    const char *reference = json_get_text(value, "$ref");
    char part[200];

    if (!reference || !text_starts(reference, "#/"))
        return reference ? NULL : value;
    const json_t *node = document;
    for (const char *at = reference + 2; node && *at;) {
        size_t length = strcspn(at, "/");
        snprintf(part, sizeof part, "%.*s", (int)length, at);
        node = json_object_get(node, part);
        at += length + (at[length] == '/');
    }
    return node;
}

/* A simple schema as it is; anything with references becomes "some text". */
static json_t *schema_of(const json_t *document, const json_t *parameter)
{
    const json_t *schema = resolve(document, json_object_get(parameter, "schema"));
    static const char *const kept[] = { "type", "enum", "minimum", "maximum", "minLength", "maxLength", "pattern",
                                        NULL };
    json_t *out = json_object();

    for (const char *const *k = kept; *k; k++)
        if (json_object_get(schema, *k))
            json_object_set(out, *k, json_object_get(schema, *k));
    if (!json_object_get(out, "type"))
        json_object_set_new(out, "type", json_string("string"));
    return out;
}

static void take_parameters(const json_t *document, const json_t *list, json_t *parameters, json_t *required)
{
    const json_t *one;
    size_t i;

    json_array_foreach(list, i, one)
    {
        const json_t *p = resolve(document, one);
        const char *in = json_get_text(p, "in"), *name = json_get_text(p, "name");
        if (!in || !name || (strcmp(in, "path") != 0 && strcmp(in, "query") != 0))
            continue;
        json_object_set_new(parameters, name, schema_of(document, p));
        if (strcmp(in, "query") == 0 && json_get_bool(p, "required", false))
            json_array_append_new(required, json_string(name));
    }
}

static json_t *operation_of(const json_t *document, const char *path, const char *method, const json_t *item,
                            json_t *used, struct arena *arena)
{
    const json_t *from = json_object_get(item, method);
    const char *summary = json_get_text(from, "summary");
    json_t *parameters = json_object(), *required = json_array();
    bool write = strcmp(method, "get") != 0 && strcmp(method, "head") != 0;
    char *upper = arena_text(arena, method);

    for (char *c = upper; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    take_parameters(document, json_object_get(item, "parameters"), parameters, required);
    take_parameters(document, json_object_get(from, "parameters"), parameters, required);
    json_t *out = json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:b}", "name",
                            name_of(method, path, json_get_text(from, "operationId"), used, arena), "method", upper,
                            "path", path, "summary", summary && strlen(summary) <= 500 ? summary : "", "parameters",
                            parameters, "required", required, "allowed", !write);
    if (write && json_object_get(from, "requestBody"))
        json_object_set_new(out, "body", json_true());
    return out;
}

json_t *openapi_draft(const json_t *document, struct arena *arena, struct gov_err *err)
{
    const json_t *paths = json_object_get(document, "paths");
    const json_t *server = json_array_get(json_object_get(document, "servers"), 0);
    const char *version = json_get_text(document, "openapi"), *path, *url = json_get_text(server, "url");
    json_t *operations = json_own(arena, json_array()), *used = json_own(arena, json_object()), *item;

    if (!version || *version != '3' || !json_is_object(paths)) {
        gov_fail(err, GOV_INVALID_INPUT, "this is no OpenAPI 3 document in JSON (a YAML one has to be converted)",
                 "这不是 JSON 格式的 OpenAPI 3 文档（YAML 请先转换）");
        return NULL;
    }
    json_object_foreach((json_t *)paths, path, item)
        for (const char *const *m = methods; *m; m++)
            if (json_is_object(json_object_get(item, *m)))
                json_array_append_new(operations, operation_of(document, path, *m, item, used, arena));
    return json_own(arena, json_pack("{s:s, s:{s:s}, s:O}", "base_url",
                                     url && text_starts(url, "http") ? url : "https://example.invalid", "auth",
                                     "style", "none", "operations", operations));
}
