/* host.c - the start of sandboxd: what may be kept, what is there, which level that makes.
 *
 * Capabilities kept as root: SYS_ADMIN (namespaces, mounts), SETUID and SETGID (to become a slot's
 * uid), SETPCAP (to empty the bounding set), KILL (jobs have other uids), CHOWN (their folders). No
 * DAC override: what root reads here belongs to root or is readable by all.
 */
#include "worker/sandbox/daemon/host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "worker/sandbox/daemon/group.h"
#include "worker/sandbox/daemon/runtime_late.h"
#include "worker/sandbox/daemon/zygote_pool.h"
#include "worker/sandbox/jail/confine.h"
#include "worker/sandbox/only_one.h"

static bool fault(struct gov_err *err, const char *what)
{
    return gov_fail_cause(err, GOV_SANDBOX_UNAVAILABLE, "%s: %s", what, strerror(errno));
}

static int folder_open(int dir, const char *name, mode_t mode)
{
    if (mkdirat(dir, name, mode) < 0 && errno != EEXIST)
        return -1;
    return openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static bool cache_open(struct host *h, struct gov_err *err)
{
    const char *path = h->options.cache_path;

    /* 0711: in user mode pid 1 of a jail looks for its runtime as another uid. */
    if (mkdir(path, 0711) < 0 && errno != EEXIST)
        return fault(err, path);
    h->cache = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    if (h->cache < 0 || fstat(h->cache, &st) < 0)
        return fault(err, path);
    if (st.st_uid != geteuid() || st.st_mode & 022)
        return gov_fail(err, GOV_CONFIGURATION,
                        "--cache %s must belong to this user and nobody else",
                        "--cache %s 必须只属于当前用户", path);
    if (!only_one_lock(h->cache))
        return gov_fail(err, GOV_CONFIGURATION, "another sandboxd uses the cache %s",
                        "另一个 sandboxd 正在使用缓存 %s", path);
    h->packages = folder_open(h->cache, "packages", 0700);
    /* 0711 as the cache itself: these trees are mounted, not copied. */
    h->wheels = folder_open(h->cache, "wheels", 0711);
    return (h->packages >= 0 && h->wheels >= 0) || fault(err, "packages, wheels");
}

static void level_set(struct host *h, int level, const char *detail)
{
    h->status.level = level;
    snprintf(h->status.detail, sizeof h->status.detail, "%s", detail);
}

/* The self-test decides whether it holds; this says what is aimed at. */
static void level_find(struct host *h)
{
    bool bounded = h->cgroups.version != CGROUP_NONE;

    if (!h->user_namespace && bounded)
        level_set(h, 3, "root: own uid, cgroup and namespaces for every job");
    else if (bounded)
        level_set(h, 2, "user namespaces with a delegated cgroup");
    else
        level_set(h, 1,
                  h->user_namespace ? "user namespaces, no cgroup: for development only"
                                    : "root without cgroups: for development only");
}

/* It lies beside this program. -1: warm starts are not installed. */
static int zygote_program_open(void)
{
    char path[1024];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - sizeof "execgov-zygote");

    if (n <= 0)
        return -1;
    path[n] = 0;
    memcpy(strrchr(path, '/') + 1, "execgov-zygote", sizeof "execgov-zygote");
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* Some hosts switch them off (kernel.unprivileged_userns_clone, user.max_user_namespaces). */
static bool user_namespaces_work(void)
{
    int status = 1;
    pid_t pid = fork();

    if (pid == 0)
        _exit(unshare(CLONE_NEWUSER) == 0 ? 0 : 1);
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* It could not be removed yet: again with every tick. */
static void group_kept(void *host, const struct cgroup *cgroup)
{
    struct host *h = host;

    if (h->stale_count < HOST_STALE_MAX)
        h->stale[h->stale_count++] = *cgroup;
}

bool host_init(struct host *h, const struct host_options *options, struct gov_err *err)
{
    const uint64_t keep = 1ull << CAP_SYS_ADMIN | 1ull << CAP_SETUID | 1ull << CAP_SETGID |
                          1ull << CAP_SETPCAP | 1ull << CAP_KILL | 1ull << CAP_CHOWN;
    struct rlimit files;
    char instance[48];

    memset(h, 0, sizeof *h);
    h->cache = h->packages = h->wheels = h->cgroups.lock_fd = h->zygote_program = h->mover.socket = -1;
    h->options = *options;
    h->status.slots = options->slots;
    h->user_namespace =
        options->user_mode || geteuid() != 0 || !confine_has_capability(CAP_SYS_ADMIN);
    umask(022);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    /* Orphans of jails end here, not at the host's init. */
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    snprintf(instance, sizeof instance, "u%u", geteuid() == 0 ? options->uid_base : geteuid());
    if (!cgroup_root_open(&h->cgroups, instance, err) || !cache_open(h, err))
        return false;
    if (!h->user_namespace && !confine_capabilities(keep))
        return fault(err, "capabilities");
    tree_digest_prepare();
    mover_start(&h->mover, &h->poller, zygote_pool_moved, group_kept, h);
    h->zygote_program = zygote_program_open();
    h->zygotes_refused = !user_namespaces_work();
    if (!filter_init(&h->filter, FILTER_JOB, err) ||
        !filter_init(&h->zygote_filter, FILTER_ZYGOTE, err) ||
        !runtime_set_init(&h->runtimes, options->cache_path, h->cache, err))
        return false;
    h->gb18030 = iconv_open("UTF-8", "GB18030");
    level_find(h);
    runtime_late_tell(h);
    return true;
}

void host_release(struct host *h)
{
    runtime_late_stop(h);
    mover_stop(&h->mover);
    for (int i = 0; i < h->stale_count; i++)
        cgroup_remove(&h->stale[i]);
    cgroup_root_close(&h->cgroups);
    filter_release(&h->filter);
    filter_release(&h->zygote_filter);
    if (h->zygote_program >= 0)
        close(h->zygote_program);
    if (h->gb18030 && h->gb18030 != (iconv_t)-1)
        iconv_close(h->gb18030);
    poller_release(&h->poller);
    if (h->packages >= 0)
        close(h->packages);
    if (h->wheels >= 0)
        close(h->wheels);
    if (h->cache >= 0)
        close(h->cache);
}

int host_slot_take(struct host *h)
{
    for (int i = 0; i < h->options.slots; i++) {
        if (!h->slot_used[i]) {
            h->slot_used[i] = true;
            h->status.jobs++;
            return i;
        }
    }
    return -1;
}

void host_slot_free(struct host *h, int slot)
{
    h->slot_used[slot] = false;
    h->status.jobs--;
}

uid_t host_slot_uid(const struct host *h, int slot)
{
    return geteuid() == 0 ? h->options.uid_base + (uid_t)slot : geteuid();
}

uid_t host_zygote_uid(const struct host *h, int range)
{
    return h->options.uid_base + (uid_t)h->options.slots +
           (uid_t)range * ((uid_t)h->options.slots + 1);
}

void host_cgroup_drop(struct host *h, struct cgroup *cgroup)
{
    if (cgroup->root && !cgroup_empty(cgroup))
        cgroup_kill(cgroup);
    if (mover_remove(&h->mover, cgroup) || cgroup_remove(cgroup))
        return;
    group_kept(h, cgroup);
    cgroup->root = NULL;
}

int host_timeout(const struct host *h)
{
    if (!h->groups && !h->stale_count)
        return zygote_pool_timeout(h);
    int64_t left_us = h->tick_us - clock_mono_us();
    return left_us > 0 ? (int)(left_us / 1000) + 1 : 0;
}

void host_tick(struct host *h)
{
    int64_t now = clock_mono_us();

    /* Every message turns the loop; reading usage costs a dozen calls for each job. */
    if (now < h->tick_us)
        return;
    h->tick_us = now + (int64_t)HOST_TICK_MS * 1000;
    zygote_pool_tick(h);
    for (struct group *g = h->groups, *next; g; g = next) {
        next = g->next;
        group_tick(g);
    }
    for (int i = 0; i < h->stale_count;) {
        if (cgroup_remove(&h->stale[i]))
            h->stale[i] = h->stale[--h->stale_count];
        else
            i++;
    }
}

bool host_accepting(const struct host *h, struct gov_err *err)
{
    if (h->status.accepting && !h->draining)
        return true;
    if (h->draining)
        return gov_fail(err, GOV_SHUTTING_DOWN, "the sandbox is stopping; try again in a moment",
                        "沙箱正在停止，请稍后重试");
    if (!h->status.tested)
        return gov_fail(err, GOV_SANDBOX_UNAVAILABLE, "the sandbox is still testing itself",
                        "沙箱正在自检");
    return gov_fail(err, GOV_SANDBOX_UNAVAILABLE,
                    "this host cannot isolate scripts (%s); see execgov doctor",
                    "本机无法隔离脚本（%s），请运行 execgov doctor 查看", h->status.detail);
}
