/* run_planned.c - the digest is made again from the body, and the payload compared with the body's one step. */
#include "worker/run/run_planned.h"

#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/model/plan.h"

static bool same(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool differs(struct gov_err *err, const char *en, const char *zh)
{
    gov_fail(err, GOV_PLAN_STALE, "%s is not what was planned and shown; ask for it again",
             "%s与计划及展示的内容不符；请重新提交", en);
    snprintf(err->zh, sizeof err->zh, "%s与计划及展示的内容不符；请重新提交", zh);
    return false;
}

/* Every file of the plan, and no other: where it goes, which it is, and what is in it. */
static bool files_same(const struct plan_step *step, const json_t *files)
{
    if (json_array_size(files) != step->file_count)
        return false;
    for (size_t i = 0; i < step->file_count; i++) {
        const json_t *one = json_array_get(files, i);
        const struct plan_file *f = &step->files[i];
        if (!same(json_get_text(one, "path"), f->path) || !same(json_get_text(one, "id"), f->id.text) ||
            !same(json_get_text(one, "name"), f->name) || !same(json_get_text(one, "sha256"), f->sha256))
            return false;
    }
    return true;
}

/* Each resource of the plan with the credential of then, and none besides. */
static bool resources_same(const struct plan_step *step, const json_t *credentials)
{
    const char *name;
    json_t *version;

    for (size_t i = 0; i < step->resource_count; i++)
        if (json_get_int(credentials, step->resources[i].name, -1) != step->resources[i].credential_version)
            return false;
    json_object_foreach ((json_t *)credentials, name, version) {
        size_t i = 0;
        while (i < step->resource_count && strcmp(step->resources[i].name, name) != 0)
            i++;
        if (i == step->resource_count)
            return false;
    }
    return true;
}

static bool input_same(const struct plan_step *step, const json_t *input)
{
    return input ? json_equal(step->input, input) : json_object_size(step->input) == 0;
}

static bool payload_check(const struct job_payload *p, const struct plan *plan, struct gov_err *err)
{
    const struct plan_step *step = &plan->steps[0];

    if (!same(p->skill, step->skill) || !same(p->action, step->action))
        return differs(err, "the action", "操作");
    if (p->version != step->version || !same(p->version_digest, step->version_digest))
        return differs(err, "the version", "版本");
    if (!same(p->runtime_digest, step->runtime_digest) ||
        (plan->confirmation.required && !same(p->platform_digest, step->platform_digest)))
        return differs(err, "the runtime", "运行时");
    if (!input_same(step, p->input))
        return differs(err, "the input", "输入");
    if (!files_same(step, p->files))
        return differs(err, "a file", "文件");
    return resources_same(step, p->credentials) || differs(err, "an HTTP resource or its credential", "HTTP 资源或其凭据");
}

bool run_planned_check(struct work *work, const json_t *body, struct gov_err *err)
{
    const struct claimed *job = &work->job;
    char digest[PLAN_DIGEST_BYTES];
    struct plan plan;

    if (!body) /* nobody was shown anything, and the database lets none of high risk in like this */
        return !same(job->risk, skill_risk_name(SKILL_RISK_HIGH)) || differs(err, "the plan", "计划");
    if (!plan_decode(body, &plan, &work->op.arena, err) || !same(plan_digest(&plan, digest), job->plan_digest) || plan.step_count != 1)
        return differs(err, "the plan", "计划");
    if (!same(plan.tenant.text, work->tenant.id.text) || !same(plan.requester.text, job->created_by.text))
        return differs(err, "whose run it is", "运行的归属");
    if (!same(job->risk, skill_risk_name(plan.risk)))
        return differs(err, "the risk", "风险级别");
    return payload_check(&job->payload, &plan, err);
}
