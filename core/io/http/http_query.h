/* http_query.h - percent-encoding and the pairs of a query or form. Pure. */
#ifndef CORE_IO_HTTP_HTTP_QUERY_H
#define CORE_IO_HTTP_HTTP_QUERY_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/arena.h"
#include "core/base/buf.h"

/* Decode into `out` (room for bytes + 1, may be `text` itself), NUL-terminated. `plus`: '+' is a
 * blank. Returns the decoded length, or -1: a '%' without two hex digits, a NUL, or not UTF-8. */
long http_percent_decode(const char *text, size_t bytes, bool plus, char *out);

/* Append `text` with all but unreserved characters (RFC 3986) encoded. */
void http_percent_encode(struct buf *out, const char *text, size_t bytes);

/* The next pair of a query at *cursor ("" ends). Decoded into the arena; a name without '=' has the
 * value "". Empty pairs are skipped. False at the end, and at a pair that does not decode. */
bool http_query_next(const char **cursor, struct arena *arena, const char **name,
                     const char **value);

/* Does every pair decode? */
bool http_query_valid(const char *query);

#endif
