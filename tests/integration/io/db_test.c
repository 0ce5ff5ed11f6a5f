/* db_test.c - groups are transactions, failures have their codes, and roles stay apart. */
#include "core/io/db/db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/text.h"
#include "tests/lib/db_acts.h"
#include "tests/lib/sql.h"
#include "tests/lib/test.h"

enum { CROWD = 1000, CROWD_OF_ONE = 12 };

struct fixture {
    struct db_rig rig;
    struct pg_tenant a, b, elsewhere; /* a and b share a stripe */
    struct db *db;                    /* one connection a role */
};

static int setup(void **state)
{
    static struct fixture f;
    PGconn *admin;

    db_rig_start(&f.rig);
    pg_server_tenant(&f.rig.server, "A", &f.a);
    pg_server_tenant(&f.rig.server, "C", &f.elsewhere);
    /* Tenants go to the emptiest stripe, so B would not come to A's by itself. */
    admin = pg_server_connect(&f.rig.server, &f.rig.arena, "postgres");
    sql_run(admin, "create function public.test_stripe() returns integer language sql as "
                   "'select %d'", f.a.stripe);
    sql_run(admin, "alter function public.stripe_choose() rename to stripe_choose_first");
    sql_run(admin, "alter function public.test_stripe() rename to stripe_choose");
    pg_server_tenant(&f.rig.server, "B", &f.b);
    assert_int_equal(f.a.stripe, f.b.stripe);
    assert_int_not_equal(f.a.stripe, f.elsewhere.stripe);
    db_acts_install(&f.rig, &f.a);
    db_acts_install(&f.rig, &f.b);
    db_acts_install(&f.rig, &f.elsewhere);
    f.db = db_rig_pool(&f.rig, "db_test", (struct db_options){ .connections_per_role = 1 });
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    db_stop(f->db);
    db_rig_stop(&f->rig);
    return 0;
}

static struct db_scope scope_of(const struct pg_tenant *tenant)
{
    return db_scope_tenant(tenant->schema, tenant->stripe);
}

/* One group; its failure, code GOV_OK if it went well. */
static struct gov_err act(struct fixture *f, struct db *db, const struct pg_tenant *tenant,
                          const char *first, const char *second, const char *third)
{
    struct db_acts acts = { db, scope_of(tenant), { first, second, third } };
    struct op_probe probe = { 0 };

    op_probe_run(&probe, &f->rig.loop, db_acts_begin, &acts);
    op_release(&probe.op);
    return probe.err;
}

static void a_bad_statement_undoes_its_whole_group(void **state)
{
    struct fixture *f = *state;
    struct gov_err err = act(f, f->db, &f->a, "before", "divide", "after");

    assert_int_equal(err.code, GOV_INTERNAL);
    assert_non_null(strstr(err.cause, "22012"));
    assert_int_equal(db_acts_rows(&f->rig, &f->a, "before"), 0);
    assert_int_equal(db_acts_rows(&f->rig, &f->a, "after"), 0);
    assert_int_equal(act(f, f->db, &f->a, "before", "after", NULL).code, GOV_OK);
    assert_int_equal(db_acts_rows(&f->rig, &f->a, "before"), 1);
}

/* Every statement says COMMAND_OK here; only the commit fails. */
static void a_group_is_answered_by_its_commit_and_not_by_its_statements(void **state)
{
    struct fixture *f = *state;
    int64_t begun_us = clock_mono_us();
    struct gov_err err = act(f, f->db, &f->a, "good", "late", NULL);

    assert_int_equal(err.code, GOV_STALE);
    assert_int_equal(db_acts_rows(&f->rig, &f->a, "good"), 0);
    assert_true(clock_mono_us() - begun_us < 5000000);
    assert_int_equal(act(f, f->db, &f->a, "good", NULL, NULL).code, GOV_OK);
}

static void a_failed_group_leaves_its_pipelined_neighbours_alone(void **state)
{
    struct fixture *f = *state;
    struct db_acts acts[] = { { f->db, scope_of(&f->a), { "sleep:0.1", "neighbour" } },
                              { f->db, scope_of(&f->b), { "neighbour", "divide" } },
                              { f->db, scope_of(&f->a), { "neighbour" } },
                              { f->db, scope_of(&f->b), { "neighbour" } } };
    struct op_probe probes[4] = { 0 };

    for (int i = 0; i < 4; i++)
        op_probe_start(&probes[i], &f->rig.loop, db_acts_begin, &acts[i]);
    for (int i = 0; i < 4; i++)
        if (op_probe_await(&probes[i]) != (i != 1))
            fail_msg("group %d: %s", i, probes[i].err.cause);
    for (int i = 0; i < 4; i++)
        op_release(&probes[i].op);
    assert_int_equal(db_acts_rows(&f->rig, &f->a, "neighbour"), 2);
    assert_int_equal(db_acts_rows(&f->rig, &f->b, "neighbour"), 1);
}

struct marking {
    struct db *db;
    struct db_scope scope;
    struct id tenant;
};

static void mark(struct op *op, void *arguments)
{
    struct marking *m = arguments;
    DB_QUERY(op, m->db, &m->scope, SQL_QUERIES_MARK_INSERT, NULL, m->tenant.text, "0", "2026-01-01T00:00:00Z", NULL);
}

/* The stripe's login may write marks here, tenants' roles may not. */
static void after_a_group_good_or_bad_the_connection_is_the_login_role_again(void **state)
{
    struct fixture *f = *state;
    PGconn *admin = pg_server_connect(&f->rig.server, &f->rig.arena, "postgres");
    struct marking m = { f->db, { .schema = "", .stripe = f->a.stripe }, id_new() };
    struct op_probe probe = { 0 };

    sql_run(admin, "grant insert, select on public.mark to execgov_stripe_%d", f->a.stripe);
    for (int i = 0; i < 2; i++) {
        act(f, f->db, &f->a, "role", i ? "divide" : NULL, NULL);
        if (!op_probe_run(&probe, &f->rig.loop, mark, &m))
            fail_msg("%s", probe.err.cause);
        op_release(&probe.op);
        assert_int_equal(db_rig_backends(&f->rig, "db_test"), 1);
    }
}

static void a_stripe_cannot_enter_the_tenant_of_another(void **state)
{
    struct fixture *f = *state;
    struct pg_tenant forged = f->elsewhere;
    struct gov_err err;

    forged.stripe = f->a.stripe;
    err = act(f, f->db, &forged, "burglar", NULL, NULL);
    assert_int_equal(err.code, GOV_INTERNAL);
    assert_non_null(strstr(err.cause, "42501"));
    assert_int_equal(db_acts_rows(&f->rig, &f->elsewhere, "burglar"), 0);
    assert_int_equal(act(f, f->db, &f->elsewhere, "owner", NULL, NULL).code, GOV_OK);
}

static void a_deadlock_is_tried_again_and_nobody_hears_of_it(void **state)
{
    struct fixture *f = *state;
    struct db *two = db_rig_pool(&f->rig, "two", (struct db_options){ .connections_per_role = 2 });
    struct db_acts warm = { two, scope_of(&f->a), { "sleep:0.2" } };
    struct db_acts acts[] = { { two, scope_of(&f->a), { "lock:1", "sleep:0.3", "lock:2" } },
                              { two, scope_of(&f->b), { "lock:2", "sleep:0.3", "lock:1" } } };
    struct op_probe probes[2] = { 0 };
    int tries;

    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 2; i++)
            op_probe_start(&probes[i], &f->rig.loop, db_acts_begin, round ? &acts[i] : &warm);
        tries = db_acts_tries(&f->rig);
        for (int i = 0; i < 2; i++)
            if (!op_probe_await(&probes[i]))
                fail_msg("%s", probes[i].err.cause);
        for (int i = 0; i < 2; i++)
            op_release(&probes[i].op);
        if (round == 0)
            assert_int_equal(db_rig_backends(&f->rig, "two"), 2);
    }
    assert_true(db_acts_tries(&f->rig) - tries > 6); /* it did happen */
    assert_int_equal(db_acts_rows(&f->rig, &f->a, "lock:1"), 1);
    assert_int_equal(db_acts_rows(&f->rig, &f->b, "lock:1"), 1);
    db_stop(two);
}

static int backends(struct fixture *f, const struct pg_tenant *tenant, const char *word)
{
    PGconn *admin = pg_server_connect(&f->rig.server, &f->rig.arena, "postgres");
    return atoi(sql_value(&f->rig.arena, admin, "select count(distinct action) from %s.audit_event where action like '%s@%%'",
                          tenant->schema, word));
}

/* In a pool of so many connections the two are at home on different ones. */
static int homes_apart(const struct fixture *f)
{
    int many = 2;

    while (text_hash(TEXT_HASH, f->a.schema) % (unsigned)many == text_hash(TEXT_HASH, f->b.schema) % (unsigned)many)
        many++;
    return many;
}

static void a_tenant_stays_with_the_backend_that_knows_it(void **state)
{
    struct fixture *f = *state;
    int many = homes_apart(f);
    struct db *pool = db_rig_pool(&f->rig, "homes", (struct db_options){ .connections_per_role = many });
    struct db_acts at_once = { pool, scope_of(&f->a), { "where:crowd", "sleep:0.2" } };
    struct op_probe probes[CROWD_OF_ONE] = { 0 };

    bool open = false;
    for (int round = 0; !open; round++) { /* each opens another connection; in the last they all are */
        assert_true(round < 2 * CROWD_OF_ONE);
        open = db_rig_backends(&f->rig, "homes") == many;
        for (int i = 0; i < CROWD_OF_ONE; i++)
            op_probe_start(&probes[i], &f->rig.loop, db_acts_begin, &at_once);
        for (int i = 0; i < CROWD_OF_ONE; i++) {
            assert_true(op_probe_await(&probes[i]));
            op_release(&probes[i].op);
        }
    }
    for (int i = 0; i < 6; i++) {
        assert_int_equal(act(f, pool, &f->a, "where:alone", NULL, NULL).code, GOV_OK);
        assert_int_equal(act(f, pool, &f->b, "where:alone", NULL, NULL).code, GOV_OK);
    }
    assert_true(backends(f, &f->a, "crowd") > 1); /* at once it went side by side */
    assert_int_equal(backends(f, &f->a, "alone"), 1);
    assert_int_equal(backends(f, &f->b, "alone"), 1);
    PGconn *admin = pg_server_connect(&f->rig.server, &f->rig.arena, "postgres");
    assert_string_equal(sql_value(&f->rig.arena, admin, "select (select max(action) from %s.audit_event where action like 'alone@%%') "
                                  "<> (select max(action) from %s.audit_event where action like 'alone@%%')",
                                  f->a.schema, f->b.schema), "t");
    db_stop(pool);
}

/* A plan for the values of each call is made five times a connection and statement before PostgreSQL trusts one without
 * (decision 0650): with many tenants that was a third of the database's work. */
static void statements_are_planned_without_their_values(void **state)
{
    struct fixture *f = *state;
    PGconn *admin = pg_server_connect(&f->rig.server, &f->rig.arena, "postgres");
    struct marking m = { f->db, DB_PUBLIC, id_new() };
    struct op_probe probe = { 0 };

    assert_int_equal(act(f, f->db, &f->a, "show:plan_cache_mode", NULL, NULL).code, GOV_OK);
    assert_int_equal(db_acts_rows(&f->rig, &f->a, "plan_cache_mode=force_generic_plan"), 1);
    sql_run(admin, "create table public.test_mode (mode text);"
                   "create function public.test_mode() returns trigger language plpgsql security definer as $$"
                   " begin insert into public.test_mode values (pg_catalog.current_setting('plan_cache_mode'));"
                   " return new; end $$;"
                   "create trigger mode before insert on public.mark for each row execute function public.test_mode()");
    assert_true(op_probe_run(&probe, &f->rig.loop, mark, &m));
    op_release(&probe.op);
    assert_string_equal(sql_value(&f->rig.arena, admin, "select string_agg(distinct mode, ' ') from public.test_mode"),
                        "force_generic_plan");
    sql_run(admin, "drop trigger mode on public.mark");
}

static void idempotency(struct op *op, void *db)
{
    DB_QUERY(op, db, &DB_PUBLIC, SQL_QUERIES_IDEMPOTENCY_INSERT_PUBLIC, NULL,
             "01900000-0000-7000-8000-000000000001", "POST /v1/x", "key", "\\x00", "201", "{}");
}

static void a_unique_violation_is_a_conflict_that_names_the_constraint(void **state)
{
    struct fixture *f = *state;
    struct op_probe probe = { 0 };

    assert_true(op_probe_run(&probe, &f->rig.loop, idempotency, f->db));
    op_release(&probe.op);
    assert_false(op_probe_run(&probe, &f->rig.loop, idempotency, f->db));
    assert_int_equal(probe.err.code, GOV_CONFLICT);
    assert_string_equal(probe.err.item, "idempotency_pk");
    op_release(&probe.op);
}

static void a_statement_that_takes_too_long_is_ended_with_deadline(void **state)
{
    struct fixture *f = *state;
    struct db *db = db_rig_pool(&f->rig, "hasty", (struct db_options){ .statement_ms = 200 });
    int64_t begun_us = clock_mono_us();

    assert_int_equal(act(f, db, &f->a, "sleep:60", NULL, NULL).code, GOV_DEADLINE);
    assert_true(clock_mono_us() - begun_us < 20 * 1000000);
    assert_int_equal(act(f, db, &f->a, "quick", NULL, NULL).code, GOV_OK);
    db_stop(db);
}

static void what_our_functions_raise_becomes_its_code(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(act(f, f->db, &f->a, "raise:plan_stale", NULL, NULL).code, GOV_PLAN_STALE);
    assert_int_equal(act(f, f->db, &f->a, "raise:nonsense", NULL, NULL).code, GOV_INTERNAL);
}

static void tolerated(struct op *op, void *arguments)
{
    struct { struct fixture *f; struct gov_err err; } *t = arguments;
    struct db_scope scope = scope_of(&t->f->a);
    struct db_group *group = db_group_new(op, t->f->db, &scope);

    DB_GROUP_ADD(group, SQL_QUERIES_AUDIT_EVENT_INSERT, NULL, NULL, "system", "test",
                 "raise:stale", NULL, NULL, NULL);
    db_group_tolerate(group, &t->err);
    db_group_send(group);
}

static void a_tolerated_failure_does_not_end_the_op(void **state)
{
    struct { struct fixture *f; struct gov_err err; } t = { .f = *state };
    struct op_probe probe = { 0 };

    assert_true(op_probe_run(&probe, &t.f->rig.loop, tolerated, &t));
    assert_int_equal(t.err.code, GOV_STALE);
    op_release(&probe.op);
}

static void a_thousand_ops_share_one_connection(void **state)
{
    struct fixture *f = *state;
    struct db_acts acts = { f->db, scope_of(&f->a), { "crowd" } };
    struct op_probe *probes = calloc(CROWD, sizeof *probes);

    assert_non_null(probes);
    for (int i = 0; i < CROWD; i++)
        op_probe_start(&probes[i], &f->rig.loop, db_acts_begin, &acts);
    for (int i = 0; i < CROWD; i++) {
        assert_true(op_probe_await(&probes[i]));
        op_release(&probes[i].op);
    }
    free(probes);
    assert_int_equal(db_acts_rows(&f->rig, &f->a, "crowd"), CROWD);
}

static void tenant_row(struct op *op, void *arguments)
{
    struct { struct fixture *f; struct db_rows rows; } *t = arguments;
    DB_QUERY(op, t->f->db, &DB_PUBLIC, SQL_QUERIES_TENANT_BY_SCHEMA, &t->rows, t->f->a.schema);
}

static void cells_are_read_as_what_they_are(void **state)
{
    struct { struct fixture *f; struct db_rows rows; } t = { .f = *state };
    struct op_probe probe = { 0 };

    assert_true(op_probe_run(&probe, &t.f->rig.loop, tenant_row, &t));
    assert_int_equal(t.rows.count, 1);
    assert_string_equal(db_id(&t.rows, 0, 0).text, t.f->a.id.text);
    assert_int_equal(db_int(&t.rows, 0, 1), t.f->a.stripe);
    assert_string_equal(db_text(&t.rows, 0, 2), "A");
    assert_false(db_bool(&t.rows, 0, 8));
    op_release(&probe.op);
}

/* jsonb writes a real of 1e20 as a whole number of 21 digits. */
static void a_real_that_jsonb_writes_out_is_a_real_again(void **state)
{
    struct fixture *f = *state;
    PGconn *conn = pg_server_connect(&f->rig.server, &f->rig.arena, "postgres");
    struct db_rows rows = { .result = PQexec(conn, "select '{\"big\": 1e20, \"low\": -2.5e25, \"small\": 7, "
                                                   "\"said\": \"12345678901234567890123\", "
                                                   "\"all\": [1e30, 0.125]}'::jsonb, '1e22'::jsonb, null::jsonb"),
                            .count = 1 };
    struct arena arena;

    arena_init(&arena);
    assert_int_equal(PQresultStatus(rows.result), PGRES_TUPLES_OK);
    const json_t *read = db_json(&rows, 0, 0, &arena);
    assert_true(json_is_real(json_object_get(read, "big")));
    assert_true(json_real_value(json_object_get(read, "big")) == 1e20);
    assert_true(json_real_value(json_object_get(read, "low")) == -2.5e25);
    assert_int_equal(json_integer_value(json_object_get(read, "small")), 7);
    assert_string_equal(json_string_value(json_object_get(read, "said")), "12345678901234567890123");
    assert_true(json_real_value(json_array_get(json_object_get(read, "all"), 0)) == 1e30);
    assert_true(json_real_value(json_array_get(json_object_get(read, "all"), 1)) == 0.125);
    assert_true(json_real_value(db_json(&rows, 0, 1, &arena)) == 1e22);
    assert_null(db_json(&rows, 0, 2, &arena));
    arena_release(&arena);
    PQclear((PGresult *)(uintptr_t)rows.result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_a_group_good_or_bad_the_connection_is_the_login_role_again),
        cmocka_unit_test(a_bad_statement_undoes_its_whole_group),
        cmocka_unit_test(a_group_is_answered_by_its_commit_and_not_by_its_statements),
        cmocka_unit_test(a_failed_group_leaves_its_pipelined_neighbours_alone),
        cmocka_unit_test(a_stripe_cannot_enter_the_tenant_of_another),
        cmocka_unit_test(a_deadlock_is_tried_again_and_nobody_hears_of_it),
        cmocka_unit_test(a_tenant_stays_with_the_backend_that_knows_it),
        cmocka_unit_test(statements_are_planned_without_their_values),
        cmocka_unit_test(a_unique_violation_is_a_conflict_that_names_the_constraint),
        cmocka_unit_test(a_statement_that_takes_too_long_is_ended_with_deadline),
        cmocka_unit_test(what_our_functions_raise_becomes_its_code),
        cmocka_unit_test(a_tolerated_failure_does_not_end_the_op),
        cmocka_unit_test(a_thousand_ops_share_one_connection),
        cmocka_unit_test(cells_are_read_as_what_they_are),
        cmocka_unit_test(a_real_that_jsonb_writes_out_is_a_real_again),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
