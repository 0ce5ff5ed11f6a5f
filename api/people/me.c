/* GET and PATCH /v1/me.
 *
 *     change (PATCH only) -> load -> show
 */
#include <string.h>

#include "api/audit.h"
#include "api/people/login/session.h"
#include "api/people/people.h"
#include "api/people/person.h"

struct me {
    struct endpoint endpoint;
    const char *name, *locale, *timezone;
    struct db_rows person, token, quota;
};

static const char *const locales[] = { "en", "zh-CN", NULL };
static const struct json_field fields[] = {
    { "name", JSON_FIELD_TEXT, false, offsetof(struct me, name), 1, 400, NULL },
    { "locale", JSON_FIELD_TEXT, false, offsetof(struct me, locale), 0, 0, locales },
    { "timezone", JSON_FIELD_TEXT, false, offsetof(struct me, timezone), 1, 64, NULL },
};

static enum op_next change(struct op *op)
{
    struct me *e = (struct me *)op;
    struct call *call = e->endpoint.call;

    if (!session_needed(call, &op->err) || !CALL_BODY(call, op, fields, e) ||
        !person_name_check(e->name, "/name", &op->err) ||
        !person_timezone_check(e->timezone, &op->err))
        return OP_FAIL;
    if (!e->name && !e->locale && !e->timezone)
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "", "empty",
                           "say what to change: name, locale or timezone",
                           "请指定要修改的内容：name、locale 或 timezone"),
               OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    struct audit_row row = { audit_tenant(call), audit_actor(call), "operation", "user.updated",
                             "user", call->caller.user.text };
    DB_GROUP_ADD(g, SQL_QUERIES_USER_UPDATE, NULL, call->caller.user.text, e->name, e->locale,
                 e->timezone);
    audit_add(g, call, &row,
              json_pack("{s:s*, s:s*, s:s*}", "name", e->name, "locale", e->locale, "timezone",
                        e->timezone));
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next load(struct op *op)
{
    struct me *e = (struct me *)op;
    struct call *call = e->endpoint.call;
    const char *tenant = audit_tenant(call);
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);

    DB_GROUP_ADD(g, SQL_QUERIES_SESSION_PERSON, &e->person, call->caller.user.text, tenant);
    DB_GROUP_ADD(g, SQL_QUERIES_TOKEN_PAGE, &e->token, call->caller.user.text, tenant, NULL, "1",
                 NULL, call->caller.token.text, call->caller.token.text);
    db_group_send(g);
    if (tenant)
        db_query(op, call->api->db, &call->caller.scope, SQL_QUERIES_ME_QUOTA, &e->quota, 0, NULL);
    return OP_WAIT;
}

static json_t *roles(const struct me *e, json_t *user)
{
    const struct caller *c = &e->endpoint.call->caller;

    if (id_empty(&c->tenant))
        return json_incref(json_object_get(user, "platform_roles"));
    return json_pack("[s]", role_name(c->role));
}

static json_t *permissions(struct call *call)
{
    json_t *list = json_array();
    struct gov_err ignored;

    for (int i = 0; i < PERMISSION_COUNT; i++)
        if (call_may(call, (enum permission)i, &ignored))
            json_array_append_new(list, json_string(permission_name((enum permission)i)));
    return list;
}

static json_t *quotas(const struct me *e)
{
    if (e->quota.count == 0)
        return json_array();
    return json_pack("[{s:s, s:I, s:I}, {s:s, s:I, s:I}, {s:s, s:I, s:o}]", "name", "concurrent_runs", "used",
                     (json_int_t)db_int(&e->quota, 0, 0), "limit",
                     (json_int_t)db_int(&e->quota, 0, 1), "name", "file_bytes", "used",
                     (json_int_t)db_int(&e->quota, 0, 2), "limit", (json_int_t)db_int(&e->quota, 0, 3), "name", "skills", "used",
                     (json_int_t)db_int(&e->quota, 0, 4), "limit",
                     db_text(&e->quota, 0, 5) ? json_integer((json_int_t)db_int(&e->quota, 0, 5)) : json_null());
}

static enum op_next show(struct op *op)
{
    struct me *e = (struct me *)op;
    struct call *call = e->endpoint.call;
    json_t *user = db_json(&e->person, 0, 0, &op->arena);
    json_t *tenant = db_json(&e->person, 0, 1, &op->arena);

    if (e->token.count == 0)
        return gov_fail(&op->err, GOV_UNAUTHENTICATED, "this token was revoked just now",
                        "该令牌刚刚被吊销"),
               OP_FAIL;
    call_json(call, 200,
              json_pack("{s:O, s:O, s:o, s:o, s:o, s:n, s:O, s:O}", "user", user, "tenant",
                        tenant ? tenant : json_null(), "roles", roles(e, user), "permissions",
                        permissions(call), "quotas", quotas(e), "subscription", "token",
                        db_json(&e->token, 0, 1, &op->arena), "tenants",
                        db_json(&e->person, 0, 2, &op->arena)));
    return OP_DONE;
}

const struct op_step me_get_steps[] = { { "load", load }, { "show", show }, { 0 } };
const size_t me_get_bytes = sizeof(struct me);

const struct op_step me_patch_steps[] = { { "change", change }, { "load", load }, { "show", show },
                                          { 0 } };
const size_t me_patch_bytes = sizeof(struct me);
