/* http_output.c - writing: the socket first, the queue for the rest.
 *
 * Most answers fit into the socket's buffer, so uv_try_write with the header and
 * the body as they lie saves a copy, an allocation and a turn of the loop.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/io/http/http_conn.h"

struct http_write {
    uv_write_t request;
    struct http_conn *conn;
    size_t bytes;
    char data[];
};

void http_output_break(struct http_conn *c)
{
    if (c->closing || c->broken)
        return;
    c->broken = true;
    http_wait_arm(c, HTTP_WAIT_BROKEN);
}

static void on_written(uv_write_t *request, int status)
{
    struct http_write *w = (struct http_write *)request;
    struct http_conn *c = w->conn;

    c->queued -= w->bytes;
    free(w);
    if (c->closing)
        return;
    if (status < 0) {
        http_conn_close(c);
        return;
    }
    if (c->queued > 0) {
        if (c->wait == HTTP_WAIT_WRITE)
            http_wait_arm(c, HTTP_WAIT_WRITE);
        return;
    }
    struct http_request *r = c->request;
    if (r && r->answered && !r->ended && r->on_drained && !c->broken)
        r->on_drained(r);
    http_conn_settle(c);
    http_conn_pump(c);
}

/* Copy what lies behind the first `skip` bytes and give it to libuv. */
static bool queue(struct http_conn *c, const uv_buf_t *pieces, unsigned count, size_t skip,
                  size_t bytes)
{
    struct http_write *w = malloc(sizeof *w + bytes);
    size_t filled = 0;

    CHECK(w);
    for (unsigned i = 0; i < count; i++) {
        size_t skipped = skip < pieces[i].len ? skip : pieces[i].len;
        skip -= skipped;
        if (pieces[i].len > skipped)
            memcpy(w->data + filled, pieces[i].base + skipped, pieces[i].len - skipped);
        filled += pieces[i].len - skipped;
    }
    CHECK(filled == bytes);
    w->conn = c;
    w->bytes = bytes;
    uv_buf_t piece = uv_buf_init(w->data, (unsigned)bytes);
    if (uv_write(&w->request, &c->uv.stream, &piece, 1, on_written) != 0) {
        free(w);
        http_output_break(c);
        return false;
    }
    c->queued += bytes;
    http_wait_ensure(c, HTTP_WAIT_WRITE);
    return true;
}

bool http_output_write(struct http_conn *c, const uv_buf_t *pieces, unsigned count)
{
    size_t total = 0, sent = 0;

    if (c->closing || c->broken)
        return false;
    for (unsigned i = 0; i < count; i++)
        total += pieces[i].len;
    CHECK(total < UINT32_MAX);
    if (total == 0)
        return true;
    if (c->queued == 0) {
        int written = uv_try_write(&c->uv.stream, pieces, count);
        if (written < 0 && written != UV_EAGAIN) {
            http_output_break(c);
            return false;
        }
        sent = written > 0 ? (size_t)written : 0;
    }
    c->server->metrics.bytes_sent += total;
    return sent == total || queue(c, pieces, count, sent, total - sent);
}
