/* Who leads, and what the leader promotes. Real Redis. */
#include "scheduler/leader.h"

#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "scheduler/promote.h"
#include "tests/lib/op_probe.h"
#include "tests/lib/redis_server.h"
#include "tests/lib/test.h"

enum { TTL_MS = 600, SHARDS = 2 };

struct world {
    struct redis_server server;
    struct loop loop;
    struct redis *redis;
    struct redis_server second; /* where the other shard is */
    struct redis *shards[SHARDS];
};

struct candidate {
    struct leader *leader;
    int64_t term;
    int elections, depositions;
    bool stopped;
};

static void elected(void *context, int64_t term)
{
    struct candidate *c = context;
    c->term = term;
    c->elections++;
}

static void deposed(void *context)
{
    struct candidate *c = context;
    c->term = 0;
    c->depositions++;
}

static void stopped(void *context)
{
    ((struct candidate *)context)->stopped = true;
}

static void stand(struct world *w, struct candidate *c, const char *name)
{
    struct leader_events events = { elected, deposed, c };
    c->leader = leader_new(w->shards, SHARDS, name, TTL_MS, &events);
}

static bool leads(void *context)
{
    struct candidate *c = context;
    return c->term && leader_term(c->leader) == c->term;
}

static bool leads_not(void *context)
{
    return ((struct candidate *)context)->term == 0;
}

static bool is_stopped(void *context)
{
    return ((struct candidate *)context)->stopped;
}

static void step_down(struct world *w, struct candidate *c)
{
    leader_stop(c->leader, stopped, c);
    loop_until(&w->loop, is_stopped, c, 5000);
}

static int start(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    redis_server_start(&w->server, false);
    loop_init(&w->loop);
    w->redis = redis_new(
        &w->loop, &(struct redis_options){ .address = w->server.address, .command_ms = 300 });
    redis_server_start(&w->second, false);
    w->shards[0] = w->redis;
    w->shards[1] = redis_new(
        &w->loop, &(struct redis_options){ .address = w->second.address, .command_ms = 300 });
    *state = w;
    return 0;
}

static int stop(void **state)
{
    struct world *w = *state;
    redis_stop(w->redis);
    redis_stop(w->shards[1]);
    bool clean = loop_release(&w->loop);
    redis_server_stop(&w->server);
    redis_server_stop(&w->second);
    free(w);
    return clean ? 0 : 1;
}

static void one_of_two_leads_and_the_other_follows_when_it_stops(void **state)
{
    struct world *w = *state;
    struct candidate a = { 0 }, b = { 0 };
    stand(w, &a, "a");
    loop_until(&w->loop, leads, &a, 5000);
    int64_t first = a.term;
    stand(w, &b, "b");
    int64_t until_us = clock_mono_us() + 2 * TTL_MS * 1000;
    while (clock_mono_us() < until_us) {
        uv_run(&w->loop.uv, UV_RUN_ONCE);
        assert_int_equal(b.elections, 0);
        assert_int_equal(leader_term(a.leader), first);
    }
    step_down(w, &a);
    loop_until(&w->loop, leads, &b, 5000);
    assert_true(b.term > first);
    assert_int_equal(a.depositions, 0);
    step_down(w, &b);
}

static void a_leader_without_redis_stops_leading_before_its_key_ends(void **state)
{
    struct world *w = *state;
    struct candidate a = { 0 };
    stand(w, &a, "a");
    loop_until(&w->loop, leads, &a, 5000);
    kill(w->server.pid, SIGSTOP);
    kill(w->second.pid, SIGSTOP);
    loop_until(&w->loop, leads_not, &a, 5000);
    assert_int_equal(leader_term(a.leader), 0);
    assert_int_equal(a.depositions, 1);
    kill(w->server.pid, SIGCONT);
    kill(w->second.pid, SIGCONT);
    loop_until(&w->loop, leads, &a, 8000);
    assert_int_equal(a.elections, 2);
    step_down(w, &a);
}

static void a_wiped_redis_gives_a_later_term(void **state)
{
    struct world *w = *state;
    struct candidate a = { 0 };
    stand(w, &a, "a");
    loop_until(&w->loop, leads, &a, 5000);
    int64_t first = a.term;
    redisContext *direct = redisConnectUnix(w->server.socket);
    freeReplyObject(redisCommand(direct, "FLUSHALL"));
    redisFree(direct);
    int64_t until_us = clock_mono_us() + 5 * 1000 * 1000;
    while (a.elections < 2 && clock_mono_us() < until_us)
        uv_run(&w->loop.uv, UV_RUN_ONCE);
    assert_int_equal(a.elections, 2);
    assert_int_equal(a.depositions, 1);
    assert_true(a.term > first);
    step_down(w, &a);
}

static bool leads_anew(void *context)
{
    struct candidate *c = context;
    return leads(c) && c->elections > 1;
}

static void while_the_first_shard_is_away_one_still_leads_and_it_is_the_same_for_all(void **state)
{
    struct world *w = *state;
    struct candidate a = { 0 }, b = { 0 };
    stand(w, &a, "a");
    loop_until(&w->loop, leads, &a, 5000);
    redis_server_kill(&w->server);
    loop_until(&w->loop, leads_anew, &a, 5000);
    stand(w, &b, "b");
    int64_t until_us = clock_mono_us() + 2 * TTL_MS * 1000;
    while (clock_mono_us() < until_us) {
        uv_run(&w->loop.uv, UV_RUN_ONCE);
        assert_int_equal(b.elections, 0);
    }
    redis_server_again(&w->server); /* whoever asks first leads by it, and the other gives up */
    until_us = clock_mono_us() + 20 * TTL_MS * 1000;
    while (clock_mono_us() < until_us && (leads(&a) == leads(&b) || a.elections + b.elections < 3))
        uv_run(&w->loop.uv, UV_RUN_ONCE);
    assert_true(leads(&a) != leads(&b));
    step_down(w, &b);
    loop_until(&w->loop, leads, &a, 5000);
    step_down(w, &a);
}

/* --- promote --- */

struct promoting {
    struct world *w;
    struct job_queue *queue, *pushing;
    struct promote *promote;
    struct queue_result result;
    bool stopped;
    int looks;
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

static void run(struct promoting *p, void (*call)(struct op *op, void *arguments))
{
    struct op_probe probe;
    assert_true(op_probe_run(&probe, &p->w->loop, call, p));
    assert_int_equal(p->result.err.code, GOV_OK);
    op_release(&probe.op);
}

static void promote_stopped(void *context)
{
    ((struct promoting *)context)->stopped = true;
}

static void look(void *context)
{
    ((struct promoting *)context)->looks++;
}

static bool has_looked(void *context)
{
    return ((struct promoting *)context)->looks > 0;
}

static bool promote_is_stopped(void *context)
{
    return ((struct promoting *)context)->stopped;
}

/* The loop sleeps with nothing in sight. (What it does at a job's moment needs rows: visit_test.c.) */
static void whoever_wrote_a_mark_wakes_the_leader(void **state)
{
    struct world *w = *state;
    struct job_queue_options options = { w->redis, "db1" };
    struct promoting p = { .w = w,
                           .queue = job_queue_new(&options),
                           .pushing = job_queue_new(&options) };
    run(&p, begin);
    run(&p, end);
    p.promote = promote_new(&w->loop, p.queue, NULL, look, &p);
    int64_t until_us = clock_mono_us() + 300 * 1000;
    while (clock_mono_us() < until_us)
        uv_run(&w->loop.uv, UV_RUN_NOWAIT);
    assert_int_equal(p.looks, 0);
    job_queue_look(p.pushing);
    loop_until(&w->loop, has_looked, &p, 5000);
    promote_stop(p.promote, promote_stopped, &p);
    loop_until(&w->loop, promote_is_stopped, &p, 5000);
    job_queue_stop(p.queue);
    job_queue_stop(p.pushing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
        TEST(one_of_two_leads_and_the_other_follows_when_it_stops),
        TEST(a_leader_without_redis_stops_leading_before_its_key_ends),
        TEST(a_wiped_redis_gives_a_later_term),
        TEST(while_the_first_shard_is_away_one_still_leads_and_it_is_the_same_for_all),
        TEST(whoever_wrote_a_mark_wakes_the_leader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
