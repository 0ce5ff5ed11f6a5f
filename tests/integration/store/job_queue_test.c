/* The queue as the daemons see it: a real Redis, a real loop. */
#include "core/store/job_queue.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/store/event_bus.h"
#include "tests/lib/op_probe.h"
#include "tests/lib/redis_server.h"
#include "tests/lib/test.h"

enum { BATCH = 600 };

struct world {
    struct redis_server server;
    struct loop loop;
    struct redis *redis;
    struct job_queue *queue;
    redisContext *direct; /* for looking and for mischief */

    /* arguments and results of the calls below */
    struct queue_entry entries[BATCH];
    int count;
    struct queue_slot slots[BATCH];
    struct queue_result result;
    struct queue_taken taken;
    struct queue_promoted promoted;
    struct queue_overs overs;
    struct queue_document document;
    struct queue_lives lives;
    int64_t due_ms[BATCH];
    int64_t term;
    char verdicts[BATCH + 1]; /* of the last call: its own are gone with its op */
};

static void direct(struct world *w, const char *command)
{
    redisReply *reply = redisCommand(w->direct, command);
    if (!reply || reply->type == REDIS_REPLY_ERROR)
        fail_msg("%s: %s", command, reply ? reply->str : w->direct->errstr);
    freeReplyObject(reply);
}

/* --- calls --- */

#define CALL(name, body)                                                                           \
    static void name(struct op *op, void *arguments)                                               \
    {                                                                                              \
        struct world *w = arguments;                                                               \
        body;                                                                                      \
    }

CALL(push, job_queue_push(op, w->queue, w->entries, w->count, &w->result))
CALL(push_later, job_queue_push_later(op, w->queue, w->entries, w->due_ms, w->count, &w->result))
CALL(take, job_queue_take(op, w->queue, "worker", "py", 32, &w->taken))
CALL(claimed, job_queue_claimed(op, w->queue, w->slots, w->count, &w->result))
CALL(finish, job_queue_finish(op, w->queue, w->slots, w->count, &w->result))
CALL(release, job_queue_release(op, w->queue, w->slots, w->count, &w->result))
CALL(running, job_queue_running(op, w->queue, "worker", w->slots, w->count, &w->result))
CALL(promote, job_queue_promote(op, w->queue, &w->promoted))
CALL(list_overs, job_queue_overs(op, w->queue, &w->overs))
CALL(refill_wait, job_queue_refill_wait(op, w->queue, &w->overs))
CALL(depth, job_queue_depth(op, w->queue, &w->document))
CALL(status, job_queue_status(op, w->queue, w->entries[0].tenant, &w->entries[0].job, &w->document))
CALL(live, job_queue_live(op, w->queue, w->entries[0].tenant, &w->lives))
CALL(begin, job_queue_rebuild_begin(op, w->queue, w->term, &w->result))
CALL(clear, job_queue_rebuild_clear(op, w->queue, &w->result))
CALL(end, job_queue_rebuild_end(op, w->queue, &w->result))
CALL(bell_wait, job_queue_bell_wait(op, w->queue, (const char *[]){ "py", "sh" }, 2, &w->result))
CALL(limit, job_queue_limit(op, w->queue, w->entries[0].tenant,
                            &(struct queue_limits){ .weight = 1.5, .slots = 3 }, &w->result))

static void call(struct world *w, void (*begin_call)(struct op *op, void *arguments))
{
    struct op_probe p;
    w->result.verdicts = "";
    if (!op_probe_run(&p, &w->loop, begin_call, w))
        fail_msg("a queue call failed its op: %s", p.err.cause);
    snprintf(w->verdicts, sizeof w->verdicts, "%s", w->result.verdicts);
    op_release(&p.op);
}

/* The results of a take live in the op's arena: copy them where slots may point to them. */
static int take_all(struct world *w)
{
    static char tenants[BATCH][24];
    struct op_probe p;
    assert_true(op_probe_run(&p, &w->loop, take, w));
    assert_int_equal(w->taken.err.code, GOV_OK);
    for (int i = 0; i < w->taken.count; i++) {
        w->entries[i] = w->taken.entries[i];
        snprintf(tenants[i], sizeof tenants[i], "%s", w->entries[i].tenant);
        w->entries[i].tenant = tenants[i];
        w->entries[i].lane = "py";
        w->entries[i].class = "normal";
        w->entries[i].kind = "run";
        w->entries[i].action = NULL;
        w->slots[i] = (struct queue_slot){ .entry = &w->entries[i] };
    }
    w->count = w->taken.count;
    op_release(&p.op);
    return w->count;
}

static void rebuild(struct world *w)
{
    call(w, begin);
    assert_int_equal(w->result.err.code, GOV_OK);
    do {
        call(w, clear);
        assert_int_equal(w->result.err.code, GOV_OK);
    } while (w->result.count);
    call(w, end);
    assert_int_equal(w->result.err.code, GOV_OK);
}

static void fill(struct world *w, int count)
{
    w->count = count;
    for (int i = 0; i < count; i++)
        w->entries[i] = (struct queue_entry){ .tenant = "t_00000000000000aa", .lane = "py",
                                              .class = "normal", .job = id_new(), .fence = 0,
                                              .cost_ms = 10, .kind = "run" };
}

static void open_queue(struct world *w, const char *incarnation)
{
    w->redis = redis_new(&w->loop, &(struct redis_options){ .address = w->server.address });
    w->queue = job_queue_new(&(struct job_queue_options){ w->redis, incarnation });
}

static void close_queue(struct world *w)
{
    job_queue_stop(w->queue);
    redis_stop(w->redis);
}

static int start(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    redis_server_start(&w->server, true);
    loop_init(&w->loop);
    w->direct = redisConnectUnix(w->server.socket);
    w->term = 1;
    open_queue(w, "db1");
    rebuild(w);
    *state = w;
    return 0;
}

static int stop(void **state)
{
    struct world *w = *state;
    close_queue(w);
    bool clean = loop_release(&w->loop);
    redisFree(w->direct);
    redis_server_stop(&w->server);
    free(w);
    return clean ? 0 : 1;
}

/* --- the way of a job --- */

static void a_job_goes_from_push_to_finish(void **state)
{
    struct world *w = *state;
    fill(w, 3);
    w->entries[0].action = "greet.hello";
    call(w, push);
    assert_int_equal(w->result.count, 3);
    call(w, push);
    assert_int_equal(w->result.count, 0);
    struct op_probe p;
    assert_true(op_probe_run(&p, &w->loop, take, w));
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
    call(w, claimed);
    assert_int_equal(w->result.count, 3);
    call(w, live);
    assert_int_equal(w->lives.count, 3);
    for (int i = 0; i < 3; i++) {
        w->entries[i].fence = 1;
        w->slots[i].ms = 7;
    }
    call(w, running);
    assert_int_equal(w->result.count, 0); /* none was missing */
    call(w, finish);
    assert_int_equal(w->result.count, 3);
    assert_string_equal(w->result.err.cause, "");
    call(w, finish);
    assert_int_equal(w->result.count, 0);
}

static void release_gives_back(void **state)
{
    struct world *w = *state;
    fill(w, 2);
    call(w, push);
    assert_int_equal(take_all(w), 2);
    call(w, release);
    assert_int_equal(w->result.err.code, GOV_OK);
    assert_int_equal(take_all(w), 2);
}

static void limits_reach_the_queue(void **state)
{
    struct world *w = *state;
    fill(w, 5);
    call(w, limit);
    assert_int_equal(w->result.err.code, GOV_OK);
    call(w, push);
    assert_int_equal(take_all(w), 3);
    struct op_probe p;
    assert_true(op_probe_run(&p, &w->loop, status, w));
    assert_int_equal(json_get_int(w->document.json, "limit", 0), 3);
    assert_int_equal(json_get_int(w->document.json, "held", 0), 3);
    op_release(&p.op);
    assert_true(op_probe_run(&p, &w->loop, depth, w));
    assert_int_equal(json_get_int(w->document.json, "taken", 0), 3);
    op_release(&p.op);
}

static void later_work_is_promoted_when_it_is_due(void **state)
{
    struct world *w = *state;
    fill(w, 2);
    w->due_ms[0] = clock_now_us() / 1000 - 10;
    w->due_ms[1] = clock_now_us() / 1000 + 60000;
    call(w, push_later);
    assert_int_equal(w->result.err.code, GOV_OK);
    call(w, promote);
    assert_int_equal(w->promoted.moved, 1);
    assert_in_range(w->promoted.wait_ms, 50000, 60000);
    assert_false(w->promoted.more);
    assert_int_equal(take_all(w), 1);
}

/* Many ops push at once: every one gets its own verdicts, and few scripts are run. */
static void pushes_of_many_ops_travel_together(void **state)
{
    enum { OPS = 200 };
    struct world *w = *state;
    static struct op_probe probes[OPS];
    static struct world worlds[OPS]; /* each with its own arguments and result */
    direct(w, "CONFIG RESETSTAT");
    for (int i = 0; i < OPS; i++) {
        worlds[i].queue = w->queue;
        fill(&worlds[i], 1 + i % 3);
        op_probe_start(&probes[i], &w->loop, push, &worlds[i]);
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
    struct world *w = *state;
    fill(w, BATCH);
    call(w, push);
    assert_int_equal(w->result.count, BATCH);
    char first[40], last[40];
    snprintf(first, sizeof first, "%s", w->entries[0].job.text);
    snprintf(last, sizeof last, "%s", w->entries[31].job.text);
    assert_int_equal(take_all(w), 32);
    assert_string_equal(w->entries[0].job.text, first);
    assert_string_equal(w->entries[31].job.text, last);
}

static void a_full_queue_is_refilled(void **state)
{
    struct world *w = *state;
    for (int i = 0; i < 4; i++) {
        fill(w, BATCH);
        call(w, push);
    }
    assert_int_equal(strspn(w->verdicts, "A"), 200);
    assert_int_equal(w->verdicts[200], QUEUE_FULL);
    while (take_all(w) > 0) {
        for (int i = 0; i < w->count; i++)
            w->slots[i].ms = 1;
        call(w, finish);
    }
    call(w, refill_wait);
    assert_int_equal(w->overs.count, 1);
    struct op_probe p;
    assert_true(op_probe_run(&p, &w->loop, list_overs, w));
    assert_int_equal(w->overs.count, 1);
    assert_int_equal(w->overs.items[0].fulls, 400);
    assert_int_equal(w->overs.items[0].length, 0);
    assert_string_equal(w->overs.items[0].class, "normal");
    op_release(&p.op);
}

/* --- the bell --- */

static void the_bell_wakes_a_waiting_worker(void **state)
{
    struct world *w = *state;
    struct op_probe waits, pushes;
    struct world other = { .queue = w->queue };
    int64_t began_us = clock_mono_us();
    op_probe_start(&waits, &w->loop, bell_wait, w);
    uv_run(&w->loop.uv, UV_RUN_NOWAIT);
    fill(&other, 1);
    assert_true(op_probe_run(&pushes, &w->loop, push, &other));
    assert_true(op_probe_await(&waits));
    assert_int_equal(w->result.count, 1);
    assert_in_range(clock_mono_us() - began_us, 0, 5 * 1000 * 1000);
    op_release(&waits.op);
    op_release(&pushes.op);
    assert_int_equal(take_all(w), 1);
}

static void a_cancelled_wait_ends_at_once(void **state)
{
    struct world *w = *state;
    struct op_probe p;
    for (int i = 0; i < 3; i++) {
        op_probe_start(&p, &w->loop, bell_wait, w);
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
    struct world *w = *state;
    direct(w, "FLUSHALL");
    call(w, take);
    assert_string_equal(w->taken.err.item, "no_generation");
    int64_t began_us = clock_mono_us();
    call(w, bell_wait);
    assert_int_equal(w->result.count, 0);
    assert_in_range(clock_mono_us() - began_us, 900 * 1000, 5000 * 1000);
}

/* --- generations --- */

static void a_wiped_redis_is_refused_until_it_is_rebuilt(void **state)
{
    struct world *w = *state;
    fill(w, 1);
    direct(w, "FLUSHALL");
    call(w, push);
    assert_int_equal(w->result.err.code, GOV_QUEUE_UNAVAILABLE);
    assert_string_equal(w->result.err.item, "no_generation");
    assert_int_equal(job_queue_state(w->queue), QUEUE_LOST);
    rebuild(w);
    assert_int_equal(job_queue_state(w->queue), QUEUE_OPEN);
    assert_int_equal(job_queue_fault(w->queue)->code, GOV_OK);
    call(w, push);
    assert_int_equal(w->result.count, 1);
}

/* Somebody else rebuilt it: the next call finds the new generation by itself. */
static void a_rebuild_by_another_process_is_adopted(void **state)
{
    struct world *w = *state;
    struct world leader = { .server = w->server, .loop = { { 0 } }, .term = 9 };
    loop_init(&leader.loop);
    open_queue(&leader, "db1");
    direct(w, "FLUSHALL");
    rebuild(&leader);
    fill(w, 1);
    call(w, push);
    assert_int_equal(w->result.err.code, GOV_OK);
    assert_int_equal(w->result.count, 1);
    assert_int_equal(take_all(w), 1);
    close_queue(&leader);
    assert_true(loop_release(&leader.loop));
}

static void a_restored_database_does_not_believe_the_old_queue(void **state)
{
    struct world *w = *state;
    struct world other = { .server = w->server };
    loop_init(&other.loop);
    open_queue(&other, "db2");
    call(&other, take);
    assert_string_equal(other.taken.err.item, "no_generation");
    close_queue(&other);
    assert_true(loop_release(&other.loop));
}

static bool queue_is_lost(void *context)
{
    return job_queue_state(((struct world *)context)->queue) == QUEUE_LOST;
}

static bool queue_is_away(void *context)
{
    return job_queue_state(((struct world *)context)->queue) == QUEUE_AWAY;
}

static void restart(struct world *w)
{
    redis_server_kill(&w->server);
    loop_until(&w->loop, queue_is_away, w, 5000);
    redis_server_again(&w->server);
    loop_until(&w->loop, queue_is_lost, w, 5000);
}

/* Redis kept its data (AOF), but how much of it nobody knows. */
static void a_restarted_redis_is_a_stranger(void **state)
{
    struct world *w = *state;
    fill(w, 1);
    call(w, push);
    restart(w);
    call(w, take);
    assert_string_equal(w->taken.err.item, "no_generation");
}

static void a_rebuild_does_not_survive_a_lost_connection(void **state)
{
    struct world *w = *state;
    call(w, begin);
    restart(w);
    call(w, clear);
    assert_string_equal(w->result.err.item, "no_generation");
}

static void an_earlier_leader_cannot_rebuild_over_a_later(void **state)
{
    struct world *w = *state;
    w->term = 9;
    call(w, begin);
    w->term = 8;
    call(w, begin);
    assert_int_equal(w->result.err.code, GOV_STALE);
}

static void a_redis_that_may_evict_is_refused(void **state)
{
    struct world *w = *state;
    struct world other = { .server = w->server };
    direct(w, "CONFIG SET maxmemory-policy allkeys-lru");
    loop_init(&other.loop);
    open_queue(&other, "db1");
    call(&other, take);
    assert_int_equal(other.taken.err.code, GOV_CONFIGURATION);
    assert_int_equal(job_queue_state(other.queue), QUEUE_REFUSED);
    close_queue(&other);
    assert_true(loop_release(&other.loop));
}

static void without_redis_calls_end_and_say_so(void **state)
{
    struct world *w = *state;
    redis_server_kill(&w->server);
    fill(w, 3);
    call(w, push);
    assert_int_equal(w->result.err.code, GOV_QUEUE_UNAVAILABLE);
    call(w, take);
    assert_int_equal(w->taken.err.code, GOV_QUEUE_UNAVAILABLE);
    call(w, bell_wait);
    assert_int_equal(w->result.count, 0);
}

static void stopping_ends_every_call(void **state)
{
    struct world *w = *state;
    struct world other = { .queue = w->queue };
    struct op_probe waits, pushes;
    fill(&other, 400);
    op_probe_start(&waits, &w->loop, bell_wait, w);
    op_probe_start(&pushes, &w->loop, push, &other);
    uv_run(&w->loop.uv, UV_RUN_NOWAIT);
    close_queue(w);
    assert_true(op_probe_await(&waits));
    assert_true(op_probe_await(&pushes));
    op_release(&waits.op);
    op_release(&pushes.op);
    open_queue(w, "db1");
}

/* --- events --- */

struct ear {
    int heard;
    char tenant[32];
    struct id request;
    struct event_bus *bus;
};

static void happened(void *context, const char *tenant, const struct id *request)
{
    struct ear *ear = context;
    ear->heard++;
    ear->request = *request;
    snprintf(ear->tenant, sizeof ear->tenant, "%s", tenant);
}

static bool ear_is_up(void *context)
{
    return event_bus_up(((struct ear *)context)->bus);
}

static bool ear_heard(void *context)
{
    return ((struct ear *)context)->heard > 0;
}

static void events_reach_who_joined_the_tenant(void **state)
{
    struct world *w = *state;
    struct ear ear = { 0 };
    struct event_bus_events events = { happened, NULL, &ear };
    struct id one = id_new(), two = id_new();
    ear.bus = event_bus_new(w->redis, &events);
    event_bus_join(ear.bus, "t_00000000000000aa");
    event_bus_join(ear.bus, "t_00000000000000aa");
    event_bus_join(ear.bus, "t_00000000000000bb");
    loop_until(&w->loop, ear_is_up, &ear, 5000);
    event_bus_leave(ear.bus, "t_00000000000000bb");
    event_bus_leave(ear.bus, "t_00000000000000aa");
    event_bus_publish(ear.bus, "t_00000000000000bb", &one);
    event_bus_publish(ear.bus, "t_00000000000000aa", &two);
    loop_until(&w->loop, ear_heard, &ear, 5000);
    assert_int_equal(ear.heard, 1);
    assert_string_equal(ear.tenant, "t_00000000000000aa");
    assert_string_equal(ear.request.text, two.text);
    event_bus_publish(ear.bus, "t_00000000000000aa", &two);
    event_bus_stop(ear.bus);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
        TEST(a_job_goes_from_push_to_finish),
        TEST(release_gives_back),
        TEST(limits_reach_the_queue),
        TEST(later_work_is_promoted_when_it_is_due),
        TEST(pushes_of_many_ops_travel_together),
        TEST(a_push_larger_than_a_batch_keeps_its_order),
        TEST(a_full_queue_is_refilled),
        TEST(the_bell_wakes_a_waiting_worker),
        TEST(a_cancelled_wait_ends_at_once),
        TEST(a_wait_beside_a_lost_queue_is_calm),
        TEST(a_wiped_redis_is_refused_until_it_is_rebuilt),
        TEST(a_rebuild_by_another_process_is_adopted),
        TEST(a_restored_database_does_not_believe_the_old_queue),
        TEST(a_restarted_redis_is_a_stranger),
        TEST(a_rebuild_does_not_survive_a_lost_connection),
        TEST(an_earlier_leader_cannot_rebuild_over_a_later),
        TEST(a_redis_that_may_evict_is_refused),
        TEST(without_redis_calls_end_and_say_so),
        TEST(stopping_ends_every_call),
        TEST(events_reach_who_joined_the_tenant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
