/* POST /v1/skills/{name}/versions/{version}/try: parse -> accept -> wait -> show.
 *
 * A run like any other (plan, sandbox, limits, audit), but of a version that need not be published; planning
 * lets only its author and reviewers through.
 */
#include "api/runs/accept/accept.h"
#include "api/runs/show/settle_wait.h"
#include "api/runs/show/show.h"
#include "api/skills/skill_row.h"
#include "api/skills/skills.h"
#include "core/base/text.h"
#include "core/model/sealed_value.h"

struct version_try {
    struct endpoint endpoint;
    struct run_wish wish;
    struct accept accept;
    struct settle_wait wait;
    struct show_one show;
};

static enum op_next parse(struct op *op)
{
    static const struct json_field fields[] = {
        { "action", JSON_FIELD_SLUG, false, offsetof(struct run_wish, action), 0, 0, NULL },
        { "input", JSON_FIELD_OBJECT, false, offsetof(struct run_wish, input), 0, 0, NULL },
        { "files", JSON_FIELD_ARRAY, false, offsetof(struct run_wish, files), 0, 50, NULL },
    };
    struct version_try *e = (struct version_try *)op;
    struct call *call = e->endpoint.call;
    int64_t number;

    if (!text_slug_valid(call->params[0]) ||
        !text_parse_i64(call->params[1], 1, 1000000, &number))
        return version_missing(call->params[0], call->params[1], &op->err), OP_FAIL;
    e->wish = (struct run_wish){ .skill = call->params[0],
                                 .version = number,
                                 .mode = "auto",
                                 .class = "interactive",
                                 .source = "api",
                                 .timezone = call->caller.timezone,
                                 .is_try = true };
    if (!CALL_BODY(call, op, fields, &e->wish) || !sealed_value_refuse(e->wish.input, "/input", &op->err))
        return OP_FAIL;
    return OP_NEXT;
}

static enum op_next accept_try(struct op *op)
{
    struct version_try *e = (struct version_try *)op;
    accept_run_wish(op, &e->accept, e->endpoint.call, &e->wish);
    return OP_WAIT;
}

static enum op_next wait_for_it(struct op *op)
{
    struct version_try *e = (struct version_try *)op;
    settle_wait(op, &e->wait, e->endpoint.call, &e->accept.id, true, &e->accept.id,
                settle_wait_seconds(e->endpoint.call, 0));
    return OP_WAIT;
}

static enum op_next show(struct op *op)
{
    struct version_try *e = (struct version_try *)op;
    show_run_read(op, &e->show, e->endpoint.call, &e->accept.id, settle_wait_run(&e->wait),
                  e->wait.settled ? 200 : 202);
    return OP_WAIT;
}

const struct op_step version_try_steps[] = { { "parse", parse },
                                             { "accept", accept_try },
                                             { "wait", wait_for_it },
                                             { "show", show },
                                             { 0 } };
const size_t version_try_bytes = sizeof(struct version_try);
