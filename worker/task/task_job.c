/* task_job.c - a table of tasks; each is a child op over its own struct. */
#include "worker/task/task_job.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "worker/task/callback.h"
#include "worker/task/model_build.h"
#include "worker/task/package_check.h"
#include "worker/task/retention.h"

struct task_job {
    struct work work;
    struct op *task;
};

static const struct {
    const char *name;
    struct op *(*make)(struct work *work); /* in the work's arena, initialised, ended NULL */
} tasks[] = {
    { "callback", callback_make },
    { "model_build", model_build_make },
    { "package_check", package_check_make },
    { "retention", retention_make },
};

static void release(void *op)
{
    op_release(op);
}

static void build_unknown(struct work *work, struct db_group *group)
{
    gov_fail_cause(&work->op.err, GOV_INTERNAL, "there is no task %s", work->job.payload.task);
    work_add_failure(work, group, &work->op.err);
}

static enum op_next perform(struct op *op)
{
    struct task_job *j = (struct task_job *)op;
    const char *name = j->work.job.payload.task ? j->work.job.payload.task : "";

    for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++) {
        if (strcmp(tasks[i].name, name) != 0)
            continue;
        j->task = tasks[i].make(&j->work);
        arena_defer(&op->arena, release, j->task);
        op_call(op, j->task);
        return OP_WAIT;
    }
    work_finish(&j->work, build_unknown);
    return OP_WAIT;
}

static const struct op_step steps[] = { { "perform", perform }, { 0 } };

const struct work_kind task_job_kind = { steps, sizeof(struct task_job) };
