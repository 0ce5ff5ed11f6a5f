/* /v1/delegations: who may confirm lets another member do it for a while. The database makes and ends
 * them, as the person behind the session. */
#include <string.h>

#include "api/confirmations/confirmations.h"
#include "api/page.h"
#include "core/base/clock.h"

enum { DAYS_MAX = 92 };

struct delegation {
    struct endpoint endpoint;
    struct page page;
    struct id id, to;
    int64_t from_us, until_us;
    const char *reason;
    struct db_rows rows, made;
};

/* --- list --- */

static enum op_next list(struct op *op)
{
    struct delegation *e = (struct delegation *)op;
    struct call *call = e->endpoint.call;

    if (!page_read(call, PAGE_OF_IDS, &e->page, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_DELEGATION_PAGE, &e->rows,
             e->page.before, e->page.limit, NULL);
    return OP_WAIT;
}

static enum op_next list_leave(struct op *op)
{
    struct delegation *e = (struct delegation *)op;
    page_answer(e->endpoint.call, &e->page, &e->rows);
    return OP_DONE;
}

const struct op_step delegation_list_steps[] = { { "list", list }, { "leave", list_leave }, { 0 } };
const size_t delegation_list_bytes = sizeof(struct delegation);

/* --- create --- */

static enum op_next create(struct op *op)
{
    struct delegation *e = (struct delegation *)op;
    struct call *call = e->endpoint.call;
    static const struct json_field fields[] = {
        { "to", JSON_FIELD_ID, true, offsetof(struct delegation, to), 0, 0, NULL },
        { "from_at", JSON_FIELD_TIME, false, offsetof(struct delegation, from_us), 0, 0, NULL },
        { "until_at", JSON_FIELD_TIME, true, offsetof(struct delegation, until_us), 0, 0, NULL },
        { "reason", JSON_FIELD_TEXT, true, offsetof(struct delegation, reason), 1, 500, NULL },
    };
    char from[CLOCK_TEXT_BYTES], until[CLOCK_TEXT_BYTES];
    int64_t now = clock_now_us();

    e->from_us = now;
    if (!CALL_BODY(call, op, fields, e))
        return OP_FAIL;
    if (e->until_us <= e->from_us || e->until_us <= now ||
        e->until_us - e->from_us > (int64_t)DAYS_MAX * 86400 * 1000000)
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/until_at", "range",
                           "must lie ahead, after from_at, and within %d days of it",
                           "须为将来时间，晚于 from_at，且不超过 %d 天", DAYS_MAX),
               OP_FAIL;
    e->id = id_new();
    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_DELEGATION_ADD, &e->made, e->id.text,
             e->to.text, clock_format(e->from_us, from), clock_format(e->until_us, until), e->reason,
             call->caller.token_hash);
    return OP_WAIT;
}

static bool refused(const char *code, struct gov_err *err)
{
    if (strcmp(code, "not_found") == 0)
        return gov_fail_at(err, GOV_INVALID_INPUT, "/to", "unknown",
                           "this is no active member of the tenant, or one who only looks (auditor, viewer): "
                           "GET /v1/members", "不是本租户的有效成员，或仅可查看（审计员、查看者）：GET /v1/members");
    if (strcmp(code, "invalid_input") == 0)
        return gov_fail_at(err, GOV_INVALID_INPUT, "/to", "self", "name somebody else than yourself",
                           "不能委托给本人");
    return gov_fail(err, gov_code_from_wire(code), "only a person who may confirm can name a substitute",
                    "只有可以确认的人员才能委托他人");
}

static enum op_next load(struct op *op)
{
    struct delegation *e = (struct delegation *)op;
    struct call *call = e->endpoint.call;

    if (strcmp(db_text(&e->made, 0, 0), "ok") != 0)
        return refused(db_text(&e->made, 0, 0), &op->err), OP_FAIL;
    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_DELEGATION_PAGE, &e->rows, NULL, "1",
             e->id.text);
    return OP_WAIT;
}

static enum op_next create_leave(struct op *op)
{
    struct delegation *e = (struct delegation *)op;
    return page_one(e->endpoint.call, 201, &e->rows, &op->err) ? OP_DONE : OP_FAIL;
}

const struct op_step delegation_create_steps[] = {
    { "create", create }, { "load", load }, { "leave", create_leave }, { 0 }
};
const size_t delegation_create_bytes = sizeof(struct delegation);

/* --- end --- */

static enum op_next end(struct op *op)
{
    struct delegation *e = (struct delegation *)op;
    struct call *call = e->endpoint.call;

    if (!call_param_id(call, 0, &e->id, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_DELEGATION_END, &e->made, e->id.text,
             call->caller.token_hash);
    return OP_WAIT;
}

static enum op_next end_leave(struct op *op)
{
    struct delegation *e = (struct delegation *)op;

    if (strcmp(db_text(&e->made, 0, 0), "ok") != 0)
        return gov_fail(&op->err, gov_code_from_wire(db_text(&e->made, 0, 0)),
                        "there is no such delegation of yours that is in force",
                        "没有您的此项有效委托"),
               OP_FAIL;
    call_empty(e->endpoint.call);
    return OP_DONE;
}

const struct op_step delegation_delete_steps[] = { { "end", end }, { "leave", end_leave }, { 0 } };
const size_t delegation_delete_bytes = sizeof(struct delegation);
