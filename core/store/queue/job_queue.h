/* job_queue.h - who goes next. The truth about a job is its row; this is order and wake-ups.
 *
 *     push -> take -> (claim in PostgreSQL) -> claimed -> running... -> finish | release
 *
 * No call here fails its op: the queue may be away or about to be rebuilt, and then the scheduler's
 * sweep does what a push would have done. Each call fills a `struct queue_result` (may be NULL).
 * Every call may be repeated: entries go by (job, fence), see core/store/queue/lua.
 *
 * A queue has a *generation*: counter, Redis' run id, the database's incarnation, the format of the keys and the number
 * of shards. It is compared at every connect and inside every call. While it is not the one we know, calls end with
 * QUEUE_UNAVAILABLE, err.item "no_generation", until the leader has rebuilt the queue.
 *
 * This is the queue of one dispatch shard. Which one a tenant belongs to: queue_shards.h.
 */
#ifndef CORE_STORE_QUEUE_JOB_QUEUE_H
#define CORE_STORE_QUEUE_JOB_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/id.h"
#include "core/base/json.h"
#include "core/io/redis/redis.h"
#include "core/model/job.h"

struct job_queue;

enum {
    QUEUE_IDS_MAX = 2000,   /* of one tenant, lane and class; more wait in PostgreSQL */
    QUEUE_BATCH_MAX = 500,  /* entries in one call */
    QUEUE_SLOTS_MAX = 1024, /* of one take */
    QUEUE_TAKEN_MS = 15000, /* what is not claimed by then goes to somebody else */
    QUEUE_BELL_S = 15,      /* the longest wait for the bell */
    QUEUE_LOOK = 2,
    QUEUE_DUE_MS = 120000, /* how far ahead the queue knows of delayed jobs */
};

/* Texts without spaces; checked by CHECK, for they come from rows and tables of ours. */
struct queue_entry {
    const char *tenant; /* schema name, t_ and 16 hex digits */
    const char *lane;   /* ctl, py, sh, http, noop */
    const char *class;  /* interactive, normal, bulk */
    struct id job;
    int64_t fence;
    int64_t cost_ms;    /* estimate used until runs of `action` were seen; unknown: timeout / 10 */
    const char *kind;   /* intent, plan, confirm, run, task */
    const char *action; /* of a run: job_queue_action; NULL: none */
};

/* A job that was accepted just now: its first fence, no action. */
struct queue_entry queue_entry_new(const char *tenant, enum job_lane lane, enum job_class class, enum job_kind kind,
                                   struct id job, int64_t cost_ms);

/* The action word of a run: "skill.action", whose run times are remembered by tenant and whose skill's
 * limits count, and behind a # the hash of its concurrency key (NULL: none). `action` NULL: "run". */
const char *job_queue_action(struct arena *arena, const char *skill, const char *action,
                             const char *concurrency_key);
/* The name under which that key's limit counts: "k:<hash>". */
const char *job_queue_key_name(struct arena *arena, const char *concurrency_key);

struct queue_result {
    struct gov_err err;   /* code GOV_OK: done */
    const char *verdicts; /* a letter an entry, see queue_verdict; "" of a call without */
    int64_t count;        /* how many were added or held, or what else the call counts */
    const char *lane;     /* of a bell that rang; else NULL */
};

enum queue_verdict {
    QUEUE_ADDED = 'A',
    QUEUE_KNOWN = 'D',    /* this (job, fence) is there already, in whatever state */
    QUEUE_OLD = 'O',      /* a later fence is known */
    QUEUE_FULL = 'F',     /* stays in PostgreSQL; refill or the sweep brings it */
    QUEUE_NAMED = 'N',    /* the same, until a refill of its name brings it: see queue_over */
    QUEUE_HELD = 'H',     /* claimed, finish: this was the slot's fence */
    QUEUE_NOT_HELD = '-', /* claimed, finish, release: nothing is held under this fence */
};

struct job_queue_options {
    struct redis *redis;     /* for everything but the bell; not owned */
    const char *incarnation; /* of the database (public.incarnation); no spaces or colons */
    void (*lost)(void *context); /* it is of another generation, maybe of another life of the database; or NULL */
    void *context;
    int shard;  /* which dispatch shard, from 0 */
    int shards; /* how many the platform has; 0: one */
    const struct job_queue *beside; /* of the same process: its scripts are shared; NULL: none */
};

struct job_queue *job_queue_new(const struct job_queue_options *options);
/* The database lives another life: what Redis holds is of the earlier one. */
void job_queue_incarnation_set(struct job_queue *queue, const char *incarnation);
/* Before redis_stop. Ends a bell wait. */
void job_queue_stop(struct job_queue *queue);

enum queue_state {
    QUEUE_AWAY, /* no connection, or not greeted yet */
    QUEUE_OPEN,
    QUEUE_LOST,    /* no generation, or not ours: the leader has to rebuild */
    QUEUE_REFUSED, /* Redis may evict keys: maxmemory-policy has to be noeviction */
};
enum queue_state job_queue_state(const struct job_queue *queue);
/* What is wrong, for readiness and logs; code GOV_OK when OPEN. */
const struct gov_err *job_queue_fault(const struct job_queue *queue);

/* Entries that are ready. Calls of one turn travel together. */
void job_queue_push(struct op *op, struct job_queue *queue, const struct queue_entry *entries,
                    int count, struct queue_result *result);
/* A delayed job of the tenant falls due in so many ms: the leading scheduler looks at its rows then. What is further away
 * than QUEUE_DUE_MS is left to its mark. */
void job_queue_due(struct op *op, struct job_queue *queue, const char *tenant, int64_t in_ms);

/* A mark was written that may be earlier than what the leading scheduler waits for: it looks. Costs no wait; lost
 * if the queue is away, and then it looks within 30 s. */
void job_queue_look(struct job_queue *queue);

/* --- worker --- */

struct queue_taken {
    struct gov_err err;
    struct queue_entry *entries; /* in the op's arena */
    int count;
};
/* At most `slots` entries, in fair order. They hold slots from now on. */
void job_queue_take(struct op *op, struct job_queue *queue, const char *worker, const char *lane,
                    int slots, struct queue_taken *taken);

/* A slot of `entry`. entry.fence is the fence of the take until claimed, of the claim after. */
struct queue_slot {
    const struct queue_entry *entry;
    int64_t fence; /* claimed: the new fence; release: the fence after it; else unused */
    int64_t ms;    /* finish: what it took, 0 if it never ran (claim refused), -1 unknown; */
                   /* running: elapsed so far */
};
/* The claims are committed. */
void job_queue_claimed(struct op *op, struct job_queue *queue, const struct queue_slot *slots,
                       int count, struct queue_result *result);
/* These run: with every heartbeat, and after a reconnect. */
void job_queue_running(struct op *op, struct job_queue *queue, const char *worker,
                       const struct queue_slot *slots, int count, struct queue_result *result);
/* The outcome (or the refused claim) is durable: free the slots. */
void job_queue_finish(struct op *op, struct job_queue *queue, const struct queue_slot *slots,
                      int count, struct queue_result *result);
/* Give back what was not started; costs nothing. */
void job_queue_release(struct op *op, struct job_queue *queue, const struct queue_slot *slots,
                       int count, struct queue_result *result);

/* Block until one of the lanes may have work, at most QUEUE_BELL_S; then take. One at a time per
 * handle, on a connection of its own. result->count is 1 if a bell rang. While the queue is not
 * open it waits a second, so that a loop of take and wait stays calm. */
void job_queue_bell_wait(struct op *op, struct job_queue *queue, const char *const *lanes,
                         int count, struct queue_result *result);
/* End the wait now (shutdown); it ends with count 0. */
void job_queue_bell_cancel(struct job_queue *queue);

/* --- scheduler and operators --- */

struct queue_promoted {
    struct gov_err err;
    int64_t moved;
    int64_t wait_ms; /* until the next is due, by Redis' clock; -1: nothing */
    bool more;       /* call again at once */
    const char **tenants; /* a delayed job of each has fallen due; in the op's arena */
    int tenant_count;
};
void job_queue_promote(struct op *op, struct job_queue *queue, struct queue_promoted *promoted);

/* Block until something new falls due soon, at most wait_ms (-1 or more than that: QUEUE_BELL_S).
 * Then promote; result->count is QUEUE_LOOK after job_queue_look. A blocking call: see job_queue_bell_wait. */
void job_queue_due_wait(struct op *op, struct job_queue *queue, int64_t wait_ms,
                        struct queue_result *result);

/* A tenant whose backlog is in PostgreSQL: ids above `mark` were not handed over. Or, with a name (see queue_named_limit),
 * one of whose jobs of that name as many as may be are set aside: those of it from `mark` on were not handed over. */
struct queue_over {
    const char *tenant, *lane, *class;
    const char *name; /* NULL: all jobs of the queue */
    struct id mark;
    int64_t fulls;
    int64_t length; /* entries in Redis; of a name: not read */
    int64_t want;   /* of a name: how many are asked for */
};
struct queue_overs {
    struct gov_err err;
    struct queue_over *items;
    int count;
};
void job_queue_overs(struct op *op, struct job_queue *queue, struct queue_overs *overs);
/* Block until a queue wants more; overs has one item, or none after QUEUE_BELL_S. */
void job_queue_refill_wait(struct op *op, struct job_queue *queue, struct queue_overs *overs);
/* After `over` was read the ready rows of the tenant with id > mark (of a name: >= mark) were looked through in id order,
 * as far as `up_to` (NULL: all of them); the entries are those of this lane and class (and name). result->count: 1 the backlog is
 * over, 0 it goes on, -1 somebody else refilled first and nothing was done. */
void job_queue_refill(struct op *op, struct job_queue *queue, const struct queue_over *over,
                      const struct id *up_to, const struct queue_entry *entries, int count,
                      struct queue_result *result);

struct queue_limits {
    double weight;     /* > 0; share of run time against other tenants */
    int64_t slots;     /* most at once over all lanes but ctl; 0: no limit */
    double rate_per_s; /* starts per second over all lanes but ctl; 0: no limit */
};
/* `revision`: of the row they were read from. What a later one said before stands. 0: of no row. */
void job_queue_limit(struct op *op, struct job_queue *queue, const char *tenant,
                     int64_t revision, const struct queue_limits *limits, struct queue_result *result);
/* A limit inside a tenant, of all its runs with that name: "s:<skill>", or what stands behind the # of
 * an action word. */
struct queue_named_limit {
    const char *name;
    int64_t slots;     /* 0: none */
    double rate_per_s; /* 0: none */
    bool paused;
};
/* These are all of the tenant's. */
void job_queue_limit_names(struct op *op, struct job_queue *queue, const char *tenant, int64_t revision,
                           const struct queue_named_limit *limits, int count,
                           struct queue_result *result);
void job_queue_pause(struct op *op, struct job_queue *queue, const char *tenant, int64_t revision,
                     struct queue_result *result);
void job_queue_resume(struct op *op, struct job_queue *queue, const char *tenant, int64_t revision,
                      struct queue_result *result);
void job_queue_forget(struct op *op, struct job_queue *queue, const char *tenant,
                      struct queue_result *result);

struct queue_document {
    struct gov_err err;
    json_t *json; /* owned by the op's arena; shapes: lua/status.lua, lua/depth.lua */
};
/* `job` and `action` (its action word) may be NULL. */
void job_queue_status(struct op *op, struct job_queue *queue, const char *tenant,
                      const struct id *job, const char *action, struct queue_document *document);
/* With the `most` queues that have waited longest. */
void job_queue_depth(struct op *op, struct job_queue *queue, int most,
                     struct queue_document *document);

/* What holds the tenant's slots. Read this, then the rows: a claimed slot that does not run there
 * under the same fence has ended and may be finished. */
struct queue_live {
    const char *lane, *class, *worker;
    struct id job;
    int64_t fence;
    bool claimed;
};
struct queue_lives {
    struct gov_err err;
    struct queue_live *items;
    int count;
};
void job_queue_live(struct op *op, struct job_queue *queue, const char *tenant,
                    struct queue_lives *lives);

/* --- rebuild: by the leader, on a handle of its own ---
 *
 *     begin -> clear -> limits, running rows, ready rows (the calls above) -> end
 *
 * From begin to end, the calls of this handle reach the queue that is being filled, and everybody
 * else's end with no_generation. A leader of a later term takes over; then the calls of this handle
 * end so, too. */
void job_queue_rebuild_begin(struct op *op, struct job_queue *queue, int64_t term,
                             struct queue_result *result);
/* One page of what was there; repeat while result->count is 1. */
void job_queue_rebuild_clear(struct op *op, struct job_queue *queue, struct queue_result *result);
void job_queue_rebuild_end(struct op *op, struct job_queue *queue, struct queue_result *result);

#endif
