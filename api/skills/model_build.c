#include "api/skills/model_build.h"

#include "api/skills/skill_row.h"
#include "core/model/job.h"

enum { BUILD_ATTEMPTS = 3, BUILD_TIMEOUT_MS = 120000, BUILD_COST_MS = 200 };

void model_build_add(struct call *call, struct db_group *group, struct queue_entry *entry)
{
    struct arena *arena = &call->endpoint->op.arena;
    struct job_payload payload = { .task = "model_build" };
    struct id job = id_new();

    *entry = queue_entry_new(call->caller.scope.schema, LANE_CTL, CLASS_NORMAL, JOB_TASK, job, BUILD_COST_MS);
    DB_GROUP_ADD(group, SQL_QUERIES_JOB_ACCEPT, NULL, job.text, entry->kind, entry->lane,
                 entry->class, job.text, json_text(arena, job_payload_encode(&payload, arena)), NULL,
                 NULL, arena_format(arena, "%d", BUILD_ATTEMPTS),
                 arena_format(arena, "%d", BUILD_TIMEOUT_MS), call->caller.user.text, NULL,
                 caller_actor(call));
}

void model_build_push(struct op *op, struct call *call, const struct queue_entry *entry)
{
    if (entry->tenant)
        queue_shards_push(op, &call->api->queues, entry, 1);
}
