/* /v1/platform/finance-tasks/{id}/done: a person has seen to it, and says how. */
#include "api/audit.h"
#include "api/money/money.h"
#include "api/page.h"

struct task {
    struct endpoint endpoint;
    struct id id;
    const char *outcome;
    struct db_rows rows;
};

static const struct json_field fields[] = {
    { "outcome", JSON_FIELD_TEXT, true, offsetof(struct task, outcome), 1, 200, NULL },
};

static enum op_next done(struct op *op)
{
    struct task *e = (struct task *)op;
    struct call *call = e->endpoint.call;

    if (!call_param_id(call, 0, &e->id, &op->err) || !CALL_BODY(call, op, fields, e))
        return OP_FAIL;
    struct audit_row row = { NULL, audit_actor(call), "money", "finance_task.done", "finance_task", e->id.text };
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_FINANCE_TASK_DONE, &e->rows, e->id.text, call->caller.user.text, e->outcome);
    audit_add(g, call, &row, json_pack("{s:s}", "outcome", e->outcome));
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next show(struct op *op)
{
    struct task *e = (struct task *)op;

    return page_one(e->endpoint.call, 200, &e->rows, &op->err) ? OP_DONE : OP_FAIL;
}

const struct op_step finance_task_done_steps[] = { { "done", done }, { "show", show }, { 0 } };
const size_t finance_task_done_bytes = sizeof(struct task);
