/* POST /v1/platform/tenants/{id}/owner: whoever is to own a team that has nobody, because its order named no owner.
 *
 * The platform gives away what is nobody's, and never what has an owner: it is refused as soon as there is one. */
#include "api/audit.h"
#include "api/people/login/link.h"
#include "api/people/person.h"
#include "api/platform/platform.h"

struct tenant_owner {
    struct endpoint endpoint;
    const char *email;
    struct id id;
    struct gov_err failed;
    struct link link;
};

static const struct json_field fields[] = {
    { "email", JSON_FIELD_TEXT, true, offsetof(struct tenant_owner, email), 3, 254, NULL },
};

static enum op_next invite(struct op *op)
{
    struct tenant_owner *e = (struct tenant_owner *)op;
    struct call *call = e->endpoint.call;
    struct id invitation = id_new();

    if (!call_param_id(call, 0, &e->id, &op->err) || !CALL_BODY(call, op, fields, e) ||
        !person_email_check(&e->email, "/email", &op->arena, &op->err))
        return OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    struct audit_row ours = { NULL, audit_actor(call), "tenant", "tenant.owner_invited", "tenant", e->id.text };
    struct audit_row theirs = { e->id.text, audit_actor(call), "member", "member.invited", "invitation", invitation.text };

    DB_GROUP_ADD(g, SQL_QUERIES_TENANT_UNOWNED, NULL, e->id.text);
    link_add(g, call, &e->link, "invite", &invitation, e->id.text, e->email, "owner");
    audit_add(g, call, &ours, json_pack("{s:s}", "email", e->email));
    audit_add(g, call, &theirs, json_pack("{s:s, s:s}", "email", e->email, "role", "owner"));
    audit_remember(g, call, 201);
    db_group_tolerate(g, &e->failed);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next leave(struct op *op)
{
    struct tenant_owner *e = (struct tenant_owner *)op;

    if (e->failed.code == GOV_NOT_FOUND)
        return gov_fail(&op->err, GOV_NOT_FOUND, "there is no such tenant", "没有该租户"), OP_FAIL;
    if (e->failed.code == GOV_CONFLICT)
        return gov_fail(&op->err, GOV_CONFLICT,
                        "the platform invites an owner only into a team that nobody owns and that is not at its end: ask an owner of "
                        "it to invite (execgov members invite ADDRESS --role owner)",
                        "平台只能为尚无所有者且未终止的团队邀请所有者：请由其现有所有者邀请（execgov members invite 邮箱 --role owner）"),
               OP_FAIL;
    if (e->failed.code) {
        op->err = e->failed;
        return OP_FAIL;
    }
    call_json(e->endpoint.call, 201, link_json(e->endpoint.call, &e->link));
    return OP_DONE;
}

const struct op_step tenant_owner_steps[] = { { "invite", invite }, { "leave", leave }, { 0 } };
const size_t tenant_owner_bytes = sizeof(struct tenant_owner);
