#include "core/io/http/http_range.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

/* Digits at *text, saturating; false if there are none. */
static bool number(const char **text, uint64_t *value)
{
    const char *c = *text;

    *value = 0;
    for (; *c >= '0' && *c <= '9'; c++)
        if (__builtin_mul_overflow(*value, 10, value) ||
            __builtin_add_overflow(*value, (uint64_t)(*c - '0'), value))
            *value = UINT64_MAX / 16; /* past any file, and goes on overflowing harmlessly */
    bool any = c != *text;
    *text = c;
    return any;
}

enum http_range_kind http_range_parse(const char *value, uint64_t size, struct http_range *range)
{
    uint64_t first, last;

    if (!value || strncasecmp(value, "bytes=", 6) != 0)
        return HTTP_RANGE_WHOLE;
    const char *at = value + 6;
    bool has_first = number(&at, &first);
    if (*at++ != '-')
        return HTTP_RANGE_WHOLE;
    bool has_last = number(&at, &last);
    if (*at || (!has_first && !has_last) || (has_first && has_last && last < first))
        return HTTP_RANGE_WHOLE;
    if (!has_first) { /* the last `last` bytes */
        if (last == 0 || size == 0)
            return HTTP_RANGE_UNSATISFIABLE;
        range->length = last < size ? last : size;
        range->offset = size - range->length;
        return HTTP_RANGE_PART;
    }
    if (first >= size)
        return HTTP_RANGE_UNSATISFIABLE;
    range->offset = first;
    range->length = (has_last && last < size ? last + 1 : size) - first;
    return HTTP_RANGE_PART;
}
