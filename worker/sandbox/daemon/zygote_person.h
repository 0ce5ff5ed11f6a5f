/* zygote_person.h - what /proc of the host says about processes that claim to belong to a zygote. */
#ifndef WORKER_SANDBOX_DAEMON_ZYGOTE_PERSON_H
#define WORKER_SANDBOX_DAEMON_ZYGOTE_PERSON_H

#include "worker/sandbox/daemon/zygote.h"

/* `pid` has one of this zygote's uids and is pid 1 of a namespace one below the zygote's. */
bool zygote_person_check(const struct zygote *zygote, pid_t pid);

/* The zygote has one thread and no child: nothing of what it imported goes on running. */
bool zygote_person_quiet(const struct zygote *zygote, uint64_t *resident_bytes);

#endif
