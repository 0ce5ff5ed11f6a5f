/* delivery.h - one message on its way out, and what a channel is.
 *
 * How to add a channel: one `struct delivery_channel` in a file of its own under lifecycle/channel, one row in the
 * table of lifecycle/channels.c. `send` blocks: it runs on a pool thread, several at a time, and may touch only
 * what it is given. It returns how it went; it neither logs nor retries: that is the runner's.
 *
 * How to produce a message: public.outbox_add(…) in the transaction of what is told (sql/queries/outbox_add.sql),
 * or customer_notify(…) for everybody who is to be billed. The same key, channel and endpoint is one message.
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
    const json_t *payload;       /* as it was when it was written */
    int attempt;                 /* 1, 2, … */
};

enum delivery_outcome {
    DELIVERY_SENT,    /* the other side took it */
    DELIVERY_RETRY,   /* not now: timeouts, 408, 429, 5xx, SMTP 4yz */
    DELIVERY_DEAD,    /* never: other 4xx, SMTP 5yz, an address that is none */
    DELIVERY_UNKNOWN, /* it may have arrived: the connection broke after the body was sent */
};
const char *delivery_outcome_name(enum delivery_outcome outcome);

struct delivery_result {
    enum delivery_outcome outcome;
    int code;               /* HTTP or SMTP status; 0: none */
    char provider_code[64]; /* errcode of a robot, enhanced status of a mail server */
    int64_t latency_ms;
    int retry_after_s;      /* the other side's wish; 0: none */
    char body_sha256[65];   /* of what was sent; "" if nothing was */
    char detail[200];       /* for operators; never a secret */
};

struct delivery_channel {
    const char *name; /* outbox.channel */
    void (*send)(void *self, const struct delivery *delivery, struct delivery_result *result);
    void *self;       /* its settings; read only */
};

/* Seconds until attempt `n` + 1: 1, 5, 30 minutes, 2, 6, 12, 24 hours, and up to a tenth more. */
int64_t delivery_backoff_s(int n, uint32_t random);

#endif
