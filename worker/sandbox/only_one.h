/* only_one.h - a lock that says who has a cache or a cgroup. */
#ifndef WORKER_SANDBOX_ONLY_ONE_H
#define WORKER_SANDBOX_ONLY_ONE_H

#include <stdbool.h>

/* Lock the open folder `fd` for this process and its children. False, with errno, when somebody else
 * has it for three seconds: children of a sandboxd that was killed hold its lock until they are gone,
 * and that takes a moment. Before the loop runs: it waits. */
bool only_one_lock(int fd);

#endif
