/* intent_job.c - a job of kind intent: from words to a capability and its inputs.
 *
 *     read -> load -> recognise -> finish
 *
 * The model is trained from the tenant's published skills and kept per tenant until one of them
 * changes (catalogue.c). Who may run what is decided here by the bindings and again by the plan.
 * A chosen candidate or given inputs (an answer to a question) arrive in the payload.
 */
#include "worker/intent/intent_job.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "worker/intent/catalogue.h"
#include "worker/intent/fill.h"

struct intent_job {
    struct work work;
    struct db_rows request, skills, files;
    struct catalogue *catalogue;
    enum role role;
    struct recogniser_answer answer;
    const struct catalogue_action *chosen;
    struct fill_result filled;
    json_t *input;
    json_t *provenance;
    json_t *questions;
    const char *const *usable; /* skills of the token it was asked with; NULL: any */
};

static enum op_next read_request(struct op *op)
{
    struct intent_job *j = (struct intent_job *)op;
    struct db_group *g = db_group_new(op, j->work.worker->db, &j->work.tenant.scope);

    DB_GROUP_ADD(g, SQL_QUERIES_REQUEST_GET, &j->request, j->work.job.request.text);
    DB_GROUP_ADD(g, SQL_QUERIES_INTENT_LOAD, &j->skills, j->work.job.created_by.text);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next load_files(struct op *op)
{
    struct intent_job *j = (struct intent_job *)op;
    const json_t *files = j->work.job.payload.files;
    struct buf ids = { 0 };

    if (j->request.count == 0)
        return gov_fail_cause(&op->err, GOV_INTERNAL, "the request is gone"), OP_FAIL;
    buf_add_char(&ids, '{');
    for (size_t i = 0; i < json_array_size(files); i++)
        buf_addf(&ids, "%s%s", i ? "," : "", json_string_value(json_array_get(files, i)));
    buf_add_char(&ids, '}');
    DB_QUERY(op, j->work.worker->db, &j->work.tenant.scope, SQL_QUERIES_FILES_OF_IDS, &j->files,
             ids.data);
    buf_release(&ids);
    return OP_WAIT;
}

/* --- recognise --- */

static bool token_may_use(const struct intent_job *j, const char *skill)
{
    if (!j->usable)
        return true;
    for (const char *const *s = j->usable; *s; s++)
        if (strcmp(*s, skill) == 0)
            return true;
    return false;
}

static bool allowed(void *context, const char *id)
{
    struct intent_job *j = context;
    const struct catalogue_action *a = catalogue_find(j->catalogue, id);
    struct gov_text reason;

    return a && token_may_use(j, a->skill) &&
           policy_binding_explain(a->bindings, a->binding_count, j->role, &j->work.job.created_by,
                                  a->action->name, &j->work.op.arena, &reason);
}

static void fill(struct intent_job *j)
{
    struct arena *arena = &j->work.op.arena;
    const struct job_payload *payload = &j->work.job.payload;
    int count = j->files.count < FILL_FILES_MAX ? j->files.count : FILL_FILES_MAX;
    struct fill_file *files = ARENA_ARRAY(arena, struct fill_file, (size_t)count + 1);
    struct gov_err err;

    for (int i = 0; i < count; i++)
        files[i] = (struct fill_file){ db_text(&j->files, i, 0), db_text(&j->files, i, 1),
                                       db_text(&j->files, i, 2) };
    struct fill_request request = {
        .schema = j->chosen->action->input,
        .text = db_text(&j->request, 0, 1),
        .language = payload->language && payload->language[0] == 'z' ? GOV_ZH : GOV_EN,
        .now_us = payload->now_us ? payload->now_us : clock_now_us(),
        .timezone = payload->timezone ? payload->timezone : j->work.tenant.timezone,
        .files = files,
        .file_count = (size_t)count,
    };
    if (!fill_parameters(&request, &j->filled, arena, &err))
        j->filled.object = json_own(arena, json_object());
}

/* What a person answered counts before anything read out of the words. */
static void merge_answers(struct intent_job *j)
{
    struct arena *arena = &j->work.op.arena;
    const json_t *given = j->work.job.payload.input;
    json_t *all = json_own(arena, fill_to_json(&j->filled, GOV_EN));
    json_t *provenance = json_own(arena, json_array());
    json_t *item;
    const char *name;
    json_t *value;
    size_t i;

    j->input = json_own(arena, json_deep_copy(j->filled.object));
    json_object_foreach ((json_t *)given, name, value)
        json_object_set(j->input, name, value);
    json_array_foreach (json_object_get(all, "provenance"), i, item) {
        const char *path = json_get_text(item, "path");
        if (!path || !given || !json_object_get(given, path + 1))
            json_array_append(provenance, item);
    }
    json_object_foreach ((json_t *)given, name, value)
        json_array_append_new(provenance, json_pack("{s:s, s:s}", "path", json_path(arena, "", name),
                                                    "source", "explicit"));
    j->provenance = provenance;
    j->questions = json_own(arena, json_array());
    for (i = 0; i < j->filled.question_count; i++) {
        const struct fill_question *q = &j->filled.questions[i];
        if (given && json_object_get(given, q->path + 1))
            continue;
        json_array_append_new(j->questions,
                              json_pack("{s:s, s:s, s:{s:s, s:s}, s:O*}", "path", q->path, "code",
                                        q->reason == FILL_MISSING ? "required" : "ambiguous", "text",
                                        "en", q->text.en, "zh", q->text.zh, "choices", q->choices));
    }
}

static enum op_next recognise(struct op *op)
{
    struct intent_job *j = (struct intent_job *)op;
    const struct job_payload *payload = &j->work.job.payload;
    const char *text = db_text(&j->request, 0, 1);

    j->catalogue = catalogue_open(j->work.worker->catalogues, j->work.tenant.scope.schema,
                                  &j->skills, &op->arena, &op->err);
    if (!j->catalogue)
        return OP_FAIL;
    if (j->skills.count && db_text(&j->skills, 0, 7))
        role_parse(db_text(&j->skills, 0, 7), &j->role);
    j->usable = json_text_list(payload->skills, &op->arena);
    if (payload->skill) {
        j->chosen = catalogue_action(j->catalogue, payload->skill, payload->action);
        j->answer.decision = j->chosen ? RECOGNISER_ACT : RECOGNISER_ABSTAIN;
    } else {
        catalogue_predict(j->catalogue, text, allowed, j, &j->answer);
        /* The model may be gone before this job is: another tenant's, or a newer one, takes its place. */
        for (size_t i = 0; i < j->answer.candidate_count; i++)
            j->answer.candidates[i].id = arena_text(&op->arena, j->answer.candidates[i].id);
        if (j->answer.decision == RECOGNISER_ACT)
            j->chosen = catalogue_find(j->catalogue, j->answer.candidates[0].id);
    }
    if (j->chosen) {
        fill(j);
        merge_answers(j);
    }
    return OP_NEXT;
}

/* --- finish --- */

static json_t *candidates_json(struct intent_job *j)
{
    json_t *list = json_array();

    if (j->work.job.payload.skill && j->chosen)
        json_array_append_new(list, catalogue_candidate(j->chosen, 1.0));
    for (size_t i = 0; i < j->answer.candidate_count; i++) {
        const struct catalogue_action *a =
            catalogue_find(j->catalogue, j->answer.candidates[i].id);
        if (a)
            json_array_append_new(list, catalogue_candidate(a, j->answer.candidates[i].score));
    }
    return list;
}

/* A forbidden best answer is told as such, without its name. */
static void build_refused(struct work *work, struct db_group *group)
{
    gov_fail(&work->failure, GOV_FORBIDDEN,
             "what you asked for exists, but you may not run it; ask an admin of this tenant",
             "您请求的能力存在，但您无权运行；请联系本租户管理员");
    work_add_failure(work, group, &work->failure);
    work_add_callback(work, group);
}

static void build_recognised(struct work *work, struct db_group *group)
{
    struct intent_job *j = (struct intent_job *)work;
    struct arena *arena = &work->op.arena;
    bool ask = j->answer.decision == RECOGNISER_ASK ||
               (j->chosen && json_array_size(j->questions) > 0);
    const char *decision = ask ? "ask" : j->chosen ? "act" : "abstain";

    work_add_success_strict(work, group);
    work_add_event(work, group, "intent",
                   json_pack("{s:s, s:o, s:f, s:s*, s:s*, s:O*, s:O*, s:O*}", "decision", decision,
                             "candidates", candidates_json(j), "confidence", j->answer.confidence,
                             "skill", j->chosen ? j->chosen->skill : NULL, "action",
                             j->chosen ? j->chosen->action->name : NULL, "input", j->input,
                             "provenance", j->provenance, "questions", j->questions));
    if (ask || !j->chosen) {
        work_add_callback(work, group); /* an abstention is an end, a question is none */
        return;
    }
    struct job_payload payload = work->job.payload;
    payload.skill = j->chosen->skill;
    payload.action = j->chosen->action->name;
    payload.input = j->input;
    payload.provenance = j->provenance;
    payload.files = NULL; /* those that are meant are in the input now */
    struct work_next plan = { id_new(), JOB_PLAN, LANE_CTL, work->job.class, 5, NULL };
    work_add_job(work, group, &plan, job_payload_encode(&payload, arena), NULL, NULL, 30000, 5, 0);
}

static enum op_next finish(struct op *op)
{
    struct intent_job *j = (struct intent_job *)op;
    work_finish(&j->work,
                j->answer.decision == RECOGNISER_REFUSE ? build_refused : build_recognised);
    return OP_WAIT;
}

static const struct op_step steps[] = { { "read", read_request },
                                        { "load_files", load_files },
                                        { "recognise", recognise },
                                        { "finish", finish },
                                        { 0 } };

const struct work_kind intent_job_kind = { steps, sizeof(struct intent_job) };
