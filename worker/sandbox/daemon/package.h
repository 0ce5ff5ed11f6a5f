/* package.h - one UNPACK: an archive becomes a sealed, checked tree in the cache, or a list of
 * findings.
 *
 *     group (unpack) -> helper (seal: walk, hash, copy) -> group (check of the code) -> UNPACKED
 */
#ifndef WORKER_SANDBOX_DAEMON_PACKAGE_H
#define WORKER_SANDBOX_DAEMON_PACKAGE_H

#include <stdbool.h>

#include "worker/sandbox/daemon/server.h"
#include "worker/sandbox/wire.h"

/* False: the message is malformed. The descriptor stays the caller's. */
bool package_start(struct connection *connection, const struct wire_unpack *message, int archive);
/* The connection is going: end what it asked for and send nothing more. */
void package_orphan_all(struct connection *connection);

#endif
