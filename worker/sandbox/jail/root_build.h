/* root_build.h - what root_tree.c (the system's part of a root) and work_tree.c (the job's part)
 * share. Private to the two.
 *
 * Paths are relative to the new root, which is the current directory of both.
 */
#ifndef WORKER_SANDBOX_JAIL_ROOT_BUILD_H
#define WORKER_SANDBOX_JAIL_ROOT_BUILD_H

#include "worker/sandbox/jail/root_tree.h"

enum { ROOT_DEVICE_COUNT = 5 };

struct root_build {
    const struct jail_spec *spec;
    const int *file_mounts;
    uid_t uid;       /* of the job */
    int uid_count;   /* accounts in /etc/passwd, from uid on */
    struct root_tree *tree;
    int runtime[RUNTIME_MOUNTS_MAX + 1]; /* the last one is usr/bin */
    int runtime_count;
    int device[ROOT_DEVICE_COUNT];
    bool aside;      /* what a package brought lies where nothing looks for it */
};

/* `ok`, and the name of the step if it is false. */
bool root_step(struct root_build *b, const char *stage, bool ok);

/* A detached copy of the mounts at `path`, with these attributes; -1: errno. */
int root_tree_clone(const char *path, uint64_t attributes);
/* Put a detached mount at `target`, which takes the descriptor. */
bool root_attach(int fd, const char *target);
bool root_make_dirs(const char *path);
/* `path` below the folder `dir`. */
bool root_make_file(int dir, const char *path, const char *text, size_t bytes);

/* A /proc of this pid namespace. A kernel that does not let us mount it (a container with a masked
 * /proc) leaves it empty: the job sees less, not more. */
bool root_proc_mount(struct root_build *b);

/* The job's part: input, writable folders, files. */
bool work_tree_build(struct root_build *b);
/* The same in two halves: the places, then the job's bounds and what is its own. */
bool work_tree_places(struct root_build *b);
bool work_tree_fill(struct root_build *b);

#endif
