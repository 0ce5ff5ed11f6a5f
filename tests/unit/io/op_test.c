#include "core/io/op/op.h"

#include <stdlib.h>

#include "tests/lib/test.h"

struct job {
    struct op op;
    uv_timer_t timer;
    int trail[8];
    int count;
    int rounds;
    bool fail_io;
    bool *ended;
    struct job *child;
};

static void note(struct op *op, int what)
{
    struct job *j = (struct job *)op;
    j->trail[j->count++] = what;
}

static void on_timer(uv_timer_t *timer)
{
    struct job *j = timer->data;
    struct gov_err err;
    if (j->fail_io)
        gov_fail_cause(&err, GOV_STORE_UNAVAILABLE, "planted");
    op_io_end(&j->op, j->fail_io ? &err : NULL);
}

static enum op_next first(struct op *op)
{
    note(op, 1);
    return OP_NEXT;
}

static enum op_next wait_ms(struct op *op)
{
    struct job *j = (struct job *)op;
    note(op, 2);
    op_io_begin(op);
    uv_timer_start(&j->timer, on_timer, 1, 0);
    return j->rounds-- > 0 ? OP_AGAIN : OP_WAIT;
}

static enum op_next wait_for_nothing(struct op *op)
{
    note(op, 3);
    return OP_WAIT;
}

static enum op_next last(struct op *op)
{
    note(op, 4);
    return OP_DONE;
}

static const struct op_step steps[] = {
    { "first", first }, { "wait", wait_ms }, { "nothing", wait_for_nothing }, { "last", last }, { 0 }
};

static void start(struct job *j, struct loop *loop)
{
    op_init(&j->op, "job", steps, loop, NULL);
    uv_timer_init(&loop->uv, &j->timer);
    j->timer.data = j;
}

static void stop(struct job *j, struct loop *loop)
{
    op_release(&j->op);
    uv_close((uv_handle_t *)&j->timer, NULL);
    assert_int_equal(loop->ops, 0);
    assert_true(loop_release(loop));
}

static void steps_run_in_the_order_of_the_table(void **state)
{
    struct loop loop;
    struct job j = { .rounds = 2 };
    struct gov_err err;
    (void)state;
    loop_init(&loop);
    start(&j, &loop);
    assert_true(op_await(&j.op, &err));
    const int expected[] = { 1, 2, 2, 2, 3, 4 };
    assert_int_equal(j.count, 6);
    assert_memory_equal(j.trail, expected, sizeof expected);
    stop(&j, &loop);
}

static void a_failed_io_ends_the_op_and_names_the_step(void **state)
{
    struct loop loop;
    struct job j = { .fail_io = true };
    struct gov_err err;
    (void)state;
    loop_init(&loop);
    start(&j, &loop);
    assert_false(op_await(&j.op, &err));
    assert_int_equal(err.code, GOV_STORE_UNAVAILABLE);
    assert_string_equal(err.cause, "job.wait: planted");
    assert_int_equal(j.count, 2);
    stop(&j, &loop);
}

static void a_cancelled_op_ends_only_after_its_io(void **state)
{
    struct loop loop;
    struct job j = { 0 };
    struct gov_err err;
    (void)state;
    loop_init(&loop);
    start(&j, &loop);
    op_start(&j.op);
    while (j.count < 2)
        uv_run(&loop.uv, UV_RUN_ONCE);
    op_cancel(&j.op, GOV_CANCELLED);
    assert_false(j.op.over);
    assert_int_equal(j.op.outstanding, 1);
    assert_false(op_await(&j.op, &err));
    assert_int_equal(err.code, GOV_CANCELLED);
    assert_int_equal(j.count, 2);
    stop(&j, &loop);
}

static enum op_next never(struct op *op)
{
    op_io_begin(op);
    return OP_WAIT;
}

static const struct op_step stuck[] = { { "never", never }, { 0 } };

static void a_deadline_marks_a_stuck_op_and_ends_it_when_io_drains(void **state)
{
    struct loop loop;
    struct op op;
    struct gov_err err;
    (void)state;
    loop_init(&loop);
    op_init(&op, "stuck", stuck, &loop, NULL);
    op_deadline(&op, 1);
    op_start(&op);
    while (!op.finished)
        uv_run(&loop.uv, UV_RUN_ONCE);
    assert_false(op.over);
    op_io_end(&op, NULL);
    assert_false(op_await(&op, &err));
    assert_int_equal(err.code, GOV_DEADLINE);
    op_release(&op);
    assert_true(loop_release(&loop));
}

static enum op_next call_child(struct op *op)
{
    struct job *j = (struct job *)op;
    note(op, 7);
    op_call(op, &j->child->op);
    return OP_WAIT;
}

static enum op_next try_child(struct op *op)
{
    struct job *j = (struct job *)op;
    note(op, 7);
    op_try(op, &j->child->op);
    return OP_WAIT;
}

static const struct op_step calling[] = { { "call", call_child }, { "last", last }, { 0 } };
static const struct op_step trying[] = { { "try", try_child }, { "last", last }, { 0 } };

static void a_childs_failure_is_its_parents_unless_tried(void **state)
{
    struct loop loop;
    struct gov_err err;
    (void)state;
    loop_init(&loop);
    for (int i = 0; i < 2; i++) {
        struct job child = { .fail_io = true };
        struct job parent = { .child = &child };
        start(&child, &loop);
        op_init(&parent.op, "parent", i ? trying : calling, &loop, NULL);
        assert_int_equal(op_await(&parent.op, &err), i == 1);
        assert_true(child.op.failed);
        assert_int_equal(parent.count, i ? 2 : 1);
        op_release(&parent.op);
        op_release(&child.op);
        uv_close((uv_handle_t *)&child.timer, NULL);
        uv_run(&loop.uv, UV_RUN_NOWAIT);
    }
    assert_true(loop_release(&loop));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_run_in_the_order_of_the_table),
        cmocka_unit_test(a_failed_io_ends_the_op_and_names_the_step),
        cmocka_unit_test(a_cancelled_op_ends_only_after_its_io),
        cmocka_unit_test(a_deadline_marks_a_stuck_op_and_ends_it_when_io_drains),
        cmocka_unit_test(a_childs_failure_is_its_parents_unless_tried),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
