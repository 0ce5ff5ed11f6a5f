#include "worker/run/run_admit.h"

#include <string.h>

#include "core/model/schedule.h"
#include "core/store/file/file_quota.h"
#include "core/store/queue/admission.h"
#include "worker/run/run_planned.h"

/* Confirmed ahead for a moment that nobody kept: people agreed to that time, not to any. What has begun once may
 * be tried again. */
static bool is_past(const struct claimed *job, int64_t now_us)
{
    int64_t at_us = job->payload.run_at_us;

    return at_us && job->attempt == 1 && now_us - at_us > (int64_t)SCHEDULE_CONFIRMED_LATE_S * 1000000;
}

/* What it was planned to call is still granted, with the credentials of then: nothing of it runs otherwise. Egress
 * asks again at each call. */
static bool may_call(const struct claimed *job, const json_t *granted, struct gov_err *err)
{
    const char *name;
    json_t *version;

    json_object_foreach ((json_t *)job->payload.credentials, name, version) {
        int64_t now = json_get_int(granted, name, -1);
        if (now < 0)
            return gov_fail(err, GOV_NOT_GRANTED,
                            "the HTTP resource \"%s\" is not granted to this tenant any more (or is switched off); ask the "
                            "platform's administrator",
                            "该租户对 HTTP 资源“%s”的授权已被收回（或资源已停用）；请联系平台管理员", name);
        if (now != json_integer_value(version))
            return gov_fail(err, GOV_PLAN_STALE,
                            "the credential of \"%s\" was changed after this was planned; run it again",
                            "“%s”的凭据在计划之后已更换，请重新运行", name);
    }
    return true;
}

bool run_admit(struct work *work, const struct db_rows *rows, struct skill_manifest *manifest,
               const struct skill_action **action, struct gov_err *err)
{
    struct arena *arena = &work->op.arena;
    const struct job_payload *p = &work->job.payload;
    const char *state = rows->count ? db_text(rows, 0, RUN_STATE) : NULL;

    if (!state || !p->version_digest || strcmp(db_text(rows, 0, RUN_VERSION_DIGEST), p->version_digest) != 0)
        return gov_fail(err, GOV_PLAN_STALE, "the planned version is not there any more",
                        "计划中的版本已不存在");
    const char *runtime = db_text(rows, 0, RUN_RUNTIME_DIGEST), *planned = p->runtime_digest ? p->runtime_digest : "";
    if (strcmp(runtime ? runtime : "", planned) != 0)
        return gov_fail(err, GOV_PLAN_STALE, "the version's own runtime is not the planned one",
                        "版本自带的运行时与计划不符");
    if (!run_planned_check(work, db_json(rows, 0, RUN_PLAN, arena), err))
        return false;
    struct admission admission = { .skill = p->skill,
                                   .version = p->version,
                                   .state = state,
                                   .owner_name = db_text(rows, 0, RUN_OWNER_NAME),
                                   .enabled = db_bool(rows, 0, RUN_ENABLED),
                                   .is_try = p->is_try,
                                   .uploaded_by = db_id(rows, 0, RUN_UPLOADED_BY),
                                   .requester = work->job.created_by,
                                   .role = db_text(rows, 0, RUN_ROLE),
                                   .bindings = db_json(rows, 0, RUN_BINDINGS, arena) };
    if (is_past(&work->job, db_int(rows, 0, RUN_NOW_US)))
        return gov_fail(err, GOV_EXPIRED,
                        "it was confirmed for a moment that is more than an hour past; run it by hand if it is still wanted",
                        "它经确认的执行时间已过去一小时以上；如仍需要，请手动运行");
    if (!admission_version(&admission, err))
        return false;
    if (!skill_manifest_view(db_json(rows, 0, RUN_MANIFEST, arena), manifest, arena, err))
        return false;
    *action = skill_action_find(manifest, p->action);
    if (!*action)
        return gov_fail_cause(err, GOV_INTERNAL, "action %s is not in the manifest", p->action);
    if (db_bool(rows, 0, RUN_OVER_QUOTA))
        return file_quota_exceeded(err);
    if (!admission_binding(&admission, (*action)->name, arena, err))
        return false;
    if (!may_call(&work->job, db_json(rows, 0, RUN_GRANTS, arena), err))
        return false;
    /* The database lets a job of high risk in only with its confirmation; one that says it is of low risk is
     * believed there, and looked at here. */
    if ((*action)->risk == SKILL_RISK_HIGH &&
        (!work->job.risk || strcmp(work->job.risk, skill_risk_name(SKILL_RISK_HIGH)) != 0))
        return gov_fail(err, GOV_CONFIRMATION_REQUIRED,
                        "\"%s\" is of high risk, and this run came without a confirmation",
                        "“%s”属于高风险操作，而该运行没有经过确认", p->action);
    return true;
}
