/* model_build.c - load -> build -> finish.
 *
 * A file that is there already is what would come out, so of several changes in a row the last task does
 * the work. Nothing waits for it: a request that comes first builds the model itself.
 */
#include "worker/task/model_build.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "worker/intent/catalogue.h"

struct model_build {
    struct op op;
    struct work *work;
    struct db_rows rows;
    struct gov_err unwritten;
    bool built;
    int64_t started_us;
};

static enum op_next load(struct op *op)
{
    struct model_build *b = (struct model_build *)op;
    DB_QUERY(op, b->work->worker->db, &b->work->tenant.scope, SQL_QUERIES_INTENT_LOAD, &b->rows,
             b->work->job.created_by.text);
    return OP_WAIT;
}

static enum op_next build(struct op *op)
{
    struct model_build *b = (struct model_build *)op;
    struct catalogues *models = b->work->worker->catalogues;
    struct catalogue *catalogue =
        catalogue_read(b->work->tenant.scope.schema, &b->rows, &op->arena, &op->err);

    if (!catalogue)
        return OP_FAIL;
    if (catalogue->count == 0 || catalogue_model_exists(models, catalogue))
        return OP_NEXT;
    b->built = true;
    b->started_us = clock_mono_us();
    catalogue_build(op, models, catalogue, &b->unwritten);
    return OP_WAIT;
}

static void build_end(struct work *work, struct db_group *group)
{
    work_add_success(work, group, NULL);
}

static enum op_next finish(struct op *op)
{
    struct model_build *b = (struct model_build *)op;

    if (b->unwritten.code) {
        op->err = b->unwritten;
        return OP_FAIL;
    }
    if (b->built)
        log_write(LEVEL_INFO, "model.built", LOG_FIELD("tenant", b->work->tenant.scope.schema),
                  LOG_NUMBER("ms", (clock_mono_us() - b->started_us) / 1000));
    work_finish_for(op, b->work, build_end);
    return OP_WAIT;
}

static const struct op_step steps[] = {
    { "load", load }, { "build", build }, { "finish", finish }, { 0 }
};

struct op *model_build_make(struct work *work)
{
    struct model_build *b = ARENA_NEW(&work->op.arena, struct model_build);
    op_init(&b->op, "model_build", steps, work->op.loop, NULL);
    b->work = work;
    return &b->op;
}
