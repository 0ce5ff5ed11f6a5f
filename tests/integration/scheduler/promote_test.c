/* What falls due is moved on at its moment. Real Redis. */
#include "scheduler/promote.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "tests/lib/op_probe.h"
#include "tests/lib/redis_server.h"
#include "tests/lib/test.h"

struct world {
    struct redis_server server;
    struct loop loop;
    struct redis *redis;
};

static int start(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    redis_server_start(&w->server, false);
    loop_init(&w->loop);
    w->redis = redis_new(
        &w->loop, &(struct redis_options){ .address = w->server.address, .command_ms = 300 });
    *state = w;
    return 0;
}

static int stop(void **state)
{
    struct world *w = *state;
    redis_stop(w->redis);
    bool clean = loop_release(&w->loop);
    redis_server_stop(&w->server);
    free(w);
    return clean ? 0 : 1;
}

struct promoting {
    struct world *w;
    struct job_queue *queue, *pushing;
    struct promote *promote;
    struct queue_result result;
    struct queue_entry entry;
    int64_t due_ms;
    bool stopped;
};

static void begin(struct op *op, void *arguments)
{
    struct promoting *p = arguments;
    job_queue_rebuild_begin(op, p->pushing, 1, &p->result);
}

static void end(struct op *op, void *arguments)
{
    struct promoting *p = arguments;
    job_queue_rebuild_end(op, p->pushing, &p->result);
}

static void push_later(struct op *op, void *arguments)
{
    struct promoting *p = arguments;
    job_queue_push_later(op, p->pushing, &p->entry, &p->due_ms, 1, &p->result);
}

static void run(struct promoting *p, void (*call)(struct op *op, void *arguments))
{
    struct op_probe probe;
    assert_true(op_probe_run(&probe, &p->w->loop, call, p));
    assert_int_equal(p->result.err.code, GOV_OK);
    op_release(&probe.op);
}

static bool moved(void *context)
{
    return promote_moved(((struct promoting *)context)->promote) > 0;
}

static void promote_stopped(void *context)
{
    ((struct promoting *)context)->stopped = true;
}

static bool promote_is_stopped(void *context)
{
    return ((struct promoting *)context)->stopped;
}

/* The loop sleeps with nothing in sight; an entry that falls due in between wakes it in time. */
static void what_falls_due_is_promoted_at_its_moment(void **state)
{
    struct world *w = *state;
    struct job_queue_options options = { w->redis, "db1" };
    struct promoting p = { .w = w,
                           .queue = job_queue_new(&options),
                           .pushing = job_queue_new(&options) };
    run(&p, begin);
    run(&p, end);
    p.promote = promote_new(&w->loop, p.queue);
    int64_t until_us = clock_mono_us() + 300 * 1000;
    while (clock_mono_us() < until_us)
        uv_run(&w->loop.uv, UV_RUN_NOWAIT);
    p.entry = (struct queue_entry){ .tenant = "t_00000000000000aa",
                                    .lane = "py",
                                    .class = "bulk",
                                    .job = id_new(),
                                    .cost_ms = 1,
                                    .kind = "run" };
    p.due_ms = clock_now_us() / 1000 + 400;
    run(&p, push_later);
    loop_until(&w->loop, moved, &p, 5000);
    int64_t late_ms = clock_now_us() / 1000 - p.due_ms;
    assert_in_range(late_ms, 0, 1500);
    promote_stop(p.promote, promote_stopped, &p);
    loop_until(&w->loop, promote_is_stopped, &p, 5000);
    job_queue_stop(p.queue);
    job_queue_stop(p.pushing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
        TEST(what_falls_due_is_promoted_at_its_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
