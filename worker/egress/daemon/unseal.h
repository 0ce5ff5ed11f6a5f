/* unseal.h - the sensitive inputs of a run, opened for it: which ones is read from the run's row, never from
 * what is sent. */
#ifndef WORKER_EGRESS_DAEMON_UNSEAL_H
#define WORKER_EGRESS_DAEMON_UNSEAL_H

#include "worker/egress/daemon/session.h"

/* Answers over the session's control channel: {"opened": n} with a JSON object {JSON Pointer: value} as the body.
 * The session keeps the values until it ends, to mask them in what it stores. Takes the frame. */
void unseal_start(struct session *session, struct channel_frame *frame);

#endif
