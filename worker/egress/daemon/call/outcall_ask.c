/* outcall_ask.c - what became of a write that was sent: the other side is asked, not the write repeated.
 *
 *     pause -> ask -> read -> (not known yet: pause) -> keep -> kept
 *
 * A write whose answer is lost here is asked about at once; one that an earlier attempt sent, before anything else.
 * What is found is committed before it is believed: done is the answer of this call, and of later ones; not done is
 * begun again, committed as started, before it is sent again. "Not done" counts only when the write has been over for
 * a while, for a slow one may still be on its way. Not known after ASK_MS_MAX: the run goes back to the queue and
 * comes again (effect_open.sql), so that neither a slot nor a socket waits for somebody else's outage.
 */
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/io/op/op_sleep.h"
#include "worker/egress/daemon/call/outcall.h"

enum { ASK_MS_MAX = 10000, ASK_FIRST_MS = 200, ASK_DOUBLINGS = 5 };
enum { ASK_PAUSE, ASK_SEND, ASK_READ, ASK_KEPT };

/* --- opening a question --- */

static const struct resource_query *query_of(const struct outcall *c)
{
    return c->made.operation ? c->made.operation->query : NULL;
}

enum op_next outcall_former(struct op *op)
{
    struct outcall *c = (struct outcall *)op;

    if (c->why.code || !c->is_write || !query_of(c))
        return OP_NEXT;
    DB_QUERY(op, c->session->egress->db, &DB_PUBLIC, SQL_QUERIES_EFFECT_FORMER, &c->former, c->session->schema,
             c->session->job.text, outcall_step(c));
    return OP_WAIT;
}

static void open_question(struct outcall *c, int64_t sent_us, int64_t over_us)
{
    struct outcall_question *q = &c->question;

    memset(q, 0, sizeof *q);
    q->open = true;
    q->sent_us = sent_us;
    q->over_us = over_us;
    q->until_us = clock_mono_us() + (int64_t)ASK_MS_MAX * 1000;
}

enum op_next outcall_former_read(struct op *op)
{
    struct outcall *c = (struct outcall *)op;
    const char *state = !c->why.code && c->former.count ? db_text(&c->former, 0, 0) : "";
    int64_t now_us = clock_mono_us();

    if (strcmp(state, "started") != 0 && strcmp(state, "unknown") != 0)
        return OP_NEXT;
    int64_t sent_us = now_us - db_int(&c->former, 0, 1) * 1000;
    open_question(c, sent_us, db_text(&c->former, 0, 2) ? now_us - db_int(&c->former, 0, 2) * 1000
                                                        : sent_us + outcall_under_way_ms(c) * 1000);
    return OP_NEXT;
}

void outcall_ask_open(struct outcall *c)
{
    int64_t now_us = clock_mono_us();
    open_question(c, now_us, now_us);
}

void outcall_ask_left_open(struct outcall *c)
{
    const struct outcall_question *q = &c->question;
    struct gov_err cause = c->why;

    if (!q->sent_us || q->verdict != RESOURCE_NOT_KNOWN || !cause.code || cause.code == GOV_STALE)
        return;
    gov_fail(&c->why, GOV_OUTCOME_UNKNOWN,
             "it was sent to \"%s\" and the answer was lost; asked %d times since, it does not yet say what became of it (%s)",
             "已发送到“%s”但未收到应答；已查询 %d 次，尚无法确认是否生效（%s）", c->name, q->asked,
             gov_err_detail(&cause, GOV_EN));
}

/* --- asking --- */

static enum op_next ask(struct outcall *c)
{
    struct outcall_question *q = &c->question;
    struct arena *arena = &c->op.arena;
    const char *key = arena_format(arena, "%s:%s", c->session->job.text, c->step);

    if (!resource_query_make(&c->resource, &c->made, key, &q->call, arena, &c->why) ||
        !authorise(&c->resource, &q->call, c->value, arena_text(arena, c->pool->access_token), &q->auth, arena, &c->why))
        return OP_NEXT; /* left open: a person can still look */
    q->exchange = (struct http_exchange){ .method = q->call.method, .url = q->auth.url,
                                          .headers = outcall_headers(c, &q->call, &q->auth),
                                          .timeout_ms = c->resource.timeout_ms,
                                          .answer_bytes_max = (size_t)c->resource.answer_bytes_max, .inflate = true };
    q->asked++;
    q->began_us = clock_mono_us();
    q->phase = ASK_READ;
    http_client_send(&c->op, c->pool->http, &q->exchange);
    return OP_AGAIN;
}

static void read_verdict(struct outcall *c)
{
    struct outcall_question *q = &c->question;
    const struct http_exchange *x = &q->exchange;
    int64_t settled_us = q->over_us + query_of(c)->settle_s * 1000000;

    pool_breaker_note(c->pool, x->status && x->status < 500, clock_mono_us());
    q->verdict = x->status && !x->cut ? resource_query_verdict(query_of(c), x->status, x->answer, x->answer_bytes, &c->op.arena)
                                      : RESOURCE_NOT_KNOWN;
    if (q->verdict == RESOURCE_NOT_DONE && clock_mono_us() < settled_us)
        q->verdict = RESOURCE_NOT_KNOWN;
}

/* --- what was found --- */

static void take_found(struct outcall *c)
{
    const struct http_exchange *x = &c->question.exchange;

    c->found = c->replayed = true;
    c->status = x->status;
    c->headers = NULL;
    c->body = outcall_masked(c, x->answer ? x->answer : "", x->answer_bytes, &c->body_bytes);
}

static bool sends_again(const struct outcall *c)
{
    return c->question.verdict == RESOURCE_NOT_DONE && c->attempt < c->resource.attempts;
}

static void add_call(struct outcall *c, struct db_group *g)
{
    const struct outcall_question *q = &c->question;
    struct arena *arena = &c->op.arena;
    const struct resource_operation *o = q->call.operation;

    if (!o)
        return;
    DB_GROUP_ADD(g, SQL_QUERIES_HTTP_CALL_ADD, NULL, c->session->tenant.text, c->name, c->session->job.text, o->name,
                 q->call.method, o->path, q->exchange.status ? arena_format(arena, "%d", q->exchange.status) : NULL,
                 q->exchange.status ? NULL : gov_code_info(GOV_RESOURCE_UNAVAILABLE)->wire,
                 arena_format(arena, "%lld", (long long)(clock_mono_us() - q->began_us) / 1000),
                 arena_format(arena, "%zu", q->exchange.answer_bytes));
}

static enum op_next keep(struct outcall *c)
{
    struct outcall_question *q = &c->question;
    struct session *s = c->session;
    static const char *const states[] = { "unknown", "done", "failed" };
    struct db_group *g = db_group_new(&c->op, s->egress->db, &DB_PUBLIC);
    json_t *detail;

    if (q->verdict == RESOURCE_DONE)
        take_found(c);
    detail = json_own(&c->op.arena, q->verdict == RESOURCE_DONE ? outcall_kept(c) : json_object());
    json_object_set_new(detail, "asked", json_integer(q->asked));
    json_object_set_new(detail, "asked_status", json_integer(q->exchange.status));
    if (q->verdict == RESOURCE_DONE)
        json_object_set_new(detail, "found", json_true());
    DB_GROUP_ADD(g, SQL_QUERIES_EFFECT_FOUND, &q->found, s->schema, s->job.text, s->fence, s->token, c->step,
                 states[q->verdict], json_text(&c->op.arena, detail));
    add_call(c, g);
    if (sends_again(c))
        DB_GROUP_ADD(g, SQL_QUERIES_EFFECT_START, &q->again, s->schema, s->job.text, s->fence, s->token, c->step,
                     outcall_begin_detail(c), "true");
    q->phase = ASK_KEPT;
    db_group_send(g);
    return OP_AGAIN;
}

static enum op_next kept(struct outcall *c)
{
    struct outcall_question *q = &c->question;
    const char *again = q->again.count ? db_text(&q->again, 0, 0) : "";

    q->open = false;
    c->begun = false; /* its row is written */
    if (strcmp(db_text(&q->found, 0, 0), "stale") == 0) {
        c->replayed = c->found = false;
        gov_fail(&c->why, GOV_STALE, "the run is not live any more", "该运行已失效");
    } else if (strcmp(again, "new") == 0) {
        c->begun = true;
        c->sending = false;
    } else if (q->verdict == RESOURCE_NOT_DONE) {
        gov_fail(&c->why, GOV_RESOURCE_UNAVAILABLE, "\"%s\" lost it, and says that it did not happen",
                 "“%s”未处理该请求，并确认其没有生效", c->name);
    } else if (q->verdict == RESOURCE_NOT_KNOWN) {
        gov_fail(&c->why, GOV_OUTCOME_UNKNOWN, "the last time it answered %d", "最近一次返回 %d", q->exchange.status);
    }
    return OP_NEXT;
}

enum op_next outcall_ask(struct op *op)
{
    struct outcall *c = (struct outcall *)op;
    struct outcall_question *q = &c->question;
    int64_t granted = db_int(&c->row, 0, ROW_RATE), wait_ms = 0;

    if (q->phase == ASK_KEPT)
        return kept(c);
    if (q->phase == ASK_READ) {
        read_verdict(c);
        if (q->verdict != RESOURCE_NOT_KNOWN || clock_mono_us() >= q->until_us || c->session->egress->stopping)
            return keep(c);
        q->phase = ASK_PAUSE;
    }
    if (q->phase == ASK_PAUSE) {
        q->phase = ASK_SEND;
        if (q->asked || c->attempt) { /* what an earlier attempt sent has waited already */
            op_sleep(op, (int64_t)ASK_FIRST_MS << (q->asked < ASK_DOUBLINGS ? q->asked : ASK_DOUBLINGS));
            return OP_AGAIN;
        }
    }
    if (q->asked && !pool_rate_take(c->pool, granted ? granted : c->resource.rate_per_minute, clock_mono_us(), &wait_ms)) {
        op_sleep(op, wait_ms);
        return OP_AGAIN;
    }
    enum op_next next = ask(c);
    q->open = next == OP_AGAIN;
    return next;
}
