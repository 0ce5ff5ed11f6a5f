/* outcall.h - one call of a run, from the frame to the answer.
 *
 *     brake -> read -> find -> resolve -> load -> judge      what is it, and may it be made (outcall.c)
 *       -> former                                     did an earlier attempt send it (outcall_ask.c)
 *       -> networks -> limits -> turn -> credential -> token -> begin -> send -> answered    (outcall_send.c)
 *       -> settle, then the answer                                                   (outcall_end.c)
 *
 * A refusal or failure is kept in `why`; the later steps see it and pass on to settle, which writes the
 * ledger and the audit. A write is committed as started before a byte of it is sent, and as done, failed or
 * unknown afterwards. If its operation has a query, one that is not known is asked about instead of being sent, and
 * so is one whose answer is lost here.
 */
#ifndef WORKER_EGRESS_DAEMON_CALL_OUTCALL_H
#define WORKER_EGRESS_DAEMON_CALL_OUTCALL_H

#include "core/model/resource.h"
#include "worker/egress/daemon/call/authorise.h"
#include "worker/egress/daemon/pool.h"
#include "worker/egress/daemon/session.h"

/* What became of a write that was sent: asked of the other side until it says. */
struct outcall_question {
    bool open;             /* to be asked, or being asked */
    int phase;             /* of outcall_ask */
    int asked;             /* how often */
    int64_t sent_us, over_us; /* of the write, on our clock; it cannot be under way after `over` */
    int64_t until_us;      /* this call asks no longer */
    int64_t began_us;      /* of the last time it was asked */
    struct resource_call call;
    struct authorisation auth;
    struct http_exchange exchange;
    enum resource_verdict verdict;
    struct db_rows found, again;
};

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
    bool unseen;           /* refused without a look (refusals.h) */
    bool allowed;          /* judge has said yes */

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
    bool found;            /* the other side said that it was done: what it answered then */
    struct outcall_question question;
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
    struct db_rows addresses, row, open, former, effect_row;
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
enum op_next outcall_former(struct op *op);
enum op_next outcall_former_read(struct op *op);
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
/* The write was sent just now, and its answer is lost. */
void outcall_ask_open(struct outcall *c);
/* Asks, waits, asks again; OP_AGAIN until it is known, or this call asks no longer. Then the question is not open
 * any more; if the write is to be sent, nothing of an answer is there yet. */
enum op_next outcall_ask(struct op *op);
/* A failure that leaves open whether the write happened says so. */
void outcall_ask_left_open(struct outcall *c);
/* What the effect says of the call when it begins. */
const char *outcall_begin_detail(struct outcall *c);
/* The write cannot be under way any longer than that after it began. */
int64_t outcall_under_way_ms(const struct outcall *c);
/* The step of the effect, made once. */
const char *outcall_step(struct outcall *c);
/* Of a call with `auth`, in the op's arena, NULL-terminated. */
const char *const *outcall_headers(struct outcall *c, const struct resource_call *call, const struct authorisation *auth);
/* Without the credential, and without the run's sensitive inputs. */
const char *outcall_masked(struct outcall *c, const char *text, size_t bytes, size_t *length);
/* Status, headers and body as the effect keeps them; the caller's. */
json_t *outcall_kept(struct outcall *c);
/* `why` of a call that has no status. */
void outcall_fail_unanswered(struct outcall *c);
/* The op's end: answers, and owns the call from then on. */
void outcall_ended(struct op *op);

#endif
