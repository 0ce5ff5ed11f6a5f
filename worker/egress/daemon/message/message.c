/* message.c - load -> open -> networks -> send -> judge, then the answer.
 *
 * What cannot be sent ever (a bad address, no such host name allowed) is dead; what may work later (no connection,
 * busy, a credential that is still missing) is tried again by whoever asked; a connection that broke when the body
 * may have arrived is unknown, and said to be. */
#include "worker/egress/daemon/message/message.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/io/crypto/crypto.h"
#include "core/io/crypto/seal.h"
#include "worker/egress/daemon/networks.h"

enum { TIMEOUT_MS = 20000, ANSWER_BYTES_MAX = 16 * 1024, NO_CREDENTIAL_WAIT_S = 300 };

/* Columns of egress_message.sql. */
enum { ROW_MESSAGE_ID, ROW_EVENT, ROW_ENDPOINT, ROW_KIND, ROW_SETTINGS, ROW_CREDENTIAL, ROW_CREDENTIAL_TENANT,
       ROW_VERSION, ROW_KEY, ROW_WRAPPED, ROW_NONCE, ROW_VALUE, ROW_WANTED };

static void settle(struct message *m, enum delivery_outcome outcome, const struct gov_err *why)
{
    m->result.outcome = outcome;
    snprintf(m->result.detail, sizeof m->result.detail, "%s", gov_err_detail(why, GOV_EN));
}

static enum op_next load(struct op *op)
{
    struct message *m = (struct message *)op;
    const json_t *asked = json_object_get(m->frame->json, "message");
    int64_t attempt = json_get_int(asked, "attempt", 0);

    m->subject = json_get_text(asked, "subject");
    m->text = json_get_text(asked, "text");
    m->link = json_get_text(asked, "link");
    m->event = json_object_get(asked, "event");
    struct id id;
    if (!m->subject || !m->text || !m->event || attempt < 1 || attempt > INT16_MAX ||
        !id_parse(json_get_text(asked, "outbox"), &id))
        return gov_fail_cause(&op->err, GOV_BAD_REQUEST, "a message lacks something"), OP_FAIL;
    DB_QUERY(op, m->session->egress->db, &DB_PUBLIC, SQL_QUERIES_EGRESS_MESSAGE, &m->row, id.text,
             arena_format(&op->arena, "%lld", (long long)attempt));
    return OP_WAIT;
}

/* --- the secret --- */

static void remember_secret(struct message *m)
{
    const char *name;
    json_t *part;

    if (json_is_string(m->secret))
        secrets_add(&m->secrets, json_string_value(m->secret), &m->op.arena);
    json_object_foreach ((json_t *)m->secret, name, part)
        if (json_is_string(part))
            secrets_add(&m->secrets, json_string_value(part), &m->op.arena);
}

static bool open_secret(struct message *m, struct gov_err *err)
{
    const struct db_rows *r = &m->row;
    struct arena *arena = &m->op.arena;
    struct sealed sealed = { db_text(r, 0, ROW_KEY), db_text(r, 0, ROW_WRAPPED), db_text(r, 0, ROW_NONCE),
                             db_text(r, 0, ROW_VALUE) };
    char *value;
    size_t bytes;
    json_error_t where;

    if (!db_text(r, 0, ROW_WANTED))
        return true;
    if (!sealed.value || !m->session->egress->ring)
        return gov_fail(err, GOV_CREDENTIAL_UNAVAILABLE, "the channel's credential cannot be opened here",
                        "无法在此解封该渠道的凭据");
    const char *context = seal_credential_context(db_text(r, 0, ROW_CREDENTIAL_TENANT), db_text(r, 0, ROW_CREDENTIAL),
                                                  db_text(r, 0, ROW_VERSION), arena);
    if (!seal_open(m->session->egress->ring, &sealed, context, arena, &value, &bytes, err))
        return false;
    m->secret = json_own(arena, json_loadb(value, bytes, JSON_DECODE_ANY, &where));
    seal_wipe(value, bytes);
    if (!m->secret)
        return gov_fail_cause(err, GOV_CREDENTIAL_UNAVAILABLE, "the opened value is no JSON");
    remember_secret(m);
    return true;
}

static enum op_next open_it(struct op *op)
{
    struct message *m = (struct message *)op;
    const struct db_rows *r = &m->row;
    struct gov_err why;

    if (r->count == 0)
        return gov_fail(&op->err, GOV_NOT_FOUND, "the message is not being sent, or it has no channel",
                        "该消息不在发送中，或没有可用的渠道"),
               OP_FAIL;
    m->id = db_text(r, 0, ROW_MESSAGE_ID);
    m->endpoint = db_text(r, 0, ROW_ENDPOINT);
    m->kind = message_kind_find(db_text(r, 0, ROW_KIND));
    CHECK(m->kind);
    if (!channel_settings_read(m->kind->name, db_json(r, 0, ROW_SETTINGS, &op->arena), &m->settings, &op->arena, &why) ||
        !channel_endpoint_check(m->kind->name, m->endpoint, "endpoint", &why))
        return settle(m, DELIVERY_DEAD, &why), OP_DONE;
    if (!open_secret(m, &why)) {
        settle(m, DELIVERY_RETRY, &why); /* an administrator has to give one first */
        m->result.retry_after_s = NO_CREDENTIAL_WAIT_S;
        return OP_DONE;
    }
    DB_QUERY(op, m->session->egress->db, &DB_PUBLIC, SQL_QUERIES_OPEN_NETWORKS, &m->nets, m->kind->purpose);
    return OP_WAIT;
}

/* --- sending --- */

static struct http_client *client(struct message *m)
{
    struct egress *e = m->session->egress;
    bool mail = strcmp(m->kind->purpose, "mail") == 0;
    struct http_client *c = mail ? e->mails : e->chats;
    struct ip_nets nets = networks_open("", &m->nets);

    http_client_reopen(c, &nets);
    return c;
}

static enum op_next send_it(struct op *op)
{
    struct message *m = (struct message *)op;
    struct gov_err why;

    m->now_us = clock_now_us();
    m->exchange.timeout_ms = TIMEOUT_MS;
    m->exchange.answer_bytes_max = ANSWER_BYTES_MAX;
    if (!m->kind->form(m, &why)) {
        settle(m, DELIVERY_RETRY, &why);
        m->result.retry_after_s = NO_CREDENTIAL_WAIT_S;
        return OP_DONE;
    }
    crypto_sha256_hex(m->exchange.body, m->exchange.body_bytes, m->result.body_sha256);
    http_client_send(op, client(m), &m->exchange);
    return OP_WAIT;
}

/* --- how it went --- */

static void judge_failure(struct message *m)
{
    const struct gov_err *err = &m->exchange.err;
    bool never = err->code == GOV_ADDRESS_REFUSED || err->code == GOV_INVALID_INPUT;

    settle(m, never ? DELIVERY_DEAD : m->exchange.sent ? DELIVERY_UNKNOWN : DELIVERY_RETRY, err);
}

/* The server's last line with this status ("221 bye" comes behind it): "550 5.1.1 no such user"; the enhanced
 * status (RFC 3463) is the provider's code. */
static void read_mail_reply(struct message *m)
{
    const char *status = arena_format(&m->op.arena, "%d ", m->exchange.status), *last = "";

    for (const char *line = m->exchange.answer_headers; *line;) {
        if (text_starts(line, status))
            last = line;
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    size_t bytes = strcspn(last, "\n");
    snprintf(m->result.detail, sizeof m->result.detail, "%.*s",
             (int)text_utf8_cut(last, bytes, sizeof m->result.detail - 1), last);
    if (bytes > 4 && strspn(last + 4, "0123456789.") >= 5 && last[5] == '.')
        snprintf(m->result.provider_code, sizeof m->result.provider_code, "%.*s",
                 (int)strspn(last + 4, "0123456789."), last + 4);
}

/* A refusal that is not about the letter (a password, TLS) is put right by an administrator: the letter waits. */
static void judge_mail(struct message *m)
{
    int status = m->exchange.status;
    bool access = status == 530 || status == 534 || status == 535 || status == 538;

    read_mail_reply(m);
    m->result.outcome = status < 400 ? DELIVERY_SENT : status >= 500 && !access ? DELIVERY_DEAD : DELIVERY_RETRY;
}

static void judge_http(struct message *m)
{
    int status = m->exchange.status;

    if (status >= 200 && status < 300) {
        m->result.outcome = DELIVERY_SENT;
        if (m->kind->judge)
            m->kind->judge(m);
        return;
    }
    m->result.outcome = status == 408 || status == 429 || status >= 500 ? DELIVERY_RETRY : DELIVERY_DEAD;
    m->result.retry_after_s = (int)m->exchange.retry_after_s;
    snprintf(m->result.detail, sizeof m->result.detail, "the receiver answered %d", status);
}

static enum op_next judge(struct op *op)
{
    struct message *m = (struct message *)op;

    m->result.code = m->exchange.status;
    m->result.latency_ms = (clock_now_us() - m->now_us) / 1000;
    if (m->exchange.err.code)
        judge_failure(m);
    else if (m->exchange.mail)
        judge_mail(m);
    else
        judge_http(m);
    return OP_DONE;
}

static const struct op_step steps[] = { { "load", load }, { "open", open_it }, { "send", send_it }, { "judge", judge }, { 0 } };

static json_t *answer_of(struct message *m)
{
    const struct delivery_result *r = &m->result;
    const struct gov_err *err = &m->op.err;
    size_t bytes;

    if (m->op.failed)
        return json_pack("{s:s, s:{s:s, s:s}}", "error", gov_code_info(err->code)->wire, "detail", "en",
                         gov_err_detail(err, GOV_EN), "zh", gov_err_detail(err, GOV_ZH));
    return json_pack("{s:s, s:i, s:s, s:i, s:I, s:s, s:s}", "outcome", delivery_outcome_name(r->outcome), "code", r->code,
                     "provider_code", r->provider_code, "retry_after_s", r->retry_after_s, "latency_ms",
                     (json_int_t)r->latency_ms, "body_sha256", r->body_sha256, "detail",
                     secrets_mask(&m->secrets, r->detail, strlen(r->detail), &bytes, &m->op.arena));
}

static void ended(struct op *op)
{
    struct message *m = (struct message *)op;
    struct session *s = m->session;
    struct channel *channel = session_channel(s);
    json_t *answer = answer_of(m);

    if (op->failed)
        log_error(LEVEL_WARN, "message.refused", &op->err);
    if (channel && answer)
        channel_send(channel, answer, NULL, 0, -1);
    json_decref(answer);
    channel_frame_free(m->frame);
    op_release(op);
    free(m);
    session_left(s);
}

void message_start(struct session *session, struct channel_frame *frame)
{
    struct message *m = calloc(1, sizeof *m);

    CHECK(m);
    op_init(&m->op, "message", steps, session->egress->loop, ended);
    m->session = session;
    m->frame = frame;
    op_start(&m->op);
}
