/* work.c - ending a job durably.
 *
 *     attempt -> [store away: wait, attempt again] -> push -> tell
 *
 * When the connection dies during the commit the outcome is unknown: the same
 * fenced statements are sent again. "stale" after such a doubt means that the
 * first attempt did commit, or that the job was reclaimed; both end our part.
 */
#include "worker/work.h"

#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/io/db/db_plant.h"
#include "core/io/op/op_sleep.h"

enum { FINISH_WAIT_MS = 250, PLANTED_PAUSE_MS = 300, CALLBACK_COST_MS = 50 };

static struct work *work_of(struct op *finishing)
{
    return (struct work *)((char *)finishing - offsetof(struct work, finishing));
}

static void send_group(struct work *w)
{
    struct db_group *group;

    w->next_count = 0;
    w->strict = false;
    memset(&w->callback, 0, sizeof w->callback);
    w->finish_sent = true;
    if (!w->build) {
        db_batch_add(&w->finishing, w->worker->endings, &w->tenant.scope, &w->ending.item);
        return;
    }
    group = db_group_new(&w->finishing, w->worker->db, &w->tenant.scope);
    w->build(w, group);
    db_group_tolerate(group, &w->ending.item.err);
    db_group_send(group);
}

/* A strict end was refused: the job is somebody else's, or it was cancelled. What is still ours ends as
 * cancelled, for nobody else would end it. */
static void build_cancelled(struct work *work, struct db_group *group)
{
    DB_GROUP_ADD(group, SQL_QUERIES_JOB_COMPLETE, NULL, work->job.id.text,
                 arena_format(&work->op.arena, "%lld", (long long)work->job.fence), work->job.token,
                 "cancelled", gov_code_info(GOV_CANCELLED)->wire, NULL, NULL, NULL, NULL, NULL);
    work_add_callback(work, group);
}

/* It was to go back, and a write of it to the outside may have happened: a person has to look. */
static void build_outcome_unknown(struct work *work, struct db_group *group)
{
    gov_fail(&work->op.err, GOV_OUTCOME_UNKNOWN,
             "a write to the outside was sent and its answer was lost; it is not repeated, a person has to look",
             "已向外部发送写操作但未收到应答；不会重复执行，需人工核实");
    work_add_failure(work, group, &work->op.err);
    work_add_callback(work, group);
}

/* A planted bug: the slot is free, and for a moment nothing else is. */
static bool forgets_first(struct work *w)
{
    if (!planted("forget_first") || w->freeing)
        return false;
    w->freeing = true;
    job_queue_finish(&w->finishing, queue_shards_of(&w->worker->queues, w->tenant.scope.schema),
                     &(struct queue_slot){ .entry = &w->entry, .ms = 1 }, 1, NULL);
    op_sleep(&w->finishing, PLANTED_PAUSE_MS);
    return true;
}

/* Runs again until the outcome is known: send, look at the answer, wait, send. */
static enum op_next attempt(struct op *op)
{
    struct work *w = work_of(op);

    if (!w->finish_sent) {
        if (!forgets_first(w))
            send_group(w);
        return OP_AGAIN;
    }
    switch (w->ending.item.err.code) {
    case GOV_OK:
        return OP_NEXT;
    case GOV_STALE:
        if (w->strict) {
            w->build = build_cancelled;
            w->finish_sent = false;
            return OP_AGAIN;
        }
        w->stale = true;
        log_write(LEVEL_WARN, "job.stale", LOG_FIELD("job", w->job.id.text),
                  LOG_FIELD("tenant", w->tenant.scope.schema), LOG_NUMBER("fence", w->job.fence));
        return OP_DONE;
    case GOV_OUTCOME_UNKNOWN:
        w->build = build_outcome_unknown;
        w->finish_sent = false;
        return OP_AGAIN;
    case GOV_STORE_UNAVAILABLE:
    case GOV_OVERLOADED:
    case GOV_DEADLINE:
        w->finish_sent = false;
        op_sleep(op, (int64_t)FINISH_WAIT_MS << (w->finish_tries < 3 ? w->finish_tries++ : 3));
        return OP_AGAIN;
    default:
        if (w->refused && w->refused(w, op)) {
            w->finish_sent = false;
            return OP_AGAIN;
        }
        op->err = w->ending.item.err;
        return OP_FAIL;
    }
}

static enum op_next push(struct op *op)
{
    struct work *w = work_of(op);

    if (!w->build) /* nothing follows, and who listens was told with the batch */
        return OP_DONE;
    struct queue_entry *entries = ARENA_ARRAY(&op->arena, struct queue_entry, WORK_NEXT_MAX + 1);

    for (int i = 0; i < w->next_count; i++) {
        const struct work_next *n = &w->next[i];
        entries[i] = queue_entry_new(w->tenant.scope.schema, n->lane, n->class, n->kind, n->id, n->cost_ms);
        entries[i].action = n->action;
    }
    int count = w->next_count;
    if (w->callback.count)
        entries[count++] = queue_entry_new(w->tenant.scope.schema, LANE_CTL, CLASS_NORMAL, JOB_TASK, w->callback_job,
                                           CALLBACK_COST_MS);
    if (count)
        queue_shards_push(op, &w->worker->queues, entries, count);
    event_bus_publish(w->worker->events, w->tenant.scope.schema, &w->job.request);
    return OP_WAIT;
}

static const struct op_step steps[] = { { "attempt", attempt }, { "push", push }, { 0 } };

static void release(void *op)
{
    op_release(op);
}

void work_finish_for(struct op *op, struct work *work,
                     void (*build)(struct work *work, struct db_group *group))
{
    work->build = build;
    work->finish_sent = false;
    work->finish_tries = 0;
    if (work->finishing.steps) /* the op's own attempt to finish failed; this is the last word */
        op_release(&work->finishing);
    else
        arena_defer(&work->op.arena, release, &work->finishing);
    op_init(&work->finishing, "finish", steps, op->loop, NULL);
    op_call(op, &work->finishing);
}

void work_finish(struct work *work, void (*build)(struct work *work, struct db_group *group))
{
    work_finish_for(&work->op, work, build);
}

void work_end(struct work *work)
{
    work->ending.job = &work->job;
    work_finish_for(&work->op, work, NULL);
}

/* --- statements --- */

static const char *number(struct work *work, int64_t value)
{
    return arena_format(&work->op.arena, "%lld", (long long)value);
}

void work_add_success(struct work *work, struct db_group *group, const json_t *result)
{
    DB_GROUP_ADD(group, SQL_QUERIES_JOB_COMPLETE, NULL, work->job.id.text,
                 number(work, work->job.fence), work->job.token, "succeeded", NULL,
                 result ? json_text(&work->op.arena, result) : NULL, NULL, NULL, NULL, NULL);
}

void work_add_failure(struct work *work, struct db_group *group, const struct gov_err *err)
{
    DB_GROUP_ADD(group, SQL_QUERIES_JOB_COMPLETE, NULL, work->job.id.text,
                 number(work, work->job.fence), work->job.token, "failed",
                 gov_code_info(err->code)->wire, NULL,
                 json_text(&work->op.arena, work_error_json(err, &work->op.arena)), NULL, NULL,
                 NULL);
}

void work_add_success_strict(struct work *work, struct db_group *group)
{
    work->strict = true;
    DB_GROUP_ADD(group, SQL_QUERIES_JOB_COMPLETE_STRICT, NULL, work->job.id.text,
                 number(work, work->job.fence), work->job.token, "succeeded", NULL, NULL, NULL);
}

void work_add_job(struct work *work, struct db_group *group, const struct work_next *next,
                  const json_t *payload, const char *digest, const char *risk, int64_t timeout_ms,
                  int64_t max_attempts, int64_t run_at_us)
{
    char run_at[CLOCK_TEXT_BYTES];

    DB_GROUP_ADD(group, SQL_QUERIES_JOB_ACCEPT, NULL, next->id.text, job_kind_name(next->kind),
                 job_lane_name(next->lane), job_class_name(next->class), work->job.request.text,
                 json_text(&work->op.arena, payload), digest, risk, number(work, max_attempts),
                 number(work, timeout_ms), work->job.created_by.text,
                 run_at_us ? clock_format(run_at_us, run_at) : NULL, "worker");
    if (run_at_us <= clock_now_us() && work->next_count < WORK_NEXT_MAX)
        work->next[work->next_count++] = *next;
}

void work_add_callback(struct work *work, struct db_group *group)
{
    struct id delivery = id_new();

    /* A confirmation's own jobs do not know; the statement looks. */
    if (work->job.kind != JOB_CONFIRM && !work->job.payload.callback_url)
        return;
    work->callback_job = id_new();
    DB_GROUP_ADD(group, SQL_QUERIES_CALLBACK_ADD, &work->callback, work->job.request.text, delivery.text,
                 work->callback_job.text);
}

void work_add_event(struct work *work, struct db_group *group, const char *kind, json_t *data)
{
    json_own(&work->op.arena, data);
    DB_GROUP_ADD(group, SQL_QUERIES_REQUEST_EVENT_ADD, NULL, work->job.request.text, kind,
                 json_text(&work->op.arena, data));
}

json_t *work_error_json(const struct gov_err *err, struct arena *arena)
{
    json_t *items = json_array();

    for (size_t i = 0; i < err->item_count; i++)
        json_array_append_new(items, json_pack("{s:s, s:s, s:{s:s, s:s}}", "path",
                                               err->items[i].path, "code", err->items[i].code,
                                               "message", "en", err->items[i].message.en, "zh",
                                               err->items[i].message.zh));
    return json_own(arena, json_pack("{s:s, s:{s:s, s:s}, s:s, s:o}", "code",
                                     gov_code_info(err->code)->wire, "message", "en",
                                     gov_err_detail(err, GOV_EN), "zh", gov_err_detail(err, GOV_ZH),
                                     "path", err->path, "errors", items));
}
