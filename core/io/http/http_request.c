/* http_request.c - what a request holds, and who still holds it.
 *
 * The server has one reference from the first byte until the answer is on the
 * wire or the connection is gone; handlers may have more. With the last one the
 * arena goes.
 */
#include "core/io/http/http_request.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/base/id.h"
#include "core/io/http/http_conn.h"
#include "core/io/http/http_language.h"
#include "core/io/http/http_query.h"
#include "core/io/http/problem.h"

enum { HEAD_TEXT_FIRST = 1008, HEADERS_FIRST = 24 };

struct http_request *http_request_new(struct http_conn *c)
{
    struct http_request *r = calloc(1, sizeof *r);

    CHECK(r);
    arena_init(&r->arena);
    r->method = r->path = r->raw_target = r->query = r->body = "";
    r->server = c->server;
    r->conn = c;
    r->references = 1;
    r->body_limit = c->server->options.body_bytes_max;
    memcpy(r->request_id, id_new().text, sizeof r->request_id);
    return r;
}

void http_request_hold(struct http_request *r)
{
    r->references++;
}

void http_request_release(struct http_request *r)
{
    CHECK(r->references > 0);
    if (--r->references > 0)
        return;
    arena_release(&r->arena);
    buf_release(&r->buffer);
    buf_release(&r->reply_head);
    free(r);
}

void http_request_append(struct http_request *r, const char *data, size_t bytes)
{
    if (r->head_length + bytes > r->head_capacity) {
        uint32_t capacity = r->head_capacity ? r->head_capacity : HEAD_TEXT_FIRST;
        while (capacity < r->head_length + bytes)
            capacity *= 2;
        char *text = arena_alloc(&r->arena, capacity);
        if (r->head_length)
            memcpy(text, r->head_text, r->head_length);
        r->head_text = text;
        r->head_capacity = capacity;
    }
    memcpy(r->head_text + r->head_length, data, bytes);
    r->head_length += (uint32_t)bytes;
}

void http_request_add_header(struct http_request *r)
{
    if (r->header_count == r->header_capacity) {
        uint16_t capacity = r->header_capacity ? r->header_capacity * 2 : HEADERS_FIRST;
        struct http_header *headers = ARENA_ARRAY(&r->arena, struct http_header, capacity);
        if (r->header_count)
            memcpy(headers, r->headers, r->header_count * sizeof *headers);
        r->headers = headers;
        r->header_capacity = capacity;
    }
    r->headers[r->header_count++] = (struct http_header){ .name = r->head_length };
}

/* While the header is still coming (a fault is being worded) its last line may be half there. */
static size_t headers_readable(const struct http_request *r)
{
    return r->head_whole || r->header_count == 0 ? r->header_count : r->header_count - 1u;
}

const char *http_request_header(const struct http_request *r, const char *name)
{
    size_t bytes = strlen(name), readable = headers_readable(r);

    for (size_t i = 0; i < readable; i++) {
        const struct http_header *header = &r->headers[i];
        if (header->name_bytes == bytes &&
            strncasecmp(r->head_text + header->name, name, bytes) == 0)
            return r->head_text + header->value;
    }
    return NULL;
}

bool http_request_header_at(const struct http_request *r, size_t index, const char **name,
                            const char **value)
{
    if (index >= headers_readable(r))
        return false;
    *name = r->head_text + r->headers[index].name;
    *value = r->head_text + r->headers[index].value;
    return true;
}

const char *http_request_query(struct http_request *r, const char *name)
{
    const char *cursor = r->query, *found, *value;

    if (!*cursor)
        return NULL;
    while (http_query_next(&cursor, &r->arena, &found, &value))
        if (strcmp(found, name) == 0)
            return value;
    return NULL;
}

const char *http_request_peer(struct http_request *r)
{
    struct sockaddr_storage address;
    int bytes = sizeof address;
    char text[INET6_ADDRSTRLEN] = "";

    if (!r->conn)
        return "";
    if (r->conn->uv.handle.type != UV_TCP)
        return "unix";
    if (uv_tcp_getpeername(&r->conn->uv.tcp, (struct sockaddr *)&address, &bytes) != 0)
        return "";
    uv_ip_name((struct sockaddr *)&address, text, sizeof text);
    return arena_text(&r->arena, text);
}

enum gov_language http_language(const struct http_request *r)
{
    return http_language_parse(http_request_header(r, "accept-language"));
}

void http_request_body_limit(struct http_request *r, size_t bytes)
{
    r->body_limit = bytes;
}

void http_request_stream_body(struct http_request *r, size_t bytes_max,
                              void (*on_chunk)(struct http_request *, const char *, size_t),
                              void (*on_end)(struct http_request *))
{
    CHECK(r->body_seen == 0);
    r->body_mode = HTTP_BODY_STREAM;
    r->body_limit = bytes_max;
    r->on_chunk = on_chunk;
    r->on_end = on_end;
}

void http_request_pause(struct http_request *r)
{
    if (r->conn && !r->gone && !r->complete)
        r->conn->paused = true;
}

void http_request_resume(struct http_request *r)
{
    struct http_conn *c = r->conn;

    if (!c || r->gone || !c->paused)
        return;
    c->paused = false;
    if (c->feeding)
        return; /* the parser's loop sees to it */
    if (!r->body_begun && !r->answered)
        http_conn_body_begin(c);
    http_conn_pump(c);
}

static void body_uncount(struct http_request *r)
{
    r->server->buffered_bytes -= r->buffer.length;
}

void http_request_trim(struct http_request *r)
{
    if (r->conn)
        body_uncount(r);
    buf_release(&r->buffer);
    buf_release(&r->reply_head);
    arena_release(&r->arena);
    r->path = r->raw_target = r->query = r->body = "";
    r->body_bytes = 0;
    r->headers = NULL;
    r->head_text = NULL;
    r->header_count = r->header_capacity = 0;
    r->head_length = r->head_capacity = 0;
}

void http_request_tell_gone(struct http_request *r)
{
    if (!r->told || r->gone || r->ended || r->handed)
        return;
    r->gone = true;
    if (r->on_left)
        r->on_left(r);
    if (r->server->handlers.on_gone)
        r->server->handlers.on_gone(r, r->server->ctx);
}

void http_request_detach(struct http_request *r)
{
    struct http_server *server = r->server;
    int64_t us = r->began_us ? clock_mono_us() - r->began_us : -1;

    http_metrics_answered(&server->metrics, r->ended || r->handed ? r->status : 0, us);
    http_request_tell_gone(r);
    if (r->answered && server->handlers.on_done)
        server->handlers.on_done(r, us, server->ctx);
    body_uncount(r);
    r->conn = NULL;
    http_request_release(r);
}

void http_request_word(struct http_request *r, const struct gov_err *err)
{
    struct http_server *server = r->server;
    bool gone = r->gone;

    http_request_hold(r);
    r->gone = false; /* the handler may not answer any more, we may */
    if (server->handlers.on_error)
        server->handlers.on_error(r, err, server->ctx);
    if (!r->answered)
        http_problem(r, err, http_language(r));
    r->gone = gone;
    http_request_release(r);
}
