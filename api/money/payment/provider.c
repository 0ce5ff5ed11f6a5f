/* /v1/platform/payment-providers: who may tell us of payments, and what they told. */
#include <string.h>

#include "api/audit.h"
#include "api/money/money.h"
#include "api/page.h"
#include "core/base/text.h"

struct provider {
    struct endpoint endpoint;
    struct page page;
    const char *kind, *title, *merchant, *app, *credential;
    bool enabled;
    struct gov_err failed;
    struct db_rows rows, put;
};

static enum op_next list(struct op *op)
{
    struct provider *e = (struct provider *)op;

    DB_QUERY(op, e->endpoint.call->api->db, &DB_PUBLIC, SQL_QUERIES_PAYMENT_PROVIDER_PAGE, &e->rows, NULL);
    return OP_WAIT;
}

/* A handful: one page. */
static enum op_next list_leave(struct op *op)
{
    struct provider *e = (struct provider *)op;
    json_t *items = json_array();

    for (int i = 0; i < e->rows.count; i++)
        json_array_append(items, db_json(&e->rows, i, 1, &op->arena));
    call_list(e->endpoint.call, items, NULL);
    return OP_DONE;
}

const struct op_step payment_provider_list_steps[] = { { "list", list }, { "leave", list_leave }, { 0 } };
const size_t payment_provider_list_bytes = sizeof(struct provider);

#define AT(member) offsetof(struct provider, member)
static const char *const kinds[] = { "stripe", "standard", "wechatpay", "alipay", NULL };
static const struct json_field fields[] = {
    { "kind", JSON_FIELD_TEXT, true, AT(kind), 0, 0, kinds },
    { "title", JSON_FIELD_TEXT, true, AT(title), 1, 100, NULL },
    { "credential", JSON_FIELD_SLUG, true, AT(credential), 0, 0, NULL },
    { "merchant", JSON_FIELD_TEXT, false, AT(merchant), 1, 128, NULL },
    { "app", JSON_FIELD_TEXT, false, AT(app), 1, 128, NULL },
    { "enabled", JSON_FIELD_BOOL, false, AT(enabled), 0, 0, NULL },
};

static enum op_next put(struct op *op)
{
    struct provider *e = (struct provider *)op;
    struct call *call = e->endpoint.call;
    const char *code = call->params[0];
    struct audit_row row = { NULL, audit_actor(call), "money", "payment_provider.set", "payment_provider", code };

    e->enabled = true;
    if (!text_slug_valid(code) || strlen(code) > 31)
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "code", "format",
                           "a provider's code has up to 31 small letters, digits, - and _, a letter first",
                           "渠道代码最多 31 个小写字母、数字、- 和 _，并以字母开头"),
               OP_FAIL;
    if (!CALL_BODY(call, op, fields, e))
        return OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_PAYMENT_PROVIDER_PUT, &e->put, code, e->kind, e->title, e->merchant, e->app, e->credential,
                 e->enabled ? "true" : "false", call->caller.user.text);
    audit_add(g, call, &row, json_pack("{s:s, s:s*, s:s*, s:s, s:b}", "kind", e->kind, "merchant", e->merchant, "app",
                                       e->app, "credential", e->credential, "enabled", e->enabled));
    DB_GROUP_ADD(g, SQL_QUERIES_PAYMENT_PROVIDER_PAGE, &e->rows, code);
    db_group_tolerate(g, &e->failed);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next put_leave(struct op *op)
{
    struct provider *e = (struct provider *)op;

    if (e->failed.code == GOV_NOT_FOUND)
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/credential", "unknown",
                           "the platform has no credential of this name; execgov credential create makes one",
                           "平台没有这个名称的凭据；可用 execgov credential create 创建"),
               OP_FAIL;
    if (e->failed.code) {
        op->err = e->failed;
        return OP_FAIL;
    }
    if (e->put.count == 0)
        return gov_fail_at(&op->err, GOV_CONFLICT, "/kind", "changed",
                           "a provider's kind never changes; choose another code", "渠道类型不可更改；请换一个代码"),
               OP_FAIL;
    return page_one(e->endpoint.call, 200, &e->rows, &op->err) ? OP_DONE : OP_FAIL;
}

const struct op_step payment_provider_put_steps[] = { { "put", put }, { "leave", put_leave }, { 0 } };
const size_t payment_provider_put_bytes = sizeof(struct provider);

/* --- the inbox --- */

static enum op_next events(struct op *op)
{
    static const char *const states[] = { "received", "done", "ignored", "unmatched", "failed", NULL };
    struct provider *e = (struct provider *)op;
    struct call *call = e->endpoint.call;
    const char *state;

    if (!page_read(call, PAGE_OF_NUMBERS, &e->page, &op->err) || !page_choice(call, "state", states, &state, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_PAYMENT_EVENT_PAGE, &e->rows, e->page.before, e->page.limit, state);
    return OP_WAIT;
}

static enum op_next events_leave(struct op *op)
{
    struct provider *e = (struct provider *)op;
    page_answer(e->endpoint.call, &e->page, &e->rows);
    return OP_DONE;
}

const struct op_step payment_event_list_steps[] = { { "events", events }, { "leave", events_leave }, { 0 } };
const size_t payment_event_list_bytes = sizeof(struct provider);
