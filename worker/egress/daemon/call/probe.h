/* probe.h - the platform asks whether a resource answers: {"probe": {resource: id}}. The answer is {status, ms,
 * bytes, error, detail} and nothing of what was said. No hello goes before: what is sent is the one read that the
 * definition names, without parameters, and whoever asks learns whether it works. */
#ifndef WORKER_EGRESS_DAEMON_CALL_PROBE_H
#define WORKER_EGRESS_DAEMON_CALL_PROBE_H

#include "worker/egress/daemon/session.h"

/* Takes the frame. */
void probe_start(struct session *session, struct channel_frame *frame);

#endif
