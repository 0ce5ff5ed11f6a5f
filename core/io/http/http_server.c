/* http_server.c - listening, and stopping without losing an answer. */
#include "core/io/http/http_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "core/base/check.h"
#include "core/io/http/http_conn.h"

enum { BACKLOG = 4096 };

static void default_int(int *value, int standard)
{
    if (*value == 0)
        *value = standard;
}

static void default_size(size_t *value, size_t standard)
{
    if (*value == 0)
        *value = standard;
}

static void fill_defaults(struct http_options *o)
{
    default_int(&o->socket_mode, 0660);
    default_int(&o->header_timeout_ms, 10 * 1000);
    default_int(&o->body_timeout_ms, 30 * 1000);
    default_int(&o->idle_timeout_ms, 75 * 1000);
    default_int(&o->write_timeout_ms, 30 * 1000);
    default_int(&o->linger_ms, 10 * 1000);
    default_int(&o->drain_ms, 10 * 1000);
    default_int(&o->connections_max, 20 * 1000);
    default_int(&o->header_count_max, 100);
    default_size(&o->body_bytes_max, 1 << 20);
    default_size(&o->buffered_bytes_max, 256 << 20);
    default_size(&o->header_bytes_max, 32 << 10);
    default_size(&o->uri_bytes_max, 8 << 10);
    default_size(&o->queue_bytes_max, 1 << 20);
}

static void on_connection(uv_stream_t *listener, int status)
{
    if (status == 0)
        http_conn_accept(listener->data, listener);
}

/* --- TCP --- */

static bool address_parse(const struct http_options *o, struct sockaddr_storage *address)
{
    return uv_ip4_addr(o->address, o->port, (struct sockaddr_in *)address) == 0 ||
           uv_ip6_addr(o->address, o->port, (struct sockaddr_in6 *)address) == 0;
}

/* libuv 1.44 binds without SO_REUSEPORT, so the socket is made here. */
static int socket_open(uv_tcp_t *tcp, int family)
{
    int on = 1;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) {
        int e = -errno;
        close(fd);
        return e;
    }
    int rc = uv_tcp_open(tcp, fd);
    if (rc != 0)
        close(fd);
    return rc;
}

static bool listen_tcp(struct http_server *server, struct gov_err *err)
{
    const struct http_options *o = &server->options;
    struct sockaddr_storage address = { 0 };

    if (!address_parse(o, &address))
        return gov_fail(err, GOV_CONFIGURATION, "\"%s\" is not a numeric IPv4 or IPv6 address",
                        "“%s”不是数字形式的 IPv4 或 IPv6 地址", o->address);
    CHECK(uv_tcp_init(server->loop, &server->tcp) == 0);
    server->tcp.data = server;
    server->has_tcp = true;
    server->handles_open++;
    int rc = o->reuse_port ? socket_open(&server->tcp, address.ss_family) : 0;
    if (rc == 0)
        rc = uv_tcp_bind(&server->tcp, (struct sockaddr *)&address, 0);
    if (rc == 0)
        rc = uv_listen((uv_stream_t *)&server->tcp, BACKLOG, on_connection);
    if (rc != 0)
        return gov_fail(err, GOV_CONFIGURATION, "cannot listen on %s port %d: %s",
                        "无法监听 %s 端口 %d：%s", o->address, o->port, uv_strerror(rc));
    return true;
}

/* --- unix socket --- */

/* Remove the socket of a process that is no more: one that nobody accepts on. */
static bool socket_stale(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    struct stat about;

    if (strlen(path) >= sizeof address.sun_path || lstat(path, &about) != 0 ||
        !S_ISSOCK(about.st_mode))
        return false;
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    bool refused =
        connect(fd, (struct sockaddr *)&address, sizeof address) != 0 && errno == ECONNREFUSED;
    close(fd);
    return refused;
}

static bool listen_unix(struct http_server *server, struct gov_err *err)
{
    const char *path = server->options.socket_path;

    CHECK(uv_pipe_init(server->loop, &server->unix_socket, 0) == 0);
    server->unix_socket.data = server;
    server->has_unix = true;
    server->handles_open++;
    if (socket_stale(path))
        unlink(path);
    int rc = uv_pipe_bind(&server->unix_socket, path);
    if (rc == 0 && chmod(path, (mode_t)server->options.socket_mode) != 0)
        rc = -errno;
    if (rc == 0)
        rc = uv_listen((uv_stream_t *)&server->unix_socket, BACKLOG, on_connection);
    if (rc != 0)
        return gov_fail(err, GOV_CONFIGURATION, "cannot listen on %s: %s", "无法监听 %s：%s", path,
                        uv_strerror(rc));
    return true;
}

/* --- starting and stopping --- */

bool http_server_start(struct http_server *server, uv_loop_t *loop,
                       const struct http_options *options, const struct http_handlers *handlers,
                       void *ctx, struct gov_err *err)
{
    memset(server, 0, sizeof *server);
    /* libuv writes without MSG_NOSIGNAL: a client that has left would end the program. */
    signal(SIGPIPE, SIG_IGN);
    server->loop = loop;
    server->options = *options;
    server->handlers = *handlers;
    server->ctx = ctx;
    fill_defaults(&server->options);
    list_init(&server->connections);
    http_wait_init(server);
    server->read_buffer = malloc(HTTP_READ_BYTES);
    CHECK(server->read_buffer);
    CHECK(uv_timer_init(loop, &server->timer) == 0);
    server->timer.data = server;
    server->handles_open++;
    if ((!options->address || listen_tcp(server, err)) &&
        (!options->socket_path || listen_unix(server, err)))
        return true;
    http_server_stop(server, NULL);
    return false;
}

static void on_handle_closed(uv_handle_t *handle)
{
    http_server_left(handle->data);
}

static void close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, on_handle_closed);
}

void http_server_left(struct http_server *server)
{
    server->handles_open--;
    if (!server->stopping)
        return;
    if (server->handles_open == 1)
        close_handle((uv_handle_t *)&server->timer);
    if (server->handles_open > 0)
        return;
    free(server->read_buffer);
    server->read_buffer = NULL;
    buf_release(&server->scratch);
    if (server->on_stopped)
        server->on_stopped(server);
}

void http_server_stop(struct http_server *server, void (*on_stopped)(struct http_server *server))
{
    CHECK(!server->stopping);
    server->stopping = true;
    server->on_stopped = on_stopped;
    server->stop_deadline_ms = (int64_t)uv_now(server->loop) + server->options.drain_ms;
    http_wait_timer_start(server);
    if (server->has_tcp)
        close_handle((uv_handle_t *)&server->tcp);
    if (server->has_unix)
        close_handle((uv_handle_t *)&server->unix_socket);
    for (struct list *link = server->connections.next; link != &server->connections;) {
        struct http_conn *c = LIST_ITEM(link, struct http_conn, all);
        link = link->next;
        if (!c->request)
            http_conn_close(c);
    }
    if (server->handles_open == 1)
        close_handle((uv_handle_t *)&server->timer);
}

int http_server_port(const struct http_server *server)
{
    struct sockaddr_storage address;
    int bytes = sizeof address;

    if (!server->has_tcp ||
        uv_tcp_getsockname(&server->tcp, (struct sockaddr *)&address, &bytes) != 0)
        return 0;
    return ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                               : ((struct sockaddr_in *)&address)->sin_port);
}

const char *http_server_date(struct http_server *server)
{
    time_t now = time(NULL);
    struct tm utc;

    if (server->date_s != now || !server->date[0]) {
        server->date_s = now;
        gmtime_r(&now, &utc);
        /* The "C" locale's names, whatever the process has set. */
        static const char days[] = "SunMonTueWedThuFriSat";
        static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
        snprintf(server->date, sizeof server->date, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
                 days + 3 * utc.tm_wday, utc.tm_mday, months + 3 * utc.tm_mon,
                 (utc.tm_year + 1900) % 10000, utc.tm_hour, utc.tm_min, utc.tm_sec);
    }
    return server->date;
}
