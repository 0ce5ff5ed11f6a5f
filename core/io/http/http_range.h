/* http_range.h - the Range header (RFC 9110, 14): one range of bytes. */
#ifndef CORE_IO_HTTP_HTTP_RANGE_H
#define CORE_IO_HTTP_HTTP_RANGE_H

#include <stdint.h>

struct http_range {
    uint64_t offset;
    uint64_t length;
};

enum http_range_kind {
    HTTP_RANGE_WHOLE,         /* no header, or one to ignore: malformed, other unit, several */
    HTTP_RANGE_PART,          /* 206, `range` is filled */
    HTTP_RANGE_UNSATISFIABLE, /* 416 */
};

/* `value` may be NULL. `size` is the file's, in bytes. */
enum http_range_kind http_range_parse(const char *value, uint64_t size, struct http_range *range);

#endif
