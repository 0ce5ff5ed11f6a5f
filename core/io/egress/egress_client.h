/* egress_client.h - the other side of execgov-egress: one session a run, or a message.
 *
 *     session_new -> begin (hello, and the script's socket if it is a script) -> [call …] -> end
 *
 * Ending the session ends the script's socket too.
 */
#ifndef CORE_IO_EGRESS_EGRESS_CLIENT_H
#define CORE_IO_EGRESS_EGRESS_CLIENT_H

#include <jansson.h>

#include "core/io/op.h"

struct egress_session;

/* Whose calls these will be; egress looks every word of it up. */
struct egress_hello {
    const char *schema;
    const char *job;
    int64_t fence;
    const char *token;
    bool delivery; /* it is a callback's task */
};

struct egress_answer {
    const json_t *json; /* as egress sent it; in the op's arena */
    const char *body;
    size_t body_bytes;
    struct gov_err err; /* EGRESS_UNAVAILABLE, or what egress says */
};

struct egress_session *egress_session_new(struct loop *loop, const char *socket);
/* As I/O of `op`, never fails it. `broker`: our end of the script's socketpair, which stays the caller's;
 * -1: calls are made with egress_session_call. */
void egress_session_begin(struct op *op, struct egress_session *session, const struct egress_hello *hello,
                          int broker, struct egress_answer *answer);
/* One at a time. */
void egress_session_call(struct op *op, struct egress_session *session, const json_t *call, const char *body,
                         size_t bytes, struct egress_answer *answer);
/* Instead of begin and call: one frame that names rows which egress checks by itself (a message of the outbox).
 * As I/O of `op`, never fails it. */
void egress_session_ask(struct op *op, struct egress_session *session, const json_t *question,
                        struct egress_answer *answer);
/* An answer that is waited for ends with CANCELLED. Frees it. */
void egress_session_end(struct egress_session *session);

#endif
