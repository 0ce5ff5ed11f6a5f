/* work_life.c - start -> [the kind's own steps] -> settle -> free the slot.
 *
 * A kind that ended well has written its outcome (work_finish). One whose op failed has not: then the
 * job goes back for another attempt if a retry can help and attempts are left, and ends as failed
 * otherwise. A sandbox that is away is not the job's failure: it goes back at no cost, as after a drain,
 * but after a while. Either way the slot is free only after the durable answer.
 */
#include "worker/work_life.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/io/op/op_sleep.h"
#include "worker/confirm/confirm_job.h"
#include "worker/heartbeat.h"
#include "worker/intent/intent_job.h"
#include "worker/plan/plan_job.h"
#include "worker/run/noop_job.h"
#include "worker/run/run_job.h"
#include "worker/take.h"
#include "worker/task/task_job.h"

/* Frees the slot, and before it settles a job whose op failed. Owns the work. */
struct settling {
    struct op op;
    struct work *work;
    int tries;
    bool again;
    bool written; /* what the database has to know */
    struct queue_slot slot;
};

static const struct work_kind *kind_of(enum job_kind kind, const struct lane_state *lane)
{
    static const struct work_kind *const kinds[JOB_KIND_COUNT] = {
        [JOB_INTENT] = &intent_job_kind, [JOB_PLAN] = &plan_job_kind,
        [JOB_CONFIRM] = &confirm_job_kind, [JOB_RUN] = &run_job_kind, [JOB_TASK] = &task_job_kind,
    };
    return kind == JOB_RUN && lane->lane == LANE_NOOP ? &noop_job_kind : kinds[kind];
}

/* --- settling --- */

enum { AWAY_LEAST_MS = 1000, LEFT_MS = 2000, CRASHES_MAX = 3, AGAIN_MS = 250, AGAIN_DOUBLINGS = 5 };

/* The sandbox is away, the one call that it is goes beyond its resource's rate, what became of a write is to be asked
 * later, or the database was away while a run read what it is about: no attempt is burnt. */
static bool was_not_begun(const struct work *w)
{
    switch (w->op.err.code) {
    case GOV_SANDBOX_UNAVAILABLE:
    case GOV_RATE_LIMITED:
        return true;
    case GOV_OUTCOME_UNKNOWN:
        return w->op.err.retry_after_s > 0;
    case GOV_STORE_UNAVAILABLE:
    case GOV_OVERLOADED:
    case GOV_DEADLINE:
        return w->job.kind == JOB_RUN && w->lane->lane != LANE_NOOP && !w->begun;
    default:
        return false;
    }
}

/* What the failure itself says about when (Retry-After), else not at once where it was not begun. */
static int64_t at_least_ms(const struct work *w)
{
    int64_t told_ms = (int64_t)w->op.err.retry_after_s * 1000;
    return told_ms ? told_ms : was_not_begun(w) ? AWAY_LEAST_MS : 0;
}

static void build_failure(struct work *work, struct db_group *group)
{
    work_add_failure(work, group, &work->op.err);
    if (work->gave_up)
        work->gave_up(work, group);
    if (work->job.kind != JOB_TASK)
        work_add_callback(work, group);
}

static void build_release(struct work *work, struct db_group *group)
{
    struct arena *arena = &work->op.arena;
    bool drain = work->released;
    bool free_of_cost = drain || work->unreadable || was_not_begun(work);
    int64_t delay_ms = work->retry_ms;

    DB_GROUP_ADD(group, SQL_QUERIES_JOB_RELEASE, NULL, work->job.id.text,
                 arena_format(arena, "%lld", (long long)work->job.fence), work->job.token,
                 work->crashed ? "lost" : free_of_cost ? "released" : "retry",
                 arena_format(arena, "%lld", (long long)delay_ms),
                 drain ? NULL : gov_code_info(work->op.err.code)->wire);
}

static bool to_be_settled(const struct work *w)
{
    return w->op.failed || w->released;
}

static enum op_next back_off(struct op *op)
{
    const struct settling *s = (struct settling *)op;

    if (s->tries)
        op_sleep(op, (int64_t)AGAIN_MS << (s->tries < AGAIN_DOUBLINGS ? s->tries : AGAIN_DOUBLINGS));
    return OP_WAIT;
}

/* Before the first row of that minute: the tenant will need a visit when the retry falls due. */
static enum op_next mark(struct op *op)
{
    struct work *w = ((struct settling *)op)->work;
    struct job_retry retry = { .at_least_ms = at_least_ms(w) };
    uint64_t random = 0;

    if (!to_be_settled(w))
        return OP_NEXT;
    CHECK(getrandom(&random, sizeof random, 0) == sizeof random);
    /* At least 1: it then waits for its moment, which the queue is told; what is ready at once nobody would push. */
    w->retry_ms = w->released ? 0 : w->unreadable ? LEFT_MS : 1 + job_backoff_ms(&retry, w->job.attempt, random);
    marks_note_in(op, w->worker->marks, &w->tenant.id, w->retry_ms, NULL);
    return OP_WAIT;
}

static enum op_next settle(struct op *op)
{
    struct settling *s = (struct settling *)op;
    struct work *w = s->work;

    if (!to_be_settled(w))
        return OP_NEXT;
    if (w->crashed && w->job.crash_count + 1 >= CRASHES_MAX)
        gov_fail(&w->op.err, GOV_POISON, "the sandbox died under it three times",
                 "沙箱在执行它时三次异常退出");
    s->again = w->released || w->unreadable || was_not_begun(w) ||
               (gov_code_info(w->op.err.code)->retry_helps &&
                w->job.attempt < w->job.max_attempts);
    log_error(w->released ? LEVEL_INFO : LEVEL_WARN, s->again ? "job.retry" : "job.failed", &w->op.err,
              LOG_FIELD("job", w->job.id.text), LOG_FIELD("tenant", w->tenant.scope.schema),
              LOG_FIELD("step", w->op.step ? w->op.step->name : ""));
    work_finish_for(op, w, s->again ? build_release : build_failure);
    return OP_WAIT;
}

static enum op_next free_slot(struct op *op)
{
    struct settling *s = (struct settling *)op;
    struct work *w = s->work;
    struct job_queue *queue = queue_shards_of(&w->worker->queues, w->tenant.scope.schema);

    s->written = true;
    w->freeing = true;
    s->slot = (struct queue_slot){ .entry = &w->entry,
                                   .fence = w->job.fence + 1,
                                   .ms = (clock_mono_us() - w->started_us) / 1000 };
    if (w->released && !w->stale) /* queued again at once, under the fence that job_release.sql gave */
        job_queue_release(op, queue, &s->slot, 1, NULL);
    else if (!w->stale) /* else somebody else may hold a slot under this number: after a failover they repeat */
        job_queue_finish(op, queue, &s->slot, 1, NULL);
    if (s->again && !w->released && !w->stale)
        job_queue_due(op, queue, w->tenant.scope.schema, w->retry_ms);
    w->worker->counts.stale.value += w->stale;
    return OP_WAIT;
}

static const struct op_step steps[] = { { "back_off", back_off },
                                        { "mark", mark },
                                        { "settle", settle },
                                        { "free_slot", free_slot },
                                        { 0 } };

/* Until it is written the row says that the job runs here, and while this worker lives nobody else ends it. */
static void settled(struct op *op)
{
    struct settling *s = (struct settling *)op;
    struct work *w = s->work;
    struct worker *worker = w->worker;
    bool failed = op->failed;

    if (failed)
        log_error(LEVEL_ERROR, s->written ? "job.slot_kept" : "job.unsettled", &op->err,
                  LOG_FIELD("job", w->job.id.text), LOG_FIELD("tenant", w->tenant.scope.schema));
    op_release(op);
    if (failed && !s->written && !worker->fenced) {
        s->tries++;
        op_init(op, "settle", steps, worker->loop, settled);
        op_start(op);
        return;
    }
    if (w->listens)
        event_bus_leave(worker->events, w->tenant.scope.schema);
    list_remove(&w->link);
    w->lane->pool->used--;
    worker->busy--;
    op_release(&w->op);
    free(w);
    free(s);
    worker_wake(worker);
    worker_idle_check(worker);
}

static void ended(struct op *op)
{
    struct work *w = (struct work *)op;
    struct settling *s = calloc(1, sizeof *s);

    CHECK(s);
    op_init(&s->op, "settle", steps, op->loop, settled);
    s->work = w;
    op_start(&s->op);
}

/* --- starting --- */

/* Of a job that a later version wrote: its kind or its payload says nothing here. A worker of that version
 * will have it; it goes back at no cost, and after a while, so that it is not ours again at once. */
static enum op_next leave(struct op *op)
{
    struct work *w = (struct work *)op;

    w->unreadable = true;
    gov_fail_cause(&op->err, GOV_INTERNAL, "a later version wrote this job (kind %s, format %lld)",
                   w->entry.kind, (long long)w->job.payload.format);
    return OP_FAIL;
}

static const struct op_step unreadable_steps[] = { { "leave", leave }, { 0 } };

static bool readable(struct work *w)
{
    struct gov_err err;

    if (job_payload_decode(w->job.payload_json, &w->job.payload, &err))
        return w->job.payload.format <= JOB_PAYLOAD_FORMAT;
    log_error(LEVEL_ERROR, "job.payload", &err);
    return false;
}

/* Since the job was made, which its id says (UUIDv7) by the clock of whoever made it. */
static int64_t waited_us(const struct id *job)
{
    int64_t waited = clock_now_us() - id_ms(job) * 1000;
    return waited > 0 ? waited : 0;
}

static void copy_row(struct work *w, const struct db_rows *r, int row)
{
    struct arena *arena = &w->op.arena;
    struct claimed *j = &w->job;

    j->id = db_id(r, row, 0);
    job_kind_parse(db_text(r, row, 1), &j->kind);
    job_lane_parse(db_text(r, row, 2), &j->lane);
    job_class_parse(db_text(r, row, 3), &j->class);
    j->request = db_id(r, row, 4);
    j->payload_json = db_json(r, row, 5, arena);
    j->plan_digest = arena_text(arena, db_text(r, row, 6));
    j->risk = arena_text(arena, db_text(r, row, 7));
    j->max_attempts = db_int(r, row, 8);
    j->timeout_ms = db_int(r, row, 9);
    j->created_by = db_id(r, row, 10);
    j->fence = db_int(r, row, 11);
    j->token = arena_text(arena, db_text(r, row, 12));
    j->attempt = db_int(r, row, 13);
    j->crash_count = db_int(r, row, 14);
    j->cancel_requested = db_bool(r, row, 15);
}

static void copy_entry(struct work *w, const struct queue_entry *entry)
{
    w->entry = *entry;
    w->entry.tenant = arena_text(&w->op.arena, entry->tenant);
    w->entry.lane = arena_text(&w->op.arena, entry->lane);
    w->entry.class = arena_text(&w->op.arena, entry->class);
    w->entry.kind = arena_text(&w->op.arena, entry->kind);
    w->entry.action = arena_text(&w->op.arena, entry->action);
    w->taken_fence = entry->fence;
    w->entry.fence = w->job.fence;
}

/* Whoever asked for its end while it was claimed told nobody: no subscription was there, or no work. */
static void listen_to(struct work *w, uint64_t since)
{
    const char *schema = w->tenant.scope.schema;

    w->listens = true;
    event_bus_join(w->worker->events, schema);
    w->asked_after = heard_since(&w->worker->heard, since, schema, &w->job.request);
}

void work_start(struct worker *worker, struct lane_state *lane, const struct work_claim *claim)
{
    enum job_kind kind = JOB_TASK;
    bool known = job_kind_parse(db_text(claim->rows, claim->row, 1), &kind);
    struct work *w = calloc(1, kind_of(kind, lane)->bytes);

    CHECK(w);
    op_init(&w->op, known ? job_kind_name(kind) : "unreadable", kind_of(kind, lane)->steps, worker->loop, ended);
    w->worker = worker;
    w->lane = lane;
    w->tenant = *claim->tenant;
    w->started_us = clock_mono_us();
    copy_row(w, claim->rows, claim->row);
    copy_entry(w, claim->entry);
    if (claim->loaded->result)
        w->loaded = db_rows_keep(claim->loaded, &w->op.arena);
    list_append(&worker->works, &w->link);
    lane->pool->used++;
    worker->busy++;
    worker->has_worked = true;
    heartbeat_busy(worker->heartbeat);
    if (kind_of(kind, lane)->killable)
        listen_to(w, claim->heard);
    if (!readable(w) || !known)
        w->op.steps = w->op.step = unreadable_steps;
    worker_counts_start(&worker->counts, w->job.lane,
                        w->job.fence == JOB_FENCE_FIRST_CLAIM ? waited_us(&w->job.id) : -1);
    if (w->job.kind == JOB_RUN) /* whoever follows it sees that it runs */
        event_bus_publish_going_on(worker->events, w->tenant.scope.schema, &w->job.request);
    op_start(&w->op);
}

void work_killable(struct work *work, void (*cancel)(struct work *work))
{
    work->cancel = cancel;
    if (work->asked_after)
        heartbeat_now(work->worker->heartbeat);
}

void work_cancel(struct work *work)
{
    if (work->cancel)
        work->cancel(work);
}
