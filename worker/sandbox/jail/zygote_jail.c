/* zygote_jail.c - the way of jail.c and inside.c, up to the exec of another program of ours. */
#include "worker/sandbox/jail/zygote_jail.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "worker/sandbox/jail/confine.h"
#include "worker/sandbox/jail/descriptors.h"
#include "worker/sandbox/jail/pid1.h"
#include "worker/sandbox/jail/root_tree.h"
#include "worker/sandbox/zygote/zygote_wire.h"

static bool fault(struct gov_err *err, const char *stage)
{
    return gov_fail_cause(err, GOV_SANDBOX_UNAVAILABLE, "zygote: %s: %s", stage, strerror(errno));
}

/* 0 is the zygote, jobs have the uids that the cold start would show them. */
static bool map_ids(const struct zygote_jail_spec *s, pid_t pid)
{
    char text[96];

    if (s->uid_count == 0) {
        snprintf(text, sizeof text, "%d %u 1", JAIL_UID, s->outside);
        if (!jail_proc_write(pid, "uid_map", text))
            return false;
        jail_proc_write(pid, "setgroups", "deny");
        snprintf(text, sizeof text, "%d %u 1", JAIL_UID, geteuid() == 0 ? s->outside : getegid());
        return jail_proc_write(pid, "gid_map", text);
    }
    snprintf(text, sizeof text, "0 %u 1\n%u %u %d", s->outside, s->inside, s->outside + 1,
             s->uid_count);
    return jail_proc_write(pid, "uid_map", text) && jail_proc_write(pid, "gid_map", text);
}

/* Control and filters at their numbers, the program at some higher one. */
static int descriptors_place(const struct zygote_jail_spec *s, int lifeline, int filters[2])
{
    int all[5] = { s->control, filters[0], filters[1], s->program, lifeline };

    for (int i = 0; i < 5; i++) {
        all[i] = fcntl(all[i], F_DUPFD_CLOEXEC, 10);
        if (all[i] < 0)
            return -1;
    }
    if (dup2(all[0], ZYGOTE_CONTROL_FD) < 0 || dup2(all[1], ZYGOTE_FILTER_FD) < 0 ||
        dup2(all[2], ZYGOTE_OUTER_FILTER_FD) < 0)
        return -1;
    int keep[] = { ZYGOTE_CONTROL_FD, ZYGOTE_FILTER_FD, ZYGOTE_OUTER_FILTER_FD, all[3] };
    return descriptors_keep(keep, 4) && descriptors_occupy_streams() ? all[3] : -1;
}

/* As pid1_fail says it of a job: why it cannot begin, with errno, over the control socket that is still at hand. */
_Noreturn static void child_fail(const struct zygote_jail_spec *s, int code, const char *stage)
{
    struct zygote_note note = { .header = { ZYGOTE_MAGIC, ZYGOTE_UNUSABLE } };

    snprintf(note.reason, sizeof note.reason, "%s: %s", stage, strerror(errno));
    zygote_send(s->control, &note, sizeof note, NULL, 0);
    _exit(code);
}

_Noreturn static void child(const struct zygote_jail_spec *s, int lifeline, int filters[2], bool placed)
{
    const uint64_t keep = 1ull << CAP_SYS_ADMIN | 1ull << CAP_SETUID | 1ull << CAP_SETGID |
                          1ull << CAP_SETPCAP | 1ull << CAP_CHOWN | 1ull << CAP_KILL;
    const struct jail_spec system = { .runtimes = s->runtimes, .runtime = s->runtime,
                                      .kind = SANDBOX_PYTHON };
    uid_t own = s->uid_count ? 0 : JAIL_UID;
    char *const argv[] = { "python3", NULL }, *const envp[] = { NULL };
    struct root_tree tree;
    char go;

    pid1_signals_default();
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (read(lifeline, &go, 1) != 1)
        _exit(10);
    if (!placed && !cgroup_enter(s->cgroup))
        child_fail(s, 16, "cgroup");
    int program = descriptors_place(s, lifeline, filters);
    if (program < 0 || unshare(CLONE_NEWCGROUP) < 0)
        _exit(11);
    if (setresgid(own, own, own) < 0 || setresuid(own, own, own) < 0 || sethostname("sandbox", 7) < 0)
        _exit(12);
    umask(022);
    if (!root_tree_enter_empty(&system, s->uid_count ? s->inside : JAIL_UID,
                               s->uid_count ? s->uid_count : 1, &tree))
        _exit(13);
    if (!confine_ambient(keep) || !confine_zygote_rlimits())
        _exit(14);
    execveat(program, "", argv, envp, AT_EMPTY_PATH);
    _exit(15);
}

bool zygote_jail_start(const struct zygote_jail_spec *s, struct jail *jail, struct gov_err *err)
{
    int filters[2] = { filter_write(s->job_filter), filter_write(s->filter) }, life[2] = { -1, -1 };
    int cgroup = cgroup_open(s->cgroup);
    bool ok = filters[0] >= 0 && filters[1] >= 0 && pipe2(life, O_CLOEXEC) == 0;

    *jail = (struct jail){ .pid = -1, .pidfd = -1, .channel = -1, .lifeline = -1 };
    if (ok)
        jail->pid = jail_clone(true, cgroup, &jail->pidfd);
    if (jail->pid == 0)
        child(s, life[0], filters, cgroup >= 0);
    jail->lifeline = life[1];
    ok = ok && jail->pid > 0 && map_ids(s, jail->pid);
    if (!ok)
        fault(err, "start");
    ok = ok && (write(jail->lifeline, "g", 1) == 1 || fault(err, "go"));
    const int all[] = { filters[0], filters[1], life[0], cgroup };
    for (int i = 0; i < 4; i++) {
        if (all[i] >= 0)
            close(all[i]);
    }
    if (ok)
        return true;
    if (jail->pid > 0) {
        jail_kill(jail);
        waitpid(jail->pid, NULL, 0);
    }
    jail_release(jail);
    return false;
}
