#include "tests/lib/http_peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "tests/lib/test.h"

struct peer peer_open(int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    struct timeval patience = { .tv_sec = 20 };
    struct peer p = { .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(p.fd >= 0);
    setsockopt(p.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(p.fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(p.fd, (struct sockaddr *)&address, sizeof address), 0);
    return p;
}

void peer_close(struct peer *p)
{
    close(p->fd);
    buf_release(&p->in);
}

bool peer_send_bytes(struct peer *p, const void *data, size_t bytes)
{
    size_t sent = 0;

    while (sent < bytes) {
        ssize_t n = send(p->fd, (const char *)data + sent, bytes - sent, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        sent += (size_t)n;
    }
    return true;
}

void peer_send(struct peer *p, const char *text_to_send)
{
    peer_send_bytes(p, text_to_send, strlen(text_to_send));
}

static bool read_more(struct peer *p)
{
    char *room = buf_reserve(&p->in, 65536);
    ssize_t n = recv(p->fd, room, 65536, 0);

    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        fail_msg("the server neither answered nor closed");
    if (n <= 0)
        return false;
    p->in.length += (size_t)n;
    p->in.data[p->in.length] = 0;
    return true;
}

static void take(struct peer *p, struct buf *to, size_t bytes)
{
    buf_add(to, p->in.data, bytes);
    buf_consume(&p->in, bytes);
}

static bool want(struct peer *p, size_t bytes)
{
    while (p->in.length < bytes)
        if (!read_more(p))
            return false;
    return true;
}

static bool read_chunks(struct peer *p, struct peer_reply *reply)
{
    for (;;) {
        char *end;
        while (!p->in.data || !(end = strstr(p->in.data, "\r\n")))
            if (!read_more(p))
                return false;
        size_t bytes = strtoul(p->in.data, NULL, 16);
        buf_consume(&p->in, (size_t)(end + 2 - p->in.data));
        if (!want(p, bytes + 2))
            return false;
        take(p, &reply->body, bytes);
        buf_consume(&p->in, 2);
        if (bytes == 0)
            return true;
    }
}

void peer_read(struct peer *p, struct peer_reply *reply, bool head_only)
{
    char *end;

    peer_reply_release(reply);
    while (!p->in.data || !(end = strstr(p->in.data, "\r\n\r\n"))) {
        if (!read_more(p)) {
            reply->closed = true;
            return;
        }
    }
    size_t bytes = (size_t)(end + 4 - p->in.data);
    assert_true(bytes < sizeof reply->head);
    memcpy(reply->head, p->in.data, bytes);
    reply->head[bytes] = 0;
    buf_consume(&p->in, bytes);
    assert_int_equal(strncmp(reply->head, "HTTP/1.1 ", 9), 0);
    reply->status = atoi(reply->head + 9);
    const char *length = peer_header(reply, "Content-Length");
    if (head_only || reply->status == 204 || reply->status == 304 || reply->status < 200)
        return;
    if (length) {
        reply->closed = !want(p, strtoul(length, NULL, 10));
        take(p, &reply->body, reply->closed ? p->in.length : strtoul(length, NULL, 10));
    } else if (peer_header(reply, "Transfer-Encoding")) {
        reply->closed = !read_chunks(p, reply);
    } else {
        while (read_more(p))
            continue;
        take(p, &reply->body, p->in.length);
    }
}

const char *peer_header(const struct peer_reply *reply, const char *name)
{
    static char value[1024];
    size_t bytes = strlen(name);

    for (const char *line = strstr(reply->head, "\r\n"); line; line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, bytes) == 0 && line[2 + bytes] == ':') {
            const char *from = line + 2 + bytes + 1;
            from += strspn(from, " ");
            snprintf(value, sizeof value, "%.*s", (int)strcspn(from, "\r"), from);
            return value;
        }
    }
    return NULL;
}

void peer_reply_release(struct peer_reply *reply)
{
    buf_release(&reply->body);
    reply->status = 0;
    reply->head[0] = 0;
    reply->closed = false;
}

bool peer_closed(struct peer *p)
{
    char byte;

    return p->in.length == 0 && recv(p->fd, &byte, 1, 0) <= 0 && errno != EAGAIN;
}

bool peer_wait_text(struct peer *p, const char *wanted)
{
    while (!p->in.data || !strstr(p->in.data, wanted))
        if (!read_more(p))
            return false;
    return true;
}

int peer_once(int port, const char *request, struct peer_reply *reply)
{
    struct peer_reply own = { 0 };
    struct peer p = peer_open(port);

    peer_send(&p, request);
    peer_read(&p, reply ? reply : &own, strncmp(request, "HEAD", 4) == 0);
    int status = reply ? reply->status : own.status;
    peer_reply_release(&own);
    peer_close(&p);
    return status;
}

bool peer_wait_count(const atomic_int *counter, int wanted)
{
    int64_t until = clock_mono_us() + 10 * 1000 * 1000;

    while (*counter < wanted && clock_mono_us() < until)
        sched_yield();
    return *counter >= wanted;
}
