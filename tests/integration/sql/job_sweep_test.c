/* job_sweep_test.c - job_sweep.sql: what may have been lost between its commit and its push is found. */
#include "tests/lib/test.h"

#include <stdlib.h>
#include <string.h>

#include "sql_queries.h"
#include "tests/lib/pg_server.h"
#include "tests/lib/sql.h"

struct fixture {
    struct pg_server server;
    struct arena arena;
    struct pg_tenant tenant;
    PGconn *admin;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    pg_server_start(&f->server);
    pg_server_tenant(&f->server, "A", &f->tenant);
    f->admin = pg_server_connect(&f->server, &f->arena, "postgres");
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

/* Ready jobs in the order of n = from .. to. */
static void jobs(struct fixture *f, const char *lane, const char *class, int from, int to)
{
    sql_run(f->admin,
            "with j as (insert into %s.job (id, kind, lane, class, request_id, payload, risk, max_attempts, timeout_ms) "
            "select i, 'run', '%s', '%s', i, '{}', 'low', 1, 1000 from (select "
            "('01900000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid as i from generate_series(%d, %d) n) x "
            "returning id) insert into %s.job_live (job_id, state) select id, 'ready' from j",
            f->tenant.schema, lane, class, from, to, f->tenant.schema);
}

/* The sweep of at most `oldest`; the caller clears it. */
static PGresult *sweep(struct fixture *f, const char *oldest)
{
    const char *params[] = { oldest, "false" };
    const char *text = sql_expand(&f->arena, sql_queries[SQL_QUERIES_JOB_SWEEP].text, f->tenant.schema);
    PGresult *rows = PQexecParams(f->admin, text, 2, NULL, params, NULL, NULL, 0);

    assert_int_equal(PQresultStatus(rows), PGRES_TUPLES_OK);
    return rows;
}

static void a_young_one_is_found_behind_thousands_of_another_class(void **state)
{
    struct fixture *f = *state;

    jobs(f, "py", "bulk", 1, 2600);
    jobs(f, "ctl", "interactive", 2601, 2601);
    PGresult *rows = sweep(f, "2000");
    int last = PQntuples(rows) - 1;

    assert_int_equal(last + 1, 2500);
    assert_string_equal(PQgetvalue(rows, last, 2), "ctl");
    assert_string_equal(PQgetvalue(rows, 0, 0), "01900000-0000-7000-8000-000000000001");
    for (int i = 1; i <= last; i++)
        assert_true(strcmp(PQgetvalue(rows, i - 1, 0), PQgetvalue(rows, i, 0)) < 0);
    PQclear(rows);
}

static void what_is_among_the_oldest_and_the_newest_comes_once(void **state)
{
    struct fixture *f = *state;
    PGresult *rows = sweep(f, "2400");

    assert_int_equal(PQntuples(rows), 2601);
    PQclear(rows);
}

/* As a daemon's connection has it that was there before the first job: the plan stays when thousands come. */
static void prepared_on_an_empty_tenant_it_looks_up_what_it_found(void **state)
{
    struct fixture *f = *state;
    struct pg_tenant empty;
    char *plan = NULL;

    pg_server_tenant(&f->server, "B", &empty);
    sql_run(f->admin, "set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off; set jit = off; "
                      "set plan_cache_mode = force_generic_plan");
    const char *text = sql_expand(&f->arena, sql_queries[SQL_QUERIES_JOB_SWEEP].text, empty.schema);
    PGresult *prepared = PQprepare(f->admin, "sweep", text, 0, NULL);
    assert_int_equal(PQresultStatus(prepared), PGRES_COMMAND_OK);
    PQclear(prepared);
    PGresult *rows = PQexec(f->admin, "explain (costs off) execute sweep(2000, true)");
    assert_int_equal(PQresultStatus(rows), PGRES_TUPLES_OK);
    for (int i = 0; i < PQntuples(rows) && !plan; i++)
        if (strstr(PQgetvalue(rows, i, 0), "on job k") || strstr(PQgetvalue(rows, i, 0), "on job j"))
            plan = i + 1 < PQntuples(rows) ? PQgetvalue(rows, i + 1, 0) : "";
    assert_non_null(plan);
    assert_non_null(strstr(plan, "Index Cond: (id = "));
    PQclear(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_young_one_is_found_behind_thousands_of_another_class),
        cmocka_unit_test(what_is_among_the_oldest_and_the_newest_comes_once),
        cmocka_unit_test(prepared_on_an_empty_tenant_it_looks_up_what_it_found),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
