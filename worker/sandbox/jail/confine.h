/* confine.h - the steps by which a process inside the new namespaces gives up what it could do.
 *
 * Order matters and is the caller's (inside.c): identity, then no_new_privs, then the parent-death
 * signal (a change of uid clears it), then rlimits, Landlock, seccomp. Every step fails closed.
 */
#ifndef WORKER_SANDBOX_JAIL_CONFINE_H
#define WORKER_SANDBOX_JAIL_CONFINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "worker/sandbox/limits.h"

/* Reduce this process and all it will ever start to `keep` (a bit a capability); the bounding set
 * too. For sandboxd itself at its start. False: errno. */
bool confine_capabilities(uint64_t keep);
bool confine_has_capability(int capability);
/* The same for a process that will exec without being root: these capabilities survive it. */
bool confine_ambient(uint64_t keep);

/* Become uid:gid without groups and without any capability, for ever. `switch_groups` is false in a
 * user namespace, where setgroups is denied. */
bool confine_identity(uid_t uid, gid_t gid, bool switch_groups);

/* no_new_privs, SIGKILL at the parent's death, no core dump, not traceable. */
bool confine_process(void);

/* Kernel bounds of one process. `alone`: no cgroup bounds the group, so the address space and the
 * number of processes are bounded here. */
bool confine_rlimits(const struct sandbox_limits *limits, bool alone);

/* Of a zygote: no core, and room for the descriptors of a job. */
bool confine_zygote_rlimits(void);

/* Landlock version of this kernel, 0 if it has none. */
int confine_landlock_version(void);

/* Read and execute below /, write below these (NULL-terminated) only; no TCP, no abstract sockets
 * and no signals to outside where the kernel knows how. True where there is no Landlock: the mount
 * namespace says the same. */
bool confine_landlock(const char *const *writable);

#endif
