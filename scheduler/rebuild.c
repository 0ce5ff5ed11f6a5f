/* rebuild.c - begin -> wait 3 s (claims in flight end) -> clear -> load -> end.
 *
 * Loading is a visit that also tells what runs, repeated until every marked tenant was seen. While it lasts the API accepts into PostgreSQL alone.
 */
#include "scheduler/rebuild.h"

#include <string.h>

#include "core/base/log.h"
#include "core/io/op_sleep.h"

enum { SETTLE_MS = 3000 };

static bool failed(struct rebuild *r)
{
    if (!r->result.err.code)
        return false;
    r->op.err = r->result.err;
    return true;
}

static enum op_next begin(struct op *op)
{
    struct rebuild *r = (struct rebuild *)op;
    log_write(LEVEL_WARN, "queue.rebuild", LOG_NUMBER("term", r->term));
    job_queue_rebuild_begin(op, r->scheduler->queue, r->term, &r->result);
    return OP_WAIT;
}

static enum op_next settle(struct op *op)
{
    if (failed((struct rebuild *)op))
        return OP_FAIL;
    op_sleep(op, SETTLE_MS);
    return OP_WAIT;
}

static enum op_next clear(struct op *op)
{
    struct rebuild *r = (struct rebuild *)op;

    if (r->clearing && failed(r))
        return OP_FAIL;
    if (r->clearing && r->result.count == 0)
        return OP_NEXT;
    r->clearing = true;
    job_queue_rebuild_clear(op, r->scheduler->queue, &r->result);
    return OP_AGAIN;
}

static enum op_next load(struct op *op)
{
    struct rebuild *r = (struct rebuild *)op;
    static const struct id beginning;

    if (r->visit.op.steps) {
        r->tenants += r->visit.tenant_count;
        if (!r->visit.more)
            return OP_NEXT;
        op_release(&r->visit.op);
    }
    visit_init(&r->visit, r->scheduler, r->visit.op.steps ? &r->visit.after : &beginning, true);
    op_call(op, &r->visit.op);
    return OP_AGAIN;
}

static enum op_next finish(struct op *op)
{
    struct rebuild *r = (struct rebuild *)op;
    job_queue_rebuild_end(op, r->scheduler->queue, &r->result);
    return OP_WAIT;
}

static enum op_next judge(struct op *op)
{
    struct rebuild *r = (struct rebuild *)op;
    if (failed(r))
        return OP_FAIL;
    log_write(LEVEL_INFO, "queue.rebuilt", LOG_NUMBER("tenants", r->tenants));
    return OP_DONE;
}

static const struct op_step steps[] = { { "begin", begin }, { "settle", settle },
                                        { "clear", clear }, { "load", load },
                                        { "end", finish },  { "judge", judge },
                                        { 0 } };

static void release_visit(void *visit)
{
    struct visit *v = visit;
    if (v->op.steps)
        op_release(&v->op);
}

void rebuild_init(struct rebuild *rebuild, struct scheduler *scheduler, int64_t term)
{
    memset(rebuild, 0, sizeof *rebuild);
    op_init(&rebuild->op, "rebuild", steps, scheduler->loop, NULL);
    rebuild->scheduler = scheduler;
    rebuild->term = term;
    arena_defer(&rebuild->op.arena, release_visit, &rebuild->visit);
}
