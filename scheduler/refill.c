/* refill.c - wait for the bell -> which queues are low? -> whose are they -> read on -> hand over.
 *
 * The bell names one queue, but every queue that is low is served: the bell of another may have been
 * lost, and then fifteen seconds are the longest that it waits. Backlogs are listed before the rows
 * are read; what `fulls` counts in between keeps the mark (see lua/refill.lua). So it is with the names of which
 * more waits than they may set aside (lua/refill_named.lua).
 */
#include "scheduler/refill.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/log.h"
#include "core/io/op/rounds.h"
#include "core/model/job.h"
#include "core/store/tenant_cache.h"

enum { ASK = 1000, WALK = 8000, LOW = 1000, QUEUES_MAX = 16, FAILED_MS = 1000 };
enum { UP_TO = 7 }; /* the column of job_after.sql */

/* One queue that is low. */
struct low_queue {
    const struct queue_over *over;
    struct tenant_info tenant;
    struct db_rows rows;
    struct gov_err err;
    struct queue_result result;
    struct id up_to;
};

struct refill {
    struct rounds rounds; /* first */
    struct job_queue *queue;
    struct db *db;
    struct tenant_cache *tenants;
    struct queue_overs rung, overs;
    struct low_queue low[QUEUES_MAX];
    int low_count;
    bool more; /* the next round need not wait for the bell */
    void (*stopped)(void *context);
    void *stopped_context;
};

static enum op_next wait(struct op *op)
{
    struct refill *r = (struct refill *)op;

    r->low_count = 0;
    if (r->rounds.stopping)
        return OP_DONE;
    if (r->more)
        return OP_NEXT;
    job_queue_refill_wait(op, r->queue, &r->rung);
    return OP_WAIT;
}

static enum op_next list(struct op *op)
{
    struct refill *r = (struct refill *)op;

    if (r->rounds.stopping)
        return OP_DONE;
    job_queue_overs(op, r->queue, &r->overs);
    return OP_WAIT;
}

static enum op_next find(struct op *op)
{
    struct refill *r = (struct refill *)op;

    r->more = false;
    for (int i = 0; i < r->overs.count; i++) {
        if (!r->overs.items[i].name && r->overs.items[i].length >= LOW)
            continue;
        if (r->low_count == QUEUES_MAX) {
            r->more = true;
            break;
        }
        struct low_queue *low = &r->low[r->low_count++];
        memset(low, 0, sizeof *low);
        low->over = &r->overs.items[i];
        tenant_cache_get(op, r->tenants, low->over->tenant, &low->tenant);
    }
    return OP_WAIT;
}

static enum op_next read_on(struct op *op)
{
    struct refill *r = (struct refill *)op;

    for (int i = 0; i < r->low_count; i++) {
        struct low_queue *low = &r->low[i];
        if (!low->tenant.known)
            continue;
        struct db_group *group = db_group_new(op, r->db, &low->tenant.scope);
        const struct queue_over *over = low->over;
        bool fewer = over->name && over->want < ASK;
        DB_GROUP_ADD(group, SQL_QUERIES_JOB_AFTER, &low->rows, over->lane, over->class, over->mark.text,
                     arena_format(&op->arena, "%d", fewer ? (int)over->want : ASK),
                     arena_format(&op->arena, "%d", WALK), over->name);
        db_group_tolerate(group, &low->err);
        db_group_send(group);
    }
    return OP_WAIT;
}

static void entry_read(struct arena *arena, const struct low_queue *low, int row,
                       struct queue_entry *e)
{
    const char *skill = db_text(&low->rows, row, 4), *action = db_text(&low->rows, row, 5);

    *e = (struct queue_entry){ .tenant = low->over->tenant,
                               .lane = low->over->lane,
                               .class = low->over->class,
                               .job = db_id(&low->rows, row, 0),
                               .fence = db_int(&low->rows, row, 1),
                               .kind = db_text(&low->rows, row, 2),
                               .cost_ms = job_cost_unknown_ms(db_int(&low->rows, row, 3)) };
    if (skill && strcmp(e->kind, "run") == 0)
        e->action = job_queue_action(arena, skill, action, db_text(&low->rows, row, 6));
}

static enum op_next hand_over(struct op *op)
{
    struct refill *r = (struct refill *)op;

    for (int i = 0; i < r->low_count; i++) {
        struct low_queue *low = &r->low[i];
        if (low->err.code)
            log_error(LEVEL_WARN, "refill.failed", &low->err);
        if (low->err.code || !low->tenant.known)
            continue;
        struct queue_entry *entries = ARENA_ARRAY(&op->arena, struct queue_entry, (size_t)low->rows.count + 1);
        int count = 0;
        for (int row = 0; row < low->rows.count; row++)
            if (db_text(&low->rows, row, 0))
                entry_read(&op->arena, low, row, &entries[count++]);
        bool more = low->rows.count && db_text(&low->rows, 0, UP_TO);
        if (more)
            low->up_to = db_id(&low->rows, 0, UP_TO);
        job_queue_refill(op, r->queue, low->over, more ? &low->up_to : NULL, entries, count, &low->result);
    }
    return OP_WAIT;
}

static const struct op_step steps[] = { { "wait", wait },
                                        { "list", list },
                                        { "find", find },
                                        { "read_on", read_on },
                                        { "hand_over", hand_over },
                                        { 0 } };

static int64_t over(struct rounds *rounds)
{
    struct refill *r = (struct refill *)rounds;
    bool failed = rounds->op.failed || r->overs.err.code;

    if (rounds->op.failed)
        log_error(LEVEL_WARN, "refill.failed", &rounds->op.err);
    for (int i = 0; i < r->low_count; i++)
        failed |= r->low[i].err.code || r->low[i].result.err.code;
    /* Its bell rang and will not ring again: look without. */
    r->more |= failed;
    r->low_count = 0; /* its memory goes with the op */
    return failed ? FAILED_MS : 0;
}

struct refill *refill_new(struct loop *loop, struct job_queue *queue, struct db *db)
{
    struct refill *r = calloc(1, sizeof *r);

    CHECK(r);
    r->queue = queue;
    r->db = db;
    r->tenants = tenant_cache_new(db);
    rounds_start(&r->rounds, loop, "refill", steps, over);
    return r;
}

static void rounds_are_over(struct rounds *rounds)
{
    struct refill *r = (struct refill *)rounds;
    void (*stopped)(void *) = r->stopped;
    void *context = r->stopped_context;

    tenant_cache_free(r->tenants);
    free(r);
    if (stopped)
        stopped(context);
}

void refill_stop(struct refill *refill, void (*stopped)(void *context), void *context)
{
    refill->stopped = stopped;
    refill->stopped_context = context;
    rounds_stop(&refill->rounds, rounds_are_over);
    job_queue_bell_cancel(refill->queue);
}
