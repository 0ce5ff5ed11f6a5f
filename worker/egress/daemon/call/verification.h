/* verification.h - the API asks whether a payment provider signed what came: {"verify": {provider, headers}} and the
 * body. The answer is the event, or why not. No hello goes before: it says nothing that its caller does not have. */
#ifndef WORKER_EGRESS_DAEMON_CALL_VERIFICATION_H
#define WORKER_EGRESS_DAEMON_CALL_VERIFICATION_H

#include "worker/egress/daemon/session.h"

/* Takes the frame. */
void verification_start(struct session *session, struct channel_frame *frame);

#endif
