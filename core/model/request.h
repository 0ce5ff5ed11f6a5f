/* request.h - the states of a request and of a run.
 *
 * State is never stored: the views request_state and run_state derive it by this rule; the first
 * line that applies wins. "job" is the newest job of kind intent, plan or run of the request
 * (confirm and task jobs are machinery and do not count):
 *
 *    1  job is run, ended            succeeded | failed (also dead) | cancelled | expired
 *    2  job is run, live             running -> running; held -> held (of a request: queued);
 *                                    anything else -> queued
 *    3  request was cancelled        cancelled
 *    4  confirmation                 waiting -> awaiting_confirmation; rejected -> rejected;
 *                                    expired -> expired; withdrawn -> cancelled;
 *                                    confirmed -> queued
 *    5  job ended otherwise than     failed (also dead) | cancelled | expired
 *       succeeded
 *    6  job has no outcome           intent: running -> recognising, else received; plan: planning
 *    7  what was recognised          ask -> needs_answer; abstain -> abstained
 *    8  job is plan                  planned
 *    9  job is intent                planning    (its plan job comes in the same transaction)
 *   10  no job at all                received
 *
 * A run's state is the same with its request's facts; where its request is not planned yet the run is
 * `queued`: `planned` means that there is a plan, and is the end of mode "plan".
 */
#ifndef CORE_MODEL_REQUEST_H
#define CORE_MODEL_REQUEST_H

#include <stdbool.h>

#include "core/base/err.h"

enum request_state {
    REQUEST_RECEIVED,
    REQUEST_RECOGNISING,
    REQUEST_NEEDS_ANSWER,
    REQUEST_PLANNING,
    REQUEST_PLANNED,
    REQUEST_AWAITING_CONFIRMATION,
    REQUEST_QUEUED,
    REQUEST_RUNNING,
    REQUEST_SUCCEEDED,
    REQUEST_FAILED,
    REQUEST_REJECTED,
    REQUEST_EXPIRED,
    REQUEST_CANCELLED,
    REQUEST_ABSTAINED,
    REQUEST_STATE_COUNT
};

enum run_state {
    RUN_PLANNED,
    RUN_AWAITING_CONFIRMATION,
    RUN_QUEUED,
    RUN_RUNNING,
    RUN_SUCCEEDED,
    RUN_FAILED,
    RUN_REJECTED,
    RUN_EXPIRED,
    RUN_CANCELLED,
    RUN_HELD,
    RUN_STATE_COUNT
};

enum confirmation_state {
    CONFIRMATION_NONE,
    CONFIRMATION_WAITING,
    CONFIRMATION_CONFIRMED,
    CONFIRMATION_REJECTED,
    CONFIRMATION_EXPIRED,
    CONFIRMATION_WITHDRAWN,
    CONFIRMATION_STATE_COUNT
};

/* It will not change any more by itself or by a decision; `planned` is the end of mode "plan". */
bool request_state_ended(enum request_state state);
bool run_state_ended(enum run_state state);
/* It goes on only when a person does something; a client that waits is answered. */
bool request_state_needs_person(enum request_state state);
bool run_state_needs_person(enum run_state state);

const char *request_state_name(enum request_state state);
const char *run_state_name(enum run_state state);
bool request_state_parse(const char *text, enum request_state *state);
bool run_state_parse(const char *text, enum run_state *state);
bool confirmation_state_parse(const char *text, enum confirmation_state *state);

#endif
