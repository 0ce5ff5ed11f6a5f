/* /v1/platform/users/{id}/roles: who runs the platform, keeps its money, audits it. Nobody changes his own. */
#include <string.h>

#include "api/audit.h"
#include "api/page.h"
#include "api/platform/platform.h"

struct role_act {
    struct endpoint endpoint;
    struct id id;
    const char *role;
    struct db_rows found, after;
};

static const char *const roles[] = { "platform_admin", "platform_finance", "platform_auditor", NULL };
static const struct json_field fields[] = {
    { "role", JSON_FIELD_TEXT, true, offsetof(struct role_act, role), 0, 0, roles },
};

static enum op_next load(struct op *op)
{
    struct role_act *e = (struct role_act *)op;
    struct call *call = e->endpoint.call;

    if (!call_param_id(call, 0, &e->id, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_USER_PAGE, &e->found, NULL, "1", NULL, e->id.text);
    return OP_WAIT;
}

static bool may_change(struct role_act *e, struct gov_err *err)
{
    if (e->found.count == 0)
        return page_one(e->endpoint.call, 200, &e->found, err);
    return strcmp(e->id.text, e->endpoint.call->caller.user.text) != 0 ||
           gov_fail(err, GOV_FORBIDDEN, "nobody changes his own roles; ask another administrator",
                    "不能修改自己的角色；请由其他管理员操作");
}

static void write_role(struct op *op, enum sql_queries query, const char *action)
{
    struct role_act *e = (struct role_act *)op;
    struct call *call = e->endpoint.call;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    struct audit_row row = { NULL, audit_actor(call), "operation", action, "user", e->id.text };

    DB_GROUP_ADD(g, query, NULL, e->id.text, e->role);
    audit_add(g, call, &row, json_pack("{s:s}", "role", e->role));
    DB_GROUP_ADD(g, SQL_QUERIES_USER_PAGE, &e->after, NULL, "1", NULL, e->id.text);
    db_group_send(g);
}

static enum op_next give(struct op *op)
{
    struct role_act *e = (struct role_act *)op;

    if (!CALL_BODY(e->endpoint.call, op, fields, e) || !may_change(e, &op->err))
        return OP_FAIL;
    write_role(op, SQL_QUERIES_PLATFORM_ROLE_INSERT, "platform_role.given");
    return OP_WAIT;
}

static enum op_next take(struct op *op)
{
    struct role_act *e = (struct role_act *)op;

    for (const char *const *r = roles; *r; r++)
        if (strcmp(*r, e->endpoint.call->params[1]) == 0)
            e->role = *r;
    if (!e->role)
        return gov_fail(&op->err, GOV_NOT_FOUND, "there is no such role", "没有该角色"), OP_FAIL;
    if (!may_change(e, &op->err))
        return OP_FAIL;
    write_role(op, SQL_QUERIES_PLATFORM_ROLE_DELETE, "platform_role.taken");
    return OP_WAIT;
}

static enum op_next show(struct op *op)
{
    struct role_act *e = (struct role_act *)op;
    return page_one(e->endpoint.call, 200, &e->after, &op->err) ? OP_DONE : OP_FAIL;
}

const struct op_step role_give_steps[] = { { "load", load }, { "give", give }, { "show", show }, { 0 } };
const size_t role_give_bytes = sizeof(struct role_act);
const struct op_step role_take_steps[] = { { "load", load }, { "take", take }, { "show", show }, { 0 } };
const size_t role_take_bytes = sizeof(struct role_act);
