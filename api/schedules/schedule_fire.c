/* POST /v1/schedules/{id}/fire: now, by hand, in the caller's own name.
 *
 *     load -> accept -> wait -> show
 *
 * The present moment is the slot, for computed inputs and in the history. The schedule goes on as it was.
 */
#include "api/runs/accept/accept.h"
#include "api/runs/show/settle_wait.h"
#include "api/runs/show/show.h"
#include "api/schedules/schedule.h"
#include "api/schedules/schedules.h"
#include "core/base/clock.h"
#include "core/model/slot_input.h"

struct schedule_fire {
    struct endpoint endpoint;
    struct id id;
    struct db_rows rows;
    struct run_wish wish;
    struct accept accept;
    struct settle_wait wait;
    struct show_one show;
};

static enum op_next load(struct op *op)
{
    struct schedule_fire *e = (struct schedule_fire *)op;
    struct call *call = e->endpoint.call;

    if (!call_param_id(call, 0, &e->id, &op->err))
        return OP_FAIL;
    schedule_load(op, call, e->id.text, &e->rows);
    return OP_WAIT;
}

static enum op_next accept_it(struct op *op)
{
    struct schedule_fire *e = (struct schedule_fire *)op;
    struct call *call = e->endpoint.call;

    if (!schedule_found(&e->rows, &op->err))
        return OP_FAIL;
    const json_t *s = db_json(&e->rows, 0, SCHEDULE_JSON, &op->arena);
    const char *timezone = json_get_text(s, "timezone");
    const struct zone *zone;
    if (!zone_take(timezone, &op->arena, &zone, &op->err))
        return OP_FAIL;
    const json_t *input = slot_input(json_object_get(s, "input"), "/input", clock_now_us() / 1000000, zone, &op->arena,
                                     &op->err);
    if (!input)
        return OP_FAIL;
    e->wish = (struct run_wish){ .skill = json_get_text(s, "skill"),
                                 .action = json_get_text(s, "action"),
                                 .input = (json_t *)input,
                                 .mode = "auto",
                                 .class = json_get_text(s, "class"),
                                 .timezone = timezone,
                                 .source = "schedule",
                                 .stored = true,
                                 .schedule = e->id.text };
    accept_run_wish(op, &e->accept, call, &e->wish);
    return OP_WAIT;
}

static enum op_next wait_for_it(struct op *op)
{
    struct schedule_fire *e = (struct schedule_fire *)op;
    settle_wait(op, &e->wait, e->endpoint.call, &e->accept.id, false, &e->accept.id,
                settle_wait_seconds(e->endpoint.call, 0));
    return OP_WAIT;
}

static enum op_next show(struct op *op)
{
    struct schedule_fire *e = (struct schedule_fire *)op;
    show_one(op, &e->show, e->endpoint.call, &e->accept.id, false, e->wait.settled ? 200 : 202);
    return OP_WAIT;
}

const struct op_step schedule_fire_steps[] = {
    { "load", load }, { "accept", accept_it }, { "wait", wait_for_it }, { "show", show }, { 0 }
};
const size_t schedule_fire_bytes = sizeof(struct schedule_fire);
