/* egress_client.h - the other side of execgov-egress: a session a run, callback or intent, or one question.
 *
 *     session_new -> begin (hello, and the script's socket if it is a script) -> [call …] -> end
 *     session_new -> ask -> end
 *
 * Ending the session ends the script's socket too.
 */
#ifndef CORE_IO_EGRESS_CLIENT_H
#define CORE_IO_EGRESS_CLIENT_H

#include <jansson.h>

#include "core/io/op/op.h"

struct egress_session;

/* Whose calls these will be; egress looks every word of it up. */
struct egress_hello {
    const char *schema;
    const char *job;
    int64_t fence;
    const char *token;
    bool delivery; /* it is a callback's task */
    bool intent;   /* it asks the model endpoint */
};

struct egress_answer {
    const json_t *json; /* as egress sent it; in the op's arena */
    const char *body;
    size_t body_bytes;
    struct gov_err err; /* EGRESS_UNAVAILABLE, DEADLINE, or what egress says */
    bool lost;          /* egress was asked and did not answer: it may have done what it was asked for */
};

struct egress_session *egress_session_new(struct loop *loop, const char *socket);
/* As I/O of `op`, never fails it. `broker`: our end of the script's socketpair, which stays the caller's;
 * -1: calls are made with egress_session_call. */
void egress_session_begin(struct op *op, struct egress_session *session, const struct egress_hello *hello,
                          int broker, struct egress_answer *answer);
/* Something that needs no hello ({"verify": …}). As I/O of `op`, never fails it. */
void egress_session_ask(struct op *op, struct egress_session *session, const json_t *question, const char *body,
                        size_t bytes, struct egress_answer *answer);
/* One at a time. */
void egress_session_call(struct op *op, struct egress_session *session, const json_t *call, const char *body,
                         size_t bytes, struct egress_answer *answer);
/* An answer that has not come `ms` from now ends with DEADLINE, and the session can be used no more. */
void egress_session_deadline(struct egress_session *session, int64_t ms);
/* An answer that is waited for ends with CANCELLED. Frees it. */
void egress_session_end(struct egress_session *session);

#endif
