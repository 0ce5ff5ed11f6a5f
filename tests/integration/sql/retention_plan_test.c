/* retention_plan_test.c - retention reads what is old by an index, a batch at a time, and never a tenant's whole table.
 *
 * PostgreSQL itself counts, in the transaction of each call, what is read of each table, also by the triggers behind it:
 * no row by a sequential scan, and by indexes not many more than a batch has. The tables hold many times as much that is
 * young, or is kept for another reason.
 */
#include "tests/lib/test.h"

#include <stdlib.h>
#include <string.h>

#include "sql_queries.h"
#include "tests/lib/pg_server.h"
#include "tests/lib/sql.h"

/* A batch of BATCH rows may look at each of them a few times: to choose, to ask what belongs to it, to delete. */
enum { YOUNG = 3000, OLD = 250, BATCH = 100, LOOKS = 8, SCHEDULES = 4, KEYS = 90000 };

struct fixture {
    struct pg_server server;
    struct arena arena;
    struct pg_tenant tenant;
    PGconn *admin, *platform, *role;
};

static void act(struct fixture *f, const char *text)
{
    sql_run(f->admin, "%s", sql_expand(&f->arena, text, f->tenant.schema));
}

/* `count` ids of `days` ago, each another. */
static const char *ids(struct fixture *f, int days, int count)
{
    return arena_format(&f->arena,
                        "select (left(public.uuid_before(date_trunc('day', now()) - interval '%d days')::text, 24) || "
                        "lpad(n::text, 12, '0'))::uuid as id, n from generate_series(1, %d) n", days, count);
}

/* Requests with their plan and confirmation, their ended run with a log, an event, an effect and a told callback. */
static void requests_fill(struct fixture *f, int days, int count)
{
    const char *from = ids(f, days, count);

    act(f, arena_format(&f->arena,
        "with i as (%s), r as (insert into {{t}}.request (id, source, created_by) select id, 'api', gen_random_uuid() from i "
        "returning id) insert into {{t}}.plan (id, request_id, digest, risk, body, lane, timeout_ms, payload) "
        "select id, id, repeat('c', 64), 'low', '{}', 'py', 1, '{}' from r", from));
    act(f, arena_format(&f->arena,
        "with i as (%s), c as (insert into {{t}}.confirmation (id, request_id, plan_id, digest, requester, expires_at, state) "
        "select id, id, id, repeat('c', 64), gen_random_uuid(), now(), 'expired' from i), "
        "j as (insert into {{t}}.job (id, kind, lane, class, request_id, payload, risk, max_attempts, timeout_ms) "
        "select id, 'run', 'py', 'normal', id, '{}', 'low', 1, 1000 from i), "
        "o as (insert into {{t}}.job_outcome (job_id, state) select id, 'succeeded' from i), "
        "e as (insert into {{t}}.effect (job_id, step, state) select id, 's', 'done' from i), "
        "v as (insert into {{t}}.request_event (request_id, seq, kind) select id, 1, 'ended' from i on conflict do nothing), "
        "d as (insert into {{t}}.delivery (id, url, subject, payload, next_at) select id, 'https://x', id, '{}', null from i) "
        "insert into {{t}}.run_log (job_id, seq, stream, body) select id, 1, 'stdout', 'x' from i", from));
}

/* Their bytes are gone; the facts are kept, some of them too long already. */
static void files_fill(struct fixture *f, int days, int count, const char *deleted)
{
    act(f, arena_format(&f->arena, "insert into {{t}}.file (id, kind, name, size, sha256, media_type, deleted_at) select i.id, "
                                   "'artifact', 'x', 1, repeat('b', 64), 'text/plain', %s from (%s) i",
                        deleted, ids(f, days, count)));
}

static void others_fill(struct fixture *f)
{
    act(f, arena_format(&f->arena, "insert into {{t}}.unmet (id, text_key, text, kind, request_id, created_by, last_at) select "
                                   "gen_random_uuid(), sha256(n::text::bytea), n, 'abstained', gen_random_uuid(), "
                                   "gen_random_uuid(), now() - case when n > %d then interval '10 days' else interval "
                                   "'400 days' end from generate_series(1, %d) n", OLD, OLD + YOUNG));
    act(f, arena_format(&f->arena, "insert into {{t}}.idempotency (user_id, route, key, body_hash, status, created_at) select "
                                   "gen_random_uuid(), '/', n::text, '', 200, now() - case when n > %d then interval '0' "
                                   "else interval '2 days' end from generate_series(1, %d) n", OLD, OLD + KEYS));
    act(f, "insert into {{t}}.schedule (id, name, cron, timezone, skill, action, input, catch_up, lead_s, owner) select "
           "gen_random_uuid(), n::text, '* * * * *', 'UTC', 's', 'run', '{}', 'skip', 0, gen_random_uuid() from "
           "generate_series(1, 4) n");
    act(f, arena_format(&f->arena, "insert into {{t}}.schedule_firing (schedule_id, fire_at, state) select s.id, now() - case "
                                   "when n > %d then interval '10 days' else interval '400 days' end - n * interval '1 min', "
                                   "'skipped' from {{t}}.schedule s, generate_series(1, %d) n", OLD / 4, (OLD + YOUNG) / 4));
    act(f, arena_format(&f->arena, "insert into {{t}}.upload (id, name, media_type, size, created_by, expires_at) select "
                                   "gen_random_uuid(), 'x', 'text/plain', 1, gen_random_uuid(), now() + case when n > %d then "
                                   "interval '1 hour' else interval '-1 hour' end from generate_series(1, %d) n",
                        OLD, OLD + YOUNG));
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    pg_server_start(&f->server);
    pg_server_tenant(&f->server, "A", &f->tenant);
    f->admin = pg_server_connect(&f->server, &f->arena, "postgres");
    f->platform = pg_server_connect(&f->server, &f->arena, "execgov_platform");
    f->role = pg_server_enter(&f->server, &f->arena, &f->tenant);
    requests_fill(f, 400, OLD);
    requests_fill(f, 10, YOUNG);
    files_fill(f, 401, OLD, "now()");
    files_fill(f, 200, YOUNG, "now()");
    files_fill(f, 150, OLD, "null");
    files_fill(f, 9, OLD, "null");
    others_fill(f);
    act(f, "select brin_summarize_new_values('{{t}}.idempotency_created')");
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

/* What `query` answers, after a look at what it read: of every table at most `rows` by indexes, and nothing otherwise. A
 * BRIN index gives whole ranges of pages, and the last one always: of keys of idempotency it is two of six; and of the
 * few schedules each may be looked at for each file. */
static const char *frugal(struct fixture *f, PGconn *conn, const char *query, int rows)
{
    sql_run(conn, "begin");
    const char *answer = sql_value(&f->arena, conn, "%s", query);
    const char *read = sql_value(&f->arena, conn,
        "select string_agg(relname || ': ' || seq_tup_read || ' by scans, ' || idx_tup_fetch || ' by indexes', '; ') from "
        "pg_stat_xact_user_tables where schemaname = '%s' and (seq_tup_read > case relname when 'schedule' then %d else 0 end "
        "or idx_tup_fetch > case relname when 'idempotency' then %d else %d end)", f->tenant.schema, SCHEDULES * BATCH, 11 * KEYS / 30, rows);
    sql_run(conn, "commit");
    if (read)
        fail_msg("%s\nreads %s", query, read);
    return answer;
}

static const char *sweep(struct fixture *f)
{
    return frugal(f, f->platform,
                  arena_format(&f->arena, "select concat_ws(' ', logs, jobs, requests, others) from "
                                          "public.retention_sweep('%s', %d)", f->tenant.id.text, BATCH), LOOKS * BATCH);
}

static const char *unmet(struct fixture *f)
{
    return frugal(f, f->platform, arena_format(&f->arena, "select public.retention_sweep_unmet('%s', %d)", f->tenant.id.text,
                                               BATCH), LOOKS * BATCH);
}

static void a_batch_of_what_is_old_is_found_by_indexes(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 2; i++)
        assert_string_equal(sweep(f), "100 100 100 100");
    assert_string_equal(sweep(f), "50 50 50 50");
    assert_string_equal(sweep(f), "0 0 0 0");
    assert_string_equal(unmet(f), "100");
    assert_string_equal(unmet(f), "100");
    assert_string_equal(unmet(f), "50");
    assert_string_equal(unmet(f), "0");
}

/* Statistics may turn a plan over; they are there once autovacuum has been. */
static void so_it_is_when_the_tables_have_been_analysed(void **state)
{
    act(*state, "vacuum analyze");
    a_batch_of_what_is_old_is_found_by_indexes(state);
}

static void when_to_look_again_is_a_row_of_each_kind(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 2; i++) {
        assert_non_null(frugal(f, f->platform, arena_format(&f->arena, "select public.retention_next('%s')",
                                                            f->tenant.id.text), 10));
        act(f, "vacuum analyze");
    }
}

static const char *query(const char *name)
{
    for (const struct embedded *file = sql_queries; file->name; file++)
        if (strcmp(file->name, name) == 0)
            return file->text;
    fail_msg("no query %s", name);
    return NULL;
}

/* What a worker asks for a tenant, prepared as it does. */
static void asked(struct fixture *f, const char *name, const char *arguments, int count)
{
    const char *execute = arena_format(&f->arena, "execute %s(%s)", name, arguments);

    for (int i = 0; i < 2; i++) {
        frugal(f, f->role, execute, LOOKS * BATCH);
        PGresult *rows = PQexec(f->role, execute);
        assert_int_equal(PQntuples(rows), count);
        PQclear(rows);
        act(f, "vacuum analyze");
    }
}

static void prepared(struct fixture *f, const char *name)
{
    sql_run(f->role, "prepare %s as %s", name, sql_expand(&f->arena, query(name), f->tenant.schema));
}

static void files_and_uploads_are_found_by_indexes(void **state)
{
    struct fixture *f = *state;

    sql_run(f->role, "set plan_cache_mode = force_generic_plan");
    prepared(f, "files_old");
    prepared(f, "uploads_old");
    asked(f, "files_old", "90, 100", BATCH);
    asked(f, "files_old", "190, 100", 0);
    asked(f, "uploads_old", "100", BATCH);
}

int main(void)
{
    const struct CMUnitTest new_tables[] = {
        cmocka_unit_test(a_batch_of_what_is_old_is_found_by_indexes),
    };
    const struct CMUnitTest known_tables[] = {
        cmocka_unit_test(when_to_look_again_is_a_row_of_each_kind),
        cmocka_unit_test(files_and_uploads_are_found_by_indexes),
        cmocka_unit_test(so_it_is_when_the_tables_have_been_analysed),
    };
    int failed = cmocka_run_group_tests(new_tables, setup, teardown);
    return failed + cmocka_run_group_tests(known_tables, setup, teardown);
}
