#include "core/base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"

void buf_release(struct buf *buf)
{
    free(buf->data);
    memset(buf, 0, sizeof *buf);
}

void buf_clear(struct buf *buf)
{
    buf->length = 0;
    if (buf->data)
        buf->data[0] = 0;
}

char *buf_reserve(struct buf *buf, size_t bytes)
{
    CHECK(bytes < SIZE_MAX / 4 && buf->length < SIZE_MAX / 4);
    size_t need = buf->length + bytes + 1;
    if (need > buf->capacity) {
        size_t capacity = buf->capacity ? buf->capacity * 2 : 256;
        while (capacity < need)
            capacity *= 2;
        char *data = realloc(buf->data, capacity);
        CHECK(data);
        buf->data = data;
        buf->capacity = capacity;
    }
    return buf->data + buf->length;
}

void buf_add(struct buf *buf, const void *data, size_t bytes)
{
    char *room = buf_reserve(buf, bytes);
    if (bytes)
        memcpy(room, data, bytes);
    buf->length += bytes;
    buf->data[buf->length] = 0;
}

void buf_add_text(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text));
}

void buf_add_char(struct buf *buf, char c)
{
    buf_add(buf, &c, 1);
}

void buf_addf(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    CHECK(length >= 0);
    char *room = buf_reserve(buf, (size_t)length);
    va_start(args, format);
    vsnprintf(room, (size_t)length + 1, format, args);
    va_end(args);
    buf->length += (size_t)length;
}

static bool goes_plain(unsigned char c)
{
    return c >= 0x20 && c != '"' && c != '\\';
}

static void add_escaped(struct buf *buf, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    char escape[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };

    switch (c) {
    case '"':
        buf_add(buf, "\\\"", 2);
        break;
    case '\\':
        buf_add(buf, "\\\\", 2);
        break;
    case '\n':
        buf_add(buf, "\\n", 2);
        break;
    case '\r':
        buf_add(buf, "\\r", 2);
        break;
    case '\t':
        buf_add(buf, "\\t", 2);
        break;
    default:
        buf_add(buf, escape, sizeof escape);
    }
}

void buf_add_json_string(struct buf *buf, const char *text, size_t bytes)
{
    size_t from = 0;

    buf_add_char(buf, '"');
    for (size_t i = 0; i < bytes; i++) {
        if (goes_plain((unsigned char)text[i]))
            continue;
        buf_add(buf, text + from, i - from);
        add_escaped(buf, (unsigned char)text[i]);
        from = i + 1;
    }
    buf_add(buf, text + from, bytes - from);
    buf_add_char(buf, '"');
}

void buf_consume(struct buf *buf, size_t bytes)
{
    CHECK(bytes <= buf->length);
    if (bytes == 0)
        return;
    memmove(buf->data, buf->data + bytes, buf->length - bytes);
    buf->length -= bytes;
    buf->data[buf->length] = 0;
}

const char *buf_text(const struct buf *buf)
{
    return buf->data ? buf->data : "";
}
