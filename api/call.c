/* call.c - the prelude every request goes through, and the one place that answers.
 *
 * A streamed body is held back (paused) until the caller is known: nobody
 * uploads a gigabyte before being told 401.
 */
#include "api/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/auth.h"
#include "api/refusal.h"
#include "core/base/check.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/io/crypto/crypto.h"
#include "core/io/http/problem.h"
#include "core/store/planning/plan_basis.h"

/* --- steps --- */

static enum op_next authenticate(struct op *op)
{
    struct call *call = (struct call *)op;
    bool sent;

    if (!rate_admit(call, &op->err) || !auth_begin(call, &sent, &op->err))
        return OP_FAIL;
    return OP_WAIT;
}

static enum op_next authorise(struct op *op)
{
    struct call *call = (struct call *)op;

    if (call->caller.kind != CALLER_NOBODY && !auth_identify(call, &op->err))
        return OP_FAIL;
    if (call->caller.locale && !http_request_header(call->request, "accept-language"))
        call->language = text_starts(call->caller.locale, "zh") ? GOV_ZH : GOV_EN;
    return auth_authorise(call, &op->err) ? OP_NEXT : OP_FAIL;
}

static bool wants_idempotency(const struct call *call)
{
    return call->idempotency_key && call->caller.kind != CALLER_NOBODY;
}

static void find_answer(struct op *op, struct call *call)
{
    bool tenant = *call->caller.scope.schema;
    DB_QUERY(op, call->api->db, &call->caller.scope,
             tenant ? SQL_QUERIES_IDEMPOTENCY_FIND : SQL_QUERIES_IDEMPOTENCY_FIND_PUBLIC,
             &call->replay_rows, call->caller.user.text, call->route->pattern,
             call->idempotency_key);
}

void call_find_answer(struct op *op, struct call *call, const void *body, size_t bytes)
{
    struct buf hashed = { 0 };
    char hex[CRYPTO_HEX_BYTES];

    if (!wants_idempotency(call))
        return;
    buf_addf(&hashed, "%s\n", call->request->path);
    buf_add(&hashed, body, bytes);
    crypto_sha256_hex(hashed.data, hashed.length, hex);
    buf_release(&hashed);
    call->body_hash = arena_format(&call->op.arena, "\\x%s", hex);
    find_answer(op, call);
}

static enum op_next look_up(struct op *op)
{
    struct call *call = (struct call *)op;
    const char *key = http_request_header(call->request, "idempotency-key");

    if (!key || strcmp(call->request->method, "POST") != 0)
        return OP_WAIT;
    if (strlen(key) < 1 || strlen(key) > 200 || !text_utf8_valid(key, strlen(key)))
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "Idempotency-Key", "length",
                           "Idempotency-Key must have 1 to 200 characters",
                           "Idempotency-Key 须为 1 到 200 个字符"),
               OP_FAIL;
    call->idempotency_key = arena_text(&op->arena, key);
    if (!call->route->stream_body) /* else the endpoint asks when it has the body */
        call_find_answer(op, call, call->request->body, call->request->body_bytes);
    return OP_WAIT;
}

/* Answer from the stored row, if there is one. */
bool call_answer_again(struct call *call, struct gov_err *err)
{
    const struct db_rows *r = &call->replay_rows;

    if (r->count == 0)
        return true;
    if (strcmp(db_text(r, 0, 0), call->body_hash) != 0)
        return gov_fail_at(err, GOV_IDEMPOTENCY_MISMATCH, "Idempotency-Key", "reused",
                           "this key came before with another body or address; use a new key",
                           "该键之前用于不同的请求体或地址；请换一个新键");
    if (!db_text(r, 0, 2))
        return gov_fail(err, GOV_ALREADY_DONE,
                        "this was done before; its answer is not kept (no secret is), so look at what it made",
                        "该请求此前已完成，其回答未予保存（机密从不保存），请查看其结果");
    call->replayed = true;
    if (call->route->replay_shows) {
        json_t *kept = db_json(r, 0, 2, &call->op.arena);
        id_parse(json_get_text(kept, "id"), &call->replay_id);
        return true;
    }
    call->status = (int)db_int(r, 0, 1);
    call->media_type = "application/json";
    buf_add_text(&call->body, db_text(r, 0, 2));
    return true;
}

static enum op_next replay(struct op *op)
{
    struct call *call = (struct call *)op;
    if (!call_answer_again(call, &op->err))
        return OP_FAIL;
    return call->replayed && !call->route->replay_shows ? OP_DONE : OP_NEXT;
}

static void endpoint_free(struct call *call)
{
    if (!call->endpoint)
        return;
    op_release(&call->endpoint->op);
    free(call->endpoint);
    call->endpoint = NULL;
}

static enum op_next perform(struct op *op)
{
    struct call *call = (struct call *)op;

    endpoint_free(call);
    call->endpoint = calloc(1, *call->route->bytes);
    CHECK(call->endpoint);
    op_init(&call->endpoint->op, call->route->pattern, call->route->steps, op->loop, NULL);
    call->endpoint->call = call;
    op_try(op, &call->endpoint->op);
    return OP_WAIT;
}

/* Somebody sent the same key at the same time and was first: his answer is ours. */
static enum op_next settle(struct op *op)
{
    struct call *call = (struct call *)op;
    struct op *endpoint = &call->endpoint->op;

    if (!endpoint->failed)
        return OP_DONE;
    op->err = endpoint->err;
    if (!wants_idempotency(call) || op->err.code != GOV_CONFLICT ||
        strcmp(op->err.item, "idempotency_pk") != 0)
        return OP_FAIL;
    call->status = 0;
    buf_clear(&call->body);
    find_answer(op, call);
    return OP_WAIT;
}

static enum op_next settle_replay(struct op *op)
{
    struct call *call = (struct call *)op;
    if (!call_answer_again(call, &op->err))
        return OP_FAIL;
    if (!call->replayed)
        return gov_fail_cause(&op->err, GOV_OVERLOADED, "the first answer vanished"), OP_FAIL;
    return call->route->replay_shows ? perform(op) : OP_DONE;
}

static enum op_next settle_shown(struct op *op)
{
    struct call *call = (struct call *)op;
    op->err = call->endpoint->op.err;
    return call->endpoint->op.failed ? OP_FAIL : OP_DONE;
}

static const struct op_step steps[] = {
    { "authenticate", authenticate },
    { "authorise", authorise },
    { "look_up", look_up },
    { "replay", replay },
    { "perform", perform },
    { "settle", settle },
    { "settle_replay", settle_replay },
    { "settle_shown", settle_shown },
    { 0 }
};

/* --- the answer --- */

static void answer_problem(struct call *call)
{
    const struct gov_err *err = &call->op.err;

    refusal_explain(&call->op.err);

    if (gov_code_info(err->code)->http_status >= 500)
        log_write(LEVEL_ERROR, "request.failed", LOG_FIELD("op", call->route->pattern),
                  LOG_FIELD("code", gov_code_info(err->code)->wire),
                  LOG_FIELD("cause", err->cause), LOG_FIELD("trace", call->request->request_id));
    if (!call->gone && !call->request->answered)
        http_problem(call->request, err, call->language);
    else if (!call->gone && !call->request->ended)
        http_stream_abort(call->request);
}

static void answer(struct call *call)
{
    if (call->gone || call->taken)
        return;
    CHECK(call->status != 0);
    if (call->replayed)
        http_reply_header(call->request, "Idempotency-Replayed", "true");
    http_reply(call->request, call->status, call->media_type, buf_text(&call->body),
               call->body.length);
}

/* Whatever a person or the platform changed may be about a token, a role or a tenant, and somebody may have been written
 * to. Submitting and deciding work changes none of them, and tells its own listeners; who was not let in
 * changed nothing. */
static void tell_of_change(struct call *call)
{
    struct id nobody = id_new();
    const char *pattern = call->route->pattern, *method = call->request->method;

    if (call->endpoint && strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0 &&
        !text_starts(pattern, "/v1/runs") && !text_starts(pattern, "/v1/requests") &&
        !text_starts(pattern, "/v1/files") && !call->route->signed_body) {
        identities_drop(call->api->identities);
        plan_bases_drop(call->api->bases);
        if (!call->op.failed)
            event_bus_publish(call->api->events, EVENT_BUS_OUTBOX, &nobody);
    }
}

static void ended(struct op *op)
{
    struct call *call = (struct call *)op;

    tell_of_change(call); /* also after a failure: it may have been the answer that was lost */

    if (op->failed)
        answer_problem(call);
    else
        answer(call);
    call->request->user = NULL;
    http_request_release(call->request);
    endpoint_free(call);
    buf_release(&call->body);
    op_release(op);
    free(call);
}

/* --- the server's hooks --- */

static void start(struct http_request *r, struct api *api, const struct route_match *match)
{
    struct call *call = calloc(1, sizeof *call);
    CHECK(call);
    op_init(&call->op, "call", steps, api->loop, ended);
    call->api = api;
    call->request = r;
    call->route = match->route;
    memcpy(call->params, match->params, sizeof call->params);
    call->language = http_language(r);
    call->caller.scope = DB_PUBLIC;
    http_request_hold(r);
    r->user = call;
    op_start(&call->op);
}

static void refuse(struct http_request *r, const struct route_match *match)
{
    struct gov_err err;
    if (match->allow) {
        http_reply_header(r, "Allow", match->allow);
        gov_fail(&err, GOV_METHOD_NOT_ALLOWED, "this address takes %s", "该地址支持 %s",
                 match->allow);
    } else {
        gov_fail(&err, GOV_NOT_FOUND, "there is no such address; /openapi.json lists them",
                 "没有这个地址；/openapi.json 列出了全部地址");
    }
    http_problem(r, &err, http_language(r));
}

/* Bodies are JSON; an upload says itself what it takes. */
static bool media_type_fits(const struct http_request *r, const struct route *route)
{
    const char *type = http_request_header(r, "content-type");
    return route->stream_body || route->signed_body || !r->has_body || (type && text_starts(type, "application/json"));
}

static void on_head(struct http_request *r, void *ctx)
{
    struct api *api = ctx;
    struct route_match match;

    route_find(r->method, r->path, &r->arena, &match);
    if (!match.route) {
        refuse(r, &match);
        return;
    }
    if (!media_type_fits(r, match.route)) {
        struct gov_err err;
        gov_fail_at(&err, GOV_UNSUPPORTED_MEDIA_TYPE, "Content-Type", "media_type",
                    "send the body as application/json", "请求体须为 application/json");
        http_problem(r, &err, http_language(r));
        return;
    }
    if (match.route->body_bytes_max)
        http_request_body_limit(r, match.route->body_bytes_max);
    if (match.route->stream_body) {
        http_request_pause(r);
        start(r, api, &match);
    }
}

static void on_request(struct http_request *r, void *ctx)
{
    struct api *api = ctx;
    struct route_match match;

    route_find(r->method, r->path, &r->arena, &match);
    CHECK(match.route);
    start(r, api, &match);
}

static void on_gone(struct http_request *r, void *ctx)
{
    struct call *call = r->user;
    (void)ctx;
    if (!call)
        return;
    call->gone = true;
    if (call->left)
        call->left(call);
    if (call->endpoint)
        op_cancel(&call->endpoint->op, GOV_CANCELLED);
    op_cancel(&call->op, GOV_CANCELLED);
}

const struct http_handlers call_handlers = {
    .on_head = on_head,
    .on_request = on_request,
    .on_gone = on_gone,
};
