#include "core/io/http/http_query.h"

#include <string.h>

#include "core/base/text.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

long http_percent_decode(const char *text, size_t bytes, bool plus, char *out)
{
    size_t length = 0;

    for (size_t i = 0; i < bytes; i++) {
        char c = text[i];
        if (c == '%') {
            int high = i + 2 < bytes ? hex_digit(text[i + 1]) : -1;
            int low = i + 2 < bytes ? hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return -1;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        if (c == 0)
            return -1;
        out[length++] = c;
    }
    out[length] = 0;
    return text_utf8_valid(out, length) ? (long)length : -1;
}

void http_percent_encode(struct buf *out, const char *text, size_t bytes)
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < bytes; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
            c == '-' || c == '.' || c == '_' || c == '~') {
            buf_add_char(out, (char)c);
        } else {
            char encoded[3] = { '%', hex[c >> 4], hex[c & 15] };
            buf_add(out, encoded, sizeof encoded);
        }
    }
}

bool http_query_next(const char **cursor, struct arena *arena, const char **name,
                     const char **value)
{
    const char *pair = *cursor;

    pair += strspn(pair, "&");
    if (!*pair)
        return false;
    size_t bytes = strcspn(pair, "&");
    const char *equals = memchr(pair, '=', bytes);
    size_t name_bytes = equals ? (size_t)(equals - pair) : bytes;
    size_t value_bytes = equals ? bytes - name_bytes - 1 : 0;
    char *text = arena_alloc(arena, bytes + 2);
    *cursor = pair + bytes;
    if (http_percent_decode(pair, name_bytes, true, text) < 0 ||
        http_percent_decode(equals ? equals + 1 : "", value_bytes, true, text + name_bytes + 1) < 0)
        return false;
    *name = text;
    *value = text + name_bytes + 1;
    return true;
}

bool http_query_valid(const char *query)
{
    struct arena arena;
    const char *name, *value;
    bool valid = true;

    if (!strpbrk(query, "%+"))
        return text_utf8_valid(query, strlen(query));
    arena_init(&arena);
    while (valid && query[strspn(query, "&")])
        valid = http_query_next(&query, &arena, &name, &value);
    arena_release(&arena);
    return valid;
}
