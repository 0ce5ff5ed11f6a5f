/* /v1/platform/channels: the ways out for messages. What is secret about one is a credential; here is its name.
 *
 *     put:   read -> put (row, audit, answer in one transaction) -> show
 *     test:  load -> write one message to the outbox -> show
 */
#include <string.h>

#include "api/audit.h"
#include "api/messages/messages.h"
#include "api/page.h"
#include "core/model/channel.h"

enum { CHANNEL_KIND = 3 }; /* columns of channel_page.sql */

struct channel {
    struct endpoint endpoint;
    const char *kind, *title, *credential, *endpoint_text, *locale;
    struct id tenant;
    json_t *settings;
    bool enabled;
    struct gov_err failed;
    struct db_rows rows, added;
};

static enum op_next list(struct op *op)
{
    struct channel *e = (struct channel *)op;

    DB_QUERY(op, e->endpoint.call->api->db, &DB_PUBLIC, SQL_QUERIES_CHANNEL_PAGE, &e->rows, NULL);
    return OP_WAIT;
}

static enum op_next list_leave(struct op *op)
{
    struct channel *e = (struct channel *)op;
    json_t *items = json_array();

    for (int i = 0; i < e->rows.count; i++)
        json_array_append(items, db_json(&e->rows, i, 1, &op->arena));
    call_list(e->endpoint.call, items, NULL);
    return OP_DONE;
}

const struct op_step channel_list_steps[] = { { "list", list }, { "leave", list_leave }, { 0 } };
const size_t channel_list_bytes = sizeof(struct channel);

static enum op_next load(struct op *op)
{
    struct channel *e = (struct channel *)op;
    struct call *call = e->endpoint.call;

    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_CHANNEL_PAGE, &e->rows, call->params[0]);
    return OP_WAIT;
}

static enum op_next show(struct op *op)
{
    struct channel *e = (struct channel *)op;
    return page_one(e->endpoint.call, 200, &e->rows, &op->err) ? OP_DONE : OP_FAIL;
}

const struct op_step channel_get_steps[] = { { "load", load }, { "show", show }, { 0 } };
const size_t channel_get_bytes = sizeof(struct channel);

/* --- put --- */

#define AT(member) offsetof(struct channel, member)
static const struct json_field fields[] = {
    { "kind", JSON_FIELD_TEXT, true, AT(kind), 0, 0, channel_kinds },
    { "tenant", JSON_FIELD_ID, false, AT(tenant), 0, 0, NULL },
    { "title", JSON_FIELD_TEXT, false, AT(title), 0, 600, NULL },
    { "settings", JSON_FIELD_OBJECT, false, AT(settings), 0, 0, NULL },
    { "credential", JSON_FIELD_SLUG, false, AT(credential), 0, 0, NULL },
    { "enabled", JSON_FIELD_BOOL, false, AT(enabled), 0, 0, NULL },
};

static bool name_check(const char *name, struct gov_err *err)
{
    size_t bytes = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

    return (bytes == strlen(name) && bytes <= 31 && *name >= 'a' && *name <= 'z') ||
           gov_fail_at(err, GOV_INVALID_INPUT, "name", "format",
                       "must be 1-31 lower-case letters, digits and _, beginning with a letter",
                       "必须是 1-31 个小写字母、数字或下划线，且以字母开头");
}

static enum op_next put(struct op *op)
{
    struct channel *e = (struct channel *)op;
    struct call *call = e->endpoint.call;
    struct channel_settings checked;
    const char *name = call->params[0];
    struct audit_row row = { NULL, audit_actor(call), "operation", "channel.changed", "channel", name };

    e->title = "";
    e->enabled = true;
    if (!CALL_BODY(call, op, fields, e) || !name_check(name, &op->err) ||
        !channel_settings_read(e->kind, e->settings, &checked, &op->arena, &op->err))
        return OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_CHANNEL_PUT, NULL, name, e->kind, id_empty(&e->tenant) ? NULL : e->tenant.text, e->title,
                 e->settings ? json_text(&op->arena, e->settings) : "{}", e->credential, e->enabled ? "true" : "false",
                 call->caller.user.text);
    audit_add(g, call, &row, json_pack("{s:s, s:b, s:s*}", "kind", e->kind, "enabled", e->enabled, "credential",
                                       e->credential));
    DB_GROUP_ADD(g, SQL_QUERIES_CHANNEL_PAGE, &e->rows, name);
    audit_remember(g, call, 200);
    db_group_tolerate(g, &e->failed);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next put_leave(struct op *op)
{
    struct channel *e = (struct channel *)op;

    if (e->failed.code == GOV_NOT_FOUND)
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/credential", "unknown",
                           "there is no credential of this name for this channel; create it first",
                           "没有可用于该渠道的同名凭据，请先创建"),
               OP_FAIL;
    if (e->failed.code == GOV_CONFLICT)
        return gov_fail_at(&op->err, GOV_CONFLICT, "/kind", "fixed",
                           "a channel keeps its kind; choose another name or delete it first",
                           "渠道的类型不可更改；请换一个名称或先删除"),
               OP_FAIL;
    if (e->failed.code)
        return op->err = e->failed, OP_FAIL;
    return show(op);
}

const struct op_step channel_put_steps[] = { { "put", put }, { "leave", put_leave }, { 0 } };
const size_t channel_put_bytes = sizeof(struct channel);

/* --- delete --- */

static enum op_next take_out(struct op *op)
{
    struct channel *e = (struct channel *)op;
    struct call *call = e->endpoint.call;
    struct audit_row row = { NULL, audit_actor(call), "operation", "channel.deleted", "channel", call->params[0] };

    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_CHANNEL_DELETE, NULL, call->params[0]);
    audit_add(g, call, &row, NULL);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next gone(struct op *op)
{
    call_empty(((struct channel *)op)->endpoint.call);
    return OP_DONE;
}

const struct op_step channel_delete_steps[] = { { "take_out", take_out }, { "gone", gone }, { 0 } };
const size_t channel_delete_bytes = sizeof(struct channel);

/* --- test --- */

static const char *const locales[] = { "en", "zh-CN", NULL };
static const struct json_field test_fields[] = {
    { "endpoint", JSON_FIELD_TEXT, true, AT(endpoint_text), 1, 500, NULL },
    { "locale", JSON_FIELD_TEXT, false, AT(locale), 0, 0, locales },
};

static enum op_next read_test(struct op *op)
{
    struct channel *e = (struct channel *)op;
    return CALL_BODY(e->endpoint.call, op, test_fields, e) ? load(op) : OP_FAIL;
}

static enum op_next write_test(struct op *op)
{
    struct channel *e = (struct channel *)op;
    struct call *call = e->endpoint.call;

    if (e->rows.count == 0)
        return show(op);
    const char *tenant = json_get_text(db_json(&e->rows, 0, 1, &op->arena), "tenant");
    if (!channel_endpoint_check(db_text(&e->rows, 0, CHANNEL_KIND), e->endpoint_text, "/endpoint", &op->err))
        return OP_FAIL;
    json_t *payload = json_own(&op->arena, json_pack("{s:s}", "by", call->caller.email));
    struct audit_row row = { NULL, audit_actor(call), "operation", "channel.tested", "channel", call->params[0] };
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_OUTBOX_ADD, &e->added, arena_format(&op->arena, "test:%s", id_new().text), "channel.test",
                 call->params[0], e->endpoint_text, tenant, NULL,
                 e->locale ? e->locale : call->language == GOV_ZH ? "zh-CN" : "en",
                 json_text(&op->arena, payload), NULL, NULL);
    audit_add(g, call, &row, json_pack("{s:s}", "endpoint", e->endpoint_text));
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next written(struct op *op)
{
    struct channel *e = (struct channel *)op;

    call_json(e->endpoint.call, 202, json_pack("{s:s}", "delivery", db_text(&e->added, 0, 0)));
    return OP_DONE;
}

const struct op_step channel_test_steps[] = { { "read", read_test }, { "write", write_test }, { "written", written }, { 0 } };
const size_t channel_test_bytes = sizeof(struct channel);
