/* outcall_send.c - limits, credential, effect, and the call itself with its repeats.
 *
 * Repeated is only what is harmless to repeat: what never left, reads, operations said to be idempotent, and
 * writes that carry an idempotency key. Everything else whose answer was lost is unknown.
 */
#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/io/crypto/crypto.h"
#include "core/io/op/op_sleep.h"
#include "worker/egress/daemon/call/outcall.h"
#include "worker/egress/daemon/networks.h"

enum {
    NETWORKS_FRESH_US = 2000000,
    RATE_WAIT_MS_MAX = 5000,
    TURN_MARGIN_MS = 30000,
    REPEAT_FIRST_MS = 200,
    REPEAT_WAIT_MS_MAX = 10000,
    TOKEN_ANSWER_BYTES_MAX = 64 * 1024,
    TOKEN_S_MAX = 86400, /* a partner may say more; a new one a day is cheap */
    HEADERS_MAX = 80
};

/* --- networks and limits --- */

enum op_next outcall_networks(struct op *op)
{
    struct outcall *c = (struct outcall *)op;
    struct egress *e = c->session->egress;

    if (c->why.code || (e->networks_us && clock_mono_us() - e->networks_us < NETWORKS_FRESH_US))
        return OP_NEXT;
    DB_QUERY(op, e->db, &DB_PUBLIC, SQL_QUERIES_OPEN_NETWORKS, &c->open, "resource");
    return OP_WAIT;
}

static void networks_keep(struct outcall *c)
{
    struct egress *e = c->session->egress;

    if (!c->open.result)
        return;
    e->networks = networks_open("", &c->open);
    e->networks_us = clock_mono_us();
}

enum op_next outcall_limits(struct op *op)
{
    struct outcall *c = (struct outcall *)op;
    struct egress *e = c->session->egress;
    int64_t granted = c->why.code ? 0 : db_int(&c->row, 0, ROW_RATE);

    if (c->why.code)
        return OP_NEXT;
    networks_keep(c);
    bool first = !c->pool; /* this step repeats while it waits for its turn */
    if (first) {
        c->pool = pools_enter(&e->pools, c->session->tenant.text, c->name);
        http_client_reopen(c->pool->http, &e->networks);
    }
    if (first && !pool_breaker_lets(c->pool, clock_mono_us(), &c->wait_ms)) {
        gov_fail(&c->why, GOV_RESOURCE_UNAVAILABLE,
                 "\"%s\" failed several times in a row and is left alone for another %lld ms",
                 "“%s”连续多次失败，%lld 毫秒内不再调用", c->name, (long long)c->wait_ms);
        return OP_NEXT;
    }
    int64_t rate = granted ? granted : c->resource.rate_per_minute;
    if (pool_rate_take(c->pool, rate, clock_mono_us(), &c->wait_ms)) {
        c->wait_ms = 0;
        return OP_NEXT;
    }
    /* A turn that comes later than a call waits is not waited for: it would hold its slot for a minute at worst. */
    if ((clock_mono_us() - c->began_us) / 1000 + c->wait_ms <= RATE_WAIT_MS_MAX) {
        op_sleep(op, c->wait_ms);
        return OP_AGAIN;
    }
    gov_fail(&c->why, GOV_RATE_LIMITED, "more than %lld calls a minute to \"%s\"",
             "每分钟对“%2$s”的调用超过 %1$lld 次", (long long)rate, c->name);
    return OP_NEXT;
}

/* So long it may be under way: all its tries, the pauses between them, its token. */
static int64_t hold_ms(const struct outcall *c)
{
    return c->resource.attempts * (c->resource.timeout_ms + REPEAT_WAIT_MS_MAX) + TURN_MARGIN_MS;
}

static bool waits_for_turn(struct outcall *c)
{
    int64_t left_ms = RATE_WAIT_MS_MAX - (clock_mono_us() - c->began_us) / 1000;

    if (left_ms <= 0)
        return false;
    op_sleep(&c->op, c->wait_ms < left_ms ? c->wait_ms : left_ms);
    return true;
}

/* Over all tenants and hosts, in the database; asked again until there is one, as long as a call waits at all. */
enum op_next outcall_turn(struct op *op)
{
    struct outcall *c = (struct outcall *)op;
    struct arena *arena = &op->arena;

    if (c->why.code || (!c->resource.rate_per_minute_all && !c->resource.calls_at_once))
        return OP_NEXT;
    if (c->turn_asked) {
        c->turn_asked = false;
        c->wait_ms = db_int(&c->turn_row, 0, 0);
        if (!c->wait_ms)
            return OP_NEXT;
        if (waits_for_turn(c))
            return OP_AGAIN;
        c->turn.text[0] = 0;
        gov_fail(&c->why, GOV_RATE_LIMITED, "all tenants together call \"%s\" as often as it allows just now",
                 "所有租户对“%s”的调用已达到其当前允许的上限", c->name);
        return OP_NEXT;
    }
    c->turn_asked = true;
    c->turn = id_new();
    DB_QUERY(op, c->session->egress->db, &DB_PUBLIC, SQL_QUERIES_HTTP_TURN_TAKE, &c->turn_row,
             db_text(&c->row, 0, ROW_ID), c->turn.text,
             arena_format(arena, "%lld", (long long)c->resource.rate_per_minute_all),
             arena_format(arena, "%lld", (long long)c->resource.calls_at_once),
             arena_format(arena, "%lld", (long long)hold_ms(c)));
    return OP_AGAIN;
}

/* --- credential --- */

enum op_next outcall_credential(struct op *op)
{
    struct outcall *c = (struct outcall *)op;
    const struct db_rows *r = &c->row;

    if (c->why.code || c->resource.auth == AUTH_NONE)
        return OP_NEXT;
    struct sealed sealed = { db_text(r, 0, ROW_KEY), db_text(r, 0, ROW_WRAPPED), db_text(r, 0, ROW_NONCE),
                             db_text(r, 0, ROW_VALUE) };
    if (!sealed.value || !c->session->egress->ring) {
        gov_fail(&c->why, GOV_CREDENTIAL_UNAVAILABLE,
                 "\"%s\" needs a credential, and none can be opened here; the platform's administrator has to "
                 "give one, or give execgov-egress its key file",
                 "“%s”需要凭据，但此处无法解封；请平台管理员配置凭据，或为 execgov-egress 提供密钥文件", c->name);
        return OP_NEXT;
    }
    const char *context = seal_credential_context(db_text(r, 0, ROW_CREDENTIAL_TENANT),
                                                  db_text(r, 0, ROW_CREDENTIAL),
                                                  db_text(r, 0, ROW_CREDENTIAL_VERSION), &op->arena);
    if (!seal_open(c->session->egress->ring, &sealed, context, &op->arena, &c->secret, &c->secret_bytes,
                   &c->why))
        return OP_NEXT;
    json_error_t where;
    c->value = json_own(&op->arena, json_loadb(c->secret, c->secret_bytes, JSON_DECODE_ANY, &where));
    c->access_for = arena_format(&op->arena, "%s/%s", db_text(r, 0, ROW_CREDENTIAL),
                                 db_text(r, 0, ROW_CREDENTIAL_VERSION));
    if (!c->value)
        gov_fail_cause(&c->why, GOV_CREDENTIAL_UNAVAILABLE, "the opened value is no JSON");
    return OP_NEXT;
}

static bool token_good(const struct outcall *c)
{
    return c->pool->access_until_us > clock_mono_us() && strcmp(c->pool->access_for, c->access_for) == 0;
}

/* application/x-www-form-urlencoded, with nothing encoded that need not be: many servers do not decode. */
static const char *form_value(const char *text, struct arena *arena)
{
    struct buf out = { 0 };

    for (const unsigned char *t = (const unsigned char *)text; *t; t++)
        if (isascii(*t) && (isalnum(*t) || strchr("-._~", *t)))
            buf_add_char(&out, (char)*t);
        else
            buf_addf(&out, "%%%02X", *t);
    const char *copy = arena_text(arena, buf_text(&out));
    buf_release(&out);
    return copy;
}

/* RFC 6749, 4.4: client credentials, the client authenticated by Basic. */
enum op_next outcall_token(struct op *op)
{
    struct outcall *c = (struct outcall *)op;
    const char *id = json_get_text(c->value, "client_id"), *secret = json_get_text(c->value, "client_secret");
    char basic[2048];

    if (c->why.code || c->resource.auth != AUTH_OAUTH2 || token_good(c))
        return OP_NEXT;
    if (!id || !secret || strlen(id) + strlen(secret) > 1000) {
        gov_fail(&c->why, GOV_CREDENTIAL_UNAVAILABLE, "style oauth2 wants {client_id, client_secret}",
                 "oauth2 方式需要 {client_id, client_secret}");
        return OP_NEXT;
    }
    const char *both = arena_format(&op->arena, "%s:%s", form_value(id, &op->arena),
                                    form_value(secret, &op->arena));
    if (sodium_base64_encoded_len(strlen(both), sodium_base64_VARIANT_ORIGINAL) > sizeof basic)
        return gov_fail_cause(&c->why, GOV_CREDENTIAL_UNAVAILABLE, "too long"), OP_NEXT;
    sodium_bin2base64(basic, sizeof basic, (const unsigned char *)both, strlen(both),
                      sodium_base64_VARIANT_ORIGINAL);
    const char **headers = ARENA_ARRAY(&op->arena, const char *, 4);
    headers[0] = "Content-Type: application/x-www-form-urlencoded";
    headers[1] = "Accept: application/json";
    headers[2] = arena_format(&op->arena, "Authorization: Basic %s", basic);
    const char *body = *c->resource.scope ? arena_format(&op->arena, "grant_type=client_credentials&scope=%s",
                                                         form_value(c->resource.scope, &op->arena))
                                          : "grant_type=client_credentials";
    c->token_exchange = (struct http_exchange){ .method = "POST", .url = c->resource.token_url,
                                                .headers = headers, .body = body,
                                                .body_bytes = strlen(body),
                                                .timeout_ms = c->resource.timeout_ms,
                                                .answer_bytes_max = TOKEN_ANSWER_BYTES_MAX };
    c->token_asked = true;
    http_client_send(op, c->pool->http, &c->token_exchange);
    return OP_WAIT;
}

enum op_next outcall_token_got(struct op *op)
{
    struct outcall *c = (struct outcall *)op;
    struct http_exchange *x = &c->token_exchange;
    struct gov_err ignored;

    if (c->why.code)
        return OP_NEXT;
    if (c->token_asked) {
        const json_t *answer = x->status == 200 ? json_parse(&op->arena, x->answer, x->answer_bytes, &ignored)
                                                : NULL;
        const char *token = json_get_text(answer, "access_token");
        int64_t told_s = json_get_int(answer, "expires_in", 300);
        int64_t seconds = told_s < 0 ? 0 : told_s > TOKEN_S_MAX ? TOKEN_S_MAX : told_s;
        if (!token || strlen(token) >= sizeof c->pool->access_token || strpbrk(token, "\r\n")) {
            pool_breaker_note(c->pool, false, clock_mono_us());
            gov_fail(&c->why, x->status == 401 || x->status == 400 ? GOV_CREDENTIAL_UNAVAILABLE
                                                                   : GOV_RESOURCE_UNAVAILABLE,
                     "the token address of \"%s\" gave none (status %d)", "“%s”的令牌地址未返回令牌（状态 %d）",
                     c->name, x->status);
            return OP_NEXT;
        }
        snprintf(c->pool->access_token, sizeof c->pool->access_token, "%s", token);
        snprintf(c->pool->access_for, sizeof c->pool->access_for, "%s", c->access_for);
        c->pool->access_until_us = clock_mono_us() + (seconds > 60 ? seconds - 30 : seconds / 2) * 1000000;
    }
    authorise(&c->resource, &c->made, c->value, arena_text(&op->arena, c->pool->access_token), &c->auth,
              &op->arena, &c->why);
    return OP_NEXT;
}

/* --- the effect --- */

/* The same write in a later attempt is the same step: method, address and body, and how often in this
 * attempt. */
const char *outcall_step(struct outcall *c)
{
    struct arena *arena = &c->op.arena;
    char hex[CRYPTO_HEX_BYTES];

    if (c->step)
        return c->step;
    const char *head = arena_format(arena, "%s %s %s\n", c->name, c->made.method, c->made.url);
    size_t length = strlen(head);
    char *all = arena_alloc(arena, length + c->made.body_bytes + 1);

    memcpy(all, head, length);
    if (c->made.body_bytes)
        memcpy(all + length, c->made.body, c->made.body_bytes);
    crypto_sha256_hex(all, length + c->made.body_bytes, hex);
    hex[16] = 0;
    int64_t times = json_get_int(c->session->seen, hex, 0) + 1;
    json_object_set_new(c->session->seen, hex, json_integer(times));
    c->step = arena_format(arena, "%s-%lld", hex, (long long)times);
    return c->step;
}

static bool may_repeat(const struct outcall *c)
{
    return !c->is_write || c->made.operation->idempotent || c->resource.idempotency_header;
}

int64_t outcall_under_way_ms(const struct outcall *c)
{
    int64_t attempts = may_repeat(c) ? c->resource.attempts : 1;
    return attempts * c->resource.timeout_ms + (attempts - 1) * REPEAT_WAIT_MS_MAX;
}

static bool may_send_unknown_again(const struct outcall *c)
{
    return !c->made.operation->query &&
           (c->made.operation->idempotent ||
            (c->resource.idempotency_header && c->resource.unknown_same_key));
}

/* `query`: for so long after it was sent the other side is asked what became of it, and the run may come back. */
const char *outcall_begin_detail(struct outcall *c)
{
    const struct resource_operation *o = c->made.operation;
    json_t *detail = json_own(&c->op.arena, json_pack("{s:s, s:s, s:s, s:s}", "resource", c->name, "operation", o->name,
                                                      "method", c->made.method, "path", o->path));

    if (o->query)
        json_object_set_new(detail, "query", json_integer(o->query->within_s));
    return json_text(&c->op.arena, detail);
}

enum op_next outcall_begin(struct op *op)
{
    struct outcall *c = (struct outcall *)op;
    struct session *s = c->session;

    if (c->why.code || !c->is_write || c->question.open)
        return OP_NEXT;
    DB_QUERY(op, s->egress->db, &DB_PUBLIC, SQL_QUERIES_EFFECT_START, &c->effect_row, s->schema, s->job.text,
             s->fence, s->token, outcall_step(c), outcall_begin_detail(c),
             may_send_unknown_again(c) ? "true" : "false");
    return OP_WAIT;
}

static void take_former_answer(struct outcall *c)
{
    const json_t *detail = db_json(&c->effect_row, 0, 1, &c->op.arena);
    const char *body = json_get_text(detail, "answer");

    c->replayed = true;
    c->found = json_get_bool(detail, "found", false);
    c->status = (int)json_get_int(detail, "status", 0);
    c->headers = json_object_get(detail, "headers");
    c->body = body ? body : "";
    c->body_bytes = strlen(c->body);
}

enum op_next outcall_begun(struct op *op)
{
    struct outcall *c = (struct outcall *)op;
    const char *state = c->step && !c->why.code && !c->question.open ? db_text(&c->effect_row, 0, 0) : "";

    if (!*state)
        return OP_NEXT;
    if (strcmp(state, "new") == 0)
        c->begun = true;
    else if (strcmp(state, "done") == 0)
        take_former_answer(c);
    else if (strcmp(state, "stale") == 0)
        gov_fail(&c->why, GOV_STALE, "the run is not live any more", "该运行已失效");
    else
        gov_fail(&c->why, GOV_OUTCOME_UNKNOWN,
                 "an earlier attempt sent this to \"%s\" and got no answer; a person has to look whether it "
                 "happened",
                 "先前的尝试已向“%s”发送但未收到应答，需人工核实是否已生效", c->name);
    return OP_NEXT;
}

/* --- sending --- */

const char *const *outcall_headers(struct outcall *c, const struct resource_call *call, const struct authorisation *auth)
{
    struct arena *arena = &c->op.arena;
    const char **lines = ARENA_ARRAY(arena, const char *, HEADERS_MAX + 4);
    const char *name;
    size_t count = 0;
    json_t *value;
    bool typed = false;

    json_object_foreach (auth->headers, name, value) {
        if (count < HEADERS_MAX)
            lines[count++] = arena_format(arena, "%s: %s", name, json_string_value(value));
        typed = typed || strcasecmp(name, "content-type") == 0;
    }
    if (call->body && !typed)
        lines[count++] = "Content-Type: application/json";
    if (call->operation && call->operation->write && c->resource.idempotency_header)
        lines[count++] = arena_format(arena, "%s: %s:%s", c->resource.idempotency_header,
                                      c->session->job.text, c->step);
    return lines;
}

static void send_once(struct outcall *c)
{
    c->sending = true;
    c->attempt++;
    c->exchange = (struct http_exchange){ .method = c->made.method, .url = c->auth.url,
                                          .headers = outcall_headers(c, &c->made, &c->auth), .body = c->made.body,
                                          .body_bytes = c->made.body_bytes,
                                          .timeout_ms = c->resource.timeout_ms,
                                          .answer_bytes_max = (size_t)c->resource.answer_bytes_max,
                                          .inflate = true };
    http_client_send(&c->op, c->pool->http, &c->exchange);
}

static bool repeat_helps(const struct outcall *c)
{
    const struct http_exchange *x = &c->exchange;

    if (c->attempt >= c->resource.attempts || x->err.code == GOV_ADDRESS_REFUSED ||
        x->err.code == GOV_INVALID_INPUT || x->err.code == GOV_SHUTTING_DOWN || x->retry_after_s * 1000 > REPEAT_WAIT_MS_MAX)
        return false;
    if (x->status == 0)
        return !x->sent || may_repeat(c);
    return (x->status == 429 || (x->status >= 502 && x->status <= 504)) && may_repeat(c);
}

/* It left, and nobody said what became of it. */
static bool answer_lost(const struct outcall *c)
{
    const struct http_exchange *x = &c->exchange;
    return c->begun && x->err.code != GOV_ADDRESS_REFUSED && (x->status ? x->status >= 500 : x->sent);
}

/* Sends, looks at what came, waits, sends again; asks first what became of a write that was sent already. */
enum op_next outcall_send(struct op *op)
{
    struct outcall *c = (struct outcall *)op;

    if (c->question.open && !c->why.code) {
        enum op_next next = outcall_ask(op);
        if (c->question.open)
            return next;
    }
    if (c->why.code || c->replayed)
        return OP_NEXT;
    if (!c->sending) {
        send_once(c);
        return OP_AGAIN;
    }
    c->sending = false;
    pool_breaker_note(c->pool, c->exchange.err.code == GOV_ADDRESS_REFUSED ||
                                   (c->exchange.status && c->exchange.status < 500), clock_mono_us());
    if (c->exchange.status == 401)
        c->pool->access_until_us = 0;
    if (!repeat_helps(c)) {
        if (!c->is_write || !c->made.operation->query || !answer_lost(c))
            return OP_NEXT;
        outcall_ask_open(c);
        return outcall_ask(op);
    }
    int64_t wait = c->exchange.retry_after_s ? c->exchange.retry_after_s * 1000
                                             : (int64_t)REPEAT_FIRST_MS << (c->attempt - 1);
    op_sleep(op, wait + randombytes_uniform((uint32_t)(wait / 4 + 1)));
    return OP_AGAIN;
}
