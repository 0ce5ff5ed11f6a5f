/* GET /v1/skills: load -> filter -> load ... What somebody may run is decided by policy_binding_explain and
 * not by SQL, so a page is filled from as many reads as it takes. */
#include <string.h>

#include "api/page.h"
#include "api/skills/skill_row.h"
#include "api/skills/skills.h"

enum { QUERY_BYTES_MAX = 200 };

struct skill_list {
    struct endpoint endpoint;
    struct page page;
    const char *after; /* the last row seen */
    bool asked, all;
    json_t *items;
    struct db_rows rows;
};

static enum op_next parse(struct op *op)
{
    struct skill_list *e = (struct skill_list *)op;
    struct call *call = e->endpoint.call;
    const char *q = http_request_query(call->request, "q");
    const char *all = http_request_query(call->request, "all");

    if (!page_read(call, PAGE_OF_IDS, &e->page, &op->err))
        return OP_FAIL;
    if (q && strlen(q) > QUERY_BYTES_MAX)
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "q", "too_long",
                           "q has at most %d bytes", "q 最多 %d 字节", QUERY_BYTES_MAX),
               OP_FAIL;
    if (all && strcmp(all, "true") != 0 && strcmp(all, "false") != 0)
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "all", "enum", "all is true or false",
                           "all 只能是 true 或 false"),
               OP_FAIL;
    e->all = all && strcmp(all, "true") == 0;
    e->after = e->page.before;
    e->items = json_own(&op->arena, json_array());
    return OP_NEXT;
}

static bool listed(struct skill_list *e, int row)
{
    struct call *call = e->endpoint.call;

    if (skill_runnable(call, &e->rows, row) > 0)
        return true;
    return e->all && skill_visible(call, &e->rows, row) &&
           (caller_governs(call) || db_bool(&e->rows, row, SKILL_MINE));
}

/* True when the page is full, or nothing more can come. */
static bool collect(struct skill_list *e, bool *more)
{
    struct call *call = e->endpoint.call;

    for (int i = 0; i < e->rows.count; i++) {
        if (listed(e, i)) {
            if ((int64_t)json_array_size(e->items) == e->page.size)
                return *more = true;
            bool all = e->all && (caller_governs(call) || db_bool(&e->rows, i, SKILL_MINE));
            json_array_append_new(e->items, skill_summary_shown(call, &e->rows, i, all));
        }
        e->after = db_text(&e->rows, i, SKILL_ID);
    }
    return e->rows.count <= e->page.size;
}

static enum op_next load(struct op *op)
{
    struct skill_list *e = (struct skill_list *)op;
    struct call *call = e->endpoint.call;
    bool more = false;

    if (e->asked && collect(e, &more)) {
        call_list(call, json_incref(e->items), more ? e->after : NULL);
        return OP_DONE;
    }
    e->asked = true;
    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_SKILL_PAGE, &e->rows, e->after,
             call->caller.user.text, e->page.limit, http_request_query(call->request, "q"));
    return OP_AGAIN;
}

const struct op_step skill_list_steps[] = { { "parse", parse }, { "load", load }, { 0 } };
const size_t skill_list_bytes = sizeof(struct skill_list);
