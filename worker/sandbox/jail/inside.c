/* inside.c - pid 1 of a jail, and the last steps of main before it becomes the script.
 *
 *     go -> cgroup namespace -> root -> identity -> no_new_privs -> package -> READY
 *        -> fork main: rlimits -> descriptors -> Landlock -> seccomp -> exec
 *        -> wait for main, or for the end of sandboxd
 *
 * pid 1 stays a copy of sandboxd without rights, uid, files or descriptors: it is neither dumpable
 * nor visible in the job's /proc, and a signal from inside its namespace does not reach it. It is
 * not under the seccomp filter, for it never touches a byte the script made.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "worker/sandbox/jail/confine.h"
#include "worker/sandbox/jail/jail.h"
#include "worker/sandbox/jail/root_tree.h"
#include "worker/sandbox/jail/sample.h"
#include "worker/sandbox/wire.h"

enum { KEEP_MAX = 2 * SANDBOX_FILES_MAX + 16, SAMPLE_MS = 50 };

/* Where main may write. */
static const char *const writable[] = { "/work", "/tmp", "/result", "/dev/shm", NULL };

_Noreturn static void fail(int channel, const char *stage)
{
    struct jail_note note = { .kind = JAIL_FAILED, .error = errno };

    snprintf(note.stage, sizeof note.stage, "%s", stage);
    wire_send(channel, &note, sizeof note, NULL, 0);
    _exit(1);
}

static int int_compare(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* Close every descriptor that is not in `keep` (-1s are skipped). */
static bool close_others(int *keep, int count)
{
    int next = 0;

    qsort(keep, (size_t)count, sizeof *keep, int_compare);
    for (int i = 0; i < count; i++) {
        if (keep[i] < next)
            continue;
        if (keep[i] > next && syscall(SYS_close_range, next, keep[i] - 1, 0) < 0)
            return false;
        next = keep[i] + 1;
    }
    return syscall(SYS_close_range, next, ~0U, 0) == 0;
}

/* Nothing that is opened later may get the number of a standard stream: main puts others there. */
static bool streams_occupy(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    while (fd >= 0 && fd <= STDERR_FILENO);
    return fd >= 0 && close(fd) == 0;
}

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
    return close_others(keep, count) && streams_occupy();
}

static void signals_default(void)
{
    sigset_t none;

    for (int i = 1; i < NSIG; i++)
        signal(i, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* sandboxd has gone, or never said go. */
static bool alone_in_the_world(int lifeline)
{
    struct pollfd p = { .fd = lifeline, .events = POLLIN };

    return poll(&p, 1, 0) != 0;
}

static bool package_copy(const struct jail_spec *s, int work, const char **stage)
{
    const struct tree_bounds bounds = { s->package_files, s->package_bytes, 32 };
    struct tree_listing listing = { 0 };
    struct arena arena;
    struct gov_err err = { 0 };
    uint8_t digest[TREE_DIGEST_BYTES];

    if (s->package_fd < 0)
        return true;
    arena_init(&arena);
    bool ok = tree_walk(s->package_fd, work, "", TREE_SKIP_THERE, &bounds, &arena, &listing, &err);
    *stage = ok || err.code == GOV_INVALID_INPUT ? "package digest" : "package copy";
    if (ok) {
        tree_digest(&listing, digest);
        ok = memcmp(digest, s->package, sizeof digest) == 0;
        errno = EBADMSG;
    }
    arena_release(&arena);
    return ok;
}

/* Descriptor 3 is the broker's; our own channel moves away from it. */
static bool broker_place(const struct jail_spec *s, int *channel)
{
    if (s->broker_fd <= 0)
        return true;
    if (*channel == 3)
        *channel = fcntl(3, F_DUPFD_CLOEXEC, 4);
    return *channel > 3 && (s->broker_fd == 3 ? fcntl(3, F_SETFD, 0) == 0 : dup2(s->broker_fd, 3) == 3);
}

_Noreturn static void become_main(const struct jail_inside *in, int input, int work)
{
    const struct jail_spec *s = in->spec;
    int channel = in->channel;

    signals_default();
    if (!confine_process() || setsid() < 0)
        fail(channel, "main");
    if (dup2(input, 0) < 0 || dup2(s->out_fd, 1) < 0 || dup2(s->err_fd, 2) < 0)
        fail(channel, "stdio");
    if (!broker_place(s, &channel))
        fail(channel, "broker");
    int keep[] = { 0, 1, 2, channel, s->inside ? s->inside_fd : -1, s->inside ? work : -1,
                   s->broker_fd > 0 ? 3 : -1 };
    if (!close_others(keep, 7))
        fail(channel, "descriptors");
    /* Our own code is not bound by its address space: sanitizers reserve terabytes of it. */
    if (!confine_rlimits(&s->limits, !s->cgroup->root && !s->inside))
        fail(channel, "rlimits");
    if (!confine_landlock(writable))
        fail(channel, "landlock");
    if (!filter_load(s->filter))
        fail(channel, "seccomp");
    int code = s->inside ? s->inside(s, work) : 0;
    if (code != 0)
        _exit(code);
    execve(s->argv[0], (char *const *)s->argv, (char *const *)s->envp);
    fail(channel, "exec");
}

_Noreturn static void end(int channel, int wait_status, enum sandbox_limit limit, uint64_t sampled)
{
    struct jail_note note = { .kind = JAIL_EXITED, .wait_status = wait_status, .limit = limit };
    struct rusage use;

    if (getrusage(RUSAGE_CHILDREN, &use) == 0) {
        note.cpu_us = (uint64_t)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000000 +
                      (uint64_t)(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
        note.memory_peak_bytes = (uint64_t)use.ru_maxrss * 1024;
    }
    if (sampled > note.memory_peak_bytes)
        note.memory_peak_bytes = sampled;
    wire_send(channel, &note, sizeof note, NULL, 0);
    _exit(0);
}

/* Reap until main is gone. Returns true with its status then. */
static bool reap(pid_t main_pid, int *status)
{
    for (;;) {
        int s;
        pid_t pid = waitpid(-1, &s, WNOHANG);
        if (pid <= 0)
            return false;
        if (pid == main_pid) {
            *status = s;
            return true;
        }
    }
}

_Noreturn static void watch(const struct jail_inside *in, pid_t main_pid, int signals)
{
    const struct sandbox_limits *l = &in->spec->limits;
    bool alone = !in->spec->cgroup->root;
    struct sample seen, most = { 0 };
    int status;

    for (;;) {
        struct pollfd p[2] = { { .fd = in->lifeline, .events = POLLIN },
                               { .fd = signals, .events = POLLIN } };
        poll(p, 2, alone ? SAMPLE_MS : -1);
        if (p[0].revents)
            _exit(0);
        if (p[1].revents & POLLIN) {
            struct signalfd_siginfo info;
            ssize_t ignored = read(signals, &info, sizeof info);
            (void)ignored;
        }
        if (reap(main_pid, &status))
            end(in->channel, status,
                status && most.processes >= l->processes ? SANDBOX_LIMIT_PROCESSES
                                                         : SANDBOX_LIMIT_NONE,
                most.memory_bytes);
        if (alone && sample_take(&seen)) {
            if (seen.processes > most.processes)
                most.processes = seen.processes;
            if (seen.memory_bytes > most.memory_bytes)
                most.memory_bytes = seen.memory_bytes;
            if (seen.memory_bytes > l->memory_mb << 20)
                end(in->channel, SIGKILL, SANDBOX_LIMIT_MEMORY, most.memory_bytes);
        }
    }
}

static void ready(const struct jail_inside *in, const struct root_tree *tree)
{
    struct jail_note note = { .kind = JAIL_READY };
    int fds[2] = { tree->work, tree->result };

    if (wire_send(in->channel, &note, sizeof note, fds, 2) != 1)
        _exit(1);
}

_Noreturn void jail_inside(const struct jail_inside *in)
{
    const struct jail_spec *s = in->spec;
    uid_t uid = s->user_namespace ? JAIL_UID : s->uid;
    struct root_tree tree;
    const char *stage = "";
    sigset_t children;
    char go;

    signals_default();
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (!descriptors_cut(in) || read(in->lifeline, &go, 1) != 1)
        _exit(1);
    if (unshare(CLONE_NEWCGROUP) < 0)
        fail(in->channel, "cgroup namespace");
    if (s->user_namespace && (setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0))
        fail(in->channel, "uid inside");
    if (sethostname("sandbox", 7) < 0)
        fail(in->channel, "hostname");
    umask(022);
    if (!root_tree_enter(s, in->mounts, uid, &tree))
        fail(in->channel, tree.stage);
    if (!confine_identity(uid, uid, !s->user_namespace))
        fail(in->channel, "identity");
    if (!confine_process() || alone_in_the_world(in->lifeline))
        fail(in->channel, "process");
    if (!root_tree_open(&tree))
        fail(in->channel, tree.stage);
    if (!package_copy(s, tree.work, &stage))
        fail(in->channel, stage);
    int input = open("/input/input.json", O_RDONLY | O_CLOEXEC);
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    sigprocmask(SIG_BLOCK, &children, NULL);
    int signals = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
    if (input < 0 || signals < 0)
        fail(in->channel, "input");
    ready(in, &tree);
    pid_t main_pid = fork();
    if (main_pid == 0)
        become_main(in, input, tree.work);
    if (main_pid < 0)
        fail(in->channel, "fork");
    int keep[] = { in->channel, in->lifeline, signals };
    if (!close_others(keep, 3))
        fail(in->channel, "descriptors");
    watch(in, main_pid, signals);
}
