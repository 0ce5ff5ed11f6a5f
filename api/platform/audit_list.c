/* /v1/platform/audit: what platform people did. */
#include "api/page.h"
#include "api/platform/platform.h"

struct audit_list {
    struct endpoint endpoint;
    struct page page;
    struct db_rows rows;
};

static enum op_next audit(struct op *op)
{
    struct audit_list *e = (struct audit_list *)op;
    struct call *call = e->endpoint.call;
    const char *kind, *since, *until;

    if (!page_read(call, PAGE_OF_NUMBERS, &e->page, &op->err) ||
        !page_words(call, "kind", 40, &kind, &op->err) ||
        !page_time(call, "since", &since, &op->err) || !page_time(call, "until", &until, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_PLATFORM_AUDIT_PAGE, &e->rows,
             e->page.before, e->page.limit, kind, since, until);
    return OP_WAIT;
}

static enum op_next leave(struct op *op)
{
    struct audit_list *e = (struct audit_list *)op;
    page_answer(e->endpoint.call, &e->page, &e->rows);
    return OP_DONE;
}

const struct op_step platform_audit_steps[] = { { "audit", audit }, { "leave", leave }, { 0 } };
const size_t platform_audit_bytes = sizeof(struct audit_list);
