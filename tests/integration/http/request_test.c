/* What a well-behaved client may do: pipelining, chunking, HEAD, Expect, keep-alive. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/http_fixture.h"
#include "tests/lib/http_peer.h"
#include "tests/lib/test.h"

#define HOST "Host: localhost\r\n"

static struct http_fixture fixture;

static int port_of(void **state)
{
    struct http_fixture *f = *state;

    return f->port;
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

static void assert_reply(struct peer *p, int status, const char *body)
{
    struct peer_reply reply = { 0 };

    peer_read(p, &reply, false);
    assert_int_equal(reply.status, status);
    if (body)
        assert_string_equal(buf_text(&reply.body), body);
    peer_reply_release(&reply);
}

static void get_is_answered_with_standard_headers(void **state)
{
    struct peer_reply reply = { 0 };

    assert_int_equal(peer_once(port_of(state), "GET /hello HTTP/1.1\r\n" HOST "\r\n", &reply), 200);
    assert_string_equal(buf_text(&reply.body), "hello");
    assert_string_equal(peer_header(&reply, "Content-Type"), "text/plain");
    assert_string_equal(peer_header(&reply, "X-Content-Type-Options"), "nosniff");
    assert_string_equal(peer_header(&reply, "Cache-Control"), "no-store");
    assert_string_equal(peer_header(&reply, "Content-Security-Policy"), "default-src 'none'");
    assert_int_equal(strlen(peer_header(&reply, "X-Request-Id")), 36);
    assert_int_equal(strlen(peer_header(&reply, "Date")), 29);
    assert_null(peer_header(&reply, "Connection"));
    peer_reply_release(&reply);
}

static void a_handler_cannot_split_the_answer(void **state)
{
    struct peer_reply reply = { 0 };

    assert_int_equal(
        peer_once(port_of(state), "GET /reply-header HTTP/1.1\r\n" HOST "\r\n", &reply), 200);
    assert_string_equal(buf_text(&reply.body), "as promised");
    assert_string_equal(peer_header(&reply, "Cache-Control"), "max-age=60");
    assert_null(strstr(reply.head, "no-store"));
    assert_null(peer_header(&reply, "X-Evil"));
    assert_string_equal(peer_header(&reply, "Content-Disposition"),
                        "attachment; filename=\"______ _1_.csv\"; "
                        "filename*=UTF-8''%E6%8A%A5%E5%91%8A%20%221%22.csv");
    peer_reply_release(&reply);
}

static void what_the_client_sent_reaches_the_handler(void **state)
{
    struct peer_reply reply = { 0 };

    peer_once(port_of(state),
              "GET http://localhost/%e6%8a%a5/head%20x?a=%20b HTTP/1.1\r\n" HOST "\r\n", &reply);
    assert_int_equal(reply.status, 404);
    peer_once(port_of(state),
              "GET http://localhost/head?a=%20b&c HTTP/1.1\r\nhOsT: \t localhost \t\r\nX-Empty:\r\n"
              "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
              "X-UTF: \xe6\x8a\xa5\r\n\r\n",
              &reply);
    assert_string_equal(
        buf_text(&reply.body),
        "host=localhost\nx-empty=\n"
        "traceparent=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\nx-utf=\xe6\x8a\xa5\n"
        "path=/head query=a=%20b&c peer=127.0.0.1 "
        "trace=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 body=0\n");
    peer_once(port_of(state),
              "GET /head HTTP/1.1\r\n" HOST
              "traceparent: 00-00000000000000000000000000000000-b7ad6b7169203331-01\r\n\r\n",
              &reply);
    assert_non_null(strstr(buf_text(&reply.body), " trace= "));
    peer_reply_release(&reply);
}

static void a_thousand_pipelined_gets_are_answered_in_order(void **state)
{
    struct peer p = peer_open(port_of(state));
    struct peer_reply reply = { 0 };
    struct buf all = { 0 };
    char wanted[40];

    for (int i = 0; i < 1000; i++)
        buf_addf(&all, "GET /head?n=%d HTTP/1.1\r\n" HOST "\r\n", i);
    peer_send_bytes(&p, all.data, all.length);
    for (int i = 0; i < 1000; i++) {
        peer_read(&p, &reply, false);
        assert_int_equal(reply.status, 200);
        snprintf(wanted, sizeof wanted, "query=n=%d peer", i);
        assert_non_null(strstr(buf_text(&reply.body), wanted));
    }
    buf_release(&all);
    peer_reply_release(&reply);
    peer_close(&p);
}

static void slow_answers_keep_the_order_of_a_pipeline(void **state)
{
    struct peer p = peer_open(port_of(state));

    peer_send(&p, "POST /later?ms=60 HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc"
                  "GET /hello HTTP/1.1\r\n" HOST "\r\n"
                  "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
                  "3\r\nxyz\r\n0\r\n\r\n"
                  "GET /later?ms=1 HTTP/1.1\r\n" HOST "\r\nGET /hello HTTP/1.1\r\n" HOST "\r\n");
    assert_reply(&p, 200, "later ms=60");
    assert_reply(&p, 200, "hello");
    assert_reply(&p, 200, "xyz");
    assert_reply(&p, 200, "later ms=1");
    assert_reply(&p, 200, "hello");
    peer_close(&p);
}

static void more_than_the_stash_may_wait_for_a_slow_answer(void **state)
{
    struct peer p = peer_open(port_of(state));
    char *body = malloc(300001);

    memset(body, 'q', 300000);
    body[300000] = 0;
    peer_send(&p, "GET /later?ms=60 HTTP/1.1\r\n" HOST "\r\n"
                  "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 300000\r\n\r\n");
    peer_send_bytes(&p, body, 300000);
    assert_reply(&p, 200, "later ms=60");
    assert_reply(&p, 200, body);
    free(body);
    peer_close(&p);
}

static void one_byte_chunks_extensions_and_trailers_are_read(void **state)
{
    struct peer p = peer_open(port_of(state));
    struct buf all = { 0 };

    buf_add_text(&all, "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 2000; i++)
        buf_addf(&all, "1;name=\"quoted\"\r\n%c\r\n", 'a' + i % 26);
    buf_add_text(&all, "0\r\nX-Trailer: yes\r\nX-Other: no\r\n\r\n");
    for (size_t i = 0; i < all.length; i += 7)
        peer_send_bytes(&p, all.data + i, all.length - i < 7 ? all.length - i : 7);
    struct peer_reply reply = { 0 };
    peer_read(&p, &reply, false);
    assert_int_equal(reply.status, 200);
    assert_int_equal(reply.body.length, 2000);
    assert_int_equal(reply.body.data[27], 'b');
    peer_send(&p, "GET /head HTTP/1.1\r\n" HOST "\r\n");
    peer_read(&p, &reply, false);
    assert_null(strstr(buf_text(&reply.body), "trailer"));
    peer_reply_release(&reply);
    buf_release(&all);
    peer_close(&p);
}

static void every_byte_may_come_alone(void **state)
{
    struct peer p = peer_open(port_of(state));
    const char *request =
        "\r\nPOST /echo?x=1 HTTP/1.1\r\nHost:  localhost  \r\nContent-Length: 4\r\n"
        "X-Empty:\r\n\r\nbodyGET /hello HTTP/1.1\r\n" HOST "\r\n";

    for (const char *c = request; *c; c++)
        peer_send_bytes(&p, c, 1);
    assert_reply(&p, 200, "body");
    assert_reply(&p, 200, "hello");
    peer_close(&p);
}

static void head_is_answered_without_body(void **state)
{
    struct peer p = peer_open(port_of(state));
    struct peer_reply reply = { 0 };

    peer_send(&p, "HEAD /hello HTTP/1.1\r\n" HOST "\r\nHEAD /pieces?n=3 HTTP/1.1\r\n" HOST "\r\n"
                  "HEAD /file HTTP/1.1\r\n" HOST "\r\nGET /hello HTTP/1.1\r\n" HOST "\r\n");
    peer_read(&p, &reply, true);
    assert_string_equal(peer_header(&reply, "Content-Length"), "5");
    peer_read(&p, &reply, true);
    assert_int_equal(reply.status, 200);
    peer_read(&p, &reply, true);
    assert_string_equal(peer_header(&reply, "Content-Length"), "300000");
    assert_reply(&p, 200, "hello");
    peer_reply_release(&reply);
    peer_close(&p);
}

static void expect_100_continue_is_met_before_the_body(void **state)
{
    struct peer p = peer_open(port_of(state));
    struct peer_reply reply = { 0 };

    peer_send(&p,
              "POST /echo HTTP/1.1\r\n" HOST "Expect: 100-Continue\r\nContent-Length: 5\r\n\r\n");
    peer_read(&p, &reply, false);
    assert_int_equal(reply.status, 100);
    peer_send(&p, "hello");
    assert_reply(&p, 200, "hello");
    peer_close(&p);
    assert_int_equal(peer_once(port_of(state),
                               "POST /refused HTTP/1.1\r\n" HOST
                               "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n",
                               &reply),
                     401); /* no 100 before it */
    assert_string_equal(peer_header(&reply, "Connection"), "close");
    assert_int_equal(peer_once(port_of(state),
                               "POST /echo?limit=4 HTTP/1.1\r\n" HOST
                               "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n",
                               &reply),
                     413);
    assert_int_equal(
        peer_once(port_of(state), "POST /echo HTTP/1.1\r\n" HOST "Expect: 200-ok\r\n\r\n", &reply),
        417);
    peer_reply_release(&reply);
}

static void an_early_answer_keeps_the_connection_if_the_body_is_short(void **state)
{
    struct peer p = peer_open(port_of(state));
    struct peer_reply reply = { 0 };

    peer_send(&p, "POST /refused HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\n01234");
    assert_reply(&p, 401, "no");
    peer_send(&p, "56789POST /refused-later HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc"
                  "GET /refused-later HTTP/1.1\r\n" HOST "\r\nGET /hello HTTP/1.1\r\n" HOST "\r\n");
    assert_reply(&p, 401, "no");
    assert_reply(&p, 401, "no");
    assert_reply(&p, 200, "hello");
    peer_send(&p, "POST /refused HTTP/1.1\r\n" HOST "Content-Length: 1000000\r\n\r\n0123");
    peer_read(&p, &reply, false);
    assert_int_equal(reply.status, 401);
    assert_string_equal(peer_header(&reply, "Connection"), "close");
    assert_true(peer_closed(&p));
    peer_reply_release(&reply);
    peer_close(&p);
}

static void connection_close_is_honoured(void **state)
{
    struct peer p = peer_open(port_of(state));
    struct peer_reply reply = { 0 };

    peer_send(&p, "GET /hello HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    peer_read(&p, &reply, false);
    assert_string_equal(peer_header(&reply, "Connection"), "close");
    assert_true(peer_closed(&p));
    peer_close(&p);
    peer_reply_release(&reply);
}

static void http_1_0_gets_one_answer_unless_it_asks_to_stay(void **state)
{
    struct peer p = peer_open(port_of(state));
    struct peer_reply reply = { 0 };

    peer_send(&p, "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    peer_read(&p, &reply, false);
    assert_string_equal(peer_header(&reply, "Connection"), "keep-alive");
    peer_send(&p, "GET /pieces?n=3 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    peer_read(&p, &reply, false);
    assert_null(peer_header(&reply, "Transfer-Encoding"));
    assert_int_equal(reply.body.length, 3000);
    assert_int_equal(peer_once(port_of(state), "GET /hello HTTP/1.0\r\n\r\n", &reply), 200);
    assert_string_equal(peer_header(&reply, "Connection"), "close");
    peer_reply_release(&reply);
    peer_close(&p);
}

static void a_client_that_half_closes_after_its_request_is_answered(void **state)
{
    struct peer p = peer_open(port_of(state));

    peer_send(&p, "GET /hello HTTP/1.1\r\n" HOST "\r\n");
    shutdown(p.fd, SHUT_WR);
    assert_reply(&p, 200, "hello");
    assert_true(peer_closed(&p));
    peer_close(&p);
}

static void options_may_ask_about_the_server_itself(void **state)
{
    assert_int_equal(peer_once(port_of(state), "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", NULL), 404);
    assert_int_equal(peer_once(port_of(state), "GET * HTTP/1.1\r\n" HOST "\r\n", NULL), 400);
}

static int make_file(void **state)
{
    FILE *file;

    snprintf(fixture.file, sizeof fixture.file, "/tmp/http_request_test.%d", (int)getpid());
    file = fopen(fixture.file, "w");
    assert_non_null(file);
    for (int i = 0; i < 30000; i++)
        fprintf(file, "%010d", i);
    fclose(file);
    return start(state);
}

static int remove_file(void **state)
{
    remove(fixture.file);
    return stop(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(get_is_answered_with_standard_headers),
        cmocka_unit_test(a_handler_cannot_split_the_answer),
        cmocka_unit_test(what_the_client_sent_reaches_the_handler),
        cmocka_unit_test(a_thousand_pipelined_gets_are_answered_in_order),
        cmocka_unit_test(slow_answers_keep_the_order_of_a_pipeline),
        cmocka_unit_test(more_than_the_stash_may_wait_for_a_slow_answer),
        cmocka_unit_test(one_byte_chunks_extensions_and_trailers_are_read),
        cmocka_unit_test(every_byte_may_come_alone),
        cmocka_unit_test(head_is_answered_without_body),
        cmocka_unit_test(expect_100_continue_is_met_before_the_body),
        cmocka_unit_test(an_early_answer_keeps_the_connection_if_the_body_is_short),
        cmocka_unit_test(connection_close_is_honoured),
        cmocka_unit_test(http_1_0_gets_one_answer_unless_it_asks_to_stay),
        cmocka_unit_test(a_client_that_half_closes_after_its_request_is_answered),
        cmocka_unit_test(options_may_ask_about_the_server_itself),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
