/* POST /v1/requests/{id}/answer: choose a candidate, give inputs, or both.
 *
 *     parse -> check -> mark -> insert -> enqueue -> wait -> show
 *
 * The answers of all rounds are put together and the words are looked at again for what is still
 * missing: an intent job with the chosen skill and the given inputs.
 *
 * "Not this one, that one": a candidate for a request that asks nothing any more is a correction. It
 * changes nothing that was done; the words are proposed as an example of that skill, and an admin
 * decides (api/skills/unmet.c). A choice that was asked for is proposed as well.
 */
#include <string.h>

#include "api/runs/runs.h"
#include "api/runs/show/settle_wait.h"
#include "api/runs/show/show.h"
#include "api/skills/skill_row.h"
#include "core/model/job.h"
#include "core/model/sealed_value.h"
#include "core/model/skill/manifest.h"
#include "core/store/input_seal.h"
#include "core/store/planning/plan_basis.h"

enum { INTENT_COST_MS = 10 };

struct request_answer {
    struct endpoint endpoint;
    struct id id;
    json_t *candidate; /* "skill", "skill/action", {skill, action?}, or a place among the candidates */
    json_t *inputs;
    struct db_rows rows, named; /* `named`: the skill that the candidate names, if any */
    struct db_rows chosen;      /* plan_load.sql's of the skill that was chosen: what of its input is sensitive */
    bool correction;
    const char *skill, *action;
    json_t *input;
    struct queue_entry entry;
    struct gov_err err; /* of the insert */
    struct settle_wait wait;
    struct show_one show;
};

static const struct json_field fields[] = {
    { "candidate", JSON_FIELD_ANY, false, offsetof(struct request_answer, candidate), 0, 0, NULL },
    { "inputs", JSON_FIELD_OBJECT, false, offsetof(struct request_answer, inputs), 0, 0, NULL },
};

/* The skill's name in "skill", "skill/action" or {skill}; "" for a place among the candidates. */
static const char *skill_named(const struct request_answer *e, struct arena *arena)
{
    const char *text = json_is_object(e->candidate) ? json_get_text(e->candidate, "skill")
                                                    : json_string_value(e->candidate);
    return text ? arena_format(arena, "%.*s", (int)strcspn(text, "/"), text) : "";
}

static enum op_next parse(struct op *op)
{
    struct request_answer *e = (struct request_answer *)op;
    struct call *call = e->endpoint.call;

    if (!call_param_id(call, 0, &e->id, &op->err) || !CALL_BODY(call, op, fields, e))
        return OP_FAIL;
    if (call->replay_id.text[0])
        return OP_NEXT;
    if (!e->candidate && !e->inputs)
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "", "required",
                           "give a candidate, inputs, or both", "请给出 candidate、inputs 或两者"),
               OP_FAIL;
    if (!sealed_value_refuse(e->inputs, "/inputs", &op->err))
        return OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &call->caller.scope);
    DB_GROUP_ADD(g, SQL_QUERIES_REQUEST_ANSWER_LOAD, &e->rows, e->id.text);
    DB_GROUP_ADD(g, SQL_QUERIES_SKILL_GET, &e->named, skill_named(e, &op->arena),
                 call->caller.user.text);
    db_group_send(g);
    return OP_WAIT;
}

/* The candidate as a skill and an action; only those that were shown can be chosen. */
static bool choose(struct request_answer *e, struct arena *arena, struct gov_err *err)
{
    const json_t *latest = db_json(&e->rows, 0, 3, arena);
    const json_t *candidates = json_object_get(db_json(&e->rows, 0, 4, arena), "candidates");
    const json_t *c;
    size_t i;

    if (!e->candidate) {
        e->skill = json_get_text(latest, "skill");
        e->action = json_get_text(latest, "action");
        return e->skill || gov_fail_at(err, GOV_INVALID_INPUT, "/candidate", "required",
                                       "choose one of the candidates first", "请先选择一个候选项");
    }
    json_array_foreach (candidates, i, c) {
        const char *skill = json_get_text(c, "skill"), *action = json_get_text(c, "action");
        const char *both = arena_format(arena, "%s/%s", skill, action);
        const char *wanted = json_string_value(e->candidate);
        const char *its_skill = json_get_text(e->candidate, "skill");
        const char *its_action = json_get_text(e->candidate, "action");
        if ((its_skill && strcmp(its_skill, skill) == 0 &&
             (!its_action || strcmp(its_action, action) == 0)) ||
            (json_is_integer(e->candidate) && json_integer_value(e->candidate) == (json_int_t)i) ||
            (wanted && (strcmp(wanted, skill) == 0 || strcmp(wanted, both) == 0))) {
            e->skill = skill;
            e->action = action;
            return true;
        }
    }
    return gov_fail_at(err, GOV_INVALID_INPUT, "/candidate", "unknown",
                       "choose one of the candidates: its skill, or its place in the list from 0",
                       "请选择候选项之一：技能名，或从 0 开始的序号");
}

/* Of a correction: also a skill that was not among the candidates, if he may know of it. */
static bool choose_any(struct request_answer *e, struct arena *arena, struct gov_err *err)
{
    struct call *call = e->endpoint.call;
    struct skill_manifest manifest;
    const struct skill_action *action;
    const char *text = json_string_value(e->candidate), *slash = text ? strchr(text, '/') : NULL;
    const char *wanted = slash ? slash + 1 : json_get_text(e->candidate, "action");

    if (choose(e, arena, err))
        return true;
    if (e->named.count == 0 || !skill_visible(call, &e->named, 0) ||
        !db_text(&e->named, 0, SKILL_MANIFEST) ||
        !skill_manifest_view(db_json(&e->named, 0, SKILL_MANIFEST, arena), &manifest, arena, err) ||
        !(action = skill_action_find(&manifest, wanted)))
        return gov_fail_at(err, GOV_INVALID_INPUT, "/candidate", "unknown",
                           "name a skill, or SKILL/ACTION; GET /v1/skills lists them",
                           "请给出技能名或 技能/操作；GET /v1/skills 可列出");
    e->skill = db_text(&e->named, 0, SKILL_NAME);
    e->action = action->name;
    return true;
}

/* What the words were taken for: NULL where nothing was. */
static const char *was(const struct request_answer *e, const char *member)
{
    struct arena *arena = &((struct request_answer *)(uintptr_t)e)->endpoint.op.arena;
    const json_t *candidates = json_object_get(db_json(&e->rows, 0, 4, arena), "candidates");
    const char *taken = json_get_text(db_json(&e->rows, 0, 3, arena), member);
    return e->correction ? taken : json_get_text(json_array_get(candidates, 0), member);
}

static bool check_correction(struct request_answer *e, struct gov_err *err)
{
    const char *state = db_text(&e->rows, 0, 0);

    if (!e->candidate || e->inputs || !db_text(&e->rows, 0, 3) || !db_text(&e->rows, 0, 7))
        return gov_fail(err, GOV_CONFLICT, "this request asks nothing; it is %s",
                        "该请求没有待回答的问题；当前状态 %s", state);
    e->correction = true;
    if (!choose_any(e, &e->endpoint.op.arena, err))
        return false;
    const char *skill = was(e, "skill"), *action = was(e, "action");
    if (skill && strcmp(skill, e->skill) == 0 && action && strcmp(action, e->action) == 0)
        return gov_fail_at(err, GOV_INVALID_INPUT, "/candidate", "same",
                           "that is what it was taken for", "系统原本就是这样理解的");
    return true;
}

static void gather_inputs(struct request_answer *e, struct arena *arena)
{
    const json_t *earlier = db_json(&e->rows, 0, 5, arena);
    const json_t *answer;
    size_t i;

    e->input = json_own(arena, json_object());
    json_array_foreach (earlier, i, answer) {
        const char *skill = json_get_text(answer, "skill"), *name;
        json_t *inputs = json_object_get(answer, "inputs"), *value;
        bool same = skill && strcmp(skill, e->skill) == 0;
        json_object_foreach (inputs, name, value)
            if (same || !sealed_value_inside(value)) /* what was sealed for one skill opens for no other */
                json_object_set(e->input, name, value);
    }
    if (e->inputs)
        json_object_update(e->input, e->inputs);
}

static enum op_next check(struct op *op)
{
    struct request_answer *e = (struct request_answer *)op;
    struct call *call = e->endpoint.call;

    if (call->replay_id.text[0])
        return OP_NEXT;
    if (e->rows.count == 0 || strcmp(db_text(&e->rows, 0, 1), call->caller.user.text) != 0)
        return gov_fail(&op->err, GOV_NOT_FOUND, "there is no such request of yours",
                        "没有您的这个请求"),
               OP_FAIL;
    bool asks = strcmp(db_text(&e->rows, 0, 0), "needs_answer") == 0;
    if (asks ? !choose(e, &op->arena, &op->err) : !check_correction(e, &op->err))
        return OP_FAIL;
    if (!call_may_use(call, e->skill))
        return gov_fail_at(&op->err, GOV_FORBIDDEN, "/candidate", "token",
                           "this token may not use the skill \"%s\"", "该令牌不能使用技能“%s”", e->skill),
               OP_FAIL;
    gather_inputs(e, &op->arena);
    if (e->inputs && !e->correction)
        DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_PLAN_LOAD, &e->chosen, e->skill, NULL,
                 call->caller.user.text, "{}");
    return OP_WAIT;
}

/* Before an answer lies anywhere: what the action calls sensitive is sealed. */
static bool seal_inputs(struct request_answer *e, struct gov_err *err)
{
    struct call *call = e->endpoint.call;
    struct arena *arena = &e->endpoint.op.arena;
    struct plan_basis *basis = plan_basis_new(&e->chosen);
    const struct skill_action *action = skill_action_find(&basis->manifest, e->action);
    const struct schema *schema = action ? plan_basis_schema(basis, action, err) : NULL;
    struct input_seal seal = { NULL, &call->caller.tenant, e->skill };

    arena_defer(arena, plan_basis_let_go, basis);
    if (!schema)
        return err->code ? false
                         : gov_fail_at(err, GOV_NOT_FOUND, "/candidate", "unknown",
                                       "the skill \"%s\" has no published action \"%s\" any more",
                                       "技能“%s”已没有已发布的操作“%s”", e->skill, e->action ? e->action : "");
    seal.key = db_json(&e->chosen, 0, BASIS_SEAL_KEY, arena);
    return input_seal_part(&seal, schema, e->input, arena, err);
}

static enum op_next mark(struct op *op)
{
    struct request_answer *e = (struct request_answer *)op;
    struct call *call = e->endpoint.call;

    if (call->replay_id.text[0])
        return OP_NEXT;
    if (e->inputs && !e->correction && !seal_inputs(e, &op->err))
        return OP_FAIL;
    marks_note(op, call->api->marks, &call->caller.tenant, 0);
    return OP_WAIT;
}

/* The words as an example of what was chosen, for an admin to decide on. */
static void propose(struct request_answer *e, struct db_group *g)
{
    struct call *call = e->endpoint.call;
    struct id id = id_new();

    DB_GROUP_ADD(g, SQL_QUERIES_UNMET_NOTE, NULL, id.text, db_text(&e->rows, 0, 7), "corrected",
                 e->id.text, was(e, "skill"), was(e, "action"), e->skill, e->action,
                 call->caller.user.text);
}

static enum op_next correct(struct request_answer *e)
{
    struct op *op = &e->endpoint.op;
    struct call *call = e->endpoint.call;
    struct db_group *g = db_group_new(op, call->api->db, &call->caller.scope);
    const json_t *event =
        json_own(&op->arena, json_pack("{s:s, s:s}", "skill", e->skill, "action", e->action));

    DB_GROUP_ADD(g, SQL_QUERIES_REQUEST_EVENT_ADD, NULL, e->id.text, "correction",
                 json_text(&op->arena, event));
    propose(e, g);
    DB_GROUP_ADD(g, SQL_QUERIES_AUDIT_EVENT_INSERT, NULL, call->caller.user.text, caller_actor(call),
                 "run", "request.corrected", "request", e->id.text, json_text(&op->arena, event));
    call_remember_shown(call, g, &e->id);
    db_group_tolerate(g, &e->err);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next insert(struct op *op)
{
    struct request_answer *e = (struct request_answer *)op;
    struct call *call = e->endpoint.call;
    struct arena *arena = &op->arena;
    struct job_payload payload;
    struct id job = id_new();

    if (call->replay_id.text[0])
        return OP_NEXT;
    if (e->correction)
        return correct(e);
    json_t *event = json_own(arena, json_pack("{s:s?, s:s?, s:O}", "skill", e->skill, "action",
                                              e->action, "inputs", e->input));

    if (!job_payload_decode(db_json(&e->rows, 0, 2, arena), &payload, &op->err))
        return OP_FAIL;
    payload.skill = e->skill;
    payload.action = e->action;
    payload.input = e->input;
    e->entry = queue_entry_new(call->caller.scope.schema, LANE_CTL, CLASS_INTERACTIVE, JOB_INTENT, job, INTENT_COST_MS);
    struct db_group *g = db_group_new(op, call->api->db, &call->caller.scope);
    DB_GROUP_ADD(g, SQL_QUERIES_REQUEST_EVENT_AT, NULL, e->id.text, db_text(&e->rows, 0, 6), "answer",
                 json_text(arena, event));
    DB_GROUP_ADD(g, SQL_QUERIES_JOB_ACCEPT, NULL, job.text, job_kind_name(JOB_INTENT),
                 job_lane_name(LANE_CTL), job_class_name(CLASS_INTERACTIVE), e->id.text,
                 json_text(arena, job_payload_encode(&payload, arena)), NULL, NULL,
                 arena_format(arena, "%d", JOB_CTL_ATTEMPTS), arena_format(arena, "%d", JOB_CTL_TIMEOUT_MS),
                 call->caller.user.text, NULL, call->caller.kind == CALLER_TOKEN ? "token" : "user");
    if (e->candidate && db_text(&e->rows, 0, 7))
        propose(e, g);
    call_remember_shown(call, g, &e->id);
    db_group_tolerate(g, &e->err);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next enqueue(struct op *op)
{
    struct request_answer *e = (struct request_answer *)op;

    if (e->endpoint.call->replay_id.text[0])
        return OP_NEXT;
    if (e->err.code == GOV_CONFLICT && strcmp(e->err.item, "request_event_pk") == 0)
        return gov_fail(&op->err, GOV_CONFLICT,
                        "it was answered or cancelled at the same moment; read it again",
                        "该请求同时被回答或取消；请重新读取"),
               OP_FAIL;
    if (e->err.code) {
        op->err = e->err;
        return OP_FAIL;
    }
    if (!e->correction)
        queue_shards_push(op, &e->endpoint.call->api->queues, &e->entry, 1);
    return OP_WAIT;
}

static enum op_next wait_for_it(struct op *op)
{
    struct request_answer *e = (struct request_answer *)op;
    if (e->correction)
        return OP_NEXT;
    settle_wait(op, &e->wait, e->endpoint.call, &e->id, false, &e->id,
                settle_wait_seconds(e->endpoint.call, 0));
    return OP_WAIT;
}

static enum op_next show(struct op *op)
{
    struct request_answer *e = (struct request_answer *)op;
    show_one(op, &e->show, e->endpoint.call, &e->id, false, e->wait.settled || e->correction ? 200 : 202);
    return OP_WAIT;
}

const struct op_step request_answer_steps[] = { { "parse", parse },   { "check", check },
                                                { "mark", mark },         { "insert", insert }, { "enqueue", enqueue },
                                                { "wait", wait_for_it }, { "show", show },
                                                { 0 } };
const size_t request_answer_bytes = sizeof(struct request_answer);
