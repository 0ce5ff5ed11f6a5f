/* /v1/platform/users, their reset links, and /v1/platform/invitations. */
#include "api/audit.h"
#include "api/page.h"
#include "api/people/login/link.h"
#include "api/people/person.h"
#include "api/platform/platform.h"

struct user {
    struct endpoint endpoint;
    struct page page;
    const char *email;
    struct id id;
    struct link link;
    struct db_rows rows;
};

static enum op_next list(struct op *op)
{
    struct user *e = (struct user *)op;
    struct call *call = e->endpoint.call;
    const char *words;

    if (!page_read(call, PAGE_OF_IDS, &e->page, &op->err) ||
        !page_words(call, "q", 800, &words, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_USER_PAGE, &e->rows, e->page.before,
             e->page.limit, words, NULL);
    return OP_WAIT;
}

static enum op_next list_leave(struct op *op)
{
    struct user *e = (struct user *)op;
    page_answer(e->endpoint.call, &e->page, &e->rows);
    return OP_DONE;
}

const struct op_step user_list_steps[] = { { "list", list }, { "leave", list_leave }, { 0 } };
const size_t user_list_bytes = sizeof(struct user);

/* --- links --- */

static enum op_next load(struct op *op)
{
    struct user *e = (struct user *)op;
    struct call *call = e->endpoint.call;

    if (!call_param_id(call, 0, &e->id, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_USER_PAGE, &e->rows, NULL, "1", NULL,
             e->id.text);
    return OP_WAIT;
}

static void link_make(struct op *op, const char *kind, const char *action, const char *subject_kind,
                      const char *subject, const struct id *id)
{
    struct user *e = (struct user *)op;
    struct call *call = e->endpoint.call;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    struct audit_row row = { NULL, audit_actor(call), "operation", action, subject_kind, subject };

    link_add(g, call, &e->link, kind, id, NULL, e->email, NULL);
    audit_add(g, call, &row, json_pack("{s:s}", "email", e->email));
    audit_remember(g, call, 201);
    db_group_send(g);
}

static enum op_next reset(struct op *op)
{
    struct user *e = (struct user *)op;
    struct id id = id_new();

    if (e->rows.count == 0)
        return page_one(e->endpoint.call, 200, &e->rows, &op->err), OP_FAIL;
    e->email = db_text(&e->rows, 0, 2);
    link_make(op, "reset", "password.link_made", "user", e->id.text, &id);
    return OP_WAIT;
}

static enum op_next leave(struct op *op)
{
    struct user *e = (struct user *)op;
    call_json(e->endpoint.call, 201, link_json(e->endpoint.call, &e->link));
    return OP_DONE;
}

const struct op_step user_reset_steps[] = { { "load", load }, { "reset", reset },
                                            { "leave", leave }, { 0 } };
const size_t user_reset_bytes = sizeof(struct user);

static const struct json_field fields[] = {
    { "email", JSON_FIELD_TEXT, true, offsetof(struct user, email), 3, 254, NULL },
};

static enum op_next invite(struct op *op)
{
    struct user *e = (struct user *)op;

    if (!CALL_BODY(e->endpoint.call, op, fields, e) ||
        !person_email_check(&e->email, "/email", &op->arena, &op->err))
        return OP_FAIL;
    e->id = id_new();
    link_make(op, "invite", "user.invited", "invitation", e->id.text, &e->id);
    return OP_WAIT;
}

const struct op_step user_invite_steps[] = { { "invite", invite }, { "leave", leave }, { 0 } };
const size_t user_invite_bytes = sizeof(struct user);
