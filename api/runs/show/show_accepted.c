/* show_accepted.c - the answer to a run that was accepted a moment ago, without asking for it.
 *
 * Nothing in it can have been changed by anybody since the commit but the state, and "queued" was true
 * then. A test holds it against what GET /v1/runs/{id} says of the same run while no worker runs.
 */
#include "api/runs/show/show_accepted.h"

#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/model/plan.h"

static void add_member(struct buf *out, const char *name, const char *text)
{
    buf_addf(out, ",\"%s\":", name);
    if (text)
        buf_add_json_string(out, text, strlen(text));
    else
        buf_add_text(out, "null");
}

/* PostgreSQL's "2026-03-31 08:00:00.123+00" (the session's zone is UTC). */
static const char *time_text(const char *cell, char iso[CLOCK_TEXT_BYTES])
{
    char fixed[64];
    int64_t us;

    snprintf(fixed, sizeof fixed, "%s:00", cell);
    return clock_parse(fixed, &us) ? clock_format(us, iso) : NULL;
}

void show_accepted(struct call *call, const struct accept *accept)
{
    const struct planning *p = &accept->planning;
    const struct plan_step *step = &p->step;
    const char *id = accept->id.text;
    char created[CLOCK_TEXT_BYTES];
    struct buf *out = &call->body;

    call->status = 202;
    call->media_type = "application/json";
    buf_clear(out);
    buf_addf(out, "{\"id\":\"%s\",\"request_id\":\"%s\"", id, id);
    add_member(out, "skill", step->skill);
    add_member(out, "action", step->action);
    buf_addf(out,
             ",\"version\":%lld,\"state\":\"queued\",\"attempt\":0,\"cancel_requested\":false,"
             "\"isolation\":null,\"start\":null,\"worker\":null,\"input\":",
             (long long)step->version);
    json_write(plan_mask_input(p->filled, step->sensitive, step->sensitive_count, &call->op.arena), out);
    buf_add_text(out, ",\"result\":null,\"error\":null,\"exit_code\":null,\"artifacts\":[],"
                      "\"progress\":null,\"timings\":{");
    const char *at = time_text(accept->item.created_at, created);
    buf_addf(out,
             "\"accepted\":\"%s\",\"queued\":\"%s\",\"started\":null,\"ended\":null,\"queue_ms\":null,"
             "\"run_ms\":null},\"created_by\":{\"id\":\"%s\"",
             at, at, call->caller.user.text);
    add_member(out, "name", call->caller.name);
    buf_addf(out, "},\"draft\":%s,\"plan\":null,\"events_url\":\"/v1/runs/%s/events\"}",
             p->is_try ? "true" : "false", id);
}
