/* zygote.h - one zygote as sandboxd sees it: started, loaded, asked for spare jails, let go.
 *
 *     STARTING ── LOADED ──> READY ── zygote_retire, or its death ──> RETIRING ──> (gone) freed
 *
 * It belongs to one tenant, package and runtime, and is never used for another. What it says is
 * checked: who speaks on a spare's channel is told by the kernel, must have one of the zygote's uids
 * and live in a pid namespace below it, before it is put under a job's bounds.
 */
#ifndef WORKER_SANDBOX_DAEMON_ZYGOTE_H
#define WORKER_SANDBOX_DAEMON_ZYGOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "worker/sandbox/daemon/host.h"
#include "worker/sandbox/jail/jail.h"

enum { ZYGOTE_SCOPE_BYTES = 64 };

struct zygote_key {
    char scope[ZYGOTE_SCOPE_BYTES]; /* the tenant */
    uint8_t package[TREE_DIGEST_BYTES];
    const struct runtime *runtime;
};

/* A jail without a job, bounded and ready; whoever takes it owns what is in it. */
struct spare {
    struct jail jail;
    struct cgroup cgroup;
};

/* Somebody who waits for a spare. */
struct zygote_wait {
    struct zygote_wait *next;
    struct zygote *zygote;
    /* `spare` NULL: none will come, start cold. */
    void (*ready)(void *user, struct spare *spare, const char *reason);
    void *user;
};

enum zygote_state { ZYGOTE_STARTING, ZYGOTE_READY, ZYGOTE_RETIRING };
enum spare_state { SPARE_NONE, SPARE_FORKING, SPARE_MOVING, SPARE_SETTLING, SPARE_HELD };

struct zygote {
    struct zygote *next;
    struct host *host;
    struct zygote_key key;
    enum zygote_state state;
    int range; /* of uids */
    struct jail jail;
    int control;
    struct cgroup cgroup;
    struct watch *control_watch, *pid_watch;
    enum spare_state spare_state;
    struct spare spare;
    uint64_t move; /* what the mover's answer will be about */
    struct watch *spare_watch;
    struct zygote_wait *first, *last;
    int running; /* jobs taken and not given back */
    bool dead;   /* freed when the last of them is given back */
    uint64_t jobs;
    uint64_t resident_bytes; /* when it was loaded */
    int64_t started_us, used_us, settled_us, retired_us;
    bool letting_go; /* old, idle, in the way: no fault of its version */
    char reason[64]; /* why it was retired */
    void (*gone)(struct zygote *zygote); /* after the process has; frees it */
};

/* Start one for `key` with uid range `range`. NULL: see err. */
struct zygote *zygote_start(struct host *host, const struct zygote_key *key, int range,
                            void (*gone)(struct zygote *zygote), struct gov_err *err);
/* A spare at once (true), or `wait` is called later. READY only. */
bool zygote_take(struct zygote *zygote, struct zygote_wait *wait, struct spare *spare);
void zygote_wait_cancel(struct zygote_wait *wait);
/* The job that took the spare runs: the next one can be made. */
void zygote_spare_wanted(struct zygote *zygote);
/* The job that came from it has ended. */
void zygote_give_back(struct zygote *zygote);
/* No new jobs; it goes when the last one has ended. */
void zygote_retire(struct zygote *zygote, const char *reason);
/* Now, and its jobs with it. */
void zygote_kill(struct zygote *zygote);
void zygote_free(struct zygote *zygote);
/* Its spare is in its cgroup, or could not be put there. SPARE_MOVING only. */
void zygote_spare_moved(struct zygote *zygote, bool ok);
/* It has been asked for and is not there yet. */
bool zygote_spare_coming(const struct zygote *zygote);
/* It is to go, nothing keeps it, and it is still there. */
bool zygote_going(const struct zygote *zygote);
/* Deadlines of its start, of its spare and of its going. */
void zygote_tick(struct zygote *zygote, int64_t now_us);

/* The uid outside of slot `slot`'s job. */
uid_t zygote_job_uid(const struct zygote *zygote, int slot);
/* The same as the job sees it. */
uid_t zygote_job_uid_inside(const struct zygote *zygote, int slot);

void spare_discard(struct spare *spare, struct host *host);

#endif
