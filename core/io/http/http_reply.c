/* http_reply.c - the head of an answer, and answers in one piece. */
#include "core/io/http/http_reply.h"

#include <stdio.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/text.h"
#include "core/io/http/http_conn.h"
#include "core/io/http/http_query.h"

enum { SET_CACHE_CONTROL = 1, SET_CONTENT_SECURITY_POLICY = 2 };

static const char *reason_of(int status)
{
    switch (status) {
#define REASON(number, name, text)                                                                 \
    case number:                                                                                   \
        return #text;
        HTTP_STATUS_MAP(REASON)
#undef REASON
    default:
        return "Unknown";
    }
}

static bool value_plain(const char *value)
{
    for (; *value; value++)
        if (((unsigned char)*value < 0x20 && *value != '\t') || *value == 0x7f)
            return false;
    return true;
}

static bool name_token(const char *name)
{
    if (!*name)
        return false;
    for (; *name; name++)
        if ((unsigned char)*name <= 0x20 || (unsigned char)*name >= 0x7f ||
            strchr("\"(),/:;<=>?@[\\]{}", *name))
            return false;
    return true;
}

static bool servers_own(const char *name)
{
    static const char *const own[] = { "connection", "content-length",        "content-type",
                                       "date",       "transfer-encoding",     "x-request-id",
                                       "keep-alive", "x-content-type-options" };

    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (text_equal_ignoring_case(name, own[i]))
            return true;
    return false;
}

bool http_reply_header(struct http_request *r, const char *name, const char *value)
{
    if (!name_token(name) || servers_own(name) || !value_plain(value))
        return false;
    if (!http_reply_wanted(r) || r->answered)
        return true;
    if (text_equal_ignoring_case(name, "cache-control"))
        r->defaults_replaced |= SET_CACHE_CONTROL;
    if (text_equal_ignoring_case(name, "content-security-policy"))
        r->defaults_replaced |= SET_CONTENT_SECURITY_POLICY;
    buf_addf(&r->reply_head, "%s: %s\r\n", name, value);
    return true;
}

void http_reply_attachment(struct http_request *r, const char *name)
{
    struct buf value = { 0 };

    /* The plain spelling for clients of old: anything that is not safe there becomes '_'. */
    buf_add_text(&value, "attachment; filename=\"");
    for (const char *c = name; *c; c++)
        buf_add_char(&value,
                     (unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f || strchr("\"\\%", *c)
                         ? '_'
                         : *c);
    buf_add_text(&value, "\"; filename*=UTF-8''");
    http_percent_encode(&value, name, strlen(name));
    CHECK(http_reply_header(r, "Content-Disposition", buf_text(&value)));
    buf_release(&value);
}

bool http_reply_wanted(const struct http_request *r)
{
    return r->conn && !r->gone;
}

/* Can the connection be used again after an answer given now? */
static bool keep_alive(const struct http_request *r, int64_t length)
{
    if (!r->keep_alive || r->server->stopping || (length == HTTP_LENGTH_CHUNKED && r->minor_zero))
        return false;
    if (r->complete || !r->has_body)
        return true;
    /* The body is still coming: reading and dropping a short one is cheaper than a new connection.
     */
    bool may_never_come = r->expects_continue && !r->body_begun;
    return !r->chunked_body && !may_never_come &&
           r->body_expected - r->body_seen <= HTTP_DISCARD_BYTES;
}

static void head_write(struct http_request *r, struct buf *out, int status, const char *media_type,
                       int64_t length)
{
    buf_addf(out, "HTTP/1.1 %d %s\r\nDate: %s\r\nX-Request-Id: %s\r\n", status, reason_of(status),
             http_server_date(r->server), r->request_id);
    buf_add_text(out, "X-Content-Type-Options: nosniff\r\n");
    if (!(r->defaults_replaced & SET_CACHE_CONTROL))
        buf_add_text(out, "Cache-Control: no-store\r\n");
    if (!(r->defaults_replaced & SET_CONTENT_SECURITY_POLICY))
        buf_add_text(out, "Content-Security-Policy: default-src 'none'\r\n");
    if (media_type)
        buf_addf(out, "Content-Type: %s\r\n",
                 value_plain(media_type) ? media_type : "application/octet-stream");
    if (length >= 0 && status >= 200 && status != 204)
        buf_addf(out, "Content-Length: %lld\r\n", (long long)length);
    else if (r->chunked_reply)
        buf_add_text(out, "Transfer-Encoding: chunked\r\n");
    if (!r->keep_alive)
        buf_add_text(out, "Connection: close\r\n");
    else if (r->minor_zero)
        buf_add_text(out, "Connection: keep-alive\r\n");
    buf_add(out, r->reply_head.data, r->reply_head.length);
    buf_add_text(out, "\r\n");
}

bool http_reply_begin(struct http_request *r, int status, const char *media_type, int64_t length,
                      const uv_buf_t *first)
{
    struct buf *out = &r->server->scratch;
    struct http_conn *c = r->conn;

    CHECK(!r->answered);
    CHECK(status >= 200 && status <= 599);
    r->answered = true;
    r->status = (uint16_t)status;
    r->keep_alive = keep_alive(r, length);
    r->no_reply_body = r->head || status == 204 || status == 304;
    r->chunked_reply = length == HTTP_LENGTH_CHUNKED && !r->minor_zero && !r->no_reply_body;
    buf_clear(out);
    head_write(r, out, status, media_type, status == 304 ? HTTP_LENGTH_NONE : length);
    buf_release(&r->reply_head);
    uv_buf_t pieces[2] = { uv_buf_init(out->data, (unsigned)out->length) };
    if (first)
        pieces[1] = *first;
    return http_output_write(c, pieces, first && !r->no_reply_body ? 2 : 1);
}

void http_reply_end(struct http_request *r)
{
    struct http_conn *c = r->conn;

    r->ended = true;
    if (!c)
        return;
    if (!r->complete && !r->keep_alive)
        c->deaf = true;
    c->paused = false;
    if (!c->feeding) {
        http_conn_settle(c);
        http_conn_pump(c);
    }
}

void http_reply(struct http_request *r, int status, const char *media_type, const void *body,
                size_t bytes)
{
    uv_buf_t first = uv_buf_init((char *)body, (unsigned)bytes);

    if (!http_reply_wanted(r))
        return;
    CHECK(bytes < UINT32_MAX / 2);
    http_request_hold(r);
    http_reply_begin(r, status, media_type, (int64_t)bytes, &first);
    http_reply_end(r);
    http_request_release(r);
}
