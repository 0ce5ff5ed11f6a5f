/* /v1/platform/http-resources: list, create, get, replace, delete.
 *
 * A definition is completed by core/model/resource.h before it is stored, so that everybody who reads it
 * (dry runs, plans, egress, the tenants' ledger) reads the same.
 */
#include <string.h>

#include "api/audit.h"
#include "api/page.h"
#include "api/resources/resources.h"
#include "core/model/resource.h"

struct http_resource {
    struct endpoint endpoint;
    struct page page;
    const char *name, *credential;
    bool enabled;
    json_t *definition;
    struct resource resource;
    struct id id;
    struct gov_err failed;
    struct db_rows found, rows;
};

/* --- list and get --- */

static enum op_next list(struct op *op)
{
    struct http_resource *e = (struct http_resource *)op;
    struct call *call = e->endpoint.call;
    const char *words;

    if (!page_read(call, PAGE_OF_IDS, &e->page, &op->err) ||
        !page_words(call, "q", 100, &words, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_HTTP_RESOURCE_PAGE, &e->rows, e->page.before,
             e->page.limit, words, NULL);
    return OP_WAIT;
}

static enum op_next list_leave(struct op *op)
{
    struct http_resource *e = (struct http_resource *)op;
    page_answer(e->endpoint.call, &e->page, &e->rows);
    return OP_DONE;
}

const struct op_step http_resource_list_steps[] = { { "list", list }, { "leave", list_leave }, { 0 } };
const size_t http_resource_list_bytes = sizeof(struct http_resource);

static enum op_next load(struct op *op)
{
    struct http_resource *e = (struct http_resource *)op;
    struct call *call = e->endpoint.call;

    if (!call_param_id(call, 0, &e->id, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_HTTP_RESOURCE_PAGE, &e->found, NULL, "1", NULL,
             e->id.text);
    return OP_WAIT;
}

static enum op_next show_with(struct op *op, int status)
{
    struct http_resource *e = (struct http_resource *)op;

    if (e->found.count)
        call_etag(e->endpoint.call, db_int(&e->found, 0, 2));
    return page_one(e->endpoint.call, status, &e->found, &op->err) ? OP_DONE : OP_FAIL;
}

static enum op_next show(struct op *op)
{
    return show_with(op, 200);
}

const struct op_step http_resource_get_steps[] = { { "load", load }, { "show", show }, { 0 } };
const size_t http_resource_get_bytes = sizeof(struct http_resource);

/* --- create and replace --- */

static const struct json_field fields[] = {
    { "name", JSON_FIELD_SLUG, true, offsetof(struct http_resource, name), 0, 0, NULL },
    { "enabled", JSON_FIELD_BOOL, false, offsetof(struct http_resource, enabled), 0, 0, NULL },
    { "credential", JSON_FIELD_SLUG, false, offsetof(struct http_resource, credential), 0, 0, NULL },
    { "definition", JSON_FIELD_OBJECT, true, offsetof(struct http_resource, definition), 0, 0, NULL },
};

/* Faults of the definition stand below it in the body. */
static bool definition_read(struct http_resource *e, struct arena *arena, struct gov_err *err)
{
    struct gov_err_item *items;

    if (resource_read(e->definition, &e->resource, arena, err))
        return (e->resource.auth == AUTH_NONE) == !e->credential ||
               gov_fail_at(err, GOV_INVALID_INPUT, "/credential", "auth",
                           "a style of authentication needs a credential, and \"none\" takes none",
                           "认证方式需要凭据；none 则不需要");
    items = ARENA_ARRAY(arena, struct gov_err_item, err->item_count + 1);
    for (size_t i = 0; i < err->item_count; i++) {
        items[i] = err->items[i];
        items[i].path = arena_format(arena, "/definition%s", err->items[i].path);
    }
    err->items = items;
    return false;
}

static bool read_whole(struct op *op)
{
    struct http_resource *e = (struct http_resource *)op;

    e->enabled = true;
    return CALL_BODY(e->endpoint.call, op, fields, e) && definition_read(e, &op->arena, &op->err);
}

static void finish(struct http_resource *e, struct db_group *g, const char *action, int status)
{
    struct call *call = e->endpoint.call;
    struct audit_row row = { NULL, audit_actor(call), "resource", action, "http_resource", e->id.text };

    audit_add(g, call, &row, json_pack("{s:s, s:b, s:s*, s:O}", "name", e->name, "enabled", e->enabled,
                                       "credential", e->credential, "definition", e->resource.json));
    DB_GROUP_ADD(g, SQL_QUERIES_HTTP_RESOURCE_PAGE, &e->found, NULL, "1", NULL, e->id.text);
    audit_remember(g, call, status);
    db_group_tolerate(g, &e->failed);
    db_group_send(g);
}

static enum op_next create(struct op *op)
{
    struct http_resource *e = (struct http_resource *)op;
    struct call *call = e->endpoint.call;

    if (!read_whole(op))
        return OP_FAIL;
    e->id = id_new();
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_HTTP_RESOURCE_INSERT, NULL, e->id.text, e->name,
                 e->enabled ? "true" : "false", e->credential, json_text(&op->arena, e->resource.json),
                 call->caller.user.text);
    finish(e, g, "resource.created", 201);
    return OP_WAIT;
}

static bool failed(struct http_resource *e, struct gov_err *err)
{
    switch (e->failed.code) {
    case GOV_OK:
        return false;
    case GOV_CONFLICT:
        gov_fail_at(err, GOV_CONFLICT, "/name", "taken", "there is a resource of this name",
                    "已有同名资源");
        break;
    case GOV_NOT_FOUND:
        gov_fail_at(err, GOV_INVALID_INPUT, "/credential", "unknown",
                    "the platform has no credential of this name; see execgov credential ls",
                    "平台没有该名称的凭据；请查看 execgov credential ls");
        break;
    default:
        *err = e->failed;
    }
    return true;
}

static enum op_next create_leave(struct op *op)
{
    struct http_resource *e = (struct http_resource *)op;
    return failed(e, &op->err) ? OP_FAIL : show_with(op, 201);
}

const struct op_step http_resource_create_steps[] = { { "create", create }, { "leave", create_leave },
                                                      { 0 } };
const size_t http_resource_create_bytes = sizeof(struct http_resource);

static enum op_next replace(struct op *op)
{
    struct http_resource *e = (struct http_resource *)op;
    struct call *call = e->endpoint.call;

    if (e->found.count == 0)
        return show(op);
    int64_t revision = db_int(&e->found, 0, 2);
    if (!call_if_match(call, revision, &op->err) || !read_whole(op))
        return OP_FAIL;
    if (strcmp(e->name, db_text(&e->found, 0, 4)) != 0)
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/name", "const",
                           "a resource keeps its name: skills and plans say it", "资源名称不可更改：技能和计划引用它"),
               OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_HTTP_RESOURCE_UPDATE, NULL, e->id.text, e->enabled ? "true" : "false",
                 e->credential, json_text(&op->arena, e->resource.json), call->caller.user.text,
                 arena_format(&op->arena, "%lld", (long long)revision));
    finish(e, g, "resource.changed", 200);
    return OP_WAIT;
}

static enum op_next replaced(struct op *op)
{
    struct http_resource *e = (struct http_resource *)op;
    return failed(e, &op->err) ? OP_FAIL : show(op);
}

const struct op_step http_resource_replace_steps[] = {
    { "load", load }, { "replace", replace }, { "replaced", replaced }, { 0 }
};
const size_t http_resource_replace_bytes = sizeof(struct http_resource);

/* --- delete --- */

static enum op_next take_out(struct op *op)
{
    struct http_resource *e = (struct http_resource *)op;
    struct call *call = e->endpoint.call;
    struct audit_row row = { NULL, audit_actor(call), "resource", "resource.deleted", "http_resource",
                             e->id.text };

    if (e->found.count == 0)
        return show(op);
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_HTTP_RESOURCE_DELETE, NULL, e->id.text);
    audit_add(g, call, &row, json_pack("{s:s}", "name", db_text(&e->found, 0, 4)));
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next take_out_leave(struct op *op)
{
    call_empty(((struct http_resource *)op)->endpoint.call);
    return OP_DONE;
}

const struct op_step http_resource_delete_steps[] = {
    { "load", load }, { "take_out", take_out }, { "leave", take_out_leave }, { 0 }
};
const size_t http_resource_delete_bytes = sizeof(struct http_resource);
