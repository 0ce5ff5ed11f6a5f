/* delivery.c - load -> secret -> networks -> send, then the answer.
 *
 * The worker names nothing but its task: address, payload and secret come from the rows. The payload is made
 * from an ended request, which does not change any more, so every attempt says the same under the same
 * webhook-id.
 */
#include "worker/egress/daemon/call/delivery.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/io/crypto/crypto.h"
#include "core/io/crypto/seal_json.h"
#include "worker/egress/daemon/networks.h"

enum { TIMEOUT_MS = 15000, ANSWER_BYTES_MAX = 4096, RESULT_BYTES_MAX = 64 * 1024, SECRET_BYTES_MAX = 128 };

struct delivery {
    struct op op;
    struct session *session;
    struct channel_frame *frame;
    const json_t *row; /* of egress_delivery.sql */
    struct db_rows rows, nets;
    struct http_exchange exchange;
};

static void ask(struct delivery *d, const char *host)
{
    struct session *s = d->session;

    DB_QUERY(&d->op, s->egress->db, &DB_PUBLIC, SQL_QUERIES_EGRESS_DELIVERY, &d->rows, s->schema, s->job.text,
             s->fence, s->token, host);
}

static enum op_next load(struct op *op)
{
    ask((struct delivery *)op, NULL);
    return OP_WAIT;
}

static enum op_next find_secret(struct op *op)
{
    struct delivery *d = (struct delivery *)op;
    const char *host;

    d->row = db_json(&d->rows, 0, 0, &op->arena);
    if (!json_is_object(d->row))
        return gov_fail(&op->err, GOV_STALE, "the delivery is not live", "该投递已失效"), OP_FAIL;
    if (!http_client_url_valid(json_get_text(d->row, "url"), &op->arena, &host))
        return gov_fail(&op->err, GOV_INVALID_INPUT, "this is not an http or https address",
                        "这不是 http 或 https 地址"),
               OP_FAIL;
    ask(d, host);
    return OP_WAIT;
}

static enum op_next find_networks(struct op *op)
{
    struct delivery *d = (struct delivery *)op;

    d->row = db_json(&d->rows, 0, 0, &op->arena);
    DB_QUERY(op, d->session->egress->db, &DB_PUBLIC, SQL_QUERIES_OPEN_NETWORKS, &d->nets, "callback");
    return OP_WAIT;
}

/* --- what is sent --- */

static json_t *error_json(const json_t *row)
{
    const json_t *stored = json_object_get(row, "error");
    const char *language = json_get_text(row, "language");
    const char *text = json_get_text(json_object_get(stored, "message"),
                                     language && text_starts(language, "zh") ? "zh" : "en");

    if (!json_is_object(stored))
        return json_null();
    return json_pack("{s:s?, s:s}", "code", json_get_text(stored, "code"), "message", text ? text : "");
}

static json_t *member(const json_t *row, const char *name)
{
    json_t *value = json_object_get(row, name);
    return value ? json_incref(value) : json_null();
}

static const char *payload_of(struct delivery *d)
{
    struct arena *arena = &d->op.arena;
    const json_t *row = d->row, *result = json_object_get(row, "result");
    const char *state = json_get_text(row, "request_state");
    bool is_run = json_get_bool(row, "is_run", false);
    bool whole = !result || strlen(json_text(arena, result)) <= RESULT_BYTES_MAX;
    json_t *data = json_pack("{s:o, s:o, s:s?, s:o, s:o, s:o, s:o}", "request_id", member(row, "request"),
                             "run_id", is_run ? member(row, "run") : json_null(), "state", state, "skill",
                             member(row, "skill"), "action", member(row, "action"), "error", error_json(row),
                             "exit_code", member(row, "exit_code"));

    if (result && !json_is_null(result) && whole)
        json_object_set(data, "result", (json_t *)result);
    else if (!whole)
        json_object_set_new(data, "result_omitted", json_true()); /* too large: read the run */
    return json_text(arena, json_own(arena, json_pack("{s:s+, s:o, s:o}", "type", is_run ? "run." : "request.",
                                                      state, "timestamp", member(row, "ended_at"), "data", data)));
}

/* The bytes of the host's secret: opened, or, of a host from before they were sealed, as they lie there. */
static bool secret_of(struct delivery *d, unsigned char *secret, size_t *bytes, struct gov_err *err)
{
    const json_t *host = json_object_get(d->row, "host"), *envelope = json_object_get(host, "sealed");
    struct egress *e = d->session->egress;
    struct sealed sealed = seal_json_read(envelope);
    const char *hex = json_get_text(host, "secret");
    char *text = NULL;
    size_t length = 0;

    if (!json_is_object(envelope)) {
        if (hex && sodium_hex2bin(secret, SECRET_BYTES_MAX, hex + 2, strlen(hex) - 2, NULL, bytes, NULL) == 0)
            return true;
        return gov_fail(err, GOV_ADDRESS_REFUSED, "the host is not registered for callbacks any more",
                        "该主机已不在回调登记之列");
    }
    if (!seal_open(e->ring, &sealed, seal_callback_context(d->session->schema, json_get_text(host, "host"), &d->op.arena),
                   &d->op.arena, &text, &length, err))
        return false;
    bool good = sodium_base642bin(secret, SECRET_BYTES_MAX, text, length, NULL, bytes, NULL,
                                  sodium_base64_VARIANT_ORIGINAL) == 0;
    seal_wipe(text, length);
    return good || gov_fail_cause(err, GOV_INTERNAL, "the secret is no base64");
}

static bool sign(struct delivery *d, const char *payload, const char *timestamp, const char **signature,
                 struct gov_err *err)
{
    unsigned char secret[SECRET_BYTES_MAX];
    size_t bytes = 0;

    if (!secret_of(d, secret, &bytes, err))
        return false;
    const char *text = arena_format(&d->op.arena, "%s.%s.%s", json_get_text(d->row, "delivery"), timestamp, payload);
    *signature = crypto_hmac_base64(&d->op.arena, secret, bytes, text, strlen(text));
    sodium_memzero(secret, sizeof secret);
    return true;
}

static enum op_next send_it(struct op *op)
{
    struct delivery *d = (struct delivery *)op;
    struct egress *e = d->session->egress;
    struct arena *arena = &op->arena;
    const char *payload = payload_of(d), *signature;
    const char *timestamp = arena_format(arena, "%lld", (long long)(clock_now_us() / 1000000));

    if (!sign(d, payload, timestamp, &signature, &op->err))
        return OP_FAIL;
    const char **headers = ARENA_ARRAY(arena, const char *, 5);
    headers[0] = "Content-Type: application/json";
    headers[1] = arena_format(arena, "webhook-id: %s", json_get_text(d->row, "delivery"));
    headers[2] = arena_format(arena, "webhook-timestamp: %s", timestamp);
    headers[3] = arena_format(arena, "webhook-signature: v1,%s", signature);
    d->exchange = (struct http_exchange){ .method = "POST",
                                          .url = json_get_text(d->row, "url"),
                                          .headers = headers,
                                          .body = payload,
                                          .body_bytes = strlen(payload),
                                          .timeout_ms = TIMEOUT_MS,
                                          .answer_bytes_max = ANSWER_BYTES_MAX };
    struct ip_nets nets = networks_open(e->settings.callback_allow_private, &d->nets);
    http_client_reopen(e->callbacks, &nets);
    http_client_send(op, e->callbacks, &d->exchange);
    return OP_WAIT;
}

static enum op_next look(struct op *op)
{
    struct delivery *d = (struct delivery *)op;

    if (!d->exchange.err.code)
        return OP_DONE;
    op->err = d->exchange.err;
    return OP_FAIL;
}

static const struct op_step steps[] = { { "load", load },         { "secret", find_secret },
                                        { "networks", find_networks }, { "send", send_it },
                                        { "look", look },         { 0 } };

static void ended(struct op *op)
{
    struct delivery *d = (struct delivery *)op;
    struct session *s = d->session;
    struct channel *channel = session_channel(s);
    json_t *answer = op->failed
                         ? json_pack("{s:s, s:{s:s, s:s}}", "error", gov_code_info(op->err.code)->wire, "detail",
                                     "en", gov_err_detail(&op->err, GOV_EN), "zh", gov_err_detail(&op->err, GOV_ZH))
                         : json_pack("{s:i, s:I}", "status", d->exchange.status, "retry_after_s",
                                     (json_int_t)d->exchange.retry_after_s);

    if (op->failed)
        log_error(LEVEL_INFO, "delivery.failed", &op->err);
    if (channel && answer)
        channel_send(channel, answer, NULL, 0, -1);
    json_decref(answer);
    channel_frame_free(d->frame);
    op_release(op);
    free(d);
    session_left(s);
}

void delivery_start(struct session *session, struct channel_frame *frame)
{
    struct delivery *d = calloc(1, sizeof *d);

    CHECK(d);
    op_init(&d->op, "delivery", steps, session->egress->loop, ended);
    d->session = session;
    d->frame = frame;
    op_start(&d->op);
}
