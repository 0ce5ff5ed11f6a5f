/* slots_test.c - two slot packs of one account, ordered at once for two customers, are judged one after the other. */
#include "tests/lib/test.h"

#include <string.h>
#include <time.h>

#include "core/base/clock.h"
#include "tests/lib/money_rig.h"
#include "tests/lib/sql.h"

/* A pack's order as an API makes it, of a customer of its own, in a transaction that is not over. */
static void order(struct money_rig *f, PGconn *conn, const struct bought *b, struct id id)
{
    struct id customer = id_new();

    sql_run(conn, "begin");
    sql_run(conn, "insert into public.customer (id, kind, name) values ('%s', 'company', 'Acme')", customer.text);
    sql_run(conn, "select public.order_create('%s', 'quota', '%s', null, '%s', '%s', 1, false, 1000, 0, '{}', '{}', "
            "now() + interval '30 days', 'key', 'hash', '%s')", id.text, customer.text, b->tenant.id.text,
            money_rig_edition(f, "slot-pack-10"), f->finance.id.text);
}

/* The second one waits, or has its answer: nothing else can become true. */
static bool waits_or_is_answered(struct money_rig *f, PGconn *second)
{
    PQconsumeInput(second);
    return !PQisBusy(second) || strcmp("t", sql_value(&f->arena, f->admin, "select exists (select from pg_catalog.pg_locks l "
                                                      "where l.pid = %d and not l.granted)", PQbackendPID(second))) == 0;
}

static void two_orders_at_once_do_not_pass_the_bound_together(void **state)
{
    struct money_rig *f = *state;
    PGconn *second = pg_server_connect(&f->server, &f->arena, "execgov_platform");
    struct id first_id = id_new(), second_id = id_new();
    struct bought b;

    money_rig_customer(f, &b);
    sql_run(f->admin, "update public.platform_setting set value = to_jsonb(coalesce(public.quota_limit('%s', 'skills'), 0) + 15) "
            "where key = 'slots_max'", b.tenant.id.text); /* one pack of ten fits, two do not */
    order(f, f->platform, &b, first_id);
    order(f, second, &b, second_id);
    sql_run(f->platform, "select public.slots_must_fit('%s')", first_id.text);
    assert_true(PQsendQuery(second, arena_format(&f->arena, "select public.slots_must_fit('%s')", second_id.text)));
    for (int64_t until = clock_mono_us() + 60000000; !waits_or_is_answered(f, second);) {
        assert_true(clock_mono_us() < until);
        nanosleep(&(struct timespec){ 0, 5000000 }, NULL);
    }
    sql_run(f->platform, "commit");

    PGresult *answer = PQgetResult(second);
    const char *code = PQresultErrorField(answer, PG_DIAG_SQLSTATE);
    assert_non_null(code);
    assert_string_equal("GV000", code);
    assert_non_null(strstr(PQresultErrorField(answer, PG_DIAG_MESSAGE_PRIMARY), "more slots than an account may have: "));
    PQclear(answer);
    assert_null(PQgetResult(second));
    sql_run(second, "rollback");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_orders_at_once_do_not_pass_the_bound_together),
    };
    return cmocka_run_group_tests(tests, money_rig_setup, money_rig_teardown);
}
