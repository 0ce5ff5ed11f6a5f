/* spare.c - pid 1 of a warm jail, and main's way from a copy of the zygote to the script.
 *
 * The zygote's root is already that of a job without a job in it, read-only; here come a /proc, and
 * the job's own tmpfs, before its job is known. Both processes do ahead what takes time at its first
 * use: pages are copied or looked up when they are first touched after a fork. pid 1 gives up the same things in the same order as in the cold start
 * (jail/inside.c). Until the job comes both processes wait with the zygote's rights, which reach
 * nothing but its own namespaces.
 */
#include "worker/sandbox/zygote/spare.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "worker/sandbox/jail/confine.h"
#include "worker/sandbox/jail/descriptors.h"
#include "worker/sandbox/jail/pid1.h"
#include "worker/sandbox/store/tree.h"
#include "worker/sandbox/zygote/interpreter.h"
#include "worker/sandbox/zygote/zygote_wire.h"

enum { FD_INPUT, FD_PACKAGE, FD_OUT, FD_ERR, FD_FILES };
enum { MAIN_INPUT, MAIN_OUT, MAIN_ERR, MAIN_BROKER }; /* what pid 1 hands on to main */

struct spare {
    const struct spare_setup *setup;
    struct zygote_job job;
    struct wire_job texts; /* point into job */
    int fds[ZYGOTE_FDS_MAX];
    int fd_count;
    struct jail_file files[SANDBOX_FILES_MAX];
    int mounts[SANDBOX_FILES_MAX];
    int broker; /* -1: none */
    struct jail_spec spec;
    struct root_tree tree;
    int main_socket; /* to main, from main */
    pid_t main_pid;
};

static void say(const struct spare *s, uint32_t kind)
{
    struct jail_note note = { .kind = kind };

    if (!zygote_send(s->setup->channel, &note, sizeof note, NULL, 0))
        _exit(1);
}

/* Abstract sockets belong to a network namespace; a Landlock of version 6 keeps jobs from each
 * other's, an older one does not, and a namespace of its own costs half a millisecond. */
static int own_namespaces(void)
{
    return CLONE_NEWNS | CLONE_NEWIPC | (confine_landlock_version() < 6 ? CLONE_NEWNET : 0);
}

/* Until sandboxd has seen who this is and has put it under its bounds. */
static void arrive(struct spare *s)
{
    char go;

    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    int keep[] = { s->setup->channel, s->setup->lifeline };
    if (!descriptors_keep(keep, 2) || !descriptors_occupy_streams())
        _exit(1);
    if (unshare(own_namespaces()) < 0)
        pid1_fail(s->setup->channel, "namespaces of the job");
    say(s, JAIL_HERE);
    if (read(s->setup->lifeline, &go, 1) != 1)
        _exit(1);
    if (unshare(CLONE_NEWCGROUP) < 0)
        pid1_fail(s->setup->channel, "cgroup namespace");
    umask(022);
    if (!root_tree_proc(&s->tree) || (*s->setup->wheels && !root_tree_bring(s->setup->wheels, &s->tree)))
        pid1_fail(s->setup->channel, s->tree.stage);
}

/* Everything main gives up. The order is that of become_main in jail/inside.c. */
static void main_confine(const struct spare *s, const int *fds)
{
    const struct zygote_job *j = &s->job;
    int channel = s->setup->channel;

    if (setsid() < 0 || dup2(fds[MAIN_INPUT], 0) < 0 || dup2(fds[MAIN_OUT], 1) < 0 ||
        dup2(fds[MAIN_ERR], 2) < 0)
        pid1_fail(channel, "stdio");
    if (j->start.broker && !descriptors_place_broker(fds[MAIN_BROKER], &channel))
        pid1_fail(channel, "broker");
    int keep[] = { 0, 1, 2, channel, j->start.broker ? DESCRIPTOR_BROKER : -1 };
    if (!descriptors_keep(keep, 5))
        pid1_fail(channel, "descriptors");
    if (!confine_identity(j->uid, j->uid, j->switch_groups) || chdir("/work") < 0)
        pid1_fail(channel, "identity");
    if (!confine_process())
        pid1_fail(channel, "process");
    if (!confine_rlimits(&j->start.limits, j->alone))
        pid1_fail(channel, "rlimits");
    if (!confine_landlock(jail_writable))
        pid1_fail(channel, "landlock");
    if (!filter_load(s->setup->filter))
        pid1_fail(channel, "seccomp");
    /* As after the exec of the cold start: its children may look at it in /proc, and it at them. */
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    prctl(PR_SET_NAME, "python3", 0, 0, 0);
    close(channel);
}

/* The descriptors of a START are counted by whoever receives them here. */
static bool job_decode(struct spare *s, struct gov_err *err)
{
    const struct wire_start *m = &s->job.start;

    return wire_start_decode(m, (int)(m->file_count + 1 + m->broker), &s->texts, err);
}

_Noreturn static void become_main(struct spare *s, int socket)
{
    const char *argv[SANDBOX_ARGS_MAX + 1];
    struct gov_err err;
    int argc = 0;

    if (s->setup->rehearse)
        interpreter_rehearse();
    if (!zygote_receive(socket, ZYGOTE_JOB, &s->job, sizeof s->job, s->fds, &s->fd_count) ||
        s->fd_count != MAIN_BROKER + (int)s->job.start.broker || !job_decode(s, &err))
        _exit(1);
    main_confine(s, s->fds);
    argv[argc++] = s->texts.entry;
    for (uint32_t i = 0; i < s->job.start.arg_count; i++)
        argv[argc++] = s->texts.args[i];
    interpreter_run(argv, argc, s->texts.timezone);
}

static void main_fork(struct spare *s)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        pid1_fail(s->setup->channel, "socket");
    s->main_pid = fork();
    if (s->main_pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        close(ends[0]);
        close(s->setup->lifeline);
        become_main(s, ends[1]);
    }
    if (s->main_pid < 0)
        pid1_fail(s->setup->channel, "fork");
    close(ends[1]);
    s->main_socket = ends[0];
}

/* Wait for the job; without one, until sandboxd lets go of us. */
static void job_receive(struct spare *s)
{
    struct zygote_job *j = &s->job;
    struct gov_err err = { 0 };
    int next = FD_FILES;

    if (!zygote_receive(s->setup->channel, ZYGOTE_JOB, j, sizeof *j, s->fds, &s->fd_count))
        _exit(1);
    errno = EINVAL;
    if (!job_decode(s, &err) ||
        s->fd_count != FD_FILES + (int)j->start.file_count + __builtin_popcountll(j->mounted) +
                           (int)j->start.broker)
        pid1_fail(s->setup->channel, "job");
    for (uint32_t i = 0; i < j->start.file_count; i++)
        s->files[i] = (struct jail_file){ s->fds[next++], j->start.sha256[i],
                                          s->texts.files[i].name, s->texts.files[i].as };
    for (uint32_t i = 0; i < j->start.file_count; i++)
        s->mounts[i] = j->mounted >> i & 1 ? s->fds[next++] : -1;
    s->broker = j->start.broker ? s->fds[next] : -1;
    s->spec = (struct jail_spec){
        .alone = j->alone,
        .limits = j->start.limits,
        .package_fd = s->fds[FD_PACKAGE],
        .package = j->start.package,
        .package_bytes = j->package_bytes,
        .package_files = j->package_files,
        .files = s->files,
        .file_count = (int)j->start.file_count,
        .input_fd = s->fds[FD_INPUT],
    };
}

static void job_prepare(struct spare *s)
{
    int channel = s->setup->channel;
    const char *stage = "";
    uid_t uid = s->job.uid;

    if (!root_tree_fill(&s->spec, s->mounts, uid, &s->tree))
        pid1_fail(channel, s->tree.stage);
    if (!confine_identity(uid, uid, s->job.switch_groups))
        pid1_fail(channel, "identity");
    if (!confine_process() || pid1_is_alone(s->setup->lifeline))
        pid1_fail(channel, "process");
    if (!root_tree_open(&s->tree))
        pid1_fail(channel, s->tree.stage);
    if (!pid1_package_copy(&s->spec, s->tree.work, &stage))
        pid1_fail(channel, stage);
}

_Noreturn void spare_run(const struct spare_setup *setup)
{
    struct spare *s = calloc(1, sizeof *s);

    if (!s)
        _exit(1);
    s->setup = setup;
    arrive(s);
    main_fork(s);
    pid1_signals_default();
    int children = pid1_children_open();
    if (children < 0)
        pid1_fail(setup->channel, "children");
    if (!root_tree_places(&s->tree))
        pid1_fail(setup->channel, s->tree.stage);
    tree_digest_prepare();
    say(s, JAIL_SPARE);
    job_receive(s);
    job_prepare(s);
    int input = open("/input/input.json", O_RDONLY | O_CLOEXEC);
    if (input < 0)
        pid1_fail(setup->channel, "input");
    pid1_ready(setup->channel, &s->tree);
    const int fds[] = { input, s->fds[FD_OUT], s->fds[FD_ERR], s->broker };
    if (!zygote_send(s->main_socket, &s->job, sizeof s->job, fds, s->broker >= 0 ? 4 : 3))
        pid1_fail(setup->channel, "main");
    int keep[] = { setup->channel, setup->lifeline, children };
    if (!descriptors_keep(keep, 3))
        pid1_fail(setup->channel, "descriptors");
    pid1_watch(&s->spec, setup->channel, setup->lifeline, children, s->main_pid);
}
