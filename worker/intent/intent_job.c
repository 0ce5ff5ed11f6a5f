/* intent_job.c - a job of kind intent: from words to a capability and its inputs.
 *
 *     read -> load -> recognise [-> build -> recognise] -> consult -> weigh -> understand -> finish
 *
 * The tenant's model is a file that a build job made when a skill changed (catalogue.h). Who may run
 * what is decided here by the bindings and again by the plan. A chosen candidate or given inputs (an
 * answer to a question) arrive in the payload.
 */
#include "worker/intent/intent_job.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "worker/intent/intent_parts.h"

const char *intent_text(const struct intent_job *j)
{
    return db_text(&j->request, 0, 1);
}

static enum op_next read_request(struct op *op)
{
    struct intent_job *j = (struct intent_job *)op;
    const struct id *earlier = &j->work.job.payload.follow_up_of;
    struct db_group *g = db_group_new(op, j->work.worker->db, &j->work.tenant.scope);

    DB_GROUP_ADD(g, SQL_QUERIES_REQUEST_GET, &j->request, j->work.job.request.text);
    DB_GROUP_ADD(g, SQL_QUERIES_INTENT_LOAD, &j->skills, j->work.job.created_by.text);
    if (!id_empty(earlier))
        DB_GROUP_ADD(g, SQL_QUERIES_FOLLOW_UP_LOAD, &j->earlier, earlier->text);
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
    j->catalogue = catalogue_read(j->work.tenant.scope.schema, &j->skills, &op->arena, &op->err);
    if (!j->catalogue)
        return OP_FAIL;
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

bool intent_allowed(void *job, const char *id)
{
    struct intent_job *j = job;
    const struct catalogue_action *a = catalogue_find(j->catalogue, id);
    struct gov_text reason;

    return a && policy_token_names(j->usable, a->skill) &&
           policy_binding_explain(a->bindings, a->binding_count, j->role, &j->work.job.created_by,
                                  a->action->name, &j->work.op.arena, &reason);
}

static void predict(struct intent_job *j, const struct recogniser *model)
{
    struct arena *arena = &j->work.op.arena;
    const char *text = intent_text(j);

    recogniser_predict(model, text, strlen(text), intent_allowed, j, &j->answer);
    /* The model may be gone before this job is: another tenant's, or a newer one, takes its place. */
    for (size_t i = 0; i < j->answer.candidate_count; i++)
        j->answer.candidates[i].id = arena_text(arena, j->answer.candidates[i].id);
    if (j->answer.decision == RECOGNISER_ACT)
        j->chosen = catalogue_find(j->catalogue, j->answer.candidates[0].id);
    if (!id_empty(&j->work.job.payload.follow_up_of) && !intent_follow_up(j))
        j->answer.decision = RECOGNISER_REFUSE;
}

/* Runs a second time when the model had to be made first. */
static enum op_next recognise(struct op *op)
{
    struct intent_job *j = (struct intent_job *)op;
    const struct job_payload *payload = &j->work.job.payload;
    const struct recogniser *model;

    if (j->skills.count && db_text(&j->skills, 0, 7))
        role_parse(db_text(&j->skills, 0, 7), &j->role);
    j->usable = json_text_list(payload->skills, &op->arena);
    j->answer.decision = RECOGNISER_ABSTAIN;
    if (j->catalogue->count == 0)
        return OP_NEXT;
    model = catalogue_model(j->work.worker->catalogues, j->catalogue);
    if (!model && !j->built) {
        j->built = true;
        catalogue_build(op, j->work.worker->catalogues, j->catalogue, &j->unwritten);
        return OP_AGAIN;
    }
    if (j->unwritten.code)
        log_error(LEVEL_WARN, "model.unwritten", &j->unwritten);
    if (!model)
        return gov_fail_cause(&op->err, GOV_OVERLOADED, "the model was pushed out"), OP_FAIL;
    predict(j, model);
    if (payload->skill) { /* a person has chosen */
        const struct catalogue_action *chosen =
            catalogue_action(j->catalogue, payload->skill, payload->action);
        j->previous = chosen == j->chosen ? j->previous : NULL;
        j->chosen = chosen;
        j->answer.decision = chosen ? RECOGNISER_ACT : RECOGNISER_ABSTAIN;
        j->answer.candidate_count = 0;
    }
    return OP_NEXT;
}

static enum op_next understand(struct op *op)
{
    struct intent_job *j = (struct intent_job *)op;

    if (j->chosen && j->answer.decision != RECOGNISER_REFUSE)
        intent_fill(j);
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

/* "Asked but not available": what admins look at to see which skill is missing. */
static void note_unmet(struct intent_job *j, struct db_group *group)
{
    const struct catalogue_action *near =
        j->answer.candidate_count ? catalogue_find(j->catalogue, j->answer.candidates[0].id) : NULL;
    struct id id = id_new();

    DB_GROUP_ADD(group, SQL_QUERIES_UNMET_NOTE, NULL, id.text, intent_text(j), "abstained",
                 j->work.job.request.text, near ? near->skill : NULL,
                 near ? near->action->name : NULL, NULL, NULL, j->work.job.created_by.text);
}

/* A forbidden best answer is told as such, without its name. */
static void build_refused(struct work *work, struct db_group *group)
{
    gov_fail(&work->op.err, GOV_FORBIDDEN,
             "what you asked for exists, but you may not run it; ask an admin of this tenant",
             "您请求的能力存在，但您无权运行；请联系本租户管理员");
    work_add_failure(work, group, &work->op.err);
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
    intent_audit_consulted(j, group);
    if (!j->chosen && !ask)
        note_unmet(j, group);
    if (ask || !j->chosen) {
        work_add_callback(work, group); /* an abstention is an end, a question is none */
        return;
    }
    struct job_payload payload = work->job.payload;
    payload.skill = j->chosen->skill;
    payload.action = j->chosen->action->name;
    payload.input = j->input;
    payload.provenance = j->provenance;
    payload.doubt = j->doubt;
    payload.follow_up_of = (struct id){ "" };
    payload.files = NULL; /* those that are meant are in the input now */
    struct work_next plan = { id_new(), JOB_PLAN, LANE_CTL, work->job.class, 5, NULL };
    work_add_job(work, group, &plan, job_payload_encode(&payload, arena), NULL, NULL, JOB_CTL_TIMEOUT_MS,
                 JOB_CTL_ATTEMPTS, 0);
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
                                        { "consult", intent_consult },
                                        { "weigh", intent_weigh },
                                        { "understand", understand },
                                        { "finish", finish },
                                        { 0 } };

const struct work_kind intent_job_kind = { steps, sizeof(struct intent_job) };
