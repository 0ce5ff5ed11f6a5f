/* mover.h - a child of sandboxd that puts processes into cgroups and removes empty ones, beside the loop.
 *
 * The kernel lets a move wait for every processor to have scheduled (5 to 15 ms on a quiet host),
 * and a cgroup v1 knows no other way in. A spare is nobody's wait, but sandboxd has one thread: what
 * it waits for, all jobs wait for. A removal takes the same lock, and would wait for the move.
 */
#ifndef WORKER_SANDBOX_DAEMON_MOVER_H
#define WORKER_SANDBOX_DAEMON_MOVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "worker/sandbox/cgroup.h"
#include "worker/sandbox/daemon/poller.h"

struct mover {
    struct poller *poller;
    struct watch *watch;
    pid_t pid;
    int socket; /* -1: there is none, moves are made in the loop */
    void (*moved)(void *user, uint64_t token, bool ok);
    void (*kept)(void *user, const struct cgroup *group);
    void *user;
};

/* Fork it, with the rights the caller has now. Where that fails moves are made in the loop. */
void mover_start(struct mover *mover, struct poller *poller,
                 void (*moved)(void *user, uint64_t token, bool ok),
                 void (*kept)(void *user, const struct cgroup *group), void *user);
/* Move `pid`; `moved` says later, with this token, what came of it. False: there is no mover. */
bool mover_ask(struct mover *mover, const struct cgroup *group, pid_t pid, uint64_t token);
/* Remove an empty group, which is the mover's from now on; `kept` tells if it could not be. False: there is no mover. */
bool mover_remove(struct mover *mover, struct cgroup *group);
/* When it has done what it was asked for. */
void mover_stop(struct mover *mover);

#endif
