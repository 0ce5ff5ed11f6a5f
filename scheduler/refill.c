/* refill.c - wait for a queue that wants more -> which -> tenant -> rows -> hand over.
 *
 * One tenant, lane and class a round: the one with the fewest entries left in Redis.
 */
#include "scheduler/refill.h"

#include <string.h>

#include "core/base/log.h"
#include "core/model/job.h"

static enum op_next wait_for_it(struct op *op)
{
    struct refill *r = (struct refill *)op;
    job_queue_refill_wait(op, r->queue, &r->overs);
    return OP_WAIT;
}

static enum op_next list(struct op *op)
{
    struct refill *r = (struct refill *)op;

    if (r->rounds.stopping || !leader_term(r->scheduler->leader))
        return OP_DONE;
    job_queue_overs(op, r->scheduler->queue, &r->overs);
    return OP_WAIT;
}

/* The neediest moves to the front. */
static bool choose(struct refill *r)
{
    struct queue_over *items = r->overs.items;

    for (int i = 1; i < r->overs.count; i++)
        if (items[i].length < items[0].length) {
            struct queue_over first = items[0];
            items[0] = items[i];
            items[i] = first;
        }
    r->asked = r->overs.count ? (int)(QUEUE_IDS_MAX - items[0].length) : 0;
    if (r->asked > QUEUE_BATCH_MAX)
        r->asked = QUEUE_BATCH_MAX;
    return r->asked > 0;
}

static enum op_next find_tenant(struct op *op)
{
    struct refill *r = (struct refill *)op;

    if (!choose(r))
        return OP_DONE;
    tenant_cache_get(op, r->tenants, r->overs.items[0].tenant, &r->tenant);
    return OP_WAIT;
}

static enum op_next read_rows(struct op *op)
{
    struct refill *r = (struct refill *)op;
    const struct queue_over *over = &r->overs.items[0];

    if (!r->tenant.known)
        return OP_DONE;
    DB_QUERY(op, r->scheduler->db, &r->tenant.scope, SQL_QUERIES_JOB_AFTER, &r->rows, over->lane,
             over->class, over->mark.text, arena_format(&op->arena, "%d", r->asked));
    return OP_WAIT;
}

static enum op_next hand_over(struct op *op)
{
    struct refill *r = (struct refill *)op;
    const struct queue_over *over = &r->overs.items[0];
    struct queue_entry *entries =
        ARENA_ARRAY(&op->arena, struct queue_entry, (size_t)r->rows.count + 1);

    for (int row = 0; row < r->rows.count; row++) {
        const char *skill = db_text(&r->rows, row, 4), *action = db_text(&r->rows, row, 5);
        entries[row] = (struct queue_entry){
            .tenant = over->tenant,
            .lane = over->lane,
            .class = over->class,
            .job = db_id(&r->rows, row, 0),
            .fence = db_int(&r->rows, row, 1),
            .kind = db_text(&r->rows, row, 2),
            .cost_ms = job_cost_unknown_ms(db_int(&r->rows, row, 3)),
        };
        if (skill && strcmp(entries[row].kind, job_kind_name(JOB_RUN)) == 0)
            entries[row].action =
                arena_format(&op->arena, "%s.%s", skill, action ? action : "run");
    }
    job_queue_refill(op, r->scheduler->queue, over, r->asked, entries, r->rows.count, &r->result);
    return OP_WAIT;
}

static const struct op_step steps[] = { { "wait", wait_for_it },
                                        { "list", list },
                                        { "find_tenant", find_tenant },
                                        { "read_rows", read_rows },
                                        { "hand_over", hand_over },
                                        { 0 } };

static int64_t over_round(struct rounds *rounds)
{
    if (rounds->op.failed)
        log_error(LEVEL_WARN, "refill.failed", &rounds->op.err);
    return rounds->op.failed ? 1000 : 0;
}

void refill_start(struct refill *refill, struct scheduler *scheduler, struct job_queue *queue,
                  struct tenant_cache *tenants)
{
    refill->scheduler = scheduler;
    refill->queue = queue;
    refill->tenants = tenants;
    rounds_start(&refill->rounds, scheduler->loop, "refill", steps, over_round);
}

void refill_stop(struct refill *refill, void (*stopped)(struct rounds *rounds))
{
    job_queue_bell_cancel(refill->queue);
    rounds_stop(&refill->rounds, stopped);
}
