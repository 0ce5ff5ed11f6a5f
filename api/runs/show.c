#include "api/runs/show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/model/plan.h"
#include "core/model/request.h"

/* Columns of run_show.sql. */
enum {
    RUN_ID,
    RUN_REQUEST,
    RUN_STATE,
    RUN_ATTEMPT,
    RUN_CANCEL,
    RUN_WORKER,
    RUN_CODE,
    RUN_STARTED,
    RUN_ENDED,
    RUN_BY,
    RUN_CREATED,
    RUN_PAYLOAD,
    RUN_RESULT,
    RUN_ERROR,
    RUN_EXIT,
    RUN_ISOLATION,
    RUN_ARTIFACTS,
    RUN_PROGRESS,
    RUN_BY_NAME,
    RUN_PLAN,
    RUN_START
};

/* Columns of request_show.sql. */
enum {
    REQ_ID,
    REQ_STATE,
    REQ_TEXT,
    REQ_MODE,
    REQ_SOURCE,
    REQ_BY,
    REQ_CREATED,
    REQ_ENDED,
    REQ_RUN,
    REQ_QUESTION,
    REQ_INTENT,
    REQ_PLAN,
    REQ_CONFIRMATION,
    REQ_BY_NAME,
    REQ_ERROR,
    REQ_OPTIONS,
    REQ_CODE,
    REQ_CORRECTION
};

/* PostgreSQL's "2026-03-31 08:00:00.123+00" (the session's zone is UTC) and jsonb's form with 'T'. */
static json_t *time_text(const char *text)
{
    char iso[CLOCK_TEXT_BYTES], fixed[64];
    int64_t us;

    if (!text)
        return json_null();
    snprintf(fixed, sizeof fixed, "%s", text);
    size_t length = strlen(fixed);
    if (length > 3 && (fixed[length - 3] == '+' || fixed[length - 3] == '-'))
        snprintf(fixed + length, sizeof fixed - length, ":00");
    if (!clock_parse(fixed, &us))
        return json_null();
    return json_string(clock_format(us, iso));
}

static int64_t time_us(const struct db_rows *rows, int row, int column)
{
    json_t *text = time_text(db_text(rows, row, column));
    int64_t us = 0;
    if (json_is_string(text))
        clock_parse(json_string_value(text), &us);
    json_decref(text);
    return us;
}

json_t *show_time(const struct db_rows *rows, int row, int column)
{
    return time_text(db_text(rows, row, column));
}

static json_t *person(const struct db_rows *rows, int row, int id, int name)
{
    return json_pack("{s:s?, s:s?}", "id", db_text(rows, row, id), "name", db_text(rows, row, name));
}

json_t *show_error(struct call *call, const json_t *stored)
{
    const json_t *item;
    json_t *items;
    size_t i;

    if (!json_is_object(stored))
        return json_null();
    items = json_array();
    json_array_foreach (json_object_get(stored, "errors"), i, item)
        json_array_append_new(
            items, json_pack("{s:s?, s:s?, s:s?}", "path", json_get_text(item, "path"), "code",
                             json_get_text(item, "code"), "message",
                             call_localised(call, json_object_get(item, "message"))));
    const char *message = call_localised(call, json_object_get(stored, "message"));
    json_t *error = json_pack("{s:s?, s:s?}", "code", json_get_text(stored, "code"), "message",
                              message ? message : "");
    if (json_array_size(items))
        json_object_set(error, "errors", items);
    json_decref(items);
    return error;
}

static json_t *timings(const struct db_rows *rows, int row)
{
    int64_t accepted = time_us(rows, row, RUN_CREATED), started = time_us(rows, row, RUN_STARTED),
            ended = time_us(rows, row, RUN_ENDED);
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

/* "progress 40 reading" */
json_t *show_progress(const char *body)
{
    char *end;

    if (!body || !text_starts(body, "progress "))
        return json_null();
    double percent = strtod(body + 9, &end);
    if (end == body + 9)
        return json_null();
    percent = percent < 0 ? 0 : percent > 100 ? 100 : percent;
    while (*end == ' ' || *end == '%')
        end++;
    return json_pack("{s:f, s:s}", "percent", percent, "note", end);
}

json_t *show_plan(struct call *call, const struct db_rows *rows, int row, int column,
                  struct arena *arena)
{
    json_t *stored = db_json(rows, row, column, arena);
    struct gov_err ignored;
    struct plan plan;

    if (!stored || !plan_decode(stored, &plan, arena, &ignored))
        return json_null();
    return json_incref(plan_view(&plan, call->language, arena));
}

static json_t *or_null(json_t *json)
{
    return json ? json_incref(json) : json_null();
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
    json_t *run = json_pack(
        "{s:s, s:s, s:s?, s:s?, s:I, s:s, s:I, s:b, s:s?, s:s?, s:s?}", "id", db_text(rows, row, RUN_ID),
        "request_id", request, "skill", json_get_text(payload, "skill"), "action",
        json_get_text(payload, "action"), "version",
        (json_int_t)json_get_int(payload, "version", 0), "state", state, "attempt",
        (json_int_t)db_int(rows, row, RUN_ATTEMPT), "cancel_requested",
        db_bool(rows, row, RUN_CANCEL), "isolation", db_text(rows, row, RUN_ISOLATION), "worker",
        db_text(rows, row, RUN_WORKER), "start", db_text(rows, row, RUN_START));

    json_object_set_new(run, "input", input_shown(payload, arena));
    json_object_set_new(run, "result", or_null(db_json(rows, row, RUN_RESULT, arena)));
    json_object_set_new(run, "error", show_error(call, db_json(rows, row, RUN_ERROR, arena)));
    json_object_set_new(run, "exit_code",
                        db_text(rows, row, RUN_EXIT) ? json_integer(db_int(rows, row, RUN_EXIT))
                                                     : json_null());
    json_object_set_new(run, "artifacts", artifacts ? json_incref(artifacts) : json_array());
    json_object_set_new(run, "progress", show_progress(db_text(rows, row, RUN_PROGRESS)));
    json_object_set_new(run, "timings", timings(rows, row));
    json_object_set_new(run, "created_by", person(rows, row, RUN_BY, RUN_BY_NAME));
    json_object_set_new(run, "draft", json_boolean(json_get_bool(payload, "is_try", false)));
    json_object_set_new(run, "plan",
                        run_waits(state) ? show_plan(call, rows, row, RUN_PLAN, arena) : json_null());
    json_object_set_new(run, "events_url",
                        json_sprintf("/v1/runs/%s/events", db_text(rows, row, RUN_ID)));
    return run;
}

/* --- requests --- */

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

static json_t *named(const json_t *object, const char *id, const char *name)
{
    return json_is_string(json_object_get(object, id))
               ? json_pack("{s:O, s:s}", "id", json_object_get(object, id), "name",
                           json_get_text(object, name) ? json_get_text(object, name) : "")
               : json_null();
}

/* Would confirmation_decide let the caller decide this? */
static bool may_decide(struct call *call, const json_t *c, const struct plan *plan)
{
    const char *requester = json_get_text(c, "requester");
    const char *state = json_get_text(c, "state");
    bool mine = requester && strcmp(requester, call->caller.user.text) == 0;
    bool four_eyes = plan->risk == SKILL_RISK_HIGH ||
                     json_get_bool(json_object_get(c, "rule"), "four_eyes", false);
    struct gov_err ignored;

    return state && strcmp(state, "waiting") == 0 && call->caller.kind == CALLER_SESSION &&
           call_may(call, MAY_CONFIRM, &ignored) && !(mine && four_eyes);
}

json_t *show_confirmation(struct call *call, const json_t *c, const json_t *plan_body,
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
        may_decide(call, c, &plan), "created_at", time_text(json_get_text(c, "created_at")),
        "expires_at", time_text(json_get_text(c, "expires_at")), "comment",
        json_get_text(c, "comment"));
    json_object_set_new(shown, "requested_by", named(c, "requester", "requester_name"));
    json_object_set_new(shown, "decided_by", named(c, "decided_by", "decided_by_name"));
    json_object_set_new(shown, "decided_at", time_text(json_get_text(c, "decided_at")));
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
    json_object_set_new(request, "correction", or_null(db_json(rows, row, REQ_CORRECTION, arena)));
    json_object_set_new(request, "intent",
                        intent_shown(call, db_json(rows, row, REQ_INTENT, arena),
                                     db_json(rows, row, REQ_QUESTION, arena)));
    json_object_set_new(request, "plan", show_plan(call, rows, row, REQ_PLAN, arena));
    json_object_set_new(request, "confirmation",
                        show_confirmation(call, db_json(rows, row, REQ_CONFIRMATION, arena),
                                          db_json(rows, row, REQ_PLAN, arena), arena));
    json_object_set_new(request, "run", run ? run : json_null());
    json_object_set_new(request, "error", show_error(call, db_json(rows, row, REQ_ERROR, arena)));
    json_object_set_new(request, "created_by", person(rows, row, REQ_BY, REQ_BY_NAME));
    json_object_set_new(request, "created_at", show_time(rows, row, REQ_CREATED));
    json_object_set_new(request, "ended_at", show_time(rows, row, REQ_ENDED));
    json_object_set_new(request, "events_url", json_sprintf("/v1/requests/%s/events", id));
    return request;
}

/* --- one, as the answer --- */

static enum op_next load(struct op *op)
{
    struct show_one *s = (struct show_one *)op;
    struct db_group *g = db_group_new(op, s->call->api->db, &s->call->caller.scope);
    const char *array = arena_format(&op->arena, "{%s}", s->id.text);

    if (s->is_run)
        DB_GROUP_ADD(g, SQL_QUERIES_RUN_SHOW, &s->run_rows, array);
    else
        DB_GROUP_ADD(g, SQL_QUERIES_REQUEST_SHOW, &s->rows, array);
    db_group_send(g);
    return OP_WAIT;
}

static bool visible(struct call *call, const char *created_by)
{
    struct gov_err ignored;
    return (created_by && strcmp(created_by, call->caller.user.text) == 0) ||
           call_may(call, MAY_READ_ALL_RUNS, &ignored);
}

static enum op_next load_run(struct op *op)
{
    struct show_one *s = (struct show_one *)op;
    const struct db_rows *r = s->is_run ? &s->run_rows : &s->rows;
    int by = s->is_run ? RUN_BY : REQ_BY;

    if (r->count == 0 || !visible(s->call, db_text(r, 0, by)))
        return gov_fail(&op->err, GOV_NOT_FOUND, "there is no such %s", "没有这个%s",
                        s->is_run ? "run" : "request"),
               OP_FAIL;
    const char *run = s->is_run ? NULL : db_text(r, 0, REQ_RUN);
    if (run)
        DB_QUERY(op, s->call->api->db, &s->call->caller.scope, SQL_QUERIES_RUN_SHOW, &s->run_rows,
                 arena_format(&op->arena, "{%s}", run));
    return OP_WAIT;
}

static bool has_settled(const struct show_one *s, const char *state)
{
    enum run_state run;
    enum request_state request;

    if (s->is_run)
        return run_state_parse(state, &run) &&
               (run == RUN_PLANNED || run_state_ended(run) || run_state_needs_person(run));
    return request_state_parse(state, &request) &&
           (request_state_ended(request) || request_state_needs_person(request));
}

static enum op_next leave(struct op *op)
{
    struct show_one *s = (struct show_one *)op;
    struct call *call = s->call;
    json_t *run = s->run_rows.count ? show_run(call, &s->run_rows, 0, &op->arena) : NULL;
    json_t *shown = s->is_run ? run : show_request(call, &s->rows, 0, run, &op->arena);
    const char *state = json_get_text(shown, "state");
    const char *fail = http_request_query(call->request, "fail");
    int status = s->otherwise ? s->otherwise : has_settled(s, state) ? 200 : 202;

    if (strcmp(call->request->method, "GET") == 0 || strcmp(call->request->method, "HEAD") == 0)
        status = 200;
    if (fail && strcmp(fail, "http") == 0 && strcmp(state, "failed") == 0)
        status = 422;
    call_json(call, status, shown);
    return OP_DONE;
}

static const struct op_step steps[] = {
    { "load", load }, { "load_run", load_run }, { "leave", leave }, { 0 }
};

static void release(void *op)
{
    op_release(op);
}

void show_one(struct op *op, struct show_one *show, struct call *call, const struct id *id,
              bool is_run, int status)
{
    op_init(&show->op, "show_one", steps, op->loop, NULL);
    arena_defer(&op->arena, release, &show->op);
    show->call = call;
    show->id = *id;
    show->is_run = is_run;
    show->otherwise = status;
    op_call(op, &show->op);
}
