/* GET /v1/members, GET, PATCH and DELETE /v1/members/{id}.
 *
 * The database guards what two requests at once could break: the last owner, and a role that changed
 * between reading and writing (sql/queries/member_update.sql, member_delete.sql).
 */
#include "api/people/tenant/member.h"

#include <string.h>

#include "api/audit.h"
#include "api/page.h"
#include "api/people/people.h"

/* --- shared --- */

enum op_next member_load(struct op *op)
{
    struct member *e = (struct member *)op;
    struct call *call = e->endpoint.call;

    if (!call_param_id(call, 0, &e->id, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_MEMBER_PAGE, &e->rows, audit_tenant(call),
             NULL, "1", NULL, NULL, NULL, e->id.text);
    return OP_WAIT;
}

static bool assignable(struct member *e, enum role role, struct gov_err *err)
{
    return role_may_assign(e->endpoint.call->caller.role, role) ||
           gov_fail_at(err, GOV_FORBIDDEN, "/role", "not_yours_to_give",
                       "only an owner makes, changes or removes an owner",
                       "只有所有者才能设置、变更或移除所有者");
}

bool member_found(struct member *e, struct gov_err *err)
{
    if (e->rows.count == 0)
        return gov_fail(err, GOV_NOT_FOUND, "there is nobody with this id here",
                        "这里没有该 id 的成员");
    role_parse(db_text(&e->rows, 0, MEMBER_ROLE), &e->role_before);
    e->invited = strcmp(db_text(&e->rows, 0, MEMBER_STATE), "invited") == 0;
    e->email = db_text(&e->rows, 0, MEMBER_EMAIL);
    return assignable(e, e->role_before, err);
}

bool member_role_read(struct member *e, struct gov_err *err)
{
    if (!role_parse(e->role_given, &e->role) || e->role == ROLE_NONE || role_is_platform(e->role))
        return gov_fail_at(err, GOV_INVALID_INPUT, "/role", "enum",
                           "must be one of owner, admin, operator, approver, finance, auditor, viewer",
                           "须为 owner、admin、operator、approver、finance、auditor、viewer 之一");
    return assignable(e, e->role, err);
}

void member_show_add(struct db_group *group, struct member *e, const struct id *id)
{
    DB_GROUP_ADD(group, SQL_QUERIES_MEMBER_PAGE, &e->shown, audit_tenant(e->endpoint.call), NULL,
                 "1", NULL, NULL, NULL, id->text);
}

static bool last_owner(struct gov_err *err)
{
    return gov_fail(err, GOV_CONFLICT,
                    "a tenant needs an owner, and this is the last one; make another owner first. (Or "
                    "the role was changed by somebody just now: read it again.)",
                    "租户必须至少有一名所有者，而这是最后一名；请先指定另一名所有者。（也可能角色刚被他人"
                    "修改，请重新读取）");
}

/* --- list and get --- */

struct members {
    struct endpoint endpoint;
    struct page page;
    struct db_rows rows;
};

static enum op_next list(struct op *op)
{
    static const char *const roles[] = { "owner",   "admin",   "operator", "approver",
                                         "finance", "auditor", "viewer",   NULL };
    static const char *const states[] = { "invited", "active", NULL };
    struct members *e = (struct members *)op;
    struct call *call = e->endpoint.call;
    const char *words, *role, *state;

    if (!page_read(call, PAGE_OF_IDS, &e->page, &op->err) ||
        !page_words(call, "q", 800, &words, &op->err) ||
        !page_choice(call, "role", roles, &role, &op->err) ||
        !page_choice(call, "state", states, &state, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_MEMBER_PAGE, &e->rows, audit_tenant(call),
             e->page.before, e->page.limit, words, role, state, NULL);
    return OP_WAIT;
}

static enum op_next list_leave(struct op *op)
{
    struct members *e = (struct members *)op;
    page_answer(e->endpoint.call, &e->page, &e->rows);
    return OP_DONE;
}

const struct op_step member_list_steps[] = { { "list", list }, { "leave", list_leave }, { 0 } };
const size_t member_list_bytes = sizeof(struct members);

static enum op_next get_leave(struct op *op)
{
    struct member *e = (struct member *)op;

    if (e->rows.count)
        call_etag(e->endpoint.call, db_int(&e->rows, 0, MEMBER_REVISION));
    return page_one(e->endpoint.call, 200, &e->rows, &op->err) ? OP_DONE : OP_FAIL;
}

const struct op_step member_get_steps[] = { { "load", member_load }, { "leave", get_leave }, { 0 } };
const size_t member_get_bytes = sizeof(struct member);

/* --- patch --- */

static const struct json_field patch_fields[] = {
    { "role", JSON_FIELD_TEXT, true, offsetof(struct member, role_given), 1, 40, NULL },
};

static enum op_next change(struct op *op)
{
    struct member *e = (struct member *)op;
    struct call *call = e->endpoint.call;

    if (!CALL_BODY(call, op, patch_fields, e) || !member_found(e, &op->err) ||
        !member_role_read(e, &op->err) ||
        !call_if_match(call, db_int(&e->rows, 0, MEMBER_REVISION), &op->err))
        return OP_FAIL;
    if (e->invited)
        return gov_fail(&op->err, GOV_CONFLICT,
                        "the invitation is not taken yet; remove it and invite with the other role",
                        "邀请尚未被接受；请移除后以新角色重新邀请"),
               OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    struct audit_row row = { audit_tenant(call), audit_actor(call), "member", "member.role_changed",
                             "user", e->id.text };
    DB_GROUP_ADD(g, SQL_QUERIES_MEMBER_UPDATE, NULL, audit_tenant(call), e->id.text,
                 role_name(e->role), role_name(e->role_before));
    audit_add(g, call, &row,
              json_pack("{s:s, s:s}", "before", role_name(e->role_before), "after",
                        role_name(e->role)));
    member_show_add(g, e, &e->id);
    db_group_tolerate(g, &e->failed);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next change_leave(struct op *op)
{
    struct member *e = (struct member *)op;

    if (e->failed.code == GOV_CONFLICT)
        return last_owner(&op->err), OP_FAIL;
    if (e->failed.code) {
        op->err = e->failed;
        return OP_FAIL;
    }
    call_etag(e->endpoint.call, db_int(&e->shown, 0, MEMBER_REVISION));
    return page_one(e->endpoint.call, 200, &e->shown, &op->err) ? OP_DONE : OP_FAIL;
}

const struct op_step member_patch_steps[] = { { "load", member_load }, { "change", change },
                                              { "leave", change_leave }, { 0 } };
const size_t member_patch_bytes = sizeof(struct member);

/* --- delete --- */

static enum op_next take_out(struct op *op)
{
    struct member *e = (struct member *)op;
    struct call *call = e->endpoint.call;

    if (!member_found(e, &op->err))
        return OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    struct audit_row row = { audit_tenant(call), audit_actor(call), "member",
                             e->invited ? "member.invitation_withdrawn" : "member.removed",
                             e->invited ? "invitation" : "user", e->id.text };
    if (e->invited)
        DB_GROUP_ADD(g, SQL_QUERIES_INVITATION_WITHDRAW, NULL, e->id.text, audit_tenant(call));
    else
        DB_GROUP_ADD(g, SQL_QUERIES_MEMBER_DELETE, NULL, audit_tenant(call), e->id.text,
                     role_name(e->role_before));
    audit_add(g, call, &row,
              json_pack("{s:s, s:s}", "email", e->email, "role", role_name(e->role_before)));
    db_group_tolerate(g, &e->failed);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next take_out_leave(struct op *op)
{
    struct member *e = (struct member *)op;

    if (e->failed.code == GOV_CONFLICT)
        return last_owner(&op->err), OP_FAIL;
    if (e->failed.code) {
        op->err = e->failed;
        return OP_FAIL;
    }
    call_empty(e->endpoint.call);
    return OP_DONE;
}

const struct op_step member_delete_steps[] = { { "load", member_load }, { "take_out", take_out },
                                               { "leave", take_out_leave }, { 0 } };
const size_t member_delete_bytes = sizeof(struct member);
