/* /v1/platform/credentials: what proves to HTTP resources that we may call them. Values come in and never
 * go out.
 *
 *     create, rotate:  read -> key -> seal and store -> show
 *
 * The value is sealed here to the public key that execgov-egress published, so this process could not read
 * it again if it wanted to (core/io/crypto/seal.h). A repeat under an Idempotency-Key is told already_done.
 */
#include <string.h>

#include "api/audit.h"
#include "api/page.h"
#include "api/resources/resources.h"
#include "core/base/clock.h"
#include "core/io/crypto/seal.h"

enum { VALUE_BYTES_MAX = 16 * 1024, PARTS_MAX = 8 };

struct credential {
    struct endpoint endpoint;
    struct page page;
    const char *name, *description;
    struct id tenant;
    json_t *value;
    struct id id;
    const char *tenant_id; /* NULL: the platform's */
    int64_t version;
    int64_t expires_us; /* 0: never, or not said */
    struct sealed sealed;
    struct gov_err failed;
    struct db_rows key, found, rows;
};

/* --- list and get --- */

static enum op_next list(struct op *op)
{
    struct credential *e = (struct credential *)op;
    struct call *call = e->endpoint.call;
    const char *words;

    if (!page_read(call, PAGE_OF_IDS, &e->page, &op->err) ||
        !page_words(call, "q", 100, &words, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_CREDENTIAL_PAGE, &e->rows, e->page.before,
             e->page.limit, words, NULL);
    return OP_WAIT;
}

static enum op_next list_leave(struct op *op)
{
    struct credential *e = (struct credential *)op;
    page_answer(e->endpoint.call, &e->page, &e->rows);
    return OP_DONE;
}

const struct op_step credential_list_steps[] = { { "list", list }, { "leave", list_leave }, { 0 } };
const size_t credential_list_bytes = sizeof(struct credential);

static enum op_next load(struct op *op)
{
    struct credential *e = (struct credential *)op;
    struct call *call = e->endpoint.call;

    if (!call_param_id(call, 0, &e->id, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_CREDENTIAL_PAGE, &e->found, NULL, "1", NULL,
             e->id.text);
    return OP_WAIT;
}

static enum op_next show(struct op *op)
{
    struct credential *e = (struct credential *)op;
    return page_one(e->endpoint.call, 200, &e->found, &op->err) ? OP_DONE : OP_FAIL;
}

const struct op_step credential_get_steps[] = { { "load", load }, { "show", show }, { 0 } };
const size_t credential_get_bytes = sizeof(struct credential);

/* --- the value --- */

static bool part_valid(const json_t *part)
{
    const char *text = json_string_value(part);
    return text && *text && strpbrk(text, "\r\n") == NULL;
}

/* A text, or named texts as an authentication style wants them ({"username", "password"}). */
static bool value_check(const json_t *value, struct gov_err *err)
{
    const char *name;
    json_t *part;
    bool good = json_is_object(value) ? json_object_size(value) > 0 && json_object_size(value) <= PARTS_MAX
                                      : part_valid(value);

    json_object_foreach ((json_t *)value, name, part)
        good = good && part_valid(part);
    return good ||
           gov_fail_at(err, GOV_INVALID_INPUT, "/value", "type",
                       "must be a text without line breaks, or an object of up to %d such texts",
                       "必须是不含换行的文本，或最多 %d 个此类文本的对象", PARTS_MAX);
}

static enum op_next key(struct op *op)
{
    struct credential *e = (struct credential *)op;

    db_query(op, e->endpoint.call->api->db, &DB_PUBLIC, SQL_QUERIES_EGRESS_KEY_CURRENT, &e->key, 0,
             NULL);
    return OP_WAIT;
}

static bool seal(struct credential *e, struct arena *arena, struct gov_err *err)
{
    struct seal_target target;
    char version[24];

    if (e->key.count == 0 ||
        !seal_target_read(db_text(&e->key, 0, 0), db_text(&e->key, 0, 1), &target))
        return gov_fail(err, GOV_CREDENTIAL_UNAVAILABLE,
                        "no key to seal it to was published; start execgov-egress with a key file",
                        "尚未发布用于封装的密钥；请先以密钥文件启动 execgov-egress");
    snprintf(version, sizeof version, "%lld", (long long)e->version);
    char *text = json_dumps(e->value, JSON_COMPACT | JSON_ENCODE_ANY);
    size_t bytes = strlen(text);
    bool good = bytes <= VALUE_BYTES_MAX
                    ? seal_make(&target, seal_credential_context(e->tenant_id, e->id.text, version, arena),
                                text, bytes, arena, &e->sealed, err)
                    : gov_fail_at(err, GOV_INVALID_INPUT, "/value", "length",
                                  "is longer than %d bytes", "超过 %d 字节", VALUE_BYTES_MAX);
    seal_wipe(text, bytes);
    free(text);
    return good;
}

static const char *expiry(struct credential *e)
{
    return e->expires_us ? clock_format(e->expires_us, arena_alloc(&e->endpoint.op.arena, CLOCK_TEXT_BYTES)) : NULL;
}

static void add_value(struct credential *e, struct db_group *g)
{
    DB_GROUP_ADD(g, SQL_QUERIES_CREDENTIAL_VALUE_INSERT, NULL, e->id.text,
                 arena_format(&e->endpoint.op.arena, "%lld", (long long)e->version),
                 e->sealed.key_id, e->sealed.wrapped_key, e->sealed.nonce, e->sealed.value);
}

static void add_rest(struct credential *e, struct db_group *g, const char *action, int status)
{
    struct call *call = e->endpoint.call;
    struct audit_row row = { NULL, audit_actor(call), "credential", action, "credential", e->id.text };

    audit_add(g, call, &row, json_pack("{s:s*, s:I}", "name", e->name, "version",
                                       (json_int_t)e->version));
    DB_GROUP_ADD(g, SQL_QUERIES_CREDENTIAL_PAGE, &e->found, NULL, "1", NULL, e->id.text);
    audit_remember(g, call, status);
    db_group_tolerate(g, &e->failed);
    db_group_send(g);
}

/* --- create --- */

static const struct json_field create_fields[] = {
    { "name", JSON_FIELD_SLUG, true, offsetof(struct credential, name), 0, 0, NULL },
    { "description", JSON_FIELD_TEXT, false, offsetof(struct credential, description), 0, 500, NULL },
    { "tenant", JSON_FIELD_ID, false, offsetof(struct credential, tenant), 0, 0, NULL },
    { "value", JSON_FIELD_ANY, true, offsetof(struct credential, value), 0, 0, NULL },
    { "expires_at", JSON_FIELD_TIME, false, offsetof(struct credential, expires_us), 0, 0, NULL },
};

static enum op_next read_new(struct op *op)
{
    struct credential *e = (struct credential *)op;

    if (!CALL_BODY(e->endpoint.call, op, create_fields, e) || !value_check(e->value, &op->err))
        return OP_FAIL;
    e->id = id_new();
    e->version = 1;
    e->tenant_id = id_empty(&e->tenant) ? NULL : e->tenant.text;
    return OP_NEXT;
}

static enum op_next create(struct op *op)
{
    struct credential *e = (struct credential *)op;
    struct call *call = e->endpoint.call;

    if (!seal(e, &op->arena, &op->err))
        return OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_CREDENTIAL_INSERT, NULL, e->id.text, e->name, e->description,
                 e->tenant_id, call->caller.user.text, expiry(e));
    add_value(e, g);
    add_rest(e, g, "credential.created", 201);
    return OP_WAIT;
}

static bool failed(struct credential *e, struct gov_err *err)
{
    if (e->failed.code == GOV_CONFLICT && strcmp(e->failed.item, "credential_name_once") == 0)
        return gov_fail_at(err, GOV_CONFLICT, "/name", "taken", "there is a credential of this name",
                           "已有同名凭据");
    if (e->failed.code == GOV_CONFLICT)
        return gov_fail(err, GOV_CONFLICT, "somebody else has just changed this credential; look again",
                        "该凭据刚被他人修改，请重新查看");
    if (e->failed.code)
        *err = e->failed;
    return !e->failed.code;
}

static enum op_next create_leave(struct op *op)
{
    struct credential *e = (struct credential *)op;
    return failed(e, &op->err) && page_one(e->endpoint.call, 201, &e->found, &op->err) ? OP_DONE
                                                                                       : OP_FAIL;
}

const struct op_step credential_create_steps[] = {
    { "read", read_new }, { "key", key }, { "create", create }, { "leave", create_leave }, { 0 }
};
const size_t credential_create_bytes = sizeof(struct credential);

/* --- rotate --- */

static const struct json_field rotate_fields[] = {
    { "value", JSON_FIELD_ANY, true, offsetof(struct credential, value), 0, 0, NULL },
    { "expires_at", JSON_FIELD_TIME, false, offsetof(struct credential, expires_us), 0, 0, NULL },
};

static enum op_next read_value(struct op *op)
{
    struct credential *e = (struct credential *)op;

    if (!CALL_BODY(e->endpoint.call, op, rotate_fields, e) || !value_check(e->value, &op->err))
        return OP_FAIL;
    return load(op);
}

static enum op_next rotate(struct op *op)
{
    struct credential *e = (struct credential *)op;
    struct call *call = e->endpoint.call;

    if (e->found.count == 0)
        return show(op);
    const char *version = db_text(&e->found, 0, 3);
    e->tenant_id = db_text(&e->found, 0, 2);
    e->version = db_int(&e->found, 0, 3) + 1;
    if (!seal(e, &op->arena, &op->err))
        return OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_CREDENTIAL_ROTATE, NULL, e->id.text, version, expiry(e));
    add_value(e, g);
    add_rest(e, g, "credential.rotated", 200);
    return OP_WAIT;
}

static enum op_next changed(struct op *op)
{
    struct credential *e = (struct credential *)op;
    return failed(e, &op->err) ? show(op) : OP_FAIL;
}

const struct op_step credential_rotate_steps[] = {
    { "read", read_value }, { "key", key }, { "rotate", rotate }, { "changed", changed }, { 0 }
};
const size_t credential_rotate_bytes = sizeof(struct credential);

/* --- delete --- */

static enum op_next take_out(struct op *op)
{
    struct credential *e = (struct credential *)op;
    struct call *call = e->endpoint.call;
    struct audit_row row = { NULL, audit_actor(call), "credential", "credential.deleted", "credential",
                             e->id.text };

    if (e->found.count == 0)
        return show(op);
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_CREDENTIAL_DELETE, NULL, e->id.text);
    audit_add(g, call, &row,
              json_pack("{s:O*}", "name", json_object_get(db_json(&e->found, 0, 1, &op->arena), "name")));
    db_group_tolerate(g, &e->failed);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next take_out_leave(struct op *op)
{
    struct credential *e = (struct credential *)op;

    if (e->failed.code == GOV_FORBIDDEN) /* what credential_delete.sql says of one in use */
        return gov_fail(&op->err, GOV_CONFLICT,
                        "a resource, a grant, a payment provider or a channel uses it; take it out there first",
                        "仍有资源、授权、支付渠道或消息渠道在使用该凭据，请先解除"),
               OP_FAIL;
    if (!failed(e, &op->err))
        return OP_FAIL;
    call_empty(e->endpoint.call);
    return OP_DONE;
}

const struct op_step credential_delete_steps[] = {
    { "load", load }, { "take_out", take_out }, { "leave", take_out_leave }, { 0 }
};
const size_t credential_delete_bytes = sizeof(struct credential);
