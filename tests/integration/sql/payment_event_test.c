/* payment_event_test.c - what a telling costs does not grow with how many wait. */
#include "tests/lib/test.h"

#include <stdlib.h>

#include "sql_queries.h"
#include "tests/lib/money_rig.h"
#include "tests/lib/sql.h"

enum { WAITING = 2000 };

/* Rows of payment_event that `call` read by an index. */
static int read_by(struct money_rig *f, const char *call)
{
    sql_run(f->admin, "begin");
    sql_run(f->admin, "%s", call);
    int rows = atoi(sql_value(&f->arena, f->admin, "select idx_tup_fetch + seq_tup_read from pg_stat_xact_user_tables where relname = "
                              "'payment_event'"));
    sql_run(f->admin, "commit");
    return rows;
}

/* Plans are made while nothing waits, and are kept. */
static void an_end_is_found_by_its_key_also_when_many_wait(void **state)
{
    struct money_rig *f = *state;

    sql_run(f->admin, "alter table public.payment_event set (autovacuum_enabled = off)");
    for (int i = 0; i < 20; i++) {
        sql_run(f->admin, "insert into public.payment_event (provider, event_id, raw, sha256, verified, detail) values ('stripe', 'old%d', '', "
                "'x', true, '{}')", i);
        sql_run(f->admin, "select public.payment_event_failed('stripe', 'old%d', 'x'), public.payment_event_end('stripe', 'old%d', 'late')", i, i);
    }
    sql_run(f->admin, "insert into public.payment_event (provider, event_id, raw, sha256, verified, detail) select 'stripe', 'e' || n, '', 'x', "
            "true, '{}' from generate_series(1, %d) n", WAITING);
    assert_in_range(read_by(f, "select public.payment_event_end('stripe', 'e7', 'settled')"), 1, WAITING / 20);
    assert_in_range(read_by(f, "select public.payment_event_failed('stripe', 'e8', 'later')"), 1, WAITING / 20);
    assert_string_equal("done settled", sql_value(&f->arena, f->admin, "select status || ' ' || outcome from public.payment_event where "
                                                  "event_id = 'e7'"));
    assert_string_equal("received later", sql_value(&f->arena, f->admin, "select status || ' ' || outcome from public.payment_event where "
                                                    "event_id = 'e8' and next_at > now()"));
    /* ended once: nothing else comes of it */
    sql_run(f->admin, "select public.payment_event_end('stripe', 'e7', 'late')");
    assert_string_equal("settled", sql_value(&f->arena, f->admin, "select outcome from public.payment_event where event_id = 'e7'"));
}

/* What a provider sent is kept for 400 days, that it came for ever: the same event is still known then. */
static void bytes_are_kept_for_400_days_and_ids_for_ever(void **state)
{
    struct money_rig *f = *state;

    sql_run(f->admin, "insert into public.payment_event (provider, event_id, raw, sha256, verified, detail, received_at) select 'ali', e.id, "
            "'x', 'y', true, '{}', now() - e.age from (values ('young', interval '399 days 23 hours'), ('aged', interval '400 days 1 hour')) e (id, age)");
    sql_run(f->admin, "%s", sql_queries[SQL_QUERIES_PAYMENT_EVENT_FORGET].text);
    assert_string_equal("aged false, young true", sql_value(&f->arena, f->admin, "select string_agg(event_id || ' ' || (raw is not null), ', ' "
                                                            "order by event_id) from public.payment_event where provider = 'ali'"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_end_is_found_by_its_key_also_when_many_wait),
        cmocka_unit_test(bytes_are_kept_for_400_days_and_ids_for_ever),
    };
    return cmocka_run_group_tests(tests, money_rig_setup, money_rig_teardown);
}
