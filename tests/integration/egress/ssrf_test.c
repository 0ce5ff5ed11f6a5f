/* ssrf_test.c - addresses that lead inside, in every spelling: nobody on this machine is called.
 *
 * A canary listens on loopback (IPv4 and IPv6) and counts. Names are answered by a resolver of the test's own,
 * which takes the place of getaddrinfo in this program: it rebinds, as an attacker's name server does.
 */
#include "core/io/http_client.h"

#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/op_probe.h"
#include "tests/lib/test.h"

enum { URLS_LEAST = 200 };

/* --- the name server --- */

static atomic_int asked; /* rebind.example: how often */

static int resolve_to(const char *address, const char *service, const struct addrinfo *hints,
                      struct addrinfo **found)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) =
        (int (*)(const char *, const char *, const struct addrinfo *, struct addrinfo **))dlsym(RTLD_NEXT,
                                                                                             "getaddrinfo");
    return real(address, service, hints, found);
}

/* The first answer is the address that may be called, every later one is inside. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    if (name && strcmp(name, "rebind.example") == 0)
        return resolve_to(atomic_fetch_add(&asked, 1) == 0 ? "127.0.0.2" : "127.0.0.1", service, hints, found);
    if (name && (strstr(name, "inside.example") || strcmp(name, "metadata.google.internal") == 0 ||
                 strcasecmp(name, "localhost.") == 0)) /* which not every resolver knows */
        return resolve_to("127.0.0.1", service, hints, found);
    return resolve_to(name, service, hints, found);
}

/* --- listeners --- */

struct listener {
    int fd, port;
    const char *answer;
    void *(*serve)(void *listener); /* NULL: one answer a connection */
    atomic_int hits;
    pthread_t thread;
};

static void *serve(void *given)
{
    struct listener *l = given;
    char request[4096];
    int fd;

    while ((fd = accept(l->fd, NULL, NULL)) >= 0) {
        atomic_fetch_add(&l->hits, 1);
        if (recv(fd, request, sizeof request, 0) > 0)
            send(fd, l->answer, strlen(l->answer), MSG_NOSIGNAL);
        shutdown(fd, SHUT_RDWR);
        close(fd);
    }
    return NULL;
}

static void listen_on(struct listener *l, const char *address, int port, const char *answer)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST }, *at;
    char service[8];
    struct sockaddr_storage bound;
    socklen_t bytes = sizeof bound;
    int on = 1;

    snprintf(service, sizeof service, "%d", port);
    assert_int_equal(resolve_to(address, service, &hints, &at), 0);
    l->fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (at->ai_family == AF_INET6)
        setsockopt(l->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    assert_int_equal(bind(l->fd, at->ai_addr, at->ai_addrlen), 0);
    assert_int_equal(listen(l->fd, 64), 0);
    assert_int_equal(getsockname(l->fd, (struct sockaddr *)&bound, &bytes), 0);
    l->port = ntohs(at->ai_family == AF_INET ? ((struct sockaddr_in *)&bound)->sin_port
                                             : ((struct sockaddr_in6 *)&bound)->sin6_port);
    freeaddrinfo(at);
    l->answer = answer;
    assert_int_equal(pthread_create(&l->thread, NULL, l->serve ? l->serve : serve, l), 0);
}

static void listener_end(struct listener *l)
{
    shutdown(l->fd, SHUT_RDWR);
    close(l->fd);
    pthread_join(l->thread, NULL);
}

static const char good_answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

struct fixture {
    struct loop loop;
    struct arena arena;
    struct listener canary, canary6;
};

static int setup(void **state)
{
    static struct fixture f;

    memset(&f, 0, sizeof f);
    loop_init(&f.loop);
    arena_init(&f.arena);
    listen_on(&f.canary, "127.0.0.1", 0, good_answer);
    listen_on(&f.canary6, "::1", f.canary.port, good_answer);
    atomic_store(&asked, 0);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    listener_end(&f->canary);
    listener_end(&f->canary6);
    arena_release(&f->arena);
    assert_true(loop_release(&f->loop));
    return 0;
}

static int hits(struct fixture *f)
{
    return atomic_load(&f->canary.hits) + atomic_load(&f->canary6.hits);
}

struct sending {
    struct http_client *client;
    struct http_exchange *exchange;
};

static void begin(struct op *op, void *given)
{
    struct sending *s = given;
    http_client_send(op, s->client, s->exchange);
}

/* The status, 0 if there was none; the failure is in x->err. */
static int fetch(struct fixture *f, struct http_client *client, const char *url, struct http_exchange *x)
{
    struct sending sending = { client, x };
    struct op_probe probe;

    *x = (struct http_exchange){ .method = "GET", .url = url, .timeout_ms = 3000, .answer_bytes_max = 1000 };
    assert_true(op_probe_run(&probe, &f->loop, begin, &sending));
    x->answer_headers = arena_text(&f->arena, x->answer_headers); /* the op's arena goes */
    op_release(&probe.op);
    return x->status;
}

/* --- spellings --- */

static const char *const hosts[] = {
    "127.0.0.1", "127.1", "127.0.1", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "2130706433", "017700000001",
    "127.255.255.254", "0.0.0.0", "0", "localhost", "LOCALHOST", "localhost.", "[::1]", "[::]",
    "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[fe80::1]", "[fc00::1]", "[fd00::1]", "[ff02::1]",
    "[2001:db8::1]", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.254", "192.168.0.1",
    "192.168.255.255", "169.254.169.254", "0xa9fea9fe", "2852039166", "169.254.0.1", "100.64.0.1",
    "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255",
    "240.0.0.1", "255.255.255.255", "inside.example", "sub.inside.example", "metadata.google.internal",
};

/* printf formats of host and port. */
static const char *const forms[] = {
    "http://%s:%d/", "http://%s:%d", "https://%s:%d/", "HTTP://%s:%d/a/../b?c=d#e", "http://%s:%d/%%2e%%2e/",
};

/* Whole addresses: %d is the canary's port. */
static const char *const others[] = {
    "http://user@127.0.0.1:%d/",       "http://user:pass@localhost:%d/", "http://public.example@127.0.0.1:%d/",
    "http://127.0.0.1:%d@public.invalid/", "ftp://127.0.0.1:%d/",         "gopher://127.0.0.1:%d/_GET",
    "file:///etc/passwd#%d",           "dict://127.0.0.1:%d/",           "ldap://127.0.0.1:%d/",
    "telnet://127.0.0.1:%d/",          "tftp://127.0.0.1:%d/",           "smtp://127.0.0.1:%d/",
    "http://127.0.0.1:%d\r\nX: y/",    "http://127.0.0.1\t:%d/",         "http:///127.0.0.1:%d/",
    "http://[::1%%25lo]:%d/",          "//127.0.0.1:%d/",                "127.0.0.1:%d/",
    "javascript:alert(%d)",            "http://\xE2\x91\xA0\xE2\x91\xA1\xE2\x91\xA6.0.0.1:%d/",
};

/* Refused for its address, and not for some other reason that might go away: a port, a protocol, a time-out. `odd`:
 * libcurl may not even take it for an address. */
static void expect_nothing(struct fixture *f, struct http_client *client, const char *url, bool odd)
{
    struct http_exchange x;
    int status = fetch(f, client, url, &x);
    bool refused = x.err.code == GOV_ADDRESS_REFUSED || (odd && x.err.code == GOV_INVALID_INPUT);

    if (status != 0 || !refused || hits(f) != 0)
        fail_msg("%s: status %d, %s, %d hit(s)", url, status, gov_code_info(x.err.code)->wire, hits(f));
}

static void no_spelling_of_an_inner_address_is_called(void **state)
{
    struct fixture *f = *state;
    struct http_client *client = http_client_new(&f->loop, &(struct http_client_options){ .transfers_max = 4 });
    size_t tried = 0;

    for (size_t h = 0; h < sizeof hosts / sizeof *hosts; h++)
        for (size_t i = 0; i < sizeof forms / sizeof *forms; i++, tried++) {
            char url[300];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            snprintf(url, sizeof url, forms[i], hosts[h], f->canary.port);
#pragma GCC diagnostic pop
            expect_nothing(f, client, url, false);
        }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++, tried++) {
        char url[300];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(url, sizeof url, others[i], f->canary.port);
#pragma GCC diagnostic pop
        expect_nothing(f, client, url, true);
    }
    assert_true(tried >= URLS_LEAST);
    http_client_stop(client);
}

/* The canary itself works: without that the test above could not fail. */
static void an_opened_network_is_called(void **state)
{
    struct fixture *f = *state;
    struct http_client_options options = { .transfers_max = 4 };
    struct http_exchange x;
    struct gov_err err;

    assert_true(ip_nets_parse("loopback", &options.open, &err));
    struct http_client *client = http_client_new(&f->loop, &options);
    assert_int_equal(fetch(f, client, arena_format(&f->arena, "http://127.0.0.1:%d/", f->canary.port), &x), 200);
    assert_int_equal(fetch(f, client, arena_format(&f->arena, "http://[::1]:%d/", f->canary.port), &x), 200);
    assert_int_equal(hits(f), 2);
    http_client_stop(client);
}

/* Answers on one connection until the other side ends it. */
static void *serve_on(void *given)
{
    struct listener *l = given;
    char request[4096];
    int fd;

    while ((fd = accept(l->fd, NULL, NULL)) >= 0) {
        while (recv(fd, request, sizeof request, 0) > 0) {
            atomic_fetch_add(&l->hits, 1);
            send(fd, l->answer, strlen(l->answer), MSG_NOSIGNAL);
        }
        close(fd);
    }
    return NULL;
}

static void a_network_that_was_closed_is_not_called_over_a_kept_connection(void **state)
{
    struct fixture *f = *state;
    struct http_client_options options = { .transfers_max = 4, .reuse = true };
    struct listener partner = { .serve = serve_on };
    const struct ip_nets none = { 0 };
    struct http_exchange x;
    struct gov_err err;

    listen_on(&partner, "127.0.0.3", 0, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    assert_true(ip_nets_parse("127.0.0.3/32", &options.open, &err));
    struct http_client *client = http_client_new(&f->loop, &options);
    const char *url = arena_format(&f->arena, "http://127.0.0.3:%d/", partner.port);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(fetch(f, client, url, &x), 200);
        http_client_reopen(client, &options.open); /* as before: the connection is kept */
    }
    http_client_reopen(client, &none);
    assert_int_equal(fetch(f, client, url, &x), 0);
    assert_int_equal(x.err.code, GOV_ADDRESS_REFUSED);
    assert_int_equal(atomic_load(&partner.hits), 3);
    http_client_reopen(client, &options.open);
    assert_int_equal(fetch(f, client, url, &x), 200);
    http_client_stop(client);
    listener_end(&partner);
}

static void a_name_that_rebinds_is_checked_at_every_connection(void **state)
{
    struct fixture *f = *state;
    struct http_client_options options = { .transfers_max = 4, .reuse = true };
    struct listener outside = { 0 };
    struct http_exchange x;
    struct gov_err err;

    listen_on(&outside, "127.0.0.2", f->canary.port, good_answer);
    assert_true(ip_nets_parse("127.0.0.2/32", &options.open, &err));
    struct http_client *client = http_client_new(&f->loop, &options);
    const char *url = arena_format(&f->arena, "http://rebind.example:%d/", f->canary.port);
    for (int i = 0; i < 3; i++) /* libcurl remembers names for a minute; a new client does not */
        fetch(f, client, url, &x);
    assert_true(atomic_load(&outside.hits) >= 1);
    http_client_stop(client);
    client = http_client_new(&f->loop, &options);
    assert_int_equal(fetch(f, client, url, &x), 0);
    assert_int_equal(x.err.code, GOV_ADDRESS_REFUSED);
    assert_true(atomic_load(&asked) >= 2);
    assert_int_equal(hits(f), 0);
    http_client_stop(client);
    listener_end(&outside);
}

static void a_redirect_is_an_answer_and_not_a_way_in(void **state)
{
    struct fixture *f = *state;
    struct http_client_options options = { .transfers_max = 4 };
    struct listener outside = { 0 };
    struct http_exchange x;
    struct gov_err err;
    const char *answer = arena_format(&f->arena, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%d/\r\n"
                                                 "Content-Length: 0\r\nConnection: close\r\n\r\n", f->canary.port);

    listen_on(&outside, "127.0.0.2", f->canary.port, answer);
    assert_true(ip_nets_parse("127.0.0.2/32", &options.open, &err));
    struct http_client *client = http_client_new(&f->loop, &options);
    const char *url = arena_format(&f->arena, "http://127.0.0.2:%d/", f->canary.port);
    assert_int_equal(fetch(f, client, url, &x), 302);
    assert_non_null(strstr(x.answer_headers, "Location: http://127.0.0.1"));
    /* Whoever follows it by hand is refused like anybody. */
    assert_int_equal(fetch(f, client, arena_format(&f->arena, "http://127.0.0.1:%d/", f->canary.port), &x), 0);
    assert_int_equal(x.err.code, GOV_ADDRESS_REFUSED);
    assert_int_equal(hits(f), 0);
    http_client_stop(client);
    listener_end(&outside);
}

static void a_proxy_of_the_environment_is_not_used(void **state)
{
    struct fixture *f = *state;
    struct http_client *client;
    struct http_exchange x;
    const char *proxy = arena_format(&f->arena, "http://127.0.0.1:%d", f->canary.port);

    setenv("http_proxy", proxy, 1);
    setenv("all_proxy", proxy, 1);
    client = http_client_new(&f->loop, &(struct http_client_options){ .transfers_max = 4 });
    assert_int_equal(fetch(f, client, "http://10.0.0.1/", &x), 0);
    assert_int_equal(x.err.code, GOV_ADDRESS_REFUSED);
    assert_int_equal(hits(f), 0);
    http_client_stop(client);
    unsetenv("http_proxy");
    unsetenv("all_proxy");
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        EACH(an_opened_network_is_called),
        EACH(no_spelling_of_an_inner_address_is_called),
        EACH(a_network_that_was_closed_is_not_called_over_a_kept_connection),
        EACH(a_name_that_rebinds_is_checked_at_every_connection),
        EACH(a_redirect_is_an_answer_and_not_a_way_in),
        EACH(a_proxy_of_the_environment_is_not_used),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
