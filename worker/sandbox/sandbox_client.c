/* sandbox_client.c - the connection: made when needed, retried while it is missing.
 *
 * uv_poll on the SEQPACKET socket, because uv_pipe knows only streams. Writing happens at once
 * where the socket takes it; what waits holds duplicates of its descriptors.
 */
#include "worker/sandbox/sandbox_client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/check.h"
#include "worker/sandbox/client_private.h"

enum { RETRY_MS = 500 };

struct outgoing {
    struct outgoing *next;
    size_t bytes;
    int fds[WIRE_FDS_MAX];
    int fd_count;
    char message[];
};

static void poll_ready(uv_poll_t *poll, int status, int events);
static void timer_fired(uv_timer_t *timer);

static void outgoing_free(struct outgoing *o)
{
    for (int i = 0; i < o->fd_count; i++)
        close(o->fds[i]);
    free(o);
}

static void poll_closed(uv_handle_t *handle)
{
    free(handle);
}

static void disconnect(struct sandbox_client *c)
{
    if (c->fd < 0)
        return;
    uv_close((uv_handle_t *)c->poll, poll_closed);
    c->poll = NULL;
    close(c->fd);
    c->fd = -1;
    while (c->first) {
        struct outgoing *o = c->first;
        c->first = o->next;
        outgoing_free(o);
    }
    c->last = NULL;
    /* A callback may start new runs; those are not of this connection. */
    struct sandbox_run *lost = c->runs, *next;
    c->runs = NULL;
    for (; lost; lost = next) {
        next = lost->next;
        client_run_lost(lost);
    }
}

static void timer_arm(struct sandbox_client *c, uint64_t ms)
{
    if (!c->closing && (!uv_is_active((uv_handle_t *)&c->timer) || ms == 0))
        uv_timer_start(&c->timer, timer_fired, ms, 0);
}

static bool try_connect(struct sandbox_client *c)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    if (c->fd >= 0)
        return true;
    if (c->closing || strlen(c->path) >= sizeof address.sun_path)
        return false;
    memcpy(address.sun_path, c->path, strlen(c->path) + 1);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
        if (fd >= 0)
            close(fd);
        timer_arm(c, RETRY_MS);
        return false;
    }
    c->fd = fd;
    c->poll = calloc(1, sizeof *c->poll);
    CHECK(c->poll && uv_poll_init(c->loop, c->poll, fd) == 0);
    c->poll->data = c;
    uv_poll_start(c->poll, UV_READABLE, poll_ready);
    return true;
}

/* False if the connection broke. */
static bool flush(struct sandbox_client *c)
{
    while (c->first) {
        struct outgoing *o = c->first;
        int sent = wire_send(c->fd, o->message, o->bytes, o->fds, o->fd_count);
        if (sent < 0)
            return false;
        if (sent == 0)
            break;
        c->first = o->next;
        if (!c->first)
            c->last = NULL;
        outgoing_free(o);
    }
    uv_poll_start(c->poll, UV_READABLE | (c->first ? UV_WRITABLE : 0), poll_ready);
    return true;
}

bool client_send(struct sandbox_client *c, const void *message, size_t bytes, const int *fds,
                 int fd_count)
{
    if (!try_connect(c))
        return false;
    if (!c->first) {
        int sent = wire_send(c->fd, message, bytes, fds, fd_count);
        if (sent == 1)
            return true;
        if (sent < 0)
            return false; /* poll_ready sees the end of the connection, too */
    }
    struct outgoing *o = malloc(sizeof *o + bytes);
    CHECK(o);
    *o = (struct outgoing){ .bytes = bytes };
    memcpy(o->message, message, bytes);
    for (int i = 0; i < fd_count; i++) {
        o->fds[o->fd_count] = fcntl(fds[i], F_DUPFD_CLOEXEC, 3);
        if (o->fds[o->fd_count++] < 0) {
            o->fd_count--;
            outgoing_free(o);
            return false;
        }
    }
    if (c->last)
        c->last->next = o;
    else
        c->first = o;
    c->last = o;
    uv_poll_start(c->poll, UV_READABLE | UV_WRITABLE, poll_ready);
    return true;
}

static struct sandbox_run *run_find(struct sandbox_client *c, uint64_t id)
{
    struct sandbox_run *run = c->runs;

    while (run && run->id != id)
        run = run->next;
    return run;
}

static bool receive_one(struct sandbox_client *c, union wire_message *m, bool *again)
{
    int fds[WIRE_FDS_MAX], fd_count;
    ssize_t n = wire_receive(c->fd, m, fds, &fd_count);

    *again = n > 0;
    if (n <= 0)
        return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    struct sandbox_run *run = run_find(c, m->header.job);
    bool ok = !run || client_run_message(run, m, fds, fd_count);
    for (int i = 0; i < fd_count; i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
    return ok;
}

static void poll_ready(uv_poll_t *poll, int status, int events)
{
    struct sandbox_client *c = poll->data;
    union wire_message *m = malloc(sizeof *m);
    bool ok = status == 0 || status == UV_EBADF, again = true;

    (void)events;
    CHECK(m);
    ok = ok && flush(c);
    /* A callback may have closed this connection and the loop have made another. */
    while (ok && again && c->poll == poll)
        ok = receive_one(c, m, &again);
    free(m);
    if (!ok && c->poll == poll)
        disconnect(c);
    if (c->fd < 0)
        timer_arm(c, RETRY_MS);
}

static void timer_fired(uv_timer_t *timer)
{
    struct sandbox_client *c = timer->data;
    struct sandbox_run *run;

    uv_unref((uv_handle_t *)timer);
    for (;;) {
        for (run = c->runs; run && !run->abandoned; run = run->next)
            ;
        if (!run)
            break;
        client_run_finish(run);
    }
    if (!c->closing)
        try_connect(c);
}

void client_abandon_later(struct sandbox_run *run)
{
    run->abandoned = true;
    timer_arm(run->client, 0);
    uv_ref((uv_handle_t *)&run->client->timer); /* this one turn has to come */
}

struct sandbox_client *sandbox_client_new(uv_loop_t *loop, const char *socket_path)
{
    struct sandbox_client *c = calloc(1, sizeof *c);

    CHECK(c && (c->path = strdup(socket_path)));
    c->loop = loop;
    c->fd = -1;
    c->next_id = 1;
    uv_timer_init(loop, &c->timer);
    c->timer.data = c;
    /* Waiting for sandboxd to come back keeps no loop alive. */
    uv_unref((uv_handle_t *)&c->timer);
    try_connect(c);
    return c;
}

static void client_closed(uv_handle_t *handle)
{
    struct sandbox_client *c = handle->data;

    if (c->closed)
        c->closed(c->closed_user);
    free(c->path);
    free(c);
}

void sandbox_client_close(struct sandbox_client *c, void (*closed)(void *user), void *user)
{
    c->closing = true;
    c->closed = closed;
    c->closed_user = user;
    disconnect(c);
    while (c->runs)
        client_run_finish(c->runs);
    uv_close((uv_handle_t *)&c->timer, client_closed);
}

bool sandbox_client_connected(const struct sandbox_client *c)
{
    return c->fd >= 0;
}
