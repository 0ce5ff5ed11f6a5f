/* service_test.c - the health port, and one drain however often a process is told to end.
 *
 * The service runs in a child, as a daemon would: signals are the process's.
 */
#include "core/io/service.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/http_peer.h"
#include "tests/lib/test.h"

struct daemon {
    pid_t pid;
    int port;
    int said;   /* what the child writes: "d" for each drain */
    int orders; /* '0'/'1' readiness, 's' end */
};

struct child {
    struct loop loop;
    struct service service;
    uv_pipe_t orders;
    int say;
    bool ready;
};

static bool is_ready(void *context, json_t *checks)
{
    struct child *c = context;
    service_check(checks, "planted", c->ready, NULL);
    service_check(checks, "minor", false, "only degraded");
    return c->ready;
}

static void tell(int fd, char what)
{
    if (write(fd, &what, 1) != 1)
        _exit(9);
}

static void drain(void *context)
{
    tell(((struct child *)context)->say, 'd');
}

static void on_room(uv_handle_t *handle, size_t size, uv_buf_t *room)
{
    static char bytes[16];
    (void)handle;
    (void)size;
    *room = uv_buf_init(bytes, sizeof bytes);
}

static void on_orders(uv_stream_t *stream, ssize_t n, const uv_buf_t *bytes)
{
    struct child *c = stream->data;

    for (ssize_t i = 0; i < n; i++) {
        c->ready = bytes->base[i] == '1';
        tell(c->say, 'k');
    }
    if (n < 0) { /* the test is done, or dead */
        service_stop(&c->service);
        uv_close((uv_handle_t *)stream, NULL);
    }
}

_Noreturn static void child_run(int orders, int say)
{
    static struct child c;
    static struct metric counter = { "execgov_test_total", "Test.", NULL, METRIC_COUNTER, 7 };
    static struct metrics metrics;
    struct gov_err err;

    loop_init(&c.loop);
    metrics_add(&metrics, &counter);
    c.say = say;
    c.ready = true;
    c.service = (struct service){ .loop = &c.loop, .name = "testd", .metrics = &metrics,
                                  .ready = is_ready, .drain = drain, .context = &c };
    if (!service_start(&c.service, "127.0.0.1:0", &err))
        _exit(1);
    uv_pipe_init(&c.loop.uv, &c.orders, 0);
    uv_pipe_open(&c.orders, orders);
    c.orders.data = &c;
    uv_read_start((uv_stream_t *)&c.orders, on_room, on_orders);
    int port = http_server_port(&c.service.http);
    if (write(say, &port, sizeof port) != sizeof port)
        _exit(9);
    loop_run(&c.loop);
    _exit(loop_release(&c.loop) ? 0 : 3);
}

static int setup(void **state)
{
    static struct daemon d;
    int orders[2], said[2];

    assert_true(pipe(orders) == 0 && pipe(said) == 0);
    d.pid = fork();
    if (d.pid == 0) {
        close(orders[1]);
        close(said[0]);
        child_run(orders[0], said[1]);
    }
    close(orders[0]);
    close(said[1]);
    d.orders = orders[1];
    d.said = said[0];
    assert_int_equal(read(d.said, &d.port, sizeof d.port), sizeof d.port);
    *state = &d;
    return 0;
}

/* It ends by itself, cleanly, once its service is stopped. */
static int teardown(void **state)
{
    struct daemon *d = *state;
    int status;

    close(d->orders);
    assert_int_equal(waitpid(d->pid, &status, 0), d->pid);
    close(d->said);
    assert_int_equal(status, 0);
    return 0;
}

static char heard(struct daemon *d)
{
    char what = 0;
    assert_int_equal(read(d->said, &what, 1), 1);
    return what;
}

static int get(struct daemon *d, const char *line, struct peer_reply *reply)
{
    char request[200];
    snprintf(request, sizeof request, "%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", line);
    return peer_once(d->port, request, reply);
}

static void the_health_port_answers_what_it_promises(void **state)
{
    struct daemon *d = *state;
    struct peer_reply reply = { 0 };

    assert_int_equal(get(d, "GET /livez", NULL), 200);
    assert_int_equal(get(d, "GET /metrics", &reply), 200);
    assert_non_null(strstr(buf_text(&reply.body), "\nexecgov_test_total 7\n"));
    assert_non_null(strstr(peer_header(&reply, "content-type"), "version=0.0.4"));
    peer_reply_release(&reply);
    assert_int_equal(get(d, "GET /version", &reply), 200);
    assert_non_null(strstr(buf_text(&reply.body), "\"service\":\"testd\""));
    peer_reply_release(&reply);
    assert_int_equal(get(d, "GET /", NULL), 404);
    assert_int_equal(get(d, "DELETE /livez", NULL), 405);
}

static void readiness_is_asked_for_each_time_and_lists_its_checks(void **state)
{
    struct daemon *d = *state;
    struct peer_reply reply = { 0 };

    assert_int_equal(get(d, "GET /readyz", &reply), 200);
    assert_non_null(strstr(buf_text(&reply.body), "\"status\":\"degraded\""));
    assert_non_null(strstr(buf_text(&reply.body), "\"name\":\"planted\",\"ok\":true"));
    peer_reply_release(&reply);
    tell(d->orders, '0');
    assert_int_equal(heard(d), 'k');
    assert_int_equal(get(d, "GET /readyz", &reply), 503);
    assert_non_null(strstr(buf_text(&reply.body), "\"status\":\"unavailable\""));
    peer_reply_release(&reply);
    assert_int_equal(get(d, "GET /livez", NULL), 200); /* alive all the same */
}

static void being_told_to_end_drains_once_and_is_seen_in_readiness(void **state)
{
    struct daemon *d = *state;
    struct pollfd more = { .fd = d->said, .events = POLLIN };

    kill(d->pid, SIGHUP); /* no reason to end */
    kill(d->pid, SIGTERM);
    assert_int_equal(heard(d), 'd');
    kill(d->pid, SIGTERM);
    kill(d->pid, SIGINT);
    assert_int_equal(get(d, "GET /readyz", NULL), 503);
    tell(d->orders, '1'); /* the loop has gone round since: a second drain would be heard first */
    assert_int_equal(heard(d), 'k');
    assert_int_equal(get(d, "GET /livez", NULL), 200);
    assert_int_equal(poll(&more, 1, 0), 0);
}

static void addresses_to_listen_at_are_read(void **state)
{
    static const struct { const char *text, *address; int port; } good[] = {
        { "127.0.0.1:8080", "127.0.0.1", 8080 }, { "[::1]:80", "::1", 80 }, { ":0", "0.0.0.0", 0 }
    };
    static const char *const bad[] = { "", "8080", "127.0.0.1", "127.0.0.1:", "x:65536", "x:-1",
                                       "x:80 ", "0123456789012345678901234567890123456789012345678901234567890123:1" };
    char address[64];
    struct gov_err err;
    int port;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(service_listen_parse(good[i].text, address, &port, &err));
        assert_string_equal(address, good[i].address);
        assert_int_equal(port, good[i].port);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(service_listen_parse(bad[i], address, &port, &err));
        assert_int_equal(err.code, GOV_CONFIGURATION);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_health_port_answers_what_it_promises),
        TEST(readiness_is_asked_for_each_time_and_lists_its_checks),
        TEST(being_told_to_end_drains_once_and_is_seen_in_readiness),
        cmocka_unit_test(addresses_to_listen_at_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
