/* retention.c - due -> mark -> accept -> push. */
#include "scheduler/retention.h"

#include <string.h>

#include "core/base/log.h"
#include "core/model/job.h"

enum { TIMEOUT_MS = 3600000, ATTEMPTS = 3, COST_MS = 100 };

static enum op_next due(struct op *op)
{
    struct retention_round *r = (struct retention_round *)op;

    DB_QUERY(op, r->scheduler->db, &DB_PUBLIC, SQL_QUERIES_RETENTION_DUE, &r->due,
             arena_format(&op->arena, "%d", RETENTION_TENANTS_MAX));
    return OP_WAIT;
}

static enum op_next mark(struct op *op)
{
    struct retention_round *r = (struct retention_round *)op;

    for (int i = 0; i < r->due.count; i++) {
        struct id tenant = db_id(&r->due, i, 0);
        marks_note(op, r->scheduler->marks, &tenant, 0);
    }
    return OP_WAIT;
}

static enum op_next accept_tasks(struct op *op)
{
    struct retention_round *r = (struct retention_round *)op;
    struct job_payload payload = { .task = "retention" };
    const char *text = json_text(&op->arena, job_payload_encode(&payload, &op->arena));

    r->entries = ARENA_ARRAY(&op->arena, struct queue_entry, (size_t)r->due.count + 1);
    r->errs = ARENA_ARRAY(&op->arena, struct gov_err, (size_t)r->due.count + 1);
    for (int i = 0; i < r->due.count; i++) {
        const char *schema = db_text(&r->due, i, 1);
        struct db_scope scope = db_scope_tenant(schema, (int)db_int(&r->due, i, 2));
        struct id job = id_new();
        struct db_group *g = db_group_new(op, r->scheduler->db, &scope);
        r->entries[i] = queue_entry_new(schema, LANE_CTL, CLASS_BULK, JOB_TASK, job, COST_MS);
        DB_GROUP_ADD(g, SQL_QUERIES_JOB_ACCEPT, NULL, job.text, job_kind_name(JOB_TASK),
                     job_lane_name(LANE_CTL), job_class_name(CLASS_BULK), job.text, text, NULL, NULL,
                     arena_format(&op->arena, "%d", ATTEMPTS), arena_format(&op->arena, "%d", TIMEOUT_MS),
                     NULL, NULL, "system");
        db_group_tolerate(g, &r->errs[i]);
        db_group_send(g);
    }
    return OP_WAIT;
}

static enum op_next push(struct op *op)
{
    struct retention_round *r = (struct retention_round *)op;

    for (int i = 0; i < r->due.count; i++) {
        if (r->errs[i].code)
            log_error(LEVEL_WARN, "retention.failed", &r->errs[i]);
        else
            queue_shards_push(op, &r->scheduler->queues, &r->entries[i], 1);
    }
    return OP_WAIT;
}

static const struct op_step steps[] = {
    { "due", due }, { "mark", mark }, { "accept", accept_tasks }, { "push", push }, { 0 }
};

void retention_round_init(struct retention_round *round, struct scheduler *scheduler)
{
    memset(round, 0, sizeof *round);
    op_init(&round->op, "retention", steps, scheduler->loop, NULL);
    round->scheduler = scheduler;
}
