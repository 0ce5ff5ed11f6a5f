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
