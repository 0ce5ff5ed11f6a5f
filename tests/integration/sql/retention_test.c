/* retention_test.c - public.retention_sweep: what is old and over goes, in batches; nothing else does. */
#include "tests/lib/test.h"

#include <stdlib.h>
#include <string.h>

#include "tests/lib/pg_server.h"
#include "tests/lib/sql.h"

struct fixture {
    struct pg_server server;
    struct arena arena;
    struct pg_tenant tenant;
    PGconn *admin, *platform;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    pg_server_start(&f->server);
    pg_server_tenant(&f->server, "A", &f->tenant);
    f->admin = pg_server_connect(&f->server, &f->arena, "postgres");
    f->platform = pg_server_connect(&f->server, &f->arena, "execgov_platform");
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

static void act(struct fixture *f, const char *text)
{
    sql_run(f->admin, "%s", sql_expand(&f->arena, text, f->tenant.schema));
}

static const char *value(struct fixture *f, const char *text)
{
    return sql_value(&f->arena, f->admin, "%s", sql_expand(&f->arena, text, f->tenant.schema));
}

/* "logs jobs requests others" of one batch, as the platform's login. */
static const char *sweep(struct fixture *f, int limit)
{
    return sql_value(&f->arena, f->platform,
                     "select concat_ws(' ', logs, jobs, requests, others) from public.retention_sweep('%s', %d)",
                     f->tenant.id.text, limit);
}

/* An id of `days` ago or up to a day more, different for each n. */
#define ID(days, n)                                                                                \
    "(left(public.uuid_before(date_trunc('day', now()) - interval '" days " days')::text, 24) || lpad((" n ")::text, 12, '0'))::uuid"

/* Low-risk runs by hand, ended, each with a line of log, an event and an audit row. */
#define RUNS(days, count)                                                                          \
    "with j as (insert into {{t}}.job (id, kind, lane, class, request_id, payload, risk, max_attempts, timeout_ms) " \
    "select i, 'run', 'py', 'normal', i, '{}', 'low', 1, 1000 from (select " ID(days, "n")          \
    " as i from generate_series(1, " count ") n) x returning id), o as (insert into {{t}}.job_outcome (job_id, state) " \
    "select id, 'succeeded' from j), l as (insert into {{t}}.run_log (job_id, seq, stream, body) select id, 1, " \
    "'stdout', 'x' from j), e as (insert into {{t}}.request_event (request_id, seq, kind) select id, 1, 'ended' " \
    "from j) insert into {{t}}.audit_event (actor_kind, kind, action, subject) select 'system', 'run', " \
    "'job.succeeded', id::text from j"

static void what_is_old_and_over_goes_in_batches_and_the_audit_stays(void **state)
{
    struct fixture *f = *state;

    act(f, RUNS("366", "250"));
    act(f, RUNS("364", "50"));
    /* Logs are kept for 90 days, so those of the younger runs go as well. */
    assert_string_equal(sweep(f, 100), "100 100 0 0");
    assert_string_equal(sweep(f, 100), "100 100 0 0");
    assert_string_equal(sweep(f, 100), "100 50 0 0");
    assert_string_equal(sweep(f, 100), "0 0 0 0");
    assert_string_equal(value(f, "select concat_ws(' ', (select count(*) from {{t}}.job), (select count(*) from "
                                 "{{t}}.job_outcome), (select count(*) from {{t}}.run_log), (select count(*) from "
                                 "{{t}}.request_event), (select count(*) from {{t}}.audit_event))"),
                        "50 50 0 50 300");
}

static void what_lives_waits_or_is_unknown_stays(void **state)
{
    struct fixture *f = *state;

    act(f, RUNS("400", "4"));
    /* 1 runs again, 2 may have had an effect, 3 is the plan of a request whose run lives, 4 waits for a person. */
    act(f, "insert into {{t}}.job_live (job_id, state) select " ID("400", "1") ", 'running'");
    act(f, "insert into {{t}}.effect (job_id, step, state) select " ID("400", "2") ", 's', 'unknown'");
    act(f, "insert into {{t}}.request (id, source, created_by) select " ID("400", "n") ", 'api', gen_random_uuid() "
           "from generate_series(3, 4) n");
    act(f, "insert into {{t}}.job (id, kind, lane, class, request_id, payload, risk, max_attempts, timeout_ms) "
           "select " ID("399", "9") ", 'run', 'py', 'normal', " ID("400", "3") ", '{}', 'low', 1, 1000");
    act(f, "insert into {{t}}.job_live (job_id, state) select " ID("399", "9") ", 'delayed'");
    act(f, "insert into {{t}}.plan (id, request_id, digest, risk, body, lane, timeout_ms, payload) select " ID("400", "4")
           ", " ID("400", "4") ", repeat('c', 64), 'high', '{}', 'py', 1, '{}'");
    act(f, "insert into {{t}}.confirmation (id, request_id, plan_id, digest, requester, expires_at) select "
           ID("400", "4") ", " ID("400", "4") ", " ID("400", "4") ", repeat('c', 64), gen_random_uuid(), now()");
    assert_string_equal(sweep(f, 100), "3 0 0 0"); /* logs of what does not live are old enough to go */
    assert_string_equal(value(f, "select count(*) from {{t}}.job"), "5");
    assert_string_equal(value(f, "select count(*) from {{t}}.run_log"), "1");
    assert_string_equal(value(f, "select count(*) from {{t}}.request"), "2");
    act(f, "delete from {{t}}.job_live");
    act(f, "update {{t}}.effect set state = 'done'");
    assert_string_equal(sweep(f, 100), "1 4 1 0");
    assert_string_equal(value(f, "select string_agg(right(id::text, 1), ' ') from {{t}}.job"), "4");
}

static void a_request_goes_with_all_that_belongs_to_it(void **state)
{
    struct fixture *f = *state;

    act(f, RUNS("400", "1"));
    act(f, "insert into {{t}}.request (id, source, created_by) select " ID("400", "1") ", 'api', gen_random_uuid()");
    act(f, "insert into {{t}}.plan (id, request_id, digest, risk, body, lane, timeout_ms, payload) select " ID("400", "1")
           ", " ID("400", "1") ", repeat('c', 64), 'low', '{}', 'py', 1, '{}'");
    act(f, "insert into {{t}}.confirmation (id, request_id, plan_id, digest, requester, expires_at, state) select "
           ID("400", "1") ", " ID("400", "1") ", " ID("400", "1") ", repeat('c', 64), gen_random_uuid(), now(), 'expired'");
    act(f, "insert into {{t}}.delivery (id, url, subject, payload, next_at) select " ID("400", "1") ", 'https://x', "
           ID("400", "1") ", '{}', null");
    act(f, "insert into {{t}}.idempotency (user_id, route, key, body_hash, status, created_at) select "
           "gen_random_uuid(), '/', 'k', '', 200, now() - d * interval '1 hour' from unnest('{1,25}'::int[]) d");
    assert_string_equal(sweep(f, 100), "1 1 1 1");
    assert_string_equal(value(f, "select concat_ws(' ', (select count(*) from {{t}}.request), (select count(*) from "
                                 "{{t}}.plan), (select count(*) from {{t}}.confirmation), (select count(*) from "
                                 "{{t}}.request_event), (select count(*) from {{t}}.delivery), (select count(*) from "
                                 "{{t}}.idempotency))"), "0 0 0 0 0 1");
}

static void a_tenant_s_own_settings_count_and_then_the_platform_s(void **state)
{
    struct fixture *f = *state;

    act(f, RUNS("31", "5"));
    assert_string_equal(sweep(f, 100), "0 0 0 0");
    act(f, "update public.platform_setting set value = value || '{\"log_days\": 30}' where key = 'retention'");
    assert_string_equal(sweep(f, 100), "5 0 0 0");
    act(f, "insert into {{t}}.setting (key, value) values ('retention', '{\"request_days\": 30}')");
    assert_string_equal(sweep(f, 100), "0 5 0 0");
}

static void words_that_nobody_asks_any_more_go_unless_they_teach(void **state)
{
    struct fixture *f = *state;
    const char *unmet = arena_format(&f->arena, "select public.retention_sweep_unmet('%s', 100)", f->tenant.id.text);

    act(f, "insert into {{t}}.unmet (id, text_key, text, kind, request_id, state, created_by, last_at) "
           "select gen_random_uuid(), sha256(n::text::bytea), n, 'abstained', gen_random_uuid(), s, "
           "gen_random_uuid(), now() - d * interval '1 day' from (values (1, 'open', 364), (2, 'open', 366), "
           "(3, 'rejected', 366), (4, 'approved', 366)) v (n, s, d)");
    assert_string_equal(sql_value(&f->arena, f->platform, "%s", unmet), "2");
    assert_string_equal(value(f, "select string_agg(text, ' ' order by text) from {{t}}.unmet"), "1 4");
    act(f, "insert into {{t}}.setting (key, value) values ('retention', '{\"request_days\": 30}')");
    assert_string_equal(sql_value(&f->arena, f->platform, "%s", unmet), "1");
}

static void an_idle_tenant_is_looked_at_once_in_months(void **state)
{
    struct fixture *f = *state;
    const char *query = arena_format(&f->arena,
        "select ceil(extract(epoch from public.retention_next('%s') - now()) / 86400 - 0.01)", f->tenant.id.text);

    assert_string_equal(value(f, query), "90");
    act(f, RUNS("400", "1"));
    assert_string_equal(value(f, query), "1");
    sweep(f, 100);
    act(f, RUNS("360", "1"));
    act(f, "delete from {{t}}.run_log");
    assert_string_equal(value(f, query), "5");
}

static void a_tenant_s_role_cannot_sweep(void **state)
{
    struct fixture *f = *state;
    PGconn *role = pg_server_enter(&f->server, &f->arena, &f->tenant);

    assert_string_equal(sql_state(&f->arena, role, "select public.retention_sweep('%s', 1)", f->tenant.id.text),
                        "42501");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_old_and_over_goes_in_batches_and_the_audit_stays),
        TEST(what_lives_waits_or_is_unknown_stays),
        TEST(a_request_goes_with_all_that_belongs_to_it),
        TEST(a_tenant_s_own_settings_count_and_then_the_platform_s),
        TEST(words_that_nobody_asks_any_more_go_unless_they_teach),
        TEST(an_idle_tenant_is_looked_at_once_in_months),
        TEST(a_tenant_s_role_cannot_sweep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
