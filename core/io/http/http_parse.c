/* http_parse.c - llhttp's callbacks, and the loop around it.
 *
 * The parser is paused twice in a request, when the header and when the message
 * is complete, so that handlers never run on llhttp's stack (except for pieces
 * of a streamed body) and the next request cannot begin before this one is
 * done. Text is kept as offsets into one buffer of the request's arena, since
 * a name may come in several callbacks and the buffer moves while it grows.
 *
 * llhttp skips some bytes without a callback (blanks before a value, chunk
 * extensions, leading zeros of a chunk size). So all bytes that are not body
 * are counted as overhead, which has a limit of its own.
 */
#include "core/io/http/http_conn.h"

#include <string.h>

#include "core/base/check.h"
#include "core/base/clock.h"

static const struct http_fault uri_too_long = {
    GOV_URI_TOO_LONG, "the request target is longer than this server takes",
    "请求地址超过服务器允许的长度"
};
static const struct http_fault headers_too_large = { GOV_HEADERS_TOO_LARGE,
                                                     "the header is larger than this server takes",
                                                     "请求头超过服务器允许的大小" };
static const struct http_fault too_many_headers = { GOV_HEADERS_TOO_LARGE,
                                                    "the request has too many header lines",
                                                    "请求头的行数过多" };
static const struct http_fault folded_header = { GOV_BAD_REQUEST,
                                                 "a header value goes on in the next line",
                                                 "请求头的值跨行" };
static const struct http_fault chunk_overhead = { GOV_BAD_REQUEST,
                                                  "the chunk extensions or trailers are too long",
                                                  "分块扩展或尾部字段过长" };
static const struct http_fault body_too_large = { GOV_BODY_TOO_LARGE,
                                                  "the body is larger than this address takes",
                                                  "请求体超过该地址允许的大小" };
static const struct http_fault memory_short = { GOV_OVERLOADED,
                                                "the server is holding as many bodies as it can",
                                                "服务器缓存的请求体已达上限" };
static const struct http_fault version_refused = { GOV_HTTP_VERSION,
                                                   "only HTTP/1.1 and HTTP/1.0 are spoken here",
                                                   "仅支持 HTTP/1.1 与 HTTP/1.0" };

static const struct http_fault bad_line_end = { GOV_BAD_REQUEST,
                                                "a line of the header does not end with CR LF",
                                                "请求头的行未以 CR LF 结尾" };

static struct http_conn *conn_of(llhttp_t *parser)
{
    return parser->data;
}

static int stop(struct http_conn *c, const struct http_fault *fault)
{
    c->fault = fault;
    return HPE_USER;
}

/* The byte `distance` (1 to 8) before `at`, be it in this piece or in the ones before. */
static char byte_before(const struct http_conn *c, const char *at, ptrdiff_t distance)
{
    ptrdiff_t in_piece = at - c->input_start;

    return distance <= in_piece ? at[-distance]
                                : c->tail[(ptrdiff_t)sizeof c->tail - (distance - in_piece)];
}

/* Is there a whole line end right before `at`, or so many bytes before it? llhttp 8.1 takes a bare
 * LF after the request line. */
static bool line_ended(const struct http_conn *c, const char *at, int bytes_before)
{
    return byte_before(c, at, bytes_before + 2) == '\r' &&
           byte_before(c, at, bytes_before + 1) == '\n';
}

/* Keep the end of what was parsed. */
static void tail_keep(struct http_conn *c, const char *end)
{
    char tail[sizeof c->tail];

    for (size_t i = 0; i < sizeof tail; i++)
        tail[i] = byte_before(c, end, (ptrdiff_t)(sizeof tail - i));
    memcpy(c->tail, tail, sizeof tail);
}

static int on_message_begin(llhttp_t *parser)
{
    struct http_conn *c = conn_of(parser);

    CHECK(!c->request);
    c->request = http_request_new(c);
    c->span = HTTP_SPAN_NONE;
    c->version_seen = false;
    c->head_bytes = 0;
    return 0;
}

static int on_url(llhttp_t *parser, const char *at, size_t bytes)
{
    struct http_conn *c = conn_of(parser);
    struct http_request *r = c->request;

    if (r->head_length + bytes > c->server->options.uri_bytes_max)
        return stop(c, &uri_too_long);
    c->span = HTTP_SPAN_URL;
    http_request_append(r, at, bytes);
    return 0;
}

/* llhttp speaks RTSP and ICE too, and does not tell. */
static int on_version(llhttp_t *parser, const char *at, size_t bytes)
{
    struct http_conn *c = conn_of(parser);
    static const char protocol[] = "/PTTH";

    if (c->version_seen || bytes == 0)
        return 0;
    c->version_seen = true;
    for (ptrdiff_t i = 0; protocol[i]; i++)
        if (byte_before(c, at, i + 1) != protocol[i])
            return stop(c, &version_refused);
    return 0;
}

/* Terminate what head_text ends with. */
static const struct http_fault *span_end(struct http_conn *c)
{
    struct http_request *r = c->request;
    uint8_t span = c->span;

    c->span = HTTP_SPAN_NONE;
    if (span == HTTP_SPAN_URL)
        http_request_append(r, "", 1);
    else if (span == HTTP_SPAN_VALUE)
        return http_head_value_end(r);
    return NULL;
}

/* Non-zero: over the limit. */
static int count_head(struct http_conn *c, size_t bytes)
{
    c->head_bytes += bytes;
    if (c->head_bytes > c->server->options.header_bytes_max)
        return stop(c, &headers_too_large);
    return 0;
}

static int on_header_field(llhttp_t *parser, const char *at, size_t bytes)
{
    struct http_conn *c = conn_of(parser);
    struct http_request *r = c->request;

    if (r->told) /* a trailer: counted as overhead, otherwise ignored */
        return 0;
    if (c->span != HTTP_SPAN_NAME) {
        const struct http_fault *fault = span_end(c);
        if (fault)
            return stop(c, fault);
        if (!line_ended(c, at, 0))
            return stop(c, &bad_line_end);
        if (r->header_count >= c->server->options.header_count_max)
            return stop(c, &too_many_headers);
        http_request_add_header(r);
        c->span = HTTP_SPAN_NAME;
    }
    if (count_head(c, bytes) != 0)
        return HPE_USER;
    http_request_append(r, at, bytes);
    return 0;
}

static int on_header_field_complete(llhttp_t *parser)
{
    struct http_conn *c = conn_of(parser);
    const struct http_fault *fault;

    if (c->request->told)
        return 0;
    if (c->span != HTTP_SPAN_NAME) { /* a line that begins with ':' */
        fault = span_end(c);
        if (fault)
            return stop(c, fault);
        http_request_add_header(c->request);
    }
    c->span = HTTP_SPAN_VALUE;
    c->span_open = c->span_reaches = false;
    fault = http_head_name_end(c->request);
    return fault ? stop(c, fault) : 0;
}

static int on_header_value(llhttp_t *parser, const char *at, size_t bytes)
{
    struct http_conn *c = conn_of(parser);
    struct http_request *r = c->request;

    if (r->told || bytes == 0)
        return 0;
    /* A further span of one value that does not begin exactly where the last one was cut is a
     * folded line (obsolete since RFC 7230, and read in different ways by different servers). */
    bool first = r->head_length == r->headers[r->header_count - 1].value;
    if (!first && !(c->span_open && at == c->input_start))
        return stop(c, &folded_header);
    c->span_reaches = at + bytes == c->input_end;
    if (count_head(c, bytes) != 0)
        return HPE_USER;
    http_request_append(r, at, bytes);
    return 0;
}

static int on_headers_complete(llhttp_t *parser)
{
    struct http_conn *c = conn_of(parser);
    const struct http_fault *fault = span_end(c);

    if (!fault)
        fault = http_head_check(c->request, parser);
    return fault ? stop(c, fault) : HPE_PAUSED;
}

static const struct http_fault *body_keep(struct http_conn *c, const char *at, size_t bytes)
{
    struct http_server *server = c->server;
    struct http_request *r = c->request;

    if (server->buffered_bytes + bytes > server->options.buffered_bytes_max)
        return &memory_short;
    if (!r->buffer.data && r->body_expected > 0) {
        uint64_t first = r->body_expected < HTTP_READ_BYTES ? r->body_expected : HTTP_READ_BYTES;
        buf_reserve(&r->buffer, (size_t)first);
    }
    buf_add(&r->buffer, at, bytes);
    server->buffered_bytes += bytes;
    return NULL;
}

static int on_body(llhttp_t *parser, const char *at, size_t bytes)
{
    struct http_conn *c = conn_of(parser);
    struct http_request *r = c->request;

    if (bytes == 0)
        return 0;
    if (c->overhead + (size_t)(at - c->input_mark) > HTTP_OVERHEAD_BYTES)
        return stop(c, &chunk_overhead);
    c->overhead = 0;
    c->input_mark = at + bytes;
    r->body_seen += bytes;
    c->body_step += bytes;
    if (c->body_step >= HTTP_BODY_STEP_BYTES) {
        c->body_step = 0;
        http_wait_arm(c, HTTP_WAIT_BODY);
    }
    if (r->ended)
        return 0;
    if (r->body_seen > r->body_limit)
        return stop(c, &body_too_large);
    if (r->body_mode == HTTP_BODY_BUFFER) {
        const struct http_fault *fault = body_keep(c, at, bytes);
        return fault ? stop(c, fault) : 0;
    }
    r->on_chunk(r, at, bytes);
    return c->closing ? HPE_USER : c->paused ? HPE_PAUSED : 0;
}

static int on_message_complete(llhttp_t *parser)
{
    struct http_conn *c = conn_of(parser);

    c->request->complete = true;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_message_begin = on_message_begin,
    .on_url = on_url,
    .on_version = on_version,
    .on_header_field = on_header_field,
    .on_header_field_complete = on_header_field_complete,
    .on_header_value = on_header_value,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

void http_parse_init(struct http_conn *c)
{
    llhttp_init(&c->parser, HTTP_REQUEST, &settings);
    c->parser.data = c;
}

bool http_parse_blocked(const struct http_conn *c)
{
    return c->closing || c->deaf || c->broken || c->paused || (c->request && c->request->complete);
}

static void head_complete(struct http_conn *c)
{
    struct http_request *r = c->request;

    r->told = true;
    r->began_us = clock_mono_us();
    c->overhead = 0;
    c->kick = true;
    c->body_step = 0;
    if (c->server->handlers.on_head)
        c->server->handlers.on_head(r, c->server->ctx);
    if (!c->closing && !c->paused && !r->answered)
        http_conn_body_begin(c);
}

static void message_complete(struct http_conn *c)
{
    struct http_request *r = c->request;

    c->overhead = 0;
    if (r->ended)
        return;
    if (r->body_mode == HTTP_BODY_STREAM) {
        r->on_end(r);
    } else if (!r->answered) {
        r->body = buf_text(&r->buffer);
        r->body_bytes = r->buffer.length;
        c->server->handlers.on_request(r, c->server->ctx);
    }
}

static void at_pause(struct http_conn *c)
{
    if (c->request->complete)
        message_complete(c);
    else if (!c->request->told)
        head_complete(c);
    else
        c->kick = true; /* the handler paused the body */
}

static bool overhead_fits(struct http_conn *c)
{
    const struct http_options *options = &c->server->options;

    if (c->request && c->request->told) {
        if (c->overhead <= HTTP_OVERHEAD_BYTES)
            return true;
        http_conn_fault(c, &chunk_overhead);
    } else {
        if (c->overhead <= options->uri_bytes_max + options->header_bytes_max)
            return true;
        http_conn_fault(c, &headers_too_large);
    }
    return false;
}

static void parse_failed(struct http_conn *c, enum llhttp_errno e)
{
    struct gov_err err;

    if (c->closing || c->deaf)
        return;
    if (c->fault) {
        http_conn_fault(c, c->fault);
    } else if (e == HPE_INVALID_VERSION || e == HPE_PAUSED_H2_UPGRADE) {
        http_conn_fault(c, &version_refused);
    } else {
        const char *reason = llhttp_get_error_reason(&c->parser);
        gov_fail(&err, GOV_BAD_REQUEST, "the request is not well-formed HTTP (%s)",
                 "请求不符合 HTTP 格式（%s）", reason ? reason : "?");
        http_conn_fail(c, &err);
    }
}

/* Has the parser paused because the header is complete? */
static bool head_is_new(const struct http_conn *c)
{
    return !c->request->told && !c->request->complete;
}

/* One run of the parser, up to the next pause; returns the bytes it took. */
static size_t execute(struct http_conn *c, const char *data, size_t bytes)
{
    c->kick = false;
    c->input_start = c->input_mark = data;
    c->input_end = data + bytes;
    c->span_open = c->span_reaches;
    c->span_reaches = false;

    enum llhttp_errno e = llhttp_execute(&c->parser, data, bytes);
    if (e == HPE_OK) {
        c->overhead += (size_t)(c->input_end - c->input_mark);
        tail_keep(c, c->input_end);
        overhead_fits(c);
        return bytes;
    }
    if (e != HPE_PAUSED) {
        parse_failed(c, e);
        return bytes;
    }
    const char *at = llhttp_get_error_pos(&c->parser);
    CHECK(at >= data && at <= c->input_end);
    c->overhead += (size_t)(at - c->input_mark);
    llhttp_resume(&c->parser);
    if (head_is_new(c) && !(line_ended(c, at, 0) && line_ended(c, at, 2)))
        http_conn_fault(c, &bad_line_end);
    tail_keep(c, at);
    if (!c->deaf && overhead_fits(c))
        at_pause(c);
    return (size_t)(at - data);
}

size_t http_parse_feed(struct http_conn *c, const char *data, size_t bytes)
{
    size_t used = 0;

    c->feeding = true;
    while ((used < bytes || c->kick) && !http_parse_blocked(c)) {
        used += execute(c, data + used, bytes - used);
        http_conn_settle(c);
    }
    c->feeding = false;
    return used;
}
