/* /v1/platform/lifecycle/clock: the time scans go by. Databases made for tests may move it, forward. */
#include "api/audit.h"
#include "api/money/money.h"
#include "api/page.h"

struct clock_call {
    struct endpoint endpoint;
    int64_t seconds;
    struct db_rows rows;
};

static enum op_next ask(struct op *op)
{
    struct clock_call *e = (struct clock_call *)op;

    db_query(op, e->endpoint.call->api->db, &DB_PUBLIC, SQL_QUERIES_LIFECYCLE_CLOCK_SHOW, &e->rows, 0, NULL);
    return OP_WAIT;
}

static enum op_next show(struct op *op)
{
    struct clock_call *e = (struct clock_call *)op;
    return page_one(e->endpoint.call, 200, &e->rows, &op->err) ? OP_DONE : OP_FAIL;
}

const struct op_step clock_get_steps[] = { { "ask", ask }, { "show", show }, { 0 } };
const size_t clock_get_bytes = sizeof(struct clock_call);

static const struct json_field fields[] = {
    { "seconds", JSON_FIELD_INT, true, offsetof(struct clock_call, seconds), 1, 315360000, NULL },
};

static enum op_next advance(struct op *op)
{
    struct clock_call *e = (struct clock_call *)op;
    struct call *call = e->endpoint.call;
    struct audit_row row = { NULL, audit_actor(call), "money", "clock.advanced", "clock", "test" };

    if (!CALL_BODY(call, op, fields, e))
        return OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_LIFECYCLE_CLOCK_ADVANCE, NULL, arena_format(&op->arena, "%lld", (long long)e->seconds));
    audit_add(g, call, &row, json_pack("{s:I}", "seconds", (json_int_t)e->seconds));
    db_group_send(g);
    return OP_WAIT;
}

const struct op_step clock_advance_steps[] = { { "advance", advance }, { "ask", ask }, { "show", show }, { 0 } };
const size_t clock_advance_bytes = sizeof(struct clock_call);
