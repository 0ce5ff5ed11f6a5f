/* op_wait_test.c - op_sleep.h and op_work.h: I/O of an op like any other. */
#include "core/io/op/op_sleep.h"
#include "core/io/op/op_work.h"

#include <pthread.h>
#include <semaphore.h>

#include "core/base/clock.h"
#include "tests/lib/op_probe.h"
#include "tests/lib/test.h"

enum { CROWD = 200 };

static struct loop loop;

static int setup(void **state)
{
    (void)state;
    loop_init(&loop);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    assert_int_equal(loop.ops, 0);
    assert_true(loop_release(&loop));
    return 0;
}

static void sleep_begin(struct op *op, void *ms)
{
    op_sleep(op, *(int64_t *)ms);
}

static void a_sleep_lasts_about_as_long_as_asked_for(void **state)
{
    struct op_probe probe = { 0 };
    int64_t ms = 80, begun_us = clock_mono_us();

    (void)state;
    uv_update_time(&loop.uv);
    assert_true(op_probe_run(&probe, &loop, sleep_begin, &ms));
    assert_true(clock_mono_us() - begun_us > 70000);
    op_release(&probe.op);
}

static void zero_and_less_end_in_a_turn(void **state)
{
    struct op_probe probe = { 0 };

    (void)state;
    for (int64_t ms = 0; ms > -3; ms--) {
        assert_true(op_probe_run(&probe, &loop, sleep_begin, &ms));
        op_release(&probe.op);
    }
}

static void a_cancelled_sleeper_ends_as_cancelled_and_leaves_no_timer(void **state)
{
    struct op_probe probe = { 0 };
    int64_t ms = 60;

    (void)state;
    op_probe_start(&probe, &loop, sleep_begin, &ms);
    while (!probe.op.outstanding)
        uv_run(&loop.uv, UV_RUN_NOWAIT);
    op_cancel(&probe.op, GOV_CANCELLED);
    assert_false(op_probe_await(&probe));
    assert_int_equal(probe.err.code, GOV_CANCELLED);
    op_release(&probe.op);
}

struct work {
    pthread_t thread;
    sem_t gate;
    int runs;
    bool fail;
};

static bool run(void *context, struct gov_err *err)
{
    struct work *w = context;

    w->thread = pthread_self();
    w->runs++;
    return !w->fail || gov_fail_cause(err, GOV_FILES_UNAVAILABLE, "planted");
}

static void work_begin(struct op *op, void *work)
{
    op_work(op, run, work);
}

static void work_is_done_once_and_on_another_thread(void **state)
{
    struct op_probe probe = { 0 };
    struct work w = { 0 };

    (void)state;
    assert_true(op_probe_run(&probe, &loop, work_begin, &w));
    assert_int_equal(w.runs, 1);
    assert_false(pthread_equal(w.thread, pthread_self()));
    op_release(&probe.op);
}

static void failed_work_fails_its_op_with_what_it_said(void **state)
{
    struct op_probe probe = { 0 };
    struct work w = { .fail = true };

    (void)state;
    assert_false(op_probe_run(&probe, &loop, work_begin, &w));
    assert_int_equal(probe.err.code, GOV_FILES_UNAVAILABLE);
    assert_string_equal(probe.err.cause, "probe.probe: planted");
    op_release(&probe.op);
}

static bool hold(void *context, struct gov_err *err)
{
    (void)err;
    sem_wait(&((struct work *)context)->gate);
    return true;
}

static void hold_begin(struct op *op, void *work)
{
    op_work(op, hold, work);
}

static void an_op_cancelled_while_a_thread_works_for_it_waits_for_the_thread(void **state)
{
    struct op_probe probe = { 0 };
    struct work w = { 0 };

    (void)state;
    sem_init(&w.gate, 0, 0);
    op_probe_start(&probe, &loop, hold_begin, &w);
    while (!probe.op.outstanding)
        uv_run(&loop.uv, UV_RUN_NOWAIT);
    op_cancel(&probe.op, GOV_DEADLINE);
    for (int i = 0; i < 10; i++)
        uv_run(&loop.uv, UV_RUN_NOWAIT);
    assert_false(probe.op.over); /* the thread still writes into the op's memory */
    sem_post(&w.gate);
    assert_false(op_probe_await(&probe));
    assert_int_equal(probe.err.code, GOV_DEADLINE);
    op_release(&probe.op);
    sem_destroy(&w.gate);
}

static void a_crowd_of_works_is_all_done(void **state)
{
    static struct op_probe probes[CROWD];
    static struct work works[CROWD];

    (void)state;
    for (int i = 0; i < CROWD; i++)
        op_probe_start(&probes[i], &loop, work_begin, &works[i]);
    for (int i = 0; i < CROWD; i++) {
        assert_true(op_probe_await(&probes[i]));
        assert_int_equal(works[i].runs, 1);
        op_release(&probes[i].op);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_sleep_lasts_about_as_long_as_asked_for),
        TEST(zero_and_less_end_in_a_turn),
        TEST(a_cancelled_sleeper_ends_as_cancelled_and_leaves_no_timer),
        TEST(work_is_done_once_and_on_another_thread),
        TEST(failed_work_fails_its_op_with_what_it_said),
        TEST(an_op_cancelled_while_a_thread_works_for_it_waits_for_the_thread),
        TEST(a_crowd_of_works_is_all_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
