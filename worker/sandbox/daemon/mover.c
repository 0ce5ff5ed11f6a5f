/* mover.c - a socket, a loop, three writes.
 *
 * A thread was the other way: every fork of sandboxd would then have to live with whatever lock that
 * thread held. The child keeps the rights, for it does nothing with words of others: a name that
 * sandboxd made and a number that it has checked.
 */
#include "worker/sandbox/daemon/mover.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/log.h"
#include "worker/sandbox/jail/descriptors.h"

/* `root` of a group is at the same address in the child. */
struct move {
    uint64_t token;
    struct cgroup group;
    pid_t pid; /* 0: the group is to go */
};

struct moved {
    struct move asked;
    bool ok;
};

_Noreturn static void mover_child(int socket)
{
    int keep[] = { STDERR_FILENO, socket };
    struct gov_err err = { 0 };
    struct move m;
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (!descriptors_keep(keep, 2))
        _exit(1);
    for (;;) {
        ssize_t n = recv(socket, &m, sizeof m, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n != sizeof m)
            _exit(0);
        struct moved answer = { .asked = m };
        answer.ok = m.pid ? cgroup_join(&m.group, m.pid, &err) : cgroup_remove(&m.group);
        if (m.pid == 0 && answer.ok)
            continue; /* nobody waits for that */
        if (send(socket, &answer, sizeof answer, MSG_NOSIGNAL) < 0)
            _exit(0);
    }
}

static void mover_ready(void *user, short events)
{
    struct mover *m = user;
    struct moved answer;
    ssize_t n;

    (void)events;
    while ((n = recv(m->socket, &answer, sizeof answer, MSG_DONTWAIT)) == sizeof answer)
        if (answer.asked.pid)
            m->moved(m->user, answer.asked.token, answer.ok);
        else
            m->kept(m->user, &answer.asked.group);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    log_write(LEVEL_WARN, "mover.ended"); /* what it was asked for is missed by its deadline */
    mover_stop(m);
}

void mover_start(struct mover *m, struct poller *poller,
                 void (*moved)(void *user, uint64_t token, bool ok),
                 void (*kept)(void *user, const struct cgroup *group), void *user)
{
    int ends[2];

    *m = (struct mover){ .poller = poller, .pid = -1, .socket = -1, .moved = moved, .kept = kept, .user = user };
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return;
    m->pid = fork();
    if (m->pid == 0)
        mover_child(ends[1]);
    close(ends[1]);
    if (m->pid < 0) {
        close(ends[0]);
        return;
    }
    m->socket = ends[0];
    m->watch = poller_watch(poller, m->socket, POLLIN, mover_ready, m);
}

bool mover_ask(struct mover *m, const struct cgroup *group, pid_t pid, uint64_t token)
{
    const struct move move = { token, *group, pid };

    return m->socket >= 0 &&
           send(m->socket, &move, sizeof move, MSG_DONTWAIT | MSG_NOSIGNAL) == sizeof move;
}

bool mover_remove(struct mover *m, struct cgroup *group)
{
    if (!group->root || !mover_ask(m, group, 0, 0))
        return false;
    group->root = NULL;
    return true;
}

void mover_stop(struct mover *m)
{
    if (m->socket < 0)
        return;
    poller_forget(m->watch);
    m->watch = NULL;
    close(m->socket); /* it reads what is still in there, and then the end */
    m->socket = -1;
    waitpid(m->pid, NULL, 0);
    m->pid = -1;
}
