/* delivery.h - one message on its way out, and how sending it went.
 *
 * Ways out are rows of public.channel; execgov-egress sends (worker/egress/daemon/message/message.h says how to add
 * a kind), execgov-lifecycle says what and when, and writes down how it went.
 *
 * How to produce a message: public.outbox_add(…) in the transaction of what is told (sql/queries/outbox_add.sql),
 * customer_notify(…) for everybody who is to be billed. The same key, channel and endpoint is one message. What it
 * says is a row of core/model/notice/texts.def.
 */
#ifndef CORE_STORE_OUTBOX_DELIVERY_H
#define CORE_STORE_OUTBOX_DELIVERY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct delivery {
    const char *id, *message_id; /* message_id is the same over repeats */
    const char *action_key, *event, *channel, *endpoint, *locale;
    const char *tenant;          /* id; NULL: the platform's */
    const char *kind;            /* of its channel; NULL: no such channel is set up */
    const char *timezone;        /* of whoever reads it */
    const char *created_at;      /* RFC 3339 */
    const json_t *payload;       /* as it was when it was written */
    int attempt;                 /* 1, 2, … */
    int reached;                 /* attempts before that reached the channel's other side, since it was last sent again by hand */
};

enum delivery_outcome {
    DELIVERY_SENT,    /* the other side took it */
    DELIVERY_RETRY,   /* not now: timeouts, 408, 429, 5xx, SMTP 4yz */
    DELIVERY_DEAD,    /* never: other 4xx, SMTP 5yz, an address that is none */
    DELIVERY_UNKNOWN, /* it may have arrived: the connection broke after the body was sent */
};
const char *delivery_outcome_name(enum delivery_outcome outcome);
/* UNKNOWN for a name that is none. */
enum delivery_outcome delivery_outcome_read(const char *name);

struct delivery_result {
    enum delivery_outcome outcome;
    int code;               /* HTTP or SMTP status; 0: none */
    char provider_code[64]; /* errcode of a robot, enhanced status of a mail server */
    int64_t latency_ms;
    int retry_after_s;      /* the other side's wish; 0: none */
    char body_sha256[65];   /* of what was sent; "" if nothing was */
    char detail[200];       /* for operators; never a secret */
};

/* Seconds until attempt `n` + 1 (of those that reached somebody) over a channel of this kind (NULL: none is set up), and up to a tenth more. A webhook: 5 s, 5, 30
 * minutes, 2, 5, 10, 14, 20, 24 hours, then 0: it was tried ten times, and is not any more. Any other: 1, 5, 30 minutes, 2, 6, 12
 * hours, then every 24, until the message is too old. */
int64_t delivery_backoff_s(const char *kind, int n, uint32_t random);

#endif
