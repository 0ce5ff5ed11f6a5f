#include "worker/claim_undo.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/log.h"
#include "core/io/op/op_sleep.h"

enum { AGAIN_MS = 500, AGAIN_DOUBLINGS = 5 };

struct undo {
    struct op op;
    struct worker *worker;
    struct id worker_id; /* under which it claimed */
    struct tenant_info tenant;
    struct queue_slot *slots;
    int count;
    const char *ids, *fences;
    struct attempt {
        struct op op;
        struct undo *undo;
        struct db_rows rows;
    } attempt;
    bool sent;
    int tries;
};

static enum op_next query(struct op *op)
{
    struct attempt *a = (struct attempt *)op;
    DB_QUERY(op, a->undo->worker->db, &a->undo->tenant.scope, SQL_QUERIES_JOB_CLAIM_UNDO, &a->rows,
             a->undo->ids, a->undo->worker_id.text, a->undo->fences);
    return OP_WAIT;
}

static const struct op_step attempt_steps[] = { { "query", query }, { 0 } };

static enum op_next give_back(struct op *op)
{
    struct undo *u = (struct undo *)op;

    if (u->sent) {
        bool failed = u->attempt.op.failed;
        if (failed)
            log_error(LEVEL_WARN, "claim.undo_failed", &u->attempt.op.err,
                      LOG_FIELD("tenant", u->tenant.scope.schema), LOG_NUMBER("jobs", u->count));
        u->sent = false;
        if (!failed)
            return OP_NEXT;
        op_release(&u->attempt.op);
        op_sleep(op, (int64_t)AGAIN_MS << (u->tries < AGAIN_DOUBLINGS ? u->tries++ : AGAIN_DOUBLINGS));
        return OP_AGAIN;
    }
    u->sent = true;
    op_init(&u->attempt.op, "claim_undo", attempt_steps, op->loop, NULL);
    u->attempt.undo = u;
    op_try(op, &u->attempt.op);
    return OP_AGAIN;
}

static enum op_next forget(struct op *op)
{
    struct undo *u = (struct undo *)op;
    job_queue_finish(op, queue_shards_of(&u->worker->queues, u->tenant.scope.schema), u->slots, u->count, NULL);
    return OP_WAIT;
}

static const struct queue_entry *entry_of(const struct undo *u, const char *job)
{
    for (int i = 0; i < u->count; i++)
        if (strcmp(u->slots[i].entry->job.text, job) == 0)
            return u->slots[i].entry;
    return NULL;
}

/* The rows that were claimed are ready under a new fence. */
static enum op_next queue_again(struct op *op)
{
    struct undo *u = (struct undo *)op;
    struct queue_entry *entries = ARENA_ARRAY(&op->arena, struct queue_entry, (size_t)u->count + 1);
    int count = 0;

    for (int row = 0; row < u->attempt.rows.count && count < u->count; row++) {
        const struct queue_entry *from = entry_of(u, db_text(&u->attempt.rows, row, 0));
        if (!from)
            continue;
        entries[count] = *from;
        entries[count++].fence = db_int(&u->attempt.rows, row, 1);
    }
    if (count)
        job_queue_push(op, queue_shards_of(&u->worker->queues, u->tenant.scope.schema), entries, count, NULL);
    return OP_WAIT;
}

static const struct op_step steps[] = { { "give_back", give_back }, { "forget", forget }, { "queue_again", queue_again }, { 0 } };

static void ended(struct op *op)
{
    op_release(&((struct undo *)op)->attempt.op);
    op_release(op);
    free(op);
}

void claim_undo(struct worker *worker, const struct id *claimed_by, const struct tenant_info *tenant,
                const struct queue_entry *entries, const int *indexes, int count)
{
    struct undo *u = calloc(1, sizeof *u);
    struct buf ids = { 0 }, fences = { 0 };

    CHECK(u);
    op_init(&u->op, "claim_undo", steps, worker->loop, ended);
    u->worker = worker;
    u->worker_id = *claimed_by;
    u->tenant = *tenant;
    u->count = count;
    u->slots = ARENA_ARRAY(&u->op.arena, struct queue_slot, (size_t)count);
    for (int i = 0; i < count; i++) {
        const struct queue_entry *from = &entries[indexes[i]];
        struct queue_entry *copy = ARENA_NEW(&u->op.arena, struct queue_entry);
        *copy = *from;
        copy->tenant = arena_text(&u->op.arena, from->tenant);
        copy->lane = arena_text(&u->op.arena, from->lane);
        copy->class = arena_text(&u->op.arena, from->class);
        copy->kind = arena_text(&u->op.arena, from->kind);
        copy->action = arena_text(&u->op.arena, from->action);
        u->slots[i] = (struct queue_slot){ .entry = copy };
        buf_addf(&ids, "%s%s", i ? "," : "{", from->job.text);
        buf_addf(&fences, "%s%lld", i ? "," : "{", (long long)from->fence);
    }
    buf_add_char(&ids, '}');
    buf_add_char(&fences, '}');
    u->ids = arena_text(&u->op.arena, ids.data);
    u->fences = arena_text(&u->op.arena, fences.data);
    buf_release(&ids);
    buf_release(&fences);
    op_start(&u->op);
}
