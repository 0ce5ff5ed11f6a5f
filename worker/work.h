/* work.h - one claimed job in this worker.
 *
 * A kind (intent, plan, confirm, run, task) is an op whose struct begins with struct work. Its last
 * step but one calls work_finish with a function that adds the statements of its transaction; the
 * first of them is fenced (job_complete*.sql), so a job that was taken over meanwhile writes
 * nothing at all. The slot is free when that is durable, not before.
 */
#ifndef WORKER_WORK_H
#define WORKER_WORK_H

#include <stddef.h>

#include "worker/ending.h"
#include "worker/worker.h"

enum { WORK_NEXT_MAX = 3 };

/* A row of job_claim.sql. Texts live in the claim's arena copy inside the work's. */
struct claimed {
    struct id id;
    enum job_kind kind;
    enum job_lane lane;
    enum job_class class;
    struct id request;
    json_t *payload_json;
    struct job_payload payload;
    const char *plan_digest;
    const char *risk;
    int64_t max_attempts;
    int64_t timeout_ms;
    struct id created_by;
    int64_t fence; /* of this claim */
    const char *token;
    int64_t attempt;
    int64_t crash_count;
    bool cancel_requested;
};

/* A job that the finishing transaction creates and that is pushed to Redis after the commit. */
struct work_next {
    struct id id;
    enum job_kind kind;
    enum job_lane lane;
    enum job_class class;
    int64_t cost_ms;
    const char *action; /* "skill.action", for the queue's estimates; NULL: none */
};

struct work {
    struct op op; /* its err: why it failed, or what a builder wrote there instead */
    struct worker *worker;
    struct lane_state *lane;
    struct queue_entry entry; /* as taken; its texts live in the op's arena */
    struct tenant_info tenant;
    struct claimed job;
    struct db_rows loaded; /* of run_load.sql, if it came with the claim (result NULL: it did not) */
    struct list link;
    int64_t started_us; /* monotonic */
    int64_t taken_fence; /* the queue's, when it was taken */
    bool listens;       /* to the tenant's events, see work_kind */
    bool told;          /* the queue knows of the claim; before, its slot goes by the fence of the take */
    bool freeing;       /* the queue was told of its end: from then on it is not said to run */
    bool stale;         /* somebody else has it now: nothing was written */
    bool released;      /* a drain gives it back unfinished */
    bool begun;         /* of a run: its script or call may have been started */
    bool crashed;       /* its sandbox died under it: counts like the death of a worker */
    bool asked_after;   /* something happened to its request before it could be killed: was it cancelled? */
    bool unreadable;    /* a later version wrote it: it is left to others, at no cost */
    int64_t retry_ms;   /* until the next attempt, if there is one */
    void *task;         /* of a task job: what its builder works on */
    void (*cancel)(struct work *work); /* kill what runs; NULL: nothing to kill */
    /* Statements of the transaction that ends the job as failed after its op failed; NULL: none. */
    void (*gave_up)(struct work *work, struct db_group *group);
    struct work_next next[WORK_NEXT_MAX];
    int next_count;
    struct db_rows callback; /* of work_add_callback: a row if one was made */
    struct id callback_job;
    void (*build)(struct work *work, struct db_group *group);
    /* The transaction of `build` was refused for good: true if it is worth another try, after the I/O of `op` that this
     * began. NULL: it is not. */
    bool (*refused)(struct work *work, struct op *op);
    struct op finishing;
    bool finish_sent;
    struct ending ending; /* of work_end; its item.err is the outcome of every attempt to finish */
    bool strict; /* the statements under way also fail when the job was cancelled meanwhile */
    int finish_tries;
};

struct work_kind {
    const struct op_step *steps;
    size_t bytes;
    bool killable; /* sets `cancel`: the worker listens to its tenant's events meanwhile */
};

/* From now on there is something to kill. Whoever asked for its end before is heard now, and not at the next heartbeat. */
void work_killable(struct work *work, void (*cancel)(struct work *work));
/* As I/O of `work`: run `build`'s statements in one transaction until it is known to be done or stale,
 * push the next jobs, tell listeners. */
void work_finish(struct work *work, void (*build)(struct work *work, struct db_group *group));
/* The same where work->ending, filled, is all there is to write: it shares a transaction with others. */
void work_end(struct work *work);
/* The same as I/O of another op that owns the work. */
void work_finish_for(struct op *op, struct work *work,
                     void (*build)(struct work *work, struct db_group *group));

/* Statements for `build`. The first must be one of these three. */
void work_add_success(struct work *work, struct db_group *group, const json_t *result);
void work_add_failure(struct work *work, struct db_group *group, const struct gov_err *err);
/* End well and let nothing follow a cancelled job: for intent and plan. */
void work_add_success_strict(struct work *work, struct db_group *group);
/* A follow-up job of the same request in the same transaction; pushed afterwards unless run_at_us lies
 * ahead. `digest` and `risk` for runs. */
void work_add_job(struct work *work, struct db_group *group, const struct work_next *next,
                  const json_t *payload, const char *digest, const char *risk, int64_t timeout_ms,
                  int64_t max_attempts, int64_t run_at_us);
/* If this ended the request and it wants a callback: the delivery and its task. After the statements
 * that end it. */
void work_add_callback(struct work *work, struct db_group *group);
void work_add_event(struct work *work, struct db_group *group, const char *kind, json_t *data);

/* {code, message:{en,zh}, path, errors} of a failure, as stored. Owned by the arena. */
json_t *work_error_json(const struct gov_err *err, struct arena *arena);

#endif
