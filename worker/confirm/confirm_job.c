/* confirm_job.c - a confirmation holds nothing while it waits; these delayed jobs are its clock.
 *
 * Both are harmless when a person was quicker: confirmation_expire changes only a waiting row whose
 * time is over, and a reminder looks first.
 */
#include "worker/confirm/confirm_job.h"

#include <string.h>

static void build_expire(struct work *work, struct db_group *group)
{
    work_add_success(work, group, NULL);
    DB_GROUP_ADD(group, SQL_QUERIES_CONFIRMATION_EXPIRE, NULL, work->job.request.text);
    work_add_callback(work, group);
}

static void build_remind(struct work *work, struct db_group *group)
{
    work_add_success(work, group, NULL);
    DB_GROUP_ADD(group, SQL_QUERIES_CONFIRMATION_REMIND, NULL, work->job.request.text,
                 work->job.payload.confirmation.text);
}

static enum op_next finish(struct op *op)
{
    struct work *work = (struct work *)op;
    bool expire = work->job.payload.task && strcmp(work->job.payload.task, "expire") == 0;
    work_finish(work, expire ? build_expire : build_remind);
    return OP_WAIT;
}

static const struct op_step steps[] = { { "finish", finish }, { 0 } };

const struct work_kind confirm_job_kind = { steps, sizeof(struct work) };
