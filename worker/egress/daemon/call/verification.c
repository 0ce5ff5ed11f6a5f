/* verification.c - load -> verify, then the answer. The keys are opened for the one look and wiped. */
#include "worker/egress/daemon/call/verification.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "worker/egress/payment/provider.h"

/* Columns of egress_payment_provider.sql. */
enum { P_KIND, C_ID, C_TENANT, C_VERSION, V_KEY, V_WRAPPED, V_NONCE, V_VALUE };

struct verification {
    struct op op;
    struct session *session;
    struct channel_frame *frame;
    const struct pay_provider *provider;
    struct pay_event event;
    const char *asked; /* the database, for this provider; NULL: it was known */
    struct db_rows rows;
};

static enum op_next load(struct op *op)
{
    struct verification *v = (struct verification *)op;
    const char *code = json_get_text(json_object_get(v->frame->json, "verify"), "provider");

    if (!code || v->frame->body_bytes > PAY_BODY_BYTES_MAX)
        return gov_fail_cause(&op->err, GOV_BAD_REQUEST, "a question without provider, or too long"), OP_FAIL;
    if (provider_memory_find(&v->session->egress->providers, code, clock_mono_us(), &v->rows))
        return OP_NEXT; /* in this turn: the row stays */
    v->asked = code;
    DB_QUERY(op, v->session->egress->db, &DB_PUBLIC, SQL_QUERIES_EGRESS_PAYMENT_PROVIDER, &v->rows, code);
    return OP_WAIT;
}

/* The credential's value; the text is the caller's to wipe. */
static bool keys_open(struct verification *v, char **text, size_t *bytes, struct gov_err *err)
{
    const struct egress *e = v->session->egress;
    const struct db_rows *r = &v->rows;
    struct arena *arena = &v->op.arena;
    const struct sealed sealed = { db_text(r, 0, V_KEY), db_text(r, 0, V_WRAPPED), db_text(r, 0, V_NONCE),
                                   db_text(r, 0, V_VALUE) };

    if (!e->ring || !sealed.value)
        return gov_fail(err, GOV_CREDENTIAL_UNAVAILABLE, "the provider has no credential that can be opened here",
                        "该支付渠道没有可解封的凭据");
    return seal_open(e->ring, &sealed,
                     seal_credential_context(db_text(r, 0, C_TENANT), db_text(r, 0, C_ID), db_text(r, 0, C_VERSION), arena),
                     arena, text, bytes, err);
}

static enum op_next verify(struct op *op)
{
    struct verification *v = (struct verification *)op;
    struct pay_notice notice = { json_object_get(json_object_get(v->frame->json, "verify"), "headers"), v->frame->body,
                                 v->frame->body_bytes, clock_now_us() };
    char *text = NULL;
    size_t bytes = 0;

    if (v->asked)
        provider_memory_put(&v->session->egress->providers, v->asked, clock_mono_us(), &v->rows);
    v->provider = v->rows.count ? pay_provider_find(db_text(&v->rows, 0, P_KIND)) : NULL;
    if (!v->provider)
        return gov_fail(&op->err, GOV_NOT_FOUND, "there is no such payment provider", "没有该支付渠道"), OP_FAIL;
    if (!keys_open(v, &text, &bytes, &op->err))
        return OP_FAIL;
    json_t *keys = json_loadb(text, bytes, JSON_DECODE_ANY, NULL);
    bool good = v->provider->verify(&notice, keys, &op->arena, &v->event, &op->err);
    json_decref(keys);
    seal_wipe(text, bytes);
    return good ? OP_DONE : OP_FAIL;
}

static const struct op_step steps[] = { { "load", load }, { "verify", verify }, { 0 } };

static void ended(struct op *op)
{
    struct verification *v = (struct verification *)op;
    struct session *s = v->session;
    struct channel *channel = session_channel(s);
    json_t *answer = op->failed
                         ? json_pack("{s:s, s:{s:s, s:s}}", "error", gov_code_info(op->err.code)->wire, "detail", "en",
                                     gov_err_detail(&op->err, GOV_EN), "zh", gov_err_detail(&op->err, GOV_ZH))
                         : json_pack("{s:o, s:{s:s, s:s}}", "event", pay_event_json(&v->event), "ack", "type",
                                     v->provider->ack_type, "body", v->provider->ack);

    if (op->failed)
        log_error(LEVEL_WARN, "payment.refused", &op->err);
    if (channel && answer)
        channel_send(channel, answer, NULL, 0, -1);
    json_decref(answer);
    channel_frame_free(v->frame);
    op_release(op);
    free(v);
    session_left(s);
}

void verification_start(struct session *session, struct channel_frame *frame)
{
    struct verification *v = calloc(1, sizeof *v);

    CHECK(v);
    op_init(&v->op, "verification", steps, session->egress->loop, ended);
    v->session = session;
    v->frame = frame;
    op_start(&v->op);
}
