#include "scheduler/visit_internal.h"

#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/store/tenant_limits.h"
#include "scheduler/entry_row.h"

/* Columns of mark_due.sql. */
enum { MARKED_SCHEMA, MARKED_STRIPE, MARKED_ID, MARKED_NEXT, MARKED_LIMITS, MARKED_INCARNATION = MARKED_LIMITS + 5, MARKED_SHUT };

static enum op_next bury(struct op *op)
{
    struct visit *v = (struct visit *)op;
    struct db_group *g = db_group_new(op, v->scheduler->db, &DB_PUBLIC);

    if (v->bury)
        db_group_add(g, SQL_QUERIES_WORKER_BURY, &v->workers, 0, NULL);
    DB_GROUP_ADD(g, SQL_QUERIES_MARK_DUE, &v->marked,
                 arena_format(&op->arena, "%d", VISIT_TENANTS_MAX),
                 v->after.text[0] ? v->after.text : NULL);
    db_group_send(g);
    return OP_WAIT;
}

struct job_queue *visit_queue_of(const struct visit *v, const struct visited *t)
{
    return queue_shards_of(&v->scheduler->queues, t->scope.schema);
}

static int shard_of(const struct visit *v, const struct visited *t)
{
    return queue_shard_of(t->scope.schema, v->scheduler->queues.count);
}

/* Columns of worker_bury.sql. */
enum { WORKER_ID, WORKER_BURIED, WORKER_LIVES };

/* Those that live, or those that do not. */
static const char *workers_array(struct visit *v, bool living)
{
    struct buf ids = { 0 };

    buf_add_char(&ids, '{');
    for (int i = 0; i < v->workers.count; i++)
        if (db_bool(&v->workers, i, WORKER_LIVES) == living)
            buf_addf(&ids, "%s%s", ids.length > 1 ? "," : "", db_text(&v->workers, i, WORKER_ID));
    buf_add_char(&ids, '}');
    const char *text = arena_text(&v->op.arena, ids.data);
    buf_release(&ids);
    return text;
}

static void look_at_workers(struct visit *v)
{
    for (int i = 0; i < v->workers.count; i++) {
        if (!db_bool(&v->workers, i, WORKER_BURIED))
            continue;
        v->buried = true;
        log_write(LEVEL_WARN, "worker.buried", LOG_FIELD("worker", db_text(&v->workers, i, WORKER_ID)));
    }
    v->living_ids = workers_array(v, true);
    v->dead_ids = workers_array(v, false);
}

static void visit_tenant(struct visit *v, struct visited *t)
{
    struct db_group *g = db_group_new(&v->op, v->scheduler->db, &t->scope);

    /* All that runs is looked through: when a worker has just died, and on every deep visit. */
    if (v->bury && (v->buried || v->deep))
        DB_GROUP_ADD(g, SQL_QUERIES_JOB_RECLAIM, &t->reclaimed, v->living_ids, v->dead_ids);
    db_group_add(g, SQL_QUERIES_JOB_PROMOTE, &t->promoted, 0, NULL);
    shut_ask(&t->shut, g);
    DB_GROUP_ADD(g, SQL_QUERIES_JOB_SWEEP, &t->swept,
                 arena_format(&v->op.arena, "%d", VISIT_JOBS_MAX),
                 v->rebuilding ? "true" : "false");
    if (t->walk_after.text[0])
        walk_ask(g, &v->op.arena, &t->walk_after, t->scope.schema, &v->overs[shard_of(v, t)], &t->walked);
    DB_GROUP_ADD(g, SQL_QUERIES_JOB_REST, &t->rest, v->deep ? "true" : "false");
    if (v->deep)
        db_group_add(g, SQL_QUERIES_JOB_RUNNING, &t->running, 0, NULL);
    db_group_tolerate(g, &t->err);
    db_group_send(g);
}

static bool is_of(const struct visit *v, const char *schema)
{
    return v->shards >> queue_shard_of(schema, v->scheduler->queues.count) & 1;
}

/* Is a page of the tenant's backlog due? Then its shard's marks are read, once, before the rows. */
static void look_at_walk(struct visit *v, struct visited *t, uint64_t *asked)
{
    const struct id *after = v->rebuilding ? NULL : walk_due(v->scheduler->walks, &t->id);
    int shard = shard_of(v, t);

    if (!after)
        return;
    t->walk_after = *after;
    if (!(*asked >> shard & 1))
        job_queue_overs(&v->op, v->scheduler->queues.queues[shard], &v->overs[shard]);
    *asked |= (uint64_t)1 << shard;
}

/* Slots first, rows afterwards: what holds a slot and does not run by then has ended. */
static enum op_next slots(struct op *op)
{
    struct visit *v = (struct visit *)op;
    uint64_t asked = 0;

    v->marked_count = v->marked.count && db_text(&v->marked, 0, MARKED_SCHEMA) ? v->marked.count : 0;
    v->next_due_us = v->marked.count ? db_int(&v->marked, 0, MARKED_NEXT) * 1000000 : 0;
    if (v->marked.count)
        incarnation_watch_see(v->scheduler->incarnation, db_text(&v->marked, 0, MARKED_INCARNATION));
    v->tenants = ARENA_ARRAY(&op->arena, struct visited, (size_t)v->marked_count + 1);
    look_at_workers(v);
    v->overs = ARENA_ARRAY(&op->arena, struct queue_overs, (size_t)v->scheduler->queues.count);
    for (int i = 0; i < v->marked_count; i++) {
        struct visited *t = &v->tenants[v->tenant_count];
        if (!is_of(v, db_text(&v->marked, i, MARKED_SCHEMA)))
            continue;
        t->row = i;
        t->scope = db_scope_tenant(db_text(&v->marked, i, MARKED_SCHEMA),
                                   (int)db_int(&v->marked, i, MARKED_STRIPE));
        t->id = db_id(&v->marked, i, MARKED_ID);
        v->tenant_count++;
        shut_read(&t->shut, &v->marked, i, MARKED_SHUT);
        if (v->deep)
            job_queue_live(op, visit_queue_of(v, t), t->scope.schema, &t->lives);
        look_at_walk(v, t, &asked);
    }
    return OP_WAIT;
}

static enum op_next tenants(struct op *op)
{
    struct visit *v = (struct visit *)op;

    for (int i = 0; i < v->tenant_count; i++)
        visit_tenant(v, &v->tenants[i]);
    return OP_WAIT;
}

/* Slots of jobs whose worker is dead: free them under the fence it had. */
static void finish_reclaimed(struct visit *v, struct visited *t)
{
    int count = t->reclaimed.count;
    struct queue_slot *slots = ARENA_ARRAY(&v->op.arena, struct queue_slot, (size_t)count + 1);

    for (int row = 0; row < count; row++) {
        struct queue_entry *e = ARENA_NEW(&v->op.arena, struct queue_entry);
        struct id request = db_id(&t->reclaimed, row, RECLAIMED_REQUEST);
        entry_row_read(&v->op.arena, t->scope.schema, &t->reclaimed, row, e);
        slots[row] = (struct queue_slot){ .entry = e, .ms = -1 };
        event_bus_publish(v->scheduler->events, t->scope.schema, &request);
    }
    if (count)
        job_queue_finish(&v->op, visit_queue_of(v, t), slots, count, NULL);
}

/* What a shutdown ended may have been the end of a request that wants a callback. */
static void add_callback(struct visit *v, struct visited *t, const struct id *request)
{
    struct db_group *g = db_group_new(&v->op, v->scheduler->db, &t->scope);
    struct id delivery = id_new(), job = id_new();

    DB_GROUP_ADD(g, SQL_QUERIES_CALLBACK_ADD, NULL, request->text, delivery.text, job.text);
    db_group_tolerate(g, &t->callback_err);
    db_group_send(g);
}

/* Whoever watches these requests is told; a worker that runs one looks whether it is to end it. */
static void tell_shut(struct visit *v, struct visited *t)
{
    for (int row = 0; row < t->shut.touched.count; row++) {
        struct id request = db_id(&t->shut.touched, row, 0);
        event_bus_publish(v->scheduler->events, t->scope.schema, &request);
        if (db_bool(&t->shut.touched, row, 1))
            add_callback(v, t, &request);
    }
    for (int row = 0; row < t->shut.expired.count; row++) {
        struct id request = db_id(&t->shut.expired, row, 0);
        event_bus_publish(v->scheduler->events, t->scope.schema, &request);
        add_callback(v, t, &request);
    }
}

static bool runs(const struct visited *t, const struct queue_live *live)
{
    for (int row = 0; row < t->running.count; row++)
        if (strcmp(db_text(&t->running, row, 0), live->job.text) == 0)
            return db_int(&t->running, row, 1) == live->fence;
    return false;
}

/* Claimed slots whose job does not run under that fence: somebody died between the commit and `finish`. */
static void free_drifted(struct visit *v, struct visited *t)
{
    struct arena *arena = &v->op.arena;
    struct queue_slot *gone = ARENA_ARRAY(arena, struct queue_slot, (size_t)t->lives.count + 1);
    int count = 0;

    for (int i = 0; i < t->lives.count; i++) {
        const struct queue_live *live = &t->lives.items[i];
        if (!live->claimed || runs(t, live))
            continue;
        struct queue_entry *e = ARENA_NEW(arena, struct queue_entry);
        *e = (struct queue_entry){ .tenant = t->scope.schema, .lane = live->lane, .class = live->class,
                                   .job = live->job, .fence = live->fence, .cost_ms = 1 };
        gone[count++] = (struct queue_slot){ .entry = e, .ms = -1 };
    }
    v->drifted += count;
    if (count)
        job_queue_finish(&v->op, visit_queue_of(v, t), gone, count, NULL);
}

static enum op_next free_slots(struct op *op)
{
    struct visit *v = (struct visit *)op;
    for (int i = 0; i < v->tenant_count; i++) {
        struct visited *t = &v->tenants[i];
        finish_reclaimed(v, t);
        if (!t->err.code)
            tell_shut(v, t);
        v->reclaimed += t->reclaimed.count;
        if (!t->err.code && !t->lives.err.code)
            free_drifted(v, t);
    }
    return OP_WAIT;
}

static enum op_next push(struct op *op)
{
    struct visit *v = (struct visit *)op;

    for (int i = 0; i < v->tenant_count; i++)
        tenant_limits_tell(op, &v->scheduler->queues, v->tenants[i].scope.schema, &v->marked, v->tenants[i].row,
                           MARKED_LIMITS);
    for (int i = 0; i < v->tenant_count; i++) {
        struct visited *t = &v->tenants[i];
        if (t->callback_err.code)
            log_error(LEVEL_ERROR, "visit.callback_lost", &t->callback_err, LOG_FIELD("tenant", t->scope.schema));
        if (t->err.code)
            log_error(LEVEL_WARN, "visit.tenant_failed", &t->err, LOG_FIELD("tenant", t->scope.schema));
        else
            visit_push(v, t);
    }
    return OP_WAIT;
}

/* How many dead letters were counted, where they were. */
static void note_dead_letters(struct visit *v)
{
    struct buf ids = { 0 }, counts = { 0 };

    for (int i = 0; i < v->tenant_count; i++) {
        struct visited *t = &v->tenants[i];
        if (t->err.code || t->rest.count == 0 || !db_text(&t->rest, 0, 1))
            continue;
        buf_addf(&ids, "%s%s", ids.length ? "," : "{", t->id.text);
        buf_addf(&counts, "%s%s", counts.length ? "," : "{", db_text(&t->rest, 0, 1));
    }
    if (ids.length) {
        buf_add_char(&ids, '}');
        buf_add_char(&counts, '}');
        DB_QUERY(&v->op, v->scheduler->db, &DB_PUBLIC, SQL_QUERIES_DEAD_LETTER_TENANT_SET, NULL,
                 ids.data, counts.data);
    }
    buf_release(&ids);
    buf_release(&counts);
}

/* Which tenants have come to rest, as their rows say; and do they hold slots? A slot whose job has ended is not
 * freed here, where the rows were read first, but by a deep visit, which the mark makes sure of. */
static enum op_next rest(struct op *op)
{
    struct visit *v = (struct visit *)op;

    for (int i = 0; i < v->tenant_count; i++) {
        struct visited *t = &v->tenants[i];
        t->rests = !t->err.code && t->rest.count && db_bool(&t->rest, 0, 0);
        if (t->rests)
            job_queue_live(op, visit_queue_of(v, t), t->scope.schema, &t->lives);
    }
    return OP_WAIT;
}

/* Marks of tenants that have come to rest. */
static enum op_next forget(struct op *op)
{
    struct visit *v = (struct visit *)op;
    struct buf ids = { 0 };

    v->last = v->marked_count == VISIT_TENANTS_MAX ? db_id(&v->marked, v->marked_count - 1, MARKED_ID) : (struct id){ 0 };
    note_dead_letters(v);
    v->due = ARENA_ARRAY(&op->arena, struct visit_due, (size_t)v->tenant_count + 1);
    for (int i = 0; i < v->tenant_count; i++) {
        struct visited *t = &v->tenants[i];
        v->lingering += t->rests && t->lives.count;
        if (t->rests && t->lives.count == 0 && !t->lives.err.code)
            buf_addf(&ids, "%s%s", ids.length ? "," : "{", t->id.text);
        else
            v->active++;
        if (!t->err.code && t->rest.count && db_bool(&t->rest, 0, 2))
            v->due[v->due_count++] = (struct visit_due){ t->id, t->scope };
    }
    if (ids.length) {
        buf_add_char(&ids, '}');
        DB_QUERY(op, v->scheduler->db, &DB_PUBLIC, SQL_QUERIES_MARK_DELETE, NULL, ids.data);
    }
    buf_release(&ids);
    return OP_WAIT;
}

static const struct op_step steps[] = { { "bury", bury },       { "slots", slots },
                                        { "tenants", tenants }, { "free_slots", free_slots },
                                        { "push", push },       { "rest", rest },
                                        { "forget", forget },   { 0 } };

void visit_init(struct visit *visit, struct scheduler *scheduler, const struct id *after, uint64_t rebuilding)
{
    memset(visit, 0, sizeof *visit);
    op_init(&visit->op, "visit", steps, scheduler->loop, NULL);
    visit->scheduler = scheduler;
    visit->after = *after;
    visit->rebuilding = rebuilding != 0;
    visit->shards = rebuilding ? rebuilding : ~(uint64_t)0;
    visit->bury = true;
}
