/* POST /v1/password (with the old one) and /v1/password/reset (with a link).
 *
 * Asking for the old password counts as an attempt to log in, so that a stolen session cannot guess it
 * any faster than anybody else.
 */
#include "api/audit.h"
#include "api/peer.h"
#include "api/people/login/link.h"
#include "api/people/login/session.h"
#include "api/people/people.h"
#include "api/people/person.h"

struct password {
    struct endpoint endpoint;
    const char *current, *token, *password;
    bool valid, revoke_tokens;
    char hash[CRYPTO_PASSWORD_BYTES];
    struct db_rows found, set;
};

static const struct json_field change_fields[] = {
    { "current", JSON_FIELD_TEXT, true, offsetof(struct password, current), 1, 800, NULL },
    { "password", JSON_FIELD_TEXT, true, offsetof(struct password, password), 1, 800, NULL },
    { "revoke_tokens", JSON_FIELD_BOOL, false, offsetof(struct password, revoke_tokens), 0, 0, NULL },
};
static const struct json_field reset_fields[] = {
    { "token", JSON_FIELD_TEXT, true, offsetof(struct password, token), 1, 200, NULL },
    { "password", JSON_FIELD_TEXT, true, offsetof(struct password, password), 1, 800, NULL },
};

static enum op_next parse_change(struct op *op)
{
    struct password *e = (struct password *)op;
    struct call *call = e->endpoint.call;

    if (!session_needed(call, &op->err) || !CALL_BODY(call, op, change_fields, e) ||
        !person_password_check(e->password, call->caller.email, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_LOGIN_BEGIN, &e->found, call->caller.email,
             call_peer(call), NULL);
    return OP_WAIT;
}

static enum op_next verify(struct op *op)
{
    struct password *e = (struct password *)op;

    if (!db_bool(&e->found, 0, 0)) {
        int64_t wait = db_int(&e->found, 0, 1);
        gov_fail(&op->err, GOV_RATE_LIMITED, "too many wrong passwords; wait %lld s and try again",
                 "密码错误次数过多；请等待 %lld 秒后重试", (long long)(wait > 0 ? wait : 1));
        op->err.retry_after_s = (int)(wait > 0 ? wait : 1);
        return OP_FAIL;
    }
    crypto_password_verify(op, e->current, db_text(&e->found, 0, 3), &e->valid);
    return OP_WAIT;
}

static enum op_next hash(struct op *op)
{
    struct password *e = (struct password *)op;

    if (!e->valid)
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/current", "wrong",
                           "is not your present password", "与当前密码不符"),
               OP_FAIL;
    crypto_password_hash(op, e->password, e->hash);
    return OP_WAIT;
}

static enum op_next change(struct op *op)
{
    struct password *e = (struct password *)op;
    struct call *call = e->endpoint.call;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    struct audit_row row = { audit_tenant(call), audit_actor(call), "login", "password.changed",
                             "user", call->caller.user.text };

    DB_GROUP_ADD(g, SQL_QUERIES_PASSWORD_SET, &e->set, call->caller.email, e->hash,
                 call->caller.token.text, NULL, e->revoke_tokens ? "true" : "false");
    DB_GROUP_ADD(g, SQL_QUERIES_LOGIN_DONE, NULL, call->caller.email, call_peer(call));
    audit_add(g, call, &row, audit_origin(call));
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next leave(struct op *op)
{
    call_empty(((struct password *)op)->endpoint.call);
    return OP_DONE;
}

const struct op_step password_change_steps[] = { { "parse", parse_change }, { "verify", verify },
                                                 { "hash", hash }, { "change", change },
                                                 { "leave", leave }, { 0 } };
const size_t password_change_bytes = sizeof(struct password);

static enum op_next parse_reset(struct op *op)
{
    struct password *e = (struct password *)op;

    if (!CALL_BODY(e->endpoint.call, op, reset_fields, e))
        return OP_FAIL;
    link_find(op, e->endpoint.call, e->token, "reset", &e->found);
    return OP_WAIT;
}

static enum op_next hash_reset(struct op *op)
{
    struct password *e = (struct password *)op;

    if (!link_holds(&e->found, &op->err) ||
        !person_password_check(e->password, db_text(&e->found, 0, 2), &op->err))
        return OP_FAIL;
    crypto_password_hash(op, e->password, e->hash);
    return OP_WAIT;
}

/* Whoever made the link may have used it himself: he is named in the audit of his tenant, and the person decides
 * nothing that he asked for (confirmation_right, sql/migrations/tenant). Tokens may be the intruder's: they end. */
static enum op_next reset(struct op *op)
{
    struct password *e = (struct password *)op;
    struct call *call = e->endpoint.call;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    json_t *origin = audit_origin(call);
    const char *by = db_text(&e->found, 0, 10);
    struct audit_row row = { db_text(&e->found, 0, 1), db_text(&e->found, 0, 11), "login", "password.reset", "link",
                             db_text(&e->found, 0, 0) };

    json_object_set_new(origin, "email", json_string(db_text(&e->found, 0, 2)));
    json_object_set_new(origin, "link_made_by", by ? json_string(by) : json_null());
    DB_GROUP_ADD(g, SQL_QUERIES_INVITATION_USE, NULL, db_text(&e->found, 0, 0));
    DB_GROUP_ADD(g, SQL_QUERIES_PASSWORD_SET, &e->set, db_text(&e->found, 0, 2), e->hash, NULL, by,
                 "true");
    audit_add(g, call, &row, origin);
    db_group_send(g);
    return OP_WAIT;
}

const struct op_step password_reset_steps[] = { { "parse", parse_reset }, { "hash", hash_reset },
                                                { "reset", reset }, { "leave", leave }, { 0 } };
const size_t password_reset_bytes = sizeof(struct password);
