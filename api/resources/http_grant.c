/* /v1/platform/http-resources/{id}/grants: who may call a resource. */
#include "api/audit.h"
#include "api/page.h"
#include "api/resources/resources.h"
#include "core/base/clock.h"
#include "core/base/text.h"

enum { TENANTS_MAX = 200 };

struct http_grant {
    struct endpoint endpoint;
    struct page page;
    struct id resource, grant;
    json_t *tenants; /* array of ids, or NULL with `editions` or `everybody` */
    json_t *editions; /* array of codes */
    bool everybody;
    const char *credential;
    int64_t rate_per_minute, expires_at_us;
    struct gov_err failed;
    struct db_rows found, rows;
};

static enum op_next list(struct op *op)
{
    struct http_grant *e = (struct http_grant *)op;
    struct call *call = e->endpoint.call;

    if (!call_param_id(call, 0, &e->resource, &op->err) || !page_read(call, PAGE_OF_IDS, &e->page, &op->err))
        return OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_HTTP_RESOURCE_PAGE, &e->found, NULL, "1", NULL, e->resource.text);
    DB_GROUP_ADD(g, SQL_QUERIES_HTTP_GRANT_PAGE, &e->rows, e->resource.text, e->page.before, e->page.limit);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next list_leave(struct op *op)
{
    struct http_grant *e = (struct http_grant *)op;

    if (e->found.count == 0)
        return page_one(e->endpoint.call, 200, &e->found, &op->err), OP_FAIL;
    page_answer(e->endpoint.call, &e->page, &e->rows);
    return OP_DONE;
}

const struct op_step http_grant_list_steps[] = { { "list", list }, { "leave", list_leave }, { 0 } };
const size_t http_grant_list_bytes = sizeof(struct http_grant);

/* --- create --- */

static const struct json_field fields[] = {
    { "tenants", JSON_FIELD_ARRAY, false, offsetof(struct http_grant, tenants), 0, TENANTS_MAX, NULL },
    { "editions", JSON_FIELD_ARRAY, false, offsetof(struct http_grant, editions), 0, TENANTS_MAX, NULL },
    { "everybody", JSON_FIELD_BOOL, false, offsetof(struct http_grant, everybody), 0, 0, NULL },
    { "credential", JSON_FIELD_SLUG, false, offsetof(struct http_grant, credential), 0, 0, NULL },
    { "rate_per_minute", JSON_FIELD_INT, false, offsetof(struct http_grant, rate_per_minute), 1, 100000,
      NULL },
    { "expires_at", JSON_FIELD_TIME, false, offsetof(struct http_grant, expires_at_us), 0, 0, NULL },
};

static bool whom(struct http_grant *e, struct gov_err *err)
{
    struct id id;
    json_t *one;
    size_t i;

    if ((json_array_size(e->tenants) > 0) + (json_array_size(e->editions) > 0) + e->everybody != 1)
        return gov_fail_at(err, GOV_INVALID_INPUT, "/tenants", "required",
                           "name the tenants or the editions, or say everybody: true",
                           "请列出租户或版本，或设置 everybody: true");
    json_array_foreach (e->tenants, i, one)
        if (!id_parse(json_string_value(one), &id))
            return gov_fail_at(err, GOV_INVALID_INPUT, "/tenants", "format", "must be ids of tenants",
                               "必须是租户编号");
    json_array_foreach (e->editions, i, one)
        if (!json_is_string(one) || !text_slug_valid(json_string_value(one)))
            return gov_fail_at(err, GOV_INVALID_INPUT, "/editions", "format", "must be codes of editions",
                               "必须是版本代码");
    return e->expires_at_us == 0 || e->expires_at_us > clock_now_us() ||
           gov_fail_at(err, GOV_INVALID_INPUT, "/expires_at", "past", "lies in the past", "是过去的时间");
}

/* The ids of new grants, their tenants and their editions, as arrays of PostgreSQL's. */
static void lists(struct http_grant *e, const char **ids, const char **tenants, const char **editions)
{
    struct arena *arena = &e->endpoint.op.arena;
    size_t count = e->everybody ? 1 : json_array_size(e->tenants) + json_array_size(e->editions);
    struct buf a = { 0 }, b = { 0 }, c = { 0 };

    for (size_t i = 0; i < count; i++) {
        struct id id = id_new();
        buf_addf(&a, "%s%s", i ? "," : "{", id.text);
        const char *tenant = json_string_value(json_array_get(e->tenants, i));
        const char *edition = json_string_value(json_array_get(e->editions, i));
        buf_addf(&b, "%s%s", i ? "," : "{", tenant ? tenant : "NULL");
        buf_addf(&c, "%s%s", i ? "," : "{", edition ? edition : "NULL");
    }
    *ids = arena_format(arena, "%s}", buf_text(&a));
    *tenants = arena_format(arena, "%s}", buf_text(&b));
    *editions = arena_format(arena, "%s}", buf_text(&c));
    buf_release(&a);
    buf_release(&b);
    buf_release(&c);
}

static enum op_next read_new(struct op *op)
{
    struct http_grant *e = (struct http_grant *)op;
    struct call *call = e->endpoint.call;

    if (!CALL_BODY(call, op, fields, e) || !whom(e, &op->err) ||
        !call_param_id(call, 0, &e->resource, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_HTTP_RESOURCE_PAGE, &e->found, NULL, "1", NULL,
             e->resource.text);
    return OP_WAIT;
}

static enum op_next create(struct op *op)
{
    struct http_grant *e = (struct http_grant *)op;
    struct call *call = e->endpoint.call;
    struct arena *arena = &op->arena;
    struct audit_row row = { NULL, audit_actor(call), "resource", "resource.granted", "http_resource",
                             e->resource.text };
    char expires[CLOCK_TEXT_BYTES];
    const char *ids, *tenants, *editions;

    if (e->found.count == 0)
        return page_one(call, 200, &e->found, &op->err), OP_FAIL;
    lists(e, &ids, &tenants, &editions);
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_HTTP_GRANT_INSERT, NULL, e->resource.text, ids, tenants, e->credential,
                 e->rate_per_minute ? arena_format(arena, "%lld", (long long)e->rate_per_minute) : NULL,
                 e->expires_at_us ? clock_format(e->expires_at_us, expires) : NULL, call->caller.user.text, editions);
    audit_add(g, call, &row,
              json_pack("{s:s, s:b, s:O*, s:O*}", "name", db_text(&e->found, 0, 4), "everybody", e->everybody,
                        "tenants", e->tenants, "editions", e->editions));
    DB_GROUP_ADD(g, SQL_QUERIES_HTTP_GRANT_PAGE, &e->rows, e->resource.text, NULL, "201");
    audit_remember(g, call, 201);
    db_group_tolerate(g, &e->failed);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next created(struct op *op)
{
    struct http_grant *e = (struct http_grant *)op;

    if (e->failed.code == GOV_NOT_FOUND)
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/credential", "unknown",
                           "there is no such credential, or it belongs to another tenant",
                           "没有该凭据，或其属于其他租户"),
               OP_FAIL;
    if (e->failed.code == GOV_INTERNAL) /* a foreign key */
        return e->editions ? gov_fail_at(&op->err, GOV_INVALID_INPUT, "/editions", "unknown",
                                         "there is no such edition", "没有该版本")
                           : gov_fail_at(&op->err, GOV_INVALID_INPUT, "/tenants", "unknown",
                                         "there is no such tenant", "没有该租户"),
               OP_FAIL;
    if (e->failed.code) {
        op->err = e->failed;
        return OP_FAIL;
    }
    e->page.size = INT32_MAX;
    page_answer(e->endpoint.call, &e->page, &e->rows);
    e->endpoint.call->status = 201;
    return OP_DONE;
}

const struct op_step http_grant_create_steps[] = {
    { "read", read_new }, { "create", create }, { "created", created }, { 0 }
};
const size_t http_grant_create_bytes = sizeof(struct http_grant);

/* --- delete --- */

static enum op_next take_out(struct op *op)
{
    struct http_grant *e = (struct http_grant *)op;
    struct call *call = e->endpoint.call;

    if (!call_param_id(call, 0, &e->resource, &op->err) || !call_param_id(call, 1, &e->grant, &op->err))
        return OP_FAIL;
    struct audit_row row = { NULL, audit_actor(call), "resource", "resource.grant_withdrawn",
                             "http_resource", e->resource.text };
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_HTTP_GRANT_DELETE, NULL, e->resource.text, e->grant.text);
    audit_add(g, call, &row, json_pack("{s:s}", "grant", e->grant.text));
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next take_out_leave(struct op *op)
{
    call_empty(((struct http_grant *)op)->endpoint.call);
    return OP_DONE;
}

const struct op_step http_grant_delete_steps[] = { { "take_out", take_out }, { "leave", take_out_leave },
                                                   { 0 } };
const size_t http_grant_delete_bytes = sizeof(struct http_grant);
