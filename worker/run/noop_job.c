/* noop_job.c - one step: it ends. A skill gets here only where a worker let "noop" into a manifest. */
#include "worker/run/noop_job.h"

static void build(struct work *work, struct db_group *group)
{
    work_add_success(work, group, NULL);
    work_add_callback(work, group);
}

static enum op_next finish(struct op *op)
{
    struct work *w = (struct work *)op;

    if (w->job.payload.callback_url || w->job.cancel_requested) {
        work_finish(w, build);
        return OP_WAIT;
    }
    w->ending = (struct ending){ .state = "succeeded", .exit_code = -1 };
    work_end(w);
    return OP_WAIT;
}

static const struct op_step steps[] = { { "finish", finish }, { 0 } };

const struct work_kind noop_job_kind = { steps, sizeof(struct work) };
