/* tend_test.c - how long a leader rests between its turns through the marked tenants (decision 0650), and what it forgets. A turn
 * is made long by a lock on a table that it reads. */
#include "scheduler/tend.h"

#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "tests/lib/op_probe.h"
#include "tests/lib/sched_rig.h"
#include "tests/lib/sql.h"
#include "tests/lib/test.h"

enum { RESTS = 10, REST_MS_MIN = 1000, REST_MS_MAX = 5000, READING_MS = 1500, PATIENCE_MS = 30000 };

struct fixture {
    struct sched_rig r;
    struct tend tend;
    int64_t term;
    int64_t before_us; /* when the turn before this one began */
    int64_t held_ms;
    bool stopped;
};

static struct scheduler *leading(struct fixture *f)
{
    return &f->r.schedulers[0];
}

static void elected(void *context, int64_t term)
{
    ((struct fixture *)context)->term = term;
}

static void deposed(void *context)
{
    ((struct fixture *)context)->term = 0;
}

static bool leads(void *context)
{
    return ((struct fixture *)context)->term != 0;
}

static bool rests(void *context)
{
    struct fixture *f = context;
    return !f->tend.rounds.running && f->tend.turn_us != f->before_us;
}

static bool has_gone_on_for_long(void *context)
{
    struct fixture *f = context;
    return f->tend.turn_us != f->before_us && clock_mono_us() - f->tend.turn_us >= f->held_ms * 1000;
}

/* Does a visit wait for what somebody else has locked? */
static bool waits_for_a_lock(void *context)
{
    struct fixture *f = context;

    sql_run(f->r.admin, "select pg_stat_clear_snapshot()");
    return atoi(sql_value(&f->r.rig.arena, f->r.admin, "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query ilike "
                                                       "'%%%s%%'", f->r.tenant.schema)) > 0;
}

static void on_stopped(struct rounds *rounds)
{
    struct fixture *f = (struct fixture *)((char *)rounds - offsetof(struct fixture, tend));
    f->stopped = true;
}

static void on_left(void *context)
{
    ((struct fixture *)context)->term = 0;
}

static bool is_stopped(void *context)
{
    return ((struct fixture *)context)->stopped;
}

static bool has_left(void *context)
{
    return ((struct fixture *)context)->term == 0;
}

/* A tenant with a job that is ready, and that nobody takes: it stays marked. */
static void work_waits(struct fixture *f)
{
    struct id job = id_new();

    sql_run(f->r.admin, "with j as (insert into %s.job (id, kind, lane, class, request_id, payload, risk, max_attempts, "
                        "timeout_ms) values ('%s', 'run', 'py', 'normal', '%s', '{}', 'low', 1, 1000) returning id) "
                        "insert into %s.job_live (job_id, state) select id, 'ready' from j",
            f->r.tenant.schema, job.text, job.text, f->r.tenant.schema);
    sql_run(f->r.admin, "insert into public.mark (tenant_id, minute) values ('%s', date_trunc('minute', now(), 'UTC'))",
            f->r.tenant.id.text);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct leader_events events = { elected, deposed, f };

    sched_rig_start(&f->r);
    work_waits(f);
    gauges_init(&leading(f)->gauges, &leading(f)->metrics);
    leading(f)->leader = leader_new(leading(f)->queues.redis, 1, leading(f)->id.text, 0, &events);
    loop_until(&f->r.rig.loop, leads, f, PATIENCE_MS);
    tend_start(&f->tend, leading(f));
    loop_until(&f->r.rig.loop, rests, f, PATIENCE_MS); /* the first turn fills the queue */
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    tend_stop(&f->tend, on_stopped);
    loop_until(&f->r.rig.loop, is_stopped, f, PATIENCE_MS);
    leader_stop(leading(f)->leader, on_left, f);
    loop_until(&f->r.rig.loop, has_left, f, PATIENCE_MS);
    sched_rig_stop(&f->r);
    free(f);
    return 0;
}

/* Let a turn take `held_ms` at least. How long it rests then; `took_ms` (may be NULL): how long the turn took at most. */
static int64_t rest_after(struct fixture *f, int64_t held_ms, int64_t *took_ms)
{
    f->before_us = f->tend.turn_us;
    f->held_ms = held_ms;
    if (held_ms)
        sql_run(f->r.admin, "begin; lock table %s.job_live in access exclusive mode", f->r.tenant.schema);
    tend_wake(&f->tend);
    if (held_ms) {
        loop_until(&f->r.rig.loop, has_gone_on_for_long, f, PATIENCE_MS);
        assert_true(f->tend.rounds.running);
        sql_run(f->r.admin, "commit");
    }
    loop_until(&f->r.rig.loop, rests, f, PATIENCE_MS);
    assert_false(f->tend.rounds.op.failed);
    assert_int_equal(f->tend.visit.tenant_count, 1);
    if (took_ms)
        *took_ms = (clock_mono_us() - f->tend.turn_us) / 1000 + 1;
    return (int64_t)uv_timer_get_due_in(&f->tend.rounds.timer);
}

static void a_turn_that_was_cheap_is_followed_by_another_in_a_second(void **state)
{
    int64_t took_ms, rest_ms = rest_after(*state, 0, &took_ms);
    int64_t most_ms = RESTS * took_ms > REST_MS_MAX ? REST_MS_MAX : RESTS * took_ms;

    assert_in_range(rest_ms, 1, most_ms > REST_MS_MIN ? most_ms : REST_MS_MIN);
}

/* What is left of the rest when it is read is a little less than it was. */
static void a_turn_that_was_dear_is_rested_from_ten_times_as_long(void **state)
{
    int64_t took_ms, rest_ms = rest_after(*state, 350, &took_ms);

    assert_in_range(rest_ms, RESTS * 350 - READING_MS, REST_MS_MAX);
    assert_true(rest_ms <= RESTS * took_ms);
}

static void the_longest_rest_is_five_seconds(void **state)
{
    assert_in_range(rest_after(*state, 1000, NULL), REST_MS_MAX - READING_MS, REST_MS_MAX);
}

/* Does the queue hold settings of the tenant? */
static bool is_known(struct fixture *f)
{
    redisContext *redis = redisConnectUnix(f->r.redis_server.socket);
    redisReply *conf = redisCommand(redis, "HEXISTS {s00}:conf %s", f->r.tenant.schema);
    redisReply *told = redisCommand(redis, "HEXISTS {s00}:told %s", f->r.tenant.schema);
    bool known = conf->integer || told->integer;

    freeReplyObject(conf);
    freeReplyObject(told);
    redisFree(redis);
    return known;
}

/* As far as the queue goes, what forgetting it does. */
static void forget(struct fixture *f)
{
    redisContext *redis = redisConnectUnix(f->r.redis_server.socket);

    freeReplyObject(redisCommand(redis, "HDEL {s00}:conf %s", f->r.tenant.schema));
    freeReplyObject(redisCommand(redis, "HDEL {s00}:told %s", f->r.tenant.schema));
    redisFree(redis);
    assert_false(is_known(f));
}

static bool everybody_was_looked_at(void *context)
{
    return ((struct fixture *)context)->tend.everybody_us > 0;
}

/* The last test: the tenant is gone after it. Its turn has read the tenant's settings, waits for a table that goes with its schema,
 * and tells the queue when drop and forgetting are over. */
static void a_tenant_that_was_dropped_during_a_visit_is_forgotten_by_the_next_look_at_all(void **state)
{
    struct fixture *f = *state;

    f->before_us = f->tend.turn_us;
    f->held_ms = 1;
    sql_run(f->r.admin, "begin; drop schema %s cascade", f->r.tenant.schema);
    sql_run(f->r.admin, "set local session_replication_role = replica; insert into public.tenant_drop (tenant_id, subscription_id, approval_id, "
            "reason, requested_by, notice_id, noticed_at, ended_at) select t.id, t.id, t.id, 'over', t.id, t.id, now(), clock_timestamp() from "
            "public.tenant t where t.id = '%s'; update public.tenant set state = 'terminated', run_allowed = false, revision = revision + 1 where "
            "id = '%s'", f->r.tenant.id.text, f->r.tenant.id.text);
    tend_wake(&f->tend);
    loop_until(&f->r.rig.loop, waits_for_a_lock, f, PATIENCE_MS);
    sql_run(f->r.admin, "delete from public.mark where tenant_id = '%s'; commit", f->r.tenant.id.text);
    forget(f);
    loop_until(&f->r.rig.loop, rests, f, PATIENCE_MS);
    assert_true(is_known(f)); /* told of behind the drop */
    tend_everybody(&f->tend);
    loop_until(&f->r.rig.loop, everybody_was_looked_at, f, PATIENCE_MS);
    loop_until(&f->r.rig.loop, rests, f, PATIENCE_MS);
    assert_false(is_known(f));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_turn_that_was_cheap_is_followed_by_another_in_a_second),
        cmocka_unit_test(a_turn_that_was_dear_is_rested_from_ten_times_as_long),
        cmocka_unit_test(the_longest_rest_is_five_seconds),
        cmocka_unit_test(a_tenant_that_was_dropped_during_a_visit_is_forgotten_by_the_next_look_at_all), /* the last */
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
