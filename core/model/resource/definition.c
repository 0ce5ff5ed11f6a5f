/* definition.c - a definition read, checked and completed. Every fault is named by its place. */
#include <string.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/model/fault.h"
#include "core/model/resource/parts.h"
#include "core/model/schema/schema.h"
#include "core/model/word.h"

static const char *const kinds[RESOURCE_KIND_COUNT] = { "api", "web-read" };
static const char *const auths[AUTH_COUNT] = { "none",  "basic", "bearer", "header",
                                               "query", "hmac",  "oauth2" };
static const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", NULL };

const char *resource_kind_name(enum resource_kind kind)
{
    return kinds[kind];
}

const char *resource_auth_name(enum resource_auth auth)
{
    return auths[auth];
}

struct reader {
    struct arena *arena;
    struct fault_list faults;
    json_t *out;
    struct resource *resource;
};

static const char *below(struct reader *r, const char *path, const char *name)
{
    return json_path_exact(r->arena, path, name);
}

static void wrong(struct reader *r, const char *path, const char *en, const char *zh)
{
    fault_add_text(&r->faults, path, "format", (struct gov_text){ en, zh });
}

static void known_only(struct reader *r, const json_t *object, const char *path,
                       const char *const *known)
{
    const char *name;
    json_t *member;

    json_object_foreach ((json_t *)object, name, member) {
        const char *const *k = known;
        while (*k && strcmp(*k, name) != 0)
            k++;
        if (!*k)
            fault_add(&r->faults, below(r, path, name), "unknown_field", "there is no such field",
                      "没有这个字段");
    }
}

/* "": absent or wrong. */
static const char *text_at(struct reader *r, const json_t *object, const char *path,
                           const char *name, size_t most)
{
    const json_t *member = json_object_get(object, name);
    const char *text = json_string_value(member);

    if (!member || json_is_null(member))
        return "";
    if (text && strlen(text) <= most && resource_header_value_valid(text))
        return text;
    fault_add(&r->faults, below(r, path, name), "type",
              "must be a text of at most %zu bytes without control characters",
              "必须是不含控制字符的文本，最多 %zu 字节", most);
    return "";
}

static int64_t number_at(struct reader *r, const json_t *object, const char *name, int64_t least,
                         int64_t most, int64_t otherwise)
{
    const json_t *member = json_object_get(object, name);
    int64_t value = otherwise;

    if (member && !json_is_null(member)) {
        value = json_is_integer(member) ? json_integer_value(member) : least - 1;
        if (value < least || value > most) {
            fault_add(&r->faults, below(r, "", name), "range",
                      "must be a whole number between %lld and %lld", "必须是 %lld 到 %lld 之间的整数",
                      (long long)least, (long long)most);
            value = otherwise;
        }
    }
    json_object_set_new(r->out, name, json_integer(value));
    return value;
}

static struct gov_text summary_at(struct reader *r, const json_t *object, const char *path,
                                  json_t *out)
{
    const json_t *member = json_object_get(object, "summary");
    const char *en = json_is_object(member) ? json_get_text(member, "en") : json_string_value(member);
    const char *zh = json_is_object(member) ? json_get_text(member, "zh") : en;

    if (member && (!en || strlen(en) > 500 || (zh && strlen(zh) > 500)))
        wrong(r, below(r, path, "summary"), "must be a text or {en, zh}, 500 bytes each at most",
              "必须是文本或 {en, zh}，各不超过 500 字节");
    struct gov_text text = { en ? en : "", zh ? zh : en ? en : "" };
    json_object_set_new(out, "summary", json_pack("{s:s, s:s}", "en", text.en, "zh", text.zh));
    return text;
}

static int choice_at(struct reader *r, const json_t *object, const char *path, const char *name,
                     const char *const *words, int count, int otherwise)
{
    const char *text = text_at(r, object, path, name, 40);
    int value;

    if (!*text)
        return otherwise;
    if (word_find(words, count, text, &value))
        return value;
    wrong(r, below(r, path, name), "is not one of the known words", "不是已知的取值");
    return otherwise;
}

/* --- one operation --- */

static bool literal_valid(const char *segment)
{
    return strcmp(segment, ".") != 0 && strcmp(segment, "..") != 0 &&
           strspn(segment, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:@!$,=()*+") ==
               strlen(segment);
}

/* The names in a path have to be declared; they are always required. */
static void read_path(struct reader *r, const char *template, const char *path,
                      const json_t *parameters, json_t *required)
{
    const char *here = below(r, path, "path");
    size_t count = 0;

    if (*template != '/' || strlen(template) > 1000) {
        wrong(r, here, "must begin with / and have at most 1000 bytes", "必须以 / 开头，最多 1000 字节");
        return;
    }
    for (const char *at = template; *at;) {
        size_t length = strcspn(++at, "/");
        const char *segment = arena_copy(r->arena, at, length);
        const char *name = resource_placeholder(segment, r->arena);
        at += length;
        if (++count > RESOURCE_SEGMENTS_MAX || (!*segment && count + (*at != 0) > 1))
            wrong(r, here, "has an empty segment or too many", "含空的路径段或路径段过多");
        else if (name && !json_object_get(parameters, name))
            wrong(r, here, "names a parameter that \"parameters\" does not have",
                  "引用了 parameters 中没有的参数");
        else if (name)
            json_array_append_new(required, json_string(name));
        else if (!literal_valid(segment))
            wrong(r, here, "holds a segment that is neither {name} nor plain", "含有既非 {名称} 也非普通文本的路径段");
    }
}

static const json_t *read_parameters(struct reader *r, const json_t *from, const char *path,
                                     json_t *operation)
{
    const json_t *parameters = json_object_get(from, "parameters");
    const json_t *wanted = json_object_get(from, "required");
    json_t *required = json_array(), *one;
    size_t i;

    if (parameters && !json_is_object(parameters))
        wrong(r, below(r, path, "parameters"), "must be an object of schemas", "必须是由 schema 组成的对象");
    if (!json_is_object(parameters))
        parameters = json_own(r->arena, json_object());
    read_path(r, json_get_text(operation, "path"), path, parameters, required);
    json_array_foreach ((json_t *)wanted, i, one)
        json_array_append(required, one);
    json_t *schema = json_own(r->arena, json_pack("{s:s, s:O, s:o, s:b}", "type", "object", "properties",
                                                  parameters, "required", required,
                                                  "additionalProperties", 0));
    struct gov_err err;
    if (!schema || json_object_size(parameters) > RESOURCE_PARAMETERS_MAX ||
        !schema_compile(schema, r->arena, &err))
        wrong(r, below(r, path, "parameters"), "holds a schema that cannot be used", "含有无法使用的 schema");
    json_object_set(operation, "parameters", (json_t *)parameters);
    json_object_set_new(operation, "required",
                        wanted ? json_deep_copy(wanted) : json_array());
    return schema;
}

static const json_t *read_body(struct reader *r, const json_t *from, const char *path, bool write,
                               json_t *operation)
{
    json_t *body = json_object_get(from, "body");
    struct gov_err err;

    if (body && !json_is_null(body) &&
        (!write || !(json_is_true(body) || (json_is_object(body) && schema_compile(body, r->arena, &err)))))
        wrong(r, below(r, path, "body"), "must be a schema, or true for anything; reads have none",
              "必须是 schema，或以 true 表示任意；读操作没有请求体");
    json_object_set(operation, "body", body ? body : json_null());
    return json_object_get(operation, "body");
}

static const json_t *read_header_names(struct reader *r, const json_t *from, const char *path,
                                       json_t *operation)
{
    const json_t *names = json_object_get(from, "headers");
    json_t *list = json_array(), *one;
    size_t i;

    if (names && !json_is_array(names))
        wrong(r, below(r, path, "headers"), "must be a list of names", "必须是名称列表");
    json_array_foreach ((json_t *)names, i, one) {
        const char *name = json_string_value(one);
        if (name && resource_header_name_valid(name) && json_array_size(list) < 20)
            json_array_append_new(list, json_string(name));
        else
            wrong(r, below(r, path, "headers"), "holds a name that a caller may not set",
                  "含有调用方不可设置的名称");
    }
    json_object_set_new(operation, "headers", list);
    return list;
}

static void read_operation(struct reader *r, const json_t *from, const char *path,
                           struct resource_operation *o, json_t *operation)
{
    static const char *const known[] = { "name",    "method",  "path",    "summary", "parameters",
                                         "required", "body",   "headers", "allowed", "risk",
                                         "idempotent", "query", NULL };
    static const char *const risks[] = { "low", "high" };
    const char *method = text_at(r, from, path, "method", 10);
    int index;

    known_only(r, from, path, known);
    o->name = text_at(r, from, path, "name", 63);
    if (!text_slug_valid(o->name))
        wrong(r, below(r, path, "name"), "must start with a-z and hold only a-z 0-9 _ -",
              "须以 a-z 开头，只含 a-z 0-9 _ -");
    if (resource_operation_find(r->resource, o->name))
        wrong(r, below(r, path, "name"), "is there twice", "重复");
    if (!word_find(methods, 6, method, &index)) {
        wrong(r, below(r, path, "method"), "must be GET, HEAD, POST, PUT, PATCH or DELETE",
              "必须是 GET、HEAD、POST、PUT、PATCH 或 DELETE");
        index = 0;
    }
    o->method = methods[index];
    o->write = index > 1;
    o->path = text_at(r, from, path, "path", 1000);
    json_object_set_new(operation, "name", json_string(o->name));
    json_object_set_new(operation, "method", json_string(o->method));
    json_object_set_new(operation, "path", json_string(o->path));
    o->summary = summary_at(r, from, path, operation);
    o->schema = read_parameters(r, from, path, operation);
    o->parameters = json_object_get(operation, "parameters");
    o->body = read_body(r, from, path, o->write, operation);
    o->headers = read_header_names(r, from, path, operation);
    o->allowed = json_get_bool(from, "allowed", !o->write);
    o->risk = choice_at(r, from, path, "risk", risks, 2, o->write) ? SKILL_RISK_HIGH : SKILL_RISK_LOW;
    o->idempotent = json_get_bool(from, "idempotent", !o->write);
    json_object_set_new(operation, "allowed", json_boolean(o->allowed));
    json_object_set_new(operation, "risk", json_string(risks[o->risk == SKILL_RISK_HIGH]));
    json_object_set_new(operation, "idempotent", json_boolean(o->idempotent));
}

static void read_operations(struct reader *r, const json_t *from)
{
    const json_t *list = json_object_get(from, "operations");
    size_t count = json_array_size(list), i;
    json_t *out = json_array(), *one;

    if (list && (!json_is_array(list) || count > RESOURCE_OPERATIONS_MAX))
        fault_add(&r->faults, "/operations", "max_items", "must be a list of at most %d operations",
                  "必须是最多 %d 项的操作列表", RESOURCE_OPERATIONS_MAX);
    struct resource_operation *operations =
        ARENA_ARRAY(r->arena, struct resource_operation, RESOURCE_OPERATIONS_MAX + 1);
    r->resource->operations = operations;
    json_array_foreach ((json_t *)list, i, one) {
        json_t *operation = json_object();
        if (i == RESOURCE_OPERATIONS_MAX)
            break;
        read_operation(r, one, arena_format(r->arena, "/operations/%zu", i), &operations[i], operation);
        json_array_append_new(out, operation);
        r->resource->operation_count++;
    }
    json_object_set_new(r->out, "operations", out);
}

/* Once all reads are known, for one of them is asked. */
static void read_queries(struct reader *r, const json_t *from)
{
    json_t *list = json_object_get(from, "operations"), *out = json_object_get(r->out, "operations"), *one;
    struct resource_operation *operations = (struct resource_operation *)r->resource->operations;
    size_t i;

    json_array_foreach (list, i, one)
        if (i < r->resource->operation_count)
            operations[i].query = resource_query_read(r->resource, &operations[i], one,
                                                      arena_format(r->arena, "/operations/%zu/query", i),
                                                      json_array_get(out, i), &r->faults);
}

/* --- the whole --- */

static const char *read_address(struct reader *r, const json_t *from, const char *path,
                                const char *name)
{
    const char *text = text_at(r, from, path, name, 1000);
    struct resource_url url;
    struct resource_path segments;
    size_t length = strlen(text);

    if (!length)
        return "";
    if (!resource_url_read(text, &url, r->arena) || url.query ||
        !resource_path_read(text[length - 1] == '/' ? "/" : url.path, &segments, r->arena))
        wrong(r, below(r, path, name),
              "must be an absolute http(s) address without user, query and fragment, with a plain path",
              "必须是不含用户信息、查询和片段的 http(s) 绝对地址，且路径规范");
    while (length && text[length - 1] == '/')
        length--;
    return arena_copy(r->arena, text, length);
}

static void read_auth(struct reader *r, const json_t *from)
{
    static const char *const known[] = { "style", "name", "token_url", "scope", NULL };
    const json_t *auth = json_object_get(from, "auth");
    struct resource *s = r->resource;

    known_only(r, auth, "/auth", known);
    s->auth = (enum resource_auth)choice_at(r, auth, "/auth", "style", auths, AUTH_COUNT, AUTH_NONE);
    s->auth_name = text_at(r, auth, "/auth", "name", 100);
    s->token_url = read_address(r, auth, "/auth", "token_url");
    s->scope = text_at(r, auth, "/auth", "scope", 500);
    if ((s->auth == AUTH_HEADER || s->auth == AUTH_QUERY) && !*s->auth_name)
        wrong(r, "/auth/name", "this style needs the name of the header or parameter",
              "该方式需要请求头或参数的名称");
    if (s->auth == AUTH_OAUTH2 && !*s->token_url)
        wrong(r, "/auth/token_url", "this style needs the address that gives tokens",
              "该方式需要获取令牌的地址");
    json_object_set_new(r->out, "auth",
                        json_pack("{s:s, s:s, s:s, s:s}", "style", auths[s->auth], "name", s->auth_name,
                                  "token_url", s->token_url, "scope", s->scope));
}

static void read_headers(struct reader *r, const json_t *from)
{
    const json_t *headers = json_object_get(from, "headers");
    const char *name;
    json_t *value;

    if (headers && (!json_is_object(headers) || json_object_size(headers) > 20))
        wrong(r, "/headers", "must be an object of at most 20 texts", "必须是最多 20 个文本的对象");
    json_object_foreach ((json_t *)headers, name, value)
        if (!resource_header_name_valid(name) || !json_is_string(value) ||
            !resource_header_value_valid(json_string_value(value)))
            wrong(r, below(r, "/headers", name), "cannot be sent as a header", "不能作为请求头发送");
    json_object_set_new(r->out, "headers", json_is_object(headers) ? json_deep_copy(headers) : json_object());
    r->resource->headers = json_object_get(r->out, "headers");
}

static void read_pages(struct reader *r, const json_t *from)
{
    const json_t *pages = json_object_get(from, "pages");
    struct resource *s = r->resource;
    struct resource_url url;
    struct resource_path path;
    json_t *one;
    size_t i;

    if ((s->kind == RESOURCE_WEB_READ) != (json_array_size(pages) > 0) || json_array_size(pages) > 100)
        wrong(r, "/pages", "a web-read resource lists 1 to 100 pages, another one none",
              "web-read 资源须列出 1 到 100 个页面，其他资源不列");
    json_array_foreach ((json_t *)pages, i, one)
        if (!json_is_string(one) || !resource_url_read(json_string_value(one), &url, r->arena) || url.query ||
            !resource_path_read(url.path, &path, r->arena))
            wrong(r, arena_format(r->arena, "/pages/%zu", i),
                  "must be an address whose path segments may be *, the last one **",
                  "必须是地址，路径段可为 *，最后一段可为 **");
    json_object_set_new(r->out, "pages", json_is_array(pages) ? json_deep_copy(pages) : json_array());
    s->pages = json_object_get(r->out, "pages");
}

/* 0, none, is not written down: an egress of the version before knows no such field. */
static int64_t limit_at(struct reader *r, const json_t *from, const char *name, int64_t most)
{
    int64_t limit = number_at(r, from, name, 0, most, 0);

    if (!limit)
        json_object_del(r->out, name);
    return limit;
}

static void read_limits(struct reader *r, const json_t *from)
{
    static const char *const unknowns[] = { "same_key", "person" };
    struct resource *s = r->resource;
    const char *header = text_at(r, from, "", "idempotency_header", 100);

    s->timeout_ms = number_at(r, from, "timeout_ms", 100, 120000, 10000);
    s->request_bytes_max = number_at(r, from, "request_bytes_max", 0, RESOURCE_BODY_BYTES_MAX, 262144);
    s->answer_bytes_max = number_at(r, from, "answer_bytes_max", 1, RESOURCE_BODY_BYTES_MAX, 1048576);
    s->rate_per_minute = number_at(r, from, "rate_per_minute", 1, 100000, 600);
    s->attempts = number_at(r, from, "attempts", 1, 5, 3);
    s->rate_per_minute_all = limit_at(r, from, "rate_per_minute_all", 1000000);
    s->calls_at_once = limit_at(r, from, "calls_at_once", 1000);
    if (*header && !resource_header_name_valid(header))
        wrong(r, "/idempotency_header", "cannot be sent as a header", "不能作为请求头发送");
    s->idempotency_header = *header ? header : NULL;
    s->unknown_same_key = choice_at(r, from, "", "unknown", unknowns, 2, !*header) == 0;
    if (s->unknown_same_key && !*header)
        wrong(r, "/unknown", "same_key needs idempotency_header", "same_key 需要 idempotency_header");
    json_object_set_new(r->out, "idempotency_header", *header ? json_string(header) : json_null());
    json_object_set_new(r->out, "unknown", json_string(unknowns[!s->unknown_same_key]));
    const char *probe = text_at(r, from, "", "probe", 63);
    const struct resource_operation *o = *probe ? resource_operation_find(s, probe) : NULL;
    if (*probe && (!o || o->write || strchr(o->path, '{')))
        wrong(r, "/probe", "must be a read without parameters", "必须是不带参数的读操作");
    s->probe = *probe ? probe : NULL;
    json_object_set_new(r->out, "probe", *probe ? json_string(probe) : json_null());
}

bool resource_read(const json_t *definition, struct resource *resource, struct arena *arena,
                   struct gov_err *err)
{
    static const char *const known[] = { "kind",       "summary",  "base_url", "auth",
                                         "headers",    "timeout_ms", "request_bytes_max",
                                         "answer_bytes_max", "rate_per_minute", "attempts",
                                         "rate_per_minute_all", "calls_at_once",
                                         "idempotency_header", "unknown", "probe", "pages",
                                         "operations", NULL };
    struct reader r = { .arena = arena, .faults = { .arena = arena }, .resource = resource };

    memset(resource, 0, sizeof *resource);
    r.out = json_own(arena, json_object());
    if (!json_is_object(definition))
        return gov_fail(err, GOV_INVALID_INPUT, "a definition is an object", "定义必须是对象");
    known_only(&r, definition, "", known);
    resource->kind = (enum resource_kind)choice_at(&r, definition, "", "kind", kinds,
                                                   RESOURCE_KIND_COUNT, RESOURCE_API);
    json_object_set_new(r.out, "kind", json_string(kinds[resource->kind]));
    resource->summary = summary_at(&r, definition, "", r.out);
    resource->base_url = read_address(&r, definition, "", "base_url");
    if ((resource->kind == RESOURCE_API) != (*resource->base_url != 0))
        wrong(&r, "/base_url", "an api has one, a web-read resource lists pages instead",
              "api 资源必须有 base_url，web-read 资源则列出 pages");
    json_object_set_new(r.out, "base_url", json_string(resource->base_url));
    read_auth(&r, definition);
    read_headers(&r, definition);
    read_operations(&r, definition);
    read_pages(&r, definition);
    read_limits(&r, definition);
    read_queries(&r, definition);
    resource->json = r.out;
    return fault_report(&r.faults, GOV_INVALID_INPUT, err);
}

const struct resource_operation *resource_operation_find(const struct resource *resource,
                                                         const char *name)
{
    for (size_t i = 0; i < resource->operation_count; i++)
        if (strcmp(resource->operations[i].name, name) == 0)
            return &resource->operations[i];
    return NULL;
}
