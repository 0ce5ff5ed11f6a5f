#include "worker/egress/daemon/listener.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/check.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "worker/egress/daemon/session.h"

enum { RETRY_MS = 200 };

struct listener {
    uv_poll_t poll; /* first */
    uv_timer_t retry; /* runs while no connection can be accepted */
    struct egress *egress;
    int fd, open; /* handles that are not closed yet */
    uid_t allowed;
};

static bool user_find(const char *text, uid_t *uid, struct gov_err *err)
{
    const struct passwd *user;
    int64_t number;

    *uid = geteuid();
    if (!*text)
        return true;
    if (text_parse_i64(text, 0, 4294967294, &number)) {
        *uid = (uid_t)number;
        return true;
    }
    user = getpwnam(text);
    if (!user)
        return gov_fail_at(err, GOV_CONFIGURATION, "allow_user", "unknown", "there is no user %s",
                           "没有用户 %s", text);
    *uid = user->pw_uid;
    return true;
}

static void on_poll(uv_poll_t *poll, int status, int events);

static void on_retry(uv_timer_t *timer)
{
    struct listener *l = timer->data;
    uv_poll_start(&l->poll, UV_READABLE, on_poll);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct listener *l = (struct listener *)poll;
    struct ucred peer = { .uid = (uid_t)-1 };
    socklen_t bytes = sizeof peer;
    int fd;

    if (status != 0 || !(events & UV_READABLE))
        return;
    fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
        /* It stays readable: without a pause we would do nothing else than ask again. */
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            log_write(LEVEL_ERROR, "accept.failed", LOG_FIELD("detail", strerror(errno)));
            uv_poll_stop(&l->poll);
            uv_timer_start(&l->retry, on_retry, RETRY_MS, 0);
        }
        return;
    }
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) < 0 ||
        (peer.uid != l->allowed && peer.uid != geteuid() && peer.uid != 0)) {
        log_write(LEVEL_WARN, "peer.refused", LOG_NUMBER("uid", peer.uid));
        close(fd);
        return;
    }
    session_open(l->egress, fd);
}

/* A socket that nobody answers on is left over from a process that was killed. */
static bool path_free(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool alive = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) == 0;

    if (fd >= 0)
        close(fd);
    return !alive && (unlink(address->sun_path) == 0 || errno == ENOENT);
}

bool listener_start(struct egress *egress, struct listener **listener, struct gov_err *err)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const char *path = egress->settings.socket;
    struct listener *l;
    uid_t allowed;

    *listener = NULL;
    if (!*path)
        return true;
    if (strlen(path) >= sizeof address.sun_path)
        return gov_fail_at(err, GOV_CONFIGURATION, "socket", "length", "the path is too long", "路径过长");
    if (!user_find(egress->settings.allow_user, &allowed, err))
        return false;
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* 0666: who may is decided by the peer's uid; the folder says who gets here. */
    if (fd < 0 || !path_free(&address) || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ||
        chmod(path, 0666) < 0 || listen(fd, 128) < 0) {
        gov_fail_at(err, GOV_CONFIGURATION, "socket", "unusable", "cannot listen at %s: %s",
                    "无法监听 %s：%s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return false;
    }
    l = calloc(1, sizeof *l);
    CHECK(l);
    l->egress = egress;
    l->fd = fd;
    l->allowed = allowed;
    CHECK(uv_poll_init(&egress->loop->uv, &l->poll, fd) == 0);
    CHECK(uv_timer_init(&egress->loop->uv, &l->retry) == 0);
    l->retry.data = l;
    l->open = 2;
    uv_poll_start(&l->poll, UV_READABLE, on_poll);
    *listener = l;
    return true;
}

static void closed(struct listener *l)
{
    if (--l->open > 0)
        return;
    close(l->fd);
    unlink(l->egress->settings.socket);
    free(l);
}

static void on_poll_closed(uv_handle_t *handle)
{
    closed((struct listener *)handle);
}

static void on_retry_closed(uv_handle_t *handle)
{
    closed(handle->data);
}

void listener_stop(struct listener *listener)
{
    uv_poll_stop(&listener->poll);
    uv_close((uv_handle_t *)&listener->poll, on_poll_closed);
    uv_close((uv_handle_t *)&listener->retry, on_retry_closed);
}
