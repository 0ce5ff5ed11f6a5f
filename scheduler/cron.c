/* cron.c - load (each tenant) -> decide (its schedules, one after the other). Tenants do not wait for each other, and
 * what fails in one stays there until the next round. */
#include "scheduler/cron.h"

#include <string.h>

#include "core/base/log.h"
#include "scheduler/cron_slot.h"

struct cron_tenant {
    struct op op;
    struct cron_round *round;
    const struct visit_due *due;
    struct db_rows rows;
    int at;
    struct cron_slot slot;
    bool began;
};

static enum op_next load(struct op *op)
{
    struct cron_tenant *t = (struct cron_tenant *)op;

    DB_QUERY(op, t->round->scheduler->db, &t->due->scope, SQL_QUERIES_SCHEDULE_DUE, &t->rows,
             arena_format(&op->arena, "%d", CRON_SCHEDULES_MAX));
    return OP_WAIT;
}

/* One that is decided makes room for the next; one that failed is looked at again in the next round. */
static void settle(struct cron_tenant *t)
{
    if (t->slot.op.failed)
        log_error(LEVEL_WARN, "schedule.failed", &t->slot.op.err);
    else if (t->slot.moved)
        t->round->decided++;
    op_release(&t->slot.op);
    t->began = false;
}

static enum op_next decide(struct op *op)
{
    struct cron_tenant *t = (struct cron_tenant *)op;

    if (t->began)
        settle(t);
    if (t->at == t->rows.count)
        return OP_DONE;
    cron_slot_init(&t->slot, t->round->scheduler, t->due, &t->rows, t->at++);
    t->began = true;
    op_try(op, &t->slot.op);
    return OP_AGAIN;
}

static const struct op_step tenant_steps[] = { { "load", load }, { "decide", decide }, { 0 } };

static void release_tenant(void *op)
{
    struct cron_tenant *t = op;

    if (t->began)
        op_release(&t->slot.op);
    if (t->op.failed)
        log_error(LEVEL_WARN, "cron.tenant_failed", &t->op.err);
    op_release(&t->op);
}

static enum op_next tenants(struct op *op)
{
    struct cron_round *r = (struct cron_round *)op;
    struct cron_tenant *all = ARENA_ARRAY(&op->arena, struct cron_tenant, (size_t)r->count);

    for (int i = 0; i < r->count; i++) {
        op_init(&all[i].op, "cron_tenant", tenant_steps, op->loop, NULL);
        all[i].round = r;
        all[i].due = &r->due[i];
        arena_defer(&op->arena, release_tenant, &all[i]);
        op_try(op, &all[i].op);
    }
    return OP_WAIT;
}

static const struct op_step steps[] = { { "tenants", tenants }, { 0 } };

void cron_round_init(struct cron_round *round, struct scheduler *scheduler,
                     const struct visit_due *due, int count)
{
    memset(round, 0, sizeof *round);
    op_init(&round->op, "cron", steps, scheduler->loop, NULL);
    round->scheduler = scheduler;
    round->due = due;
    round->count = count;
}
