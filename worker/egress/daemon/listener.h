/* listener.h - the socket workers come to. Whoever is not one of the users that may is turned away by his
 * uid, before a byte is read. */
#ifndef WORKER_EGRESS_DAEMON_LISTENER_H
#define WORKER_EGRESS_DAEMON_LISTENER_H

#include "worker/egress/egress.h"

/* CONFIGURATION: the path cannot be used, or there is no such user. `path` "" : none, and NULL. */
bool listener_start(struct egress *egress, struct listener **listener, struct gov_err *err);
void listener_stop(struct listener *listener);

#endif
