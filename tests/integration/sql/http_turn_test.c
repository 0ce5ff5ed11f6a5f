/* Turns at an HTTP resource, over all tenants: as many a minute and as many at once as it allows. */
#include <stdlib.h>
#include <string.h>

#include "tests/lib/pg_server.h"
#include "tests/lib/sql.h"
#include "tests/lib/test.h"

static struct pg_server server;
static struct arena arena;
static PGconn *admin;
static struct id resource;

static long take(const char *call, int per_minute, int at_once, long hold_ms)
{
    return atol(sql_value(&arena, admin, "select public.http_turn_take('%s', '%s', %d, %d, %ld)", resource.text, call,
                         per_minute, at_once, hold_ms));
}

static int fresh(void **state)
{
    (void)state;
    resource = id_new();
    sql_run(admin, "insert into public.http_resource (id, name, definition) values ('%s', 'r%.8s', '{}')", resource.text,
            resource.text + 28);
    return 0;
}

static void only_so_many_calls_are_under_way_at_once(void **state)
{
    struct id calls[] = { id_new(), id_new(), id_new() };
    (void)state;
    assert_int_equal(take(calls[0].text, 0, 2, 60000), 0);
    assert_int_equal(take(calls[1].text, 0, 2, 60000), 0);
    assert_true(take(calls[2].text, 0, 2, 60000) > 0);
    sql_run(admin, "delete from public.http_call_open where id = '%s'", calls[0].text);
    assert_int_equal(take(calls[2].text, 0, 2, 60000), 0);
}

static void a_call_whose_egress_died_does_not_count_for_ever(void **state)
{
    struct id calls[] = { id_new(), id_new() };
    (void)state;
    assert_int_equal(take(calls[0].text, 0, 1, 60000), 0);
    assert_true(take(calls[1].text, 0, 1, 60000) > 0);
    sql_run(admin, "update public.http_call_open set until = now() - interval '1 second' where id = '%s'", calls[0].text);
    assert_int_equal(take(calls[1].text, 0, 1, 60000), 0);
}

/* 30 a minute: three at once, then one in two seconds. */
static void a_rate_gives_a_tenth_of_a_minute_at_once_and_then_says_when(void **state)
{
    struct id call = id_new();
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(take(call.text, 30, 0, 0), 0);
    assert_in_range(take(call.text, 30, 0, 0), 1000, 2001);
    sql_run(admin, "update public.http_turn set due = due - interval '2 seconds' where resource_id = '%s'", resource.text);
    assert_int_equal(take(call.text, 30, 0, 0), 0);
    assert_true(take(call.text, 30, 0, 0) > 0);
}

/* A call that may not be made for one limit uses nothing of the other. */
static void a_refusal_costs_no_token(void **state)
{
    struct id calls[] = { id_new(), id_new() };
    (void)state;
    assert_int_equal(take(calls[0].text, 20, 1, 60000), 0);
    assert_true(take(calls[1].text, 20, 1, 60000) > 0);
    sql_run(admin, "delete from public.http_call_open");
    assert_int_equal(take(calls[1].text, 20, 1, 60000), 0); /* the second of two */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(only_so_many_calls_are_under_way_at_once, fresh),
        cmocka_unit_test_setup(a_call_whose_egress_died_does_not_count_for_ever, fresh),
        cmocka_unit_test_setup(a_rate_gives_a_tenth_of_a_minute_at_once_and_then_says_when, fresh),
        cmocka_unit_test_setup(a_refusal_costs_no_token, fresh),
    };
    pg_server_start(&server);
    arena_init(&arena);
    admin = pg_server_connect(&server, &arena, "postgres");
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_release(&arena);
    pg_server_stop(&server);
    return failed;
}
