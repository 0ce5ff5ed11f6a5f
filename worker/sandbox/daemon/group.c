/* group.c - watching one jail.
 *
 * Two descriptors tell everything: the channel (what pid 1 says) and the pidfd (readable when pid 1
 * is gone and, with it, the last process of its namespace). Pipes are never waited for: a
 * grandchild may hold them, and it is gone anyway.
 */
#include "worker/sandbox/daemon/group.h"

#include <errno.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/io/db/db_plant.h"
#include "worker/sandbox/zygote/zygote_wire.h"

enum {
    PID1_BYTES = 16 << 20, /* pid 1's own pages, charged to the job's cgroup */
    FORK_BOMB = 100        /* refused forks that make a timeout a fork bomb */
};

static void slot_release(struct group *g)
{
    if (g->slot >= 0)
        host_slot_free(g->host, g->slot);
    g->slot = -1;
}

/* Which bound was met, from strongest evidence to weakest. */
static enum sandbox_limit limit_met(const struct group *g, const struct cgroup_usage *usage)
{
    int status = g->exit.wait_status;
    bool failed = !g->has_exit || status != 0;
    int by = g->has_exit && WIFSIGNALED(status) ? WTERMSIG(status) : 0;

    if (g->limit == SANDBOX_LIMIT_WALL && usage->forks_refused > FORK_BOMB)
        return SANDBOX_LIMIT_PROCESSES;
    if (g->limit != SANDBOX_LIMIT_NONE)
        return g->limit;
    if (usage->oom_kills > 0)
        return SANDBOX_LIMIT_MEMORY;
    if (!g->has_exit)
        return SANDBOX_LIMIT_LOST;
    if (g->exit.limit != SANDBOX_LIMIT_NONE)
        return (enum sandbox_limit)g->exit.limit;
    if (by == SIGXCPU || (by == SIGKILL && g->cpu_us >= g->limits.cpu_s * 1000000))
        return SANDBOX_LIMIT_CPU;
    if (failed && usage->forks_refused > 0)
        return SANDBOX_LIMIT_PROCESSES;
    if (failed && (g->disk_was_full || by == SIGXFSZ))
        return SANDBOX_LIMIT_DISK;
    return SANDBOX_LIMIT_NONE;
}

static void disk_look(struct group *g)
{
    struct statfs fs;

    if (g->work >= 0 && fstatfs(g->work, &fs) == 0 && (fs.f_bfree == 0 || fs.f_ffree == 0))
        g->disk_was_full = true;
}

static void conclude(struct group *g)
{
    struct cgroup_usage usage;

    g->ended_us = clock_mono_us();
    disk_look(g);
    cgroup_usage_read(&g->cgroup, &usage);
    g->cpu_us = usage.cpu_us > g->exit.cpu_us ? usage.cpu_us : g->exit.cpu_us;
    g->memory_peak_bytes =
        usage.memory_peak_bytes ? usage.memory_peak_bytes : g->exit.memory_peak_bytes;
    g->limit = limit_met(g, &usage);
    if (g->has_exit && WIFEXITED(g->exit.wait_status))
        g->exit_code = WEXITSTATUS(g->exit.wait_status);
    else
        g->signal = g->has_exit && WIFSIGNALED(g->exit.wait_status) ? WTERMSIG(g->exit.wait_status)
                                                                    : SIGKILL;
}

static void list_remove(struct group *g)
{
    for (struct group **at = &g->host->groups; *at; at = &(*at)->next) {
        if (*at == g) {
            *at = g->next;
            return;
        }
    }
}

/* The folders of a job, and not something whose file system would make us wait. */
static bool is_tmpfs(int fd)
{
    struct statfs fs;

    return fstatfs(fd, &fs) == 0 && fs.f_type == TMPFS_MAGIC;
}

/* One note of pid 1; false when there is none. */
static bool note_take(struct group *g)
{
    struct jail_note note;
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))];
    struct iovec part = { &note, sizeof note };
    struct msghdr msg = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control
    };
    ssize_t n = recvmsg(g->jail.channel, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&msg) : NULL;

    if (n != (ssize_t)sizeof note)
        return false;
    if (note.kind == JAIL_READY && c && c->cmsg_type == SCM_RIGHTS &&
        c->cmsg_len == CMSG_LEN(2 * sizeof(int)) && g->work < 0) {
        int fds[2];
        memcpy(fds, CMSG_DATA(c), sizeof fds);
        g->work = fds[0];
        g->result = fds[1];
        if (!is_tmpfs(g->work) || !is_tmpfs(g->result)) {
            group_kill(g, SANDBOX_LIMIT_LOST);
            return true;
        }
        g->ready = true;
        g->started_us = clock_mono_us();
        if (g->on_ready)
            g->on_ready(g->user, g);
        if (g->zygote)
            zygote_spare_wanted(g->zygote);
    } else if (note.kind == JAIL_FAILED && !g->failed_stage[0]) {
        snprintf(g->failed_stage, sizeof g->failed_stage, "%.*s", JAIL_STAGE_BYTES - 1, note.stage);
        g->failed_error = note.error;
        group_kill(g, SANDBOX_LIMIT_LOST);
    } else if (note.kind == JAIL_EXITED && !g->has_exit) {
        g->has_exit = true;
        g->exit = note;
    }
    return true;
}

static void channel_ready(void *user, short events)
{
    struct group *g = user;

    (void)events;
    while (note_take(g))
        ;
    if (events & (POLLHUP | POLLERR)) {
        poller_forget(g->channel_watch);
        g->channel_watch = NULL;
    }
}

static void pid_ready(void *user, short events)
{
    struct group *g = user;

    (void)events;
    while (note_take(g)) /* the last word may still be in the channel */
        ;
    if (waitpid(g->jail.pid, NULL, WNOHANG) == 0)
        return;
    poller_forget(g->pid_watch);
    poller_forget(g->channel_watch);
    g->pid_watch = g->channel_watch = NULL;
    conclude(g);
    list_remove(g);
    jail_release(&g->jail);
    host_cgroup_drop(g->host, &g->cgroup);
    log_write(LEVEL_DEBUG, "group.ended", LOG_FIELD("limit", sandbox_limit_name(g->limit)),
              LOG_NUMBER("exit", g->exit_code), LOG_NUMBER("signal", g->signal),
              LOG_FIELD("stage", g->failed_stage), LOG_NUMBER("errno", g->failed_error));
    g->on_end(g->user, g);
}

static void group_watch(struct group *g)
{
    struct host *h = g->host;

    g->channel_watch = poller_watch(&h->poller, g->jail.channel, POLLIN, channel_ready, g);
    g->pid_watch = poller_watch(&h->poller, g->jail.pidfd, POLLIN, pid_ready, g);
    g->next = h->groups;
    h->groups = g;
}

/* What is written to the job's tmpfs is charged to its cgroup as memory, hence the sum. */
static uint64_t memory_bound(const struct group *g, const struct jail_spec *spec)
{
    return ((g->limits.memory_mb + g->limits.disk_mb) << 20) + spec->package_bytes + PID1_BYTES;
}

static struct group *group_new(struct host *h, const struct jail_spec *spec,
                               void (*on_ready)(void *user, struct group *group),
                               void (*on_end)(void *user, struct group *group), void *user)
{
    struct group *g = calloc(1, sizeof *g);

    CHECK(g);
    *g = (struct group){ .host = h,
                         .limits = spec->limits,
                         .slot = -1,
                         .work = -1,
                         .result = -1,
                         .exit_code = -1,
                         .on_ready = on_ready,
                         .on_end = on_end,
                         .user = user,
                         .started_us = clock_mono_us(),
                         .jail = { -1, -1, -1, -1 } };
    return g;
}

static bool slot_take(struct group *g, struct gov_err *err)
{
    g->slot = host_slot_take(g->host);
    return g->slot >= 0 ||
           gov_fail(err, GOV_OVERLOADED, "every sandbox slot is taken", "沙箱槽位已满");
}

static bool group_prepare(struct host *h, struct group *g, struct jail_spec *spec,
                          struct gov_err *err)
{
    char name[CGROUP_NAME_BYTES];

    if (!slot_take(g, err))
        return false;
    g->uid = host_slot_uid(h, g->slot);
    snprintf(name, sizeof name, "job-%llu", (unsigned long long)h->serial++);
    return cgroup_make(&h->cgroups, name, memory_bound(g, spec), g->limits.processes + 1,
                       &g->cgroup, err);
}

bool group_start(struct host *h, struct jail_spec *spec,
                 void (*on_ready)(void *user, struct group *group),
                 void (*on_end)(void *user, struct group *group), void *user, struct group **group,
                 struct gov_err *err)
{
    struct group *g = group_new(h, spec, on_ready, on_end, user);

    if (!group_prepare(h, g, spec, err)) {
        group_free(g);
        return false;
    }
    spec->user_namespace = h->user_namespace;
    spec->uid = g->uid;
    spec->cgroup = &g->cgroup;
    spec->alone = !g->cgroup.root;
    spec->filter = &h->filter;
    spec->runtimes = &h->runtimes;
    g->started_us = clock_mono_us();
    if (!jail_start(spec, &g->jail, err)) {
        host_cgroup_drop(g->host, &g->cgroup);
        group_free(g);
        return false;
    }
    group_watch(g);
    *group = g;
    return true;
}

/* The job's descriptors and words, to the spare that will be it. */
static bool job_send(struct group *g, const struct jail_spec *spec, const struct wire_start *start,
                     uid_t inside)
{
    struct zygote_job *m = calloc(1, sizeof *m);
    int fds[ZYGOTE_FDS_MAX] = { spec->input_fd, spec->package_fd, spec->out_fd, spec->err_fd };
    int count = 4, mounts = 4 + spec->file_count;

    CHECK(m);
    m->header = (struct zygote_header){ ZYGOTE_MAGIC, ZYGOTE_JOB };
    m->uid = inside;
    m->switch_groups = !g->host->user_namespace;
    m->alone = !g->cgroup.root;
    m->package_bytes = spec->package_bytes;
    m->package_files = spec->package_files;
    m->start = *start;
    for (int i = 0; i < spec->file_count; i++) {
        fds[count++] = spec->files[i].fd;
        int mount = g->host->user_namespace ? -1 : jail_mount_of(spec->files[i].fd);
        if (mount >= 0) {
            fds[mounts++] = mount;
            m->mounted |= 1ull << i;
        }
    }
    int sent = mounts;
    if (start->broker)
        fds[sent++] = spec->broker_fd;
    bool ok = zygote_send(g->jail.channel, m, sizeof *m, fds, sent);
    for (int i = 4 + spec->file_count; i < mounts; i++)
        close(fds[i]);
    free(m);
    return ok;
}

bool group_start_warm(struct zygote *zygote, struct spare *spare, struct jail_spec *spec,
                      const struct wire_start *start,
                      void (*on_ready)(void *user, struct group *group),
                      void (*on_end)(void *user, struct group *group), void *user,
                      struct group **group, struct gov_err *err)
{
    struct group *g = group_new(zygote->host, spec, on_ready, on_end, user);

    g->zygote = zygote;
    g->jail = spare->jail;
    g->cgroup = spare->cgroup;
    bool ok = slot_take(g, err);
    g->uid = ok ? zygote_job_uid(zygote, g->slot) : 0;
    ok = ok && cgroup_bound(&g->cgroup, memory_bound(g, spec), g->limits.processes + 1, err) &&
         (job_send(g, spec, start, zygote_job_uid_inside(zygote, g->slot)) ||
          gov_fail_cause(err, GOV_SANDBOX_UNAVAILABLE, "spare: %s", strerror(errno)));
    if (!ok) {
        jail_kill(&g->jail);
        jail_release(&g->jail);
        host_cgroup_drop(g->host, &g->cgroup);
        group_free(g);
        return false;
    }
    group_watch(g);
    *group = g;
    return true;
}

void group_kill(struct group *g, enum sandbox_limit limit)
{
    if (g->limit == SANDBOX_LIMIT_NONE && !g->has_exit)
        g->limit = limit;
    if (limit != SANDBOX_LIMIT_CANCELLED || !planted("no_kill"))
        jail_kill(&g->jail);
}

void group_tick(struct group *g)
{
    struct cgroup_usage usage;
    int64_t used_us = clock_mono_us() - g->started_us;

    if (g->jail.pidfd < 0)
        return;
    if (used_us > (int64_t)g->limits.wall_ms * 1000) {
        group_kill(g, SANDBOX_LIMIT_WALL);
        return;
    }
    disk_look(g);
    cgroup_usage_read(&g->cgroup, &usage);
    if (usage.cpu_us > g->limits.cpu_s * 1000000)
        group_kill(g, SANDBOX_LIMIT_CPU);
    else if (usage.oom_kills > 0)
        group_kill(g, SANDBOX_LIMIT_MEMORY); /* what is left of it cannot end well */
}

void group_free(struct group *g)
{
    if (!g)
        return;
    slot_release(g);
    if (g->zygote)
        zygote_give_back(g->zygote);
    if (g->work >= 0)
        close(g->work);
    if (g->result >= 0)
        close(g->result);
    free(g);
}

bool group_start_odd(const struct group *g)
{
    return (g->limit == SANDBOX_LIMIT_NONE || g->limit == SANDBOX_LIMIT_LOST) &&
           strncmp(g->failed_stage, "input", 5) != 0 && strncmp(g->failed_stage, "package", 7) != 0;
}

bool group_start_error(const struct group *g, struct gov_err *err)
{
    if (!g->failed_stage[0] && g->limit != SANDBOX_LIMIT_NONE && g->limit != SANDBOX_LIMIT_LOST) {
        sandbox_limit_explain(g->limit, &g->limits,
                              err); /* hashing and copying are its time, too */
        return false;
    }
    if (strcmp(g->failed_stage, "package digest") == 0)
        return gov_fail(err, GOV_NOT_FOUND,
                        "the cached package was damaged; it has to be unpacked again",
                        "缓存的包已损坏，需要重新解包");
    if (strncmp(g->failed_stage, "input", 5) == 0)
        return gov_fail_at(err, GOV_INVALID_INPUT, "files", "digest",
                           "an input file was refused: %s", "输入文件被拒绝：%s", g->failed_stage);
    return gov_fail_cause(err, GOV_SANDBOX_UNAVAILABLE, "%s: %s",
                          g->failed_stage[0] ? g->failed_stage
                                             : "the jail ended before it was ready",
                          strerror(g->failed_error));
}
