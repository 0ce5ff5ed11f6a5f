/* callback.c - load -> register -> send -> mark -> finish.
 *
 * execgov-egress sends it, by the row: what is said, to whom and with which secret it reads itself. Here is
 * decided what follows. An attempt that fails gives the job back with the delay of the schedule below; while
 * the task waits it holds nothing. Final at once: a host that is not registered any more, an address that may
 * not be called, 410 Gone.
 */
#include "worker/task/callback.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/io/egress/egress_client.h"

/* Waits after the 1st, 2nd, … failed attempt: a day in all. */
static const int64_t waits_s[] = { 5, 300, 1800, 7200, 18000, 28800, 30600 };

/* Columns of delivery_load.sql. */
enum { DEL_STATE, DEL_ATTEMPTS };

struct callback_send {
    struct op op;
    struct work *work;
    struct id delivery;
    struct db_rows rows;
    struct egress_session *session;
    struct egress_answer answer;
    bool pending;         /* it is still to be sent */
    int status;           /* HTTP; 0: no answer */
    const char *state;    /* of the delivery, after this attempt */
    const char *error;    /* NULL: none */
    int64_t wait_ms;
};

static enum op_next load(struct op *op)
{
    struct callback_send *c = (struct callback_send *)op;

    if (!id_parse(json_get_text(c->work->job.payload.arguments, "delivery"), &c->delivery))
        return gov_fail_cause(&op->err, GOV_INTERNAL, "callback: no delivery"), OP_FAIL;
    DB_QUERY(op, c->work->worker->db, &c->work->tenant.scope, SQL_QUERIES_DELIVERY_LOAD, &c->rows,
             c->delivery.text);
    return OP_WAIT;
}

static void end_session(void *callback)
{
    struct callback_send *c = callback;

    if (c->session)
        egress_session_end(c->session);
    c->session = NULL;
}

static enum op_next register_it(struct op *op)
{
    struct callback_send *c = (struct callback_send *)op;
    struct work *w = c->work;
    struct egress_hello hello = { w->tenant.scope.schema, w->job.id.text, w->job.fence, w->job.token, true };

    c->pending = c->rows.count && strcmp(db_text(&c->rows, 0, DEL_STATE), "pending") == 0;
    if (!c->pending)
        return OP_NEXT;
    c->session = egress_session_new(op->loop, w->worker->settings.egress);
    arena_defer(&op->arena, end_session, c);
    egress_session_begin(op, c->session, &hello, -1, &c->answer);
    return OP_WAIT;
}

static enum op_next send_it(struct op *op)
{
    struct callback_send *c = (struct callback_send *)op;
    json_t *deliver = json_own(&op->arena, json_pack("{s:{}}", "deliver"));

    if (!c->pending || c->answer.err.code)
        return OP_NEXT;
    egress_session_call(op, c->session, deliver, NULL, 0, &c->answer);
    return OP_WAIT;
}

/* --- what follows --- */

static bool is_final(const struct callback_send *c)
{
    return c->answer.err.code == GOV_ADDRESS_REFUSED || c->answer.err.code == GOV_INVALID_INPUT ||
           c->status == 410;
}

static void judge(struct callback_send *c)
{
    size_t failed = (size_t)db_int(&c->rows, 0, DEL_ATTEMPTS);
    int64_t retry_after_ms = json_get_int(c->answer.json, "retry_after_s", 0) * 1000;

    c->status = c->answer.err.code ? 0 : (int)json_get_int(c->answer.json, "status", 0);
    c->state = "delivered";
    if (c->status >= 200 && c->status < 300)
        return;
    c->error = c->answer.err.code ? gov_err_detail(&c->answer.err, GOV_EN)
                                  : arena_format(&c->op.arena, "answered %d", c->status);
    c->state = "failed";
    if (is_final(c) || failed >= sizeof waits_s / sizeof *waits_s)
        return;
    c->state = "pending";
    c->wait_ms = waits_s[failed] * 1000;
    if (retry_after_ms > c->wait_ms)
        c->wait_ms = retry_after_ms;
}

/* A wait is found again by its minute's mark. */
static enum op_next mark(struct op *op)
{
    struct callback_send *c = (struct callback_send *)op;

    if (!c->pending)
        return OP_NEXT;
    judge(c);
    if (c->wait_ms)
        marks_note_in(op, c->work->worker->marks, &c->work->tenant.id, c->wait_ms, NULL);
    return OP_WAIT;
}

static void build(struct work *work, struct db_group *group)
{
    struct callback_send *c = work->task;
    struct arena *arena = &c->op.arena;
    const char *wait = arena_format(arena, "%lld", (long long)c->wait_ms);

    if (c->wait_ms)
        DB_GROUP_ADD(group, SQL_QUERIES_JOB_RELEASE, NULL, work->job.id.text,
                     arena_format(arena, "%lld", (long long)work->job.fence), work->job.token, "retry",
                     wait, "overloaded");
    else
        work_add_success(work, group, NULL);
    if (c->pending)
        DB_GROUP_ADD(group, SQL_QUERIES_DELIVERY_ATTEMPTED, NULL, c->delivery.text, c->state,
                     c->status ? arena_format(arena, "%d", c->status) : NULL, c->error, wait);
}

static enum op_next finish(struct op *op)
{
    struct callback_send *c = (struct callback_send *)op;
    c->work->task = c;
    work_finish_for(op, c->work, build);
    return OP_WAIT;
}

static const struct op_step steps[] = { { "load", load }, { "register", register_it }, { "send", send_it },
                                        { "mark", mark }, { "finish", finish },         { 0 } };

struct op *callback_make(struct work *work)
{
    struct callback_send *c = ARENA_NEW(&work->op.arena, struct callback_send);
    op_init(&c->op, "callback", steps, work->op.loop, NULL);
    c->work = work;
    return &c->op;
}
