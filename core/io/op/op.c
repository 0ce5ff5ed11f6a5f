/* op.c - the step engine.
 *
 *     started -> [step runs] -> OP_WAIT, outstanding > 0 -> (last io_end) -> ready -> next step
 *                            -> OP_DONE / OP_FAIL / error / cancel -> finished
 *     finished and outstanding == 0 -> ended(), once
 *
 * Rejected: callbacks per step (control flow in five places) and coroutines
 * (CONVENTIONS §1.6).
 */
#include "core/io/op/op.h"

#include <string.h>

#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/io/op/op_internal.h"

void op_init(struct op *op, const char *name, const struct op_step *steps, struct loop *loop,
             void (*ended)(struct op *op))
{
    memset(op, 0, sizeof *op);
    op->name = name;
    op->steps = op->step = steps;
    op->loop = loop;
    op->ended = ended;
    arena_init(&op->arena);
    list_init(&op->ready);
    list_init(&op->deadline);
}

void op_release(struct op *op)
{
    CHECK(op->outstanding == 0 && !op->running);
    list_remove(&op->ready);
    list_remove(&op->deadline);
    arena_release(&op->arena);
}

static void schedule(struct op *op)
{
    if (op->running || !list_empty(&op->ready))
        return;
    list_append(&op->loop->ready, &op->ready);
    loop_wake(op->loop);
}

void op_start(struct op *op)
{
    CHECK(!op->started);
    op->started = true;
    op->loop->ops++;
    schedule(op);
}

void op_deadline(struct op *op, int64_t ms)
{
    op->deadline_us = clock_mono_us() + ms * 1000;
    if (list_empty(&op->deadline))
        list_append(&op->loop->deadlines, &op->deadline);
    loop_watch_deadlines(op->loop);
}

void op_cancel(struct op *op, enum gov_code code)
{
    if (op->finished)
        return;
    op->finished = op->failed = true;
    memset(&op->err, 0, sizeof op->err);
    op->err.code = code;
    if (op->started && op->outstanding == 0)
        schedule(op);
}

void op_io_begin(struct op *op)
{
    op->outstanding++;
}

void op_io_end(struct op *op, const struct gov_err *err)
{
    CHECK(op->outstanding > 0);
    op->outstanding--;
    if (err && !op->finished) {
        op->finished = op->failed = true;
        op->err = *err;
        gov_err_context(&op->err, "%s.%s", op->name, op->step->name ? op->step->name : "-");
    }
    if (op->outstanding == 0)
        schedule(op);
}

static void end(struct op *op)
{
    struct op *parent = op->parent;

    op->loop->ops--;
    op->over = true;
    list_remove(&op->deadline);
    if (parent)
        op_io_end(parent, op->failed && !op->parent_tolerates ? &op->err : NULL);
    else if (op->ended)
        op->ended(op); /* may free the op: nothing after this line */
}

/* One row. False: the op waits or has finished. */
static bool run_row(struct op *op)
{
    op->running = true;
    enum op_next next = op->step->run(op);
    op->running = false;
    if (op->finished) /* cancelled, or I/O failed while the step ran */
        return false;
    switch (next) {
    case OP_NEXT:
        op->step++;
        return true;
    case OP_WAIT:
    case OP_AGAIN:
        op->again = next == OP_AGAIN;
        op->waiting = op->outstanding > 0 || op->again;
        if (op->again && op->outstanding == 0)
            schedule(op); /* a turn later, so that it cannot starve the loop */
        if (op->waiting)
            return false;
        op->step++;
        return true;
    case OP_DONE:
        op->finished = true;
        return false;
    case OP_FAIL:
        CHECK(op->err.code != GOV_OK);
        op->finished = op->failed = true;
        return false;
    }
    CHECK(!"an op_next");
    return false;
}

void op_step_on(struct op *op)
{
    if (op->outstanding > 0)
        return; /* something else began before its turn came */
    if (op->waiting && !op->finished) {
        op->waiting = false;
        if (!op->again)
            op->step++;
    }
    while (!op->finished) {
        if (!op->step->run)
            op->finished = true;
        else if (!run_row(op) && op->waiting)
            break;
    }
    if (op->finished && op->outstanding == 0)
        end(op);
}

static void adopt(struct op *parent, struct op *child, bool tolerate)
{
    CHECK(!child->started && !child->ended);
    child->parent = parent;
    child->parent_tolerates = tolerate;
    op_io_begin(parent);
    op_start(child);
}

void op_call(struct op *parent, struct op *child)
{
    adopt(parent, child, false);
}

void op_try(struct op *parent, struct op *child)
{
    adopt(parent, child, true);
}

bool op_await(struct op *op, struct gov_err *err)
{
    CHECK(!op->ended && !op->parent);
    if (!op->started)
        op_start(op);
    while (!op->over)
        CHECK(uv_run(&op->loop->uv, UV_RUN_ONCE) || op->over);
    if (op->failed)
        *err = op->err;
    return !op->failed;
}
