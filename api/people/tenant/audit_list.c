/* GET /v1/audit: the tenant's trail, newest first. */
#include "api/people/page.h"
#include "api/people/people.h"

struct audit_list {
    struct endpoint endpoint;
    struct page page;
    struct db_rows rows;
};

static enum op_next list(struct op *op)
{
    struct audit_list *e = (struct audit_list *)op;
    struct call *call = e->endpoint.call;
    const char *kind, *actor, *subject, *since, *until;

    if (!page_read(call, true, &e->page, &op->err) ||
        !page_words(call, "kind", 40, &kind, &op->err) ||
        !page_id(call, "actor", &actor, &op->err) ||
        !page_words(call, "subject", 100, &subject, &op->err) ||
        !page_time(call, "since", &since, &op->err) || !page_time(call, "until", &until, &op->err))
        return OP_FAIL;
    struct id id;
    if (!subject)
        DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_AUDIT_PAGE, &e->rows, e->page.before, e->page.limit,
                 kind, actor, since, until);
    else
        DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_AUDIT_PAGE_OF, &e->rows, e->page.before,
                 e->page.limit, kind, actor, since, until, subject, id_parse(subject, &id) ? id.text : NULL);
    return OP_WAIT;
}

static enum op_next leave(struct op *op)
{
    struct audit_list *e = (struct audit_list *)op;
    page_answer(e->endpoint.call, &e->page, &e->rows);
    return OP_DONE;
}

const struct op_step audit_list_steps[] = { { "list", list }, { "leave", leave }, { 0 } };
const size_t audit_list_bytes = sizeof(struct audit_list);
