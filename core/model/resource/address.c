/* address.c - addresses and paths, taken apart without repairing anything.
 *
 * Whatever two readers could understand differently matches nothing: a proxy in front of the partner that
 * merges slashes or decodes twice must not see another path than the one that was compared here.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "core/base/text.h"
#include "core/model/resource/parts.h"

static bool unreserved(unsigned char c)
{
    return isascii(c) && (isalnum(c) || strchr("-._~", c));
}

static int hex_value(char c)
{
    return c >= '0' && c <= '9' ? c - '0' :
           c >= 'a' && c <= 'f' ? c - 'a' + 10 :
           c >= 'A' && c <= 'F' ? c - 'A' + 10 :
                                  -1;
}

/* "%41" decoded is "A"; what is still an encoding after that was encoded twice. */
static bool encoded_twice(const char *text)
{
    for (const char *p = text; (p = strchr(p, '%')) != NULL; p++)
        if (hex_value(p[1]) >= 0 && hex_value(p[2]) >= 0)
            return true;
    return false;
}

const char *resource_decode(const char *text, size_t bytes, bool query, struct arena *arena)
{
    char *out = arena_alloc(arena, bytes + 1);
    size_t at = 0;

    for (size_t i = 0; i < bytes; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '%') {
            int high = i + 2 < bytes ? hex_value(text[i + 1]) : -1;
            int low = i + 2 < bytes ? hex_value(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return NULL;
            c = (unsigned char)(high * 16 + low);
            i += 2;
        } else if (query && c == '+') {
            c = ' ';
        }
        if (c < 0x20 || c == 0x7f)
            return NULL;
        out[at++] = (char)c;
    }
    out[at] = 0;
    return text_utf8_valid(out, at) && !encoded_twice(out) ? out : NULL;
}

void resource_encode(const char *text, struct buf *out)
{
    static const char digits[] = "0123456789ABCDEF";

    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (unreserved(*c)) {
            buf_add_char(out, (char)*c);
        } else {
            buf_add_char(out, '%');
            buf_add_char(out, digits[*c >> 4]);
            buf_add_char(out, digits[*c & 15]);
        }
    }
}

/* A decoded segment that no server could take for something else. */
static bool segment_plain(const char *segment)
{
    return *segment && strcmp(segment, ".") != 0 && strcmp(segment, "..") != 0 &&
           strpbrk(segment, "/\\;") == NULL && strlen(segment) <= 500;
}

bool resource_path_read(const char *path, struct resource_path *out, struct arena *arena)
{
    out->count = 0;
    if (*path && *path != '/')
        return false;
    if (!*path || strcmp(path, "/") == 0)
        return true;
    for (const char *at = path + 1;; at++) {
        size_t length = strcspn(at, "/");
        const char *segment = resource_decode(at, length, false, arena);
        if (!segment || !segment_plain(segment) || out->count == RESOURCE_SEGMENTS_MAX)
            return false;
        /* A dot or letter that came encoded is a disguise: nobody has a reason for it. */
        for (size_t i = 0; i + 2 < length; i++)
            if (at[i] == '%' && unreserved((unsigned char)(hex_value(at[i + 1]) * 16 + hex_value(at[i + 2]))))
                return false;
        out->segments[out->count++] = segment;
        at += length;
        if (!*at)
            return true;
    }
}

/* --- the whole address --- */

static bool byte_allowed(unsigned char c)
{
    return unreserved(c) || (c && strchr("%:/?[]@!$&'()*+,;=", c));
}

static bool host_valid(const char *host)
{
    size_t length = strlen(host);

    if (*host == '[') {
        return length > 3 && host[length - 1] == ']' &&
               strspn(host + 1, "0123456789abcdef:.") == length - 2;
    }
    if (!length || length > 253 || host[0] == '.' || host[0] == '-' || strstr(host, ".."))
        return false;
    return strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789-._") == length;
}

static bool authority_read(char *authority, struct resource_url *url)
{
    char *colon = strrchr(authority, ':');
    int64_t port = strcmp(url->scheme, "https") == 0 ? 443 : 80;

    if (colon && (!strchr(authority, ']') || colon > strchr(authority, ']'))) {
        *colon = 0;
        if (!text_parse_i64(colon + 1, 1, 65535, &port))
            return false;
    }
    for (char *c = authority; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    url->host = authority;
    url->port = (int)port;
    return host_valid(authority);
}

bool resource_url_read(const char *text, struct resource_url *url, struct arena *arena)
{
    size_t length = strlen(text);

    if (length > RESOURCE_URL_BYTES_MAX)
        return false;
    for (const char *c = text; *c; c++)
        if (!byte_allowed((unsigned char)*c))
            return false;
    if (strncasecmp(text, "https://", 8) == 0)
        url->scheme = "https";
    else if (strncasecmp(text, "http://", 7) == 0)
        url->scheme = "http";
    else
        return false;
    const char *start = text + strlen(url->scheme) + 3;
    size_t host = strcspn(start, "/?");
    char *authority = arena_copy(arena, start, host);
    if (strpbrk(authority, "@%,!$&'()*+;=") || !authority_read(authority, url))
        return false;
    const char *rest = start + host, *query = strchr(rest, '?');
    size_t path = query ? (size_t)(query - rest) : strlen(rest);
    url->path = path ? arena_copy(arena, rest, path) : "/";
    url->query = query ? arena_text(arena, query + 1) : NULL;
    return true;
}

/* --- templates and patterns --- */

const char *resource_placeholder(const char *segment, struct arena *arena)
{
    size_t length = strlen(segment);

    if (length < 3 || segment[0] != '{' || segment[length - 1] != '}')
        return NULL;
    return arena_copy(arena, segment + 1, length - 2);
}

bool resource_path_match(const char *template, const struct resource_path *path, json_t *values,
                         struct arena *arena)
{
    const char *at = template;
    size_t used = 0;

    json_object_clear(values);
    while (*at) {
        size_t length = strcspn(++at, "/");
        const char *segment = arena_copy(arena, at, length);
        const char *name = resource_placeholder(segment, arena);
        if (*segment && used == path->count)
            return false;
        if (name)
            json_object_set_new(values, name, json_string(path->segments[used]));
        else if (*segment && strcmp(segment, path->segments[used]) != 0)
            return false;
        used += *segment != 0;
        at += length;
    }
    return used == path->count;
}

bool resource_pattern_match(const struct resource_path *pattern, const struct resource_path *path)
{
    for (size_t i = 0; i < pattern->count; i++) {
        bool last = i + 1 == pattern->count;
        if (last && strcmp(pattern->segments[i], "**") == 0)
            return true;
        if (i >= path->count || (strcmp(pattern->segments[i], "*") != 0 &&
                                 strcmp(pattern->segments[i], path->segments[i]) != 0))
            return false;
    }
    return pattern->count == path->count;
}

bool resource_path_build(const char *template, json_t *values, struct buf *out, struct arena *arena,
                         struct gov_err *err)
{
    for (const char *at = template; *at;) {
        size_t length = strcspn(++at, "/");
        const char *segment = arena_copy(arena, at, length);
        const char *name = resource_placeholder(segment, arena);
        const json_t *value = name ? json_object_get(values, name) : NULL;
        const char *text = json_is_integer(value)
                               ? arena_format(arena, "%lld", (long long)json_integer_value(value))
                               : json_string_value(value);
        if (name && (!text || !segment_plain(text) || encoded_twice(text)))
            return gov_fail_at(err, GOV_INVALID_INPUT,
                               arena_format(arena, "/parameters/%s", name), "path_segment",
                               "cannot be part of a path: it must not be empty, a dot, or hold / \\ ; or "
                               "an encoding",
                               "不能作为路径的一部分：不得为空、点号，也不得含 / \\ ; 或编码序列");
        buf_add_char(out, '/');
        if (name) {
            resource_encode(text, out);
            json_object_del(values, name);
        } else {
            buf_add_text(out, segment); /* checked when the definition was read */
        }
        at += length;
    }
    return true;
}

/* --- headers --- */

bool resource_header_name_valid(const char *name)
{
    static const char *const ours[] = { "host",       "connection",        "content-length",
                                        "expect",     "transfer-encoding", "upgrade",
                                        "te",         "trailer",           "keep-alive",
                                        "proxy-authorization", "proxy-connection", "authorization",
                                        "cookie",     "forwarded",         NULL };
    if (!*name || strlen(name) > 100 ||
        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != strlen(name))
        return false;
    for (const char *const *o = ours; *o; o++)
        if (text_equal_ignoring_case(*o, name))
            return false;
    return strncasecmp(name, "x-forwarded-", 12) != 0;
}

bool resource_header_value_valid(const char *value)
{
    for (const unsigned char *c = (const unsigned char *)value; *c; c++)
        if ((*c < 0x20 && *c != '\t') || *c == 0x7f)
            return false;
    return strlen(value) <= 4000 && text_utf8_valid(value, strlen(value));
}
