/* /v1/platform/approvals: what waits for somebody else, his decision, and at once what was decided. An
 * approval whose act could not be carried out stays approved; approving again carries it out. In an emergency one person decides alone,
 * and another one looks at it afterwards. */
#include "api/money/order/approval.h"

#include <string.h>

#include "api/money/money.h"
#include "api/page.h"

struct approval {
    struct endpoint endpoint;
    struct page page;
    struct id id;
    const char *comment;
    const char *answer; /* approved, rejected, waiting, expired */
    struct money_act act;
    struct db_rows rows, voted, after;
    struct gov_err refused;
};

static const char *const states[] = { "waiting", "approved", "rejected", "expired", "withdrawn", "executed", NULL };

static enum op_next list(struct op *op)
{
    struct approval *e = (struct approval *)op;
    struct call *call = e->endpoint.call;
    const char *state;

    if (!page_read(call, PAGE_OF_IDS, &e->page, &op->err) || !page_choice(call, "state", states, &state, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_APPROVAL_PAGE, &e->rows, e->page.before, e->page.limit, state,
             NULL);
    return OP_WAIT;
}

static enum op_next list_leave(struct op *op)
{
    struct approval *e = (struct approval *)op;
    page_answer(e->endpoint.call, &e->page, &e->rows);
    return OP_DONE;
}

const struct op_step approval_list_steps[] = { { "list", list }, { "leave", list_leave }, { 0 } };
const size_t approval_list_bytes = sizeof(struct approval);

static const struct json_field fields[] = {
    { "comment", JSON_FIELD_TEXT, false, offsetof(struct approval, comment), 0, 2000, NULL },
};

static const struct json_field why_fields[] = {
    { "comment", JSON_FIELD_TEXT, true, offsetof(struct approval, comment), 1, 2000, NULL },
};

/* What one person does by himself, with a reason: `act` is a query of (request, person, session, reason). */
static enum op_next alone(struct op *op, enum sql_queries act)
{
    struct approval *e = (struct approval *)op;
    struct call *call = e->endpoint.call;

    if (!call_param_id(call, 0, &e->id, &op->err) || !CALL_BODY(call, op, why_fields, e))
        return OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, act, &e->voted, e->id.text, call->caller.user.text, call->caller.token_hash, e->comment);
    DB_GROUP_ADD(g, SQL_QUERIES_APPROVAL_PAGE, &e->rows, NULL, "1", NULL, e->id.text);
    db_group_tolerate(g, &e->refused);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next emergency(struct op *op)
{
    return alone(op, SQL_QUERIES_APPROVAL_EMERGENCY);
}

static enum op_next review(struct op *op)
{
    return alone(op, SQL_QUERIES_APPROVAL_REVIEW);
}

static enum op_next vote(struct op *op, const char *approves)
{
    struct approval *e = (struct approval *)op;
    struct call *call = e->endpoint.call;

    if (!call_param_id(call, 0, &e->id, &op->err) || !CALL_BODY(call, op, fields, e))
        return OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_APPROVAL_VOTE, &e->voted, e->id.text, call->caller.user.text, call->caller.token_hash,
                 approves, e->comment);
    DB_GROUP_ADD(g, SQL_QUERIES_APPROVAL_PAGE, &e->rows, NULL, "1", NULL, e->id.text);
    db_group_tolerate(g, &e->refused);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next approve(struct op *op)
{
    return vote(op, "true");
}

static enum op_next reject(struct op *op)
{
    return vote(op, "false");
}

static enum op_next decided(struct op *op)
{
    struct approval *e = (struct approval *)op;

    if (e->refused.code)
        return op->err = e->refused, OP_FAIL;
    return page_one(e->endpoint.call, 200, &e->rows, &op->err) ? OP_DONE : OP_FAIL;
}

/* The act as it was asked for, by whom it was asked for; who approved it the database adds to its audit rows. */
static enum op_next carry_out(struct op *op)
{
    struct approval *e = (struct approval *)op;
    struct call *call = e->endpoint.call;

    if (e->refused.code)
        return op->err = e->refused, OP_FAIL;
    json_t *request = db_json(&e->rows, 0, 1, &op->arena);
    if (strcmp(db_text(&e->voted, 0, 0), "approved") != 0)
        return OP_NEXT;
    money_act_init(op, call, &e->act, json_get_text(request, "action"), json_object_get(request, "params"));
    e->act.approval = e->id.text;
    e->act.actor = db_text(&e->rows, 0, 2);
    return money_act_run(op, call, &e->act, &op->err) ? OP_WAIT : OP_FAIL;
}

static enum op_next after(struct op *op)
{
    struct approval *e = (struct approval *)op;

    DB_QUERY(op, e->endpoint.call->api->db, &DB_PUBLIC, SQL_QUERIES_APPROVAL_PAGE, &e->after, NULL, "1", NULL,
             e->id.text);
    money_act_wake(op, e->endpoint.call, &e->act);
    return OP_WAIT;
}

static enum op_next answer(struct op *op)
{
    struct approval *e = (struct approval *)op;
    struct money_act *a = &e->act;
    const struct gov_err *failed = a->act.op.failed ? &a->act.op.err : &a->failed;

    if (a->action && failed->code)
        return op->err = *failed, OP_FAIL;
    money_act_resume(op, e->endpoint.call, a);
    json_t *shown = json_copy(db_json(&e->after, 0, 1, &op->arena));
    json_t *result = a->action ? money_act_answer(op, a) : NULL;
    json_object_set(shown, "result", result ? result : json_null());
    call_json(e->endpoint.call, 200, shown);
    return OP_WAIT;
}

static enum op_next end(struct op *op)
{
    (void)op;
    return OP_DONE;
}

const struct op_step approval_approve_steps[] = { { "approve", approve }, { "carry_out", carry_out }, { "after", after },
                                                  { "answer", answer }, { "end", end }, { 0 } };
const size_t approval_approve_bytes = sizeof(struct approval);
const struct op_step approval_reject_steps[] = { { "reject", reject }, { "rejected", decided }, { 0 } };
const size_t approval_reject_bytes = sizeof(struct approval);
const struct op_step approval_emergency_steps[] = { { "emergency", emergency }, { "carry_out", carry_out }, { "after", after },
                                                    { "answer", answer }, { "end", end }, { 0 } };
const size_t approval_emergency_bytes = sizeof(struct approval);
const struct op_step approval_review_steps[] = { { "review", review }, { "reviewed", decided }, { 0 } };
const size_t approval_review_bytes = sizeof(struct approval);
