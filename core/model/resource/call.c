/* call.c - the verdict about one call, and the call as it will be made.
 *
 *     operation (by name, or by method and path) -> allowed? -> parameters -> headers -> body -> address
 *
 * Nothing here looks at a network, so a refusal comes before any name is resolved.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/model/resource/parts.h"
#include "core/model/schema/schema.h"

struct maker {
    const struct resource *resource;
    const struct resource_wish *wish;
    struct resource_wish made; /* of an input */
    struct resource_call *call;
    json_t *values; /* of the parameters, typed */
    struct arena *arena;
    struct gov_err *err;
};

/* --- which operation --- */

static bool reads(const char *method)
{
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

static bool refuse(struct maker *m, const char *method, const char *en, const char *zh)
{
    gov_fail(m->err, reads(method) ? GOV_ADDRESS_REFUSED : GOV_WRITE_NOT_WHITELISTED,
             "%s; the platform's administrator can allow it for this resource",
             "平台管理员可为该资源放行：%s", en);
    snprintf(m->err->zh, sizeof m->err->zh, "%s；平台管理员可为该资源放行", zh);
    return false;
}

static bool same_host(const struct resource_url *a, const struct resource_url *b)
{
    return strcmp(a->scheme, b->scheme) == 0 && strcmp(a->host, b->host) == 0 && a->port == b->port;
}

/* The part of `url`'s path below the base; NULL: it is not below it. */
static const char *below_base(const struct resource *r, const struct resource_url *url,
                              struct arena *arena)
{
    struct resource_url base;

    if (!*r->base_url || !resource_url_read(r->base_url, &base, arena) || !same_host(&base, url))
        return NULL;
    const char *prefix = strcmp(base.path, "/") == 0 ? "" : base.path;
    size_t length = strlen(prefix);
    if (strncmp(url->path, prefix, length) != 0 || (url->path[length] && url->path[length] != '/'))
        return NULL;
    return url->path + length;
}

static bool page_covers(const struct resource *r, const struct resource_url *url,
                        struct arena *arena)
{
    struct resource_path path, pattern;
    struct resource_url page;
    json_t *one;
    size_t i;

    if (!resource_path_read(url->path, &path, arena))
        return false;
    json_array_foreach ((json_t *)r->pages, i, one)
        if (resource_url_read(json_string_value(one), &page, arena) && same_host(&page, url) &&
            resource_path_read(page.path, &pattern, arena) && resource_pattern_match(&pattern, &path))
            return true;
    return false;
}

static bool host_listed(const struct resource *r, const struct resource_url *url, struct arena *arena)
{
    struct resource_url page;
    json_t *one;
    size_t i;

    json_array_foreach ((json_t *)r->pages, i, one)
        if (resource_url_read(json_string_value(one), &page, arena) && same_host(&page, url))
            return true;
    return false;
}

bool resource_covers(const struct resource *resource, const char *text, struct arena *arena)
{
    struct resource_url url;

    return resource_url_read(text, &url, arena) &&
           (below_base(resource, &url, arena) || host_listed(resource, &url, arena));
}

/* A text of an address as the schema's type wants it. What does not convert stays text and fails there. */
static json_t *typed(const json_t *schema, const char *text)
{
    const char *type = json_get_text(schema, "type");
    int64_t number;

    if (type && strcmp(type, "integer") == 0 && text_parse_i64(text, INT64_MIN, INT64_MAX, &number))
        return json_integer(number);
    if (type && strcmp(type, "boolean") == 0 && (strcmp(text, "true") == 0 || strcmp(text, "false") == 0))
        return json_boolean(*text == 't');
    return json_string(text);
}

static void type_all(struct maker *m, json_t *texts)
{
    const json_t *schemas = m->call->operation->parameters;
    const char *name;
    json_t *value;

    json_object_foreach (texts, name, value)
        json_object_set_new(m->values, name,
                            typed(json_object_get(schemas, name), json_string_value(value)));
}

static bool query_take(struct maker *m, const char *query, json_t *texts)
{
    const char *method = m->wish->method;

    for (const char *at = query; at && *at; at += *at == '&') {
        size_t length = strcspn(at, "&"), name_length = strcspn(at, "=&");
        size_t value_at = name_length < length ? name_length + 1 : length;
        const char *name = resource_decode(at, name_length, true, m->arena);
        const char *value = resource_decode(at + value_at, length - value_at, true, m->arena);
        if (!name || !*name || !value)
            return refuse(m, method, "the query is encoded oddly", "查询串编码异常");
        if (resource_override_name(name))
            return gov_fail(m->err, GOV_WRITE_NOT_WHITELISTED,
                            "the query tries to be another method (_method)", "查询串试图改变方法（_method）");
        if (json_object_get(texts, name))
            return gov_fail_at(m->err, GOV_INVALID_INPUT, "/url", "twice", "names a parameter twice",
                               "同一参数出现两次");
        json_object_set_new(texts, name, json_string(value));
        at += length;
    }
    return true;
}

static bool method_known(const char *method)
{
    static const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", NULL };

    for (const char *const *k = methods; method && *k; k++)
        if (strcmp(*k, method) == 0)
            return true;
    return false;
}

static bool by_address(struct maker *m)
{
    const struct resource *r = m->resource;
    const char *method = m->wish->method;
    json_t *texts = json_own(m->arena, json_object());
    struct resource_url url;
    struct resource_path path;

    if (!method_known(method))
        return gov_fail(m->err, GOV_WRITE_NOT_WHITELISTED, "this method is never passed on",
                        "不会转发该方法");
    if (!resource_url_read(m->wish->url, &url, m->arena))
        return refuse(m, method, "this is not an address that is passed on", "不会转发该地址");
    if (r->kind == RESOURCE_WEB_READ) {
        if (!reads(method) || !page_covers(r, &url, m->arena))
            return refuse(m, method, "this page is not among those that may be read", "该页面不在可读取之列");
        m->call->url = m->wish->url;
        return true;
    }
    const char *rest = below_base(r, &url, m->arena);
    if (!rest)
        return gov_fail(m->err, GOV_ADDRESS_REFUSED, "the address is not below the resource's base URL",
                        "该地址不在资源的 base_url 之下");
    if (!resource_path_read(rest, &path, m->arena))
        return refuse(m, method, "the path is written oddly", "路径写法异常");
    m->call->operation = resource_operation_at(r, method, &path, texts, m->arena);
    if (!m->call->operation)
        return refuse(m, method, "no operation of the resource has this method and path",
                      "资源中没有该方法和路径对应的操作");
    if (!query_take(m, url.query, texts))
        return false;
    type_all(m, texts);
    return true;
}

/* For an action that is one call: its input is sorted into parameters and body. */
static void split_input(struct maker *m)
{
    json_t *body = json_own(m->arena, json_object());
    const char *name;
    json_t *value;

    json_object_foreach ((json_t *)m->wish->input, name, value)
        json_object_set(json_object_get(m->call->operation->parameters, name) ? m->values : body, name, value);
    m->made = *m->wish;
    if (json_object_size(body) > 0 || json_is_object(m->call->operation->body)) {
        m->made.body = json_text(m->arena, body);
        m->made.body_bytes = strlen(m->made.body);
    }
    m->wish = &m->made;
}

static bool by_name(struct maker *m)
{
    m->call->operation = resource_operation_find(m->resource, m->wish->operation);
    if (!m->call->operation)
        return gov_fail_at(m->err, GOV_WRITE_NOT_WHITELISTED, "/operation", "unknown",
                           "the resource has no operation \"%.63s\"", "资源没有操作“%.63s”",
                           m->wish->operation);
    if (m->wish->parameters)
        json_object_update(m->values, (json_t *)m->wish->parameters);
    if (m->wish->input)
        split_input(m);
    return true;
}

/* --- what goes with it --- */

/* Content negotiation and conditions are everybody's; the rest has to be declared. */
static bool header_declared(const struct resource_operation *o, const char *name)
{
    static const char *const always[] = { "accept", "accept-language", "content-type", "if-match",
                                          "if-none-match", "if-modified-since", NULL };
    json_t *one;
    size_t i;

    for (const char *const *n = always; *n; n++)
        if (text_equal_ignoring_case(*n, name))
            return true;
    json_array_foreach ((json_t *)(o ? o->headers : NULL), i, one)
        if (text_equal_ignoring_case(json_string_value(one), name))
            return true;
    return false;
}

/* What nobody declared is left out: clients send a dozen that mean nothing. Overrides are an attack. */
static bool take_headers(struct maker *m)
{
    json_t *headers = json_own(m->arena, m->resource->headers ? json_copy((json_t *)m->resource->headers)
                                                              : json_object());
    const char *name;
    json_t *value;

    json_object_foreach ((json_t *)m->wish->headers, name, value) {
        const char *text = json_string_value(value);
        if (resource_override_header(name))
            return gov_fail(m->err, GOV_WRITE_NOT_WHITELISTED, "the header %s tries to be another call",
                            "请求头 %s 试图改变调用", name);
        if (!header_declared(m->call->operation, name) || !resource_header_name_valid(name))
            continue;
        if (!text || !resource_header_value_valid(text))
            return gov_fail_at(m->err, GOV_INVALID_INPUT, arena_format(m->arena, "/headers/%s", name),
                               "format", "cannot be sent as a header", "不能作为请求头发送");
        json_object_set(headers, name, value);
    }
    m->call->headers = headers;
    return true;
}

/* A body that was checked as JSON is sent as JSON, whatever its sender calls it: read as a form, the same bytes
 * would say something that nobody checked. */
static void json_type_set(struct maker *m)
{
    json_t *headers = (json_t *)m->call->headers;
    const char *kept = "application/json", *name;
    json_t *value;
    void *next;

    json_object_foreach_safe (headers, next, name, value) {
        if (!text_equal_ignoring_case("content-type", name))
            continue;
        const char *type = json_string_value(value);
        size_t length = strspn(type, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&^_.+-/");
        if (length > 5 && strncasecmp(type, "application/", 12) == 0 &&
            strncasecmp(type + length - 5, "+json", 5) == 0 && (!type[length] || type[length] == ';'))
            kept = arena_copy(m->arena, type, length); /* application/merge-patch+json, … */
        json_object_del(headers, name);
    }
    json_object_set_new(headers, "Content-Type", json_string(kept));
}

static bool take_body(struct maker *m)
{
    const json_t *wanted = m->call->operation ? m->call->operation->body : NULL;
    const struct resource_wish *w = m->wish;
    struct gov_err why;

    if (!w->body || !w->body_bytes)
        return !json_is_object(wanted) || gov_fail_at(m->err, GOV_INVALID_INPUT, "/body", "required",
                                                      "this operation takes a JSON body", "该操作需要 JSON 请求体");
    if (!wanted || json_is_null(wanted))
        return gov_fail_at(m->err, GOV_INVALID_INPUT, "/body", "never", "this operation takes no body",
                           "该操作没有请求体");
    if (w->body_bytes > (size_t)m->resource->request_bytes_max)
        return gov_fail_at(m->err, GOV_BODY_TOO_LARGE, "/body", "max_length",
                           "the resource takes at most %lld bytes", "资源最多接受 %lld 字节",
                           (long long)m->resource->request_bytes_max);
    if (resource_override_body(w->body, w->body_bytes, m->arena))
        return gov_fail_at(m->err, GOV_WRITE_NOT_WHITELISTED, "/body", "override",
                           "the body tries to be another method (_method)", "请求体试图改变方法（_method）");
    m->call->body = w->body;
    m->call->body_bytes = w->body_bytes;
    if (!json_is_object(wanted))
        return true;
    json_type_set(m);
    const json_t *body = json_parse(m->arena, w->body, w->body_bytes, m->err);
    if (!body)
        return false;
    const struct schema *schema = schema_compile(wanted, m->arena, m->err);
    if (schema && schema_validate(schema, body, m->arena, &why))
        return true;
    return schema && gov_fail_at(m->err, GOV_INVALID_INPUT, arena_format(m->arena, "/body%s", why.path),
                                 why.item, "the body does not fit: %s", "请求体不符合要求：%s", why.en);
}

static const char *value_text(struct arena *arena, const json_t *value)
{
    return json_is_string(value) ? json_string_value(value) : json_text(arena, value);
}

/* The path as it will be sent is the operation's own, and no other's that a parameter spells. */
static bool path_is_own(struct maker *m, const char *text)
{
    const struct resource_operation *own = m->call->operation, *other;
    struct resource_path path;

    if (!resource_path_read(text, &path, m->arena))
        return refuse(m, own->method, "the path is written oddly", "路径写法异常");
    other = resource_operation_instead(m->resource, own, m->call->method, &path, m->arena);
    return !other ||
           gov_fail_at(m->err, reads(own->method) ? GOV_ADDRESS_REFUSED : GOV_WRITE_NOT_WHITELISTED, "/parameters",
                       "path_of_another", "with these parameters \"%s\" would call what is \"%s\" (%s); call that by its "
                       "own name, or use another value",
                       "以这些参数调用“%s”，实际到达的是“%s”（%s）；请按其名称调用，或改用其他值", own->name, other->name,
                       other->path);
}

/* Base, path, and what the path did not use as the query, in the order of the names. */
static bool build_url(struct maker *m)
{
    struct buf url = { 0 };
    json_t *left = json_own(m->arena, json_copy(m->values));
    const char *name, *mark = "?";
    json_t *value;

    buf_add_text(&url, m->resource->base_url);
    size_t base = url.length;
    if (!resource_path_build(m->call->operation->path, left, &url, m->arena, m->err) ||
        !path_is_own(m, arena_copy(m->arena, url.data + base, url.length - base))) {
        buf_release(&url);
        return false;
    }
    json_object_foreach (left, name, value) {
        buf_add_text(&url, mark);
        resource_encode(name, &url);
        buf_add_char(&url, '=');
        resource_encode(value_text(m->arena, value), &url);
        mark = "&";
    }
    m->call->url = arena_copy(m->arena, url.data, url.length);
    buf_release(&url);
    return strlen(m->call->url) <= RESOURCE_URL_BYTES_MAX ||
           gov_fail_at(m->err, GOV_INVALID_INPUT, "/parameters", "max_length",
                       "the address becomes longer than %d bytes", "地址超过 %d 字节",
                       RESOURCE_URL_BYTES_MAX);
}

static bool check_parameters(struct maker *m)
{
    struct gov_err why;
    const struct schema *schema = schema_compile(m->call->operation->schema, m->arena, m->err);

    if (!schema)
        return false;
    m->call->parameters = m->values;
    if (schema_validate(schema, m->values, m->arena, &why))
        return true;
    return gov_fail_at(m->err, GOV_INVALID_INPUT, arena_format(m->arena, "/parameters%s", why.path),
                       why.item, "a parameter does not fit: %s", "参数不符合要求：%s", why.en);
}

bool resource_call_make(const struct resource *resource, const struct resource_wish *wish,
                        struct resource_call *call, struct arena *arena, struct gov_err *err)
{
    struct maker m = { .resource = resource, .wish = wish, .call = call, .arena = arena, .err = err };

    memset(call, 0, sizeof *call);
    m.values = json_own(arena, json_object());
    if (!(wish->operation ? by_name(&m) : by_address(&m)))
        return false;
    call->method = wish->operation ? call->operation->method : wish->method;
    if (call->operation && !call->operation->allowed)
        return refuse(&m, call->operation->method, "this operation is not allowed", "该操作未被允许");
    return (!call->operation || (check_parameters(&m) && build_url(&m))) && take_headers(&m) &&
           take_body(&m);
}

bool resource_declared(const json_t *declared, const char *resource,
                       const struct resource_operation *operation)
{
    size_t length = strlen(resource), i;
    json_t *one;

    json_array_foreach ((json_t *)declared, i, one) {
        const char *name = json_string_value(one);
        if (!name || strncmp(name, resource, length) != 0)
            continue;
        if (!name[length] && (!operation || !operation->write))
            return true;
        if (name[length] == '.' && operation && strcmp(name + length + 1, operation->name) == 0)
            return true;
    }
    return false;
}
