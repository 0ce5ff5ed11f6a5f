/* confirmation_show.c - from what confirmation_view says (0016_confirmation_policy.sql). */
#include "api/confirmations/confirmation_show.h"

#include "api/runs/show/show.h"
#include "core/model/plan.h"

static json_t *named(const json_t *object, const char *id, const char *name)
{
    return json_is_string(json_object_get(object, id))
               ? json_pack("{s:O, s:s}", "id", json_object_get(object, id), "name",
                           json_get_text(object, name) ? json_get_text(object, name) : "")
               : json_null();
}

/* The last one that was confirmed, and what is new since; JSON null if this is the first. */
static json_t *since_last(const json_t *last, const struct plan *plan, struct arena *arena)
{
    struct gov_err ignored;
    struct plan before;

    if (!json_is_object(last) || !plan_decode(json_object_get(last, "plan"), &before, arena, &ignored))
        return json_null();
    return json_pack("{s:O, s:o, s:o}", "request_id", json_object_get(last, "request_id"),
                     "decided_at", show_time_text(json_get_text(last, "decided_at")), "changes",
                     plan_changes(&before, plan, arena));
}

/* How many have to say yes, and who has. */
static void add_votes(json_t *shown, const json_t *c, const struct plan *plan)
{
    const json_t *votes = json_object_get(c, "votes");

    json_object_set_new(shown, "people", json_integer(plan->confirmation.people));
    json_object_set_new(shown, "confirmed_by",
                        json_is_array(votes) ? json_incref((json_t *)votes) : json_array());
}

json_t *confirmation_show(struct call *call, const json_t *c, const json_t *plan_body,
                          struct arena *arena)
{
    struct gov_err ignored;
    struct plan plan;

    if (!c || !plan_decode(plan_body, &plan, arena, &ignored))
        return json_null();
    json_t *view = plan_view(&plan, call->language, arena);
    const json_t *rules = json_object_get(view, "confirmation");
    json_t *shown = json_pack(
        "{s:s?, s:s?, s:s?, s:s?, s:s, s:b, s:o, s:o, s:s?}", "id", json_get_text(c, "id"),
        "request_id", json_get_text(c, "request_id"), "state", json_get_text(c, "state"), "digest",
        json_get_text(c, "digest"), "risk", skill_risk_name(plan.risk), "may_decide",
        json_get_bool(c, "may_decide", false), "created_at", show_time_text(json_get_text(c, "created_at")),
        "expires_at", show_time_text(json_get_text(c, "ends_at")), "comment",
        json_get_text(c, "comment"));
    json_object_set_new(shown, "requested_by", named(c, "requester", "requester_name"));
    json_object_set_new(shown, "decided_by", named(c, "decided_by", "decided_by_name"));
    json_object_set_new(shown, "decided_at", show_time_text(json_get_text(c, "decided_at")));
    json_object_set_new(shown, "asked_at", show_time_text(json_get_text(c, "asked_at")));
    add_votes(shown, c, &plan);
    json_object_set_new(shown, "last_confirmed", since_last(json_object_get(c, "last"), &plan, arena));
    json_object_set(shown, "rule", json_object_get(rules, "rule"));
    json_object_set(shown, "approvers", json_object_get(rules, "approvers"));
    if (plan.step_count) {
        const char *title = gov_text_in(plan.steps[0].title, call->language);
        json_object_set_new(shown, "title", json_string(title ? title : plan.steps[0].skill));
        json_object_set_new(shown, "skill", json_string(plan.steps[0].skill));
        json_object_set_new(shown, "action", json_string(plan.steps[0].action));
    }
    return shown;
}
