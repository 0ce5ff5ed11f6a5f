/* db_fault_test.c - servers that go, come, refuse and stay silent; pools that are full or stopped. */
#include "core/io/db/db.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "tests/lib/db_acts.h"
#include "tests/lib/sql.h"
#include "tests/lib/test.h"

enum { IN_FLIGHT = 32, BEHIND = 8, ALL = IN_FLIGHT + BEHIND };

struct fixture {
    struct db_rig rig;
    struct pg_tenant tenant;
    struct db_acts acts;
    struct op_probe probes[ALL];
};

static int setup(void **state)
{
    static struct fixture f;

    db_rig_start(&f.rig);
    pg_server_tenant(&f.rig.server, "A", &f.tenant);
    db_acts_install(&f.rig, &f.tenant);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    db_rig_stop(&((struct fixture *)*state)->rig);
    return 0;
}

static struct db *pool(struct fixture *f, const char *application, struct db_options options)
{
    if (!options.connections_per_role)
        options.connections_per_role = 1;
    return db_rig_pool(&f->rig, application, options);
}

static void start(struct fixture *f, int i, struct db *db, struct db_acts *acts, const char *order)
{
    *acts = (struct db_acts){ db, db_scope_tenant(f->tenant.schema, f->tenant.stripe), { order } };
    f->probes[i] = (struct op_probe){ 0 };
    op_probe_start(&f->probes[i], &f->rig.loop, db_acts_begin, acts);
}

static enum gov_code finish(struct fixture *f, int i)
{
    op_probe_await(&f->probes[i]);
    op_release(&f->probes[i].op);
    return f->probes[i].err.code;
}

static enum gov_code act(struct fixture *f, struct db *db, const char *order)
{
    struct db_acts acts;

    start(f, 0, db, &acts, order);
    return finish(f, 0);
}

static PGconn *admin_of(struct fixture *f, struct arena *arena)
{
    return pg_server_connect(&f->rig.server, arena, "postgres");
}

/* Does a backend of `application` sleep? Asked while the loop turns. */
struct asking {
    struct fixture *f;
    const char *application;
    const char *condition;
};

static bool holds(void *context)
{
    struct asking *a = context;
    struct arena arena = { 0 };
    bool yes = *sql_value(&arena, admin_of(a->f, &arena),
                          "select exists (select from pg_stat_activity where application_name = "
                          "'%s' and %s)", a->application, a->condition) == 't';

    arena_release(&arena);
    return yes;
}

static bool holds_not(void *context)
{
    return !holds(context);
}

static void wait_for_sleeper(struct fixture *f, const char *application)
{
    struct asking a = { f, application, "wait_event = 'PgSleep'" };
    loop_until(&f->rig.loop, holds, &a, 10000);
}

static void terminate(struct fixture *f, const char *application)
{
    struct arena arena = { 0 };

    sql_value(&arena, admin_of(f, &arena),
              "select count(pg_terminate_backend(pid)) from pg_stat_activity "
              "where application_name = '%s'", application);
    arena_release(&arena);
}

static void a_killed_backend_fails_what_was_in_flight_and_the_next_query_works(void **state)
{
    struct fixture *f = *state;
    struct db *db = pool(f, "killed", (struct db_options){ 0 });
    struct db_acts acts;

    start(f, 0, db, &acts, "sleep:60");
    wait_for_sleeper(f, "killed");
    terminate(f, "killed");
    assert_int_equal(finish(f, 0), GOV_STORE_UNAVAILABLE);
    assert_int_equal(act(f, db, "afterwards"), GOV_OK);
    db_stop(db);
}

static void what_was_not_sent_yet_goes_over_a_new_connection(void **state)
{
    struct fixture *f = *state;
    struct db *db = pool(f, "queue", (struct db_options){ 0 });
    static struct db_acts acts[ALL];

    for (int i = 0; i < ALL; i++)
        start(f, i, db, &acts[i], i ? "behind" : "sleep:60");
    wait_for_sleeper(f, "queue");
    terminate(f, "queue");
    for (int i = 0; i < ALL; i++)
        assert_int_equal(finish(f, i), i < IN_FLIGHT ? GOV_STORE_UNAVAILABLE : GOV_OK);
    assert_int_equal(db_acts_rows(&f->rig, &f->tenant, "behind"), BEHIND);
    db_stop(db);
}

static bool reachable(void *db)
{
    return db_reachable(db);
}

static void a_server_that_is_down_fails_at_once_and_is_found_again_unasked(void **state)
{
    struct fixture *f = *state;
    struct db *db = pool(f, "down", (struct db_options){ 0 });
    int64_t begun_us = clock_mono_us();

    assert_true(db_reachable(db));
    pg_server_pause(&f->rig.server);
    assert_int_equal(act(f, db, "lost"), GOV_STORE_UNAVAILABLE);
    assert_int_equal(act(f, db, "lost"), GOV_STORE_UNAVAILABLE);
    assert_true(clock_mono_us() - begun_us < 4000000);
    assert_false(db_reachable(db));
    pg_server_resume(&f->rig.server);
    loop_until(&f->rig.loop, reachable, db, 10000);
    assert_int_equal(act(f, db, "found"), GOV_OK);
    db_stop(db);
}

static void a_restart_between_two_queries_costs_at_most_one_of_them(void **state)
{
    struct fixture *f = *state;
    struct db *db = pool(f, "restart", (struct db_options){ 0 });

    assert_int_equal(act(f, db, "one"), GOV_OK);
    pg_server_pause(&f->rig.server);
    pg_server_resume(&f->rig.server);
    act(f, db, "perhaps");
    assert_int_equal(act(f, db, "two"), GOV_OK);
    db_stop(db);
}

static void a_refused_second_connection_fails_nobody(void **state)
{
    struct fixture *f = *state;
    struct db *db = pool(f, "second", (struct db_options){ .connections_per_role = 2 });
    struct arena arena = { 0 };
    PGconn *admin = admin_of(f, &arena);
    static struct db_acts acts[ALL];

    sql_run(admin, "alter role execgov_stripe_%d connection limit 1", f->tenant.stripe);
    for (int i = 0; i < ALL; i++)
        start(f, i, db, &acts[i], i ? "second" : "sleep:0.5");
    for (int i = 0; i < ALL; i++)
        assert_int_equal(finish(f, i), GOV_OK);
    sql_run(admin, "alter role execgov_stripe_%d connection limit -1", f->tenant.stripe);
    arena_release(&arena);
    db_stop(db);
}

static void more_than_may_wait_is_refused_as_overload(void **state)
{
    struct fixture *f = *state;
    struct db *db = pool(f, "full", (struct db_options){ .waiting_max = 2 });
    static struct db_acts acts[4];

    for (int i = 0; i < 4; i++) /* the connection is not there yet: all wait */
        start(f, i, db, &acts[i], "full");
    for (int i = 0; i < 4; i++)
        assert_int_equal(finish(f, i), i < 2 ? GOV_OK : GOV_OVERLOADED);
    assert_int_equal(act(f, db, "full"), GOV_OK);
    db_stop(db);
}

static void an_idle_connection_is_closed_and_opened_again(void **state)
{
    struct fixture *f = *state;
    struct db *db = pool(f, "idle", (struct db_options){ .idle_close_ms = 50 });
    struct asking any = { f, "idle", "true" };

    assert_int_equal(act(f, db, "idle"), GOV_OK);
    assert_int_equal(db_rig_backends(&f->rig, "idle"), 1);
    loop_until(&f->rig.loop, holds_not, &any, 15000);
    assert_int_equal(act(f, db, "idle"), GOV_OK);
    assert_true(db_reachable(db));
    db_stop(db);
}

static void a_cancelled_op_ends_after_its_query_and_leaves_the_connection_whole(void **state)
{
    struct fixture *f = *state;
    struct db *db = pool(f, "cancel", (struct db_options){ 0 });
    struct db_acts acts;

    start(f, 1, db, &acts, "sleep:1");
    wait_for_sleeper(f, "cancel");
    op_cancel(&f->probes[1].op, GOV_CANCELLED);
    assert_false(f->probes[1].op.over);
    assert_int_equal(finish(f, 1), GOV_CANCELLED);
    assert_int_equal(db_acts_rows(&f->rig, &f->tenant, "sleep:1"), 1);
    assert_int_equal(act(f, db, "next"), GOV_OK);
    assert_int_equal(db_rig_backends(&f->rig, "cancel"), 1);
    db_stop(db);
}

static void stopping_the_pool_answers_what_is_in_flight_and_what_waits(void **state)
{
    struct fixture *f = *state;
    struct db *db = pool(f, "stop", (struct db_options){ 0 });
    static struct db_acts acts[ALL];

    for (int i = 0; i < ALL; i++)
        start(f, i, db, &acts[i], i ? "stop" : "sleep:60");
    wait_for_sleeper(f, "stop");
    db_stop(db);
    for (int i = 0; i < ALL; i++)
        assert_int_equal(finish(f, i), GOV_STORE_UNAVAILABLE);
}

static void a_pool_stopped_while_it_connects_leaves_no_handle(void **state)
{
    struct fixture *f = *state;
    struct db *db = pool(f, "early", (struct db_options){ 0 });
    struct db_acts acts;

    start(f, 0, db, &acts, "early");
    uv_run(&f->rig.loop.uv, UV_RUN_NOWAIT);
    db_stop(db);
    assert_int_equal(finish(f, 0), GOV_STORE_UNAVAILABLE);
    db_rig_turn(&f->rig);
}

static void an_idle_pool_does_not_keep_the_loop_alive(void **state)
{
    struct fixture *f = *state;
    struct db *db = pool(f, "quiet", (struct db_options){ 0 });

    assert_int_equal(act(f, db, "quiet"), GOV_OK);
    loop_run(&f->rig.loop); /* returns at once, or the test times out */
    assert_int_equal(act(f, db, "quiet"), GOV_OK);
    db_stop(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_killed_backend_fails_what_was_in_flight_and_the_next_query_works),
        cmocka_unit_test(what_was_not_sent_yet_goes_over_a_new_connection),
        cmocka_unit_test(a_server_that_is_down_fails_at_once_and_is_found_again_unasked),
        cmocka_unit_test(a_restart_between_two_queries_costs_at_most_one_of_them),
        cmocka_unit_test(a_refused_second_connection_fails_nobody),
        cmocka_unit_test(more_than_may_wait_is_refused_as_overload),
        cmocka_unit_test(an_idle_connection_is_closed_and_opened_again),
        cmocka_unit_test(a_cancelled_op_ends_after_its_query_and_leaves_the_connection_whole),
        cmocka_unit_test(stopping_the_pool_answers_what_is_in_flight_and_what_waits),
        cmocka_unit_test(a_pool_stopped_while_it_connects_leaves_no_handle),
        cmocka_unit_test(an_idle_pool_does_not_keep_the_loop_alive),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
