/* message.h - one message on its way out: the frame {"message": {outbox, attempt, subject, text, link, event}}.
 *
 *     lifecycle ── outbox id, attempt, words ──> row still being sent? channel, secret ──> provider
 *
 * What is said comes in the frame; to whom and how is read from the rows, so that whoever speaks here can only
 * have sent what PostgreSQL says is being sent. How to add a kind: a file here with a `struct message_kind`, a row
 * in kinds.c, its settings in core/model/channel.h, its name in the constraint channel_kind_known.
 */
#ifndef WORKER_EGRESS_DAEMON_MESSAGE_MESSAGE_H
#define WORKER_EGRESS_DAEMON_MESSAGE_MESSAGE_H

#include "core/io/mail.h"
#include "core/model/channel.h"
#include "core/store/outbox/delivery.h"
#include "worker/egress/daemon/call/authorise.h"
#include "worker/egress/daemon/session.h"

struct message_kind;

struct message {
    struct op op;
    struct session *session;
    struct channel_frame *frame;
    struct db_rows row, nets;
    const struct message_kind *kind;
    struct channel_settings settings;
    const json_t *secret;         /* the opened credential, a text or an object of texts; NULL: the channel has none */
    struct secrets secrets;       /* not to be seen in what is answered */
    const char *id;               /* message_id: the same over repeats */
    const char *endpoint;
    const char *subject, *text;   /* plain text, UTF-8, LF */
    const char *link;             /* NULL: none */
    const json_t *event;          /* {type, timestamp, data}: what a program reads */
    int64_t now_us;               /* of this attempt */
    struct http_exchange exchange;
    struct mail_envelope envelope;
    struct delivery_result result;
};

struct message_kind {
    const char *name;
    const char *purpose; /* of open_network: mail, chat */
    /* Fill the exchange: url, headers, body. False: it can never be sent like this. */
    bool (*form)(struct message *m, struct gov_err *err);
    /* Of an answer with a good status: is it really one? Fills m->result. NULL: it is. */
    void (*judge)(struct message *m);
};
/* NULL: no such kind. */
const struct message_kind *message_kind_find(const char *name);
extern const struct message_kind message_smtp, message_webhook, message_wecom, message_feishu, message_dingtalk,
    message_sms;

/* Owns `frame`; answers over the session's connection {outcome, code, provider_code, retry_after_s, latency_ms,
 * body_sha256, detail}, or {error, detail} when the row is not being sent. */
void message_start(struct session *session, struct channel_frame *frame);

/* --- for the kinds --- */

/* A part of the secret: the member, or the whole if it is a text; NULL: there is none. */
const char *message_secret(const struct message *m, const char *part);
/* POST this JSON (consumed) there, with up to four more headers ("Name: value", NULL-terminated or NULL). */
void message_post(struct message *m, const char *url, json_t *body, const char *const *headers);
/* Subject, text and link as one plain text of at most `bytes_max`: the text is cut, the link is kept. */
const char *message_plain(const struct message *m, size_t bytes_max);
/* The answer as JSON; NULL: it is none. */
json_t *message_answer(struct message *m);
/* A robot's own code and words: 0 is sent; busy ones (0-terminated; -1 always) are tried again after `wait_s`. */
void message_judge_code(struct message *m, int64_t code, const char *words, const int *busy, int wait_s);

#endif
