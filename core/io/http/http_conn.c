/* http_conn.c - the life of a connection.
 *
 *     idle -> header -> [body] -> in work -> answered -> idle ... -> linger -> closed
 *
 * There is no state variable: the request in work and a few flags say it all, and
 * update() derives from them whether to read and which deadline holds. While a
 * request is in work, or paused, the socket is still read, because that is what sees the
 * client leave; what comes is stashed until its turn, and past 64 KB reading
 * stops.
 *
 * After the last answer our side is shut and the rest of the input thrown away
 * for a while: closing with unread input makes the kernel send RST, and the
 * client would lose the 413 it is about to read.
 *
 * A request that is answered inside the parser's loop must not start the loop
 * again (1,000 pipelined requests would be 1,000 stack frames): `feeding`.
 */
#include "core/io/http/http_conn.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/base/check.h"

enum { REFUSING_MAX = 64 }; /* connections over the limit that are told so; more are just closed */

static const struct http_fault too_many = { GOV_OVERLOADED,
                                            "the server has as many connections as it takes",
                                            "服务器连接数已达上限" };
static const struct http_fault body_over_limit = { GOV_BODY_TOO_LARGE,
                                                   "the body is larger than this address takes",
                                                   "请求体超过该地址允许的大小" };

/* --- input that waits --- */

static void stash_drop(struct http_conn *c)
{
    c->server->buffered_bytes -= c->stash_length;
    free(c->stash);
    c->stash = NULL;
    c->stash_used = c->stash_length = c->stash_capacity = 0;
}

static size_t stash_waiting(const struct http_conn *c)
{
    return c->stash_length - c->stash_used;
}

static bool stash_add(struct http_conn *c, const char *data, size_t bytes)
{
    struct http_server *server = c->server;

    if (server->buffered_bytes + bytes > server->options.buffered_bytes_max)
        return false;
    if (c->stash_used > 0) {
        memmove(c->stash, c->stash + c->stash_used, stash_waiting(c));
        server->buffered_bytes -= c->stash_used;
        c->stash_length -= c->stash_used;
        c->stash_used = 0;
    }
    if (c->stash_length + bytes > c->stash_capacity) {
        c->stash_capacity = 2 * (uint32_t)(c->stash_length + bytes);
        c->stash = realloc(c->stash, c->stash_capacity);
        CHECK(c->stash);
    }
    memcpy(c->stash + c->stash_length, data, bytes);
    c->stash_length += (uint32_t)bytes;
    server->buffered_bytes += bytes;
    return true;
}

/* --- reading --- */

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct http_conn *c = handle->data;

    (void)suggested;
    /* One buffer for all: nothing keeps a pointer into it past on_read. */
    *buf = uv_buf_init(c->server->read_buffer, HTTP_READ_BYTES);
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf);

static enum http_wait wait_for(const struct http_conn *c)
{
    const struct http_request *r = c->request;

    if (c->broken)
        return HTTP_WAIT_BROKEN;
    if (c->lingering)
        return HTTP_WAIT_LINGER;
    if (c->queued)
        return HTTP_WAIT_WRITE;
    if (!r)
        return HTTP_WAIT_IDLE;
    if (!r->told)
        return HTTP_WAIT_HEADER;
    if (!r->complete && !c->paused && !c->deaf)
        return HTTP_WAIT_BODY;
    return HTTP_WAIT_NONE;
}

/* Read or not, and until when, as the state says. */
static void update(struct http_conn *c)
{
    if (c->closing)
        return;
    bool read = !c->ended_input && !c->broken && stash_waiting(c) < HTTP_STASH_BYTES;
    if (read && !c->reading)
        c->reading = uv_read_start(&c->uv.stream, on_alloc, on_read) == 0;
    else if (!read && c->reading)
        c->reading = uv_read_stop(&c->uv.stream) != 0;
    http_wait_ensure(c, wait_for(c));
}

void http_conn_input(struct http_conn *c, const char *data, size_t bytes)
{
    size_t used = 0;

    if (stash_waiting(c) == 0 && !http_parse_blocked(c))
        used = http_parse_feed(c, data, bytes);
    if (c->closing)
        return;
    if (c->deaf)
        stash_drop(c);
    else if (used < bytes && !stash_add(c, data + used, bytes - used))
        http_conn_close(c);
    update(c);
}

/* The client has sent its last byte, or broke off. Half-closing is taken for leaving while work is
 * in progress: nearly every client that does so has gone. */
static void input_ended(struct http_conn *c, bool orderly)
{
    const struct http_request *r = c->request;

    c->ended_input = true;
    if (orderly && r && r->ended && r->complete && c->queued > 0)
        update(c); /* it may still read the answer */
    else
        http_conn_close(c);
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf)
{
    struct http_conn *c = stream->data;

    if (got == 0 || c->closing)
        return;
    if (got < 0) {
        input_ended(c, got == UV_EOF);
        return;
    }
    c->server->metrics.bytes_received += (uint64_t)got;
    if (!c->deaf)
        http_conn_input(c, buf->base, (size_t)got);
}

void http_conn_pump(struct http_conn *c)
{
    if (c->feeding || c->closing)
        return;
    while ((stash_waiting(c) > 0 || c->kick) && !http_parse_blocked(c)) {
        const char *data = c->stash ? c->stash + c->stash_used : "";
        c->stash_used += (uint32_t)http_parse_feed(c, data, stash_waiting(c));
    }
    if (c->closing)
        return;
    if (c->stash && (c->deaf || stash_waiting(c) == 0))
        stash_drop(c);
    update(c);
}

/* --- requests --- */

void http_conn_body_begin(struct http_conn *c)
{
    struct http_request *r = c->request;

    if (r->body_begun)
        return;
    r->body_begun = true;
    if (r->body_expected > r->body_limit) {
        http_conn_fault(c, &body_over_limit);
    } else if (r->expects_continue && r->body_seen == 0) {
        static char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
        uv_buf_t piece = uv_buf_init(go_on, sizeof go_on - 1);
        http_output_write(c, &piece, 1);
    }
}

static void linger(struct http_conn *c)
{
    uv_os_fd_t fd;

    c->deaf = c->lingering = true;
    if (c->ended_input || uv_fileno(&c->uv.handle, &fd) != 0 || shutdown(fd, SHUT_WR) != 0)
        http_conn_close(c);
}

void http_conn_settle(struct http_conn *c)
{
    struct http_request *r = c->request;

    if (c->closing || c->broken || !r || !r->ended || c->queued)
        return;
    if (!r->complete && !c->deaf)
        return;
    bool keep = r->keep_alive && !c->deaf && !c->server->stopping;
    c->request = NULL;
    c->paused = c->kick = false;
    http_request_detach(r);
    http_wait_arm(c, HTTP_WAIT_NONE);
    if (!keep)
        linger(c);
    else if (c->ended_input && stash_waiting(c) == 0)
        http_conn_close(c);
}

void http_conn_fail(struct http_conn *c, const struct gov_err *err)
{
    if (c->closing)
        return;
    if (!c->request)
        c->request = http_request_new(c);
    struct http_request *r = c->request;
    c->deaf = true;
    c->paused = false;
    r->keep_alive = false;
    if (!r->answered) {
        http_request_hold(r);
        http_request_tell_gone(r);
        http_request_word(r, err);
        http_request_release(r);
    } else if (!r->ended) {
        http_conn_close(
            c); /* in the middle of an answer: breaking it off is all that can be said */
    } else if (!c->feeding) {
        http_conn_settle(c);
        http_conn_pump(c);
    }
}

void http_conn_fault(struct http_conn *c, const struct http_fault *fault)
{
    struct gov_err err;

    /* gov_fail gives both languages the same arguments; these are whole sentences already. */
    gov_fail(&err, fault->code, "%s%.0s", "%.0s%s", fault->en, fault->zh);
    http_conn_fail(c, &err);
}

/* --- birth and death --- */

static void on_closed(uv_handle_t *handle)
{
    struct http_conn *c = handle->data;
    struct http_server *server = c->server;

    stash_drop(c);
    free(c);
    server->metrics.connections_open--;
    http_server_left(server);
}

void http_conn_close(struct http_conn *c)
{
    struct http_request *r = c->request;

    if (c->closing)
        return;
    c->closing = true;
    http_wait_arm(c, HTTP_WAIT_NONE);
    list_remove(&c->all);
    c->request = NULL;
    uv_close(&c->uv.handle, on_closed);
    if (r)
        http_request_detach(r);
}

struct http_conn *http_conn_new(struct http_server *server, bool tcp)
{
    struct http_conn *c = calloc(1, sizeof *c);

    CHECK(c);
    c->server = server;
    list_init(&c->all);
    list_init(&c->waiting);
    http_parse_init(c);
    if (tcp)
        CHECK(uv_tcp_init(server->loop, &c->uv.tcp) == 0);
    else
        CHECK(uv_pipe_init(server->loop, &c->uv.pipe, 0) == 0);
    c->uv.handle.data = c;
    server->handles_open++;
    server->metrics.connections_open++;
    list_append(&server->connections, &c->all);
    return c;
}

void http_conn_accept(struct http_server *server, uv_stream_t *listener)
{
    struct http_conn *c = http_conn_new(server, listener->type == UV_TCP);
    uint64_t max = (uint64_t)server->options.connections_max;

    if (uv_accept(listener, &c->uv.stream) != 0 || server->stopping) {
        http_conn_close(c);
        return;
    }
    server->metrics.connections_total++;
    if (listener->type == UV_TCP)
        uv_tcp_nodelay(&c->uv.tcp, 1);
    if (server->metrics.connections_open > max) {
        server->metrics.connections_refused++;
        if (server->metrics.connections_open > max + REFUSING_MAX)
            http_conn_close(c);
        else
            http_conn_fault(c, &too_many);
    }
    update(c);
}
