#include "tests/lib/http_fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/check.h"
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
    if (r->server->buffered_bytes > f->buffered_most)
        f->buffered_most = r->server->buffered_bytes;
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

    text(r, 200,
         arena_format(&r->arena, "%llu %llu", (unsigned long long)u->bytes,
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
    int bytes =
        snprintf(greeting, sizeof greeting, "hello after %s\nline two", last ? last : "none");
    s->stream.on_stopped = subscription_stopped;
    event_stream_begin(&s->stream, &f->hub, r);
    event_stream_send(&s->stream, "7", "greeting", greeting, (size_t)bytes);
    r->user = s;
    http_request_trim(r);
}

static void reply_file(struct http_request *r, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct http_range range;

    CHECK(fd >= 0);
    uint64_t size = (uint64_t)lseek(fd, 0, SEEK_END);
    enum http_range_kind kind = http_request_range(r, size, "\"v1\"", &range);
    if (kind == HTTP_RANGE_UNSATISFIABLE) {
        close(fd);
        http_reply_no_range(r, size);
        return;
    }
    http_reply_file_part(r, fd, range.offset, size, kind == HTTP_RANGE_PART, &range, "text/plain", "\"v1\"");
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
        reply_file(r, f->file);
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
