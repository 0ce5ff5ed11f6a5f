/* show_run.c - one run in the contract's form. */
#include "api/runs/show/show_parts.h"

#include <string.h>

#include "core/model/plan.h"
#include "core/model/request.h"

static json_t *timings(const struct db_rows *rows, int row)
{
    int64_t accepted = show_time_us(rows, row, RUN_CREATED), started = show_time_us(rows, row, RUN_STARTED),
            ended = show_time_us(rows, row, RUN_ENDED);
    json_t *t = json_pack("{s:o, s:o, s:o, s:o}", "accepted", show_time(rows, row, RUN_CREATED),
                          "queued", show_time(rows, row, RUN_CREATED), "started",
                          show_time(rows, row, RUN_STARTED), "ended",
                          show_time(rows, row, RUN_ENDED));

    json_object_set_new(t, "queue_ms",
                        started ? json_real((double)(started - accepted) / 1000) : json_null());
    json_object_set_new(t, "run_ms",
                        started && ended ? json_real((double)(ended - started) / 1000) : json_null());
    return t;
}

/* What the schema marks as sensitive is never shown, not even to who gave it. */
static json_t *input_shown(const json_t *payload, struct arena *arena)
{
    const json_t *input = json_object_get(payload, "input");
    const char *const *sensitive = json_text_list(json_object_get(payload, "sensitive"), arena);
    size_t count = 0;

    if (!input)
        return json_object();
    while (sensitive && sensitive[count])
        count++;
    return json_incref(plan_mask_input(input, sensitive, count, arena));
}

static bool run_waits(const char *state)
{
    return strcmp(state, "planned") == 0 || strcmp(state, "awaiting_confirmation") == 0;
}

json_t *show_run(struct call *call, const struct db_rows *rows, int row, struct arena *arena)
{
    const json_t *payload = db_json(rows, row, RUN_PAYLOAD, arena);
    const char *state = db_text(rows, row, RUN_STATE);
    const char *request = db_text(rows, row, RUN_REQUEST);
    json_t *artifacts = db_json(rows, row, RUN_ARTIFACTS, arena);
    json_int_t version = json_get_int(payload, "version", 0); /* 0: it is not planned yet */
    json_t *run = json_pack(
        "{s:s, s:s, s:s?, s:s?, s:o, s:s, s:I, s:b, s:s?, s:s?, s:s?}", "id", db_text(rows, row, RUN_ID),
        "request_id", request, "skill", json_get_text(payload, "skill"), "action",
        json_get_text(payload, "action"), "version",
        version ? json_integer(version) : json_null(), "state", state, "attempt",
        (json_int_t)db_int(rows, row, RUN_ATTEMPT), "cancel_requested",
        db_bool(rows, row, RUN_CANCEL), "isolation", db_text(rows, row, RUN_ISOLATION), "worker",
        db_text(rows, row, RUN_WORKER), "start", db_text(rows, row, RUN_START));

    json_object_set_new(run, "input", input_shown(payload, arena));
    json_object_set_new(run, "result", show_or_null(db_json(rows, row, RUN_RESULT, arena)));
    json_object_set_new(run, "error", show_error(call, db_json(rows, row, RUN_ERROR, arena)));
    json_object_set_new(run, "exit_code",
                        db_text(rows, row, RUN_EXIT) ? json_integer(db_int(rows, row, RUN_EXIT))
                                                     : json_null());
    json_object_set_new(run, "artifacts", artifacts ? json_incref(artifacts) : json_array());
    json_object_set_new(run, "progress", show_progress(db_text(rows, row, RUN_PROGRESS)));
    json_object_set_new(run, "timings", timings(rows, row));
    json_object_set_new(run, "created_by", show_person(rows, row, RUN_BY, RUN_BY_NAME));
    json_object_set_new(run, "draft", json_boolean(json_get_bool(payload, "try", false)));
    json_object_set_new(run, "plan",
                        run_waits(state) ? show_plan(call, rows, row, RUN_PLAN, arena) : json_null());
    json_object_set_new(run, "events_url",
                        json_sprintf("/v1/runs/%s/events", db_text(rows, row, RUN_ID)));
    return run;
}
