#include "tests/lib/http_fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/io/http/http_reply.h"
#include "tests/lib/test.h"

/* --- the site --- */

struct later {
    uv_timer_t timer;
    struct http_request *request;
    void (*call)(struct later *later);
};

static void later_closed(uv_handle_t *handle)
{
    struct later *later = handle->data;

    http_request_release(later->request);
    free(later);
}

static void later_due(uv_timer_t *timer)
{
    struct later *later = timer->data;

    later->call(later);
    uv_close((uv_handle_t *)timer, later_closed);
}

static void do_later(struct http_request *r, uint64_t ms, void (*call)(struct later *later))
{
    struct later *later = calloc(1, sizeof *later);

    CHECK(later);
    http_request_hold(r);
    later->request = r;
    later->call = call;
    uv_timer_init(r->server->loop, &later->timer);
    later->timer.data = later;
    uv_timer_start(&later->timer, later_due, ms, 0);
}

static void text(struct http_request *r, int status, const char *body)
{
    http_reply(r, status, "text/plain", body, strlen(body));
}

struct upload {
    uint64_t bytes, sum;
    bool paused;
};

static void resume(struct later *later)
{
    struct upload *u = later->request->user;

    u->paused = false;
    http_request_resume(later->request);
}

static void count_chunk(struct http_request *r, const char *data, size_t bytes)
{
    struct upload *u = r->user;
    struct http_fixture *f = (struct http_fixture *)r->server->ctx;

    if (u->paused)
        f->cut_chunks_after_pause++;
    f->chunks++;
    u->bytes += bytes;
    for (size_t i = 0; i < bytes; i++)
        u->sum += (unsigned char)data[i];
    if (strcmp(r->path, "/count-slowly") == 0) {
        u->paused = true;
        http_request_pause(r);
        do_later(r, 1, resume);
    }
}

static void count_end(struct http_request *r)
{
    struct upload *u = r->user;

    text(r, 200, arena_format(&r->arena, "%llu %llu", (unsigned long long)u->bytes,
                              (unsigned long long)u->sum));
}

static void refuse(struct later *later)
{
    text(later->request, 401, "no");
}

static void on_head(struct http_request *r, void *ctx)
{
    const char *limit = http_request_query(r, "limit");
    struct http_fixture *f = ctx;

    f->begun++;
    if (limit)
        http_request_body_limit(r, (size_t)atol(limit));
    if (strcmp(r->path, "/refused") == 0) {
        text(r, 401, "no");
    } else if (strcmp(r->path, "/refused-later") == 0) {
        http_request_pause(r);
        do_later(r, 20, refuse);
    } else if (strncmp(r->path, "/count", 6) == 0) {
        r->user = ARENA_NEW(&r->arena, struct upload);
        http_request_stream_body(r, (size_t)1 << 30, count_chunk, count_end);
    }
}

static void show_head(struct http_request *r)
{
    struct buf body = { 0 };
    const char *name, *value;

    for (size_t i = 0; http_request_header_at(r, i, &name, &value); i++)
        buf_addf(&body, "%s=%s\n", name, value);
    buf_addf(&body, "path=%s query=%s peer=%s trace=%s body=%zu\n", r->path, r->query,
             http_request_peer(r), r->traceparent, r->body_bytes);
    http_reply(r, 200, "text/plain", body.data, body.length);
    buf_release(&body);
}

static void say_later(struct later *later)
{
    struct http_request *r = later->request;

    text(r, 200, arena_format(&r->arena, "later %s", r->query));
}

struct pieces {
    long left;
};

static void write_pieces(struct http_request *r)
{
    struct pieces *p = r->user;
    char piece[1000];

    memset(piece, 'p', sizeof piece);
    while (p->left > 0 && http_stream_queued(r) == 0) {
        p->left--;
        if (!http_stream_write(r, piece, sizeof piece))
            return;
    }
    if (p->left == 0)
        http_stream_end(r);
}

static void flood(struct later *later)
{
    static char piece[64 * 1024];
    struct http_request *r = later->request;

    if (http_stream_write(r, piece, sizeof piece))
        do_later(r, 0, flood);
}

struct subscription {
    struct event_stream stream; /* first */
};

static void subscription_stopped(struct event_stream *stream)
{
    free(stream);
}

static void events(struct http_request *r, struct http_fixture *f)
{
    struct subscription *s = calloc(1, sizeof *s);
    char greeting[100];

    CHECK(s);
    const char *last = event_stream_last_id(r);
    int bytes = snprintf(greeting, sizeof greeting, "hello after %s\nline two", last ? last : "none");
    s->stream.on_stopped = subscription_stopped;
    event_stream_begin(&s->stream, &f->hub, r);
    event_stream_send(&s->stream, "7", "greeting", greeting, (size_t)bytes);
    r->user = s;
    http_request_trim(r);
}

static void on_request(struct http_request *r, void *ctx)
{
    struct http_fixture *f = ctx;

    if (strcmp(r->path, "/hello") == 0) {
        text(r, 200, "hello");
    } else if (strcmp(r->path, "/head") == 0) {
        show_head(r);
    } else if (strcmp(r->path, "/echo") == 0) {
        http_reply(r, 200, "application/octet-stream", r->body, r->body_bytes);
    } else if (strcmp(r->path, "/later") == 0) {
        do_later(r, (uint64_t)atoi(http_request_query(r, "ms")), say_later);
    } else if (strcmp(r->path, "/pieces") == 0) {
        struct pieces *p = ARENA_NEW(&r->arena, struct pieces);
        p->left = atol(http_request_query(r, "n"));
        r->user = p;
        http_stream_begin(r, 200, "text/plain");
        http_stream_on_drained(r, write_pieces);
        write_pieces(r);
    } else if (strcmp(r->path, "/flood") == 0) {
        http_stream_begin(r, 200, "text/plain");
        do_later(r, 0, flood);
    } else if (strcmp(r->path, "/events") == 0) {
        events(r, f);
    } else if (strcmp(r->path, "/file") == 0) {
        int fd = open(f->file, O_RDONLY | O_CLOEXEC);
        CHECK(fd >= 0);
        http_reply_file_range(r, fd, (uint64_t)lseek(fd, 0, SEEK_END), "text/plain", "\"v1\"");
    } else if (strcmp(r->path, "/reply-header") == 0) {
        bool taken = http_reply_header(r, "X-Good", "yes") &&
                     !http_reply_header(r, "X-Bad", "a\r\nX-Evil: b") &&
                     !http_reply_header(r, "Content-Length", "3") &&
                     !http_reply_header(r, "X Bad", "a") &&
                     http_reply_header(r, "Cache-Control", "max-age=60");
        http_reply_attachment(r, "报告 \"1\".csv");
        text(r, 200, taken ? "as promised" : "wrong");
    } else if (strcmp(r->path, "/never") != 0) {
        text(r, 404, "not here");
    }
}

static void on_gone(struct http_request *r, void *ctx)
{
    struct http_fixture *f = ctx;

    if (strcmp(r->path, "") == 0) { /* trimmed: an event stream */
        free(r->user);
        r->user = NULL;
    }
    f->gone++;
}

static void on_done(struct http_request *r, int64_t us, void *ctx)
{
    struct http_fixture *f = ctx;

    CHECK(r->status >= 200 && us < 60 * 1000 * 1000);
    f->done++;
}

/* --- the thread --- */

static void on_server_stopped(struct http_server *server)
{
    struct http_fixture *f = server->ctx;

    f->stopped = true;
}

static void on_stop(uv_async_t *async)
{
    struct http_fixture *f = async->data;

    uv_close((uv_handle_t *)async, NULL);
    event_hub_stop(&f->hub, NULL);
    http_server_stop(&f->server, on_server_stopped);
}

static void *serve(void *arg)
{
    struct http_fixture *f = arg;

    uv_run(&f->loop, UV_RUN_DEFAULT);
    return NULL;
}

void http_fixture_start(struct http_fixture *f)
{
    struct http_handlers handlers = {
        .on_head = on_head, .on_request = on_request, .on_gone = on_gone, .on_done = on_done
    };
    struct gov_err err;

    uv_loop_init(&f->loop);
    uv_async_init(&f->loop, &f->stop, on_stop);
    f->stop.data = f;
    event_hub_start(&f->hub, &f->loop, f->beat_ms);
    if (!f->options.address && !f->options.socket_path)
        f->options.address = "127.0.0.1";
    bool started = http_server_start(&f->server, &f->loop, &f->options, &handlers, f, &err);
    if (!started)
        fail_msg("%s", err.en);
    f->port = http_server_port(&f->server);
    assert_int_equal(pthread_create(&f->thread, NULL, serve, f), 0);
}

void http_fixture_drain(struct http_fixture *f)
{
    uv_async_send(&f->stop);
}

void http_fixture_stop(struct http_fixture *f)
{
    if (!f->stopped)
        uv_async_send(&f->stop);
    pthread_join(f->thread, NULL);
    assert_true(f->stopped);
    assert_int_equal(uv_loop_close(&f->loop), 0);
}

/* --- the client --- */

struct peer peer_open(const struct http_fixture *f)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)f->port) };
    struct timeval patience = { .tv_sec = 20 };
    struct peer p = { .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(p.fd >= 0);
    setsockopt(p.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(p.fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(p.fd, (struct sockaddr *)&address, sizeof address), 0);
    return p;
}

void peer_close(struct peer *p)
{
    close(p->fd);
    buf_release(&p->in);
}

/* A server that refuses may close while we still send: the answer matters, not the send. */
void peer_send_bytes(struct peer *p, const void *data, size_t bytes)
{
    size_t sent = 0;

    while (sent < bytes) {
        ssize_t n = send(p->fd, (const char *)data + sent, bytes - sent, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        sent += (size_t)n;
    }
}

void peer_send(struct peer *p, const char *text_to_send)
{
    peer_send_bytes(p, text_to_send, strlen(text_to_send));
}

static bool read_more(struct peer *p)
{
    char *room = buf_reserve(&p->in, 65536);
    ssize_t n = recv(p->fd, room, 65536, 0);

    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        fail_msg("the server neither answered nor closed");
    if (n <= 0)
        return false;
    p->in.length += (size_t)n;
    p->in.data[p->in.length] = 0;
    return true;
}

static void take(struct peer *p, struct buf *to, size_t bytes)
{
    buf_add(to, p->in.data, bytes);
    buf_consume(&p->in, bytes);
}

static bool want(struct peer *p, size_t bytes)
{
    while (p->in.length < bytes)
        if (!read_more(p))
            return false;
    return true;
}

static bool read_chunks(struct peer *p, struct peer_reply *reply)
{
    for (;;) {
        char *end;
        while (!p->in.data || !(end = strstr(p->in.data, "\r\n")))
            if (!read_more(p))
                return false;
        size_t bytes = strtoul(p->in.data, NULL, 16);
        buf_consume(&p->in, (size_t)(end + 2 - p->in.data));
        if (!want(p, bytes + 2))
            return false;
        take(p, &reply->body, bytes);
        buf_consume(&p->in, 2);
        if (bytes == 0)
            return true;
    }
}

void peer_read(struct peer *p, struct peer_reply *reply, bool head_only)
{
    char *end;

    peer_reply_release(reply);
    while (!p->in.data || !(end = strstr(p->in.data, "\r\n\r\n"))) {
        if (!read_more(p)) {
            reply->closed = true;
            return;
        }
    }
    size_t bytes = (size_t)(end + 4 - p->in.data);
    assert_true(bytes < sizeof reply->head);
    memcpy(reply->head, p->in.data, bytes);
    reply->head[bytes] = 0;
    buf_consume(&p->in, bytes);
    assert_int_equal(strncmp(reply->head, "HTTP/1.1 ", 9), 0);
    reply->status = atoi(reply->head + 9);
    const char *length = peer_header(reply, "Content-Length");
    if (head_only || reply->status == 204 || reply->status == 304 || reply->status < 200)
        return;
    if (length) {
        reply->closed = !want(p, strtoul(length, NULL, 10));
        take(p, &reply->body, reply->closed ? p->in.length : strtoul(length, NULL, 10));
    } else if (peer_header(reply, "Transfer-Encoding")) {
        reply->closed = !read_chunks(p, reply);
    } else {
        while (read_more(p))
            continue;
        take(p, &reply->body, p->in.length);
    }
}

const char *peer_header(const struct peer_reply *reply, const char *name)
{
    static char value[1024];
    size_t bytes = strlen(name);

    for (const char *line = strstr(reply->head, "\r\n"); line; line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, bytes) == 0 && line[2 + bytes] == ':') {
            const char *from = line + 2 + bytes + 1;
            from += strspn(from, " ");
            snprintf(value, sizeof value, "%.*s", (int)strcspn(from, "\r"), from);
            return value;
        }
    }
    return NULL;
}

void peer_reply_release(struct peer_reply *reply)
{
    buf_release(&reply->body);
    reply->status = 0;
    reply->head[0] = 0;
    reply->closed = false;
}

bool peer_closed(struct peer *p)
{
    char byte;

    return p->in.length == 0 && recv(p->fd, &byte, 1, 0) <= 0 && errno != EAGAIN;
}

bool peer_wait_text(struct peer *p, const char *wanted)
{
    while (!p->in.data || !strstr(p->in.data, wanted))
        if (!read_more(p))
            return false;
    return true;
}

int peer_once(const struct http_fixture *f, const char *request, struct peer_reply *reply)
{
    struct peer_reply own = { 0 };
    struct peer p = peer_open(f);

    peer_send(&p, request);
    peer_read(&p, reply ? reply : &own, strncmp(request, "HEAD", 4) == 0);
    int status = reply ? reply->status : own.status;
    peer_reply_release(&own);
    peer_close(&p);
    return status;
}

bool peer_wait_count(const atomic_int *counter, int wanted)
{
    int64_t until = clock_mono_us() + 10 * 1000 * 1000;

    while (*counter < wanted && clock_mono_us() < until)
        sched_yield();
    return *counter >= wanted;
}
