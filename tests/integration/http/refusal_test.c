/* What a server must refuse: everything that could be read in two ways, and everything too large.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/base/err.h"
#include "tests/lib/http_fixture.h"
#include "tests/lib/http_peer.h"
#include "tests/lib/test.h"

#define HOST       "Host: localhost\r\n"
#define TEXT(text) text, sizeof text - 1

static struct http_fixture fixture;

static int port_of(void **state)
{
    struct http_fixture *f = *state;

    return f->port;
}

struct refused {
    const char *name;
    const char *request; /* may hold NUL */
    size_t bytes;
    int status;
};

static const struct refused refused[] = {
    { "length and chunked",
      TEXT("POST /echo HTTP/1.1\r\n" HOST
           "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
      400 },
    { "chunked and length",
      TEXT("POST /echo HTTP/1.1\r\n" HOST
           "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"),
      400 },
    { "two different lengths",
      TEXT("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"),
      400 },
    { "two equal lengths",
      TEXT("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"),
      400 },
    { "a list of lengths", TEXT("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3, 3\r\n\r\nabc"),
      400 },
    { "length with a plus", TEXT("POST /echo HTTP/1.1\r\n" HOST "Content-Length: +38\r\n\r\nabc"),
      400 },
    { "negative length", TEXT("POST /echo HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\nabc"),
      400 },
    { "hexadecimal length", TEXT("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 0x3\r\n\r\nabc"),
      400 },
    { "empty length", TEXT("POST /echo HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\nabc"), 400 },
    { "length that overflows",
      TEXT("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551617\r\n\r\na"), 400 },
    { "blank before the colon",
      TEXT("POST /echo HTTP/1.1\r\n" HOST "Content-Length : 3\r\n\r\nabc"), 400 },
    { "bad chunk size",
      TEXT("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nxyz\r\n"), 400 },
    { "0x chunk size",
      TEXT("POST /echo HTTP/1.1\r\n" HOST
           "Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n"),
      400 },
    { "negative chunk size",
      TEXT("POST /echo HTTP/1.1\r\n" HOST
           "Transfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n"),
      400 },
    { "chunk size that overflows",
      TEXT("POST /echo HTTP/1.1\r\n" HOST
           "Transfer-Encoding: chunked\r\n\r\n1ffffffffffffffff\r\nabc\r\n0\r\n\r\n"),
      400 },
    { "chunk longer than its size",
      TEXT("POST /echo HTTP/1.1\r\n" HOST
           "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n"),
      400 },
    { "bare LF between headers", TEXT("GET /hello HTTP/1.1\r\nHost: localhost\nX: y\r\n\r\n"),
      400 },
    { "bare LF after the request line", TEXT("GET /hello HTTP/1.1\n" HOST "\r\n"), 400 },
    { "bare LF ends the header", TEXT("GET /hello HTTP/1.1\r\n" HOST "\n"), 400 },
    { "bare LF only", TEXT("GET /hello HTTP/1.0\n\n"), 400 },
    { "bare LF in 1.0", TEXT("GET /hello HTTP/1.0\r\n\n"), 400 },
    { "bare LF ends a chunk size",
      TEXT("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n"),
      400 },
    { "bare CR in a value", TEXT("GET /hello HTTP/1.1\r\n" HOST "X: a\rb\r\n\r\n"), 400 },
    { "bare CR as line end", TEXT("GET /hello HTTP/1.1\r\n" HOST "X: a\rContent-Length: 3\r\n\r\n"),
      400 },
    { "NUL in a name", TEXT("GET /hello HTTP/1.1\r\n" HOST "X\0Y: a\r\n\r\n"), 400 },
    { "NUL in a value", TEXT("GET /hello HTTP/1.1\r\n" HOST "X: a\0b\r\n\r\n"), 400 },
    { "NUL in the target", TEXT("GET /he\0llo HTTP/1.1\r\n" HOST "\r\n"), 400 },
    { "control in a value", TEXT("GET /hello HTTP/1.1\r\n" HOST "X: a\001b\r\n\r\n"), 400 },
    { "empty name", TEXT("GET /hello HTTP/1.1\r\n" HOST ": a\r\n\r\n"), 400 },
    { "blank in a name", TEXT("GET /hello HTTP/1.1\r\n" HOST "X Y: a\r\n\r\n"), 400 },
    { "blank before the first name", TEXT("GET /hello HTTP/1.1\r\n X: a\r\n" HOST "\r\n"), 400 },
    { "folded value", TEXT("GET /hello HTTP/1.1\r\n" HOST "X: a\r\n b\r\n\r\n"), 400 },
    { "no Host", TEXT("GET /hello HTTP/1.1\r\n\r\n"), 400 },
    { "two Hosts", TEXT("GET /hello HTTP/1.1\r\n" HOST HOST "\r\n"), 400 },
    { "two Hosts in 1.0", TEXT("GET /hello HTTP/1.0\r\n" HOST HOST "\r\n"), 400 },
    { "two Authorizations", TEXT("GET /hello HTTP/1.1\r\n" HOST "Authorization: Bearer a\r\nauthorization: Bearer b\r\n\r\n"), 400 },
    { "two kinds of body", TEXT("GET /hello HTTP/1.1\r\n" HOST "Content-Type: text/plain\r\nContent-Type: application/json\r\n\r\n"), 400 },
    { "two keys", TEXT("GET /hello HTTP/1.1\r\n" HOST "Idempotency-Key: a\r\nIdempotency-Key: b\r\n\r\n"), 400 },
    { "Host with a path", TEXT("GET /hello HTTP/1.1\r\nHost: a/b\r\n\r\n"), 400 },
    { "chunked in 1.0", TEXT("POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
      400 },
    { "gzip coding", TEXT("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n\r\n"), 501 },
    { "gzip, chunked",
      TEXT("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
      501 },
    { "chunked, identity",
      TEXT("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, identity\r\n\r\n"), 400 },
    { "chunked twice",
      TEXT("POST /echo HTTP/1.1\r\n" HOST
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
      400 },
    { "xchunked", TEXT("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n"), 501 },
    { "HTTP/2.0", TEXT("GET /hello HTTP/2.0\r\n" HOST "\r\n"), 505 },
    { "HTTP/1.2", TEXT("GET /hello HTTP/1.2\r\n" HOST "\r\n"), 505 },
    { "HTTP/0.9", TEXT("GET /hello HTTP/0.9\r\n" HOST "\r\n"), 505 },
    { "HTTP/3.7", TEXT("GET /hello HTTP/3.7\r\n" HOST "\r\n"), 505 },
    { "HTTP/2 preface", TEXT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505 },
    { "h2c upgrade",
      TEXT("GET /hello HTTP/1.1\r\n" HOST
           "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n"),
      400 },
    { "CONNECT", TEXT("CONNECT localhost:80 HTTP/1.1\r\n" HOST "\r\n"), 400 },
    { "unknown method", TEXT("FETCH /hello HTTP/1.1\r\n" HOST "\r\n"), 400 },
    { "lower-case method", TEXT("get /hello HTTP/1.1\r\n" HOST "\r\n"), 400 },
    { "no protocol", TEXT("GET /hello\r\n" HOST "\r\n"), 505 },
    { "other protocol", TEXT("GET /hello RTSP/1.0\r\n" HOST "\r\n"), 505 },
    { "yet another protocol", TEXT("SOURCE /hello ICE/1.0\r\n" HOST "\r\n"), 505 },
    { "protocol in lower case", TEXT("GET /hello http/1.1\r\n" HOST "\r\n"), 400 },
    { "relative target", TEXT("GET hello HTTP/1.1\r\n" HOST "\r\n"), 400 },
    { "other scheme", TEXT("GET ftp://localhost/hello HTTP/1.1\r\n" HOST "\r\n"), 400 },
    { "fragment", TEXT("GET /hello#top HTTP/1.1\r\n" HOST "\r\n"), 400 },
    { "raw UTF-8 in the target", TEXT("GET /\xe6\x8a\xa5 HTTP/1.1\r\n" HOST "\r\n"), 400 },
    { "dot segment", TEXT("GET /a/../hello HTTP/1.1\r\n" HOST "\r\n"), 400 },
    { "encoded dot segment", TEXT("GET /a/%2e%2E/hello HTTP/1.1\r\n" HOST "\r\n"), 400 },
    { "single dot at the end", TEXT("GET /a/. HTTP/1.1\r\n" HOST "\r\n"), 400 },
    { "encoded slash", TEXT("GET /a%2fb HTTP/1.1\r\n" HOST "\r\n"), 400 },
    { "backslash", TEXT("GET /a%5cb HTTP/1.1\r\n" HOST "\r\n"), 400 },
    { "encoded NUL", TEXT("GET /a%00 HTTP/1.1\r\n" HOST "\r\n"), 400 },
    { "encoded control", TEXT("GET /a%0a HTTP/1.1\r\n" HOST "\r\n"), 400 },
    { "half an escape", TEXT("GET /a%4 HTTP/1.1\r\n" HOST "\r\n"), 400 },
    { "no UTF-8 after decoding", TEXT("GET /a%ff HTTP/1.1\r\n" HOST "\r\n"), 400 },
    { "bad query", TEXT("GET /hello?a=%zz HTTP/1.1\r\n" HOST "\r\n"), 400 },
    { "other expectation",
      TEXT("POST /echo HTTP/1.1\r\n" HOST "Expect: a\r\nContent-Length: 1\r\n\r\n"), 417 },
};

/* Refused, told so, and the connection ends: what follows must not be taken for a request. */
static void assert_refused(const struct http_fixture *f, const struct refused *c, size_t step)
{
    struct peer p = peer_open(f->port);
    struct peer_reply reply = { 0 };

    for (size_t i = 0; i < c->bytes; i += step)
        peer_send_bytes(&p, c->request + i, c->bytes - i < step ? c->bytes - i : step);
    peer_send(&p, "GET /hello HTTP/1.1\r\n" HOST "\r\n");
    peer_read(&p, &reply, false);
    if (reply.status != c->status)
        fail_msg("%s (in steps of %zu): %d instead of %d", c->name, step, reply.status, c->status);
    assert_string_equal(peer_header(&reply, "Content-Type"), "application/problem+json");
    assert_string_equal(peer_header(&reply, "Connection"), "close");
    assert_true(peer_closed(&p));
    peer_reply_release(&reply);
    peer_close(&p);
}

static void ambiguous_requests_are_refused(void **state)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_refused(*state, &refused[i], refused[i].bytes);
}

static void ambiguous_requests_are_refused_byte_by_byte(void **state)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_refused(*state, &refused[i], 1);
}

static bool send_filler(struct peer *p, char c, size_t bytes)
{
    char *filler = malloc(bytes);

    memset(filler, c, bytes);
    bool sent = peer_send_bytes(p, filler, bytes);
    free(filler);
    return sent;
}

static void assert_status(struct peer *p, int status, const char *code)
{
    struct peer_reply reply = { 0 };

    peer_read(p, &reply, false);
    assert_int_equal(reply.status, status);
    assert_non_null(strstr(buf_text(&reply.body), code));
    peer_reply_release(&reply);
    peer_close(p);
}

static void a_100_kb_header_is_431(void **state)
{
    struct peer p = peer_open(port_of(state));

    peer_send(&p, "GET /hello HTTP/1.1\r\n" HOST "X: ");
    send_filler(&p, 'x', 100 * 1024);
    peer_send(&p, "\r\n\r\n");
    assert_status(&p, 431, "\"headers_too_large\"");
}

static void blanks_that_the_parser_skips_count_too(void **state)
{
    struct peer p = peer_open(port_of(state));

    peer_send(&p, "GET /hello HTTP/1.1\r\n" HOST "X:");
    send_filler(&p, ' ', 100 * 1024);
    peer_send(&p, "a\r\n\r\n");
    assert_status(&p, 431, "\"headers_too_large\"");
}

static void too_many_header_lines_are_431(void **state)
{
    struct peer p = peer_open(port_of(state));

    peer_send(&p, "GET /hello HTTP/1.1\r\n" HOST);
    for (int i = 0; i < 100; i++)
        peer_send(&p, "A: b\r\n");
    peer_send(&p, "\r\n");
    assert_status(&p, 431, "\"headers_too_large\"");
}

static void a_header_near_the_limit_is_taken(void **state)
{
    struct peer p = peer_open(port_of(state));
    struct peer_reply reply = { 0 };

    peer_send(&p, "GET /hello HTTP/1.1\r\n" HOST "X: ");
    send_filler(&p, 'x', 32 * 1024 - 20);
    peer_send(&p, "\r\n\r\n");
    peer_read(&p, &reply, false);
    assert_int_equal(reply.status, 200);
    peer_reply_release(&reply);
    peer_close(&p);
}

static void a_long_uri_is_414(void **state)
{
    struct peer p = peer_open(port_of(state));

    peer_send(&p, "GET /");
    send_filler(&p, 'u', 9000);
    peer_send(&p, " HTTP/1.1\r\n" HOST "\r\n");
    assert_status(&p, 414, "\"uri_too_long\"");
}

static void a_body_over_the_limit_is_413_at_the_byte_that_exceeds(void **state)
{
    struct peer p = peer_open(port_of(state));
    struct peer_reply reply = { 0 };

    peer_send(&p, "POST /echo?limit=5 HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n12345"
                  "POST /echo?limit=5 HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
                  "3\r\n123\r\n2\r\n45\r\n0\r\n\r\n");
    for (int i = 0; i < 2; i++) {
        peer_read(&p, &reply, false);
        assert_int_equal(reply.status, 200);
    }
    peer_send(&p, "POST /echo?limit=5 HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
                  "3\r\n123\r\n3\r\n45");
    peer_send(&p, "6"); /* the chunk is not even complete */
    assert_status(&p, 413, "\"body_too_large\"");
    p = peer_open(port_of(state));
    peer_send(&p, "POST /echo?limit=5 HTTP/1.1\r\n" HOST "Content-Length: 6\r\n\r\n");
    assert_status(&p, 413, "\"body_too_large\"");
    peer_reply_release(&reply);
}

static void a_413_arrives_although_megabytes_are_on_their_way(void **state)
{
    struct peer p = peer_open(port_of(state));

    struct peer_reply reply = { 0 };
    char byte;

    peer_send(&p, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 8000000\r\n\r\n");
    assert_true(send_filler(&p, 'b', 8000000)); /* no RST, which might overtake the answer */
    peer_read(&p, &reply, false);
    assert_int_equal(reply.status, 413);
    assert_int_equal(recv(p.fd, &byte, 1, 0), 0);
    peer_reply_release(&reply);
    peer_close(&p);
}

static void a_1_mb_chunk_extension_is_cut(void **state)
{
    struct peer p = peer_open(port_of(state));

    peer_send(&p, "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3;name=");
    send_filler(&p, 'e', 1 << 20);
    assert_status(&p, 400, "\"bad_request\"");
    p = peer_open(port_of(state));
    peer_send(&p, "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
    send_filler(&p, '0', 1 << 20);
    assert_status(&p, 400, "\"bad_request\"");
    p = peer_open(port_of(state));
    peer_send(&p,
              "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\nX-Trailer: ");
    send_filler(&p, 't', 1 << 20);
    assert_status(&p, 400, "\"bad_request\"");
}

static void faults_are_worded_in_the_readers_language(void **state)
{
    struct peer_reply reply = { 0 };

    peer_once(port_of(state), "GET /hello HTTP/1.1\r\nAccept-Language: en;q=0.5, zh-CN\r\n\r\n",
              &reply);
    assert_int_equal(reply.status, 400);
    assert_string_equal(peer_header(&reply, "Content-Language"), "zh-CN");
    assert_non_null(strstr(buf_text(&reply.body), "请求格式有误"));
    assert_non_null(strstr(buf_text(&reply.body), "\"instance\":\"\"") ? NULL
                                                                       : "no empty instance");
    peer_once(port_of(state), "GET /hello HTTP/1.1\r\n\r\n", &reply);
    assert_non_null(strstr(buf_text(&reply.body), "exactly one Host"));
    peer_reply_release(&reply);
}

static void the_handler_of_a_broken_body_is_told(void **state)
{
    struct http_fixture *f = *state;
    int gone = f->gone;

    assert_int_equal(peer_once(f->port,
                               "POST /count HTTP/1.1\r\n" HOST
                               "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n",
                               NULL),
                     400);
    assert_true(peer_wait_count(&f->gone, gone + 1));
}

static void more_connections_than_allowed_are_503(void **state)
{
    struct http_fixture small = { .options = { .connections_max = 2 } };
    struct peer_reply reply = { 0 };

    (void)state;
    http_fixture_start(&small);
    struct peer a = peer_open(small.port), b = peer_open(small.port), c = peer_open(small.port);
    peer_read(&c, &reply, false);
    assert_int_equal(reply.status, 503);
    assert_non_null(strstr(buf_text(&reply.body), "\"overloaded\""));
    assert_non_null(peer_header(&reply, "Retry-After"));
    peer_close(&c);
    peer_send(&a, "GET /hello HTTP/1.1\r\n" HOST "\r\n");
    peer_read(&a, &reply, false);
    assert_int_equal(reply.status, 200);
    peer_close(&a);
    peer_close(&b);
    peer_reply_release(&reply);
    http_fixture_stop(&small);
}

static void all_buffered_bodies_together_have_a_limit(void **state)
{
    struct http_fixture small = { .options = { .buffered_bytes_max = 1000 } };
    struct peer_reply reply = { 0 };

    (void)state;
    http_fixture_start(&small);
    struct peer a = peer_open(small.port), b = peer_open(small.port);
    peer_send(&a, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 800\r\n\r\n");
    send_filler(&a, 'a', 799);
    assert_true(peer_wait_count(&small.begun, 1));
    peer_send(&a, "a");
    peer_read(&a, &reply, false);
    assert_int_equal(reply.status, 200);
    peer_send(&b, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 1001\r\n\r\n");
    send_filler(&b, 'b', 1001);
    assert_status(&b, 503, "\"overloaded\"");
    peer_send(&a, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 1000\r\n\r\n");
    send_filler(&a, 'a', 1000);
    peer_read(&a, &reply, false);
    assert_int_equal(reply.status, 200); /* the refused one has given its bytes back */
    peer_close(&a);
    peer_reply_release(&reply);
    http_fixture_stop(&small);
}

static int start(void **state)
{
    *state = &fixture;
    http_fixture_start(&fixture);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    http_fixture_stop(&fixture);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ambiguous_requests_are_refused),
        cmocka_unit_test(ambiguous_requests_are_refused_byte_by_byte),
        cmocka_unit_test(a_100_kb_header_is_431),
        cmocka_unit_test(blanks_that_the_parser_skips_count_too),
        cmocka_unit_test(too_many_header_lines_are_431),
        cmocka_unit_test(a_header_near_the_limit_is_taken),
        cmocka_unit_test(a_long_uri_is_414),
        cmocka_unit_test(a_body_over_the_limit_is_413_at_the_byte_that_exceeds),
        cmocka_unit_test(a_413_arrives_although_megabytes_are_on_their_way),
        cmocka_unit_test(a_1_mb_chunk_extension_is_cut),
        cmocka_unit_test(faults_are_worded_in_the_readers_language),
        cmocka_unit_test(the_handler_of_a_broken_body_is_told),
        cmocka_unit_test(more_connections_than_allowed_are_503),
        cmocka_unit_test(all_buffered_bodies_together_have_a_limit),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
