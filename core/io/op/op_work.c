/* op_work.c - an item a call, not in the op's arena: a file of 2 GB is written in thirty thousand of them. */
#include "core/io/op/op_work.h"

#include <stdlib.h>

#include "core/base/check.h"

struct work_item {
    uv_work_t work;
    struct op *op;
    bool (*run)(void *context, struct gov_err *err);
    void *context;
    bool good;
    struct gov_err err;
};

static void on_thread(uv_work_t *work)
{
    struct work_item *item = work->data;
    item->good = item->run(item->context, &item->err);
}

static void on_loop(uv_work_t *work, int status)
{
    struct work_item *item = work->data;
    CHECK(status == 0);
    op_io_end(item->op, item->good ? NULL : &item->err);
    free(item);
}

void op_work(struct op *op, bool (*run)(void *context, struct gov_err *err), void *context)
{
    struct work_item *item = calloc(1, sizeof *item);

    CHECK(item);
    item->op = op;
    item->run = run;
    item->context = context;
    item->work.data = item;
    op_io_begin(op);
    CHECK(uv_queue_work(&op->loop->uv, &item->work, on_thread, on_loop) == 0);
}
