/* POST /v1/register: become a user, and a member of the tenant that invited or the owner of a new one.
 *
 *     parse -> look -> judge -> make -> answer
 *
 * One transaction holds the person, the tenant or membership, the used invitation, the audit and the
 * session. platform_setting registration: off (nobody), invite (with a link), open (anybody, with a
 * personal tenant).
 */
#include <string.h>

#include "api/audit.h"
#include "api/people/login/link.h"
#include "api/people/login/session.h"
#include "api/people/people.h"
#include "api/people/person.h"

struct registration {
    struct endpoint endpoint;
    const char *email, *password, *name, *tenant_name, *invitation, *locale, *timezone;
    char hash[CRYPTO_PASSWORD_BYTES];
    struct id user, own_tenant;
    struct db_rows mode, found;
    struct gov_err failed;
    struct session_new session;
};

static const char *const locales[] = { "en", "zh-CN", NULL };
#define TEXT(name, required, least, most)                                                          \
    { #name, JSON_FIELD_TEXT, required, offsetof(struct registration, name), least, most, NULL }
static const struct json_field fields[] = {
    TEXT(email, true, 3, 254),
    TEXT(password, true, 1, 800),
    TEXT(name, true, 1, 400),
    TEXT(tenant_name, false, 1, 400),
    TEXT(invitation, false, 1, 200),
    TEXT(timezone, false, 1, 64),
    { "locale", JSON_FIELD_TEXT, false, offsetof(struct registration, locale), 0, 0, locales },
};
#undef TEXT

static enum op_next parse(struct op *op)
{
    struct registration *e = (struct registration *)op;

    if (!CALL_BODY(e->endpoint.call, op, fields, e) ||
        !person_email_check(&e->email, "/email", &op->arena, &op->err) ||
        !person_password_check(e->password, e->email, &op->err) ||
        !person_name_check(e->name, "/name", &op->err) ||
        !person_name_check(e->tenant_name, "/tenant_name", &op->err) ||
        !person_timezone_check(e->timezone, &op->err))
        return OP_FAIL;
    return OP_NEXT;
}

static enum op_next look(struct op *op)
{
    struct registration *e = (struct registration *)op;
    struct call *call = e->endpoint.call;

    db_query(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_REGISTRATION_MODE, &e->mode, 0, NULL);
    if (e->invitation)
        link_find(op, call, e->invitation, "invite", &e->found);
    return OP_WAIT;
}

static bool may_register(struct registration *e, struct gov_err *err)
{
    const char *mode = e->mode.count ? db_text(&e->mode, 0, 0) : "off";

    if (strcmp(mode, "off") == 0 || (!e->invitation && strcmp(mode, "open") != 0))
        return gov_fail(err, GOV_REGISTRATION_CLOSED,
                        "registering needs an invitation; ask an administrator for one",
                        "注册需要邀请；请向管理员索取");
    if (!e->invitation)
        return true;
    if (!link_holds(&e->found, err))
        return false;
    if (strcmp(db_text(&e->found, 0, 2), e->email) != 0)
        return gov_fail_at(err, GOV_FORBIDDEN, "/email", "other",
                           "the invitation is for another e-mail; use that one",
                           "该邀请面向另一个邮箱；请使用被邀请的邮箱");
    if (e->tenant_name && db_text(&e->found, 0, 1))
        return gov_fail_at(err, GOV_INVALID_INPUT, "/tenant_name", "not_here",
                           "the invitation leads into a tenant; leave the name out",
                           "该邀请将加入已有租户；请勿填写租户名称");
    return true;
}

static enum op_next judge(struct op *op)
{
    struct registration *e = (struct registration *)op;

    if (!may_register(e, &op->err))
        return OP_FAIL;
    crypto_password_hash(op, e->password, e->hash);
    return OP_WAIT;
}

/* The tenant the person belongs to afterwards. */
static const char *tenant_add(struct registration *e, struct db_group *g)
{
    const char *invited = e->invitation ? db_text(&e->found, 0, 1) : NULL;

    if (e->invitation)
        DB_GROUP_ADD(g, SQL_QUERIES_INVITATION_USE, NULL, db_text(&e->found, 0, 0));
    if (invited) {
        DB_GROUP_ADD(g, SQL_QUERIES_MEMBERSHIP_INSERT, NULL, invited, e->user.text,
                     db_text(&e->found, 0, 3));
        return invited;
    }
    e->own_tenant = id_new();
    DB_GROUP_ADD(g, SQL_QUERIES_TENANT_CREATE, NULL, e->own_tenant.text,
                 e->tenant_name ? e->tenant_name : e->name, "personal", e->timezone, e->locale,
                 e->user.text);
    return e->own_tenant.text;
}

static enum op_next make(struct op *op)
{
    struct registration *e = (struct registration *)op;
    struct call *call = e->endpoint.call;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);

    e->user = id_new();
    DB_GROUP_ADD(g, SQL_QUERIES_USER_INSERT, NULL, e->user.text, e->email, e->name, e->hash,
                 e->locale, e->timezone);
    const char *tenant = tenant_add(e, g);
    struct audit_row row = { tenant, e->user.text, "member", "member.joined", "user",
                             e->user.text };
    audit_add(g, call, &row, audit_origin(call));
    session_add(g, call, &e->session, e->user.text, tenant, false);
    db_group_tolerate(g, &e->failed);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next answer(struct op *op)
{
    struct registration *e = (struct registration *)op;

    if (e->failed.code == GOV_CONFLICT && strcmp(e->failed.item, "app_user_email_once") == 0)
        return gov_fail_at(&op->err, GOV_CONFLICT, "/email", "taken",
                           "somebody has registered with this e-mail; log in, or reset the password",
                           "该邮箱已注册；请登录或重置密码"),
               OP_FAIL;
    if (e->failed.code) {
        op->err = e->failed;
        return OP_FAIL;
    }
    session_answer(e->endpoint.call, &e->session, 201, false);
    return OP_DONE;
}

const struct op_step registration_steps[] = { { "parse", parse }, { "look", look },
                                              { "judge", judge }, { "make", make },
                                              { "answer", answer }, { 0 } };
const size_t registration_bytes = sizeof(struct registration);
