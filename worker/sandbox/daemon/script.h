/* script.h - one START: from the message to HARVESTED.
 *
 *     decode -> package -> group -> STARTED -> (runs) -> EXITED -> harvest -> FILE ... -> HARVESTED
 */
#ifndef WORKER_SANDBOX_DAEMON_SCRIPT_H
#define WORKER_SANDBOX_DAEMON_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "worker/sandbox/daemon/server.h"
#include "worker/sandbox/wire.h"

/* False: the message is malformed. Otherwise it is started or REFUSED was sent. The descriptors
 * stay the caller's unless set to -1. */
bool script_start(struct connection *connection, const struct wire_start *message, int *fds,
                  int fd_count);
/* True always: what cannot be prepared is not. */
bool script_prepare(struct host *host, const struct wire_prepare *message);
/* A job that has ended already is no fault. */
bool script_kill(struct connection *connection, uint64_t job, uint32_t limit);
/* The connection is going: end its scripts and send nothing more. */
void script_orphan_all(struct connection *connection);

#endif
