/* zygote.c - the control socket, the spare's channel, and what is believed of them.
 *
 * A spare is asked for when the job that took the last one runs, not while that starts: the processors are wanted for
 * it, and the script gives the time. There is one; a burst waits for the next, which takes less than a cold start, and
 * is asked for at once where somebody waits already.
 */
#include "worker/sandbox/daemon/zygote.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "worker/sandbox/daemon/wheels_runtime.h"
#include "worker/sandbox/daemon/zygote_person.h"
#include "worker/sandbox/jail/zygote_jail.h"
#include "worker/sandbox/store/package_cache.h"
#include "worker/sandbox/zygote/zygote_wire.h"

enum { START_MS = 20000, SPARE_MS = 5000, GOING_MS = 1000, MEMORY_MB = 768, PROCESSES = 64, SPARE_PROCESSES = 8 };

uid_t zygote_job_uid(const struct zygote *z, int slot)
{
    return z->host->user_namespace ? host_slot_uid(z->host, slot)
                                   : host_zygote_uid(z->host, z->range) + 1 + (uid_t)slot;
}

uid_t zygote_job_uid_inside(const struct zygote *z, int slot)
{
    return z->host->user_namespace ? JAIL_UID : host_slot_uid(z->host, slot);
}

void spare_discard(struct spare *s, struct host *host)
{
    jail_kill(&s->jail);
    jail_release(&s->jail);
    host_cgroup_drop(host, &s->cgroup);
}

static void spare_drop(struct zygote *z)
{
    poller_forget(z->spare_watch);
    z->spare_watch = NULL;
    if (z->spare_state != SPARE_NONE)
        spare_discard(&z->spare, z->host);
    z->spare_state = SPARE_NONE;
}

static void waiters_answer(struct zygote *z, const char *reason)
{
    while (z->first) {
        struct zygote_wait *w = z->first;
        z->first = w->next;
        if (!z->first)
            z->last = NULL;
        w->zygote = NULL;
        w->ready(w->user, NULL, reason);
    }
}

void zygote_retire(struct zygote *z, const char *reason)
{
    if (z->state != ZYGOTE_RETIRING) {
        z->state = ZYGOTE_RETIRING;
        z->retired_us = clock_mono_us();
        snprintf(z->reason, sizeof z->reason, "%s", reason);
        log_write(LEVEL_DEBUG, "zygote.retired", LOG_FIELD("reason", reason),
                  LOG_NUMBER("jobs", (int64_t)z->jobs));
    }
    spare_drop(z);
    waiters_answer(z, reason);
    poller_forget(z->control_watch);
    z->control_watch = NULL;
    if (z->control >= 0)
        close(z->control); /* it goes when its last job has ended */
    z->control = -1;
}

void zygote_kill(struct zygote *z)
{
    jail_kill(&z->jail);
}

static void spare_give(struct zygote *z, struct spare *spare)
{
    *spare = z->spare;
    poller_forget(z->spare_watch);
    z->spare_watch = NULL;
    z->spare_state = SPARE_NONE;
    z->running++;
    z->jobs++;
    z->used_us = clock_mono_us();
}

static void spare_failed(struct zygote *z, const char *stage)
{
    log_write(LEVEL_WARN, "zygote.spare", LOG_FIELD("stage", stage));
    zygote_retire(z, "spare failed");
}

static bool spare_bound(struct zygote *z, struct gov_err *err)
{
    char name[CGROUP_NAME_BYTES];

    z->move = z->host->serial++;
    snprintf(name, sizeof name, "job-%llu", (unsigned long long)z->move);
    return cgroup_make(&z->host->cgroups, name, (uint64_t)MEMORY_MB << 20, SPARE_PROCESSES,
                       &z->spare.cgroup, err);
}

void zygote_spare_moved(struct zygote *z, bool ok)
{
    const struct jail *j = &z->spare.jail;

    /* Still the one whose pidfd we hold: what was moved is what will run. */
    if (!ok || poll(&(struct pollfd){ .fd = j->pidfd, .events = POLLIN }, 1, 0) != 0 ||
        write(j->lifeline, "g", 1) != 1) {
        spare_failed(z, "move");
        return;
    }
    z->spare_state = SPARE_SETTLING;
}

bool zygote_spare_coming(const struct zygote *z)
{
    return z->spare_state == SPARE_FORKING || z->spare_state == SPARE_MOVING ||
           z->spare_state == SPARE_SETTLING;
}

/* HERE: see who it is, put it under bounds, let it go on. */
static void spare_settle(struct zygote *z, pid_t pid)
{
    struct jail *j = &z->spare.jail;
    struct gov_err err = { 0 };

    j->pid = pid;
    j->pidfd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
    /* Looked at after the pidfd was opened, and that still names somebody afterwards: the number was
     * not given to another in between. */
    bool own = j->pidfd >= 0 && zygote_person_check(z, pid) &&
               poll(&(struct pollfd){ .fd = j->pidfd, .events = POLLIN }, 1, 0) == 0;
    if (!own || !spare_bound(z, &err)) {
        spare_failed(z, own ? err.cause : "not one of its own");
        return;
    }
    z->spare_state = SPARE_MOVING;
    if (!z->spare.cgroup.root || !mover_ask(&z->host->mover, &z->spare.cgroup, pid, z->move))
        zygote_spare_moved(z, cgroup_join(&z->spare.cgroup, pid, &err));
}

/* One note with the sender's pid as the kernel saw it; false when there is none. */
static bool spare_note(struct zygote *z, struct jail_note *note, pid_t *pid)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct ucred)) + 64];
    struct iovec part = { note, sizeof *note };
    struct msghdr msg = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control
    };

    if (recvmsg(z->spare.jail.channel, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != sizeof *note)
        return false;
    *pid = -1;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
        struct ucred who;
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_CREDENTIALS)
            continue;
        memcpy(&who, CMSG_DATA(c), sizeof who);
        *pid = who.pid;
    }
    return true;
}

static void spare_next(struct zygote *z);

static void spare_hold(struct zygote *z)
{
    int off = 0;

    setsockopt(z->spare.jail.channel, SOL_SOCKET, SO_PASSCRED, &off, sizeof off);
    z->spare_state = SPARE_HELD;
    struct zygote_wait *w = z->first;
    if (!w)
        return;
    z->first = w->next;
    if (!z->first)
        z->last = NULL;
    w->zygote = NULL;
    struct spare spare;
    spare_give(z, &spare);
    if (z->first)
        spare_next(z);
    w->ready(w->user, &spare, NULL);
}

static void spare_ready(void *user, short events)
{
    struct zygote *z = user;
    struct jail_note note;
    pid_t pid;

    if (spare_note(z, &note, &pid)) {
        if (note.kind == JAIL_HERE && z->spare_state == SPARE_FORKING)
            spare_settle(z, pid);
        else if (note.kind == JAIL_SPARE && z->spare_state == SPARE_SETTLING)
            spare_hold(z);
        else
            spare_failed(z, note.kind == JAIL_FAILED ? note.stage : "note");
    } else if (events & (POLLHUP | POLLERR)) {
        spare_failed(z, "it ended");
    }
}

/* Ask for the next one unless it is on its way. */
static void spare_next(struct zygote *z)
{
    struct zygote_spawn message = { .header = { ZYGOTE_MAGIC, ZYGOTE_SPAWN } };
    message.rehearse = !z->first; /* while somebody waits for it there is no time ahead to use */
    int channel[2], life[2] = { -1, -1 }, on = 1;

    if (z->state != ZYGOTE_READY || z->spare_state != SPARE_NONE)
        return;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) < 0)
        return;
    z->spare = (struct spare){ .jail = { -1, -1, channel[0], -1 } };
    z->spare_state = SPARE_FORKING;
    z->settled_us = clock_mono_us();
    setsockopt(channel[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
    bool ok = pipe2(life, O_CLOEXEC) == 0;
    z->spare.jail.lifeline = life[1];
    const int fds[] = { channel[1], life[0] };
    ok = ok && zygote_send(z->control, &message, sizeof message, fds, 2);
    close(channel[1]);
    if (life[0] >= 0)
        close(life[0]);
    if (!ok) {
        spare_failed(z, "spawn");
        return;
    }
    z->spare_watch = poller_watch(&z->host->poller, channel[0], POLLIN, spare_ready, z);
}

bool zygote_take(struct zygote *z, struct zygote_wait *wait, struct spare *spare)
{
    if (z->spare_state == SPARE_HELD && !z->first) {
        spare_give(z, spare);
        return true;
    }
    wait->next = NULL;
    wait->zygote = z;
    if (z->last)
        z->last->next = wait;
    else
        z->first = wait;
    z->last = wait;
    spare_next(z);
    return false;
}

void zygote_wait_cancel(struct zygote_wait *wait)
{
    struct zygote *z = wait->zygote;
    struct zygote_wait **at, *before = NULL;

    if (!z)
        return;
    for (at = &z->first; *at && *at != wait; at = &(*at)->next)
        before = *at;
    if (*at)
        *at = wait->next;
    if (z->last == wait)
        z->last = before;
    wait->zygote = NULL;
}

void zygote_spare_wanted(struct zygote *z)
{
    spare_next(z);
}

void zygote_give_back(struct zygote *z)
{
    spare_next(z); /* of a job that never ran */
    z->running--;
    z->used_us = clock_mono_us();
    if (z->dead && z->running == 0)
        z->gone(z);
}

static void control_ready(void *user, short events)
{
    struct zygote *z = user;
    struct zygote_note note;
    ssize_t n = recv(z->control, &note, sizeof note, MSG_DONTWAIT);

    (void)events;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    note.reason[sizeof note.reason - 1] = 0;
    bool loaded = n == sizeof note && note.header.magic == ZYGOTE_MAGIC &&
                  note.header.kind == ZYGOTE_LOADED && z->state == ZYGOTE_STARTING;
    if (!loaded) {
        zygote_retire(z, n == sizeof note && note.header.kind == ZYGOTE_UNUSABLE && note.reason[0]
                             ? note.reason
                             : "ended");
        return;
    }
    if (!zygote_person_quiet(z, &z->resident_bytes)) {
        zygote_retire(z, "threads or children");
        return;
    }
    z->state = ZYGOTE_READY;
    log_write(LEVEL_DEBUG, "zygote.ready",
              LOG_NUMBER("ms", (clock_mono_us() - z->started_us) / 1000),
              LOG_NUMBER("mb", (int64_t)(z->resident_bytes >> 20)));
    spare_next(z);
}

static void pid_ready(void *user, short events)
{
    struct zygote *z = user;

    (void)events;
    int status = 0;
    if (waitpid(z->jail.pid, &status, WNOHANG) == 0)
        return;
    log_write(z->state == ZYGOTE_RETIRING ? LEVEL_DEBUG : LEVEL_WARN, "zygote.ended",
              LOG_NUMBER("status", status));
    zygote_retire(z, "ended");
    poller_forget(z->pid_watch);
    z->pid_watch = NULL;
    z->jail.pid = -1;
    jail_release(&z->jail);
    host_cgroup_drop(z->host, &z->cgroup);
    z->dead = true;
    if (z->running == 0)
        z->gone(z);
}

static bool setup_send(struct zygote *z)
{
    struct zygote_setup *m = calloc(1, sizeof *m);

    CHECK(m);
    m->header = (struct zygote_header){ ZYGOTE_MAGIC, ZYGOTE_SETUP };
    m->text_bytes = (uint32_t)package_cache_modules(z->host->packages, z->key.package, m->text,
                                                    sizeof m->text, &m->import_count,
                                                    &m->local_count);
    snprintf(m->wheels, sizeof m->wheels, "%s", wheels_runtime_place(z->key.runtime));
    bool ok = zygote_send(z->control, m, sizeof *m, NULL, 0);
    free(m);
    return ok;
}

struct zygote *zygote_start(struct host *h, const struct zygote_key *key, int range,
                            void (*gone)(struct zygote *zygote), struct gov_err *err)
{
    struct zygote *z = calloc(1, sizeof *z);
    char name[CGROUP_NAME_BYTES];
    int ends[2] = { -1, -1 };

    CHECK(z);
    *z = (struct zygote){ .host = h, .key = *key, .range = range, .control = -1, .gone = gone,
                          .jail = { -1, -1, -1, -1 }, .started_us = clock_mono_us() };
    z->used_us = z->started_us;
    wheels_runtime_keep(h, key->runtime);
    snprintf(name, sizeof name, "zygote-%llu", (unsigned long long)h->serial++);
    bool ok = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0 &&
              cgroup_make(&h->cgroups, name, (uint64_t)MEMORY_MB << 20, PROCESSES, &z->cgroup, err);
    z->control = ends[0];
    const struct zygote_jail_spec spec = {
        .runtimes = &h->runtimes,
        .runtime = key->runtime,
        .cgroup = &z->cgroup,
        .job_filter = &h->filter,
        .filter = &h->zygote_filter,
        .outside = h->user_namespace ? host_slot_uid(h, 0) : host_zygote_uid(h, range),
        .inside = host_slot_uid(h, 0),
        .uid_count = h->user_namespace ? 0 : h->options.slots,
        .program = h->zygote_program,
        .control = ends[1],
    };
    ok = ok && zygote_jail_start(&spec, &z->jail, err);
    if (ends[1] >= 0)
        close(ends[1]);
    if (!ok || !setup_send(z)) {
        jail_kill(&z->jail);
        if (z->jail.pid > 0)
            waitpid(z->jail.pid, NULL, 0);
        zygote_free(z);
        return NULL;
    }
    z->control_watch = poller_watch(&h->poller, z->control, POLLIN, control_ready, z);
    z->pid_watch = poller_watch(&h->poller, z->jail.pidfd, POLLIN, pid_ready, z);
    return z;
}

bool zygote_going(const struct zygote *z)
{
    return z->state == ZYGOTE_RETIRING && !z->dead && z->running == 0;
}

void zygote_tick(struct zygote *z, int64_t now_us)
{
    /* The end of the control socket tells it to go. One that does not hear (it is stopped, or hangs) would keep its
     * memory and its uids for good, and there is another for its version by then. */
    if (zygote_going(z) && now_us - z->retired_us > (int64_t)GOING_MS * 1000)
        zygote_kill(z);
    if (z->state == ZYGOTE_STARTING && now_us - z->started_us > (int64_t)START_MS * 1000) {
        zygote_retire(z, "slow imports");
        zygote_kill(z);
    }
    if (zygote_spare_coming(z) && now_us - z->settled_us > (int64_t)SPARE_MS * 1000) {
        spare_failed(z, "slow");
    }
}

void zygote_free(struct zygote *z)
{
    poller_forget(z->control_watch);
    poller_forget(z->pid_watch);
    spare_drop(z);
    if (z->control >= 0)
        close(z->control);
    jail_release(&z->jail);
    host_cgroup_drop(z->host, &z->cgroup);
    wheels_runtime_let_go(z->host, z->key.runtime);
    free(z);
}
