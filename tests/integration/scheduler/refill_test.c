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

struct fixture {
    struct queue_world *w;
    struct pg_server pg;
    struct pg_tenant tenant;
    struct arena arena;
    struct db *db;
    struct job_queue *refill_queue;
    struct refill *refill;
    bool stopped;
    int taken;
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

/* Jobs as an API leaves them: rows, and pushed in order. */
static void accept_jobs(struct fixture *f)
{
    PGconn *conn = pg_server_connect(&f->pg, &f->arena, "postgres");
    struct queue_world *w = f->w;

    for (int at = 0; at < JOBS; at += WORLD_ENTRIES) {
        struct buf sql = { 0 };
        world_fill(w, JOBS - at < WORLD_ENTRIES ? JOBS - at : WORLD_ENTRIES);
        buf_addf(&sql,
                 "with j as (insert into %s.job (id, kind, lane, class, request_id, payload, risk, "
                 "max_attempts, timeout_ms) select id, 'run', 'py', 'normal', id, '{}', 'low', 1, "
                 "1000 from unnest('{",
                 f->tenant.schema);
        for (int i = 0; i < w->count; i++) {
            buf_addf(&sql, "%s%s", i ? "," : "", w->entries[i].job.text);
            w->entries[i].tenant = f->tenant.schema;
            w->entries[i].fence = 1;
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

static bool everything_came(void *context)
{
    struct fixture *f = context;
    struct queue_world *w = f->w;

    if (world_take_all(w) == 0)
        return f->taken == JOBS;
    for (int i = 0; i < w->count; i++) {
        w->entries[i].tenant = f->tenant.schema;
        w->slots[i].ms = 1;
    }
    f->taken += w->count;
    world_call(w, world_finish);
    return f->taken == JOBS;
}

static bool is_stopped(void *context)
{
    return ((struct fixture *)context)->stopped;
}

static void stopped(void *context)
{
    ((struct fixture *)context)->stopped = true;
}

static void a_backlog_of_five_thousand_comes_out_of_the_database(void **state)
{
    static struct fixture f;
    struct db_options options = { .application = "test", .connections_per_role = 1 };

    f.w = *state;
    arena_init(&f.arena);
    pg_server_start(&f.pg);
    pg_server_tenant(&f.pg, "A", &f.tenant);
    options.conninfo = arena_format(&f.arena, "host=%s dbname=execgov passfile=%s", f.pg.dir,
                                    passwords(&f));
    f.db = db_new(&f.w->loop, &options);
    accept_jobs(&f);
    f.refill_queue = job_queue_new(&(struct job_queue_options){ f.w->redis, "db1" });
    f.refill = refill_new(&f.w->loop, f.refill_queue, f.db);
    loop_until(&f.w->loop, everything_came, &f, 30000);
    refill_stop(f.refill, stopped, &f);
    loop_until(&f.w->loop, is_stopped, &f, 5000);
    job_queue_stop(f.refill_queue);
    db_stop(f.db);
    arena_release(&f.arena);
    pg_server_stop(&f.pg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_backlog_of_five_thousand_comes_out_of_the_database,
                                        world_start, world_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
