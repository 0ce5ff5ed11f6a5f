/* provider.h - payment providers: whether what came is theirs, and what it says. Pure but for the crypto.
 *
 *     headers, body, keys, now  ->  verify  ->  pay_event | why not
 *
 * How to add one: a file with its verify function, a row in provider.c. A verify function looks at the
 * signature before it reads anything else of the body, compares in constant time, and refuses a moment
 * that is further from now than its tolerance, to either side. What the event means for an order is not
 * decided here (core/store/money/payment_inbox.h).
 */
#ifndef WORKER_EGRESS_PAYMENT_PROVIDER_H
#define WORKER_EGRESS_PAYMENT_PROVIDER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/err.h"

enum { PAY_BODY_BYTES_MAX = 256 * 1024, PAY_TOLERANCE_S = 300, PAY_ID_BYTES_MAX = 128 };

/* What came in, as it came. */
struct pay_notice {
    const json_t *headers; /* {lower-case name: value} */
    const char *body;
    size_t bytes;
    int64_t now_us;
};

enum pay_kind {
    PAY_SETTLED = 1,
    PAY_FAILED,
    PAY_EXPIRED,
    PAY_REFUNDED,
    PAY_DISPUTED,     /* the payer's bank takes it back; nothing is decided yet */
    PAY_DISPUTE_WON,
    PAY_DISPUTE_LOST,
    PAY_OTHER /* kept, without effect */
};
const char *pay_kind_name(enum pay_kind kind);

/* Texts live in the arena; NULL: the provider does not say. */
struct pay_event {
    enum pay_kind kind;
    const char *event_id; /* of the telling; the same told again has the same */
    const char *type;     /* the provider's word */
    const char *txn;      /* the payment's name there */
    const char *refund;   /* REFUNDED, DISPUTE…: the refund's, the dispute's */
    const char *order_no, *merchant, *app;
    int64_t amount_minor; /* of the payment; of the refund, the dispute */
    const char *currency; /* upper case */
    int64_t occurred_us;
};
json_t *pay_event_json(const struct pay_event *event);

struct pay_provider {
    const char *kind;
    /* False: UNAUTHENTICATED (forged, or too far from now), CREDENTIAL_UNAVAILABLE (our keys do not fit the
     * provider), or what is wrong with the body. `keys` is the credential's value. */
    bool (*verify)(const struct pay_notice *notice, const json_t *keys, struct arena *arena, struct pay_event *event,
                   struct gov_err *err);
    const char *ack_type, *ack; /* what it wants to read when all is well */
};

const struct pay_provider *pay_provider_find(const char *kind);

/* --- for the providers --- */

/* UNAUTHENTICATED, always in the same words: what exactly did not fit is nobody's business out there. */
bool pay_refuse(struct gov_err *err, const char *cause);
/* A header, NULL if absent. */
const char *pay_header(const struct pay_notice *notice, const char *name);
/* Is `seconds` within PAY_TOLERANCE_S of now, before or after? */
bool pay_timely(const struct pay_notice *notice, int64_t seconds, struct gov_err *err);
/* Some part of the keys (a text, or a member of an object); NULL with CREDENTIAL_UNAVAILABLE. */
const char *pay_key(const json_t *keys, const char *name, struct gov_err *err);
/* The body as JSON, after its signature held. */
json_t *pay_json(const struct pay_notice *notice, struct arena *arena, struct gov_err *err);
/* Are the ids and texts there that the event's kind cannot do without, of a length that can be kept? */
bool pay_event_whole(const struct pay_event *event, struct gov_err *err);

extern const struct pay_provider pay_stripe, pay_standard, pay_wechatpay, pay_alipay;

#endif
