/* audit_search_test.c - audit_page.sql, audit_page_of.sql and platform_audit_page.sql find what a look at every row finds,
 * and look at few. */
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
    PGconn *admin, *role, *platform;
};

enum { HOURS = 400, JOBS_AN_HOUR = 60 };

/* A job of an hour ago, the n-th of that hour; its request is the first of that hour. */
#define JOB(hour, n)                                                                                 \
    "(left(public.uuid_before(date_trunc('hour', now()) - interval '" hour " hours')::text, 24) || lpad((" n ")::text, 12, '0'))::uuid"

static void act(struct fixture *f, const char *text)
{
    sql_run(f->admin, "%s", sql_expand(&f->arena, text, f->tenant.schema));
}

static const char *value(struct fixture *f, const char *text)
{
    return sql_value(&f->arena, f->admin, "%s", sql_expand(&f->arena, text, f->tenant.schema));
}

/* Three rows a job, in the order of time; every hour something about a skill and something about a schedule's slot. */
static int setup(void **state)
{
    static struct fixture f;

    pg_server_start(&f.server);
    pg_server_tenant(&f.server, "A", &f.tenant);
    f.admin = pg_server_connect(&f.server, &f.arena, "postgres");
    f.role = pg_server_enter(&f.server, &f.arena, &f.tenant);
    act(&f, "with j as materialized (select h, n, a, date_trunc('hour', now()) - h * interval '1 hour' + n * interval '1 min' "
            "as at, (left(public.uuid_before(date_trunc('hour', now()) - h * interval '1 hour')::text, 24) || "
            "lpad(n::text, 12, '0'))::uuid as id, (left(public.uuid_before(date_trunc('hour', now()) - h * interval '1 "
            "hour')::text, 24) || lpad('0', 12, '0'))::uuid as request from generate_series(0, 399) h, "
            "generate_series(0, 59) n, unnest('{accepted,claimed,succeeded}'::text[]) a) "
            "insert into {{t}}.audit_event (at, actor_kind, kind, action, subject_kind, subject, request_id) "
            "select at, 'worker', case when n % 20 = 0 then 'login' else 'run' end, 'job.' || a, 'job', id::text, request "
            "from j union all select at, 'user', 'skill', 'skill.changed', 'skill', 'sales-report', null from j where n = 7 "
            "and a = 'claimed' union all select at, 'system', 'schedule', 'schedule.fired', 'schedule', 'nightly', request "
            "from j where n = 9 and a = 'claimed' order by at");
    act(&f, "insert into {{t}}.job (id, kind, lane, class, request_id, payload, risk, max_attempts, timeout_ms) "
            "select " JOB("100", "n") ", 'run', 'python', 'normal', " JOB("100", "0") ", '{}', 'low', 1, 1000 "
            "from generate_series(0, 59) n");
    sql_run(f.admin, "vacuum analyze %s.audit_event", f.tenant.schema);
    sql_run(f.role, "set plan_cache_mode = force_generic_plan");
    for (int i = 0; i < 2; i++) {
        const struct embedded *file = &sql_queries[i ? SQL_QUERIES_AUDIT_PAGE_OF : SQL_QUERIES_AUDIT_PAGE];
        PQclear(PQprepare(f.role, i ? "of" : "page", sql_expand(&f.arena, file->text, f.tenant.schema), 0, NULL));
    }
    f.platform = pg_server_connect(&f.server, &f.arena, "execgov_platform");
    sql_run(f.admin, "insert into public.platform_audit (at, actor_kind, kind, action) select now() - (20000 - n) * interval "
                     "'1 min', 'system', case when n %% 5000 = 10 then 'rare' else 'login' end, 'of.a.test' "
                     "from generate_series(1, 20000) n");
    sql_run(f.admin, "vacuum analyze public.platform_audit");
    sql_run(f.platform, "set plan_cache_mode = force_generic_plan");
    PQclear(PQprepare(f.platform, "platform", sql_queries[SQL_QUERIES_PLATFORM_AUDIT_PAGE].text, 0, NULL));
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    arena_release(&f->arena);
    pg_server_stop(&f->server);
    return 0;
}

/* "count first-id last-id" of what a prepared query answers to these parameters. */
static const char *found_as(struct fixture *f, PGconn *role, const char *name, int count, const char *const *params)
{
    PGresult *rows = PQexecPrepared(role, name, count, params, NULL, NULL, 0);
    int n = PQntuples(rows);

    assert_int_equal(PQresultStatus(rows), PGRES_TUPLES_OK);
    const char *text = arena_format(&f->arena, "%d %s %s", n, n ? PQgetvalue(rows, 0, 0) : "-",
                                    n ? PQgetvalue(rows, n - 1, 0) : "-");
    PQclear(rows);
    return text;
}

static const char *found(struct fixture *f, const char *name, int count, const char *const *params)
{
    return found_as(f, f->role, name, count, params);
}

/* The same by looking at every row. */
static const char *expected(struct fixture *f, const char *condition)
{
    return value(f, arena_format(&f->arena, "select concat_ws(' ', count(*), coalesce(max(id)::text, '-'), coalesce(min(id)::text, '-')) from (select id from "
                                            "{{t}}.audit_event where %s order by id desc limit 200) x", condition));
}

static void whatever_is_asked_of_a_subject_is_found(void **state)
{
    struct fixture *f = *state;
    const struct {
        const char *what, *subject;
    } cases[] = {
        { "a job that is there", value(f, "select " JOB("100", "33")) },
        { "a request", value(f, "select " JOB("100", "0")) },
        { "a job that retention took", value(f, "select " JOB("300", "21")) },
        { "its request", value(f, "select " JOB("300", "0")) },
        { "what is no job", "sales-report" },
        { "what is no job and belongs to a request", "nightly" },
        { "nothing", "no such thing" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *s = cases[i].subject;
        const char *id = strlen(s) == 36 ? s : NULL;
        const char *params[] = { NULL, "200", NULL, NULL, NULL, NULL, s, id };
        const char *wanted = expected(f, arena_format(&f->arena, "subject = '%s' or request_id::text = '%s'", s, s));
        if (strcmp(found(f, "of", 8, params), wanted) != 0)
            fail_msg("%s: %s instead of %s", cases[i].what, found(f, "of", 8, params), wanted);
    }
}

static void a_span_of_time_is_what_it_says(void **state)
{
    struct fixture *f = *state;
    const char *since = value(f, "select date_trunc('hour', now()) - interval '250 hours'");
    const char *until = value(f, "select date_trunc('hour', now()) - interval '248 hours'");
    const char *middle = value(f, arena_format(&f->arena, "select max(id) - 50 from {{t}}.audit_event where at < '%s'", until));
    const char *const all[] = { NULL, "200", NULL, NULL, since, until, NULL };
    const char *const logins[] = { NULL, "200", "login", NULL, since, NULL, NULL };
    const char *const further[] = { middle, "200", "run", NULL, since, until, NULL };

    assert_string_equal(found(f, "page", 7, all),
                        expected(f, arena_format(&f->arena, "at >= '%s' and at < '%s'", since, until)));
    assert_string_equal(found(f, "page", 7, logins),
                        expected(f, arena_format(&f->arena, "at >= '%s' and kind = 'login'", since)));
    assert_string_equal(found(f, "page", 7, further),
                        expected(f, arena_format(&f->arena, "at >= '%s' and at < '%s' and kind = 'run' and id < %s", since,
                                                 until, middle)));
}

/* Rows that the execution of `name` with these parameters took from the table: kept and thrown away. */
static int looked_at_as(struct fixture *f, PGconn *role, const char *table, const char *call)
{
    PGresult *rows = PQexec(role, arena_format(&f->arena, "explain (analyze, timing off, summary off) execute %s", call));
    int all = 0;

    assert_int_equal(PQresultStatus(rows), PGRES_TUPLES_OK);
    for (int i = 0; i < PQntuples(rows); i++) {
        const char *line = PQgetvalue(rows, i, 0), *scan = strstr(line, table), *at;
        int loops = 1, kept = 0;
        if (scan && (at = strstr(line, "(actual rows=")) && !strstr(line, "Bitmap Index"))
            sscanf(at, "(actual rows=%d loops=%d)", &kept, &loops);
        if ((at = strstr(line, "Rows Removed by")) && (at = strchr(at, ':')))
            kept += atoi(at + 1);
        all += kept * loops;
    }
    PQclear(rows);
    return all;
}

static int looked_at(struct fixture *f, const char *call)
{
    return looked_at_as(f, f->role, "audit_event", call);
}

/* A page of the platform's trail: what a look at every row finds, and so many rows looked at. */
static void expect_platform(struct fixture *f, const char *before, const char *count, const char *kind, const char *since, int least,
                            int most)
{
    const char *const params[] = { before, count, kind, since, NULL };
    const char *wanted = sql_value(&f->arena, f->admin,
                                   "select concat_ws(' ', count(*), coalesce(max(id)::text, '-'), coalesce(min(id)::text, '-')) from "
                                   "(select id from public.platform_audit where id < %s and kind like '%s' and at >= %s order by id desc "
                                   "limit %s) x", before ? before : "1e9", kind ? kind : "%", since ? "timestamptz 'today'" : "'-infinity'",
                                   count);

    assert_string_equal(found_as(f, f->platform, "platform", 5, params), wanted);
    const char *call = arena_format(&f->arena, "platform (%s, %s, %s, %s, null)", before ? before : "null", count,
                                    kind ? arena_format(&f->arena, "'%s'", kind) : "null", since ? "timestamptz 'today'" : "null");
    assert_in_range(looked_at_as(f, f->platform, "platform_audit", call), least, most);
}

static void a_rare_kind_of_the_platforms_trail_is_found_by_its_rows(void **state)
{
    struct fixture *f = *state;

    expect_platform(f, NULL, "50", "rare", NULL, 4, 4);
    expect_platform(f, "10000", "50", "rare", NULL, 2, 2);
    expect_platform(f, NULL, "1", "rare", NULL, 1, 1);
    expect_platform(f, NULL, "50", "none", NULL, 0, 0);
    expect_platform(f, "5000", "50", "login", NULL, 50, 51);
    expect_platform(f, "5000", "50", NULL, NULL, 50, 51);
    expect_platform(f, NULL, "50", "rare", "today", 4, 4);
}

static void few_rows_are_looked_at(void **state)
{
    struct fixture *f = *state;
    int all = atoi(value(f, "select count(*) from {{t}}.audit_event"));
    const char *job = value(f, "select " JOB("100", "33"));
    const char *since = value(f, "select date_trunc('hour', now()) - interval '250 hours'");
    const char *until = value(f, "select date_trunc('hour', now()) - interval '248 hours'");

    assert_true(all > HOURS * JOBS_AN_HOUR * 3);
    assert_in_range(looked_at(f, arena_format(&f->arena, "of (null, 200, null, null, null, null, '%s', '%s')", job, job)),
                    3, all / 10);
    assert_in_range(looked_at(f, "of (null, 200, null, null, null, null, 'sales-report', null)"), 200, all / 10);
    assert_in_range(looked_at(f, arena_format(&f->arena, "page (null, 200, 'skill', null, '%s', '%s', null)", since, until)), 2,
                    all / 50);
    assert_in_range(looked_at(f, arena_format(&f->arena, "page (%d, 20, null, null, null, null, null)", all / 2)), 20, 100);
    /* Of a kind that is not there, no further than it was told to go. */
    assert_in_range(looked_at(f, arena_format(&f->arena, "page (%d, 20, 'nothing', null, null, null, %d)", all / 2,
                                              all / 2 - 1000)), 900, 1100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_is_asked_of_a_subject_is_found),
        cmocka_unit_test(a_span_of_time_is_what_it_says),
        cmocka_unit_test(few_rows_are_looked_at),
        cmocka_unit_test(a_rare_kind_of_the_platforms_trail_is_found_by_its_rows),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
