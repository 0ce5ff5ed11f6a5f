/* request.h - the state of a request and of a run, as one pure function of what the rows say.
 *
 * State is never stored. SQL derives it in a view, this function in C, by the same rule; the first
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

#include "core/model/job.h"

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

enum intent_decision { INTENT_NONE, INTENT_ACT, INTENT_ASK, INTENT_ABSTAIN, INTENT_DECISION_COUNT };

enum confirmation_state {
    CONFIRMATION_NONE,
    CONFIRMATION_WAITING,
    CONFIRMATION_CONFIRMED,
    CONFIRMATION_REJECTED,
    CONFIRMATION_EXPIRED,
    CONFIRMATION_WITHDRAWN,
    CONFIRMATION_STATE_COUNT
};

/* What the rows of one request say. */
struct request_facts {
    bool has_job;
    enum job_kind job;                    /* the newest of intent, plan, run */
    enum job_live live;                   /* LIVE_NONE: no job_live row */
    enum job_outcome outcome;             /* OUTCOME_NONE: no job_outcome row */
    bool cancelled;                       /* the request itself was cancelled */
    enum intent_decision intent;          /* of the newest intent, or of a plan that had to ask */
    enum confirmation_state confirmation; /* of the newest plan */
};

enum request_state request_state_derive(const struct request_facts *facts);
enum run_state run_state_derive(const struct request_facts *facts);

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
bool intent_decision_parse(const char *text, enum intent_decision *decision);
bool confirmation_state_parse(const char *text, enum confirmation_state *state);
struct gov_text request_state_title(enum request_state state); /* for a person */

#endif
