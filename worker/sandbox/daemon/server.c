/* server.c - accepting, decoding, queueing. */
#include "worker/sandbox/daemon/server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/check.h"
#include "core/base/log.h"
#include "worker/sandbox/daemon/package.h"
#include "worker/sandbox/daemon/runtime_late.h"
#include "worker/sandbox/daemon/script.h"
#include "worker/sandbox/daemon/zygote_pool.h"
#include "worker/sandbox/store/package_cache.h"
#include "worker/sandbox/wire.h"

enum { QUEUE_MAX = 4096, CONNECTIONS_MAX = 64 };

struct outgoing {
    struct outgoing *next;
    size_t bytes;
    int fds[2];
    int fd_count;
    char message[];
};

static void outgoing_free(struct outgoing *o)
{
    for (int i = 0; i < o->fd_count; i++)
        close(o->fds[i]);
    free(o);
}

static void connection_close(struct connection *c)
{
    if (c->closing)
        return;
    c->closing = true;
    poller_forget(c->watch);
    close(c->fd);
    while (c->first) {
        struct outgoing *o = c->first;
        c->first = o->next;
        outgoing_free(o);
    }
    c->last = NULL;
    script_orphan_all(c);
    package_orphan_all(c);
    for (struct connection **at = &c->server->connections; *at; at = &(*at)->next) {
        if (*at == c) {
            *at = c->next;
            break;
        }
    }
    log_write(LEVEL_INFO, "connection.closed");
    free(c);
}

/* False if the connection is gone now. */
static bool flush(struct connection *c)
{
    while (c->first) {
        struct outgoing *o = c->first;
        int sent = wire_send(c->fd, o->message, o->bytes, o->fds, o->fd_count);
        if (sent == 0)
            break;
        if (sent < 0)
            return false;
        c->first = o->next;
        if (!c->first)
            c->last = NULL;
        c->queued--;
        outgoing_free(o);
    }
    c->watch->events = c->first ? POLLIN | POLLOUT : POLLIN;
    return true;
}

void connection_send(struct connection *c, const void *message, size_t bytes, const int *fds,
                     int fd_count)
{
    struct outgoing *o = malloc(sizeof *o + bytes);

    CHECK(o && fd_count <= 2);
    *o = (struct outgoing){ .bytes = bytes, .fd_count = fd_count };
    memcpy(o->message, message, bytes);
    for (int i = 0; i < fd_count; i++)
        o->fds[i] = fds[i];
    if (c->last)
        c->last->next = o;
    else
        c->first = o;
    c->last = o;
    c->queued++;
    /* Sent by the next round of the loop, so that a broken connection is only ever closed there. */
    c->watch->events = POLLIN | POLLOUT;
}

void connection_refuse(struct connection *c, uint64_t job, const struct gov_err *err)
{
    struct wire_refused m;

    wire_refused_fill(&m, job, err);
    log_error(LEVEL_WARN, "job.refused", err);
    connection_send(c, &m, sizeof m, NULL, 0);
}

static void send_state(struct connection *c, uint64_t job)
{
    struct wire_state m = { .header = { WIRE_MAGIC, WIRE_STATE, job } };

    runtime_late_look(c->server->host);
    m.status = c->server->host->status;
    m.status.accepting = m.status.accepting && !c->server->host->draining;
    zygote_pool_status(c->server->host, &m.status);
    m.status.own_runtimes = package_cache_count(c->server->host->wheels, &m.status.own_runtime_bytes);
    connection_send(c, &m, sizeof m, NULL, 0);
}

/* False: the peer does not speak our language. */
static bool dispatch(struct connection *c, const union wire_message *m, int *fds, int fd_count)
{
    switch (m->header.kind) {
    case WIRE_START:
        return script_start(c, &m->start, fds, fd_count);
    case WIRE_KILL:
        return fd_count == 0 && script_kill(c, m->header.job, m->kill.limit);
    case WIRE_UNPACK:
        return fd_count == 1 && package_start(c, &m->unpack, fds[0]);
    case WIRE_PREPARE:
        return fd_count == 0 && wire_prepare_valid(&m->prepare) &&
               script_prepare(c->server->host, &m->prepare);
    case WIRE_STATUS:
        send_state(c, m->header.job);
        return fd_count == 0;
    default:
        return false;
    }
}

static void connection_ready(void *user, short events)
{
    struct connection *c = user;
    union wire_message *m = malloc(sizeof *m);
    int fds[WIRE_FDS_MAX], fd_count;
    bool alive = flush(c) && !(events & (POLLERR | POLLNVAL));

    CHECK(m);
    while (alive && events & (POLLIN | POLLHUP)) {
        ssize_t n = wire_receive(c->fd, m, fds, &fd_count);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            break;
        alive = n > 0 && dispatch(c, m, fds, fd_count) && c->queued < QUEUE_MAX;
        while (fd_count > 0) {
            int fd = fds[--fd_count];
            if (fd >= 0)
                close(fd);
        }
    }
    free(m);
    if (!alive)
        connection_close(c);
}

static bool peer_allowed(const struct server *s, int fd)
{
    struct ucred peer;
    socklen_t size = sizeof peer;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
        return false;
    if (peer.uid == geteuid() || peer.uid == s->host->options.allow_uid)
        return true;
    log_write(LEVEL_WARN, "connection.refused", LOG_NUMBER("uid", peer.uid));
    return false;
}

static void listener_ready(void *user, short events)
{
    struct server *s = user;
    int count = 0;
    int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    (void)events;
    if (fd < 0)
        return;
    for (struct connection *c = s->connections; c; c = c->next)
        count++;
    if (count >= CONNECTIONS_MAX || !peer_allowed(s, fd)) {
        close(fd);
        return;
    }
    struct connection *c = calloc(1, sizeof *c);
    CHECK(c);
    c->server = s;
    c->fd = fd;
    c->watch = poller_watch(&s->host->poller, fd, POLLIN, connection_ready, c);
    c->next = s->connections;
    s->connections = c;
    log_write(LEVEL_INFO, "connection.opened");
}

/* The socket belongs to us; the allowed user comes in through his group. */
static bool socket_share(const struct server *s, const char *path)
{
    uid_t uid = s->host->options.allow_uid;

    if (uid == geteuid())
        return chmod(path, 0600) == 0;
    /* A plain user cannot give the file to another group; the peer's uid decides in any case. */
    if (geteuid() != 0)
        return chmod(path, 0666) == 0;
    struct passwd *user = getpwuid(uid);
    return user && chown(path, (uid_t)-1, user->pw_gid) == 0 && chmod(path, 0660) == 0;
}

/* A socket file without anybody behind it is a leftover of a killed daemon. */
static bool leftover_remove(const struct sockaddr_un *address, struct gov_err *err)
{
    struct stat st;
    if (lstat(address->sun_path, &st) < 0)
        return true;
    int probe = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    bool alive =
        probe >= 0 && connect(probe, (const struct sockaddr *)address, sizeof *address) == 0;
    if (probe >= 0)
        close(probe);
    if (alive || !S_ISSOCK(st.st_mode))
        return gov_fail(err, GOV_CONFIGURATION, "%s is in use", "%s 正被使用", address->sun_path);
    return unlink(address->sun_path) == 0 ||
           gov_fail_cause(err, GOV_CONFIGURATION, "%s: %s", address->sun_path, strerror(errno));
}

bool server_start(struct server *s, struct host *host, struct gov_err *err)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const char *path = host->options.socket_path;

    *s = (struct server){ .host = host, .listener = -1 };
    if (strlen(path) >= sizeof address.sun_path)
        return gov_fail(err, GOV_CONFIGURATION, "--socket %s is too long", "--socket %s 过长",
                        path);
    memcpy(address.sun_path, path, strlen(path) + 1);
    if (!leftover_remove(&address, err))
        return false;
    s->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t mask = umask(0177);
    bool ok = s->listener >= 0 &&
              bind(s->listener, (const struct sockaddr *)&address, sizeof address) == 0;
    umask(mask);
    if (!ok || !socket_share(s, path) || listen(s->listener, 16) < 0)
        return gov_fail_cause(err, GOV_CONFIGURATION, "listen at %s: %s", path, strerror(errno));
    s->watch = poller_watch(&host->poller, s->listener, POLLIN, listener_ready, s);
    return true;
}

void server_stop(struct server *s)
{
    if (s->listener >= 0) {
        poller_forget(s->watch);
        close(s->listener);
        unlink(s->host->options.socket_path);
        s->listener = -1;
    }
    while (s->connections)
        connection_close(s->connections); /* NOLINT(clang-analyzer-unix.Malloc): it unlinks what it frees */
}
