#include "core/model/request.h"

#include "core/base/check.h"
#include "core/model/word.h"

/* --- one table for what each state means --- */

static const char *const request_names[REQUEST_STATE_COUNT] = {
    "received",  "recognising", "needs_answer", "planning", "planned",  "awaiting_confirmation",
    "queued",    "running",     "succeeded",    "failed",   "rejected", "expired",
    "cancelled", "abstained",
};
static const char *const run_names[RUN_STATE_COUNT] = {
    "planned",   "awaiting_confirmation",
    "queued",    "running",
    "succeeded", "failed",
    "rejected",  "expired",
    "cancelled", "held",
};
static const char *const confirmation_names[CONFIRMATION_STATE_COUNT] = {
    "", "waiting", "confirmed", "rejected", "expired", "withdrawn",
};

bool request_state_ended(enum request_state state)
{
    return state == REQUEST_PLANNED || (state >= REQUEST_SUCCEEDED && state < REQUEST_STATE_COUNT);
}

bool run_state_ended(enum run_state state)
{
    return state >= RUN_SUCCEEDED && state <= RUN_CANCELLED;
}

bool request_state_needs_person(enum request_state state)
{
    return state == REQUEST_NEEDS_ANSWER || state == REQUEST_AWAITING_CONFIRMATION;
}

bool run_state_needs_person(enum run_state state)
{
    return state == RUN_AWAITING_CONFIRMATION || state == RUN_HELD;
}

const char *request_state_name(enum request_state state)
{
    return word_of(request_names, REQUEST_STATE_COUNT, state);
}

const char *run_state_name(enum run_state state)
{
    return word_of(run_names, RUN_STATE_COUNT, state);
}

bool request_state_parse(const char *text, enum request_state *state)
{
    int value;
    if (!word_find(request_names, REQUEST_STATE_COUNT, text, &value))
        return false;
    *state = (enum request_state)value;
    return true;
}

bool run_state_parse(const char *text, enum run_state *state)
{
    int value;
    if (!word_find(run_names, RUN_STATE_COUNT, text, &value))
        return false;
    *state = (enum run_state)value;
    return true;
}

bool confirmation_state_parse(const char *text, enum confirmation_state *state)
{
    int value;
    if (!word_find(confirmation_names, CONFIRMATION_STATE_COUNT, text, &value))
        return false;
    *state = (enum confirmation_state)value;
    return true;
}

struct gov_text request_state_title(enum request_state state)
{
    static const struct gov_text titles[REQUEST_STATE_COUNT] = {
        [REQUEST_RECEIVED] = { "received", "已收到" },
        [REQUEST_RECOGNISING] = { "being understood", "识别中" },
        [REQUEST_NEEDS_ANSWER] = { "waiting for your answer", "等待您的回答" },
        [REQUEST_PLANNING] = { "being planned", "生成计划中" },
        [REQUEST_PLANNED] = { "planned", "已生成计划" },
        [REQUEST_AWAITING_CONFIRMATION] = { "waiting for confirmation", "等待确认" },
        [REQUEST_QUEUED] = { "queued", "排队中" },
        [REQUEST_RUNNING] = { "running", "执行中" },
        [REQUEST_SUCCEEDED] = { "succeeded", "成功" },
        [REQUEST_FAILED] = { "failed", "失败" },
        [REQUEST_REJECTED] = { "rejected", "已拒绝" },
        [REQUEST_EXPIRED] = { "expired", "已过期" },
        [REQUEST_CANCELLED] = { "cancelled", "已取消" },
        [REQUEST_ABSTAINED] = { "no skill fits", "没有合适的技能" },
    };
    CHECK((unsigned)state < REQUEST_STATE_COUNT);
    return titles[state];
}
