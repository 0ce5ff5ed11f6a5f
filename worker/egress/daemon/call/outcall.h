/* outcall.h - one call of a run, from the frame to the answer.
 *
 *     read -> find -> resolve -> load -> judge      what is it, and may it be made (outcall.c)
 *       -> networks -> limits -> turn -> credential -> token -> begin -> send -> answered    (outcall_send.c)
 *       -> settle, then the answer                                                   (outcall_end.c)
 *
 * A refusal or failure is kept in `why`; the later steps see it and pass on to settle, which writes the
 * ledger and the audit. A write is committed as started before a byte of it is sent, and as done, failed or
 * unknown afterwards.
 */
#ifndef WORKER_EGRESS_DAEMON_CALL_OUTCALL_H
#define WORKER_EGRESS_DAEMON_CALL_OUTCALL_H

#include "core/model/resource.h"
#include "worker/egress/daemon/call/authorise.h"
#include "worker/egress/daemon/pool.h"
#include "worker/egress/daemon/session.h"

struct outcall {
    struct op op;
    struct session *session;
    struct channel_frame *frame;
    int64_t began_us;

    /* what is wanted */
    struct resource_wish wish;
    const char *name; /* of the resource; NULL until it is known */
    struct resource resource;
    struct resource_call made;
    bool is_write;

    /* what it is done with */
    struct pool *pool;
    const json_t *value;   /* of the credential */
    char *secret;          /* its text, wiped at the end */
    size_t secret_bytes;
    struct authorisation auth;
    const char *access_for;
    bool token_asked;
    struct id turn;        /* of limits over all tenants; "": none is asked for */
    bool turn_asked;
    struct db_rows turn_row;

    /* what happened */
    const char *step;      /* of the effect; NULL: it has none */
    bool begun;            /* the effect is committed as started */
    bool replayed;         /* an earlier attempt had done it: its answer */
    int attempt;
    bool sending;
    struct http_exchange exchange, token_exchange;
    const char *effect;    /* done, failed, unknown */
    struct gov_err why;
    const char *body;      /* of the answer, masked */
    size_t body_bytes;
    json_t *headers;       /* of the answer, masked */
    int status;
    int64_t wait_ms;       /* with why: when it may help to ask again; 0: not known */
    struct db_rows addresses, row, open, effect_row;
    struct gov_err lost;   /* settle could not write */
};

/* Takes the frame. */
void outcall_start(struct session *session, struct channel_frame *frame);

/* Columns of egress_resource.sql. */
enum {
    ROW_ID,
    ROW_NAME,
    ROW_REVISION,
    ROW_DEFINITION,
    ROW_RATE,
    ROW_CREDENTIAL,
    ROW_CREDENTIAL_TENANT,
    ROW_CREDENTIAL_VERSION,
    ROW_KEY,
    ROW_WRAPPED,
    ROW_NONCE,
    ROW_VALUE
};

/* Steps of the other files. */
enum op_next outcall_networks(struct op *op);
enum op_next outcall_limits(struct op *op);
enum op_next outcall_turn(struct op *op);
enum op_next outcall_credential(struct op *op);
enum op_next outcall_token(struct op *op);
enum op_next outcall_token_got(struct op *op);
enum op_next outcall_begin(struct op *op);
enum op_next outcall_begun(struct op *op);
enum op_next outcall_send(struct op *op);
enum op_next outcall_settle(struct op *op);
/* `why` of a call that has no status. */
void outcall_fail_unanswered(struct outcall *c);
/* The op's end: answers, and owns the call from then on. */
void outcall_ended(struct op *op);

#endif
