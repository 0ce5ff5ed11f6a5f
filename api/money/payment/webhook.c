/* /v1/platform/payments/webhooks/{provider}: a payment provider tells something.
 *
 *     ask egress whether it is theirs -> store -> answer, and let the inbox apply it
 *
 * This process holds no keys. What is stored was signed by the provider, for now, and has not happened yet; the same
 * event again is answered the same and has no effect. */
#include <string.h>

#include "api/call.h"
#include "api/money/money.h"
#include "api/money/payment/event_batch.h"
#include "api/money/payment/inbox.h"
#include "core/base/text.h"
#include "core/io/crypto/crypto.h"
#include "core/io/egress/egress_client.h"

struct webhook {
    struct endpoint endpoint;
    struct egress_session *session;
    struct egress_answer answer;
    struct event_item item;
};

/* The headers that providers sign with; nobody's cookies. */
static json_t *headers_of(const struct http_request *r)
{
    static const char *const prefixes[] = { "stripe-", "webhook-", "wechatpay-" };
    json_t *headers = json_object();
    const char *name, *value;

    for (size_t i = 0; http_request_header_at(r, i, &name, &value); i++)
        for (size_t p = 0; p < sizeof prefixes / sizeof *prefixes; p++)
            if (text_starts(name, prefixes[p]) && !json_object_get(headers, name))
                json_object_set_new(headers, name, json_string(value));
    return headers;
}

static void hang_up(void *endpoint)
{
    struct webhook *e = endpoint;

    if (e->session)
        egress_session_end(e->session);
    e->session = NULL;
}

static enum op_next ask(struct op *op)
{
    struct webhook *e = (struct webhook *)op;
    struct call *call = e->endpoint.call;

    if (!call->request->body_bytes)
        return gov_fail(&op->err, GOV_BAD_REQUEST, "the notice has no body", "通知没有请求体"), OP_FAIL;
    json_t *question = json_own(&op->arena, json_pack("{s:{s:s, s:o}}", "verify", "provider", call->params[0], "headers",
                                                      headers_of(call->request)));
    e->session = egress_session_new(op->loop, call->api->settings.egress);
    arena_defer(&op->arena, hang_up, e);
    egress_session_ask(op, e->session, question, call->request->body, call->request->body_bytes, &e->answer);
    return OP_WAIT;
}

static const char *hex_of(struct arena *arena, const char *body, size_t bytes)
{
    static const char digits[] = "0123456789abcdef";
    char *text = arena_alloc(arena, 2 * bytes + 1), *to = text;

    for (size_t i = 0; i < bytes; i++) {
        *to++ = digits[(unsigned char)body[i] >> 4];
        *to++ = digits[body[i] & 15];
    }
    *to = '\0';
    return text;
}

static enum op_next store(struct op *op)
{
    struct webhook *e = (struct webhook *)op;
    struct call *call = e->endpoint.call;
    const json_t *event = json_object_get(e->answer.json, "event");
    char *sha256 = arena_alloc(&op->arena, CRYPTO_HEX_BYTES);

    hang_up(e);
    if (e->answer.err.code) {
        op->err = e->answer.err;
        return OP_FAIL;
    }
    crypto_sha256_hex(call->request->body, call->request->body_bytes, sha256);
    e->item = (struct event_item){ .provider = call->params[0],
                                   .event = json_get_text(event, "event"),
                                   .hex = hex_of(&op->arena, call->request->body, call->request->body_bytes),
                                   .sha256 = sha256,
                                   .says = json_text(&op->arena, event) };
    db_batch_add(op, call->api->events_told, &DB_PUBLIC, &e->item.item);
    return OP_WAIT;
}

static enum op_next answer(struct op *op)
{
    struct webhook *e = (struct webhook *)op;
    struct call *call = e->endpoint.call;
    const json_t *ack = json_object_get(e->answer.json, "ack");
    const char *type = json_get_text(ack, "type");

    if (e->item.item.err.code) {
        op->err = e->item.item.err;
        return OP_FAIL;
    }
    if (e->item.fresh)
        inbox_wake(call->api->inbox);
    call->status = 200;
    call->media_type = type && strcmp(type, "text/plain") == 0 ? "text/plain" : "application/json";
    buf_add_text(&call->body, json_get_text(ack, "body"));
    return OP_DONE;
}

const struct op_step payment_webhook_steps[] = { { "ask", ask }, { "store", store }, { "answer", answer }, { 0 } };
const size_t payment_webhook_bytes = sizeof(struct webhook);
