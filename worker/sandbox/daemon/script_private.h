/* script_private.h - what script.c (a job and the messages about it) and script_launch.c (how it is
 * started) share. */
#ifndef WORKER_SANDBOX_DAEMON_SCRIPT_PRIVATE_H
#define WORKER_SANDBOX_DAEMON_SCRIPT_PRIVATE_H

#include "worker/sandbox/daemon/group.h"
#include "worker/sandbox/daemon/helper.h"
#include "worker/sandbox/daemon/script.h"
#include "worker/sandbox/daemon/zygote_pool.h"

struct script {
    struct script *next;
    struct connection *connection; /* NULL: orphaned, nobody is told */
    struct host *host;
    uint64_t id;
    struct wire_start *message; /* own copy; `job` points into it */
    struct wire_job job;
    const struct runtime *runtime;
    int fds[WIRE_FDS_MAX]; /* input and files, until it is launched */
    int fd_count;
    struct zygote_wait wait; /* for a spare; wait.zygote NULL: does not */
    struct zygote *zygote;   /* of that spare */
    bool warm;
    char cold_reason[SANDBOX_REASON_BYTES];
    struct group *group;
    int package, out, err; /* reading ends of the pipes until STARTED */
    struct helper harvest;
    struct wire_harvested
        last; /* sent when the slot is free again: the worker may start the next at once */
    bool harvesting; /* the harvester was told to begin */
    bool harvested;
    char zone[80];
};

/* Start it, warm where that can be, or wait for a spare. False: it could not be. */
bool script_launch(struct script *s, struct gov_err *err);
/* The warm start did not come to anything, and not for the job's own faults: once more, cold. */
bool script_launch_again(struct script *s, const char *reason, struct gov_err *err);

/* Of script.c, for the group and for a late failure. */
void script_group_ready(void *user, struct group *group);
void script_group_ended(void *user, struct group *group);
void script_refuse(struct script *s, const struct gov_err *err);

#endif
