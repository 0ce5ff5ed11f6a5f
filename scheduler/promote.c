/* promote.c - promote -> whose delayed jobs are due -> make them ready -> queue them -> wait until the next is due, or
 * something new falls due sooner -> again.
 *
 * No poll: the wait is a blocking command that ends with the moment promote named, or by a bell. An
 * idle queue costs two commands in fifteen seconds. A tenant whose rows cannot be read now is left to the visits.
 */
#include "scheduler/promote.h"

#include <stdlib.h>

#include "core/base/check.h"
#include "core/base/log.h"
#include "core/io/op/rounds.h"
#include "core/store/tenant_cache.h"
#include "scheduler/due_jobs.h"

struct due_tenant {
    struct tenant_info tenant;
    struct db_rows rows;
    struct gov_err err;
};

struct promote {
    struct rounds rounds; /* first */
    struct job_queue *queue;
    struct db *db;
    struct tenant_cache *tenants;
    struct due_tenant *due; /* of this round, as many as were named */
    struct queue_promoted promoted;
    struct queue_result rung;
    void (*look)(void *context);
    void *look_context;
    void (*stopped)(void *context);
    void *stopped_context;
};

static enum op_next move(struct op *op)
{
    struct promote *p = (struct promote *)op;
    job_queue_promote(op, p->queue, &p->promoted);
    return OP_WAIT;
}

static enum op_next find(struct op *op)
{
    struct promote *p = (struct promote *)op;

    p->due = ARENA_ARRAY(&op->arena, struct due_tenant, (size_t)p->promoted.tenant_count + 1);
    for (int i = 0; i < p->promoted.tenant_count; i++)
        tenant_cache_get(op, p->tenants, p->promoted.tenants[i], &p->due[i].tenant);
    return OP_WAIT;
}

static enum op_next make_ready(struct op *op)
{
    struct promote *p = (struct promote *)op;

    for (int i = 0; i < p->promoted.tenant_count; i++) {
        struct due_tenant *due = &p->due[i];
        if (!due->tenant.known)
            continue;
        struct db_group *group = db_group_new(op, p->db, &due->tenant.scope);
        db_group_add(group, SQL_QUERIES_JOB_PROMOTE, &due->rows, 0, NULL);
        db_group_tolerate(group, &due->err);
        db_group_send(group);
    }
    return OP_WAIT;
}

static enum op_next push(struct op *op)
{
    struct promote *p = (struct promote *)op;

    for (int i = 0; i < p->promoted.tenant_count; i++) {
        struct due_tenant *due = &p->due[i];
        if (due->err.code)
            log_error(LEVEL_WARN, "promote.failed", &due->err);
        else if (due->tenant.known)
            due_jobs_push(op, p->queue, due->tenant.scope.schema, &due->rows);
    }
    return OP_WAIT;
}

static enum op_next rest(struct op *op)
{
    struct promote *p = (struct promote *)op;

    if (p->promoted.more || p->rounds.stopping)
        return OP_DONE;
    /* While the queue is away or lost this waits a second. */
    job_queue_due_wait(op, p->queue, p->promoted.wait_ms, &p->rung);
    return OP_WAIT;
}

static enum op_next wake(struct op *op)
{
    struct promote *p = (struct promote *)op;

    if (p->rung.count == QUEUE_LOOK && !p->rounds.stopping)
        p->look(p->look_context);
    return OP_DONE;
}

static const struct op_step steps[] = { { "move", move },
                                        { "find", find },
                                        { "make_ready", make_ready },
                                        { "push", push },
                                        { "rest", rest },
                                        { "wake", wake },
                                        { 0 } };

static int64_t over(struct rounds *rounds)
{
    (void)rounds;
    return 0;
}

struct promote *promote_new(struct loop *loop, struct job_queue *queue, struct db *db, void (*look)(void *context),
                            void *context)
{
    struct promote *p = calloc(1, sizeof *p);
    CHECK(p);
    p->queue = queue;
    p->db = db;
    p->tenants = tenant_cache_new(db);
    p->look = look;
    p->look_context = context;
    rounds_start(&p->rounds, loop, "promote", steps, over);
    return p;
}

static void rounds_are_over(struct rounds *rounds)
{
    struct promote *p = (struct promote *)rounds;
    void (*stopped)(void *) = p->stopped;
    void *context = p->stopped_context;

    tenant_cache_free(p->tenants);
    free(p);
    if (stopped)
        stopped(context);
}

void promote_stop(struct promote *promote, void (*stopped)(void *context), void *context)
{
    promote->stopped = stopped;
    promote->stopped_context = context;
    rounds_stop(&promote->rounds, rounds_are_over);
    job_queue_bell_cancel(promote->queue);
}
