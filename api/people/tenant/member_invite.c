/* POST /v1/members, /v1/members/{id}/invitation and /v1/members/{id}/reset-link. */
#include <string.h>

#include "api/audit.h"
#include "api/people/people.h"
#include "api/people/person.h"
#include "api/people/tenant/member.h"

/* --- invite --- */

static const struct json_field fields[] = {
    { "email", JSON_FIELD_TEXT, true, offsetof(struct member, email), 3, 254, NULL },
    { "role", JSON_FIELD_TEXT, true, offsetof(struct member, role_given), 1, 40, NULL },
};

static enum op_next parse(struct op *op)
{
    struct member *e = (struct member *)op;
    struct call *call = e->endpoint.call;

    if (!CALL_BODY(call, op, fields, e) ||
        !person_email_check(&e->email, "/email", &op->arena, &op->err) ||
        !member_role_read(e, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_MEMBER_KNOWN, &e->known, audit_tenant(call),
             e->email);
    return OP_WAIT;
}

static bool is_new(const struct member *e, struct gov_err *err)
{
    if (db_bool(&e->known, 0, 0))
        return gov_fail_at(err, GOV_CONFLICT, "/email", "member", "is a member already",
                           "已是成员");
    if (db_bool(&e->known, 0, 1))
        return gov_fail_at(err, GOV_CONFLICT, "/email", "invited",
                           "is invited already; renew that invitation instead",
                           "已被邀请；请更新该邀请");
    return true;
}

static enum op_next invite(struct op *op)
{
    struct member *e = (struct member *)op;
    struct call *call = e->endpoint.call;

    if (!is_new(e, &op->err))
        return OP_FAIL;
    e->id = id_new();
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    struct audit_row row = { audit_tenant(call), audit_actor(call), "member", "member.invited",
                             "invitation", e->id.text };
    link_add(g, call, &e->link, "invite", &e->id, audit_tenant(call), e->email,
             role_name(e->role));
    audit_add(g, call, &row,
              json_pack("{s:s, s:s}", "email", e->email, "role", role_name(e->role)));
    member_show_add(g, e, &e->id);
    audit_remember(g, call, 201);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next invite_leave(struct op *op)
{
    struct member *e = (struct member *)op;
    call_json(e->endpoint.call, 201,
              json_pack("{s:O, s:o}", "member", db_json(&e->shown, 0, MEMBER_ITEM, &op->arena),
                        "invitation", link_json(e->endpoint.call, &e->link)));
    return OP_DONE;
}

const struct op_step member_invite_steps[] = { { "parse", parse }, { "invite", invite },
                                               { "leave", invite_leave }, { 0 } };
const size_t member_invite_bytes = sizeof(struct member);

/* --- a new link for an invitation --- */

static enum op_next renew(struct op *op)
{
    struct member *e = (struct member *)op;
    struct call *call = e->endpoint.call;

    if (!member_found(e, &op->err))
        return OP_FAIL;
    if (!e->invited)
        return gov_fail(&op->err, GOV_CONFLICT, "this member has joined already", "该成员已加入"),
               OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    struct audit_row row = { audit_tenant(call), audit_actor(call), "member",
                             "member.invitation_renewed", "invitation", e->id.text };
    link_renew(g, call, &e->link, &e->id);
    audit_add(g, call, &row, json_pack("{s:s}", "email", e->email));
    audit_remember(g, call, 201);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next link_leave(struct op *op)
{
    struct member *e = (struct member *)op;

    if (e->link.made.count == 0)
        return gov_fail(&op->err, GOV_CONFLICT, "this member has joined already", "该成员已加入"),
               OP_FAIL;
    call_json(e->endpoint.call, 201, link_json(e->endpoint.call, &e->link));
    return OP_DONE;
}

const struct op_step member_renew_steps[] = { { "load", member_load }, { "renew", renew },
                                              { "leave", link_leave }, { 0 } };
const size_t member_renew_bytes = sizeof(struct member);

/* --- a link to set a new password --- */

static enum op_next elsewhere(struct op *op)
{
    struct member *e = (struct member *)op;
    struct call *call = e->endpoint.call;

    if (!member_found(e, &op->err))
        return OP_FAIL;
    if (e->invited)
        return gov_fail(&op->err, GOV_CONFLICT,
                        "nobody has taken this invitation yet; renew its link instead",
                        "该邀请尚未被接受；请更新邀请链接"),
               OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_USER_ELSEWHERE, &e->known, e->id.text,
             audit_tenant(call));
    return OP_WAIT;
}

/* Whoever sets a person's password can be that person everywhere. */
static enum op_next reset(struct op *op)
{
    struct member *e = (struct member *)op;
    struct call *call = e->endpoint.call;
    struct id id = id_new();

    if (db_bool(&e->known, 0, 0))
        return gov_fail(&op->err, GOV_FORBIDDEN,
                        "this person belongs to other tenants, too; ask the platform for the link",
                        "该成员还属于其他租户；请向平台索取重置链接"),
               OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    struct audit_row row = { audit_tenant(call), audit_actor(call), "member", "password.link_made",
                             "user", e->id.text };
    link_add(g, call, &e->link, "reset", &id, audit_tenant(call), e->email, NULL);
    audit_add(g, call, &row, json_pack("{s:s}", "email", e->email));
    audit_remember(g, call, 201);
    db_group_send(g);
    return OP_WAIT;
}

const struct op_step member_reset_steps[] = { { "load", member_load }, { "elsewhere", elsewhere },
                                              { "reset", reset }, { "leave", link_leave }, { 0 } };
const size_t member_reset_bytes = sizeof(struct member);
