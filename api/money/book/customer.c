/* /v1/platform/customers: who is billed, and everything that happened to them on one page. */
#include <string.h>

#include "api/audit.h"
#include "api/money/money.h"
#include "api/page.h"
#include "api/people/person.h"
#include "core/base/text.h"

enum { TIMELINE_FIRST = 100 };
#define TIMELINE_FIRST_ASKED "101" /* one more: is there a page behind it? */

struct customer {
    struct endpoint endpoint;
    struct page page;
    struct id id;
    const char *kind, *name, *timezone, *locale, *note;
    json_t *contacts;
    bool same_name; /* another one of a name that there is */
    struct db_rows rows, events;
};

static enum op_next list(struct op *op)
{
    struct customer *e = (struct customer *)op;
    struct call *call = e->endpoint.call;
    const char *words;

    if (!page_read(call, PAGE_OF_IDS, &e->page, &op->err) || !page_words(call, "q", 800, &words, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_CUSTOMER_PAGE, &e->rows, e->page.before, e->page.limit, words,
             NULL);
    return OP_WAIT;
}

static enum op_next list_leave(struct op *op)
{
    struct customer *e = (struct customer *)op;
    page_answer(e->endpoint.call, &e->page, &e->rows);
    return OP_DONE;
}

const struct op_step customer_list_steps[] = { { "list", list }, { "leave", list_leave }, { 0 } };
const size_t customer_list_bytes = sizeof(struct customer);

static enum op_next get(struct op *op)
{
    struct customer *e = (struct customer *)op;
    struct call *call = e->endpoint.call;

    if (!call_param_id(call, 0, &e->id, &op->err))
        return OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_CUSTOMER_PAGE, &e->rows, NULL, "1", NULL, e->id.text);
    DB_GROUP_ADD(g, SQL_QUERIES_CUSTOMER_TIMELINE, &e->events, e->id.text, NULL, NULL, TIMELINE_FIRST_ASKED);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next get_leave(struct op *op)
{
    struct customer *e = (struct customer *)op;

    if (e->rows.count == 0)
        return page_one(e->endpoint.call, 200, &e->rows, &op->err), OP_FAIL;
    json_t *timeline = json_array(), *shown = json_copy(db_json(&e->rows, 0, 1, &op->arena));
    for (int i = 0; i < e->events.count && i < TIMELINE_FIRST; i++)
        json_array_append(timeline, db_json(&e->events, i, 1, &op->arena));
    json_object_set_new(shown, "timeline", timeline);
    json_object_set_new(shown, "timeline_cursor", e->events.count > TIMELINE_FIRST ?
                                                      json_string(db_text(&e->events, TIMELINE_FIRST - 1, 0)) : json_null());
    call_json(e->endpoint.call, 200, shown);
    return OP_DONE;
}

const struct op_step customer_get_steps[] = { { "get", get }, { "leave", get_leave }, { 0 } };
const size_t customer_get_bytes = sizeof(struct customer);

/* A cursor is "moment|key" of the last event that was shown. */
static enum op_next timeline(struct op *op)
{
    struct customer *e = (struct customer *)op;
    struct call *call = e->endpoint.call;
    const char *bar, *moment = NULL, *key = NULL;
    int64_t us;

    if (!call_param_id(call, 0, &e->id, &op->err) || !page_read(call, PAGE_OF_WORDS, &e->page, &op->err))
        return OP_FAIL;
    if (e->page.before) {
        bar = strchr(e->page.before, '|');
        moment = bar ? arena_format(&op->arena, "%.*s", (int)(bar - e->page.before), e->page.before) : "";
        key = bar ? bar + 1 : NULL;
        if (!bar || !text_parse_i64(moment, INT64_MIN, INT64_MAX, &us))
            return page_cursor_refuse(&op->err), OP_FAIL;
    }
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_CUSTOMER_PAGE, &e->rows, NULL, "1", NULL, e->id.text);
    DB_GROUP_ADD(g, SQL_QUERIES_CUSTOMER_TIMELINE, &e->events, e->id.text, moment, key, e->page.limit);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next timeline_leave(struct op *op)
{
    struct customer *e = (struct customer *)op;

    if (e->rows.count == 0)
        return page_one(e->endpoint.call, 200, &e->rows, &op->err), OP_FAIL;
    page_answer(e->endpoint.call, &e->page, &e->events);
    return OP_DONE;
}

const struct op_step customer_timeline_steps[] = { { "timeline", timeline }, { "leave", timeline_leave }, { 0 } };
const size_t customer_timeline_bytes = sizeof(struct customer);

#define AT(member) offsetof(struct customer, member)
static const char *const kinds[] = { "person", "company", NULL };
static const char *const locales[] = { "en", "zh-CN", NULL };
static const struct json_field fields[] = {
    { "kind", JSON_FIELD_TEXT, true, AT(kind), 0, 0, kinds },
    { "name", JSON_FIELD_TEXT, true, AT(name), 1, 400, NULL },
    { "timezone", JSON_FIELD_TEXT, false, AT(timezone), 1, 64, NULL },
    { "locale", JSON_FIELD_TEXT, false, AT(locale), 0, 0, locales },
    { "contacts", JSON_FIELD_ARRAY, false, AT(contacts), 0, 20, NULL },
    { "note", JSON_FIELD_TEXT, false, AT(note), 0, 2000, NULL },
    { "same_name", JSON_FIELD_BOOL, false, AT(same_name), 0, 0, NULL },
};

/* As a text[] literal; the addresses were checked, so that quoting is enough. */
static bool contacts_read(struct customer *e, const char **literal, struct arena *arena, struct gov_err *err)
{
    const char *const *list = e->contacts ? json_text_list(e->contacts, arena) : NULL;
    const char *text = "{";

    for (size_t i = 0; list && i < json_array_size(e->contacts); i++) {
        const char *address = list[i];

        if (!address || strpbrk(address, "\"\\"))
            return gov_fail_at(err, GOV_INVALID_INPUT, "/contacts", "type", "must be e-mail addresses",
                               "必须是邮箱地址");
        if (!person_email_check(&address, "/contacts", arena, err))
            return false;
        text = arena_format(arena, "%s%s\"%s\"", text, i ? "," : "", address);
    }
    *literal = arena_format(arena, "%s}", text);
    return true;
}

static enum op_next create(struct op *op)
{
    struct customer *e = (struct customer *)op;
    struct call *call = e->endpoint.call;
    const char *contacts = NULL;

    if (!CALL_BODY(call, op, fields, e) || !person_name_check(e->name, "/name", &op->err) ||
        !person_timezone_check(e->timezone, &op->err) || !contacts_read(e, &contacts, &op->arena, &op->err))
        return OP_FAIL;
    e->id = id_new();
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    struct audit_row row = { NULL, audit_actor(call), "money", "customer.created", "customer", e->id.text };
    audit_remember(g, call, 201); /* first: the same call once more is no second customer of the name */
    if (!e->same_name)
        DB_GROUP_ADD(g, SQL_QUERIES_CUSTOMER_NAME_ALONE, NULL, e->name);
    DB_GROUP_ADD(g, SQL_QUERIES_CUSTOMER_INSERT, NULL, e->id.text, e->kind, e->name, NULL, e->timezone, e->locale,
                 e->note);
    DB_GROUP_ADD(g, SQL_QUERIES_CUSTOMER_CONTACTS_INSERT, NULL, e->id.text, contacts);
    audit_add(g, call, &row, json_pack("{s:s}", "name", e->name));
    DB_GROUP_ADD(g, SQL_QUERIES_CUSTOMER_PAGE, &e->rows, NULL, "1", NULL, e->id.text);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next created(struct op *op)
{
    struct customer *e = (struct customer *)op;
    return page_one(e->endpoint.call, 201, &e->rows, &op->err) ? OP_DONE : OP_FAIL;
}

const struct op_step customer_create_steps[] = { { "create", create }, { "created", created }, { 0 } };
const size_t customer_create_bytes = sizeof(struct customer);

/* --- whom bills and notices reach, and in which language --- */

static const struct json_field contact_fields[] = {
    { "contacts", JSON_FIELD_ARRAY, true, AT(contacts), 0, 20, NULL },
};

static enum op_next contacts_put(struct op *op)
{
    struct customer *e = (struct customer *)op;
    struct call *call = e->endpoint.call;
    const char *contacts = NULL;

    if (!call_param_id(call, 0, &e->id, &op->err) || !CALL_BODY(call, op, contact_fields, e) ||
        !contacts_read(e, &contacts, &op->arena, &op->err))
        return OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_CUSTOMER_CONTACTS_SET, NULL, e->id.text, contacts, call->caller.user.text);
    DB_GROUP_ADD(g, SQL_QUERIES_CUSTOMER_PAGE, &e->rows, NULL, "1", NULL, e->id.text);
    db_group_send(g);
    return OP_WAIT;
}

static const struct json_field change_fields[] = {
    { "locale", JSON_FIELD_TEXT, false, AT(locale), 0, 0, locales },
    { "note", JSON_FIELD_TEXT, false, AT(note), 0, 2000, NULL },
};

static enum op_next change(struct op *op)
{
    struct customer *e = (struct customer *)op;
    struct call *call = e->endpoint.call;

    if (!call_param_id(call, 0, &e->id, &op->err) || !CALL_BODY(call, op, change_fields, e))
        return OP_FAIL;
    if (!e->locale && !e->note)
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "", "required", "say what changes: locale or note",
                           "请给出要修改的内容：locale 或 note"),
               OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    struct audit_row row = { NULL, audit_actor(call), "money", "customer.changed", "customer", e->id.text };
    DB_GROUP_ADD(g, SQL_QUERIES_CUSTOMER_MUST, NULL, e->id.text);
    DB_GROUP_ADD(g, SQL_QUERIES_CUSTOMER_UPDATE, NULL, e->id.text, e->locale, e->note);
    audit_add(g, call, &row, json_pack("{s:s*, s:s*}", "locale", e->locale, "note", e->note));
    DB_GROUP_ADD(g, SQL_QUERIES_CUSTOMER_PAGE, &e->rows, NULL, "1", NULL, e->id.text);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next changed(struct op *op)
{
    struct customer *e = (struct customer *)op;
    return page_one(e->endpoint.call, 200, &e->rows, &op->err) ? OP_DONE : OP_FAIL;
}

const struct op_step customer_contacts_put_steps[] = { { "contacts_put", contacts_put }, { "leave", changed }, { 0 } };
const size_t customer_contacts_put_bytes = sizeof(struct customer);
const struct op_step customer_change_steps[] = { { "change", change }, { "changed", changed }, { 0 } };
const size_t customer_change_bytes = sizeof(struct customer);
