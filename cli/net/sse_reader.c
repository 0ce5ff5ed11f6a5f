/* sse_reader.c - one pass over the bytes; lines end with LF, CR or CRLF, also across two reads. */
#include "cli/net/sse_reader.h"

#include <string.h>

#include "core/base/text.h"

void sse_reader_init(struct sse_reader *reader, sse_event_taker *take, void *into)
{
    memset(reader, 0, sizeof *reader);
    reader->take = take;
    reader->into = into;
}

void sse_reader_release(struct sse_reader *reader)
{
    buf_release(&reader->line);
    buf_release(&reader->data);
    buf_release(&reader->kind);
    buf_release(&reader->id);
}

void sse_reader_restart(struct sse_reader *reader)
{
    buf_clear(&reader->line);
    buf_clear(&reader->data);
    buf_clear(&reader->kind);
    reader->after_cr = reader->begun = false;
}

static void set(struct buf *buf, const char *text, size_t bytes)
{
    buf_clear(buf);
    buf_add(buf, text, bytes);
}

static bool dispatch(struct sse_reader *reader)
{
    bool more = true;

    if (reader->data.length > 0) {
        reader->data.data[--reader->data.length] = '\0'; /* the last newline is not data */
        struct sse_event event = { buf_text(&reader->id),
                                   reader->kind.length ? reader->kind.data : "message",
                                   reader->data.data, reader->data.length };
        more = reader->take(reader->into, &event);
    }
    buf_clear(&reader->data);
    buf_clear(&reader->kind);
    return more;
}

static bool take_line(struct sse_reader *reader)
{
    const char *line = buf_text(&reader->line);
    size_t length = reader->line.length;
    const char *colon = memchr(line, ':', length);
    size_t name = colon ? (size_t)(colon - line) : length;
    const char *value = colon ? colon + 1 : "";
    size_t bytes = colon ? length - name - 1 : 0;
    int64_t retry;

    if (length == 0)
        return dispatch(reader);
    if (bytes > 0 && *value == ' ') {
        value++;
        bytes--;
    }
    if (name == 4 && memcmp(line, "data", 4) == 0) {
        if (reader->data.length + bytes > SSE_EVENT_BYTES_MAX)
            return false;
        buf_add(&reader->data, value, bytes);
        buf_add_char(&reader->data, '\n');
    } else if (name == 5 && memcmp(line, "event", 5) == 0) {
        set(&reader->kind, value, bytes);
    } else if (name == 2 && memcmp(line, "id", 2) == 0 && !memchr(value, '\0', bytes)) {
        set(&reader->id, value, bytes);
    } else if (name == 5 && memcmp(line, "retry", 5) == 0 &&
               text_parse_i64(value, 0, 600000, &retry)) {
        reader->retry_ms = (long)retry;
    }
    return true;
}

bool sse_reader_feed(struct sse_reader *reader, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char c = bytes[i];
        bool end_of_crlf = reader->after_cr && c == '\n';
        reader->after_cr = c == '\r';
        if (end_of_crlf)
            continue;
        if (c != '\n' && c != '\r') {
            if (reader->line.length >= SSE_EVENT_BYTES_MAX)
                return false;
            buf_add_char(&reader->line, c);
            continue;
        }
        if (!reader->begun && reader->line.length >= 3 &&
            memcmp(reader->line.data, "\xef\xbb\xbf", 3) == 0)
            buf_consume(&reader->line, 3);
        reader->begun = true;
        if (!take_line(reader))
            return false;
        buf_clear(&reader->line);
    }
    return true;
}
