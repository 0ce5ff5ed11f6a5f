/* http_reply.h - answering a request, in one piece, as a stream, or from a file.
 *
 * Every answer carries Date, X-Request-Id, X-Content-Type-Options: nosniff,
 * Cache-Control: no-store and Content-Security-Policy: default-src 'none'; the
 * last two unless the handler sets its own. Content-Length,
 * Transfer-Encoding and Connection are the server's business. HEAD and 204/304
 * get no body, whatever is passed.
 *
 * Calls on a request whose client has left do nothing. `r` may be gone when
 * http_reply, http_stream_end or http_reply_file returns, unless it is held.
 */
#ifndef CORE_IO_HTTP_HTTP_REPLY_H
#define CORE_IO_HTTP_HTTP_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/io/http/http_range.h"
#include "core/io/http/http_request.h"

/* Add a header, before the answer begins. False, and nothing is added: the name is no token or is
 * the server's own, or the value has a control character. */
bool http_reply_header(struct http_request *r, const char *name, const char *value);

/* Content-Disposition: attachment, with the name in both spellings of RFC 6266. `name` is UTF-8. */
void http_reply_attachment(struct http_request *r, const char *name);

/* The whole answer. `media_type` NULL: none. `body` is copied as far as the socket does not take
 * it. */
void http_reply(struct http_request *r, int status, const char *media_type, const void *body,
                size_t bytes);

/* An answer in pieces. Chunked; for HTTP/1.0 it ends with the connection. */
void http_stream_begin(struct http_request *r, int status, const char *media_type);
/* The same with a length known before; the pieces must add up to it. */
void http_stream_begin_sized(struct http_request *r, int status, const char *media_type,
                             uint64_t bytes);
/* False: the reader is gone or was cut off for being slow (on_gone is called from the loop, never
 * from in here). */
bool http_stream_write(struct http_request *r, const void *data, size_t bytes);
void http_stream_end(struct http_request *r);
/* Break the connection, so that the reader sees that the answer is not whole. */
void http_stream_abort(struct http_request *r);
/* Bytes the reader has not taken yet. */
size_t http_stream_queued(const struct http_request *r);
/* Call on_drained whenever the queue has become empty again: write, stop when something is queued,
 * go on there. */
void http_stream_on_drained(struct http_request *r, void (*on_drained)(struct http_request *r));

/* Send `length` bytes of the file from `offset`, 64 KB at a time through the thread pool. Takes
 * `fd` over and closes it. A file that turns out shorter, or cannot be read, breaks the connection.
 */
void http_reply_file(struct http_request *r, int fd, uint64_t offset, uint64_t length, int status,
                     const char *media_type);

/* For a file of `size` bytes with what Range and If-Range ask for; `etag` is the strong one, with its quotes, or NULL.
 * What is asked for (the whole, with WHOLE): */
enum http_range_kind http_request_range(const struct http_request *r, uint64_t size, const char *etag,
                                        struct http_range *range);
/* 416, worded by on_error. */
void http_reply_no_range(struct http_request *r, uint64_t size);
/* 200, or 206 with `part`: the range's bytes begin at `at` of `fd`, which is taken over. */
void http_reply_file_part(struct http_request *r, int fd, uint64_t at, uint64_t size, bool part,
                          const struct http_range *range, const char *media_type, const char *etag);

#endif
