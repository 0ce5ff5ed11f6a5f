/* job_release.sql: what is given back. A claim that is somebody else's by now gives nothing back, and says so. */
#include <stdlib.h>
#include <string.h>

#include "sql_queries.h"
#include "tests/lib/pg_server.h"
#include "tests/lib/sql.h"
#include "tests/lib/test.h"

struct fixture {
    struct pg_server server;
    struct arena arena;
    struct pg_tenant tenant;
    PGconn *admin, *conn;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    pg_server_start(&f->server);
    pg_server_tenant(&f->server, "A", &f->tenant);
    f->admin = pg_server_connect(&f->server, &f->arena, "postgres");
    f->conn = pg_server_enter(&f->server, &f->arena, &f->tenant);
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

struct claim {
    struct id job, token;
    const char *fence;
};

/* A run of low risk under its second fence, in its first attempt. */
static struct claim claimed(struct fixture *f, const char *payload)
{
    struct claim c = { id_new(), id_new(), "2" };

    sql_run(f->admin, "insert into %s.job (id, kind, lane, class, request_id, payload, risk, max_attempts, timeout_ms) "
            "values ('%s', 'run', 'py', 'normal', '%s', '%s', 'low', 3, 1000)", f->tenant.schema, c.job.text, c.job.text, payload);
    sql_run(f->admin, "insert into %s.job_live (job_id, state, worker, token, fence, attempt, started_at) values "
            "('%s', 'running', '%s', '%s', 2, 1, now())", f->tenant.schema, c.job.text, id_new().text, c.token.text);
    return c;
}

/* By the tenant's role, as a worker does. "": done, else what it was refused for. */
static const char *release(struct fixture *f, const struct claim *c, const char *why)
{
    const char *values[] = { c->job.text, c->fence, c->token.text, why, "0", NULL };
    PGresult *rows = PQexecParams(f->conn, sql_expand(&f->arena, sql_queries[SQL_QUERIES_JOB_RELEASE].text, f->tenant.schema),
                                  6, NULL, values, NULL, NULL, 0);
    char *refused = arena_text(&f->arena, PQresultStatus(rows) == PGRES_TUPLES_OK
                                              ? "" : PQresultErrorField(rows, PG_DIAG_MESSAGE_PRIMARY));

    refused[strcspn(refused, ":")] = 0; /* "stale: the transaction was given up" */

    PQclear(rows);
    return refused;
}

#define LIVE "select state || ' ' || fence || ' ' || attempt from %s.job_live where job_id = '%s'"
#define live(f, c) sql_value(&(f)->arena, (f)->admin, LIVE, (f)->tenant.schema, (c)->job.text)
#define audited(f, c) atoi(sql_value(&(f)->arena, (f)->admin, "select count(*) from %s.audit_event where subject = '%s'", \
                                     (f)->tenant.schema, (c)->job.text))

static void it_goes_back_under_the_next_fence_and_costs_an_attempt_only_where_it_failed(void **state)
{
    struct fixture *f = *state;
    struct claim drained = claimed(f, "{}"), failed = claimed(f, "{}");

    assert_string_equal(release(f, &drained, "released"), "");
    assert_string_equal(live(f, &drained), "ready 3 0");
    assert_string_equal(release(f, &failed, "retry"), "");
    assert_string_equal(live(f, &failed), "ready 3 1");
    assert_int_equal(audited(f, &failed), 1);
}

/* Whoever asks again after a lost answer, or after it was taken from him. */
static void a_claim_that_is_not_ours_any_more_is_stale_and_writes_nothing(void **state)
{
    struct fixture *f = *state;
    struct claim c = claimed(f, "{}"), older = c, forged = c;

    older.fence = "1";
    forged.token = id_new();
    assert_string_equal(release(f, &older, "released"), "stale");
    assert_string_equal(release(f, &forged, "lost"), "stale");
    assert_string_equal(live(f, &c), "running 2 1");
    assert_int_equal(audited(f, &c), 0);
    assert_string_equal(release(f, &c, "released"), "");
    assert_string_equal(release(f, &c, "released"), "stale");
    assert_string_equal(live(f, &c), "ready 3 0");
    assert_int_equal(audited(f, &c), 1);
}

static void what_may_have_written_outside_goes_back_only_if_repeating_is_harmless(void **state)
{
    struct fixture *f = *state;
    struct claim once = claimed(f, "{}"), harmless = claimed(f, "{\"idempotent\": true}");

    for (int i = 0; i < 2; i++)
        sql_run(f->admin, "insert into %s.effect (job_id, step, state) values ('%s', '1', 'started')",
                f->tenant.schema, (i ? &harmless : &once)->job.text);
    assert_string_equal(release(f, &once, "released"), "outcome_unknown");
    assert_string_equal(live(f, &once), "running 2 1");
    assert_string_equal(release(f, &harmless, "released"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_goes_back_under_the_next_fence_and_costs_an_attempt_only_where_it_failed),
        cmocka_unit_test(a_claim_that_is_not_ours_any_more_is_stale_and_writes_nothing),
        cmocka_unit_test(what_may_have_written_outside_goes_back_only_if_repeating_is_harmless),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
