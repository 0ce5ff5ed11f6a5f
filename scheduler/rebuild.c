/* rebuild.c - begin -> wait 3 s (claims in flight end) -> clear -> limits -> load -> end.
 *
 * Loading is a visit that also tells what runs. While it lasts the API accepts into PostgreSQL alone.
 */
#include "scheduler/rebuild.h"

#include <string.h>

#include "core/base/log.h"
#include "core/io/op_sleep.h"
#include "core/store/tenant_limits.h"

enum { SETTLE_MS = 3000, LIMITS_AT_ONCE = 500 };

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

/* Of all tenants: a limit counts from the first entry on, also of one that has no work now. */
static enum op_next read_limits(struct op *op)
{
    struct rebuild *r = (struct rebuild *)op;
    db_query(op, r->scheduler->db, &DB_PUBLIC, SQL_QUERIES_TENANT_LIMITS_ALL, &r->limits, 0, NULL);
    return OP_WAIT;
}

static enum op_next tell_limits(struct op *op)
{
    struct rebuild *r = (struct rebuild *)op;

    for (int i = 0; i < LIMITS_AT_ONCE && r->told < r->limits.count; i++, r->told++)
        tenant_limits_tell(op, r->scheduler->queue, db_text(&r->limits, r->told, 0), &r->limits,
                           r->told, 1);
    return r->told < r->limits.count ? OP_AGAIN : OP_WAIT;
}

static enum op_next load(struct op *op)
{
    struct rebuild *r = (struct rebuild *)op;

    if (r->visit.op.steps) {
        r->tenants += r->visit.tenant_count;
        r->after = r->visit.last;
        op_release(&r->visit.op);
        r->visit.op.steps = NULL;
        if (!r->after.text[0])
            return OP_NEXT;
    }
    visit_init(&r->visit, r->scheduler, &r->after, true);
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
    r->scheduler->gauges.rebuilds.value++;
    return OP_DONE;
}

static const struct op_step steps[] = { { "begin", begin }, { "settle", settle },
                                        { "clear", clear }, { "read_limits", read_limits },
                                        { "tell_limits", tell_limits }, { "load", load },
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
