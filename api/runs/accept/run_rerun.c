/* POST /v1/runs/{id}/rerun: the same skill, action and input as a new request, planned by the rules and
 * the version of today.
 *
 *     find -> accept -> wait -> show
 *
 * A draft stays the draft it was. A callback is not repeated: who asks now is not who registered it.
 */
#include <string.h>

#include "api/runs/accept/accept.h"
#include "api/runs/runs.h"
#include "api/runs/show/settle_wait.h"
#include "api/runs/show/show.h"

struct run_rerun {
    struct endpoint endpoint;
    struct id id;
    struct db_rows rows;
    struct job_payload before;
    struct run_wish wish;
    struct accept accept;
    struct settle_wait wait;
    struct show_one show;
};

static enum op_next find(struct op *op)
{
    struct run_rerun *e = (struct run_rerun *)op;
    struct call *call = e->endpoint.call;

    if (!call_param_id(call, 0, &e->id, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_RUN_AGAIN_LOAD, &e->rows, e->id.text);
    return OP_WAIT;
}

/* Files that lay in in/ besides those of the input: of a plan they are objects without a path. */
static json_t *further_files(const json_t *files, struct arena *arena)
{
    json_t *ids = json_own(arena, json_array());
    const json_t *file;
    size_t i;

    json_array_foreach (files, i, file) {
        const char *path = json_get_text(file, "path");
        if (json_is_string(file))
            json_array_append(ids, (json_t *)file);
        else if (path && !*path)
            json_array_append(ids, json_object_get(file, "id"));
    }
    return ids;
}

static enum op_next accept_it(struct op *op)
{
    struct run_rerun *e = (struct run_rerun *)op;
    struct call *call = e->endpoint.call;
    struct run_wish *w = &e->wish;
    struct gov_err ignored;

    bool mine = e->rows.count && strcmp(db_text(&e->rows, 0, 0), call->caller.user.text) == 0;
    if (e->rows.count == 0 || (!mine && !call_may(call, MAY_READ_ALL_RUNS, &ignored)))
        return gov_fail(&op->err, GOV_NOT_FOUND, "there is no such run", "没有这个运行"), OP_FAIL;
    if (!job_payload_decode(db_json(&e->rows, 0, 1, &op->arena), &e->before, &op->err))
        return OP_FAIL;
    *w = (struct run_wish){ .skill = e->before.skill,
                            .action = e->before.action,
                            .input = (json_t *)e->before.input,
                            .files = further_files(e->before.files, &op->arena),
                            .mode = "auto",
                            .class = "interactive",
                            .timezone = e->before.timezone,
                            .concurrency_key = e->before.concurrency_key,
                            .version = e->before.is_try ? e->before.version : 0,
                            .is_try = e->before.is_try,
                            .source = "rerun",
                            .stored = true };
    accept_run_wish(op, &e->accept, call, w);
    return OP_WAIT;
}

static enum op_next wait_for_it(struct op *op)
{
    struct run_rerun *e = (struct run_rerun *)op;
    settle_wait(op, &e->wait, e->endpoint.call, &e->accept.id, false, &e->accept.id,
                settle_wait_seconds(e->endpoint.call, 0));
    return OP_WAIT;
}

static enum op_next show(struct op *op)
{
    struct run_rerun *e = (struct run_rerun *)op;
    show_one(op, &e->show, e->endpoint.call, &e->accept.id, false, e->wait.settled ? 200 : 202);
    return OP_WAIT;
}

const struct op_step run_rerun_steps[] = {
    { "find", find }, { "accept", accept_it }, { "wait", wait_for_it }, { "show", show }, { 0 }
};
const size_t run_rerun_bytes = sizeof(struct run_rerun);
