/* GET and PATCH /v1/settings.
 *
 * Name, time zone and locale are the tenant's row of public; confirmation, review, signing and retention
 * live in its schema. Two transactions, each with its own audit row; their revisions add up to the ETag.
 */
#include "api/audit.h"
#include "api/page.h"
#include "api/people/people.h"
#include "api/people/person.h"
#include "api/people/tenant/signing.h"

struct settings {
    struct endpoint endpoint;
    const char *name, *timezone, *locale;
    const json_t *review_four_eyes, *signing_keys, *signed_only; /* NULL: stays */
    json_t *keys; /* signing_keys as they are stored */
    int64_t expires_s, reminder_s, people, request_days, log_days, file_days; /* 0: stays */
    struct db_rows rows, tenant;
};

static const char *const locales[] = { "en", "zh-CN", NULL };
#define NUMBER(name, member, least, most)                                                          \
    { name, JSON_FIELD_INT, false, offsetof(struct settings, member), least, most, NULL }
static const struct json_field fields[] = {
    { "name", JSON_FIELD_TEXT, false, offsetof(struct settings, name), 1, 400, NULL },
    { "timezone", JSON_FIELD_TEXT, false, offsetof(struct settings, timezone), 1, 64, NULL },
    { "locale", JSON_FIELD_TEXT, false, offsetof(struct settings, locale), 0, 0, locales },
    NUMBER("confirm_expires_s", expires_s, 300, 2592000),
    NUMBER("confirm_reminder_s", reminder_s, 60, 2592000),
    NUMBER("confirm_people", people, 1, 5),
    { "review_four_eyes", JSON_FIELD_ANY, false, offsetof(struct settings, review_four_eyes), 0, 0, NULL },
    { "signing_keys", JSON_FIELD_ANY, false, offsetof(struct settings, signing_keys), 0, 0, NULL },
    { "signed_only", JSON_FIELD_ANY, false, offsetof(struct settings, signed_only), 0, 0, NULL },
    NUMBER("request_retention_days", request_days, 1, 3650),
    NUMBER("log_retention_days", log_days, 1, 3650),
    NUMBER("file_retention_days", file_days, 1, 3650),
};
#undef NUMBER

static enum op_next load(struct op *op)
{
    struct settings *e = (struct settings *)op;
    struct call *call = e->endpoint.call;

    db_query(op, call->api->db, &call->caller.scope, SQL_QUERIES_SETTINGS_GET, &e->rows, 0, NULL);
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_TENANT_REVISION, &e->tenant,
             call->caller.tenant.text);
    return OP_WAIT;
}

static int64_t revision(const struct settings *e)
{
    return db_int(&e->rows, 0, 0) + db_int(&e->tenant, 0, 0);
}

static enum op_next show(struct op *op)
{
    struct settings *e = (struct settings *)op;

    call_etag(e->endpoint.call, revision(e));
    return page_one(e->endpoint.call, 200, &e->rows, &op->err) ? OP_DONE : OP_FAIL;
}

const struct op_step settings_get_steps[] = { { "load", load }, { "show", show }, { 0 } };
const size_t settings_get_bytes = sizeof(struct settings);

static void number_set(json_t *object, const char *name, int64_t value)
{
    if (value)
        json_object_set_new(object, name, json_integer(value));
}

/* Whether somebody else reviews what one uploads: an admin is one of those it binds. */
static bool review_allowed(const struct settings *e, struct gov_err *err)
{
    if (e->review_four_eyes && !json_is_boolean(e->review_four_eyes))
        return gov_fail_at(err, GOV_INVALID_INPUT, "/review_four_eyes", "type", "must be true or false",
                           "须为 true 或 false");
    return !e->review_four_eyes || e->endpoint.call->caller.role == ROLE_OWNER ||
           gov_fail_at(err, GOV_FORBIDDEN, "/review_four_eyes", "owner",
                       "only an owner decides whether somebody else has to review what one uploads",
                       "是否必须由他人审核上传内容，仅所有者可以设置");
}

/* Whose signature counts, and whether one has to be there: what else would keep an admin from his own key? */
static bool signing_allowed(struct settings *e, struct gov_err *err)
{
    const json_t *now = db_json(&e->rows, 0, 1, &e->endpoint.op.arena);

    if (!e->signing_keys && !e->signed_only)
        return true;
    if (e->endpoint.call->caller.role != ROLE_OWNER)
        return gov_fail_at(err, GOV_FORBIDDEN, e->signing_keys ? "/signing_keys" : "/signed_only", "owner",
                           "only an owner decides whose signatures count", "信任哪些签名仅所有者可以设置");
    if (e->signed_only && !json_is_boolean(e->signed_only))
        return gov_fail_at(err, GOV_INVALID_INPUT, "/signed_only", "type", "must be true or false", "须为 true 或 false");
    e->keys = e->signing_keys ? json_own(&e->endpoint.op.arena, signing_keys_read(e->signing_keys, err)) : NULL;
    if (e->signing_keys && !e->keys)
        return false;
    bool only = e->signed_only ? json_is_true(e->signed_only) : json_get_bool(now, "signed_only", false);
    return !only || json_array_size(e->keys ? e->keys : json_object_get(now, "signing_keys")) > 0 ||
           gov_fail_at(err, GOV_INVALID_INPUT, "/signed_only", "no_key",
                       "without a trusted key nothing could be published; name one in signing_keys first",
                       "没有受信任的密钥就无法发布任何版本；请先在 signing_keys 中提供");
}

static enum op_next parse(struct op *op)
{
    struct settings *e = (struct settings *)op;
    struct call *call = e->endpoint.call;

    if (!CALL_BODY(call, op, fields, e) || !person_name_check(e->name, "/name", &op->err) ||
        !person_timezone_check(e->timezone, &op->err) ||
        !call_if_match(call, revision(e), &op->err))
        return OP_FAIL;
    return review_allowed(e, &op->err) && signing_allowed(e, &op->err) ? OP_NEXT : OP_FAIL;
}

static void inside_add(struct settings *e, struct db_group *g, const char *key, json_t *values)
{
    struct call *call = e->endpoint.call;
    struct audit_row row = { audit_tenant(call), audit_actor(call), "operation",
                             "settings.changed", "setting", key };
    json_own(&call->op.arena, values);
    if (json_object_size(values) == 0)
        return;
    DB_GROUP_ADD(g, SQL_QUERIES_SETTING_MERGE, NULL, key, json_text(&call->op.arena, values),
                 call->caller.user.text);
    audit_add_inside(g, call, &row, json_incref(values));
}

/* What lives in the tenant's schema. */
static enum op_next change_inside(struct op *op)
{
    struct settings *e = (struct settings *)op;
    struct call *call = e->endpoint.call;
    json_t *confirmation = json_object(), *retention = json_object(), *review = json_object();
    json_t *signing = json_object();

    number_set(confirmation, "expires_s", e->expires_s);
    number_set(confirmation, "reminder_s", e->reminder_s);
    number_set(confirmation, "people", e->people);
    number_set(retention, "request_days", e->request_days);
    number_set(retention, "log_days", e->log_days);
    number_set(retention, "file_days", e->file_days);
    if (e->review_four_eyes)
        json_object_set(review, "four_eyes", (json_t *)e->review_four_eyes);
    if (e->keys)
        json_object_set(signing, "keys", e->keys);
    if (e->signed_only)
        json_object_set(signing, "only", (json_t *)e->signed_only);
    bool any = json_object_size(confirmation) || json_object_size(retention) || json_object_size(review) ||
               json_object_size(signing);
    if (!any && !e->name && !e->timezone && !e->locale) {
        json_decref(confirmation);
        json_decref(retention);
        json_decref(review);
        json_decref(signing);
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "", "empty", "say what to change",
                           "请指定要修改的内容"),
               OP_FAIL;
    }
    struct db_group *g = any ? db_group_new(op, call->api->db, &call->caller.scope) : NULL;
    inside_add(e, g, "confirmation", confirmation);
    inside_add(e, g, "retention", retention);
    inside_add(e, g, "review", review);
    inside_add(e, g, "signing", signing);
    if (any)
        db_group_send(g);
    if (e->request_days || e->log_days || e->file_days)
        DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_RETENTION_NOW, NULL, call->caller.tenant.text);
    return OP_WAIT;
}

static enum op_next change_tenant(struct op *op)
{
    struct settings *e = (struct settings *)op;
    struct call *call = e->endpoint.call;
    struct audit_row row = { audit_tenant(call), audit_actor(call), "operation",
                             "settings.changed", "tenant", call->caller.tenant.text };

    if (!e->name && !e->timezone && !e->locale)
        return OP_NEXT;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_TENANT_UPDATE, NULL, call->caller.tenant.text, e->name, e->timezone,
                 e->locale);
    audit_add(g, call, &row,
              json_pack("{s:s*, s:s*, s:s*}", "name", e->name, "timezone", e->timezone, "locale",
                        e->locale));
    db_group_send(g);
    return OP_WAIT;
}

const struct op_step settings_patch_steps[] = { { "load", load }, { "parse", parse },
                                                { "change_inside", change_inside },
                                                { "change_tenant", change_tenant },
                                                { "reload", load }, { "show", show }, { 0 } };
const size_t settings_patch_bytes = sizeof(struct settings);
