/* POST /v1/platform/orders and POST /v1/orders: quote -> create. Idempotent by the order's own key: a repeat
 * is shown the order as it is now. */
#include <string.h>

#include "api/money/money.h"
#include "api/money/order/quote.h"
#include "api/page.h"
#include "api/people/person.h"

struct order_new {
    struct endpoint endpoint;
    struct quote quote;
    struct id customer, subscription, order;
    bool has_customer, draft;
    bool intent; /* a team beside a personal account: one at a time */
    struct id asked_customer, asked_subscription, asked_tenant;
    const char *tenant_name, *owner_email;
    struct db_rows rows, owner;
};

#define AT(member) offsetof(struct order_new, member)
static const struct json_field fields[] = {
    { "edition", JSON_FIELD_SLUG, true, AT(quote.edition), 0, 0, NULL },
    { "quantity", JSON_FIELD_INT, false, AT(quote.quantity), 1, 1000, NULL },
    { "tenant_name", JSON_FIELD_TEXT, false, AT(tenant_name), 1, 400, NULL },
    { "customer_id", JSON_FIELD_ID, false, AT(asked_customer), 0, 0, NULL },
    { "subscription_id", JSON_FIELD_ID, false, AT(asked_subscription), 0, 0, NULL },
    { "tenant_id", JSON_FIELD_ID, false, AT(asked_tenant), 0, 0, NULL },
    { "owner_email", JSON_FIELD_TEXT, false, AT(owner_email), 3, 254, NULL },
    { "draft", JSON_FIELD_BOOL, false, AT(draft), 0, 0, NULL },
};
enum { FIELDS = sizeof fields / sizeof *fields, OWN_FIELDS = 3 };

static const char *given(const struct id *id)
{
    return id_empty(id) ? NULL : id->text;
}

static enum op_next ask(struct op *op)
{
    struct order_new *e = (struct order_new *)op;
    struct call *call = e->endpoint.call;

    e->quote.quantity = 1;
    if (!CALL_BODY(call, op, fields, e) || !person_name_check(e->tenant_name, "/tenant_name", &op->err) ||
        (e->owner_email && !person_email_check(&e->owner_email, "/owner_email", &op->arena, &op->err)))
        return OP_FAIL;
    e->quote.subscription = given(&e->asked_subscription);
    e->quote.tenant = given(&e->asked_tenant);
    quote_ask(op, call, &e->quote);
    if (e->owner_email)
        DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_USER_FIND, &e->owner, e->owner_email);
    return OP_WAIT;
}

static enum op_next own_ask(struct op *op)
{
    struct order_new *e = (struct order_new *)op;
    struct call *call = e->endpoint.call;

    e->quote.quantity = 1;
    if (!call_body(call, op, fields, OWN_FIELDS, e) || !person_name_check(e->tenant_name, "/tenant_name", &op->err))
        return OP_FAIL;
    e->quote.tenant = call->caller.tenant.text;
    e->quote.user = call->caller.user.text;
    quote_ask(op, call, &e->quote);
    return OP_WAIT;
}

#define MISSING(err, path, en, zh) gov_fail_at(err, GOV_INVALID_INPUT, path, "required", en, zh)

/* Columns of user_find.sql. */
enum { U_ID, U_STATE };

/* Known before anybody pays: a team that is made for an address without an account would be nobody's. */
static bool owned(const struct order_new *e, struct gov_err *err)
{
    const struct db_rows *r = &e->owner;

    if (!e->owner_email || (r->count && strcmp(db_text(r, 0, U_STATE), "active") == 0))
        return true;
    return gov_fail_at(err, GOV_CONFLICT, "/owner_email", "no_account",
                       "nobody has an active account under this address, and the team would be nobody's: have its owner register "
                       "first, or order without the address, and let an administrator invite him once the team is there "
                       "(POST /v1/platform/tenants/TENANT/owner)",
                       "该邮箱没有可用账号，开通后团队将无人所有：请先让所有者注册；或下单时不填邮箱，待团队开通后由平台管理员邀请其为所有者"
                       "（POST /v1/platform/tenants/租户编号/owner）");
}

/* A name is for a team that is not there yet; a name that nobody reads is not dropped without a word. */
static bool name_fits(const struct order_new *e, struct gov_err *err)
{
    const struct quote *q = &e->quote;
    bool quota = strcmp(q->order_kind, "quota") == 0;

    if (!e->tenant_name || (!quota && id_empty(&e->asked_tenant) && (!q->of_subscription || strcmp(q->order_kind, "new") == 0)))
        return true;
    if (quota)
        return gov_fail_at(err, GOV_INVALID_INPUT, "/tenant_name", "not_here",
                           "a slot pack makes no team: leave the name out (tenant_name; --tenant-name on the command line)",
                           "槽位包不会新建团队：请去掉名称（tenant_name；命令行：--tenant-name）");
    return gov_fail_at(err, GOV_INVALID_INPUT, "/tenant_name", "not_here",
                       "this order is for a team that is there and has its name: leave the name out (tenant_name; --tenant-name on the "
                       "command line); another team is ordered from one's personal account, or by finance without a tenant",
                       "该订单面向已有名称的现有团队：请去掉名称（tenant_name；命令行：--tenant-name）；要新建团队，请在个人账号中订购，"
                       "或由财务在不指定租户时下单");
}

/* Whose order, and of which subscription, as finance asked. */
static bool place(struct order_new *e, struct gov_err *err)
{
    const struct quote *q = &e->quote;

    if (!id_empty(&e->asked_subscription) && !q->of_subscription)
        return gov_fail(err, GOV_NOT_FOUND, "there is no such subscription", "没有该订阅");
    e->has_customer = true;
    if (!id_empty(&e->asked_customer))
        e->customer = e->asked_customer;
    else if (q->customer)
        id_parse(q->customer, &e->customer);
    else
        return MISSING(err, "/customer_id", "whose order is it?", "请指定客户");
    if (!name_fits(e, err))
        return false;
    if (strcmp(q->order_kind, "quota") == 0)
        return !id_empty(&e->asked_tenant) ||
               MISSING(err, "/tenant_id", "which tenant gets the slots?", "请指定获得槽位的租户");
    return true;
}

/* The same for somebody who orders by himself: a person's first order makes him a customer. A personal
 * tenant keeps its own account and gets a team beside it. */
static bool own_place(struct order_new *e, struct call *call, struct gov_err *err)
{
    struct quote *q = &e->quote;
    bool quota = strcmp(q->order_kind, "quota") == 0;
    const char *customer = q->of_subscription && !quota ? q->customer : q->user_customer;

    e->asked_tenant = call->caller.tenant;
    e->has_customer = customer != NULL;
    if (customer)
        id_parse(customer, &e->customer);
    if (!quota && strcmp(q->tenant_kind, "personal") == 0) {
        q->of_subscription = NULL;
        q->order_kind = "upgrade";
        e->asked_tenant = (struct id){ "" };
        e->intent = true;
        return e->tenant_name || MISSING(err, "/tenant_name", "say the new team's name (tenant_name; --tenant-name NAME on the command line)", "请填写新团队名称（tenant_name；命令行：--tenant-name 名称）");
    }
    return name_fits(e, err);
}

static json_t *terms_of(struct order_new *e, struct call *call, bool own)
{
    return json_pack("{s:s*, s:s*, s:s*, s:b, s:o*}", "tenant_name", e->tenant_name, "owner_email", e->owner_email, "owner",
                     own ? call->caller.user.text : e->owner_email ? db_text(&e->owner, 0, U_ID) : NULL, "restart", e->quote.restart, "intent", e->intent ? json_true() : NULL);
}

static void write_order(struct op *op, struct order_new *e, bool own)
{
    struct call *call = e->endpoint.call;
    struct quote *q = &e->quote;
    struct arena *arena = &op->arena;
    bool quota = strcmp(q->order_kind, "quota") == 0;
    const char *key = call->idempotency_key, *subscription = quota ? NULL : q->of_subscription;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);

    e->order = id_new();
    if (e->has_customer)
        DB_GROUP_ADD(g, SQL_QUERIES_CUSTOMER_MUST, NULL, e->customer.text);
    if (!e->has_customer) {
        e->customer = id_new();
        DB_GROUP_ADD(g, SQL_QUERIES_CUSTOMER_INSERT, NULL, e->customer.text, "person", call->caller.name,
                     call->caller.user.text, q->timezone, call->language == GOV_ZH ? "zh-CN" : "en", NULL);
        /* An address that would need quoting in an array is left to finance; the owner is told anyway. */
        if (!strpbrk(call->caller.email, "\"\\"))
            DB_GROUP_ADD(g, SQL_QUERIES_CUSTOMER_CONTACTS_INSERT, NULL, e->customer.text,
                         arena_format(arena, "{\"%s\"}", call->caller.email));
    }
    if (!quota && !subscription) {
        e->subscription = id_new();
        subscription = e->subscription.text;
        DB_GROUP_ADD(g, SQL_QUERIES_SUBSCRIPTION_OPEN, NULL, subscription, e->customer.text, given(&e->asked_tenant),
                     q->version, q->timezone, key);
    }
    DB_GROUP_ADD(g, SQL_QUERIES_ORDER_CREATE, &e->rows, e->order.text, q->order_kind, e->customer.text, subscription,
                 quota ? given(&e->asked_tenant) : NULL, q->version, arena_format(arena, "%lld", (long long)q->quantity),
                 e->draft ? "true" : "false", arena_format(arena, "%lld", (long long)q->amount),
                 arena_format(arena, "%lld", (long long)q->tax), json_text(arena, q->made_of),
                 json_text(arena, json_own(arena, terms_of(e, call, own))), key, call->body_hash, call->caller.user.text);
    if (quota)
        DB_GROUP_ADD(g, SQL_QUERIES_ORDER_SLOTS_FIT, NULL, e->order.text);
    if (e->intent)
        DB_GROUP_ADD(g, SQL_QUERIES_UPGRADE_INTENT_OPEN, NULL, e->order.text, call->caller.user.text);
    db_group_send(g);
}

static enum op_next create(struct op *op)
{
    struct order_new *e = (struct order_new *)op;

    if (!quote_read(op, &e->quote, &op->err) || !place(e, &op->err) || !owned(e, &op->err))
        return OP_FAIL;
    write_order(op, e, false);
    return OP_WAIT;
}

static enum op_next own_create(struct op *op)
{
    struct order_new *e = (struct order_new *)op;

    if (!quote_read(op, &e->quote, &op->err) || !own_place(e, e->endpoint.call, &op->err))
        return OP_FAIL;
    write_order(op, e, true);
    return OP_WAIT;
}

static enum op_next created(struct op *op)
{
    struct order_new *e = (struct order_new *)op;
    call_json(e->endpoint.call, 201, json_incref(db_json(&e->rows, 0, 0, &op->arena)));
    return OP_DONE;
}

const struct op_step order_create_steps[] = { { "ask", ask }, { "create", create }, { "created", created }, { 0 } };
const size_t order_create_bytes = sizeof(struct order_new);
const struct op_step own_order_create_steps[] = { { "ask", own_ask }, { "create", own_create },
                                                  { "created", created }, { 0 } };
const size_t own_order_create_bytes = sizeof(struct order_new);
