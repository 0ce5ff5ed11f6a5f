/* delivery.h - a callback sent: Standard Webhooks, to a host that an admin of the tenant registered. */
#ifndef WORKER_EGRESS_DAEMON_CALL_DELIVERY_H
#define WORKER_EGRESS_DAEMON_CALL_DELIVERY_H

#include "worker/egress/daemon/session.h"

/* Takes the frame. Answers {status, retry_after_s}, or an error. */
void delivery_start(struct session *session, struct channel_frame *frame);

#endif
