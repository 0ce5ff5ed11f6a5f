/* decision.c - the code of confirmation_decide in words, and the run that it wrote. */
#include "api/confirmations/decision.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/model/job.h"

/* Columns of confirmation_decide.sql. */
enum { COL_CODE, COL_CONFIRMATION, COL_RUN, COL_LANE, COL_CLASS, COL_TIMEOUT, COL_PAYLOAD };

static bool refused(enum gov_code code, struct gov_err *err)
{
    switch (code) {
    case GOV_SELF_CONFIRMATION:
        return gov_fail(err, code, "you asked for this yourself; somebody else has to confirm it",
                        "这是您本人提出的请求，必须由他人确认");
    case GOV_SESSION_REQUIRED:
        return gov_fail(err, code, "an api token never confirms; log in as a person",
                        "API 令牌不能确认；请以本人身份登录");
    case GOV_PLAN_STALE:
        return gov_fail(err, code, "the digest is not that of the plan that waits; read it again",
                        "摘要与待确认的计划不符；请重新查看计划");
    case GOV_FORBIDDEN:
        return gov_fail(err, code,
                        "the rule of this plan does not name you, and nobody it names has put you in his place; or your "
                        "password was last set over a link of whoever asked: let somebody else make you a new one",
                        "您的角色不能确认该计划，请查看其确认规则；或者您的密码最近一次是通过请求人生成的链接设置的，请由他人重新生成链接");
    case GOV_NOT_FOUND:
        return gov_fail(err, code, "nothing waits for a confirmation under this id",
                        "该 id 下没有待确认的事项");
    case GOV_ALREADY_DECIDED:
        return gov_fail(err, code, "it is decided, or you have said yes already and others have to",
                        "已有决定；或者您已确认，还需其他人确认");
    case GOV_INVALID_INPUT:
        return gov_fail_at(err, code, "/comment", "required", "say why in \"comment\"",
                           "请在 comment 中说明原因");
    default:
        return gov_fail(err, code, "%s", "%s", "");
    }
}

bool decision_made(const struct db_rows *rows, struct gov_err *err)
{
    const char *code = db_text(rows, 0, COL_CODE);

    return strcmp(code, "ok") == 0 || strcmp(code, "counted") == 0 ||
           refused(gov_code_from_wire(code), err);
}

bool decision_run(const struct db_rows *rows, const char *schema, struct queue_entry *entry,
                  struct arena *arena)
{
    const json_t *payload = db_json(rows, 0, COL_PAYLOAD, arena);

    if (strcmp(db_text(rows, 0, COL_CODE), "ok") != 0 || !db_text(rows, 0, COL_RUN))
        return false;
    /* Confirmed ahead of its time: the database delays it, the scheduler brings it. */
    if (json_get_int(payload, "run_at_us", 0) > clock_now_us())
        return false;
    *entry = (struct queue_entry){
        .tenant = schema,
        .lane = db_text(rows, 0, COL_LANE),
        .class = db_text(rows, 0, COL_CLASS),
        .job = db_id(rows, 0, COL_RUN),
        .fence = 1,
        .cost_ms = job_cost_unknown_ms(db_int(rows, 0, COL_TIMEOUT)),
        .kind = job_kind_name(JOB_RUN),
        .action = job_queue_action(arena, json_get_text(payload, "skill"),
                                   json_get_text(payload, "action"),
                                   json_get_text(payload, "concurrency_key")),
    };
    return true;
}
