/* GET /v1/confirmations: load -> leave. Who may confirm sees everybody's, others their own; either way
 * may_decide says whether the caller may decide. */
#include <string.h>

#include "api/confirmations/confirmation_show.h"
#include "api/confirmations/confirmations.h"
#include "api/page.h"
#include "api/runs/show/show.h"
#include "core/model/request.h"

struct confirmation_list {
    struct endpoint endpoint;
    struct page page;
    struct db_rows rows;
};

static enum op_next load(struct op *op)
{
    struct confirmation_list *e = (struct confirmation_list *)op;
    struct call *call = e->endpoint.call;
    const char *state = http_request_query(call->request, "state");
    enum confirmation_state known;
    struct gov_err ignored;

    if (!page_read(call, PAGE_OF_IDS, &e->page, &op->err))
        return OP_FAIL;
    if (state && (!*state || !confirmation_state_parse(state, &known)))
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "state", "enum",
                           "state is waiting, confirmed, rejected, expired or withdrawn",
                           "state 只能是 waiting、confirmed、rejected、expired 或 withdrawn"),
               OP_FAIL;
    /* call_may also looks at a token's scopes, and no token confirms: roles count here. */
    bool all = policy_may(call->caller.role, MAY_CONFIRM) &&
               call_may(call, MAY_READ_ALL_RUNS, &ignored);
    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_CONFIRMATION_PAGE, &e->rows,
             e->page.before, e->page.limit, state, all ? NULL : call->caller.user.text, call->caller.token_hash);
    return OP_WAIT;
}

static enum op_next leave(struct op *op)
{
    struct confirmation_list *e = (struct confirmation_list *)op;
    struct call *call = e->endpoint.call;
    json_t *items = json_array();

    for (int i = 0; i < page_shown(&e->page, &e->rows); i++) {
        json_t *item = confirmation_show(call, db_json(&e->rows, i, 1, &op->arena),
                                         db_json(&e->rows, i, 2, &op->arena), &op->arena);
        json_object_set_new(item, "plan", show_plan(call, &e->rows, i, 2, &op->arena));
        json_array_append_new(items, item);
    }
    call_list(call, items, page_next(&e->page, &e->rows, 0));
    return OP_DONE;
}

const struct op_step confirmation_list_steps[] = { { "load", load }, { "leave", leave }, { 0 } };
const size_t confirmation_list_bytes = sizeof(struct confirmation_list);
