/* pid1.c - the parts of pid 1 that cold and warm starts share. */
#include "worker/sandbox/jail/pid1.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "worker/sandbox/jail/sample.h"
#include "worker/sandbox/wire.h"

enum { SAMPLE_MS = 50 };

const char *const jail_writable[] = { "/work", "/tmp", "/result", "/dev/shm", NULL };

_Noreturn void pid1_fail(int channel, const char *stage)
{
    struct jail_note note = { .kind = JAIL_FAILED, .error = errno };

    snprintf(note.stage, sizeof note.stage, "%s", stage);
    wire_send(channel, &note, sizeof note, NULL, 0);
    _exit(1);
}

void pid1_signals_default(void)
{
    sigset_t none;

    for (int i = 1; i < NSIG; i++)
        signal(i, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

bool pid1_is_alone(int lifeline)
{
    struct pollfd p = { .fd = lifeline, .events = POLLIN };

    return poll(&p, 1, 0) != 0;
}

bool pid1_package_copy(const struct jail_spec *s, int work, const char **stage)
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

void pid1_ready(int channel, const struct root_tree *tree)
{
    struct jail_note note = { .kind = JAIL_READY };
    int fds[2] = { tree->work, tree->result };

    if (wire_send(channel, &note, sizeof note, fds, 2) != 1)
        _exit(1);
}

int pid1_children_open(void)
{
    sigset_t children;

    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    sigprocmask(SIG_BLOCK, &children, NULL);
    return signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
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

_Noreturn void pid1_watch(const struct jail_spec *spec, int channel, int lifeline, int children,
                          pid_t main_pid)
{
    const struct sandbox_limits *l = &spec->limits;
    struct sample seen, most = { 0 };
    int status;

    for (;;) {
        struct pollfd p[2] = { { .fd = lifeline, .events = POLLIN },
                               { .fd = children, .events = POLLIN } };
        poll(p, 2, spec->alone ? SAMPLE_MS : -1);
        if (p[0].revents)
            _exit(0);
        if (p[1].revents & POLLIN) {
            struct signalfd_siginfo info;
            ssize_t ignored = read(children, &info, sizeof info);
            (void)ignored;
        }
        if (reap(main_pid, &status))
            end(channel, status,
                status && most.processes >= l->processes ? SANDBOX_LIMIT_PROCESSES
                                                         : SANDBOX_LIMIT_NONE,
                most.memory_bytes);
        if (spec->alone && sample_take(&seen)) {
            if (seen.processes > most.processes)
                most.processes = seen.processes;
            if (seen.memory_bytes > most.memory_bytes)
                most.memory_bytes = seen.memory_bytes;
            if (seen.memory_bytes > l->memory_mb << 20)
                end(channel, SIGKILL, SANDBOX_LIMIT_MEMORY, most.memory_bytes);
        }
    }
}
