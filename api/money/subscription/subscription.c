/* /v1/platform/subscriptions and /v1/subscription: what is paid until when, holds, and the wish to end. */
#include "api/money/money.h"
#include "api/page.h"
#include "api/people/person.h"
#include "core/base/clock.h"

struct subscription {
    struct endpoint endpoint;
    struct page page;
    struct id id, hold;
    const char *kind, *reason;
    const char *until, *edition, *timezone;
    struct db_rows rows, holds, done, slots;
};

static const char *const states[] = { "pending", "active", "grace", "shutdown", "cancelled", "terminated", NULL };

static enum op_next list(struct op *op)
{
    struct subscription *e = (struct subscription *)op;
    struct call *call = e->endpoint.call;
    const char *state, *customer;

    if (!page_read(call, PAGE_OF_IDS, &e->page, &op->err) || !page_choice(call, "state", states, &state, &op->err) ||
        !page_id(call, "customer_id", &customer, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_SUBSCRIPTION_PAGE, &e->rows, e->page.before, e->page.limit, state,
             customer, NULL, NULL);
    return OP_WAIT;
}

static enum op_next list_leave(struct op *op)
{
    struct subscription *e = (struct subscription *)op;
    page_answer(e->endpoint.call, &e->page, &e->rows);
    return OP_DONE;
}

const struct op_step subscription_list_steps[] = { { "list", list }, { "leave", list_leave }, { 0 } };
const size_t subscription_list_bytes = sizeof(struct subscription);

static void add_get(struct db_group *g, struct subscription *e)
{
    DB_GROUP_ADD(g, SQL_QUERIES_SUBSCRIPTION_PAGE, &e->rows, NULL, "1", NULL, NULL, e->id.text, NULL);
    DB_GROUP_ADD(g, SQL_QUERIES_HOLD_PAGE, &e->holds, e->id.text);
}

static enum op_next get(struct op *op)
{
    struct subscription *e = (struct subscription *)op;
    struct call *call = e->endpoint.call;

    if (!call_param_id(call, 0, &e->id, &op->err))
        return OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    add_get(g, e);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next show(struct op *op)
{
    struct subscription *e = (struct subscription *)op;
    json_t *shown, *holds;

    if (e->rows.count == 0)
        return page_one(e->endpoint.call, 200, &e->rows, &op->err), OP_FAIL;
    shown = json_copy(db_json(&e->rows, 0, 1, &op->arena));
    holds = json_array();
    for (int i = 0; i < e->holds.count; i++)
        json_array_append(holds, db_json(&e->holds, i, 1, &op->arena));
    json_object_set_new(shown, "holds", holds);
    call_json(e->endpoint.call, 200, shown);
    return OP_DONE;
}

const struct op_step subscription_get_steps[] = { { "get", get }, { "show", show }, { 0 } };
const size_t subscription_get_bytes = sizeof(struct subscription);

/* --- of the caller's tenant; a personal one without any sees null, and its slots --- */

static void add_own(struct db_group *g, struct subscription *e)
{
    const char *tenant = e->endpoint.call->caller.tenant.text;

    DB_GROUP_ADD(g, SQL_QUERIES_SUBSCRIPTION_PAGE, &e->rows, NULL, "1", NULL, NULL, NULL, tenant);
    DB_GROUP_ADD(g, SQL_QUERIES_OWN_SLOTS, &e->slots, tenant);
}

static enum op_next own(struct op *op)
{
    struct subscription *e = (struct subscription *)op;
    struct db_group *g = db_group_new(op, e->endpoint.call->api->db, &DB_PUBLIC);

    add_own(g, e);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next own_show(struct op *op)
{
    struct subscription *e = (struct subscription *)op;

    call_json(e->endpoint.call, 200, json_pack("{s:O?, s:O?}", "subscription",
                                               e->rows.count ? db_json(&e->rows, 0, 1, &op->arena) : NULL, "slots",
                                               e->slots.count ? db_json(&e->slots, 0, 0, &op->arena) : NULL));
    return OP_DONE;
}

const struct op_step own_subscription_steps[] = { { "own", own }, { "show", own_show }, { 0 } };
const size_t own_subscription_bytes = sizeof(struct subscription);

/* --- holds --- */

#define AT(member) offsetof(struct subscription, member)
static const char *const kinds[] = { "courtesy", "dispute", NULL };
static const struct json_field hold_fields[] = {
    { "kind", JSON_FIELD_TEXT, true, AT(kind), 0, 0, kinds },
    { "until", JSON_FIELD_TEXT, true, AT(until), 10, 40, NULL },
    { "reason", JSON_FIELD_TEXT, true, AT(reason), 1, 500, NULL },
};

static enum op_next hold(struct op *op)
{
    struct subscription *e = (struct subscription *)op;
    struct call *call = e->endpoint.call;
    struct id id = id_new();
    int64_t us;

    if (!call_param_id(call, 0, &e->id, &op->err) || !CALL_BODY(call, op, hold_fields, e))
        return OP_FAIL;
    if (!clock_parse(e->until, &us))
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/until", "format",
                           "must be a time like 2026-12-01T00:00:00+08:00, at most 90 days from now",
                           "须为形如 2026-12-01T00:00:00+08:00 的时间，最多 90 天"),
               OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_HOLD_ADD, &e->done, e->id.text, arena_text(&op->arena, id.text), e->kind, e->until,
                 e->reason, call->caller.user.text);
    add_get(g, e);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next release(struct op *op)
{
    struct subscription *e = (struct subscription *)op;
    struct call *call = e->endpoint.call;

    if (!call_param_id(call, 0, &e->id, &op->err) || !call_param_id(call, 1, &e->hold, &op->err))
        return OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_HOLD_RELEASE, &e->done, e->hold.text, call->caller.user.text);
    add_get(g, e);
    db_group_send(g);
    return OP_WAIT;
}

const struct op_step subscription_hold_steps[] = { { "hold", hold }, { "show", show }, { 0 } };
const size_t subscription_hold_bytes = sizeof(struct subscription);
const struct op_step subscription_release_steps[] = { { "release", release }, { "show", show }, { 0 } };
const size_t subscription_release_bytes = sizeof(struct subscription);

/* --- not another period; or one after all --- */

static enum op_next end_of(struct op *op, const char *end)
{
    struct subscription *e = (struct subscription *)op;
    struct call *call = e->endpoint.call;

    if (!call_param_id(call, 0, &e->id, &op->err))
        return OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_SUBSCRIPTION_END, &e->done, e->id.text, end, call->caller.user.text);
    add_get(g, e);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next cancel(struct op *op)
{
    return end_of(op, "true");
}

static enum op_next go_on(struct op *op)
{
    return end_of(op, "false");
}

static enum op_next own_end_of(struct op *op, const char *end)
{
    struct subscription *e = (struct subscription *)op;
    const struct caller *caller = &e->endpoint.call->caller;
    struct db_group *g = db_group_new(op, e->endpoint.call->api->db, &DB_PUBLIC);

    DB_GROUP_ADD(g, SQL_QUERIES_OWN_SUBSCRIPTION_END, &e->done, caller->tenant.text, end, caller->user.text);
    add_own(g, e);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next own_cancel(struct op *op)
{
    return own_end_of(op, "true");
}

static enum op_next own_go_on(struct op *op)
{
    return own_end_of(op, "false");
}

static enum op_next own_changed(struct op *op)
{
    struct subscription *e = (struct subscription *)op;

    if (e->rows.count > 0)
        return own_show(op);
    return gov_fail(&op->err, GOV_NOT_FOUND, "this tenant has no subscription: GET /v1/editions says what it can order",
                    "该租户没有订阅：可订购的版本见 GET /v1/editions"), OP_FAIL;
}

const struct op_step own_subscription_cancel_steps[] = { { "cancel", own_cancel }, { "show", own_changed }, { 0 } };
const size_t own_subscription_cancel_bytes = sizeof(struct subscription);
const struct op_step own_subscription_continue_steps[] = { { "continue", own_go_on }, { "show", own_changed }, { 0 } };
const size_t own_subscription_continue_bytes = sizeof(struct subscription);

/* --- scans look at it again --- */

static enum op_next retry(struct op *op)
{
    struct subscription *e = (struct subscription *)op;
    struct call *call = e->endpoint.call;

    if (!call_param_id(call, 0, &e->id, &op->err))
        return OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_SUBSCRIPTION_RETRY, &e->done, e->id.text, call->caller.user.text);
    add_get(g, e);
    db_group_send(g);
    return OP_WAIT;
}

const struct op_step subscription_retry_steps[] = { { "retry", retry }, { "show", show }, { 0 } };
const size_t subscription_retry_bytes = sizeof(struct subscription);
const struct op_step subscription_cancel_steps[] = { { "cancel", cancel }, { "show", show }, { 0 } };
const size_t subscription_cancel_bytes = sizeof(struct subscription);
/* --- another edition from the next period on --- */

static enum op_next edition(struct op *op)
{
    struct subscription *e = (struct subscription *)op;
    struct call *call = e->endpoint.call;
    static const struct json_field fields[] = { { "edition", JSON_FIELD_SLUG, true, AT(edition), 0, 0, NULL } };

    if (!call_param_id(call, 0, &e->id, &op->err) || !CALL_BODY(call, op, fields, e))
        return OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_SUBSCRIPTION_EDITION, &e->done, e->id.text, e->edition, call->caller.user.text);
    add_get(g, e);
    db_group_send(g);
    return OP_WAIT;
}

const struct op_step subscription_edition_steps[] = { { "edition", edition }, { "show", show }, { 0 } };
const size_t subscription_edition_bytes = sizeof(struct subscription);

/* --- the customer has moved --- */

static enum op_next timezone_of(struct op *op)
{
    struct subscription *e = (struct subscription *)op;
    struct call *call = e->endpoint.call;
    static const struct json_field fields[] = { { "timezone", JSON_FIELD_TEXT, true, AT(timezone), 1, 64, NULL } };

    if (!call_param_id(call, 0, &e->id, &op->err) || !CALL_BODY(call, op, fields, e) ||
        !person_timezone_check(e->timezone, &op->err))
        return OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_SUBSCRIPTION_TIMEZONE, &e->done, e->id.text, e->timezone, call->caller.user.text);
    add_get(g, e);
    db_group_send(g);
    return OP_WAIT;
}

const struct op_step subscription_timezone_steps[] = { { "timezone", timezone_of }, { "show", show }, { 0 } };
const size_t subscription_timezone_bytes = sizeof(struct subscription);
const struct op_step subscription_continue_steps[] = { { "continue", go_on }, { "show", show }, { 0 } };
const size_t subscription_continue_bytes = sizeof(struct subscription);
