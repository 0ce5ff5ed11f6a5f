/* The bytes of a connection must mean the same wherever the network cuts them.
 *
 * Input: two bytes say where to cut, one byte how the handler behaves, the rest
 * is what the client sends. It is fed whole, in two pieces, and (if short) byte by
 * byte; what the handlers saw must be the same. With the small limits only
 * survival counts, because where a limit is noticed may depend on the pieces.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/check.h"
#include "core/io/http/http_conn.h"
#include "core/io/http/http_reply.h"

enum { ANSWER_LATER = 1, STREAM_BODY = 2, PAUSE_BODY = 4, REFUSE_IN_HEAD = 8, SMALL_LIMITS = 16 };

struct site {
    struct buf seen;
    struct http_request *waiting; /* for its answer or to be resumed */
    unsigned mode;
    bool recording;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void see(struct site *site, const char *what, const char *data, size_t bytes)
{
    if (!site->recording)
        return;
    buf_add_text(&site->seen, what);
    buf_add(&site->seen, data, bytes);
}

static void see_text(struct site *site, const char *what, const char *text)
{
    see(site, what, text, strlen(text));
}

static void on_chunk(struct http_request *r, const char *data, size_t bytes)
{
    struct site *site = r->server->ctx;

    see(site, "", data, bytes);
    if (site->mode & PAUSE_BODY) {
        http_request_pause(r);
        site->waiting = r;
    }
}

static void answer(struct http_request *r, struct site *site)
{
    if (site->mode & ANSWER_LATER)
        site->waiting = r;
    else
        http_reply(r, 200, "text/plain", "ok", 2);
}

static void on_end(struct http_request *r)
{
    see_text(r->server->ctx, "|end", "");
    answer(r, r->server->ctx);
}

static void on_head(struct http_request *r, void *ctx)
{
    struct site *site = ctx;
    const char *name, *value;

    see_text(site, "\n", r->method);
    see_text(site, " ", r->path);
    see_text(site, "?", r->query);
    for (size_t i = 0; http_request_header_at(r, i, &name, &value); i++) {
        see_text(site, "|", name);
        see_text(site, "=", value);
    }
    if (site->mode & REFUSE_IN_HEAD)
        http_reply(r, 401, "text/plain", "no", 2);
    else if (site->mode & STREAM_BODY)
        http_request_stream_body(r, 1 << 20, on_chunk, on_end);
}

static void on_request(struct http_request *r, void *ctx)
{
    see(ctx, "|body=", r->body, r->body_bytes);
    answer(r, ctx);
}

static void on_gone(struct http_request *r, void *ctx)
{
    struct site *site = ctx;

    if (site->waiting == r)
        site->waiting = NULL;
    see_text(site, "|gone", "");
}

static void on_error(struct http_request *r, const struct gov_err *err, void *ctx)
{
    see_text(ctx, "|error ", gov_code_info(err->code)->wire);
    http_reply(r, gov_code_info(err->code)->http_status, NULL, NULL, 0);
}

static const struct http_handlers handlers = {
    .on_head = on_head, .on_request = on_request, .on_gone = on_gone, .on_error = on_error
};

static void take_answers(int fd)
{
    char answers[16384];

    while (recv(fd, answers, sizeof answers, MSG_DONTWAIT) > 0)
        continue;
}

/* Answer and resume until nothing moves any more. */
static void come_to_rest(struct http_conn *c, struct site *site, int peer)
{
    while (site->waiting || c->queued) {
        struct http_request *r = site->waiting;
        site->waiting = NULL;
        if (r && r->complete)
            http_reply(r, 200, "text/plain", "ok", 2);
        else if (r)
            http_request_resume(r);
        take_answers(peer);
        if (c->queued)
            uv_run(c->server->loop, UV_RUN_NOWAIT);
    }
}

static void feed(struct http_server *server, struct site *site, const char *data, size_t bytes,
                 size_t first, size_t step)
{
    struct http_conn *c = http_conn_new(server, false);
    int ends[2];

    buf_clear(&site->seen);
    buf_add_text(&site->seen, "");
    site->recording = true;
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    CHECK(uv_pipe_open(&c->uv.pipe, ends[0]) == 0);
    for (size_t at = 0; at < bytes;) {
        size_t piece = at == 0 ? first : step;
        if (piece > bytes - at)
            piece = bytes - at;
        /* A copy of its own size, so that a read past the piece is seen. */
        char *copy = malloc(piece);
        CHECK(copy);
        memcpy(copy, data + at, piece);
        if (!c->deaf && !c->closing)
            http_conn_input(c, copy, piece);
        free(copy);
        at += piece;
    }
    come_to_rest(c, site, ends[1]);
    site->recording = false;
    http_conn_close(c);
    uv_run(server->loop, UV_RUN_NOWAIT);
    close(ends[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static uv_loop_t loop;
    static struct http_server servers[2]; /* with standard and with small limits */
    static struct site site;
    struct gov_err err;

    if (!loop.data) {
        struct http_options standard = { 0 };
        struct http_options small = { .header_bytes_max = 64,
                                      .uri_bytes_max = 16,
                                      .header_count_max = 3,
                                      .body_bytes_max = 10,
                                      .buffered_bytes_max = 40 };
        CHECK(uv_loop_init(&loop) == 0);
        loop.data = &loop;
        CHECK(http_server_start(&servers[0], &loop, &standard, &handlers, &site, &err));
        CHECK(http_server_start(&servers[1], &loop, &small, &handlers, &site, &err));
    }
    if (bytes < 4)
        return 0;
    size_t length = bytes - 3, cut = (data[0] | (size_t)data[1] << 8) % (length + 1);
    const char *text = (const char *)data + 3;
    site.mode = data[2];
    struct http_server *server = &servers[data[2] & SMALL_LIMITS ? 1 : 0];

    feed(server, &site, text, length, length, length);
    size_t whole_bytes = site.seen.length;
    char *whole = malloc(whole_bytes + 1);
    CHECK(whole);
    memcpy(whole, site.seen.data, whole_bytes);
    for (int byte_wise = 0; byte_wise < 2; byte_wise++) {
        if (byte_wise && length > 300)
            break;
        feed(server, &site, text, length, byte_wise ? 1 : cut ? cut : 1, byte_wise ? 1 : length);
        CHECK((data[2] & SMALL_LIMITS) ||
              (site.seen.length == whole_bytes && memcmp(site.seen.data, whole, whole_bytes) == 0));
        CHECK(server->buffered_bytes == 0);
        CHECK(server->metrics.connections_open == 0);
    }
    free(whole);
    return 0;
}
