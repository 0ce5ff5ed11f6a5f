/* run_calls.h - the outside of a run: its session with execgov-egress, and the action that is one call. */
#ifndef WORKER_RUN_RUN_CALLS_H
#define WORKER_RUN_RUN_CALLS_H

#include "core/io/egress/egress_client.h"
#include "core/model/skill/manifest.h"
#include "worker/work.h"

struct run_calls {
    struct egress_session *session; /* NULL: it may call nothing */
    struct egress_answer answer;
    int broker; /* the script's end of its socket; 0: none */
    struct db_rows open; /* a write of which the other side has not said yet whether it happened */
};

/* As I/O of the work's op: register the run, if its action may call anything or its input is sealed. A failure is in
 * calls->answer.err. */
void run_calls_begin(struct work *work, const struct skill_action *action, bool sealed, struct run_calls *calls);
/* As I/O of the work's op: have the sensitive inputs opened. */
void run_calls_open(struct work *work, struct run_calls *calls);
/* What came of it: {JSON Pointer: value}; NULL: `err` is filled. */
json_t *run_calls_opened(struct work *work, const struct run_calls *calls, struct gov_err *err);
/* As I/O of the work's op: the one call of an action of executor http, with this input. */
void run_calls_make(struct work *work, const struct skill_action *action, const json_t *input,
                    struct run_calls *calls);
/* What that call answered, as the run's result. NULL: `err` is filled (RESOURCE_FAILED for 400 and above). */
json_t *run_calls_result(struct work *work, const struct run_calls *calls, struct gov_err *err);
/* As I/O of the work's op, before the end: the run fails with `err`; is there such a write? */
bool run_calls_looks(const struct work *work, const struct gov_err *err, const struct run_calls *calls); /* does it ask? */
void run_calls_look(struct work *work, const struct gov_err *err, struct run_calls *calls);
/* Is this failure one after which the run is to be tried again? With such a write it becomes OUTCOME_UNKNOWN, which has
 * a retry_after_s as long as it is worth asking. */
bool run_calls_come_again(struct work *work, const struct run_calls *calls, struct gov_err *err);
/* The script can call no more; idempotent. */
void run_calls_end(struct run_calls *calls);

#endif
