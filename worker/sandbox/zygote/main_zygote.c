/* main_zygote.c - execgov-zygote: a Python that has started and imported, waiting to be copied.
 *
 *     SETUP -> filter -> Python, imports -> LOADED -> for every SPAWN: fork a spare jail
 *
 * Started by execgov-sandboxd alone, in a user namespace with uids of its own and a root without
 * anything of the host's (jail/zygote_jail.h), with an empty environment. One a tenant and skill
 * version: what an import leaves behind is seen by jobs of that version only. It has one thread and
 * does nothing but fork once it is loaded. Only the platform's modules are imported here: the package and the wheels
 * it brought are code of a tenant, and this process confines jobs and outlives them.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "worker/sandbox/jail/descriptors.h"
#include "worker/sandbox/jail/environment.h"
#include "worker/sandbox/store/tree.h"
#include "worker/sandbox/zygote/interpreter.h"
#include "worker/sandbox/zygote/spare.h"
#include "worker/sandbox/zygote/zygote_wire.h"

static bool note_send(uint32_t kind, const char *reason)
{
    struct zygote_note note = { .header = { ZYGOTE_MAGIC, kind } };

    snprintf(note.reason, sizeof note.reason, "%s", reason);
    return zygote_send(ZYGOTE_CONTROL_FD, &note, sizeof note, NULL, 0);
}

static bool environment_make(void)
{
    const char *envp[ENVIRONMENT_MAX];

    environment_fill("TZ=UTC", envp);
    for (const char **e = envp; *e; e++) {
        if (putenv((char *)*e) != 0)
            return false;
    }
    return true;
}

/* The next child is the first process of a pid namespace. A process may ask for that once, unless it
 * goes back to its own namespace in between. */
static pid_t fork_into_namespace(int self)
{
    if (unshare(CLONE_NEWPID) < 0)
        return -1;
    pid_t pid = interpreter_fork();
    if (pid != 0 && setns(self, CLONE_NEWPID) < 0)
        _exit(1);
    return pid;
}

static bool spawn(const struct filter *filter, const char *wheels, int self)
{
    struct zygote_spawn message;
    int fds[ZYGOTE_FDS_MAX], count;

    if (!zygote_receive(ZYGOTE_CONTROL_FD, ZYGOTE_SPAWN, &message, sizeof message, fds, &count))
        return false;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
    if (count == 2 && fork_into_namespace(self) == 0)
        spare_run(&(struct spare_setup){ filter, wheels, fds[0], fds[1], message.rehearse != 0 });
    while (count > 0)
        close(fds[--count]); /* a spare that could not be made is noticed by its silence */
    return true;
}

int main(void)
{
    struct zygote_setup *setup = calloc(1, sizeof *setup);
    struct filter filter = { 0 }, outer = { 0 };
    char reason[ZYGOTE_REASON_BYTES], wheels[ZYGOTE_PLACE_BYTES];
    int fds[ZYGOTE_FDS_MAX], count = 0;

    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (!setup || !descriptors_occupy_streams() || !environment_make() || !filter_read(ZYGOTE_FILTER_FD, &filter) ||
        !filter_read(ZYGOTE_OUTER_FILTER_FD, &outer) ||
        !zygote_receive(ZYGOTE_CONTROL_FD, ZYGOTE_SETUP, setup, sizeof *setup, fds, &count))
        return 1; /* NOLINT(clang-analyzer-unix.Malloc): the process ends */
    close(ZYGOTE_FILTER_FD);
    close(ZYGOTE_OUTER_FILTER_FD);
    int self = (int)syscall(SYS_pidfd_open, getpid(), 0);
    if (self < 0 || !filter_load(&outer))
        return 1;
    tree_digest_prepare();
    snprintf(wheels, sizeof wheels, "%.*s", (int)sizeof wheels - 1, setup->wheels);
    bool loaded = interpreter_load(setup, reason);
    free(setup);
    if (!note_send(loaded ? ZYGOTE_LOADED : ZYGOTE_UNUSABLE, reason) || !loaded)
        return 1;
    while (spawn(&filter, wheels, self))
        ;
    /* No new jobs; those that run are ended with us if we go first. */
    while (wait(NULL) > 0 || errno == EINTR)
        ;
    return 0;
}
