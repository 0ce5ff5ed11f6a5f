/* visit_test.c - what a visit and a rebuild bring to the queue, over real rows and a real Redis. */
#include "scheduler/visit.h"

#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

#include "scheduler/promote.h"
#include "scheduler/rebuild.h"
#include "tests/lib/op_probe.h"
#include "tests/lib/sched_rig.h"
#include "tests/lib/sql.h"
#include "tests/lib/test.h"

enum { BACKLOG = 30000, IN_THE_MIDDLE = 10000, PAGES = BACKLOG / WALK_ROWS + 2 };

#define JOB "('01900000-0000-7000-8000-' || lpad(%d::text, 12, '0'))::uuid"

struct fixture {
    struct sched_rig rig;
    redisContext *redis;
    struct id none;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    sched_rig_start(&f->rig);
    f->redis = redisConnectUnix(f->rig.redis_server.socket);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    redisFree(f->redis);
    sched_rig_stop(&f->rig);
    free(f);
    return 0;
}

/* Each test has the tenant to itself. */
static int clear(void **state)
{
    struct fixture *f = *state;
    const char *t = f->rig.tenant.schema;

    sql_run(f->rig.admin, "truncate %s.job, %s.job_live, public.worker, public.mark", t, t);
    return 0;
}

static struct scheduler *scheduler(struct fixture *f)
{
    return &f->rig.schedulers[0];
}

/* Ready jobs with the numbers from .. to. */
static void jobs(struct fixture *f, const char *lane, const char *class, int from, int to)
{
    const char *t = f->rig.tenant.schema;

    sql_run(f->rig.admin,
            "with j as (insert into %s.job (id, kind, lane, class, request_id, payload, risk, max_attempts, timeout_ms) "
            "select i, 'run', '%s', '%s', i, '{}', 'low', 1, 1000 from (select "
            "('01900000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid as i from generate_series(%d, %d) n) x "
            "returning id) insert into %s.job_live (job_id, state) select id, 'ready' from j", t, lane, class, from, to, t);
}

static void mark(struct fixture *f)
{
    sql_run(f->rig.admin, "insert into public.mark (tenant_id, minute) values ('%s', date_trunc('minute', now(), 'UTC')) "
                          "on conflict do nothing", f->rig.tenant.id.text);
}

static void visit(struct fixture *f, bool deep)
{
    static struct visit v;
    struct gov_err err;

    mark(f);
    visit_init(&v, scheduler(f), &f->none, 0);
    v.deep = deep;
    if (!op_await(&v.op, &err))
        fail_msg("%s: %s", err.en, err.cause);
    assert_int_equal(v.tenant_count, 1);
    op_release(&v.op);
}

static bool queue_is_reached(void *context)
{
    return job_queue_state(((struct scheduler *)context)->queues.queues[0]) != QUEUE_AWAY;
}

static void rebuild(struct fixture *f, int term)
{
    static struct rebuild r;
    struct gov_err err;

    mark(f);
    loop_until(scheduler(f)->loop, queue_is_reached, scheduler(f), 5000);
    rebuild_init(&r, scheduler(f), term, 1);
    if (!op_await(&r.op, &err))
        fail_msg("%s: %s", err.en, err.cause);
    op_release(&r.op);
}

/* What the queue knows of the job: "q1", …; "-": nothing. In a buffer of the fixture's arena. */
static const char *known(struct fixture *f, int number)
{
    redisReply *reply = redisCommand(f->redis, "HGET {s00}:idx 01900000-0000-7000-8000-%012d", number);
    const char *text = arena_text(&f->rig.rig.arena, reply && reply->type == REDIS_REPLY_STRING ? reply->str : "-");

    freeReplyObject(reply);
    return text;
}

static void one_of_another_class_in_the_middle_of_a_backlog_is_found_after_a_rebuild(void **state)
{
    struct fixture *f = *state;

    jobs(f, "py", "bulk", 1, IN_THE_MIDDLE - 1);
    jobs(f, "ctl", "interactive", IN_THE_MIDDLE, IN_THE_MIDDLE);
    jobs(f, "py", "bulk", IN_THE_MIDDLE + 1, BACKLOG);
    rebuild(f, 1);
    assert_string_equal(known(f, 1), "q1");
    assert_string_equal(known(f, IN_THE_MIDDLE), "-"); /* else the test would show nothing */
    for (int page = 0; page < PAGES && strcmp(known(f, IN_THE_MIDDLE), "q1") != 0; page++)
        visit(f, false);
    assert_string_equal(known(f, IN_THE_MIDDLE), "q1");
    /* The flood's own stay behind its mark. */
    assert_string_equal(known(f, IN_THE_MIDDLE + 1), "-");
}

/* In the same visit that writes it: not when the rows before it are done. */
static void what_falls_due_in_the_middle_of_a_backlog_is_queued_at_once(void **state)
{
    struct fixture *f = *state;

    jobs(f, "py", "bulk", 1, BACKLOG);
    rebuild(f, 1);
    jobs(f, "ctl", "normal", BACKLOG + 1, BACKLOG + 1);
    jobs(f, "py", "bulk", BACKLOG + 2, BACKLOG + 2000);
    sql_run(f->rig.admin, "update %s.job_live set state = 'delayed', run_at = now() where job_id = " JOB, f->rig.tenant.schema,
            BACKLOG + 1);
    visit(f, false);
    assert_string_equal(known(f, BACKLOG + 1), "q1");
}

static void what_a_dead_worker_ran_in_the_middle_of_a_backlog_is_queued_at_once(void **state)
{
    struct fixture *f = *state;
    const char *t = f->rig.tenant.schema;
    struct id dead = id_new();

    jobs(f, "py", "bulk", 1, IN_THE_MIDDLE);
    jobs(f, "sh", "interactive", IN_THE_MIDDLE + 1, IN_THE_MIDDLE + 1);
    jobs(f, "py", "bulk", IN_THE_MIDDLE + 2, BACKLOG);
    sql_run(f->rig.admin, "insert into public.worker (id, host, pid, version, lanes, slots, isolation_level, run_slots, busy, "
                          "heartbeat_at) values ('%s', 'h', 1, 'v', '{sh}', 1, 1, 1, 1, now() - interval '26 seconds')", dead.text);
    sql_run(f->rig.admin, "update %s.job_live set state = 'running', worker = '%s', token = gen_random_uuid(), fence = 2, "
                          "attempt = 1, started_at = now() where job_id = " JOB, t, dead.text, IN_THE_MIDDLE + 1);
    rebuild(f, 1); /* its visit buries the worker, too */
    assert_string_equal(known(f, IN_THE_MIDDLE + 1), "q3");
}

/* However long ago the worker died, and whether or not its row is still there; but nobody's who has just begun. */
static void what_ran_on_a_worker_of_long_ago_is_taken_back_whenever_it_is_met(void **state)
{
    struct fixture *f = *state;
    struct id old = id_new(), gone = id_new(), fresh = id_new();
    const struct { const struct id *worker; const char *since; } runs[] = {
        { &old, "3 days" }, { &gone, "3 days" }, { &fresh, "1 second" } };

    rebuild(f, 1);
    sql_run(f->rig.admin, "insert into public.worker (id, host, pid, version, lanes, slots, isolation_level, run_slots, busy, "
                          "state, heartbeat_at) values ('%s', 'h', 1, 'v', '{py}', 1, 1, 1, 1, 'dead', now() - interval '30 hours')",
            old.text);
    jobs(f, "py", "normal", 1, 3);
    for (int i = 0; i < 3; i++)
        sql_run(f->rig.admin, "update %s.job_live set state = 'running', worker = '%s', token = gen_random_uuid(), fence = 2, "
                              "attempt = 1, started_at = now() - interval '%s' where job_id = " JOB, f->rig.tenant.schema,
                runs[i].worker->text, runs[i].since, i + 1);
    visit(f, true);
    assert_string_equal(known(f, 1), "q3");
    assert_string_equal(known(f, 2), "q3");
    assert_string_equal(sched_rig_value(&f->rig, "select state || fence from {{t}}.job_live where job_id = " JOB, 3), "running2");
}

/* --- delayed jobs --- */

static void delay(struct fixture *f, int number, const char *span)
{
    sql_run(f->rig.admin, "update %s.job_live set state = 'delayed', run_at = clock_timestamp() + interval '%s' where job_id = " JOB,
            f->rig.tenant.schema, span, number);
}

static void say_due(struct op *op, void *context)
{
    struct fixture *f = context;
    job_queue_due(op, scheduler(f)->queues.queues[0], f->rig.tenant.schema, 600);
}

static bool it_is_known(void *context)
{
    return strcmp(known(context, 1), "q1") == 0;
}

static void set_flag(void *flag)
{
    *(bool *)flag = true;
}

static bool is_set(void *flag)
{
    return *(bool *)flag;
}

/* No visit takes place: the queue names the moment. By PostgreSQL's clock, which judges the job. */
static void a_delayed_job_is_queued_at_its_moment(void **state)
{
    struct fixture *f = *state;
    struct op_probe probe;
    bool stopped = false;

    rebuild(f, 1);
    jobs(f, "py", "normal", 1, 1);
    delay(f, 1, "600 milliseconds");
    const char *run_at = sched_rig_value(&f->rig, "select run_at from {{t}}.job_live");
    struct promote *promote = promote_new(scheduler(f)->loop, scheduler(f)->queues.queues[0], scheduler(f)->db, set_flag, &stopped);
    assert_true(op_probe_run(&probe, scheduler(f)->loop, say_due, f));
    op_release(&probe.op);
    loop_until(scheduler(f)->loop, it_is_known, f, 20000);
    const char *late = sched_rig_value(&f->rig, "select extract(epoch from at - '%s'::timestamptz) between 0 and 1 from "
                                       "{{t}}.audit_event where action = 'job.due' order by at desc limit 1", run_at);
    promote_stop(promote, set_flag, &stopped);
    loop_until(scheduler(f)->loop, is_set, &stopped, 5000);
    assert_string_equal(late, "t");
}

static void a_visit_tells_the_queue_when_the_next_falls_due(void **state)
{
    struct fixture *f = *state;

    rebuild(f, 1);
    jobs(f, "py", "normal", 1, 2);
    delay(f, 1, "1 hour");
    delay(f, 2, "1 minute");
    visit(f, false);
    redisReply *due = redisCommand(f->redis, "ZSCORE {s00}:due %s", f->rig.tenant.schema);
    redisReply *now = redisCommand(f->redis, "TIME");
    int64_t in_ms = strtoll(due->str, NULL, 10) - strtoll(now->element[0]->str, NULL, 10) * 1000;
    freeReplyObject(due);
    freeReplyObject(now);
    assert_in_range(in_ms, 40000, 61000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, clear, NULL)
        TEST(one_of_another_class_in_the_middle_of_a_backlog_is_found_after_a_rebuild),
        TEST(what_falls_due_in_the_middle_of_a_backlog_is_queued_at_once),
        TEST(what_a_dead_worker_ran_in_the_middle_of_a_backlog_is_queued_at_once),
        TEST(what_ran_on_a_worker_of_long_ago_is_taken_back_whenever_it_is_met),
        TEST(a_delayed_job_is_queued_at_its_moment),
        TEST(a_visit_tells_the_queue_when_the_next_falls_due),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
