/* http_stream.c - answers in pieces. */
#include <stdio.h>
#include <string.h>

#include "core/base/check.h"
#include "core/io/http/http_conn.h"
#include "core/io/http/http_reply.h"

void http_stream_begin(struct http_request *r, int status, const char *media_type)
{
    if (!http_reply_wanted(r))
        return;
    r->reply_left = UINT64_MAX;
    http_reply_begin(r, status, media_type, HTTP_LENGTH_CHUNKED, NULL);
}

void http_stream_begin_sized(struct http_request *r, int status, const char *media_type,
                             uint64_t bytes)
{
    if (!http_reply_wanted(r))
        return;
    CHECK(bytes < INT64_MAX);
    r->reply_left = bytes;
    http_reply_begin(r, status, media_type, (int64_t)bytes, NULL);
}

static bool streaming(const struct http_request *r)
{
    return http_reply_wanted(r) && r->answered && !r->ended && !r->conn->broken;
}

bool http_stream_write(struct http_request *r, const void *data, size_t bytes)
{
    char size[24];

    if (!streaming(r))
        return false;
    if (r->reply_left != UINT64_MAX) {
        CHECK(bytes <= r->reply_left);
        r->reply_left -= bytes;
    }
    if (r->no_reply_body || bytes == 0) /* an empty chunk would be the end */
        return true;
    struct http_conn *c = r->conn;
    uv_buf_t pieces[3] = {
        uv_buf_init(size, (unsigned)snprintf(size, sizeof size, "%zx\r\n", bytes)),
        uv_buf_init((char *)data, (unsigned)bytes),
        uv_buf_init((char *)"\r\n", 2),
    };
    bool written =
        r->chunked_reply ? http_output_write(c, pieces, 3) : http_output_write(c, pieces + 1, 1);
    if (written && c->queued > c->server->options.queue_bytes_max) {
        c->server->metrics.slow_readers++;
        http_output_break(c);
        return false;
    }
    return written;
}

void http_stream_end(struct http_request *r)
{
    if (!http_reply_wanted(r) || !r->answered || r->ended)
        return;
    bool short_of = r->reply_left != UINT64_MAX && r->reply_left > 0 && !r->no_reply_body;
    if (short_of) {
        http_stream_abort(r);
        return;
    }
    if (r->chunked_reply) {
        uv_buf_t last = uv_buf_init((char *)"0\r\n\r\n", 5);
        http_output_write(r->conn, &last, 1);
    }
    http_reply_end(r);
}

void http_stream_abort(struct http_request *r)
{
    if (!http_reply_wanted(r))
        return;
    r->handed = true;
    r->answered = true;
    http_output_break(r->conn);
}

size_t http_stream_queued(const struct http_request *r)
{
    return r->conn ? r->conn->queued : 0;
}

void http_stream_on_drained(struct http_request *r, void (*on_drained)(struct http_request *r))
{
    r->on_drained = on_drained;
}
