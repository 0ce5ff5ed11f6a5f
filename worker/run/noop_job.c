/* noop_job.c - it ends, at once or after as long as its input's `sleep_ms` says, while it holds its slot. A skill gets here
 * only where a worker let "noop" into a manifest. */
#include "worker/run/noop_job.h"

#include "core/base/json.h"
#include "core/io/op/op_sleep.h"

enum { SLEEP_MS_MAX = 10000 }; /* nobody can kill it, so it may not outlast a drain */

static enum op_next rest(struct op *op)
{
    struct work *w = (struct work *)op;
    int64_t ms = json_get_int(w->job.payload.input, "sleep_ms", 0);

    if (ms <= 0)
        return OP_NEXT;
    op_sleep(op, ms < SLEEP_MS_MAX ? ms : SLEEP_MS_MAX);
    return OP_WAIT;
}

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

static const struct op_step steps[] = { { "rest", rest }, { "finish", finish }, { 0 } };

const struct work_kind noop_job_kind = { steps, sizeof(struct work) };
