/* group.h - one jail with its slot, cgroup, deadline and usage, from start to empty.
 *
 *     STARTING ── READY ──> RUNNING ── main ends, a limit is met, or group_kill ──> (empty) on_end
 *
 * Scripts, unpacking, checks and probes are all groups; what is done with the outcome is their
 * owner's.
 */
#ifndef WORKER_SANDBOX_DAEMON_GROUP_H
#define WORKER_SANDBOX_DAEMON_GROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"
#include "worker/sandbox/daemon/host.h"
#include "worker/sandbox/daemon/zygote.h"
#include "worker/sandbox/jail/jail.h"
#include "worker/sandbox/wire.h"

struct group {
    struct group *next;
    struct host *host;
    struct jail jail;
    struct cgroup cgroup;
    struct sandbox_limits limits;
    struct watch *channel_watch, *pid_watch;
    int slot;
    uid_t uid;             /* outside */
    struct zygote *zygote; /* it came from; NULL: a cold start */
    int work, result; /* after READY, until group_free */
    bool ready;
    int64_t started_us, ended_us; /* monotonic */
    bool disk_was_full;
    bool has_exit; /* pid 1 said how main ended */
    struct jail_note exit;
    char failed_stage[JAIL_STAGE_BYTES]; /* the step of the start that failed; "" none */
    int failed_error;

    /* the outcome, valid in on_end */
    enum sandbox_limit limit;
    int exit_code; /* -1 */
    int signal;
    uint64_t cpu_us, memory_peak_bytes;

    void (*on_ready)(void *user, struct group *group); /* may be NULL */
    void (*on_end)(void *user,
                   struct group *group); /* nothing of it is alive; frees it at some time */
    void *user;
};

/* Start `spec` (its user_namespace, uid, cgroup and filter are filled in here). OVERLOADED when
 * every slot is taken. */
bool group_start(struct host *host, struct jail_spec *spec,
                 void (*on_ready)(void *user, struct group *group),
                 void (*on_end)(void *user, struct group *group), void *user, struct group **group,
                 struct gov_err *err);
/* The same from a spare of `zygote`, which is this group's from now on (and gone where this fails).
 * `start` is the message that asked for it. */
bool group_start_warm(struct zygote *zygote, struct spare *spare, struct jail_spec *spec,
                      const struct wire_start *start,
                      void (*on_ready)(void *user, struct group *group),
                      void (*on_end)(void *user, struct group *group), void *user,
                      struct group **group, struct gov_err *err);
/* End everything in it; the first reason given counts. */
void group_kill(struct group *group, enum sandbox_limit limit);
void group_tick(struct group *group);
void group_free(struct group *group);

/* It did not come to READY, and not because of what the job is or for a limit it met. */
bool group_start_odd(const struct group *group);
/* The failed start as an error for whoever asked. */
bool group_start_error(const struct group *group, struct gov_err *err);

#endif
