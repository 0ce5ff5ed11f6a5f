/* GET /v1/skills/{name}/versions: visible -> page -> leave. People who do not govern see what was published
 * and what is theirs. */
#include <string.h>

#include "api/page.h"
#include "api/skills/skill_read.h"
#include "api/skills/skills.h"

struct version_list {
    struct endpoint endpoint;
    struct page page;
    const char *state;
    struct db_rows skill, rows;
};

static bool state_read(struct version_list *e, struct gov_err *err)
{
    static const char *const states[] = { "checking", "refused",   "in_review", "approved",
                                          "rejected", "published", "yanked",    NULL };

    e->state = http_request_query(e->endpoint.call->request, "state");
    for (const char *const *s = states; e->state && *s; s++)
        if (strcmp(*s, e->state) == 0)
            return true;
    return !e->state || gov_fail_at(err, GOV_INVALID_INPUT, "state", "enum",
                                    "there is no state \"%s\"", "没有状态“%s”", e->state);
}

static enum op_next parse(struct op *op)
{
    struct version_list *e = (struct version_list *)op;
    struct call *call = e->endpoint.call;

    if (!page_read(call, PAGE_OF_NUMBERS, &e->page, &op->err) || !state_read(e, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_SKILL_GET, &e->skill,
             call->params[0], call->caller.user.text);
    return OP_WAIT;
}

static enum op_next page(struct op *op)
{
    struct version_list *e = (struct version_list *)op;
    struct call *call = e->endpoint.call;

    if (!skill_visible(call, &e->skill, 0))
        return skill_missing(call->params[0], &op->err), OP_FAIL;
    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_VERSION_SHOW, &e->rows,
             call->params[0], NULL, e->page.before, e->page.limit, e->state, caller_seeing(call));
    return OP_WAIT;
}

static enum op_next leave(struct op *op)
{
    struct version_list *e = (struct version_list *)op;
    struct call *call = e->endpoint.call;
    json_t *items = json_array();

    for (int i = 0; i < page_shown(&e->page, &e->rows); i++)
        json_array_append_new(items, version_shown(call, &e->rows, i));
    call_list(call, items, page_next(&e->page, &e->rows, VERSION_NUMBER));
    return OP_DONE;
}

const struct op_step version_list_steps[] = {
    { "parse", parse }, { "page", page }, { "leave", leave }, { 0 }
};
const size_t version_list_bytes = sizeof(struct version_list);
