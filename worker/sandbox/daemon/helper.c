/* helper.c - fork, drop, work, answer. */
#include "worker/sandbox/daemon/helper.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/check.h"
#include "worker/sandbox/jail/confine.h"
#include "worker/sandbox/jail/descriptors.h"

void helper_init(struct helper *h)
{
    memset(h, 0, sizeof *h);
    h->pid = -1;
    h->pidfd = h->socket = -1;
}

/* Keep stderr for the log, and what the work needs. */
static bool descriptors_cut(const int *keep, int count, int socket)
{
    int all[16], n = 0;

    CHECK(count <= 12);
    all[n++] = STDERR_FILENO;
    all[n++] = socket;
    for (int i = 0; i < count; i++)
        all[n++] = keep[i];
    return descriptors_keep(all, n);
}

/* Until the word comes it is sandboxd's own: the uid is the job's, whose processes the kernel counts by it. */
static void hold(int socket)
{
    char word;

    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (recv(socket, &word, sizeof word, 0) != sizeof word)
        _exit(1);
}

_Noreturn static void helper_child(bool held, uid_t uid, const int *keep, int keep_count, int socket,
                                   int (*work)(void *user, int socket), void *user)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (!descriptors_cut(keep, keep_count, socket))
        _exit(1);
    if (held)
        hold(socket);
    if (uid != (uid_t)-1 && !confine_identity(uid, uid, true))
        _exit(1);
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    alarm(HELPER_SECONDS_MAX);
    _exit(work(user, socket));
}

static void drain(struct helper *h)
{
    union wire_message *m = malloc(sizeof *m);
    int fds[WIRE_FDS_MAX], fd_count;
    bool more = true;

    CHECK(m);
    while (more && h->socket >= 0) {
        ssize_t n = wire_receive(h->socket, m, fds, &fd_count);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            break;
        more = n > 0 && h->events.message(h->user, m, fds, fd_count);
        while (fd_count > 0) {
            int fd = fds[--fd_count];
            if (fd >= 0)
                close(fd);
        }
        if (!more) {
            poller_forget(h->socket_watch);
            h->socket_watch = NULL;
            close(h->socket);
            h->socket = -1;
        }
    }
    free(m);
}

static void socket_ready(void *user, short events)
{
    (void)events;
    drain(user);
}

static void pid_ready(void *user, short events)
{
    struct helper *h = user;

    (void)events;
    drain(h); /* its last words may still be in the socket */
    if (waitpid(h->pid, NULL, WNOHANG) == 0)
        return;
    h->pid = -1;
    h->host->helpers--;
    poller_forget(h->pid_watch);
    h->pid_watch = NULL;
    h->events.ended(h->user);
}

bool helper_start(struct helper *h, bool held, struct host *host, uid_t uid, const int *keep, int keep_count,
                  int (*work)(void *user, int socket), const struct helper_events *events,
                  void *user)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return false;
    pid_t pid = fork();
    if (pid == 0)
        helper_child(held, uid, keep, keep_count, ends[1], work, user);
    close(ends[1]);
    h->pidfd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
    if (h->pidfd < 0) {
        close(ends[0]);
        if (pid > 0) {
            kill(pid, SIGKILL);
            waitpid(pid, NULL, 0);
        }
        return false;
    }
    h->pid = pid;
    h->host = host;
    host->helpers++;
    h->socket = ends[0];
    h->events = *events;
    h->user = user;
    h->socket_watch = poller_watch(&host->poller, h->socket, POLLIN, socket_ready, h);
    h->pid_watch = poller_watch(&host->poller, h->pidfd, POLLIN, pid_ready, h);
    return true;
}

void helper_go(struct helper *h)
{
    /* If it is gone, its end tells. */
    send(h->socket, "g", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void helper_kill(struct helper *h)
{
    if (h->pid > 0)
        kill(h->pid, SIGKILL); /* not reaped yet: the number is still its own */
}

void helper_release(struct helper *h)
{
    poller_forget(h->pid_watch);
    poller_forget(h->socket_watch);
    if (h->pid > 0) {
        kill(h->pid, SIGKILL);
        waitpid(h->pid, NULL, 0);
        h->host->helpers--;
    }
    if (h->pidfd >= 0)
        close(h->pidfd);
    if (h->socket >= 0)
        close(h->socket);
    helper_init(h);
}
