/* GET /v1/runs/{id}/why: what keeps a run, or a request that has none yet, from starting, each with what helps and who can do it.
 *
 *     load -> look -> leave
 *
 * Rows say what it waits for; the queue says where it stands; the table of workers whether anybody will
 * come. The queue's word is left out while the queue is away.
 */
#include <string.h>

#include "api/runs/runs.h"
#include "api/runs/show/show.h"
#include "api/runs/show/why.h"
#include "core/model/request.h"

/* Columns of run_why.sql. */
enum {
    WHY_STATE,
    WHY_BY,
    WHY_REQUEST,
    WHY_KIND,
    WHY_LANE,
    WHY_LIVE,
    WHY_RUN_AT,
    WHY_ATTEMPT,
    WHY_CANCEL,
    WHY_EXPIRES,
    WHY_APPROVERS,
    WHY_JOB,
    WHY_CLASS,
    WHY_SKILL,
    WHY_ACTION,
    WHY_KEY,
    WHY_FENCE,
    WHY_PEOPLE,
    WHY_MISSING,
    WHY_ROLES
};

struct run_why {
    struct endpoint endpoint;
    struct id id, job;
    struct db_rows rows, workers, limits;
    struct queue_document queue;
    struct why why;
};

static enum op_next load(struct op *op)
{
    struct run_why *e = (struct run_why *)op;
    struct call *call = e->endpoint.call;

    if (!call_param_id(call, 0, &e->id, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_RUN_WHY, &e->rows, e->id.text);
    return OP_WAIT;
}

static const char *cell(const struct run_why *e, int column)
{
    const char *text = db_text(&e->rows, 0, column);
    return text ? text : "";
}

static enum op_next look(struct op *op)
{
    struct run_why *e = (struct run_why *)op;
    struct call *call = e->endpoint.call;
    struct gov_err ignored;

    bool mine = e->rows.count && strcmp(cell(e, WHY_BY), call->caller.user.text) == 0;
    if (e->rows.count == 0 || (!mine && !call_may(call, MAY_READ_ALL_RUNS, &ignored)))
        return gov_fail(&op->err, GOV_NOT_FOUND, "there is no such run", "没有这个运行"), OP_FAIL;
    e->why = (struct why){ .call = call, .arena = &op->arena,
                           .blockers = json_own(&op->arena, json_array()) };
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_LIMIT_PAGE, &e->limits, NULL, "1", NULL,
             call->caller.tenant.text);
    if (strcmp(cell(e, WHY_LIVE), "ready") != 0)
        return OP_WAIT;
    e->job = db_id(&e->rows, 0, WHY_JOB);
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_WORKER_COUNT, &e->workers, cell(e, WHY_LANE));
    const char *action = strcmp(cell(e, WHY_KIND), "run") == 0
                             ? job_queue_action(&op->arena, cell(e, WHY_SKILL),
                                                db_text(&e->rows, 0, WHY_ACTION),
                                                db_text(&e->rows, 0, WHY_KEY))
                             : NULL;
    job_queue_status(op, queue_shards_of(&call->api->queues, call->caller.scope.schema), call->caller.scope.schema,
                     &e->job, action, &e->queue);
    return OP_WAIT;
}

static const char *time_cell(struct run_why *e, int column)
{
    json_t *time = json_own(&e->endpoint.op.arena, show_time(&e->rows, 0, column));
    return json_is_string(time) ? json_string_value(time) : "?";
}

static void look_at_tenant(struct run_why *e)
{
    struct why *why = &e->why;
    const json_t *limits = e->limits.count ? db_json(&e->limits, 0, 1, why->arena) : NULL;
    const json_t *tenant = json_object_get(limits, "tenant");
    const char *state = json_get_text(tenant, "state"), *by = json_get_text(limits, "paused_by");
    const char *reason = json_get_text(limits, "paused_reason");

    if (state && strcmp(state, "active") != 0)
        why_add(why, "tenant_suspended", WHY_TEXT(why, "this tenant is suspended", "该租户已停用"),
                WHY_TEXT(why, "the platform's operators resume it; ask them, or settle what is open",
                         "由平台运营人员恢复；请联系他们，或结清未结事项"));
    if (json_get_bool(limits, "paused", false))
        why_add(why, "tenant_paused",
                WHY_TEXT(why, "this tenant accepts work and starts none; paused by %s: %s",
                         "该租户接收任务但暂停执行；由 %s 暂停：%s", by ? by : "?", reason ? reason : "-"),
                WHY_TEXT(why, "the platform's operators end the pause", "由平台运营人员解除暂停"));
}

/* Those who may are asked of what takes the decision itself (confirmation_takes); who has said yes is none of them. */
static void look_at_people(struct run_why *e)
{
    struct why *why = &e->why;
    const char *who = cell(e, WHY_APPROVERS), *request = cell(e, WHY_REQUEST);

    if (!*cell(e, WHY_EXPIRES))
        return;
    long long people = db_int(&e->rows, 0, WHY_PEOPLE), missing = db_int(&e->rows, 0, WHY_MISSING);
    if (people < missing || people == 0) {
        why_add(why, "no_eligible_approver",
            WHY_TEXT(why, "%lld people more have to confirm it, and only %lld may: %s", "还需 %lld 人确认，而可以确认的只有 %lld 人：%s",
                 missing, people, *who ? who : "-"),
            WHY_TEXT(why, "an owner or admin adds members with one of these roles: %s (POST /v1/members); or withdraw the request",
                 "由 owner 或 admin 添加具有以下角色之一的成员：%s（POST /v1/members）；或撤回该请求", cell(e, WHY_ROLES)));
        return;
    }
    why_add(why, "confirmation_required",
        WHY_TEXT(why, "it waits until %s for %lld of these to confirm: %s", "等待以下人员中的 %2$lld 人确认，截至 %1$s：%3$s",
             time_cell(e, WHY_EXPIRES), missing, who),
        WHY_TEXT(why, "each of them reads the plan and confirms: POST /v1/requests/%s/confirm",
             "由他们查看计划并确认：POST /v1/requests/%s/confirm", request));
}

static void look_at_job(struct run_why *e)
{
    struct why *why = &e->why;
    const char *live = cell(e, WHY_LIVE);

    if (strcmp(live, "held") == 0)
        why_add(why, "held",
            WHY_TEXT(why, "the database was put back from a backup, and nobody knows whether it has run since",
                     "数据库已从备份恢复，无法确认该运行此后是否执行过"),
            WHY_TEXT(why, "the platform's operators look at what it did outside and let it go on: execgov restore check --release %s; "
                          "or cancel it",
                     "由平台运营人员核对其外部影响后放行：execgov restore check --release %s；也可以取消", cell(e, WHY_JOB)));
    if (strcmp(live, "delayed") != 0)
        return;
    if (db_int(&e->rows, 0, WHY_ATTEMPT) > 0)
        why_add(why, "retry_wait", WHY_TEXT(why, "attempt %lld could not be made; the next is at %s",
                                  "第 %lld 次尝试未成功；下一次在 %s",
                                  (long long)db_int(&e->rows, 0, WHY_ATTEMPT), time_cell(e, WHY_RUN_AT)),
            WHY_TEXT(why, "nothing to do; or cancel it", "无需操作；也可以取消"));
    else if (db_int(&e->rows, 0, WHY_FENCE) > 1) /* it had been claimed, and was given back at no cost */
        why_add(why, "retry_wait",
                WHY_TEXT(why, "a worker gave it back because what it needs was not to be had (its sandbox, a resource's rate, a "
                              "later version of the program); that was no attempt, and it is tried again at %s",
                         "所需条件当时不可用（沙箱、资源速率或更新版本的程序），工作进程已将其退回，不计为尝试；将在 %s 再试",
                         time_cell(e, WHY_RUN_AT)),
                WHY_TEXT(why, "nothing to do; or cancel it", "无需操作；也可以取消"));
    else
        why_add(why, "delayed", WHY_TEXT(why, "it was asked to start at %s", "按要求在 %s 开始", time_cell(e, WHY_RUN_AT)),
            WHY_TEXT(why, "wait, or cancel it and ask again without delay", "等待，或取消后不加延迟重新提交"));
}

static enum op_next leave(struct op *op)
{
    struct run_why *e = (struct run_why *)op;
    enum request_state request;
    enum run_state run;
    const char *state = cell(e, WHY_STATE);
    const json_t *job = json_object_get(e->queue.json, "job");
    const json_t *position = json_object_get(job, "position");

    bool ended = (run_state_parse(state, &run) && run_state_ended(run)) ||
                 (request_state_parse(state, &request) && request_state_ended(request));
    if (!ended && strcmp(state, "running") != 0) {
        look_at_tenant(e);
        look_at_people(e);
        look_at_job(e);
        struct why_queue place = {
            .lane = cell(e, WHY_LANE), .class = cell(e, WHY_CLASS), .queue = &e->queue,
            .workers = e->workers.count ? db_int(&e->workers, 0, 0) : -1,
            .slots = e->workers.count ? db_int(&e->workers, 0, 1) : 0,
        };
        if (strcmp(cell(e, WHY_LIVE), "ready") == 0)
            why_queue(&e->why, &place);
    }
    bool later = strcmp(cell(e, WHY_LIVE), "delayed") == 0;
    call_json(e->endpoint.call, 200,
              json_pack("{s:s, s:s, s:O, s:o, s:o}", "run_id", e->id.text, "state", state,
                        "blockers", e->why.blockers, "position",
                        json_is_integer(position) ? json_incref((json_t *)position) : json_null(),
                        "next_attempt_at",
                        later ? show_time(&e->rows, 0, WHY_RUN_AT) : json_null()));
    return OP_DONE;
}

const struct op_step run_why_steps[] = {
    { "load", load }, { "look", look }, { "leave", leave }, { 0 }
};
const size_t run_why_bytes = sizeof(struct run_why);
