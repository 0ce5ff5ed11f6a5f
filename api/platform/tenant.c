/* /v1/platform/tenants: list, create, get, suspend, resume.
 *
 * Suspending changes one row; what it means is decided where a caller is authorised (auth.c): reading and
 * logging in go on, everything else is refused. The platform's act is in both audits.
 */
#include <string.h>

#include "api/audit.h"
#include "api/page.h"
#include "api/people/login/link.h"
#include "api/people/person.h"
#include "api/platform/platform.h"

struct tenant {
    struct endpoint endpoint;
    struct page page;
    const char *name, *owner_email, *timezone, *locale, *comment;
    struct id id;
    struct gov_err failed;
    struct link link;
    struct db_rows rows, found;
};

/* --- list and get --- */

static enum op_next list(struct op *op)
{
    static const char *const states[] = { "provisioning", "active", "suspended", "terminating", "terminated", NULL };
    struct tenant *e = (struct tenant *)op;
    struct call *call = e->endpoint.call;
    const char *words, *state;

    if (!page_read(call, PAGE_OF_IDS, &e->page, &op->err) ||
        !page_words(call, "q", 800, &words, &op->err) ||
        !page_choice(call, "state", states, &state, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_TENANT_PAGE, &e->rows, e->page.before,
             e->page.limit, words, state, NULL);
    return OP_WAIT;
}

static enum op_next list_leave(struct op *op)
{
    struct tenant *e = (struct tenant *)op;
    page_answer(e->endpoint.call, &e->page, &e->rows);
    return OP_DONE;
}

const struct op_step tenant_list_steps[] = { { "list", list }, { "leave", list_leave }, { 0 } };
const size_t tenant_list_bytes = sizeof(struct tenant);

static enum op_next load(struct op *op)
{
    struct tenant *e = (struct tenant *)op;
    struct call *call = e->endpoint.call;

    if (!call_param_id(call, 0, &e->id, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_TENANT_PAGE, &e->found, NULL, "1", NULL,
             NULL, e->id.text);
    return OP_WAIT;
}

static enum op_next show(struct op *op)
{
    struct tenant *e = (struct tenant *)op;
    return page_one(e->endpoint.call, 200, &e->found, &op->err) ? OP_DONE : OP_FAIL;
}

const struct op_step tenant_get_steps[] = { { "load", load }, { "show", show }, { 0 } };
const size_t tenant_get_bytes = sizeof(struct tenant);

/* --- create --- */

static const char *const locales[] = { "en", "zh-CN", NULL };
static const struct json_field create_fields[] = {
    { "name", JSON_FIELD_TEXT, true, offsetof(struct tenant, name), 1, 400, NULL },
    { "owner_email", JSON_FIELD_TEXT, true, offsetof(struct tenant, owner_email), 3, 254, NULL },
    { "timezone", JSON_FIELD_TEXT, false, offsetof(struct tenant, timezone), 1, 64, NULL },
    { "locale", JSON_FIELD_TEXT, false, offsetof(struct tenant, locale), 0, 0, locales },
};

static enum op_next create(struct op *op)
{
    struct tenant *e = (struct tenant *)op;
    struct call *call = e->endpoint.call;
    struct id invitation = id_new();

    if (!CALL_BODY(call, op, create_fields, e) || !person_name_check(e->name, "/name", &op->err) ||
        !person_email_check(&e->owner_email, "/owner_email", &op->arena, &op->err) ||
        !person_timezone_check(e->timezone, &op->err))
        return OP_FAIL;
    e->id = id_new();
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    struct audit_row row = { NULL, audit_actor(call), "tenant", "tenant.owner_invited", "tenant",
                             e->id.text };
    DB_GROUP_ADD(g, SQL_QUERIES_TENANT_CREATE, NULL, e->id.text, e->name, "team", e->timezone,
                 e->locale, NULL);
    link_add(g, call, &e->link, "invite", &invitation, e->id.text, e->owner_email, "owner");
    audit_add(g, call, &row, json_pack("{s:s}", "email", e->owner_email));
    DB_GROUP_ADD(g, SQL_QUERIES_TENANT_PAGE, &e->found, NULL, "1", NULL, NULL, e->id.text);
    audit_remember(g, call, 201);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next create_leave(struct op *op)
{
    struct tenant *e = (struct tenant *)op;
    call_json(e->endpoint.call, 201,
              json_pack("{s:O, s:o}", "tenant", db_json(&e->found, 0, 1, &op->arena), "invitation",
                        link_json(e->endpoint.call, &e->link)));
    return OP_DONE;
}

const struct op_step tenant_create_steps[] = { { "create", create }, { "leave", create_leave },
                                               { 0 } };
const size_t tenant_create_bytes = sizeof(struct tenant);

/* --- suspend and resume --- */

static const struct json_field reason_fields[] = {
    { "comment", JSON_FIELD_TEXT, true, offsetof(struct tenant, comment), 1, 2000, NULL },
};
static const struct json_field comment_fields[] = {
    { "comment", JSON_FIELD_TEXT, false, offsetof(struct tenant, comment), 0, 2000, NULL },
};

static enum op_next change(struct op *op, const char *state, const char *action)
{
    struct tenant *e = (struct tenant *)op;
    struct call *call = e->endpoint.call;
    const char *actor = audit_actor(call), *id = e->id.text;
    struct audit_row ours = { NULL, actor, "tenant", action, "tenant", id };
    struct audit_row theirs = { id, actor, "tenant", action, "tenant", id };

    if (e->found.count == 0)
        return page_one(call, 200, &e->found, &op->err), OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_TENANT_STATE_SET, NULL, id, state,
                 strcmp(state, "suspended") == 0 ? e->comment : NULL, actor);
    audit_add(g, call, &ours, json_pack("{s:s*}", "comment", e->comment));
    audit_add(g, call, &theirs, json_pack("{s:s*}", "comment", e->comment));
    DB_GROUP_ADD(g, SQL_QUERIES_TENANT_PAGE, &e->found, NULL, "1", NULL, NULL, id);
    audit_remember(g, call, 200);
    db_group_tolerate(g, &e->failed);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next suspend(struct op *op)
{
    struct tenant *e = (struct tenant *)op;

    if (!CALL_BODY(e->endpoint.call, op, reason_fields, e))
        return OP_FAIL;
    return change(op, "suspended", "tenant.suspended");
}

static enum op_next resume(struct op *op)
{
    struct tenant *e = (struct tenant *)op;

    if (!CALL_BODY(e->endpoint.call, op, comment_fields, e))
        return OP_FAIL;
    return change(op, "active", "tenant.resumed");
}

static enum op_next changed(struct op *op)
{
    struct tenant *e = (struct tenant *)op;

    if (e->failed.code == GOV_ALREADY_DONE)
        return gov_fail(&op->err, GOV_ALREADY_DONE, "the tenant is in this state already",
                        "该租户已处于此状态"),
               OP_FAIL;
    if (e->failed.code) {
        op->err = e->failed;
        return OP_FAIL;
    }
    return show(op);
}

const struct op_step tenant_suspend_steps[] = { { "load", load }, { "suspend", suspend },
                                                { "changed", changed }, { 0 } };
const size_t tenant_suspend_bytes = sizeof(struct tenant);

const struct op_step tenant_resume_steps[] = { { "load", load }, { "resume", resume },
                                               { "changed", changed }, { 0 } };
const size_t tenant_resume_bytes = sizeof(struct tenant);
