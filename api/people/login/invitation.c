/* POST /v1/invitations/inspect and /accept: what somebody does with a link he was given. */
#include <string.h>

#include "api/audit.h"
#include "api/people/login/link.h"
#include "api/people/login/session.h"
#include "api/people/people.h"

struct invitation {
    struct endpoint endpoint;
    const char *token;
    struct db_rows found;
    struct session_new session;
};

static const struct json_field fields[] = {
    { "invitation", JSON_FIELD_TEXT, true, offsetof(struct invitation, token), 1, 200, NULL },
};

static enum op_next find(struct op *op)
{
    struct invitation *e = (struct invitation *)op;

    if (!CALL_BODY(e->endpoint.call, op, fields, e))
        return OP_FAIL;
    link_find(op, e->endpoint.call, e->token, "invite", &e->found);
    return OP_WAIT;
}

static enum op_next show(struct op *op)
{
    struct invitation *e = (struct invitation *)op;
    const struct db_rows *r = &e->found;

    if (!link_holds(r, &op->err))
        return OP_FAIL;
    call_json(e->endpoint.call, 200,
              json_pack("{s:s?, s:s, s:s?, s:s, s:s}", "tenant", db_text(r, 0, 6), "email",
                        db_text(r, 0, 2), "role", db_text(r, 0, 3), "invited_by",
                        db_text(r, 0, 7), "expires_at", db_text(r, 0, 4)));
    return OP_DONE;
}

const struct op_step invitation_inspect_steps[] = { { "find", find }, { "show", show }, { 0 } };
const size_t invitation_inspect_bytes = sizeof(struct invitation);

static bool acceptable(struct invitation *e, struct gov_err *err)
{
    const struct db_rows *r = &e->found;

    if (!session_needed(e->endpoint.call, err) || !link_holds(r, err))
        return false;
    if (strcmp(db_text(r, 0, 2), e->endpoint.call->caller.email) != 0)
        return gov_fail(err, GOV_FORBIDDEN, "the invitation is for another e-mail than yours",
                        "该邀请面向另一个邮箱");
    if (!db_text(r, 0, 1))
        return gov_fail(err, GOV_CONFLICT,
                        "this invitation is for registering, and you are registered already",
                        "该邀请用于注册，而您已注册");
    if (db_bool(r, 0, 8))
        return gov_fail(err, GOV_CONFLICT, "you belong to this tenant already", "您已属于该租户");
    return true;
}

static enum op_next join(struct op *op)
{
    struct invitation *e = (struct invitation *)op;
    struct call *call = e->endpoint.call;

    if (!acceptable(e, &op->err))
        return OP_FAIL;
    const char *user = call->caller.user.text, *tenant = db_text(&e->found, 0, 1);
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    struct audit_row row = { tenant, user, "member", "member.joined", "user", user };
    DB_GROUP_ADD(g, SQL_QUERIES_INVITATION_USE, NULL, db_text(&e->found, 0, 0));
    DB_GROUP_ADD(g, SQL_QUERIES_MEMBERSHIP_INSERT, NULL, tenant, user, db_text(&e->found, 0, 3));
    audit_add(g, call, &row, json_pack("{s:s}", "role", db_text(&e->found, 0, 3)));
    session_add(g, call, &e->session, user, tenant, false);
    audit_remember(g, call, 201);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next answer(struct op *op)
{
    struct invitation *e = (struct invitation *)op;
    session_answer(e->endpoint.call, &e->session, 201, false);
    return OP_DONE;
}

const struct op_step invitation_accept_steps[] = { { "find", find }, { "join", join },
                                                   { "answer", answer }, { 0 } };
const size_t invitation_accept_bytes = sizeof(struct invitation);
