#include "api/runs/accept/callback.h"

#include "core/model/job.h"

enum { COST_MS = 50 };

void callback_add(struct callback *callback, struct db_group *group, const struct id *request)
{
    callback->delivery = id_new();
    callback->job = id_new();
    DB_GROUP_ADD(group, SQL_QUERIES_CALLBACK_ADD, &callback->rows, request->text,
                 callback->delivery.text, callback->job.text);
}

void callback_push(struct op *op, struct callback *callback, struct call *call)
{
    if (callback->rows.count == 0)
        return;
    callback->rows.count = 0; /* once */
    callback->entry = queue_entry_new(call->caller.scope.schema, LANE_CTL, CLASS_NORMAL, JOB_TASK, callback->job, COST_MS);
    queue_shards_push(op, &call->api->queues, &callback->entry, 1);
}
