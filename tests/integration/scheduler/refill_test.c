/* A backlog that Redis may not hold, out of a real database. */
#include "scheduler/refill.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/lib/pg_server.h"
#include "tests/lib/queue_world.h"
#include "tests/lib/sql.h"
#include "tests/lib/test.h"

enum { JOBS = 5000 };

static struct pg_server pg;

struct fixture {
    struct queue_world *w;
    struct pg_tenant tenant;
    struct arena arena;
    struct db *db;
    struct job_queue *refill_queue;
    struct refill *refill;
    PGconn *ends; /* writes what a worker would */
    bool stopped;
    int taken, expected;
    struct id last;
};

/* The daemons' login roles differ, so their passwords come from a file. */
static const char *passwords(struct fixture *f)
{
    const char *path = arena_format(&f->arena, "%s/passwords", f->w->server.dir);
    FILE *out = fopen(path, "we");

    assert_non_null(out);
    assert_int_equal(fchmod(fileno(out), 0600), 0);
    fprintf(out, "*:*:*:execgov_platform:%s\n*:*:*:*:%s\n", PG_SERVER_PLATFORM_PASSWORD,
            PG_SERVER_STRIPE_PASSWORD);
    assert_int_equal(fclose(out), 0);
    return path;
}

/* Runs of a skill as an API leaves them: rows, and pushed in order. `key` may be NULL. */
static void accept_jobs(struct fixture *f, int count, const char *skill, const char *key)
{
    PGconn *conn = pg_server_connect(&pg, &f->arena, "postgres");
    struct queue_world *w = f->w;

    for (int at = 0; at < count; at += WORLD_ENTRIES) {
        struct buf sql = { 0 };
        world_fill(w, count - at < WORLD_ENTRIES ? count - at : WORLD_ENTRIES);
        buf_addf(&sql,
                 "with j as (insert into %s.job (id, kind, lane, class, request_id, payload, risk, "
                 "max_attempts, timeout_ms) select id, 'run', 'py', 'normal', id, '{\"skill\": \"%s\"%s}', 'low', 1, "
                 "1000 from unnest('{",
                 f->tenant.schema, skill, key ? arena_format(&f->arena, ", \"concurrency_key\": \"%s\"", key) : "");
        for (int i = 0; i < w->count; i++) {
            buf_addf(&sql, "%s%s", i ? "," : "", w->entries[i].job.text);
            w->entries[i].tenant = f->tenant.schema;
            w->entries[i].fence = 1;
            w->entries[i].action = job_queue_action(&f->arena, skill, NULL, key);
        }
        buf_addf(&sql, "}'::uuid[]) id returning id) insert into %s.job_live (job_id, state) "
                       "select id, 'ready' from j",
                 f->tenant.schema);
        sql_run(conn, "%s", sql.data);
        buf_release(&sql);
        world_call(w, world_push);
        assert_int_equal(w->result.err.code, GOV_OK);
    }
}

/* Those that were taken wait no more. */
static void rows_end(struct fixture *f)
{
    struct queue_world *w = f->w;
    struct buf sql = { 0 };

    for (int i = 0; i < w->count; i++)
        buf_addf(&sql, "%s%s", i ? "," : "", w->entries[i].job.text);
    sql_run(f->ends, "delete from %s.job_live where job_id = any('{%s}')", f->tenant.schema, sql.data);
    buf_release(&sql);
}

/* What a worker does with them; each is behind the one taken before. */
static bool so_many_came(void *context)
{
    struct fixture *f = context;
    struct queue_world *w = f->w;

    if (world_take_all(w) == 0)
        return f->taken == f->expected;
    for (int i = 0; i < w->count; i++) {
        w->entries[i].tenant = f->tenant.schema;
        w->slots[i].ms = 1;
        assert_true(strcmp(f->last.text, w->entries[i].job.text) < 0);
        f->last = w->entries[i].job;
    }
    f->taken += w->count;
    world_call(w, world_finish);
    rows_end(f);
    return f->taken == f->expected;
}

static bool is_stopped(void *context)
{
    return ((struct fixture *)context)->stopped;
}

static void stopped(void *context)
{
    ((struct fixture *)context)->stopped = true;
}

static void begin(struct fixture *f, struct queue_world *w, const char *name)
{
    struct db_options options = { .application = "test", .connections_per_role = 1 };

    memset(f, 0, sizeof *f);
    f->w = w;
    arena_init(&f->arena);
    pg_server_tenant(&pg, name, &f->tenant);
    options.conninfo = arena_format(&f->arena, "host=%s dbname=execgov passfile=%s", pg.dir, passwords(f));
    f->db = db_new(&f->w->loop, &options);
    f->refill_queue = job_queue_new(&(struct job_queue_options){ f->w->redis, "db1" });
    f->ends = pg_server_connect(&pg, &f->arena, "postgres");
}

static void end(struct fixture *f)
{
    refill_stop(f->refill, stopped, f);
    loop_until(&f->w->loop, is_stopped, f, 5000);
    job_queue_stop(f->refill_queue);
    db_stop(f->db);
    arena_release(&f->arena);
}

static void a_backlog_of_five_thousand_comes_out_of_the_database(void **state)
{
    static struct fixture f;

    begin(&f, *state, "backlog");
    accept_jobs(&f, JOBS, "slow", NULL);
    f.refill = refill_new(&f.w->loop, f.refill_queue, f.db);
    f.expected = JOBS;
    loop_until(&f.w->loop, so_many_came, &f, 60000);
    end(&f);
}

static void pause_slow(struct op *op, void *context)
{
    struct fixture *f = context;
    const struct queue_named_limit limit = { .name = "s:slow", .paused = true };

    job_queue_limit_names(op, f->w->queue, f->tenant.schema, 0, &limit, 1, &f->w->result);
}

static void resume_slow(struct op *op, void *context)
{
    struct fixture *f = context;
    job_queue_limit_names(op, f->w->queue, f->tenant.schema, 0, NULL, 0, &f->w->result);
}

static void tell(struct fixture *f, void (*call)(struct op *op, void *context))
{
    struct op_probe p;

    assert_true(op_probe_run(&p, &f->w->loop, call, f));
    assert_int_equal(f->w->result.err.code, GOV_OK);
    op_release(&p.op);
}

static int64_t places_in_redis(struct fixture *f)
{
    redisReply *reply = redisCommand(f->w->direct, "HLEN {s00}:idx");
    int64_t length = reply->integer;

    freeReplyObject(reply);
    return length;
}

static void a_paused_flood_lets_another_skill_pass_and_comes_in_order_when_it_is_resumed(void **state)
{
    static struct fixture f;

    begin(&f, *state, "paused");
    tell(&f, pause_slow);
    accept_jobs(&f, JOBS, "slow", NULL);
    accept_jobs(&f, 100, "quick", NULL);
    f.refill = refill_new(&f.w->loop, f.refill_queue, f.db);
    f.expected = 100; /* although they are the newest of all */
    loop_until(&f.w->loop, so_many_came, &f, 30000);
    assert_in_range(places_in_redis(&f), 1, QUEUE_IDS_MAX / 4);

    f.last.text[0] = 0;
    f.expected += JOBS;
    tell(&f, resume_slow);
    loop_until(&f.w->loop, so_many_came, &f, 60000);
    end(&f);
}

/* One after the other, more than may be set aside: the database knows a key by the hash that Redis does. */
static void a_flood_of_one_key_comes_in_order(void **state)
{
    static struct fixture f;

    begin(&f, *state, "key");
    accept_jobs(&f, 700, "slow", "每天 once");
    f.refill = refill_new(&f.w->loop, f.refill_queue, f.db);
    f.expected = 700;
    loop_until(&f.w->loop, so_many_came, &f, 60000);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_backlog_of_five_thousand_comes_out_of_the_database,
                                        world_start, world_stop),
        cmocka_unit_test_setup_teardown(
            a_paused_flood_lets_another_skill_pass_and_comes_in_order_when_it_is_resumed, world_start, world_stop),
        cmocka_unit_test_setup_teardown(a_flood_of_one_key_comes_in_order, world_start, world_stop),
    };
    pg_server_start(&pg);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    pg_server_stop(&pg);
    return failed;
}
