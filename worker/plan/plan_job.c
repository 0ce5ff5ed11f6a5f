/* plan_job.c - a job of kind plan: from a recognised (or hand-made) wish to a stored plan.
 *
 *     read -> planning -> decide -> finish
 *
 * What follows depends on the plan: a run job (low risk), a waiting confirmation with its delayed
 * jobs (high risk, or asked for), a question (an input is missing or wrong and somebody spoke in
 * words), or nothing (mode "plan", failure). All of it is one transaction with the end of this job.
 */
#include "worker/plan/plan_job.h"

#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/store/planning/planning.h"
#include "worker/run/run_prewarm.h"

enum { EXPIRE_AFTER_MS = 1000 };

struct plan_job {
    struct work work;
    struct db_rows request;
    struct planning planning;
    struct id plan_id;
    struct id confirmation_id;
    bool words;   /* somebody spoke: a bad input is a question, not a failure */
    bool ask;
    json_t *body;
};

static enum op_next read_request(struct op *op)
{
    struct plan_job *j = (struct plan_job *)op;
    DB_QUERY(op, j->work.worker->db, &j->work.tenant.scope, SQL_QUERIES_REQUEST_GET, &j->request,
             j->work.job.request.text);
    return OP_WAIT;
}

static void release(void *op)
{
    op_release(op);
}

static enum op_next plan(struct op *op)
{
    struct plan_job *j = (struct plan_job *)op;
    const struct job_payload *payload = &j->work.job.payload;
    struct planning *p = &j->planning;

    if (j->request.count == 0)
        return gov_fail_cause(&op->err, GOV_INTERNAL, "request %s is gone", j->work.job.request.text),
               OP_FAIL;
    j->words = db_text(&j->request, 0, 1) != NULL;
    planning_init(p, op->loop);
    arena_defer(&op->arena, release, &p->op);
    p->db = j->work.worker->db;
    p->scope = j->work.tenant.scope;
    p->tenant = j->work.tenant.id;
    p->requester = j->work.job.created_by;
    p->skill = payload->skill;
    p->action = payload->action;
    p->version = payload->version;
    p->is_try = payload->is_try;
    p->input = payload->input;
    p->files = payload->files;
    p->provenance = payload->provenance;
    p->skills = json_text_list(payload->skills, &op->arena);
    p->doubt = payload->doubt;
    p->history = true;
    p->now_us = clock_now_us();
    p->run_at_us = payload->run_at_us;
    p->platform = platform_runtimes_copy(j->work.worker, &op->arena);
    op_try(op, &p->op);
    return OP_WAIT;
}

/* --- the finishing transaction, one builder per end --- */

static json_t *questions_of(const struct gov_err *err)
{
    json_t *questions = json_array();

    for (size_t i = 0; i < err->item_count; i++) {
        const struct gov_err_item *item = &err->items[i];
        const char *path = strncmp(item->path, "/input", 6) == 0 ? item->path + 6 : item->path;
        json_array_append_new(questions,
                              json_pack("{s:s, s:s, s:{s:s, s:s}}", "path", path, "code", item->code,
                                        "text", "en", item->message.en, "zh", item->message.zh));
    }
    return questions;
}

static void build_failed(struct work *work, struct db_group *group)
{
    struct plan_job *j = (struct plan_job *)work;
    work_add_failure(work, group, &j->planning.op.err);
    work_add_callback(work, group);
}

static void build_question(struct work *work, struct db_group *group)
{
    struct plan_job *j = (struct plan_job *)work;
    const struct job_payload *payload = &work->job.payload;

    work_add_success_strict(work, group);
    work_add_event(work, group, "question",
                   json_pack("{s:s, s:s*, s:O*, s:O*, s:o}", "skill", payload->skill, "action",
                             payload->action, "input", payload->input, "provenance",
                             payload->provenance, "questions", questions_of(&j->planning.op.err)));
}

static void add_plan(struct plan_job *j, struct db_group *group, const json_t *payload)
{
    struct work *work = &j->work;
    struct arena *arena = &work->op.arena;
    struct planning *p = &j->planning;

    j->body = plan_encode(&p->plan, arena);
    DB_GROUP_ADD(group, SQL_QUERIES_PLAN_INSERT, NULL, j->plan_id.text, work->job.request.text,
                 p->digest, skill_risk_name(p->plan.risk), json_text(arena, j->body),
                 job_lane_name(p->lane), job_class_name(work->job.class),
                 arena_format(arena, "%lld", (long long)p->timeout_ms), "1",
                 json_text(arena, payload));
    work_add_event(work, group, "plan",
                   json_pack("{s:s, s:s, s:s, s:b}", "plan_id", j->plan_id.text, "digest", p->digest,
                             "risk", skill_risk_name(p->plan.risk), "confirmation_required",
                             p->rule.required));
}

static void add_clock(struct plan_job *j, struct db_group *group, const char *task, int64_t at_us)
{
    struct work *work = &j->work;
    struct job_payload payload = { .confirmation = j->confirmation_id, .task = task };
    struct work_next job = { id_new(), JOB_CONFIRM, LANE_CTL, CLASS_NORMAL, 1, NULL };

    work_add_job(work, group, &job, job_payload_encode(&payload, &work->op.arena), NULL, NULL,
                 JOB_CTL_TIMEOUT_MS, JOB_CTL_ATTEMPTS, at_us);
}

static int64_t rule_after(const struct planning *p, int64_t seconds)
{
    return confirmation_rule_after(&p->rule, p->zone, p->now_us, seconds);
}

/* By the rule, but halfway at the latest: a schedule may have asked shortly before its slot. */
static int64_t remind_at_us(const struct planning *p)
{
    int64_t by_rule = rule_after(p, p->rule.reminder_s);
    int64_t halfway = p->now_us + (p->plan.confirmation.expires_at_us - p->now_us) / 2;

    return p->run_at_us && by_rule > halfway ? halfway : by_rule;
}

/* The confirmation waits as a row; only its reminder, its escalation and its end are jobs. */
static void add_confirmation(struct plan_job *j, struct db_group *group)
{
    struct work *work = &j->work;
    struct planning *p = &j->planning;
    struct arena *arena = &work->op.arena;
    char expires[CLOCK_TEXT_BYTES], remind[CLOCK_TEXT_BYTES];
    int64_t expires_us = p->plan.confirmation.expires_at_us;
    int64_t remind_us = remind_at_us(p);
    int64_t escalate_us = p->rule.escalate_s ? rule_after(p, p->rule.escalate_s) : 0;
    struct confirmation_rule told = p->rule;

    /* An extension is added where there is no calendar: it is told in seconds of the wall. */
    if (told.extend_s)
        told.extend_s = (confirmation_rule_after(&p->rule, p->zone, expires_us, told.extend_s) - expires_us) / 1000000;
    json_t *rule = json_own(arena, confirmation_rule_encode(&told, escalate_us));

    clock_format(expires_us, expires);
    clock_format(remind_us, remind);
    DB_GROUP_ADD(group, SQL_QUERIES_CONFIRMATION_INSERT, NULL, j->confirmation_id.text,
                 work->job.request.text, j->plan_id.text, p->digest, work->job.created_by.text,
                 json_text(arena, rule), expires, remind,
                 arena_format(arena, "%s/%s", p->skill, p->step.action));
    add_clock(j, group, "expire", expires_us + EXPIRE_AFTER_MS * 1000);
    add_clock(j, group, "remind", remind_us);
    if (escalate_us)
        add_clock(j, group, "escalate", escalate_us);
    work_add_event(work, group, "confirmation",
                   json_pack("{s:s, s:s, s:s, s:s}", "confirmation_id", j->confirmation_id.text,
                             "state", "waiting", "digest", p->digest, "expires_at", expires));
}

static void build_planned(struct work *work, struct db_group *group)
{
    struct plan_job *j = (struct plan_job *)work;
    struct planning *p = &j->planning;
    struct arena *arena = &work->op.arena;
    json_t *payload = planning_payload(p, &work->job.payload, arena);

    work_add_success_strict(work, group);
    add_plan(j, group, payload);
    if (work->job.payload.plan_only) {
        work_add_callback(work, group);
        return;
    }
    if (p->rule.required) {
        add_confirmation(j, group);
        return;
    }
    /* A run by hand has its request's id, so that the client knew it from the start. */
    struct work_next run = { j->words ? id_new() : work->job.request, JOB_RUN, p->lane,
                             work->job.class, job_cost_unknown_ms(p->timeout_ms),
                             job_queue_action(arena, p->skill, p->step.action,
                                              j->work.job.payload.concurrency_key) };
    work_add_job(work, group, &run, payload, p->digest, skill_risk_name(p->plan.risk),
                 p->timeout_ms, p->chosen->attempts, p->run_at_us);
}

/* A person looks at the plan now: when he says yes, an interpreter of the version will be there. Only this
 * worker's sandbox is told; another one's will start cold. */
static void prewarm(struct plan_job *j)
{
    const struct planning *p = &j->planning;

    if (p->chosen->executor == SKILL_PYTHON)
        run_prewarm(j->work.worker, j->work.tenant.scope.schema, p->tree_digest,
                    arena_format(&j->work.op.arena, "%s%s%s", p->step.runtime, p->step.runtime_digest[0] ? "+" : "",
                                 p->step.runtime_digest));
}

/* The minutes in which this tenant needs a visit: now, and when the confirmation's clock strikes. */
static enum op_next mark(struct op *op)
{
    struct plan_job *j = (struct plan_job *)op;
    struct planning *p = &j->planning;
    struct marks *marks = j->work.worker->marks;

    if (p->op.failed || !p->rule.required || j->work.job.payload.plan_only) {
        marks_note(op, marks, &j->work.tenant.id, j->work.job.payload.run_at_us);
        return OP_WAIT;
    }
    prewarm(j);
    marks_note(op, marks, &j->work.tenant.id, remind_at_us(p));
    if (p->rule.escalate_s)
        marks_note(op, marks, &j->work.tenant.id, rule_after(p, p->rule.escalate_s));
    marks_note(op, marks, &j->work.tenant.id,
               p->plan.confirmation.expires_at_us + EXPIRE_AFTER_MS * 1000);
    return OP_WAIT;
}

static enum op_next finish(struct op *op)
{
    struct plan_job *j = (struct plan_job *)op;
    struct op *planning = &j->planning.op;

    j->plan_id = id_new();
    j->confirmation_id = id_new();
    if (!planning->failed) {
        work_finish(&j->work, build_planned);
    } else if (gov_code_info(planning->err.code)->retry_helps) {
        op->err = planning->err; /* the store was away: the job goes back */
        return OP_FAIL;
    } else if (j->words && planning->err.code == GOV_INVALID_INPUT) {
        work_finish(&j->work, build_question);
    } else {
        work_finish(&j->work, build_failed);
    }
    return OP_WAIT;
}

static const struct op_step steps[] = {
    { "read", read_request }, { "plan", plan }, { "mark", mark }, { "finish", finish }, { 0 }
};

const struct work_kind plan_job_kind = { steps, sizeof(struct plan_job) };
