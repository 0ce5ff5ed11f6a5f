/* POST /v1/skills/{name}/warm: somebody is about to run it; have an interpreter ready.
 *
 *     load -> ask
 *
 * Workers hear of it over the event bus. Nothing is stored: a message that is lost costs the next run
 * a cold start, and asking again is asking once. What a tenant may ask for in a minute is bounded in
 * each process, because an interpreter costs a worker memory and a tenth of a second.
 */
#include "api/skills/skill_read.h"
#include "api/skills/skills.h"

#include "api/rate.h"
#include "core/base/clock.h"

enum { WARM_ASKS_MAX = 60 };

struct skill_warm {
    struct endpoint endpoint;
    struct skill_read read;
    struct db_rows version;
};

static enum op_next load(struct op *op)
{
    struct skill_warm *e = (struct skill_warm *)op;
    struct call *call = e->endpoint.call;

    skill_read(op, call, call->params[0], &e->read);
    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_SKILL_WARM, &e->version,
             call->params[0]);
    return OP_WAIT;
}

static bool within_rate(struct call *call, struct gov_err *err)
{
    static const struct rate_limit limit = { WARM_ASKS_MAX, 60 * 1000000 };
    struct rate_verdict verdict;

    rate_take(&call->api->rates, &limit, 'w', call->caller.scope.schema, clock_mono_us(), &verdict);
    if (verdict.admitted)
        return true;
    gov_fail(err, GOV_RATE_LIMITED, "at most %d a minute; a run starts without it, too",
             "每分钟最多 %d 次；不预热也可以运行", WARM_ASKS_MAX);
    err->retry_after_s = (int)(verdict.retry_s > 0 ? verdict.retry_s : 1);
    return false;
}

static enum op_next ask(struct op *op)
{
    struct skill_warm *e = (struct skill_warm *)op;
    struct call *call = e->endpoint.call;
    const char *name = call->params[0], *schema = call->caller.scope.schema;

    if (!skill_read_visible(call, name, &e->read, &op->err))
        return OP_FAIL;
    if (e->version.count == 0)
        return gov_fail(&op->err, GOV_NOT_PUBLISHED, "skill \"%s\" has no published version yet",
                        "技能“%s”尚无已发布版本", name), OP_FAIL;
    if (!db_bool(&e->version, 0, 0))
        return gov_fail(&op->err, GOV_SKILL_DISABLED, "skill \"%s\" is switched off",
                        "技能“%s”已停用", name), OP_FAIL;
    if (!skill_runnable(call, &e->read.skill, 0))
        return gov_fail(&op->err, GOV_FORBIDDEN, "you may not run \"%s\"; GET /v1/skills/%s/why says why",
                        "您无权运行“%s”；原因见 GET /v1/skills/%s/why", name, name), OP_FAIL;
    if (!within_rate(call, &op->err))
        return OP_FAIL;
    const char *tree = db_text(&e->version, 0, 1);
    bool asked = tree && db_bool(&e->version, 0, 3) && event_bus_up(call->api->events);
    if (asked)
        event_bus_warm(call->api->events, schema, tree, db_text(&e->version, 0, 2));
    call_json(call, 202, json_pack("{s:b}", "asked", asked));
    return OP_DONE;
}

const struct op_step skill_warm_steps[] = { { "load", load }, { "ask", ask }, { 0 } };
const size_t skill_warm_bytes = sizeof(struct skill_warm);
