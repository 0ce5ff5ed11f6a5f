/* confirm_job.c - a confirmation holds nothing while it waits; these delayed jobs are its clock.
 *
 * Both are harmless when a person was quicker: confirmation_expire changes only a waiting row whose
 * time is over, and a notice looks first. A clock that a person moved leaves a job at the new end.
 */
#include "worker/confirm/confirm_job.h"

#include <string.h>

static void build_expire(struct work *work, struct db_group *group)
{
    work_add_success(work, group, NULL);
    DB_GROUP_ADD(group, SQL_QUERIES_CONFIRMATION_EXPIRE, NULL, work->job.request.text);
    work_add_callback(work, group);
}

/* What listeners and the audit see, if it still waits: it was reminded of, or others may decide now. */
static void build_notice(struct work *work, struct db_group *group)
{
    const char *state = strcmp(work->job.payload.task, "escalate") == 0 ? "escalated" : "reminded";

    work_add_success(work, group, NULL);
    DB_GROUP_ADD(group, SQL_QUERIES_CONFIRMATION_NOTICE, NULL, work->job.request.text,
                 work->job.payload.confirmation.text, state);
}

static enum op_next finish(struct op *op)
{
    struct work *work = (struct work *)op;
    const char *task = work->job.payload.task;
    bool notice = task && (strcmp(task, "remind") == 0 || strcmp(task, "escalate") == 0);

    work_finish(work, notice ? build_notice : build_expire);
    return OP_WAIT;
}

static const struct op_step steps[] = { { "finish", finish }, { 0 } };

const struct work_kind confirm_job_kind = { steps, sizeof(struct work) };
