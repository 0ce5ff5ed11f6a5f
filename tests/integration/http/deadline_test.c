/* Who is cut off, when, and how the server comes to rest. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "tests/lib/http_fixture.h"
#include "tests/lib/http_peer.h"
#include "tests/lib/test.h"

#define HOST "Host: localhost\r\n"

static void assert_status(struct peer *p, int status)
{
    struct peer_reply reply = { 0 };

    peer_read(p, &reply, false);
    assert_int_equal(reply.status, status);
    peer_reply_release(&reply);
}

static void a_thousand_half_open_clients_are_cut_with_408(void **state)
{
    enum { CLIENTS = 1000 };
    static struct peer peers[CLIENTS];
    struct http_fixture f = { .options = { .header_timeout_ms = 300, .idle_timeout_ms = 60000 } };

    (void)state;
    http_fixture_start(&f);
    for (int i = 0; i < CLIENTS; i++) {
        peers[i] = peer_open(f.port);
        peer_send(&peers[i], "GET /hello HTTP/1.1\r\nHost: loc");
    }
    for (int i = 0; i < CLIENTS; i++) {
        assert_status(&peers[i], 408);
        assert_true(peer_closed(&peers[i]));
        peer_close(&peers[i]);
    }
    http_fixture_stop(&f);
    assert_true(f.server.metrics.timeouts == CLIENTS);
    assert_int_equal(f.begun, 0);
}

static void dripping_a_header_does_not_extend_its_deadline(void **state)
{
    struct http_fixture f = { .options = { .header_timeout_ms = 300 } };
    struct timeval step = { .tv_usec = 20 * 1000 };
    char byte;

    (void)state;
    http_fixture_start(&f);
    struct peer p = peer_open(f.port);
    setsockopt(p.fd, SOL_SOCKET, SO_RCVTIMEO, &step, sizeof step);
    peer_send(&p, "GET /hello HTTP/1.1\r\nX: ");
    int64_t until = clock_mono_us() + 5 * 1000 * 1000;
    while (recv(p.fd, &byte, 1, MSG_PEEK) < 0 && clock_mono_us() < until)
        peer_send(&p, "x"); /* recv waits 20 ms in between */
    assert_status(&p, 408);
    peer_close(&p);
    http_fixture_stop(&f);
}

static void a_body_that_stops_is_408_and_its_handler_is_told(void **state)
{
    struct http_fixture f = { .options = { .body_timeout_ms = 200 } };

    (void)state;
    http_fixture_start(&f);
    struct peer p = peer_open(f.port);
    peer_send(&p, "POST /count HTTP/1.1\r\n" HOST "Content-Length: 100\r\n\r\nabc");
    assert_status(&p, 408);
    assert_int_equal(f.gone, 1);
    assert_true(peer_closed(&p));
    peer_close(&p);
    http_fixture_stop(&f);
}

static void idle_connections_are_closed_without_a_word(void **state)
{
    struct http_fixture f = { .options = { .idle_timeout_ms = 200 } };

    (void)state;
    http_fixture_start(&f);
    struct peer fresh = peer_open(f.port), used = peer_open(f.port), busy = peer_open(f.port);
    peer_send(&used, "GET /hello HTTP/1.1\r\n" HOST "\r\n");
    peer_send(&busy, "GET /later?ms=900 HTTP/1.1\r\n" HOST "\r\n");
    assert_status(&used, 200);
    assert_true(peer_closed(&fresh));
    assert_true(peer_closed(&used));
    assert_status(&busy, 200);
    peer_close(&fresh);
    peer_close(&used);
    peer_close(&busy);
    http_fixture_stop(&f);
}

static void a_client_that_leaves_is_seen_at_once(void **state)
{
    struct http_fixture f = { 0 };

    (void)state;
    http_fixture_start(&f);
    for (int i = 0; i < 20; i++) {
        struct peer p = peer_open(f.port);
        peer_send(&p, "GET /never HTTP/1.1\r\n" HOST "\r\n");
        assert_true(peer_wait_count(&f.begun, i + 1));
        int64_t left = clock_mono_us();
        peer_close(&p);
        assert_true(peer_wait_count(&f.gone, i + 1));
        assert_true(clock_mono_us() - left <
                    200 * 1000); /* no timer involved: those tick at 250 ms */
    }
    http_fixture_stop(&f);
    assert_true(f.server.metrics.requests_by_class[0] == 20);
}

static void an_answer_to_one_who_has_left_goes_nowhere(void **state)
{
    struct http_fixture f = { 0 };

    (void)state;
    http_fixture_start(&f);
    struct peer p = peer_open(f.port);
    peer_send(&p, "GET /later?ms=100 HTTP/1.1\r\n" HOST "\r\n");
    assert_true(peer_wait_count(&f.begun, 1));
    peer_close(&p);
    assert_true(peer_wait_count(&f.gone, 1));
    http_fixture_stop(&f); /* the loop runs until the timer of /later is done */
    assert_int_equal(f.done, 0);
}

static void a_reader_that_takes_nothing_is_cut_off(void **state)
{
    struct http_fixture f = { .options = { .write_timeout_ms = 300 } };

    (void)state;
    http_fixture_start(&f);
    struct peer p = peer_open(f.port);
    peer_send(&p, "GET /pieces?n=20000 HTTP/1.1\r\n" HOST "\r\n");
    assert_true(peer_wait_count(&f.gone, 1));
    peer_close(&p);
    http_fixture_stop(&f);
    assert_true(f.server.metrics.timeouts == 1);
}

static void a_stream_does_not_pile_up_for_a_slow_reader(void **state)
{
    struct http_fixture f = { .options = { .queue_bytes_max = 200 * 1024 } };

    (void)state;
    http_fixture_start(&f);
    struct peer p = peer_open(f.port);
    peer_send(&p, "GET /flood HTTP/1.1\r\n" HOST "\r\n");
    assert_true(peer_wait_count(&f.gone, 1));
    peer_close(&p);
    http_fixture_stop(&f);
    assert_true(f.server.metrics.slow_readers == 1);
}

static void stopping_lets_work_finish_and_refuses_more(void **state)
{
    struct http_fixture f = { 0 };
    struct peer_reply reply = { 0 };

    (void)state;
    http_fixture_start(&f);
    struct peer idle = peer_open(f.port), busy = peer_open(f.port);
    peer_send(&idle, "GET /hello HTTP/1.1\r\n" HOST "\r\n");
    assert_status(&idle, 200);
    peer_send(&busy, "GET /later?ms=300 HTTP/1.1\r\n" HOST "\r\n"
                     "GET /hello HTTP/1.1\r\n" HOST "\r\n");
    assert_true(peer_wait_count(&f.begun, 2));
    http_fixture_drain(&f);
    assert_true(peer_closed(&idle));
    assert_false(f.stopped);
    peer_read(&busy, &reply, false);
    assert_int_equal(reply.status, 200);
    assert_string_equal(peer_header(&reply, "Connection"), "close");
    assert_true(peer_closed(&busy));
    peer_close(&idle);
    peer_close(&busy);
    peer_reply_release(&reply);
    pthread_join(f.thread, NULL);
    assert_true(f.stopped);
    assert_int_equal(uv_loop_close(&f.loop), 0);
}

static void stopping_does_not_wait_for_ever(void **state)
{
    struct http_fixture f = { .options = { .drain_ms = 300 } };

    (void)state;
    http_fixture_start(&f);
    struct peer p = peer_open(f.port);
    peer_send(&p, "GET /never HTTP/1.1\r\n" HOST "\r\n");
    assert_true(peer_wait_count(&f.begun, 1));
    http_fixture_stop(&f);
    assert_int_equal(f.gone, 1);
    peer_close(&p);
}

static void a_unix_socket_replaces_one_left_behind(void **state)
{
    struct http_fixture f = { 0 };
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    struct peer_reply reply = { 0 };

    (void)state;
    snprintf(address.sun_path, sizeof address.sun_path, "/tmp/http_deadline_test.%d",
             (int)getpid());
    int dead = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(dead, (struct sockaddr *)&address, sizeof address), 0);
    close(dead); /* nobody listens, but the file is there */
    f.options.socket_path = address.sun_path;
    http_fixture_start(&f);
    struct peer p = { .fd = socket(AF_UNIX, SOCK_STREAM, 0) };
    assert_int_equal(connect(p.fd, (struct sockaddr *)&address, sizeof address), 0);
    peer_send(&p, "GET /head HTTP/1.1\r\n" HOST "\r\n");
    peer_read(&p, &reply, false);
    assert_non_null(strstr(buf_text(&reply.body), "peer=unix"));

    struct http_server second;
    struct http_handlers none = { 0 };
    struct gov_err err;
    uv_loop_t loop;
    uv_loop_init(&loop);
    assert_false(
        http_server_start(&second, &loop, &f.options, &none, NULL, &err)); /* it is alive */
    assert_int_equal(err.code, GOV_CONFIGURATION);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);

    peer_close(&p);
    peer_reply_release(&reply);
    http_fixture_stop(&f);
    assert_int_not_equal(access(address.sun_path, F_OK), 0);
}

static void two_servers_may_share_a_port(void **state)
{
    struct http_fixture a = { .options = { .address = "127.0.0.1", .reuse_port = true } };
    struct http_fixture b = a;

    (void)state;
    http_fixture_start(&a);
    b.options.port = a.port;
    http_fixture_start(&b);
    for (int i = 0; i < 50; i++)
        assert_int_equal(peer_once(a.port, "GET /hello HTTP/1.1\r\n" HOST "\r\n", NULL), 200);
    http_fixture_stop(&a);
    http_fixture_stop(&b);
    assert_int_equal(a.done + b.done, 50);
}

int main(void)
{
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thousand_half_open_clients_are_cut_with_408),
        cmocka_unit_test(dripping_a_header_does_not_extend_its_deadline),
        cmocka_unit_test(a_body_that_stops_is_408_and_its_handler_is_told),
        cmocka_unit_test(idle_connections_are_closed_without_a_word),
        cmocka_unit_test(a_client_that_leaves_is_seen_at_once),
        cmocka_unit_test(an_answer_to_one_who_has_left_goes_nowhere),
        cmocka_unit_test(a_reader_that_takes_nothing_is_cut_off),
        cmocka_unit_test(a_stream_does_not_pile_up_for_a_slow_reader),
        cmocka_unit_test(stopping_lets_work_finish_and_refuses_more),
        cmocka_unit_test(stopping_does_not_wait_for_ever),
        cmocka_unit_test(a_unix_socket_replaces_one_left_behind),
        cmocka_unit_test(two_servers_may_share_a_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
