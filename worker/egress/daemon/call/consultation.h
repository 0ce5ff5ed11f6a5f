/* consultation.h - one question to the model endpoint: which of a few capabilities is meant. */
#ifndef WORKER_EGRESS_DAEMON_CALL_CONSULTATION_H
#define WORKER_EGRESS_DAEMON_CALL_CONSULTATION_H

#include "worker/egress/daemon/session.h"

/* Takes the frame {consult: {question: {request, capabilities: [{name, title, description}]}, again,
 * timeout_ms}}. Answers {status, model, request_sha256} with what the endpoint said as body, or an error with
 * the same two members. */
void consultation_start(struct session *session, struct channel_frame *frame);

#endif
