/* runtime_late.h - every runtime but base: copied beside the loop, at the start or whenever its packages
 * have appeared.
 *
 * pandas and numpy are 100 MB that nobody should wait for who wants base. Nothing restarts for a runtime
 * that is installed later: whoever asks for the status, or for a job in an absent runtime, makes sandboxd
 * look, and a helper copies what is there by now.
 */
#ifndef WORKER_SANDBOX_DAEMON_RUNTIME_LATE_H
#define WORKER_SANDBOX_DAEMON_RUNTIME_LATE_H

#include "worker/sandbox/daemon/host.h"

/* Start to make what can be made and is not; nothing if that is under way already. */
void runtime_late_look(struct host *host);
/* End what is under way; a half-made tree is removed when it is made again. */
void runtime_late_stop(struct host *host);
/* What the host says of its runtimes in its status. */
void runtime_late_tell(struct host *host);

#endif
