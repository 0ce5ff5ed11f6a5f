/* cgroup.h - bounds on a group of processes, on cgroup v2 or v1 alike.
 *
 * One `struct cgroup_root` a daemon, found at start: where groups can be made and which kernel
 * interface bounds them there. One `struct cgroup` a job. With neither (a plain user without
 * delegation) the root says CGROUP_NONE and jobs are bounded by rlimits and sampling alone:
 * isolation level 1.
 */
#ifndef WORKER_SANDBOX_CGROUP_H
#define WORKER_SANDBOX_CGROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/base/err.h"

enum cgroup_version { CGROUP_NONE, CGROUP_V1, CGROUP_V2 };
enum { CGROUP_PATH_BYTES = 256, CGROUP_NAME_BYTES = 64 };

struct cgroup_root {
    enum cgroup_version version;
    char memory[CGROUP_PATH_BYTES]; /* v2: the one folder; v1: one for each controller */
    char pids[CGROUP_PATH_BYTES];
    char cpuacct[CGROUP_PATH_BYTES]; /* "" if v1 lacks it: then CPU time is counted from rusage */
    int lock_fd;                     /* held as long as the daemon lives */
};

struct cgroup {
    const struct cgroup_root *root; /* NULL: none */
    char name[CGROUP_NAME_BYTES];
};

struct cgroup_usage {
    uint64_t memory_peak_bytes;
    uint64_t cpu_us;
    uint64_t oom_kills;     /* processes the kernel killed for memory */
    uint64_t forks_refused; /* times the process bound was met */
};

/* Find a place for groups called `instance` (unique on the host: it names the uid range) and remove
 * what an earlier daemon of that name left, processes included. Fails if a living one holds the
 * name. Not finding any is no failure: version is CGROUP_NONE. */
bool cgroup_root_open(struct cgroup_root *root, const char *instance, struct gov_err *err);
void cgroup_root_close(struct cgroup_root *root);

/* An empty group with these bounds. `processes` counts threads too. */
bool cgroup_make(const struct cgroup_root *root, const char *name, uint64_t memory_bytes,
                 uint64_t processes, struct cgroup *group, struct gov_err *err);
/* Other bounds for it; nothing of it may be above them yet. */
bool cgroup_bound(const struct cgroup *group, uint64_t memory_bytes, uint64_t processes,
                  struct gov_err *err);
/* v2: its folder, for CLONE_INTO_CGROUP, which spares the several milliseconds that moving a process
 * costs. -1 for v1 and for none: then the child calls cgroup_enter. The caller closes. */
int cgroup_open(const struct cgroup *group);
/* The calling process goes into it, cheaply; it has one thread. False with errno. */
bool cgroup_enter(const struct cgroup *group);
/* Another process is put into it: the kernel keeps every fork of the machine waiting for that, and itself for
 * a grace period. */
bool cgroup_join(const struct cgroup *group, pid_t pid, struct gov_err *err);
/* Zeroes where nothing is known. */
void cgroup_usage_read(const struct cgroup *group, struct cgroup_usage *usage);
/* SIGKILL to everything in it (cgroup.kill, or pid by pid until none is left or it gets too much).
 */
void cgroup_kill(const struct cgroup *group);
bool cgroup_empty(const struct cgroup *group);
/* Remove it; false while it is not empty. */
bool cgroup_remove(struct cgroup *group);

#endif
