/* dead_letter_act.c - /v1/platform/dead-letters: what a person decides about them.
 *
 *     parse -> ask -> mark -> act -> tell    redrive, discard
 *
 * Redriving makes a new job that is linked to the old one; which is decided once, by a primary key. A high-risk run is
 * not redriven: its confirmation was used up.
 */
#include <string.h>

#include "api/audit.h"
#include "api/platform/dead_letter.h"
#include "core/base/clock.h"
#include "core/model/job.h"

enum { REDRIVE_MAX = 500 };

static struct id tenant_id(const struct dead_letter *e)
{
    return db_id(&e->tenants, e->found, 2);
}

static enum op_next act_parse(struct op *op, bool comment)
{
    const struct json_field fields[] = {
        { "comment", JSON_FIELD_TEXT, comment, offsetof(struct dead_letter, comment), 1, 2000, NULL },
    };
    struct dead_letter *e = (struct dead_letter *)op;

    return CALL_BODY(e->endpoint.call, op, fields, e) ? dead_letter_parse(op) : OP_FAIL;
}

static bool is_high(const struct db_rows *rows, int row)
{
    const char *risk = db_text(rows, row, LETTER_RISK);
    return risk && strcmp(risk, "high") == 0;
}

static bool high_refused(struct gov_err *err)
{
    return gov_fail(err, GOV_CONFIRMATION_REQUIRED,
                    "this run was of high risk and its confirmation is used up; its people run it again (POST "
                    "/v1/runs/{id}/rerun), and somebody confirms anew",
                    "该运行为高风险且其确认已用完；请由租户重新运行（POST /v1/runs/{id}/rerun）并重新确认");
}

static enum op_next redrive_mark(struct op *op)
{
    struct dead_letter *e = (struct dead_letter *)op;

    if (!dead_letter_found(e, &op->err) || (is_high(&e->of[e->found].rows, 0) && !high_refused(&op->err)))
        return OP_FAIL;
    struct id tenant = tenant_id(e);
    marks_note(op, e->endpoint.call->api->marks, &tenant, 0);
    return OP_WAIT;
}

static void send_redrive(struct dead_letter *e, int row, struct redriven *r, int64_t delay_ms)
{
    struct op *op = &e->endpoint.op;
    struct letters *l = &e->of[e->found];
    struct db_group *g = db_group_new(op, e->endpoint.call->api->db, &l->scope);

    r->successor = id_new();
    DB_GROUP_ADD(g, SQL_QUERIES_DEAD_LETTER_REDRIVE, NULL, db_text(&l->rows, row, LETTER_ID),
                 r->successor.text, arena_format(&op->arena, "%lld", (long long)delay_ms),
                 audit_actor(e->endpoint.call), e->comment);
    db_group_tolerate(g, &r->err);
    db_group_send(g);
}

static enum op_next redrive(struct op *op)
{
    struct dead_letter *e = (struct dead_letter *)op;

    e->redriven = ARENA_NEW(&op->arena, struct redriven);
    send_redrive(e, 0, e->redriven, 0);
    return OP_WAIT;
}

/* The primary key said that somebody was first. */
static bool decided(const struct gov_err *failed, struct gov_err *err)
{
    if (failed->code == GOV_CONFLICT)
        return gov_fail(err, GOV_ALREADY_DONE, "somebody decided on this dead letter already",
                        "已有人处理过这条死信");
    *err = *failed;
    return !failed->code;
}

static void remember(struct dead_letter *e, const char *action, const char *subject, int status,
                     json_t *detail)
{
    struct call *call = e->endpoint.call;
    struct id tenant = tenant_id(e);
    struct audit_row row = { NULL, audit_actor(call), "operation", action, "job", subject };
    struct db_group *g = db_group_new(&e->endpoint.op, call->api->db, &DB_PUBLIC);

    json_object_set_new(detail, "tenant", json_string(tenant.text));
    audit_add(g, call, &row, detail);
    audit_remember(g, call, status);
    db_group_send(g);
}

static void push(struct dead_letter *e, int row, const struct id *job)
{
    struct op *op = &e->endpoint.op;
    const struct db_rows *r = &e->of[e->found].rows;
    struct queue_entry entry = { .tenant = e->of[e->found].scope.schema,
                                 .lane = db_text(r, row, LETTER_LANE),
                                 .class = db_text(r, row, LETTER_CLASS),
                                 .job = *job,
                                 .fence = 1,
                                 .cost_ms = job_cost_unknown_ms(db_int(r, row, LETTER_TIMEOUT)),
                                 .kind = db_text(r, row, LETTER_KIND) };

    if (strcmp(entry.kind, "run") == 0)
        entry.action = job_queue_action(&op->arena, db_text(r, row, LETTER_SKILL),
                                        db_text(r, row, LETTER_ACTION), db_text(r, row, LETTER_KEY));
    queue_shards_push(op, &e->endpoint.call->api->queues, &entry, 1);
}

static enum op_next redrive_tell(struct op *op)
{
    struct dead_letter *e = (struct dead_letter *)op;

    if (!decided(&e->redriven->err, &op->err))
        return OP_FAIL;
    push(e, 0, &e->redriven->successor);
    remember(e, "dead_letter.redriven", e->id.text, 201,
             json_pack("{s:s, s:s*}", "redriven_as", e->redriven->successor.text, "comment", e->comment));
    call_json(e->endpoint.call, 201, json_pack("{s:s, s:s}", "id", e->redriven->successor.text, "redrive_of",
                                         e->id.text));
    return OP_WAIT;
}

static enum op_next redrive_parse(struct op *op)
{
    return act_parse(op, false);
}

const struct op_step dead_letter_redrive_steps[] = {
    { "parse", redrive_parse }, { "ask", dead_letter_ask },        { "mark", redrive_mark },
    { "redrive", redrive },     { "tell", redrive_tell }, { 0 }
};
const size_t dead_letter_redrive_bytes = sizeof(struct dead_letter);

static enum op_next discard_parse(struct op *op)
{
    return act_parse(op, true);
}

static enum op_next discard(struct op *op)
{
    struct dead_letter *e = (struct dead_letter *)op;

    if (!dead_letter_found(e, &op->err))
        return OP_FAIL;
    struct letters *l = &e->of[e->found];
    e->redriven = ARENA_NEW(&op->arena, struct redriven);
    struct db_group *g = db_group_new(op, e->endpoint.call->api->db, &l->scope);
    DB_GROUP_ADD(g, SQL_QUERIES_DEAD_LETTER_DISCARD, NULL, e->id.text, audit_actor(e->endpoint.call), e->comment);
    DB_GROUP_ADD(g, SQL_QUERIES_DEAD_LETTER_PAGE, &l->rows, NULL, "1", NULL, db_text(&e->tenants, e->found, 2),
                 db_text(&e->tenants, e->found, 3), e->id.text, NULL);
    db_group_tolerate(g, &e->redriven->err);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next discard_tell(struct op *op)
{
    struct dead_letter *e = (struct dead_letter *)op;

    if (!decided(&e->redriven->err, &op->err))
        return OP_FAIL;
    remember(e, "dead_letter.discarded", e->id.text, 200, json_pack("{s:s}", "comment", e->comment));
    return OP_WAIT;
}

const struct op_step dead_letter_discard_steps[] = {
    { "parse", discard_parse }, { "ask", dead_letter_ask },
    { "discard", discard },     { "tell", discard_tell }, { "answer", dead_letter_answer },
    { 0 }
};
const size_t dead_letter_discard_bytes = sizeof(struct dead_letter);

/* --- many of one tenant, at a pace: the i-th is delayed --- */

static enum op_next many_parse(struct op *op)
{
    static const struct json_field fields[] = {
        { "tenant", JSON_FIELD_TEXT, true, offsetof(struct dead_letter, tenant), 36, 36, NULL },
        { "limit", JSON_FIELD_INT, false, offsetof(struct dead_letter, most), 1, REDRIVE_MAX, NULL },
        { "per_minute", JSON_FIELD_INT, false, offsetof(struct dead_letter, per_minute), 1, 6000, NULL },
        { "comment", JSON_FIELD_TEXT, false, offsetof(struct dead_letter, comment), 1, 2000, NULL },
    };
    struct dead_letter *e = (struct dead_letter *)op;
    struct id tenant;

    e->most = 100;
    e->per_minute = 60;
    e->state = "open";
    if (!CALL_BODY(e->endpoint.call, op, fields, e))
        return OP_FAIL;
    if (!id_parse(e->tenant, &tenant))
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/tenant", "format", "must be a UUID", "必须是 UUID"),
               OP_FAIL;
    e->page.limit = arena_format(&op->arena, "%lld", (long long)e->most);
    return OP_NEXT;
}

static int64_t delay_of(const struct dead_letter *e, int row)
{
    return (int64_t)row * 60000 / e->per_minute;
}

static enum op_next many_mark(struct op *op)
{
    struct dead_letter *e = (struct dead_letter *)op;

    if (e->tenants.count == 0)
        return gov_fail(&op->err, GOV_NOT_FOUND, "there is no such tenant", "没有这个租户"), OP_FAIL;
    e->found = 0;
    struct id tenant = tenant_id(e);
    for (int64_t ms = 0; ms <= delay_of(e, e->of[0].rows.count); ms += 60000)
        marks_note_in(op, e->endpoint.call->api->marks, &tenant, ms, NULL);
    return OP_WAIT;
}

static enum op_next many_redrive(struct op *op)
{
    struct dead_letter *e = (struct dead_letter *)op;
    const struct db_rows *rows = &e->of[0].rows;

    e->redriven = ARENA_ARRAY(&op->arena, struct redriven, (size_t)rows->count + 1);
    for (int row = 0; row < rows->count; row++)
        if (is_high(rows, row))
            high_refused(&e->redriven[row].err);
        else
            send_redrive(e, row, &e->redriven[row], delay_of(e, row));
    return OP_WAIT;
}

static enum op_next many_tell(struct op *op)
{
    struct dead_letter *e = (struct dead_letter *)op;
    const struct db_rows *rows = &e->of[0].rows;
    json_t *done = json_array(), *skipped = json_array();
    struct id tenant = tenant_id(e);

    for (int row = 0; row < rows->count; row++) {
        struct redriven *r = &e->redriven[row];
        struct gov_err err;
        const char *id = db_text(rows, row, LETTER_ID);
        if (decided(&r->err, &err)) {
            if (delay_of(e, row) == 0)
                push(e, row, &r->successor);
            json_array_append_new(done, json_pack("{s:s, s:s}", "id", r->successor.text, "redrive_of", id));
        } else {
            json_array_append_new(skipped, json_pack("{s:s, s:s}", "id", id, "code", gov_code_info(err.code)->wire));
        }
    }
    remember(e, "dead_letter.redriven_many", tenant.text, 200,
             json_pack("{s:I, s:s*}", "count", (json_int_t)json_array_size(done), "comment", e->comment));
    call_json(e->endpoint.call, 200, json_pack("{s:o, s:o}", "redriven", done, "skipped", skipped));
    return OP_WAIT;
}

const struct op_step dead_letter_many_steps[] = {
    { "parse", many_parse },     { "ask", dead_letter_ask }, { "mark", many_mark },
    { "redrive", many_redrive }, { "tell", many_tell }, { 0 }
};
const size_t dead_letter_many_bytes = sizeof(struct dead_letter);
