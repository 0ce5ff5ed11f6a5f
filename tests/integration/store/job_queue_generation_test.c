/* Is this the queue we know? Wiped, restarted, rebuilt, gone. */
#include <string.h>

#include "tests/lib/queue_world.h"
#include "tests/lib/test.h"

static void a_wiped_redis_is_refused_until_it_is_rebuilt(void **state)
{
    struct queue_world *w = *state;
    world_fill(w, 1);
    world_direct(w, "FLUSHALL");
    world_call(w, world_push);
    assert_int_equal(w->result.err.code, GOV_QUEUE_UNAVAILABLE);
    assert_string_equal(w->result.err.item, "no_generation");
    assert_int_equal(job_queue_state(w->queue), QUEUE_LOST);
    world_rebuild_all(w);
    assert_int_equal(job_queue_state(w->queue), QUEUE_OPEN);
    assert_int_equal(job_queue_fault(w->queue)->code, GOV_OK);
    world_call(w, world_push);
    assert_int_equal(w->result.count, 1);
}

/* Somebody else rebuilt it: the next call finds the new generation by itself. */
static void a_rebuild_by_another_process_is_adopted(void **state)
{
    struct queue_world *w = *state;
    struct queue_world leader = { .server = w->server, .loop = { { 0 } }, .term = 9 };
    loop_init(&leader.loop);
    world_open(&leader, "db1");
    world_direct(w, "FLUSHALL");
    world_rebuild_all(&leader);
    world_fill(w, 1);
    world_call(w, world_push);
    assert_int_equal(w->result.err.code, GOV_OK);
    assert_int_equal(w->result.count, 1);
    assert_int_equal(world_take_all(w), 1);
    world_close(&leader);
    assert_true(loop_release(&leader.loop));
}

static void a_restored_database_does_not_believe_the_old_queue(void **state)
{
    struct queue_world *w = *state;
    struct queue_world other = { .server = w->server };
    loop_init(&other.loop);
    world_open(&other, "db2");
    world_call(&other, world_take);
    assert_string_equal(other.taken.err.item, "no_generation");
    world_close(&other);
    assert_true(loop_release(&other.loop));
}

/* Keys that another version wrote say nothing to this one. */
static void a_queue_of_another_format_is_a_stranger(void **state)
{
    struct queue_world *w = *state;
    world_fill(w, 1);
    world_call(w, world_push);
    world_direct(w, "EVAL redis.call('set',KEYS[1],string.sub(redis.call('get',KEYS[1]),1,-2)..'1')return(1) 1 {s00}:gen");
    world_call(w, world_take);
    assert_string_equal(w->taken.err.item, "no_generation");
    assert_non_null(strstr(job_queue_fault(w->queue)->en, "the queue has format 1 and this program format"));
    assert_non_null(strstr(job_queue_fault(w->queue)->en, "nothing is lost"));
    world_rebuild_all(w);
    world_call(w, world_push);
    assert_int_equal(w->result.count, 1);
}

/* Redis kept its data (AOF), but how much of it nobody knows. */
static void a_restarted_redis_is_a_stranger(void **state)
{
    struct queue_world *w = *state;
    world_fill(w, 1);
    world_call(w, world_push);
    world_restart_redis(w);
    world_call(w, world_take);
    assert_string_equal(w->taken.err.item, "no_generation");
}

static void a_rebuild_does_not_survive_a_lost_connection(void **state)
{
    struct queue_world *w = *state;
    world_call(w, world_begin);
    world_restart_redis(w);
    world_call(w, world_clear);
    assert_string_equal(w->result.err.item, "no_generation");
}

static void an_earlier_leader_cannot_rebuild_over_a_later(void **state)
{
    struct queue_world *w = *state;
    w->term = 9;
    world_call(w, world_begin);
    w->term = 8;
    world_call(w, world_begin);
    assert_int_equal(w->result.err.code, GOV_STALE);
}

static void a_redis_that_may_evict_is_refused(void **state)
{
    struct queue_world *w = *state;
    struct queue_world other = { .server = w->server };
    world_direct(w, "CONFIG SET maxmemory-policy allkeys-lru");
    loop_init(&other.loop);
    world_open(&other, "db1");
    world_call(&other, world_take);
    assert_int_equal(other.taken.err.code, GOV_CONFIGURATION);
    assert_int_equal(job_queue_state(other.queue), QUEUE_REFUSED);
    world_close(&other);
    assert_true(loop_release(&other.loop));
}

static void without_redis_calls_end_and_say_so(void **state)
{
    struct queue_world *w = *state;
    redis_server_kill(&w->server);
    world_fill(w, 3);
    world_call(w, world_push);
    assert_int_equal(w->result.err.code, GOV_QUEUE_UNAVAILABLE);
    world_call(w, world_take);
    assert_int_equal(w->taken.err.code, GOV_QUEUE_UNAVAILABLE);
    world_call(w, world_bell_wait);
    assert_int_equal(w->result.count, 0);
}

static void stopping_ends_every_call(void **state)
{
    struct queue_world *w = *state;
    struct queue_world other = { .queue = w->queue };
    struct op_probe waits, pushes;
    world_fill(&other, 400);
    op_probe_start(&waits, &w->loop, world_bell_wait, w);
    op_probe_start(&pushes, &w->loop, world_push, &other);
    uv_run(&w->loop.uv, UV_RUN_NOWAIT);
    world_close(w);
    assert_true(op_probe_await(&waits));
    assert_true(op_probe_await(&pushes));
    op_release(&waits.op);
    op_release(&pushes.op);
    world_open(w, "db1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_start, world_stop)
        TEST(a_wiped_redis_is_refused_until_it_is_rebuilt),
        TEST(a_rebuild_by_another_process_is_adopted),
        TEST(a_restored_database_does_not_believe_the_old_queue),
        TEST(a_queue_of_another_format_is_a_stranger),
        TEST(a_restarted_redis_is_a_stranger),
        TEST(a_rebuild_does_not_survive_a_lost_connection),
        TEST(an_earlier_leader_cannot_rebuild_over_a_later),
        TEST(a_redis_that_may_evict_is_refused),
        TEST(without_redis_calls_end_and_say_so),
        TEST(stopping_ends_every_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
