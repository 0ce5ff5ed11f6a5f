/* show_request.c - one request in the contract's form: what was understood, asked, planned, decided. */
#include "api/runs/show/show_parts.h"

#include <string.h>

#include "api/confirmations/confirmation_show.h"
#include "core/model/plan.h"
#include "core/model/request.h"

/* What to send back is either a bare value or already {value, title}. */
static json_t *choices_shown(struct call *call, const json_t *stored)
{
    json_t *choices = json_array();
    json_t *c;
    size_t i;

    json_array_foreach ((json_t *)stored, i, c) {
        json_t *value = json_is_object(c) ? json_object_get(c, "value") : c;
        const char *title = json_is_object(c) ? call_localised(call, json_object_get(c, "title"))
                                              : json_string_value(c);
        char *text = title ? NULL : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
        json_array_append_new(choices,
                              json_pack("{s:O, s:s}", "value", value, "title", title ? title : text));
        free(text);
    }
    return choices;
}

static json_t *questions_shown(struct call *call, const json_t *stored)
{
    json_t *questions = json_array();
    const json_t *q;
    size_t i;

    json_array_foreach (json_object_get(stored, "questions"), i, q) {
        const char *path = json_get_text(q, "path");
        json_t *shown = json_pack("{s:s, s:s?, s:s?, s:s?, s:s?}", "kind", "input", "name",
                                  path && *path ? path + 1 : NULL, "path", path, "code",
                                  json_get_text(q, "code"), "text",
                                  call_localised(call, json_object_get(q, "text")));
        if (json_object_get(q, "choices"))
            json_object_set_new(shown, "choices",
                                choices_shown(call, json_object_get(q, "choices")));
        json_array_append_new(questions, shown);
    }
    return questions;
}

/* Nothing was chosen yet: the candidates are the question. */
static json_t *candidate_question(struct call *call, const json_t *candidates)
{
    json_t *choices = json_array();
    const json_t *c;
    size_t i;

    json_array_foreach (candidates, i, c)
        json_array_append_new(
            choices, json_pack("{s:o, s:O}", "value",
                               json_sprintf("%s/%s", json_get_text(c, "skill"),
                                            json_get_text(c, "action")),
                               "title", json_object_get(c, "title")));
    return json_pack("{s:s, s:n, s:s, s:o}", "kind", "candidate", "name", "text",
                     call->language == GOV_ZH ? "您想要的是哪一个？" : "Which of these do you mean?",
                     "choices", choices);
}

static json_t *intent_shown(struct call *call, const json_t *recognised, const json_t *latest)
{
    json_t *candidates, *shown, *questions;
    const json_t *c;
    size_t i;

    if (!recognised)
        return json_null();
    candidates = json_array();
    json_array_foreach (json_object_get(recognised, "candidates"), i, c)
        json_array_append_new(
            candidates, json_pack("{s:s?, s:s?, s:s?, s:O*}", "skill", json_get_text(c, "skill"),
                                  "action", json_get_text(c, "action"), "title",
                                  call_localised(call, json_object_get(c, "title")), "score",
                                  json_object_get(c, "score")));
    questions = questions_shown(call, latest);
    const char *decision = json_get_text(recognised, "decision");
    if (decision && strcmp(decision, "ask") == 0 && !json_get_text(latest, "skill"))
        json_array_append_new(questions, candidate_question(call, candidates));
    shown = json_pack("{s:o, s:s?, s:o}", "candidates", candidates, "decision", decision,
                      "questions", questions);
    return shown;
}

json_t *show_request(struct call *call, const struct db_rows *rows, int row, json_t *run,
                     struct arena *arena)
{
    const char *id = db_text(rows, row, REQ_ID);
    const json_t *options = db_json(rows, row, REQ_OPTIONS, arena);
    json_t *request = json_pack("{s:s, s:s, s:s?, s:s?, s:s?}", "id", id, "state",
                                db_text(rows, row, REQ_STATE), "text", db_text(rows, row, REQ_TEXT),
                                "mode", db_text(rows, row, REQ_MODE), "source",
                                db_text(rows, row, REQ_SOURCE));

    json_object_set_new(request, "follow_up_of", json_object_get(options, "follow_up_of")
                                                     ? json_incref(json_object_get(options, "follow_up_of"))
                                                     : json_null());
    json_object_set_new(request, "correction", show_or_null(db_json(rows, row, REQ_CORRECTION, arena)));
    json_object_set_new(request, "intent",
                        intent_shown(call, db_json(rows, row, REQ_INTENT, arena),
                                     db_json(rows, row, REQ_QUESTION, arena)));
    json_object_set_new(request, "plan", show_plan(call, rows, row, REQ_PLAN, arena));
    json_object_set_new(request, "confirmation",
                        confirmation_show(call, db_json(rows, row, REQ_CONFIRMATION, arena),
                                          db_json(rows, row, REQ_PLAN, arena), arena));
    json_object_set_new(request, "run", run ? run : json_null());
    json_object_set_new(request, "error", show_error(call, db_json(rows, row, REQ_ERROR, arena)));
    json_object_set_new(request, "created_by", show_person(rows, row, REQ_BY, REQ_BY_NAME));
    json_object_set_new(request, "created_at", show_time(rows, row, REQ_CREATED));
    json_object_set_new(request, "ended_at", show_time(rows, row, REQ_ENDED));
    json_object_set_new(request, "events_url", json_sprintf("/v1/requests/%s/events", id));
    return request;
}
