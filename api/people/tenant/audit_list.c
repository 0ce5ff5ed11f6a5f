/* GET /v1/audit: the tenant's trail, newest first.
 *
 *     span -> list -> leave
 *
 * Neither a kind nor an actor has an index, which every row of every job would pay for, and the trail never ends. A
 * reader who asks for one of them is shown what is among the next WALK rows, perhaps nothing, and where to go on.
 */
#include <stdlib.h>

#include "api/page.h"
#include "api/people/people.h"

enum { WALK = 100000 };

struct audit_list {
    struct endpoint endpoint;
    struct page page;
    const char *kind, *actor, *subject, *since, *until;
    bool walks;
    int64_t first;  /* the number below which there is nothing to find */
    int64_t bottom; /* how far down this page looks */
    struct db_rows span, rows;
};

static enum op_next span(struct op *op)
{
    struct audit_list *e = (struct audit_list *)op;
    struct call *call = e->endpoint.call;

    if (!page_read(call, PAGE_OF_NUMBERS, &e->page, &op->err) ||
        !page_words(call, "kind", 40, &e->kind, &op->err) ||
        !page_id(call, "actor", &e->actor, &op->err) ||
        !page_words(call, "subject", 100, &e->subject, &op->err) ||
        !page_time(call, "since", &e->since, &op->err) || !page_time(call, "until", &e->until, &op->err))
        return OP_FAIL;
    e->walks = (e->kind || e->actor) && !e->subject;
    if (e->walks)
        DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_AUDIT_SPAN, &e->span, e->since, e->until);
    return OP_WAIT;
}

/* From where the last page ended, or from the newest that may be meant. */
static void walk_from(struct audit_list *e, struct arena *arena)
{
    int64_t newest = db_int(&e->span, 0, 1);
    int64_t before = e->page.before ? strtoll(e->page.before, NULL, 10) : newest;

    if (before > newest)
        before = newest;
    e->first = db_int(&e->span, 0, 0);
    e->bottom = before - WALK > e->first ? before - WALK : e->first;
    e->page.before = arena_format(arena, "%lld", (long long)before);
}

static enum op_next list(struct op *op)
{
    struct audit_list *e = (struct audit_list *)op;
    struct call *call = e->endpoint.call;
    struct id id;

    if (e->walks)
        walk_from(e, &op->arena);
    if (!e->subject)
        DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_AUDIT_PAGE, &e->rows, e->page.before, e->page.limit,
                 e->kind, e->actor, e->since, e->until,
                 e->walks ? arena_format(&op->arena, "%lld", (long long)e->bottom) : NULL);
    else
        DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_AUDIT_PAGE_OF, &e->rows, e->page.before,
                 e->page.limit, e->kind, e->actor, e->since, e->until, e->subject,
                 id_parse(e->subject, &id) ? id.text : NULL);
    return OP_WAIT;
}

static enum op_next leave(struct op *op)
{
    struct audit_list *e = (struct audit_list *)op;
    bool more = e->walks && e->bottom > e->first && e->bottom > 1;

    page_answer_then(e->endpoint.call, &e->page, &e->rows,
                     more ? arena_format(&op->arena, "%lld", (long long)e->bottom) : NULL);
    return OP_DONE;
}

const struct op_step audit_list_steps[] = { { "span", span }, { "list", list }, { "leave", leave }, { 0 } };
const size_t audit_list_bytes = sizeof(struct audit_list);
