#include "core/model/request.h"

#include "core/base/check.h"
#include "core/model/word.h"

/* --- the rule; lines are numbered as in the header --- */

/* Lines 1 and 5. */
static enum request_state state_of_outcome(enum job_outcome outcome)
{
    switch (outcome) {
    case OUTCOME_SUCCEEDED:
        return REQUEST_SUCCEEDED;
    case OUTCOME_CANCELLED:
        return REQUEST_CANCELLED;
    case OUTCOME_EXPIRED:
        return REQUEST_EXPIRED;
    default:
        return REQUEST_FAILED;
    }
}

/* Line 4. */
static enum request_state state_of_confirmation(enum confirmation_state state)
{
    switch (state) {
    case CONFIRMATION_WAITING:
        return REQUEST_AWAITING_CONFIRMATION;
    case CONFIRMATION_REJECTED:
        return REQUEST_REJECTED;
    case CONFIRMATION_EXPIRED:
        return REQUEST_EXPIRED;
    case CONFIRMATION_WITHDRAWN:
        return REQUEST_CANCELLED;
    default:
        return REQUEST_QUEUED;
    }
}

/* Lines 6 to 9. */
static enum request_state state_of_recognising(const struct request_facts *facts)
{
    bool live = facts->outcome == OUTCOME_NONE;

    if (live && facts->job == JOB_INTENT)
        return facts->live == LIVE_RUNNING ? REQUEST_RECOGNISING : REQUEST_RECEIVED;
    if (live)
        return REQUEST_PLANNING;
    if (facts->intent == INTENT_ASK)
        return REQUEST_NEEDS_ANSWER;
    if (facts->intent == INTENT_ABSTAIN)
        return REQUEST_ABSTAINED;
    return facts->job == JOB_PLAN ? REQUEST_PLANNED : REQUEST_PLANNING;
}

enum request_state request_state_derive(const struct request_facts *facts)
{
    if (facts->has_job && facts->job == JOB_RUN) {
        if (facts->outcome != OUTCOME_NONE)
            return state_of_outcome(facts->outcome);
        return facts->live == LIVE_RUNNING ? REQUEST_RUNNING : REQUEST_QUEUED;
    }
    if (facts->cancelled)
        return REQUEST_CANCELLED;
    if (facts->confirmation != CONFIRMATION_NONE)
        return state_of_confirmation(facts->confirmation);
    if (!facts->has_job)
        return REQUEST_RECEIVED;
    if (facts->outcome != OUTCOME_NONE && facts->outcome != OUTCOME_SUCCEEDED)
        return state_of_outcome(facts->outcome);
    return state_of_recognising(facts);
}

enum run_state run_state_derive(const struct request_facts *facts)
{
    static const enum run_state of[REQUEST_STATE_COUNT] = {
        [REQUEST_RECEIVED] = RUN_QUEUED,
        [REQUEST_RECOGNISING] = RUN_QUEUED,
        [REQUEST_NEEDS_ANSWER] = RUN_QUEUED,
        [REQUEST_PLANNING] = RUN_QUEUED,
        [REQUEST_PLANNED] = RUN_PLANNED,
        [REQUEST_AWAITING_CONFIRMATION] = RUN_AWAITING_CONFIRMATION,
        [REQUEST_QUEUED] = RUN_QUEUED,
        [REQUEST_RUNNING] = RUN_RUNNING,
        [REQUEST_SUCCEEDED] = RUN_SUCCEEDED,
        [REQUEST_FAILED] = RUN_FAILED,
        [REQUEST_REJECTED] = RUN_REJECTED,
        [REQUEST_EXPIRED] = RUN_EXPIRED,
        [REQUEST_CANCELLED] = RUN_CANCELLED,
        [REQUEST_ABSTAINED] = RUN_QUEUED,
    };
    if (facts->has_job && facts->job == JOB_RUN && facts->outcome == OUTCOME_NONE &&
        facts->live == LIVE_HELD)
        return RUN_HELD;
    return of[request_state_derive(facts)];
}

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
static const char *const decision_names[INTENT_DECISION_COUNT] = { "", "act", "ask", "abstain" };
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

bool intent_decision_parse(const char *text, enum intent_decision *decision)
{
    int value;
    if (!word_find(decision_names, INTENT_DECISION_COUNT, text, &value))
        return false;
    *decision = (enum intent_decision)value;
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
