#include "core/model/schedule.h"

#include <string.h>

#include "core/base/check.h"
#include "core/model/word.h"

static const char *const catch_ups[CATCH_UP_COUNT] = { "skip", "coalesce", "all" };

bool schedule_catch_up_parse(const char *text, enum schedule_catch_up *catch_up)
{
    int value;

    if (!word_find(catch_ups, CATCH_UP_COUNT, text, &value))
        return false;
    *catch_up = (enum schedule_catch_up)value;
    return true;
}

static const struct {
    const char *name;
    struct gov_text text;
} reasons[REASON_COUNT] = {
    [REASON_NONE] = { "", { "", "" } },
    [REASON_LATE] = { "late", { "the platform was not running in time, and this schedule does not catch up",
                                "平台未能按时运行，且该计划不补跑" } },
    [REASON_COALESCED] = { "coalesced", { "missed; a later slot ran for it", "错过；由之后的时点合并执行" } },
    [REASON_OUTAGE] = { "outage", { "this slot and others after it were missed, too many to make up for",
                                    "错过了此时点及其后的多个时点，数量过多，不再补跑" } },
    [REASON_SUSPENDED] = { "tenant_suspended", { "the tenant is suspended; slots are not made up for later",
                                                 "租户已暂停；之后不补跑" } },
    [REASON_NOT_CONFIRMED] = { "expired", { "nobody confirmed it before its time", "在预定时间之前无人确认" } },
    [REASON_REJECTED] = { "rejected", { "the confirmation was refused", "确认被拒绝" } },
    [REASON_WITHDRAWN] = { "cancelled", { "the request was cancelled before its time", "请求在预定时间之前被取消" } },
    [REASON_ASKED_TOO_LATE] = { "asked_too_late",
                                { "it needs a confirmation, and there was no time left to ask for one; the "
                                  "next slot asks ahead",
                                  "需要确认，但已来不及征询；下一个时点会提前征询" } },
    [REASON_OWNER_LEFT] = { "owner_left",
                            { "its owner is no longer a member; whoever resumes it becomes its owner",
                              "其所有者已不是成员；恢复该计划的人将成为所有者" } },
    [REASON_OWNER_MAY_NOT] = { "owner_may_not",
                               { "its owner may no longer run this; whoever resumes it becomes its owner",
                                 "其所有者已无权运行；恢复该计划的人将成为所有者" } },
    [REASON_RESTORED] = { "restored",
                          { "the database was put back to an earlier time, and slots since then may have run; whoever "
                            "resumes it goes on with the next one",
                            "数据库已恢复到较早时刻，此后的时点可能已经执行；恢复该计划后从下一时点继续" } },
    [REASON_REFUSED] = { "refused", { "it could not be planned", "无法生成计划" } },
};

const char *schedule_reason_name(enum schedule_reason reason)
{
    return reasons[reason].name;
}

struct gov_text schedule_reason_text(enum schedule_reason reason)
{
    return reasons[reason].text;
}

/* --- deciding --- */

/* The newest due slots, oldest first; *earlier: there are more before them. */
struct newest {
    int64_t slots[SCHEDULE_KEPT];
    int count;
    bool earlier;
};

static void collect(const struct cron *cron, const struct zone *zone, int64_t from_s, int64_t now_s,
                    struct newest *n)
{
    int64_t t = from_s - 1;

    n->count = 0;
    n->earlier = false;
    while (cron_next(cron, zone, t, &t) && t <= now_s) {
        if (n->count == SCHEDULE_KEPT) {
            memmove(n->slots, n->slots + 1, sizeof n->slots - sizeof *n->slots);
            n->count--;
            n->earlier = true;
        }
        n->slots[n->count++] = t;
    }
}

/* Look back a growing while, so that a year's outage of a rule for every minute is not walked through. */
static void find_newest(const struct cron *cron, const struct zone *zone, int64_t first_s,
                        int64_t now_s, struct newest *n)
{
    for (int64_t back_s = 3600;; back_s *= 4) {
        int64_t from_s = now_s - back_s > first_s ? now_s - back_s : first_s;
        collect(cron, zone, from_s, now_s, n);
        if (from_s == first_s || n->earlier)
            break;
    }
    n->earlier = n->count && n->slots[0] > first_s;
}

static void pass(struct schedule_due *due, int64_t slot_s, enum schedule_reason reason)
{
    CHECK(due->passed_count <= SCHEDULE_KEPT);
    due->passed[due->passed_count++] = (struct schedule_passed){ slot_s, reason };
}

void schedule_decide(const struct cron *cron, const struct zone *zone,
                     enum schedule_catch_up catch_up, int64_t first_s, int64_t now_s,
                     struct schedule_due *due)
{
    struct newest n;
    int last = 0;

    memset(due, 0, sizeof *due);
    find_newest(cron, zone, first_s, now_s, &n);
    if (n.count == 0) { /* an edit moved the rule: what was stored is no slot of it */
        due->has_next = cron_next(cron, zone, now_s, &due->next_s);
        return;
    }
    if (n.earlier)
        pass(due, first_s, REASON_OUTAGE);
    if (catch_up != CATCH_UP_ALL)
        last = n.count - 1;
    for (int i = 0; i < last; i++)
        pass(due, n.slots[i], catch_up == CATCH_UP_SKIP ? REASON_LATE : REASON_COALESCED);
    due->fires = true;
    due->fire_s = n.slots[last];
    due->has_next = cron_next(cron, zone, due->fire_s, &due->next_s);
    due->more = due->has_next && due->next_s <= now_s;
    if (catch_up == CATCH_UP_SKIP && now_s - due->fire_s > SCHEDULE_LATE_S)
        schedule_pass(due, REASON_LATE);
}

void schedule_pass(struct schedule_due *due, enum schedule_reason reason)
{
    pass(due, due->fire_s, reason);
    due->fires = false;
}
