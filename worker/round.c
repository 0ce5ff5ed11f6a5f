/* round.c - take -> gather -> claim -> over; of each tenant: send_claim -> start.
 *
 * A run that is claimed alone brings what it would ask for next: somebody may be waiting for it. Read behind its claim in the
 * same transaction, so no earlier than a run's own question. Where that fails, it is asked for apart for a while, or
 * nothing could be claimed for a fault in what one run reads.
 * Rounds of several shards share a pool: what one asks for is kept for it until it starts or knows better.
 * One claim statement a tenant, all tenants at once, and nobody's work waits for the answer to another's claim.
 * Entries whose row is no longer ready (cancelled, taken by somebody else, a queue that was rebuilt) are simply
 * finished: the row decides. A claim whose answer did not come may have happened: claim_undo gives such jobs back.
 */
#include "worker/round.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/io/db/db_array.h"
#include "worker/claim_undo.h"
#include "worker/work_life.h"

enum { CLAIM_LATE_MS = 2000, LET_GO_MS = QUEUE_TAKEN_MS / 2, LEASE_S = 25, APART_S = 60 };

/* So many slots of the pool are this round's. What it gives back others may want. */
static void keep(struct round *r, int slots)
{
    bool fewer = slots < r->kept;

    r->pool->asked += slots - r->kept;
    r->kept = slots;
    if (fewer && r->worker->queues.count > 1)
        worker_wake(r->worker);
}

static void keep_none(void *round)
{
    keep(round, 0);
}

static int taken_count(const struct round *r)
{
    int count = 0;

    for (int i = 0; i < WORKER_LANES_MAX; i++)
        count += r->taken[i].count;
    return count;
}

/* One lane after the other, until one has something: it is claimed at once, and the next round begins with another. */
static enum op_next take(struct op *op)
{
    struct round *r = (struct round *)op;
    struct worker *w = r->worker;

    if (r->asked == 0) {
        r->began_us = clock_mono_us();
        arena_defer(&op->arena, keep_none, r);
        keep(r, lane_pool_round(r->pool));
    }
    while (r->asked < w->lanes.count && taken_count(r) == 0) {
        int i = (r->first + r->asked++) % w->lanes.count;
        struct lane_state *lane = &w->lanes.items[i];
        if (lane->pool == r->pool && r->kept > 0) {
            job_queue_take(op, r->queue, w->id.text, job_lane_name(lane->lane), r->kept, &r->taken[i]);
            return OP_AGAIN;
        }
    }
    keep(r, taken_count(r));
    return OP_NEXT;
}

static struct round_tenant *tenant_of(struct round *r, const char *schema)
{
    for (int i = 0; i < r->tenant_count; i++)
        if (strcmp(r->tenants[i].schema, schema) == 0)
            return &r->tenants[i];
    if (r->tenant_count == r->count)
        return NULL;
    struct round_tenant *t = &r->tenants[r->tenant_count++];
    t->round = r;
    t->schema = schema;
    t->entries = ARENA_ARRAY(&r->op.arena, int, (size_t)r->count);
    return t;
}

static enum op_next gather(struct op *op)
{
    struct round *r = (struct round *)op;
    struct worker *w = r->worker;
    int at = 0;

    r->count = taken_count(r);
    if (r->count == 0)
        return OP_DONE;
    r->entries = ARENA_ARRAY(&op->arena, struct queue_entry, (size_t)r->count);
    r->lanes = ARENA_ARRAY(&op->arena, struct lane_state *, (size_t)r->count);
    r->tenants = ARENA_ARRAY(&op->arena, struct round_tenant, (size_t)r->count);
    for (int i = 0; i < w->lanes.count; i++)
        for (int k = 0; k < r->taken[i].count; k++) {
            r->entries[at] = r->taken[i].entries[k];
            r->lanes[at] = &w->lanes.items[i];
            struct round_tenant *t = tenant_of(r, r->entries[at].tenant);
            t->entries[t->count++] = at++;
        }
    for (int i = 0; i < r->tenant_count; i++)
        tenant_cache_get(op, w->tenants, r->tenants[i].schema, &r->tenants[i].info);
    return OP_WAIT;
}

static void release_array(void *array)
{
    db_array_release(array);
}

static struct db_array *array_new(struct arena *arena, enum db_array_type type)
{
    struct db_array *array = ARENA_NEW(arena, struct db_array);

    array->type = type;
    arena_defer(arena, release_array, array);
    return array;
}

static bool is_late(const struct round *r)
{
    return clock_mono_us() - r->began_us > (int64_t)CLAIM_LATE_MS * 1000;
}

/* It is slow, or was stopped for a moment: others may have what it took, at once. After a longer stop it may be
 * queued again by itself, and its slot be another's: then it is left alone. */
static enum op_next let_go(struct round *r)
{
    struct queue_slot *slots = ARENA_ARRAY(&r->op.arena, struct queue_slot, (size_t)r->count);

    if (clock_mono_us() - r->began_us > (int64_t)LET_GO_MS * 1000)
        return OP_DONE;
    for (int i = 0; i < r->count; i++)
        slots[i] = (struct queue_slot){ .entry = &r->entries[i], .fence = r->entries[i].fence };
    job_queue_release(&r->op, r->queue, slots, r->count, NULL);
    return OP_WAIT;
}

/* Which of the tenant's entries that is, or -1. Rows come in the order of the ids, as entries mostly do; the search
 * begins where the last one ended. */
static int entry_find(const struct round *r, const struct round_tenant *t, const char *job, int *at)
{
    for (int n = 0; n < t->count; n++) {
        int i = (*at + n) % t->count;
        if (strcmp(r->entries[t->entries[i]].job.text, job) == 0) {
            *at = i + 1;
            return i;
        }
    }
    return -1;
}

static bool was_claimed(const struct round_tenant *t, const char *job)
{
    for (int row = 0; row < t->rows.count; row++)
        if (strcmp(db_text(&t->rows, row, 0), job) == 0)
            return true;
    return false;
}

/* Start what was claimed, and tell the queue of what was not. (Of the claims the heartbeat tells it.) */
static void start_tenant(struct round *r, struct round_tenant *t)
{
    struct arena *arena = &t->op.arena;
    struct queue_slot *refused = ARENA_ARRAY(arena, struct queue_slot, (size_t)t->count);
    bool *claimed = ARENA_ARRAY(arena, bool, (size_t)t->count + 1);
    int refused_count = 0, at = 0;

    for (int row = 0; row < t->rows.count; row++) {
        int i = entry_find(r, t, db_text(&t->rows, row, 0), &at);
        if (i < 0 || claimed[i])
            continue;
        claimed[i] = true;
        struct work_claim claim = { &r->entries[t->entries[i]], &t->info, &t->rows, row, &t->loaded, t->heard };
        work_start(r->worker, r->lanes[t->entries[i]], &claim);
        r->claimed++;
    }
    for (int i = 0; i < t->count; i++)
        if (!claimed[i] && !was_claimed(t, r->entries[t->entries[i]].job.text)) /* an entry may have come twice */
            refused[refused_count++] = (struct queue_slot){ .entry = &r->entries[t->entries[i]] };
    r->worker->counts.refused.value += refused_count;
    if (refused_count)
        job_queue_finish(&t->op, r->queue, refused, refused_count, NULL);
}

/* --- one tenant's part --- */

static bool is_lone_run(const struct round *r, const struct round_tenant *t)
{
    return t->count == 1 && r->pool == &r->worker->lanes.run &&
           clock_mono_us() >= r->worker->loads_apart_until_us;
}

static void leave(void *tenant)
{
    struct round_tenant *t = tenant;
    event_bus_leave(t->events, t->info.scope.schema);
}

/* Before it is claimed: what happens to a run from its claim on is heard, or was noted as having gone unheard. */
static void listen_to(struct round_tenant *t)
{
    struct round *r = t->round;

    t->heard = r->worker->heard.count;
    if (r->pool != &r->worker->lanes.run)
        return;
    t->events = r->worker->events;
    event_bus_join(t->events, t->info.scope.schema);
    arena_defer(&t->op.arena, leave, t);
}

static enum op_next send_claim(struct op *op)
{
    struct round_tenant *t = (struct round_tenant *)op;
    struct round *r = t->round;
    struct db_array *ids = array_new(&op->arena, DB_UUIDS), *fences = array_new(&op->arena, DB_INTS);

    if (!t->info.known)
        return OP_NEXT;
    for (int i = 0; i < t->count; i++) {
        const struct queue_entry *e = &r->entries[t->entries[i]];
        db_array_add(ids, e->job.text);
        db_array_add_int(fences, (int32_t)e->fence);
    }
    struct db_param params[] = { db_array_end(ids), db_array_end(fences), { r->claimed_by.text, 0 },
                                 { arena_format(&op->arena, "%d", LEASE_S), 0 } };
    listen_to(t);
    struct db_group *group = db_group_new(op, r->worker->db, &t->info.scope);
    db_group_add_params(group, SQL_QUERIES_JOB_CLAIM, &t->rows, 4, params);
    t->loads = is_lone_run(r, t);
    if (t->loads)
        DB_GROUP_ADD(group, SQL_QUERIES_RUN_LOAD, &t->loaded, r->entries[t->entries[0]].job.text);
    db_group_tolerate(group, &t->err);
    db_group_send(group);
    return OP_WAIT;
}

static enum op_next start(struct op *op)
{
    struct round_tenant *t = (struct round_tenant *)op;
    struct round *r = t->round;
    struct worker *w = r->worker;
    /* What a name claimed that is taken for dead is taken away from it. */
    bool late = is_late(r) || w->fenced || strcmp(w->id.text, r->claimed_by.text) != 0;

    r->pool->asked -= t->count; /* what starts counts as used from now on, and nothing comes between */
    r->kept -= t->count;
    if (!t->info.known) {
        log_write(LEVEL_WARN, "take.unknown_tenant", LOG_FIELD("tenant", t->schema));
        start_tenant(r, t); /* finishes its entries */
    } else if (t->err.code || late) {
        if (t->err.code)
            log_error(LEVEL_WARN, "claim.failed", &t->err);
        if (t->loads) /* what one run reads must not keep the others from being claimed */
            w->loads_apart_until_us = clock_mono_us() + (int64_t)APART_S * 1000000;
        claim_undo(w, &r->claimed_by, &t->info, r->entries, t->entries, t->count);
    } else {
        start_tenant(r, t);
    }
    return OP_WAIT;
}

static const struct op_step tenant_steps[] = { { "send_claim", send_claim }, { "start", start }, { 0 } };

static void release(void *op)
{
    op_release(op);
}

/* --- all of them --- */

static enum op_next claim(struct op *op)
{
    struct round *r = (struct round *)op;

    if (is_late(r) || r->worker->fenced)
        return let_go(r);
    r->claimed_by = r->worker->id;
    for (int i = 0; i < r->tenant_count; i++) {
        struct round_tenant *t = &r->tenants[i];
        op_init(&t->op, "claim", tenant_steps, op->loop, NULL);
        arena_defer(&op->arena, release, &t->op);
        op_call(op, &t->op);
    }
    return OP_WAIT;
}

static enum op_next over(struct op *op)
{
    struct round *r = (struct round *)op;

    if (r->claimed < r->count && r->worker->queues.count > 1)
        worker_wake(r->worker); /* another shard may have use for the rest */
    return OP_DONE;
}

static const struct op_step steps[] = { { "take", take },   { "gather", gather }, { "claim", claim },
                                        { "over", over },   { 0 } };

void round_init(struct round *round, struct worker *worker, struct lane_pool *pool, struct job_queue *queue,
                int first)
{
    memset(round, 0, sizeof *round);
    op_init(&round->op, "round", steps, worker->loop, NULL);
    round->worker = worker;
    round->pool = pool;
    round->queue = queue;
    round->first = first;
}
