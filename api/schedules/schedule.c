#include "api/schedules/schedule.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/model/sealed_value.h"
#include "core/model/slot_input.h"

bool schedule_rule_read(const char *cron, const char *timezone, struct schedule_rule *rule,
                        struct arena *arena, struct gov_err *err)
{
    if (!cron_parse(cron, "/cron", &rule->cron, err))
        return false;
    if (!zone_known(timezone))
        return gov_fail_at(err, GOV_INVALID_INPUT, "/timezone", "format",
                           "\"%s\" is not a time zone; use a name like Europe/Berlin",
                           "“%s”不是时区；请使用形如 Asia/Shanghai 的名称", timezone);
    return zone_take(timezone, arena, &rule->zone, err) &&
           (cron_next(&rule->cron, rule->zone, clock_now_us() / 1000000, &rule->next_s) ||
            gov_fail_at(err, GOV_INVALID_INPUT, "/cron", "never", "this rule never fires",
                        "该规则永远不会触发"));
}

void schedule_load(struct op *op, struct call *call, const char *id, struct db_rows *rows)
{
    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_SCHEDULE_PAGE, rows, NULL, "1", NULL,
             NULL, id);
}

bool schedule_found(const struct db_rows *rows, struct gov_err *err)
{
    return rows->count || gov_fail(err, GOV_NOT_FOUND, "there is no schedule with this id here",
                                   "这里没有该 id 的计划");
}

bool schedule_mine(const struct call *call, const struct db_rows *rows)
{
    return strcmp(db_text(rows, 0, SCHEDULE_OWNER), call->caller.user.text) == 0;
}

bool schedule_may_change(struct call *call, const struct db_rows *rows, struct gov_err *err)
{
    return schedule_mine(call, rows) || call_may(call, MAY_MANAGE_SCHEDULES, err);
}

/* Why it is paused, in words; NULL: by a person, or not at all. */
static const char *state_detail(const struct call *call, const char *state)
{
    for (int r = REASON_NONE + 1; r < REASON_COUNT; r++)
        if (strcmp(schedule_reason_name((enum schedule_reason)r), state) == 0)
            return gov_text_in(schedule_reason_text((enum schedule_reason)r), call->language);
    return NULL;
}

json_t *schedule_masked(struct call *call, const struct db_rows *rows, int row)
{
    json_t *masked = json_deep_copy(db_json(rows, row, SCHEDULE_JSON, &call->op.arena));

    sealed_value_mask(masked);
    return masked;
}

json_t *schedule_show(struct call *call, const struct db_rows *rows, int row)
{
    struct arena *arena = &call->op.arena;
    json_t *shown = schedule_masked(call, rows, row);
    const struct zone *zone = zone_read(json_get_text(shown, "timezone"), arena);
    const char *detail = state_detail(call, json_get_text(shown, "state"));
    bool comes = json_get_text(shown, "next_fire_at");

    json_object_set_new(shown, "next_fire_local",
                        comes ? json_string(slot_local_text(db_int(rows, row, SCHEDULE_NEXT), zone, arena)) :
                                json_null());
    json_object_set_new(shown, "state_detail", detail ? json_string(detail) : json_null());
    return shown;
}

bool schedule_answer(struct call *call, int status, const struct db_rows *rows, struct gov_err *err)
{
    if (!schedule_found(rows, err))
        return false;
    call_etag(call, db_int(rows, 0, SCHEDULE_REVISION));
    call_json(call, status, schedule_show(call, rows, 0));
    return true;
}

void schedule_give_up_asked(struct call *call, struct db_group *group, const struct db_rows *rows)
{
    const char *asked = db_text(rows, 0, SCHEDULE_ASKED);

    if (asked)
        DB_GROUP_ADD(group, SQL_QUERIES_REQUEST_CANCEL, NULL, asked, call->caller.user.text, NULL, NULL,
                     NULL, NULL);
}
