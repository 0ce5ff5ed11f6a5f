/* job_reclaim.sql: what a dead worker ran. Whatever ends so owes its callback in the same commit. */
#include <stdlib.h>
#include <string.h>

#include "sql_queries.h"
#include "tests/lib/pg_server.h"
#include "tests/lib/sql.h"
#include "tests/lib/test.h"

#define URL "https://told.example/here"

struct fixture {
    struct pg_server server;
    struct arena arena;
    struct pg_tenant tenant;
    PGconn *admin, *conn;
    struct id worker;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    pg_server_start(&f->server);
    pg_server_tenant(&f->server, "A", &f->tenant);
    f->admin = pg_server_connect(&f->server, &f->arena, "postgres");
    f->conn = pg_server_enter(&f->server, &f->arena, &f->tenant);
    f->worker = id_new();
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    arena_release(&f->arena);
    pg_server_stop(&f->server);
    free(f);
    return 0;
}

/* A job that runs on the worker, whose earlier workers died so often. */
static struct id running(struct fixture *f, const char *kind, int crashes, const char *url)
{
    struct id id = id_new();
    const char *payload = url ? "{\"callback_url\": \"" URL "\"}" : "{}";

    sql_run(f->admin, "insert into %s.job (id, kind, lane, class, request_id, payload, risk, max_attempts, timeout_ms) "
            "values ('%s', '%s', 'py', 'normal', '%s', '%s', %s, 1, 1000)", f->tenant.schema, id.text, kind, id.text,
            payload, strcmp(kind, "run") == 0 ? "'low'" : "null");
    sql_run(f->admin, "insert into %s.job_live (job_id, state, worker, token, attempt, crash_count) values "
            "('%s', 'running', '%s', gen_random_uuid(), 1, %d)", f->tenant.schema, id.text, f->worker.text, crashes);
    return id;
}

/* By the tenant's role, as the scheduler does. How many jobs were taken. */
static int reclaim(struct fixture *f)
{
    const char *workers[] = { "{}", arena_format(&f->arena, "{%s}", f->worker.text) };
    PGresult *rows = PQexecParams(f->conn, sql_expand(&f->arena, sql_queries[SQL_QUERIES_JOB_RECLAIM].text, f->tenant.schema),
                                  2, NULL, workers, NULL, NULL, 0);
    int count = PQntuples(rows);

    if (PQresultStatus(rows) != PGRES_TUPLES_OK)
        fail_msg("%s", PQresultErrorMessage(rows));
    PQclear(rows);
    return count;
}

#define count(f, what, of) atoi(sql_value(&(f)->arena, (f)->admin, what, (f)->tenant.schema, (of)->text))

#define DELIVERIES "select count(*) from %s.delivery where subject = '%s' and url = '" URL "'"
#define AUDITED "select count(*) from %s.audit_event where action = 'delivery.made' and request_id = '%s'"

static void the_third_crash_ends_the_run_and_owes_its_callback(void **state)
{
    struct fixture *f = *state;
    struct id run = running(f, "run", 2, URL);

    assert_int_equal(reclaim(f), 1);
    assert_int_equal(count(f, "select count(*) from %s.job_outcome where job_id = '%s' and code = 'poison'", &run), 1);
    assert_int_equal(count(f, DELIVERIES, &run), 1);
    assert_int_equal(count(f, AUDITED, &run), 1);
    const char *t = f->tenant.schema;
    assert_string_equal(sql_value(&f->arena, f->admin,
                                  "select count(*) from %s.job j join %s.job_live l on l.job_id = j.id and l.state = 'ready' "
                                  "join %s.delivery d on d.id = (j.payload -> 'arguments' ->> 'delivery')::uuid "
                                  "where j.kind = 'task' and j.request_id = '%s' and j.id > '%s' "
                                  "and abs(extract(epoch from now() - public.uuid_made_at(j.id))) < 60",
                                  t, t, t, run.text, run.text), "1");
    assert_int_equal(reclaim(f), 0);
    assert_int_equal(count(f, DELIVERIES, &run), 1);
}

static void what_goes_back_or_asked_for_none_owes_none(void **state)
{
    struct fixture *f = *state;
    struct id again = running(f, "run", 0, URL), silent = running(f, "run", 2, NULL), task = running(f, "task", 2, URL);

    assert_int_equal(reclaim(f), 3);
    assert_int_equal(count(f, "select count(*) from %s.job_live where job_id = '%s' and state = 'ready'", &again), 1);
    assert_int_equal(count(f, "select count(*) from %s.job_outcome where job_id = '%s'", &silent), 1);
    assert_int_equal(count(f, "select count(*) from %s.delivery where subject = '%s'", &again), 0);
    assert_int_equal(count(f, "select count(*) from %s.delivery where subject = '%s'", &silent), 0);
    assert_int_equal(count(f, "select count(*) from %s.delivery where subject = '%s'", &task), 0); /* its own end is nobody's */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_third_crash_ends_the_run_and_owes_its_callback),
        cmocka_unit_test(what_goes_back_or_asked_for_none_owes_none),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
