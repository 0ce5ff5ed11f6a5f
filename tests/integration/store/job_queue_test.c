/* The way of a job through the queue, as the daemons see it. */
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "tests/lib/queue_world.h"
#include "tests/lib/test.h"

static void a_job_goes_from_push_to_finish(void **state)
{
    struct queue_world *w = *state;
    world_fill(w, 3);
    w->entries[0].action = "greet.hello";
    world_call(w, world_push);
    assert_int_equal(w->result.count, 3);
    world_call(w, world_push);
    assert_int_equal(w->result.count, 0);
    struct op_probe p;
    assert_true(op_probe_run(&p, &w->loop, world_take, w));
    assert_int_equal(w->taken.count, 3);
    assert_string_equal(w->taken.entries[0].tenant, "t_00000000000000aa");
    assert_string_equal(w->taken.entries[0].job.text, w->entries[0].job.text);
    assert_string_equal(w->taken.entries[0].action, "greet.hello");
    assert_string_equal(w->taken.entries[0].kind, "run");
    assert_string_equal(w->taken.entries[0].lane, "py");
    assert_null(w->taken.entries[1].action);
    assert_int_equal(w->taken.entries[1].cost_ms, 10);
    op_release(&p.op);
    for (int i = 0; i < 3; i++)
        w->slots[i] = (struct queue_slot){ .entry = &w->entries[i], .fence = 1 };
    world_call(w, world_claimed);
    assert_int_equal(w->result.count, 3);
    world_call(w, world_live);
    assert_int_equal(w->lives.count, 3);
    for (int i = 0; i < 3; i++) {
        w->entries[i].fence = 1;
        w->slots[i].ms = 7;
    }
    world_call(w, world_running);
    assert_int_equal(w->result.count, 0); /* none was missing */
    world_call(w, world_finish);
    assert_int_equal(w->result.count, 3);
    assert_string_equal(w->result.err.cause, "");
    world_call(w, world_finish);
    assert_int_equal(w->result.count, 0);
}

static void release_gives_back(void **state)
{
    struct queue_world *w = *state;
    world_fill(w, 2);
    world_call(w, world_push);
    assert_int_equal(world_take_all(w), 2);
    world_call(w, world_release);
    assert_int_equal(w->result.err.code, GOV_OK);
    assert_int_equal(world_take_all(w), 2);
}

static void limits_reach_the_queue(void **state)
{
    struct queue_world *w = *state;
    world_fill(w, 5);
    world_call(w, world_limit);
    assert_int_equal(w->result.err.code, GOV_OK);
    world_call(w, world_push);
    assert_int_equal(world_take_all(w), 3);
    struct op_probe p;
    assert_true(op_probe_run(&p, &w->loop, world_status, w));
    assert_int_equal(json_get_int(w->document.json, "limit", 0), 3);
    assert_int_equal(json_get_int(w->document.json, "held", 0), 3);
    op_release(&p.op);
    assert_true(op_probe_run(&p, &w->loop, world_depth, w));
    assert_int_equal(json_get_int(json_object_get(json_object_get(w->document.json, "lanes"), "py"), "busy", 0), 3);
    op_release(&p.op);
}

static void whose_work_is_due_is_named_when_it_is(void **state)
{
    struct queue_world *w = *state;
    struct op_probe p;

    world_fill(w, 1);
    w->due_ms = QUEUE_DUE_MS + 1; /* too far away to be known */
    world_call(w, world_due);
    world_call(w, world_promote);
    assert_int_equal(w->promoted.wait_ms, -1);
    w->due_ms = 60000;
    world_call(w, world_due);
    world_call(w, world_promote);
    assert_int_equal(w->promoted.tenant_count, 0);
    assert_in_range(w->promoted.wait_ms, 50000, 60000);
    w->due_ms = 0;
    world_call(w, world_due);
    assert_true(op_probe_run(&p, &w->loop, world_promote, w));
    assert_int_equal(w->promoted.tenant_count, 1);
    assert_string_equal(w->promoted.tenants[0], w->entries[0].tenant);
    assert_false(w->promoted.more);
    op_release(&p.op);
}

/* Many ops push at once: every one gets its own verdicts, and few scripts are run. */
static void pushes_of_many_ops_travel_together(void **state)
{
    enum { OPS = 200 };
    struct queue_world *w = *state;
    static struct op_probe probes[OPS];
    static struct queue_world worlds[OPS]; /* each with its own arguments and result */
    world_direct(w, "CONFIG RESETSTAT");
    for (int i = 0; i < OPS; i++) {
        worlds[i].queue = w->queue;
        world_fill(&worlds[i], 1 + i % 3);
        op_probe_start(&probes[i], &w->loop, world_push, &worlds[i]);
    }
    for (int i = 0; i < OPS; i++) {
        assert_true(op_probe_await(&probes[i]));
        assert_int_equal(worlds[i].result.count, 1 + i % 3);
        assert_int_equal(strspn(worlds[i].result.verdicts, "A"), 1 + i % 3);
        op_release(&probes[i].op);
    }
    redisReply *reply = redisCommand(w->direct, "INFO commandstats");
    const char *at = strstr(reply->str, "cmdstat_evalsha:calls=");
    assert_non_null(at);
    assert_in_range(atoi(at + strlen("cmdstat_evalsha:calls=")), 1, 5);
    freeReplyObject(reply);
}

static void a_push_larger_than_a_batch_keeps_its_order(void **state)
{
    struct queue_world *w = *state;
    world_fill(w, WORLD_ENTRIES);
    world_call(w, world_push);
    assert_int_equal(w->result.count, WORLD_ENTRIES);
    struct id first_id = w->entries[0].job, last_id = w->entries[31].job;
    assert_int_equal(world_take_all(w), 32);
    assert_string_equal(w->entries[0].job.text, first_id.text);
    assert_string_equal(w->entries[31].job.text, last_id.text);
}

static void a_full_queue_is_refilled(void **state)
{
    struct queue_world *w = *state;
    for (int i = 0; i < 4; i++) {
        world_fill(w, WORLD_ENTRIES);
        world_call(w, world_push);
    }
    assert_int_equal(strspn(w->verdicts, "A"), 200);
    assert_int_equal(w->verdicts[200], QUEUE_FULL);
    while (world_take_all(w) > 0) {
        for (int i = 0; i < w->count; i++)
            w->slots[i].ms = 1;
        world_call(w, world_finish);
    }
    world_call(w, world_refill_wait);
    assert_int_equal(w->overs.count, 1);
    struct op_probe p;
    assert_true(op_probe_run(&p, &w->loop, world_list_overs, w));
    assert_int_equal(w->overs.count, 1);
    assert_int_equal(w->overs.items[0].fulls, 400);
    assert_int_equal(w->overs.items[0].length, 0);
    assert_string_equal(w->overs.items[0].class, "normal");
    op_release(&p.op);
}

/* --- the bell --- */

static void the_bell_wakes_a_waiting_worker(void **state)
{
    struct queue_world *w = *state;
    struct op_probe waits, pushes;
    struct queue_world other = { .queue = w->queue };
    int64_t began_us = clock_mono_us();
    op_probe_start(&waits, &w->loop, world_bell_wait, w);
    uv_run(&w->loop.uv, UV_RUN_NOWAIT);
    world_fill(&other, 1);
    assert_true(op_probe_run(&pushes, &w->loop, world_push, &other));
    assert_true(op_probe_await(&waits));
    assert_int_equal(w->result.count, 1);
    assert_in_range(clock_mono_us() - began_us, 0, 5 * 1000 * 1000);
    op_release(&waits.op);
    op_release(&pushes.op);
    assert_int_equal(world_take_all(w), 1);
}

static void a_cancelled_wait_ends_at_once(void **state)
{
    struct queue_world *w = *state;
    struct op_probe p;
    for (int i = 0; i < 3; i++) {
        op_probe_start(&p, &w->loop, world_bell_wait, w);
        for (int turns = 0; turns < 3 + 10 * i; turns++)
            uv_run(&w->loop.uv, UV_RUN_NOWAIT);
        job_queue_bell_cancel(w->queue);
        assert_true(op_probe_await(&p));
        assert_int_equal(w->result.count, 0);
        op_release(&p.op);
    }
    job_queue_bell_cancel(w->queue);
}

static void a_wait_beside_a_lost_queue_is_calm(void **state)
{
    struct queue_world *w = *state;
    world_direct(w, "FLUSHALL");
    world_call(w, world_take);
    assert_string_equal(w->taken.err.item, "no_generation");
    int64_t began_us = clock_mono_us();
    world_call(w, world_bell_wait);
    assert_int_equal(w->result.count, 0);
    assert_in_range(clock_mono_us() - began_us, 900 * 1000, 5000 * 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_start, world_stop)
        TEST(a_job_goes_from_push_to_finish),
        TEST(release_gives_back),
        TEST(limits_reach_the_queue),
        TEST(whose_work_is_due_is_named_when_it_is),
        TEST(pushes_of_many_ops_travel_together),
        TEST(a_push_larger_than_a_batch_keeps_its_order),
        TEST(a_full_queue_is_refilled),
        TEST(the_bell_wakes_a_waiting_worker),
        TEST(a_cancelled_wait_ends_at_once),
        TEST(a_wait_beside_a_lost_queue_is_calm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
