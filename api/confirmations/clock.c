/* POST /v1/requests/{id}/ask, /reply and /extend: people who move the clock of a waiting confirmation.
 *
 *     parse -> move -> mark -> show
 *
 * Nothing is decided here. A new end is a delayed job that the database wrote; its minute is marked
 * after the fact, because only the database knows it: until then the full rotation would find it.
 */
#include <string.h>

#include "api/confirmations/confirmations.h"
#include "api/runs/show/show.h"

struct confirmation_clock {
    struct endpoint endpoint;
    struct id id;
    const char *act;
    const char *comment;
    struct db_rows rows;
    struct show_one show;
};

static enum op_next parse(struct op *op, const char *act, bool comment_required)
{
    struct confirmation_clock *e = (struct confirmation_clock *)op;
    const struct json_field fields[] = {
        { "comment", JSON_FIELD_TEXT, comment_required, offsetof(struct confirmation_clock, comment),
          comment_required ? 1 : 0, 2000, NULL },
    };

    e->act = act;
    if (!call_param_id(e->endpoint.call, 0, &e->id, &op->err) ||
        !CALL_BODY(e->endpoint.call, op, fields, e))
        return OP_FAIL;
    return OP_NEXT;
}

static enum op_next parse_ask(struct op *op)
{
    return parse(op, "ask", true);
}

static enum op_next parse_reply(struct op *op)
{
    return parse(op, "reply", true);
}

static enum op_next parse_extend(struct op *op)
{
    return parse(op, "extend", false);
}

static enum op_next move(struct op *op)
{
    struct confirmation_clock *e = (struct confirmation_clock *)op;
    struct call *call = e->endpoint.call;

    marks_note(op, call->api->marks, &call->caller.tenant, 0);
    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_CONFIRMATION_CLOCK, &e->rows,
             e->id.text, e->act, e->comment, call->caller.token_hash, id_new().text);
    return OP_WAIT;
}

static bool refused(const struct confirmation_clock *e, enum gov_code code, struct gov_err *err)
{
    bool ask = strcmp(e->act, "ask") == 0, reply = strcmp(e->act, "reply") == 0;

    switch (code) {
    case GOV_FORBIDDEN:
        if (ask)
            return gov_fail(err, code, "only somebody who may decide about it asks back",
                            "只有可以决定该计划的人员才能提问");
        if (reply)
            return gov_fail(err, code, "only who asked for it answers", "只有申请人可以答复");
        return gov_fail(err, code, "only who asked for it, or may decide, extends it",
                        "只有申请人或可决定的人员可以延期");
    case GOV_CONFLICT:
        if (ask)
            return gov_fail(err, code, "a question is open already; its answer is awaited",
                            "已有待答复的问题");
        if (reply)
            return gov_fail(err, code, "no question is open", "没有待答复的问题");
        return gov_fail(err, code, "its rule grants no extension, or it was extended once already",
                        "规则不允许延期，或已延期一次");
    case GOV_NOT_FOUND:
        return gov_fail(err, code, "nothing waits for a confirmation under this id",
                        "该 id 下没有待确认的事项");
    case GOV_SESSION_REQUIRED:
        return gov_fail(err, code, "this needs a person who has logged in", "需要人员登录后操作");
    default:
        return gov_fail(err, code, "%s", "%s", "");
    }
}

static enum op_next mark(struct op *op)
{
    struct confirmation_clock *e = (struct confirmation_clock *)op;
    struct call *call = e->endpoint.call;
    const char *code = db_text(&e->rows, 0, 0);

    if (strcmp(code, "ok") != 0)
        return refused(e, gov_code_from_wire(code), &op->err), OP_FAIL;
    event_bus_publish(call->api->events, call->caller.scope.schema, &e->id);
    marks_note(op, call->api->marks, &call->caller.tenant, db_int(&e->rows, 0, 1));
    return OP_WAIT;
}

static enum op_next show(struct op *op)
{
    struct confirmation_clock *e = (struct confirmation_clock *)op;
    show_one(op, &e->show, e->endpoint.call, &e->id, false, 200);
    return OP_WAIT;
}

#define STEPS(first) { { "parse", first }, { "move", move }, { "mark", mark }, { "show", show }, { 0 } }
const struct op_step request_ask_steps[] = STEPS(parse_ask);
const struct op_step request_reply_steps[] = STEPS(parse_reply);
const struct op_step request_extend_steps[] = STEPS(parse_extend);
const size_t request_ask_bytes = sizeof(struct confirmation_clock);
const size_t request_reply_bytes = sizeof(struct confirmation_clock);
const size_t request_extend_bytes = sizeof(struct confirmation_clock);
