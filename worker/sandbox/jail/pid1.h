/* pid1.h - what the first process of a jail does, however it came to be: reports, copies the
 * package, watches main.
 *
 * Shared by the cold start (inside.c, a copy of sandboxd) and the warm one (zygote/spare.c, a copy
 * of a zygote). Nothing here needs a right that a job does not have.
 */
#ifndef WORKER_SANDBOX_JAIL_PID1_H
#define WORKER_SANDBOX_JAIL_PID1_H

#include <stdbool.h>
#include <sys/types.h>

#include "worker/sandbox/jail/jail.h"
#include "worker/sandbox/jail/root_tree.h"

/* Say which step failed (with errno) and end; the jail ends with it. */
_Noreturn void pid1_fail(int channel, const char *stage);

/* Every signal as it is for a new program, none blocked. */
void pid1_signals_default(void);

/* sandboxd has gone, or never said go. */
bool pid1_is_alone(int lifeline);

/* Copy the package of `spec` into `work`, which must have its digest. False: errno and `stage`. */
bool pid1_package_copy(const struct jail_spec *spec, int work, const char **stage);

/* READY, with the folders that the harvest will walk. */
void pid1_ready(int channel, const struct root_tree *tree);

/* From now on the end of a child is told by this descriptor; -1: errno. */
int pid1_children_open(void);

/* Wait for main and say how it ended, or end when sandboxd does. */
_Noreturn void pid1_watch(const struct jail_spec *spec, int channel, int lifeline, int children,
                          pid_t main_pid);

#endif
