/* callback.c - load -> secret -> send -> mark -> finish.
 *
 * The payload is made from the rows of the ended request, which do not change any more, so every attempt
 * says the same under the same webhook-id. An attempt that fails gives the job back with the delay of the
 * schedule below; while the task waits it holds nothing. Final at once: a host that is not registered any
 * more, an address that may not be called, 410 Gone.
 */
#include "worker/task/callback.h"

#include <sodium.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/io/crypto.h"
#include "core/io/http_client.h"

enum { TIMEOUT_MS = 15000, ANSWER_BYTES_MAX = 4096, RESULT_BYTES_MAX = 64 * 1024, SECRET_BYTES_MAX = 128 };

/* Waits after the 1st, 2nd, … failed attempt: a day in all. */
static const int64_t waits_s[] = { 5, 300, 1800, 7200, 18000, 28800, 30600 };

/* Columns of delivery_load.sql. */
enum {
    DEL_URL,
    DEL_STATE,
    DEL_ATTEMPTS,
    DEL_REQUEST,
    DEL_REQUEST_STATE,
    DEL_RUN,
    DEL_LANGUAGE,
    DEL_ENDED,
    DEL_RESULT,
    DEL_ERROR,
    DEL_IS_RUN,
    DEL_SKILL,
    DEL_ACTION,
    DEL_EXIT
};

struct callback {
    struct op op;
    struct work *work;
    struct id delivery;
    struct db_rows rows, secret;
    struct http_exchange exchange;
    bool pending;         /* it is still to be sent */
    const char *state;    /* of the delivery, after this attempt */
    const char *error;    /* NULL: none */
    int64_t wait_ms;
};

static enum op_next load(struct op *op)
{
    struct callback *c = (struct callback *)op;

    if (!id_parse(json_get_text(c->work->job.payload.arguments, "delivery"), &c->delivery))
        return gov_fail_cause(&op->err, GOV_INTERNAL, "callback: no delivery"), OP_FAIL;
    DB_QUERY(op, c->work->worker->db, &c->work->tenant.scope, SQL_QUERIES_DELIVERY_LOAD, &c->rows,
             c->delivery.text);
    return OP_WAIT;
}

static enum op_next find_secret(struct op *op)
{
    struct callback *c = (struct callback *)op;
    const char *host;

    c->pending = c->rows.count && strcmp(db_text(&c->rows, 0, DEL_STATE), "pending") == 0;
    if (!c->pending)
        return OP_NEXT;
    if (!http_client_url_valid(db_text(&c->rows, 0, DEL_URL), &op->arena, &host))
        return OP_NEXT; /* sending says so */
    DB_QUERY(op, c->work->worker->db, &c->work->tenant.scope, SQL_QUERIES_CALLBACK_SECRET, &c->secret,
             host);
    return OP_WAIT;
}

/* --- what is sent --- */

static json_t *time_of(const char *text)
{
    char iso[CLOCK_TEXT_BYTES], whole[64];
    int64_t us;

    /* PostgreSQL writes "+00", RFC 3339 wants "+00:00". */
    snprintf(whole, sizeof whole, "%s:00", text ? text : "");
    return clock_parse(whole, &us) ? json_string(clock_format(us, iso)) : json_null();
}

static json_t *error_of(struct callback *c)
{
    const json_t *stored = db_json(&c->rows, 0, DEL_ERROR, &c->op.arena);
    const json_t *message = json_object_get(stored, "message");
    bool zh = text_starts(db_text(&c->rows, 0, DEL_LANGUAGE), "zh");
    const char *text = json_get_text(message, zh ? "zh" : "en");

    if (!json_is_object(stored))
        return json_null();
    return json_pack("{s:s?, s:s}", "code", json_get_text(stored, "code"), "message", text ? text : "");
}

static const char *payload_of(struct callback *c)
{
    struct arena *arena = &c->op.arena;
    const struct db_rows *r = &c->rows;
    const char *state = db_text(r, 0, DEL_REQUEST_STATE), *result = db_text(r, 0, DEL_RESULT);
    bool is_run = db_bool(r, 0, DEL_IS_RUN), whole = result && strlen(result) <= RESULT_BYTES_MAX;
    json_t *data = json_pack("{s:s, s:s?, s:s, s:s?, s:s?, s:o, s:o}", "request_id",
                             db_text(r, 0, DEL_REQUEST), "run_id", is_run ? db_text(r, 0, DEL_RUN) : NULL,
                             "state", state, "skill", db_text(r, 0, DEL_SKILL), "action",
                             db_text(r, 0, DEL_ACTION), "error", error_of(c), "exit_code",
                             db_text(r, 0, DEL_EXIT) ? json_integer(db_int(r, 0, DEL_EXIT))
                                                     : json_null());

    if (whole)
        json_object_set(data, "result", db_json(r, 0, DEL_RESULT, arena));
    else if (result)
        json_object_set_new(data, "result_omitted", json_true()); /* too large: read the run */
    const json_t *payload =
        json_own(arena, json_pack("{s:s+, s:o, s:o}", "type", is_run ? "run." : "request.", state,
                                  "timestamp", time_of(db_text(r, 0, DEL_ENDED)), "data", data));
    return json_text(arena, payload);
}

/* False: the secret is no secret. */
static bool sign(struct callback *c, const char *payload, const char *timestamp, const char **signature)
{
    unsigned char secret[SECRET_BYTES_MAX];
    const char *hex = db_text(&c->secret, 0, 0);
    size_t bytes = 0;

    if (!hex || sodium_hex2bin(secret, sizeof secret, hex, strlen(hex), NULL, &bytes, NULL) != 0 || !bytes)
        return false;
    const char *signed_text =
        arena_format(&c->op.arena, "%s.%s.%s", c->delivery.text, timestamp, payload);
    *signature =
        crypto_hmac_base64(&c->op.arena, secret, bytes, signed_text, strlen(signed_text));
    sodium_memzero(secret, sizeof secret);
    return true;
}

static enum op_next send_it(struct op *op)
{
    struct callback *c = (struct callback *)op;
    struct arena *arena = &op->arena;
    const char *signature;

    if (!c->pending)
        return OP_NEXT;
    const char *payload = payload_of(c);
    const char *timestamp = arena_format(arena, "%lld", (long long)(clock_now_us() / 1000000));
    if (c->secret.count == 0 || !sign(c, payload, timestamp, &signature)) {
        gov_fail(&c->exchange.err, GOV_ADDRESS_REFUSED, "the host is not registered for callbacks any more",
                 "该主机已不在回调登记之列");
        return OP_NEXT;
    }
    const char **headers = ARENA_ARRAY(arena, const char *, 5);
    headers[0] = "Content-Type: application/json";
    headers[1] = arena_format(arena, "webhook-id: %s", c->delivery.text);
    headers[2] = arena_format(arena, "webhook-timestamp: %s", timestamp);
    headers[3] = arena_format(arena, "webhook-signature: v1,%s", signature);
    c->exchange = (struct http_exchange){ .method = "POST",
                                          .url = db_text(&c->rows, 0, DEL_URL),
                                          .headers = headers,
                                          .body = payload,
                                          .body_bytes = strlen(payload),
                                          .timeout_ms = TIMEOUT_MS,
                                          .answer_bytes_max = ANSWER_BYTES_MAX };
    http_client_send(op, c->work->worker->http, &c->exchange);
    return OP_WAIT;
}

/* --- what follows --- */

static bool is_final(const struct callback *c)
{
    return c->exchange.err.code == GOV_ADDRESS_REFUSED || c->exchange.err.code == GOV_INVALID_INPUT ||
           c->exchange.status == 410;
}

static void judge(struct callback *c)
{
    size_t failed = (size_t)db_int(&c->rows, 0, DEL_ATTEMPTS);
    int status = c->exchange.status;

    c->state = "delivered";
    if (status >= 200 && status < 300)
        return;
    c->error = c->exchange.err.code ? gov_err_detail(&c->exchange.err, GOV_EN)
                                    : arena_format(&c->op.arena, "answered %d", status);
    c->state = "failed";
    if (is_final(c) || failed >= sizeof waits_s / sizeof *waits_s)
        return;
    c->state = "pending";
    c->wait_ms = waits_s[failed] * 1000;
    if (c->exchange.retry_after_s * 1000 > c->wait_ms)
        c->wait_ms = c->exchange.retry_after_s * 1000;
}

/* A wait is found again by its minute's mark. */
static enum op_next mark(struct op *op)
{
    struct callback *c = (struct callback *)op;

    if (!c->pending)
        return OP_NEXT;
    judge(c);
    if (c->wait_ms)
        marks_note(op, c->work->worker->marks, &c->work->tenant.id, clock_now_us() + c->wait_ms * 1000);
    return OP_WAIT;
}

static void build(struct work *work, struct db_group *group)
{
    struct callback *c = work->task;
    struct arena *arena = &c->op.arena;
    const char *wait = arena_format(arena, "%lld", (long long)c->wait_ms);
    int status = c->exchange.status;

    if (c->wait_ms)
        DB_GROUP_ADD(group, SQL_QUERIES_JOB_RELEASE, NULL, work->job.id.text,
                     arena_format(arena, "%lld", (long long)work->job.fence), work->job.token, "retry",
                     wait, "overloaded");
    else
        work_add_success(work, group, NULL);
    if (c->pending)
        DB_GROUP_ADD(group, SQL_QUERIES_DELIVERY_ATTEMPTED, NULL, c->delivery.text, c->state,
                     status ? arena_format(arena, "%d", status) : NULL, c->error, wait);
}

static enum op_next finish(struct op *op)
{
    struct callback *c = (struct callback *)op;
    c->work->task = c;
    work_finish_for(op, c->work, build);
    return OP_WAIT;
}

static const struct op_step steps[] = { { "load", load }, { "secret", find_secret }, { "send", send_it },
                                        { "mark", mark }, { "finish", finish },      { 0 } };

struct op *callback_make(struct work *work)
{
    struct callback *c = ARENA_NEW(&work->op.arena, struct callback);
    op_init(&c->op, "callback", steps, work->op.loop, NULL);
    c->work = work;
    return &c->op;
}
