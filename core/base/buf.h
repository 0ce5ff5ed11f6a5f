/* buf.h - bytes that grow. Zero-initialised is empty; buf_release frees. */
#ifndef CORE_BASE_BUF_H
#define CORE_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *data; /* always NUL-terminated after the first append; NULL before */
    size_t length;
    size_t capacity;
};

void buf_release(struct buf *buf);
void buf_clear(struct buf *buf); /* keeps the memory */
/* Room for `bytes` more; the caller writes there and adds to length. */
char *buf_reserve(struct buf *buf, size_t bytes);
void buf_add(struct buf *buf, const void *data, size_t bytes);
void buf_add_text(struct buf *buf, const char *text);
void buf_add_char(struct buf *buf, char c);
void buf_addf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A JSON string with its quotes. `text` must be UTF-8. */
void buf_add_json_string(struct buf *buf, const char *text, size_t bytes);
/* Drop the first `bytes`. */
void buf_consume(struct buf *buf, size_t bytes);
/* "" if nothing was added yet. */
const char *buf_text(const struct buf *buf);

#endif
