/* root_tree.h - the files a job can see.
 *
 *     /usr/bin /usr/lib /usr/share/zoneinfo   read-only, from the runtime
 *     /etc                                    passwd, group, hosts: three small files of ours
 *     /dev                                    null zero full random urandom, shm
 *     /proc                                   its own processes only, where the kernel lets us
 *     /input                                  input.json, script.py: read-only
 *     /work /tmp /dev/shm /result             writable; with /input one tmpfs with a bound on bytes
 *                                             and inodes
 *
 * Built by pid 1 while it still has its rights, then pivoted into; nothing of the old root stays.
 */
#ifndef WORKER_SANDBOX_JAIL_ROOT_TREE_H
#define WORKER_SANDBOX_JAIL_ROOT_TREE_H

#include <stdbool.h>

#include "worker/sandbox/jail/jail.h"

struct root_tree {
    int work; /* descriptors of the writable folders, to be kept for the harvest */
    int result;
    int input; /* /input, until what belongs there has been written */
    const char *stage; /* the step that failed, for the report */
};

/* Enter the new root. False: errno and `stage`. */
bool root_tree_enter(const struct jail_spec *spec, const int *file_mounts, uid_t uid,
                     struct root_tree *tree);

/* The same in parts, for a root that outlives a job (a zygote's): first one without a job, for the
 * `uid_count` uids from `uid` on, where what a package brought is put aside; later, in a mount namespace of its own
 * below it, /proc, what was put aside at its place `target`, and the job's places; and what is the job's, when it is
 * known. The current directory must be /. */
bool root_tree_enter_empty(const struct jail_spec *spec, uid_t uid, int uid_count,
                           struct root_tree *tree);
bool root_tree_proc(struct root_tree *tree);
bool root_tree_bring(const char *target, struct root_tree *tree);
bool root_tree_places(struct root_tree *tree);
bool root_tree_fill(const struct jail_spec *spec, const int *file_mounts, uid_t uid,
                    struct root_tree *tree);

/* Open the writable folders and make /work the current one. They are the job's alone (0700), so
 * this comes after becoming its uid. */
bool root_tree_open(struct root_tree *tree);

#endif
