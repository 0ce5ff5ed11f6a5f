/* POST /v1/login.
 *
 *     parse -> begin -> verify -> judge -> open -> answer
 *                                    \-> refused
 *
 * The attempt is counted as failed before the password is looked at (sql/queries/login_begin.sql). An
 * unknown e-mail costs the same argon2id as a known one, and both end in the same words. Every
 * attempt leaves an audit row: in the tenant it was for, else in the platform's audit.
 */
#include <string.h>

#include "api/audit.h"
#include "api/peer.h"
#include "api/people/login/session.h"
#include "api/people/people.h"

struct login {
    struct endpoint endpoint;
    const char *email, *password, *tenant;
    bool cookie;
    bool valid;
    const char *refusal; /* the audit's action; NULL: let in */
    struct db_rows found;
    struct session_new session;
};

static const struct json_field fields[] = {
    { "email", JSON_FIELD_TEXT, true, offsetof(struct login, email), 1, 254, NULL },
    { "password", JSON_FIELD_TEXT, true, offsetof(struct login, password), 1, 800, NULL },
    { "tenant", JSON_FIELD_TEXT, false, offsetof(struct login, tenant), 1, 36, NULL },
    { "cookie", JSON_FIELD_BOOL, false, offsetof(struct login, cookie), 0, 0, NULL },
};

static enum op_next parse(struct op *op)
{
    struct login *e = (struct login *)op;
    struct id id;

    if (!CALL_BODY(e->endpoint.call, op, fields, e))
        return OP_FAIL;
    if (!e->tenant || strcmp(e->tenant, "platform") == 0)
        return OP_NEXT;
    if (!id_parse(e->tenant, &id))
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/tenant", "format",
                           "must be the id of a tenant, or \"platform\"",
                           "必须是租户的 id，或“platform”"),
               OP_FAIL;
    e->tenant = arena_text(&op->arena, id.text);
    return OP_NEXT;
}

static enum op_next begin(struct op *op)
{
    struct login *e = (struct login *)op;
    struct call *call = e->endpoint.call;

    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_LOGIN_BEGIN, &e->found, e->email,
             call_peer(call), e->tenant);
    return OP_WAIT;
}

static enum op_next verify(struct op *op)
{
    struct login *e = (struct login *)op;

    if (!db_bool(&e->found, 0, 0)) {
        int64_t wait = db_int(&e->found, 0, 1);
        e->refusal = "login.throttled";
        gov_fail(&op->err, GOV_RATE_LIMITED,
                 "too many failed log-ins; wait %lld s and try again",
                 "登录失败次数过多；请等待 %lld 秒后重试", (long long)(wait > 0 ? wait : 1));
        op->err.retry_after_s = (int)(wait > 0 ? wait : 1);
        return OP_NEXT;
    }
    crypto_password_verify(op, e->password, db_text(&e->found, 0, 3), &e->valid);
    return OP_WAIT;
}

/* Whoever knows the password may hear that he is not in that tenant; nobody else hears anything. */
static enum op_next judge(struct op *op)
{
    struct login *e = (struct login *)op;
    bool platform = e->tenant && strcmp(e->tenant, "platform") == 0;

    if (e->refusal)
        return OP_NEXT;
    if (!e->valid) {
        e->refusal = "login.failed";
        gov_fail(&op->err, GOV_UNAUTHENTICATED, "the e-mail or the password is wrong",
                 "邮箱或密码错误");
    } else if (!db_text(&e->found, 0, 4) && db_bool(&e->found, 0, 6) && !db_bool(&e->found, 0, 5)) {
        e->refusal = "login.refused";
        gov_fail_at(&op->err, GOV_TENANT_SUSPENDED, "/tenant", "closed",
                    "this tenant is closed, to log-ins and api tokens, too; ask whoever runs this platform",
                    "该租户已关闭，不能登录，API 令牌也不可用；请联系平台管理员");
    } else if (e->tenant && (platform ? !db_bool(&e->found, 0, 5) : !db_text(&e->found, 0, 4))) {
        e->refusal = "login.refused";
        gov_fail_at(&op->err, GOV_FORBIDDEN, "/tenant", "not_a_member",
                    "you do not belong to this tenant; leave it out to use your own",
                    "您不属于该租户；省略此项即可使用自己的租户");
    }
    return OP_NEXT;
}

static enum op_next open_session(struct op *op)
{
    struct login *e = (struct login *)op;
    struct call *call = e->endpoint.call;
    const char *user = db_text(&e->found, 0, 2), *tenant = db_text(&e->found, 0, 4);
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    struct audit_row row = { tenant, user, "login", e->refusal ? e->refusal : "login.succeeded",
                             "user", user };
    json_t *origin = audit_origin(call);

    if (e->refusal) {
        json_object_set_new(origin, "email", json_string(e->email));
    } else {
        DB_GROUP_ADD(g, SQL_QUERIES_LOGIN_DONE, NULL, e->email, call_peer(call));
        session_add(g, call, &e->session, user, tenant, e->cookie);
    }
    audit_add(g, call, &row, origin);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next answer(struct op *op)
{
    struct login *e = (struct login *)op;

    if (e->refusal)
        return OP_FAIL; /* with what verify or judge said */
    session_answer(e->endpoint.call, &e->session, 200, e->cookie);
    return OP_DONE;
}

const struct op_step login_steps[] = { { "parse", parse }, { "begin", begin },
                                       { "verify", verify }, { "judge", judge },
                                       { "open", open_session }, { "answer", answer },
                                       { 0 } };
const size_t login_bytes = sizeof(struct login);
