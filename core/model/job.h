/* job.h - the unit of queue work: its words, what it carries, when it is tried again.
 *
 * The rows and the queue's entries are described in docs/protocol.md; this file knows nothing of SQL or Redis.
 */
#ifndef CORE_MODEL_JOB_H
#define CORE_MODEL_JOB_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/err.h"
#include "core/base/id.h"
#include "core/model/skill/manifest.h"

enum job_kind { JOB_INTENT, JOB_PLAN, JOB_CONFIRM, JOB_RUN, JOB_TASK, JOB_KIND_COUNT };
enum job_lane { LANE_CTL, LANE_PY, LANE_SH, LANE_HTTP, LANE_NOOP, LANE_COUNT };
enum job_class { CLASS_INTERACTIVE, CLASS_NORMAL, CLASS_BULK, CLASS_COUNT };

/* The word of a value, and the value of a word (false: unknown). */
const char *job_kind_name(enum job_kind kind);
const char *job_lane_name(enum job_lane lane);
const char *job_class_name(enum job_class class);
bool job_kind_parse(const char *text, enum job_kind *kind);
bool job_lane_parse(const char *text, enum job_lane *lane);
bool job_class_parse(const char *text, enum job_class *class);

/* The platform's own work goes to ctl; a run to the lane of its executor. */
enum job_lane job_lane_of(enum job_kind kind, enum skill_executor executor);

/* What a job carries (job.payload). Members that are NULL, 0 or false are not written; members a
 * later version adds are ignored by an earlier one. */
struct job_payload {
    int64_t format; /* 0 and 1: this one. A later format is read by later versions only */
    /* as asked */
    const char *text;     /* intent: the words */
    bool plan_only;       /* mode "plan": stop at the plan */
    const char *language; /* en, zh */
    const char *timezone; /* IANA name */
    int64_t now_us;       /* what "today" means; 0: when the request was made */
    const json_t *files;  /* array of file ids */
    const char *callback_url;
    const char *concurrency_key;
    struct id follow_up_of; /* intent: the request whose inputs are used again; empty: none */
    const json_t *skills; /* array: the only ones that the token it was asked with may use; NULL: any */
    /* what to run */
    const char *skill;
    const char *action;
    int64_t version;            /* 0: the published one */
    const char *version_digest; /* run: the planned one */
    const char *runtime_digest; /* run: of the runtime that the version's own wheels made; NULL: it has none */
    const char *platform_digest; /* run: of the platform's tree below, as people confirmed it; NULL: any */
    const json_t *input;
    const json_t *provenance; /* array, as in the plan */
    const json_t *sensitive;  /* run: array of JSON Pointers into the input that are never shown */
    const json_t *credentials; /* run: {resource: version of its credential} as planned; NULL: it calls none */
    bool idempotent;          /* run: repeating it is harmless, says its action */
    struct id confirmation;   /* confirm: which */
    bool doubt;               /* plan: what was understood is to be confirmed, whatever the risk */
    bool is_try;              /* a draft that only its author sees */
    int64_t run_at_us;        /* confirmed by then, and run then; 0: when it is its turn */
    /* task: which of the platform's own, and its arguments */
    const char *task;
    const json_t *arguments;
};

/* Raised when an earlier version would do something wrong with what this one writes; a worker leaves
 * what has a later format to others. */
enum { JOB_PAYLOAD_FORMAT = 1 };

/* Owned by the arena. */
json_t *job_payload_encode(const struct job_payload *payload, struct arena *arena);
/* Borrows from `json`. False: INTERNAL, a member has the wrong type. */
bool job_payload_decode(const json_t *json, struct job_payload *payload, struct gov_err *err);

/* Of a job of lane ctl: the platform's own steps are short, and worth repeating whatever went wrong. */
enum { JOB_CTL_TIMEOUT_MS = 30000, JOB_CTL_ATTEMPTS = 5 };

/* The fence that a job's first claim gives it; under a later one something may have been done before. */
enum { JOB_FENCE_FIRST_CLAIM = 2 };

/* When to try again. Zero fields take the defaults: 1 s, 5 min. */
struct job_retry {
    int64_t base_ms;
    int64_t cap_ms;
    int64_t at_least_ms; /* a Retry-After; 0: none. May go beyond the cap, up to a day */
};
/* Full jitter: anything between 0 and min(cap, base * 2^(attempt - 1)), chosen by `random`
 * (uniform 64 bits, the caller's), on top of at_least_ms. `attempt` counts from 1: the one that
 * has just failed. */
int64_t job_backoff_ms(const struct job_retry *retry, int64_t attempt, uint64_t random);

/* The estimate the queue charges before anything is known: a tenth of the timeout, at least
 * 1 ms. */
int64_t job_cost_unknown_ms(int64_t timeout_ms);

#endif
