/* inside.c - pid 1 of a jail, and the last steps of main before it becomes the script.
 *
 *     go -> cgroup -> cgroup namespace -> root -> identity -> no_new_privs -> package -> READY
 *        -> fork main: rlimits -> descriptors -> Landlock -> seccomp -> exec
 *        -> wait for main, or for the end of sandboxd
 *
 * pid 1 stays a copy of sandboxd without rights, uid, files or descriptors: it is neither dumpable
 * nor visible in the job's /proc, and a signal from inside its namespace does not reach it. It is
 * not under the seccomp filter, for it never touches a byte the script made.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "worker/sandbox/jail/confine.h"
#include "worker/sandbox/jail/descriptors.h"
#include "worker/sandbox/jail/jail.h"
#include "worker/sandbox/jail/pid1.h"
#include "worker/sandbox/jail/root_tree.h"

enum { KEEP_MAX = 2 * SANDBOX_FILES_MAX + 16 };

static bool descriptors_cut(const struct jail_inside *in)
{
    const struct jail_spec *s = in->spec;
    int keep[KEEP_MAX] = { in->channel, in->lifeline, s->package_fd, s->input_fd,
                           s->out_fd,   s->err_fd,    s->inside_fd,  s->broker_fd };
    int count = 8;

    for (int i = 0; i < s->file_count; i++) {
        keep[count++] = s->files[i].fd;
        keep[count++] = in->mounts[i];
    }
    return descriptors_keep(keep, count) && descriptors_occupy_streams();
}

_Noreturn static void become_main(const struct jail_inside *in, int input, int work)
{
    const struct jail_spec *s = in->spec;
    int channel = in->channel;

    pid1_signals_default();
    if (!confine_process() || setsid() < 0)
        pid1_fail(channel, "main");
    if (dup2(input, 0) < 0 || dup2(s->out_fd, 1) < 0 || dup2(s->err_fd, 2) < 0)
        pid1_fail(channel, "stdio");
    if (s->broker_fd > 0 && !descriptors_place_broker(s->broker_fd, &channel))
        pid1_fail(channel, "broker");
    int keep[] = { 0, 1, 2, channel, s->inside ? s->inside_fd : -1, s->inside ? work : -1,
                   s->broker_fd > 0 ? DESCRIPTOR_BROKER : -1 };
    if (!descriptors_keep(keep, 7))
        pid1_fail(channel, "descriptors");
    /* Our own code is not bound by its address space: sanitizers reserve terabytes of it. */
    if (!confine_rlimits(&s->limits, s->alone && !s->inside))
        pid1_fail(channel, "rlimits");
    if (!confine_landlock(jail_writable))
        pid1_fail(channel, "landlock");
    if (!filter_load(s->filter))
        pid1_fail(channel, "seccomp");
    int code = s->inside ? s->inside(s, work) : 0;
    if (code != 0)
        _exit(code);
    execve(s->argv[0], (char *const *)s->argv, (char *const *)s->envp);
    pid1_fail(channel, "exec");
}

_Noreturn void jail_inside(const struct jail_inside *in)
{
    const struct jail_spec *s = in->spec;
    uid_t uid = s->user_namespace ? JAIL_UID : s->uid;
    struct root_tree tree;
    const char *stage = "";
    char go;

    pid1_signals_default();
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (!descriptors_cut(in) || read(in->lifeline, &go, 1) != 1)
        _exit(1);
    if (!in->placed && !cgroup_enter(s->cgroup))
        pid1_fail(in->channel, "cgroup");
    if (unshare(CLONE_NEWCGROUP) < 0)
        pid1_fail(in->channel, "cgroup namespace");
    if (s->user_namespace && (setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0))
        pid1_fail(in->channel, "uid inside");
    if (sethostname("sandbox", 7) < 0)
        pid1_fail(in->channel, "hostname");
    umask(022);
    if (!root_tree_enter(s, in->mounts, uid, &tree))
        pid1_fail(in->channel, tree.stage);
    if (!confine_identity(uid, uid, !s->user_namespace))
        pid1_fail(in->channel, "identity");
    if (!confine_process() || pid1_is_alone(in->lifeline))
        pid1_fail(in->channel, "process");
    if (!root_tree_open(&tree))
        pid1_fail(in->channel, tree.stage);
    if (!pid1_package_copy(s, tree.work, &stage))
        pid1_fail(in->channel, stage);
    int input = open("/input/input.json", O_RDONLY | O_CLOEXEC);
    int children = pid1_children_open();
    if (input < 0 || children < 0)
        pid1_fail(in->channel, "input");
    pid1_ready(in->channel, &tree);
    pid_t main_pid = fork();
    if (main_pid == 0)
        become_main(in, input, tree.work);
    if (main_pid < 0)
        pid1_fail(in->channel, "fork");
    int keep[] = { in->channel, in->lifeline, children };
    if (!descriptors_keep(keep, 3))
        pid1_fail(in->channel, "descriptors");
    pid1_watch(s, in->channel, in->lifeline, children, main_pid);
}
