/* http_head.c - what llhttp leaves to the program: everything two servers could read in two ways.
 *
 * Request smuggling lives from a proxy and a server that disagree about where a
 * request ends or whom it is for. So nothing is repaired here: one Host, one Authorization,
 * one way to say the length, no controls in a value, no path that means another
 * one after decoding. What is doubtful is a 400.
 */
#include <string.h>
#include <strings.h>

#include "core/base/check.h"
#include "core/base/text.h"
#include "core/io/http/http_conn.h"
#include "core/io/http/http_query.h"

#define FAULT(name, code, en, zh) static const struct http_fault name = { code, en, zh }

FAULT(bad_name, GOV_BAD_REQUEST, "a header name is not a token", "请求头名称不合法");
FAULT(bad_value, GOV_BAD_REQUEST, "a header value has a control character",
      "请求头的值含有控制字符");
FAULT(no_host, GOV_BAD_REQUEST, "HTTP/1.1 needs exactly one Host header",
      "HTTP/1.1 请求必须且只能有一个 Host 请求头");
FAULT(bad_host, GOV_BAD_REQUEST, "the Host header is not a host", "Host 请求头不合法");
FAULT(said_twice, GOV_BAD_REQUEST, "Authorization, Content-Type and Idempotency-Key are sent once at most",
      "Authorization、Content-Type 与 Idempotency-Key 各最多出现一次");
FAULT(bad_version, GOV_HTTP_VERSION, "only HTTP/1.1 and HTTP/1.0 are spoken here",
      "仅支持 HTTP/1.1 与 HTTP/1.0");
FAULT(bad_upgrade, GOV_BAD_REQUEST, "this server does not switch protocols",
      "服务器不支持协议升级");
FAULT(two_lengths, GOV_BAD_REQUEST,
      "Transfer-Encoding together with Content-Length, or with HTTP/1.0, is ambiguous",
      "Transfer-Encoding 不得与 Content-Length 同时使用，也不得用于 HTTP/1.0");
FAULT(bad_coding, GOV_NOT_IMPLEMENTED, "the only transfer coding taken is \"chunked\"",
      "仅支持 chunked 传输编码");
FAULT(bad_length, GOV_BAD_REQUEST, "Content-Length is not one decimal number",
      "Content-Length 不是单个十进制数");
FAULT(bad_expectation, GOV_EXPECTATION_FAILED, "the only expectation met is \"100-continue\"",
      "仅支持 Expect: 100-continue");
FAULT(bad_target, GOV_BAD_REQUEST, "the request target is not a path or an http address",
      "请求目标不是路径或 http 地址");
FAULT(bad_path, GOV_BAD_REQUEST,
      "the path does not decode to plain UTF-8 without dot segments, controls or encoded slashes",
      "路径解码后必须是不含点段、控制字符和转义斜杠的 UTF-8 文本");
FAULT(bad_query, GOV_BAD_REQUEST, "the query does not decode to UTF-8", "查询串无法解码为 UTF-8");

static bool token_char(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c && strchr("!#$%&'*+-.^_`|~", c));
}

const struct http_fault *http_head_name_end(struct http_request *r)
{
    struct http_header *header = &r->headers[r->header_count - 1];
    char *name = r->head_text + header->name;
    size_t bytes = r->head_length - header->name;

    if (bytes == 0 || bytes > UINT16_MAX)
        return &bad_name;
    for (size_t i = 0; i < bytes; i++) {
        if (!token_char((unsigned char)name[i]))
            return &bad_name;
        if (name[i] >= 'A' && name[i] <= 'Z')
            name[i] = (char)(name[i] + ('a' - 'A'));
    }
    header->name_bytes = (uint16_t)bytes;
    http_request_append(r, "", 1);
    header->value = r->head_length;
    return NULL;
}

const struct http_fault *http_head_value_end(struct http_request *r)
{
    struct http_header *header = &r->headers[r->header_count - 1];
    const char *text = r->head_text;

    while (r->head_length > header->value &&
           (text[r->head_length - 1] == ' ' || text[r->head_length - 1] == '\t'))
        r->head_length--;
    for (size_t i = header->value; i < r->head_length; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return &bad_value;
    }
    http_request_append(r, "", 1);
    return NULL;
}

/* How often the header is there; `value` gets the last one. */
static int count(const struct http_request *r, const char *wanted, const char **value)
{
    const char *name, *text;
    int found = 0;

    for (size_t i = 0; http_request_header_at(r, i, &name, &text); i++) {
        if (strcmp(name, wanted) == 0) {
            found++;
            *value = text;
        }
    }
    return found;
}

static const struct http_fault *check_host(const struct http_request *r)
{
    const char *host = "";
    int hosts = count(r, "host", &host);

    if (hosts > 1 || (hosts == 0 && !r->minor_zero))
        return &no_host;
    for (const char *c = host; *c; c++)
        if (!token_char((unsigned char)*c) && !strchr(":[](),;=", *c))
            return &bad_host;
    return NULL;
}

/* A proxy that looks at one of them and a server that believes the other would each be right. */
static const struct http_fault *check_single(const struct http_request *r)
{
    static const char *const single[] = { "authorization", "content-type", "idempotency-key", NULL };
    const char *ignored;

    for (const char *const *name = single; *name; name++)
        if (count(r, *name, &ignored) > 1)
            return &said_twice;
    return NULL;
}

static const struct http_fault *check_body(struct http_request *r, const llhttp_t *parser)
{
    const char *coding = "", *length = "";
    int codings = count(r, "transfer-encoding", &coding);
    int lengths = count(r, "content-length", &length);

    if (codings > 0) {
        if (lengths > 0 || r->minor_zero)
            return &two_lengths;
        if (codings > 1 || !text_equal_ignoring_case(coding, "chunked"))
            return &bad_coding;
        r->has_body = r->chunked_body = true;
        return NULL;
    }
    if (lengths > 1 || (lengths == 1 && (!*length || length[strspn(length, "0123456789")])))
        return &bad_length;
    r->body_expected = lengths ? parser->content_length : 0;
    r->has_body = r->body_expected > 0;
    return NULL;
}

static const struct http_fault *check_expect(struct http_request *r)
{
    const char *expect = http_request_header(r, "expect");

    if (!expect || r->minor_zero)
        return NULL;
    if (!text_equal_ignoring_case(expect, "100-continue"))
        return &bad_expectation;
    r->expects_continue = r->has_body;
    return NULL;
}

/* "http://host/path" -> "/path": what a proxy's client sends (RFC 9112, 3.2.2). NULL: neither form.
 */
static const char *origin_form(struct arena *arena, const char *target)
{
    size_t scheme = 0;

    if (target[0] == '/')
        return target;
    if (strncasecmp(target, "http://", 7) == 0)
        scheme = 7;
    else if (strncasecmp(target, "https://", 8) == 0)
        scheme = 8;
    if (scheme == 0)
        return NULL;
    const char *rest = target + scheme + strcspn(target + scheme, "/?");
    if (rest == target + scheme)
        return NULL;
    return *rest == '/' ? rest : arena_format(arena, "/%s", rest);
}

static bool path_plain(const char *path)
{
    for (const char *segment = path; *segment == '/';) {
        size_t bytes = strcspn(segment + 1, "/");
        if ((bytes == 1 || bytes == 2) && strncmp(segment + 1, "..", bytes) == 0)
            return false;
        segment += 1 + bytes;
    }
    for (const char *c = path; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f || *c == '\\')
            return false;
    return true;
}

static bool path_decode(struct http_request *r, const char *raw, size_t bytes)
{
    char *path = arena_alloc(&r->arena, bytes + 1);

    for (size_t i = 0; i + 2 < bytes; i++)
        if (strncasecmp(raw + i, "%2f", 3) == 0)
            return false;
    if (http_percent_decode(raw, bytes, false, path) < 0 || !path_plain(path))
        return false;
    r->path = path;
    return true;
}

static const struct http_fault *check_target(struct http_request *r)
{
    const char *raw = r->head_text;

    for (const char *c = raw; *c; c++)
        if ((unsigned char)*c <= 0x20 || (unsigned char)*c >= 0x7f || *c == '#')
            return &bad_target;
    r->raw_target = raw;
    if (strcmp(raw, "*") == 0 && strcmp(r->method, "OPTIONS") == 0) {
        r->path = "*";
        return NULL;
    }
    const char *target = origin_form(&r->arena, raw);
    if (!target)
        return &bad_target;
    size_t path_bytes = strcspn(target, "?");
    if (!path_decode(r, target, path_bytes))
        return &bad_path;
    r->query = target[path_bytes] ? target + path_bytes + 1 : "";
    return http_query_valid(r->query) ? NULL : &bad_query;
}

/* W3C Trace Context, version 00: 00-<32 hex>-<16 hex>-<2 hex>, ids not all zero. */
static void take_traceparent(struct http_request *r)
{
    const char *value = http_request_header(r, "traceparent");

    if (!value || strlen(value) != 55 || strncmp(value, "00-", 3) != 0)
        return;
    for (int i = 3; i < 55; i++)
        if (i == 35 || i == 52 ? value[i] != '-' : !strchr("0123456789abcdef", value[i]))
            return;
    if (strspn(value + 3, "0") >= 32 || strspn(value + 36, "0") >= 16)
        return;
    memcpy(r->traceparent, value, 56);
}

const struct http_fault *http_head_check(struct http_request *r, const llhttp_t *parser)
{
    const struct http_fault *fault;

    r->head_whole = true;
    r->method = llhttp_method_name((enum llhttp_method)parser->method);
    r->head = parser->method == HTTP_HEAD;
    r->minor_zero = parser->http_minor == 0;
    r->keep_alive = llhttp_should_keep_alive(parser);
    if (parser->http_major != 1 || parser->http_minor > 1)
        return &bad_version;
    if (parser->upgrade || parser->method == HTTP_CONNECT)
        return &bad_upgrade;
    if ((fault = check_host(r)) || (fault = check_single(r)) || (fault = check_body(r, parser)) || (fault = check_target(r)) ||
        (fault = check_expect(r)))
        return fault;
    take_traceparent(r);
    return NULL;
}
