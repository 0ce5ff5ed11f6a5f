/* rebuild.c - begin -> retire -> settle (3 s: claims in flight end) -> clear -> limits -> load -> end.
 *
 * Loading is a visit that also tells what runs; the middle of long backlogs is walked through afterwards (walk.h). While
 * it lasts the API accepts into PostgreSQL alone. With the first
 * shard go the generations of shards that are no more: it is where everybody notices that their number has changed.
 */
#include "scheduler/rebuild.h"

#include <string.h>

#include "core/base/log.h"
#include "core/io/op/op_sleep.h"
#include "core/store/tenant_limits.h"

enum { SETTLE_MS = 3000, LIMITS_AT_ONCE = 500 };

static uint64_t bit(int shard)
{
    return (uint64_t)1 << shard;
}

/* Every lost shard's `call`; the answers stand in results. */
#define EACH(r, shard)                                                                             \
    for (int shard = 0; shard < (r)->scheduler->queues.count; shard++)                             \
        if ((r)->shards & bit(shard))

static struct job_queue *queue_at(const struct rebuild *r, int shard)
{
    return r->scheduler->queues.queues[shard];
}

/* What failed falls out. False if nothing is left to fill. */
static bool go_on(struct rebuild *r)
{
    EACH(r, shard)
    {
        if (!r->results[shard].err.code)
            continue;
        r->fault = r->results[shard].err;
        gov_err_context(&r->fault, "dispatch shard %d", shard);
        r->shards &= ~bit(shard);
    }
    if (!r->shards)
        r->op.err = r->fault;
    return r->shards != 0;
}

static enum op_next begin(struct op *op)
{
    struct rebuild *r = (struct rebuild *)op;

    r->results = ARENA_ARRAY(&op->arena, struct queue_result, (size_t)r->scheduler->queues.count);
    walks_forget(r->scheduler->walks);
    EACH(r, shard)
    {
        log_write(LEVEL_WARN, "queue.rebuild", LOG_NUMBER("term", r->term), LOG_NUMBER("shard", shard));
        job_queue_rebuild_begin(op, queue_at(r, shard), r->term, &r->results[shard]);
    }
    return OP_WAIT;
}

static enum op_next retire(struct op *op)
{
    struct rebuild *r = (struct rebuild *)op;
    const struct queue_shards *queues = &r->scheduler->queues;

    if (!go_on(r))
        return OP_FAIL;
    if (!(r->shards & bit(0)) || queues->count == QUEUE_SHARDS_MAX)
        return OP_NEXT;
    queue_retire_init(&r->retire, op->loop, redis_options_of(queues->redis[0]), queues->count);
    op_call(op, &r->retire.op);
    return OP_WAIT;
}

static enum op_next settle(struct op *op)
{
    op_sleep(op, SETTLE_MS);
    return OP_WAIT;
}

static enum op_next clear(struct op *op)
{
    struct rebuild *r = (struct rebuild *)op;

    if (r->cleared && !go_on(r))
        return OP_FAIL;
    if (!r->cleared)
        r->clearing = r->shards;
    EACH(r, shard)
        if (r->cleared && r->results[shard].count == 0)
            r->clearing &= ~bit(shard);
    r->cleared = true;
    r->clearing &= r->shards;
    if (!r->clearing)
        return OP_NEXT;
    EACH(r, shard)
        if (r->clearing & bit(shard))
            job_queue_rebuild_clear(op, queue_at(r, shard), &r->results[shard]);
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

    for (int i = 0; i < LIMITS_AT_ONCE && r->told < r->limits.count; i++, r->told++) {
        const char *schema = db_text(&r->limits, r->told, 0);
        if (r->shards & bit(queue_shard_of(schema, r->scheduler->queues.count)))
            tenant_limits_tell(op, &r->scheduler->queues, schema, &r->limits, r->told, 1);
    }
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
    visit_init(&r->visit, r->scheduler, &r->after, r->shards);
    op_call(op, &r->visit.op);
    return OP_AGAIN;
}

static enum op_next finish(struct op *op)
{
    struct rebuild *r = (struct rebuild *)op;

    EACH(r, shard)
        job_queue_rebuild_end(op, queue_at(r, shard), &r->results[shard]);
    return OP_WAIT;
}

static enum op_next judge(struct op *op)
{
    struct rebuild *r = (struct rebuild *)op;

    if (!go_on(r))
        return OP_FAIL;
    log_write(LEVEL_INFO, "queue.rebuilt", LOG_NUMBER("tenants", r->tenants));
    EACH(r, shard)
        r->scheduler->gauges.rebuilds.value++;
    if (r->fault.code)
        return op->err = r->fault, OP_FAIL;
    return OP_DONE;
}

static const struct op_step steps[] = { { "begin", begin }, { "retire", retire },
                                        { "settle", settle }, { "clear", clear },
                                        { "read_limits", read_limits }, { "tell_limits", tell_limits }, { "load", load },
                                        { "end", finish },  { "judge", judge },
                                        { 0 } };

static void release_visit(void *visit)
{
    struct visit *v = visit;
    if (v->op.steps)
        op_release(&v->op);
}

static void release_retire(void *retire)
{
    struct queue_retire *r = retire;
    if (r->op.steps)
        op_release(&r->op);
}

void rebuild_init(struct rebuild *rebuild, struct scheduler *scheduler, int64_t term, uint64_t shards)
{
    memset(rebuild, 0, sizeof *rebuild);
    op_init(&rebuild->op, "rebuild", steps, scheduler->loop, NULL);
    rebuild->scheduler = scheduler;
    rebuild->term = term;
    rebuild->shards = shards;
    arena_defer(&rebuild->op.arena, release_retire, &rebuild->retire);
    arena_defer(&rebuild->op.arena, release_visit, &rebuild->visit);
}
