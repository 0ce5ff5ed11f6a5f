/* outcall_end.c - what became of a call: the effect, the ledger, the audit of a refusal, and the answer.
 *
 * Every known secret is taken out of what is stored and of what goes back to the script.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "worker/egress/daemon/call/outcall.h"

enum { ANSWER_KEPT_BYTES = 64 * 1024 };

/* --- what came back --- */

static bool header_passes(const char *name)
{
    static const char *const kept_back[] = { "set-cookie", "www-authenticate", "transfer-encoding", "connection",
                                             "content-encoding", "content-length", "keep-alive",
                                             "proxy-authenticate", "authorization", "trailer", NULL };
    for (const char *const *k = kept_back; *k; k++)
        if (text_equal_ignoring_case(*k, name))
            return false;
    return true;
}

/* Without the credential, and without the run's sensitive inputs: they were given to the script, not to the rows. */
const char *outcall_masked(struct outcall *c, const char *text, size_t bytes, size_t *length)
{
    const char *once = secrets_mask(&c->auth.secrets, text, bytes, length, &c->op.arena);
    return secrets_mask(&c->session->opened, once, *length, length, &c->op.arena);
}

static void read_headers(struct outcall *c)
{
    struct arena *arena = &c->op.arena;
    size_t length;

    c->headers = json_own(arena, json_object());
    for (const char *at = c->exchange.answer_headers ? c->exchange.answer_headers : ""; *at;) {
        size_t line = strcspn(at, "\n"), name = strcspn(at, ":");
        if (name < line) {
            const char *key = arena_copy(arena, at, name), *value = at + name + 1;
            value += strspn(value, " \t");
            const char *shown = outcall_masked(c, value, line - (size_t)(value - at), &length);
            if (header_passes(key) && text_utf8_valid(shown, length))
                json_object_set_new(c->headers, key, json_stringn(shown, length));
        }
        at += line + (at[line] == '\n');
    }
}

void outcall_fail_unanswered(struct outcall *c)
{
    const struct gov_err *err = &c->exchange.err;

    if (err->code == GOV_ADDRESS_REFUSED || (err->code == GOV_SHUTTING_DOWN && !(c->is_write && c->exchange.sent))) {
        c->why = *err;
    } else if (c->is_write && c->exchange.sent) {
        gov_fail(&c->why, GOV_OUTCOME_UNKNOWN, "it was sent to \"%s\" and the answer was lost (%s)",
                 "已发送到“%s”，但未收到应答（%s）", c->name, gov_err_detail(err, GOV_EN));
    } else {
        gov_fail(&c->why, GOV_RESOURCE_UNAVAILABLE, "\"%s\": %s", "“%s”：%s", c->name,
                 gov_err_detail(err, GOV_EN));
    }
}

/* done: the peer said so. failed: it did not happen. unknown: nobody can say. */
static const char *effect_of(const struct outcall *c)
{
    int status = c->exchange.status;

    if (status == 0)
        return c->exchange.sent ? "unknown" : "failed";
    return status < 400 ? "done" : status < 500 ? "failed" : "unknown";
}

static void read_answer(struct outcall *c)
{
    if (c->why.code || c->replayed)
        return;
    c->status = c->exchange.status;
    if (!c->status) {
        outcall_fail_unanswered(c);
        return;
    }
    read_headers(c);
    c->body = outcall_masked(c, c->exchange.answer, c->exchange.answer_bytes, &c->body_bytes);
    if (c->exchange.cut)
        gov_fail(&c->why, GOV_RESOURCE_FAILED, "the answer of \"%s\" is larger than %lld bytes",
                 "“%s”的应答超过 %lld 字节", c->name, (long long)c->resource.answer_bytes_max);
}

/* --- what is kept --- */

json_t *outcall_kept(struct outcall *c)
{
    json_t *detail = json_pack("{s:i}", "status", c->status);

    if (c->headers)
        json_object_set(detail, "headers", c->headers);
    if (c->body && c->body_bytes <= ANSWER_KEPT_BYTES && text_utf8_valid(c->body, c->body_bytes) &&
        !memchr(c->body, 0, c->body_bytes))
        json_object_set_new(detail, "answer", json_stringn(c->body, c->body_bytes));
    return detail;
}

static void add_effect(struct outcall *c, struct db_group *g)
{
    struct session *s = c->session;
    json_t *detail = outcall_kept(c);

    if (c->why.code)
        json_object_set_new(detail, "code", json_string(gov_code_info(c->why.code)->wire));
    json_own(&c->op.arena, detail);
    c->effect = effect_of(c);
    DB_GROUP_ADD(g, SQL_QUERIES_EFFECT_END, NULL, s->schema, s->job.text, c->step, c->effect,
                 json_text(&c->op.arena, detail));
}

/* An address without its query, for the audit. */
static const char *shown_address(struct outcall *c)
{
    const char *url = c->wish.url;
    return url ? arena_copy(&c->op.arena, url, strnlen(url, strcspn(url, "?#") < 300 ? strcspn(url, "?#") : 300))
               : NULL;
}

static bool is_refusal(enum gov_code code)
{
    return code == GOV_WRITE_NOT_WHITELISTED || code == GOV_ADDRESS_REFUSED || code == GOV_NOT_GRANTED;
}

static void add_refusal(struct outcall *c, struct db_group *g)
{
    const char *address = shown_address(c);
    bool good = address && text_utf8_valid(address, strlen(address));
    json_t *detail = json_pack("{s:s, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*}", "code",
                               gov_code_info(c->why.code)->wire, "resource", c->name, "operation",
                               c->wish.operation, "method", c->wish.method, "address",
                               good ? address : NULL, "skill", c->session->skill, "action", c->session->action);

    json_own(&c->op.arena, detail);
    DB_GROUP_ADD(g, SQL_QUERIES_EGRESS_AUDIT, NULL, c->session->tenant.text, "resource.refused",
                 c->session->job.text, detail ? json_text(&c->op.arena, detail) : "{}");
}

static void add_ledger(struct outcall *c, struct db_group *g)
{
    struct arena *arena = &c->op.arena;
    const struct resource_operation *o = c->made.operation;
    struct resource_url url;
    const char *path = o ? o->path : c->made.url && resource_url_read(c->made.url, &url, arena) ? url.path : "";

    DB_GROUP_ADD(g, SQL_QUERIES_HTTP_CALL_ADD, NULL, c->session->tenant.text, c->name, c->session->job.text,
                 o ? o->name : c->wish.operation ? c->wish.operation : "",
                 c->made.method ? c->made.method : c->wish.method ? c->wish.method : "", path,
                 c->status ? arena_format(arena, "%d", c->status) : NULL,
                 c->why.code ? gov_code_info(c->why.code)->wire : NULL,
                 arena_format(arena, "%lld", (long long)(clock_mono_us() - c->began_us) / 1000),
                 arena_format(arena, "%zu", c->body_bytes));
}

enum op_next outcall_settle(struct op *op)
{
    struct outcall *c = (struct outcall *)op;
    struct db_group *g = db_group_new(op, c->session->egress->db, &DB_PUBLIC);
    bool any = false;

    read_answer(c);
    outcall_ask_left_open(c);
    if (c->begun && (any = true))
        add_effect(c, g);
    if (is_refusal(c->why.code) && !c->unseen && (any = true))
        add_refusal(c, g);
    if (c->turn.text[0] && c->resource.calls_at_once)
        DB_GROUP_ADD(g, SQL_QUERIES_HTTP_TURN_GIVE, NULL, c->turn.text);
    if (c->row.count && (any = true)) /* only of resources it was granted */
        add_ledger(c, g);
    if (!any)
        return OP_NEXT;
    db_group_tolerate(g, &c->lost);
    db_group_send(g);
    return OP_WAIT;
}

/* --- the answer --- */

static json_t *answer_json(struct outcall *c)
{
    if (c->why.code)
        return json_pack("{s:s, s:{s:s, s:s}, s:s*, s:I}", "error", gov_code_info(c->why.code)->wire, "detail",
                         "en", gov_err_detail(&c->why, GOV_EN), "zh", gov_err_detail(&c->why, GOV_ZH),
                         "resource", c->name, "retry_after_ms", (json_int_t)c->wait_ms);
    return json_pack("{s:i, s:O*, s:b, s:b, s:I}", "status", c->status, "headers", c->headers, "replayed", c->replayed,
                     "found", c->found, "retry_after_ms", (json_int_t)c->exchange.retry_after_s * 1000);
}

/* As the script is told it, both languages: its run's error may say the same. */
static void keep_told(struct outcall *c)
{
    struct gov_err *told = &c->session->told;

    gov_fail(told, c->why.code, "%s", "%s", gov_err_detail(&c->why, GOV_EN));
    snprintf(told->zh, sizeof told->zh, "%s", gov_err_detail(&c->why, GOV_ZH));
}

void outcall_ended(struct op *op)
{
    struct outcall *c = (struct outcall *)op;
    struct session *s = c->session;
    struct channel *channel = session_channel(s);

    if (op->failed && !c->why.code)
        c->why = op->err; /* PostgreSQL, before anything was sent */
    if (c->why.code && !c->unseen) {
        log_error(LEVEL_INFO, "call.failed", &c->why);
        s->refusals.looked_at += !c->allowed && !op->failed;
    }
    if (c->why.code)
        keep_told(c);
    if (c->lost.code) /* an effect stays `started`, which is read as unknown */
        log_error(LEVEL_ERROR, "call.unsettled", &c->lost);
    json_t *answer = answer_json(c);
    if (channel && answer)
        channel_send(channel, answer, c->why.code ? NULL : c->body, c->why.code ? 0 : c->body_bytes, -1);
    json_decref(answer);
    if (c->secret)
        seal_wipe(c->secret, c->secret_bytes);
    if (c->pool)
        pool_leave(c->pool);
    channel_frame_free(c->frame);
    op_release(op);
    free(c);
    session_left(s);
}
