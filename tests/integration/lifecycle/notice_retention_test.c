/* notice_retention_test.c - what people were told of their work goes when it is old; what is told of money stays. */
#include "tests/lib/test.h"

#include "core/io/db/dbsync.h"
#include "sql_queries.h"
#include "tests/lib/scan_rig.h"
#include "tests/lib/sql.h"

/* A message with an attempt and its result, made so many days ago. */
static void message(struct scan_rig *f, const char *event, const char *state, int days)
{
    sql_run(f->admin, "with o as (insert into public.outbox (action_key, event, channel, endpoint, payload, message_id, state, next_at, created_at, "
            "ended_at) values (gen_random_uuid()::text, '%s', 'email', 'a@example.org', '{}', 'm', '%s', now(), public.lifecycle_now() - interval "
            "'%d days', case when '%s' in ('pending', 'retry') then null else now() end) returning id), a as (insert into public.delivery_attempt "
            "(outbox_id, n) select id, 1 from o) insert into public.delivery_result (outbox_id, n, outcome) select id, 1, 'sent' from o",
            event, state, days, state);
}

static int forgotten(struct scan_rig *f, const char *batch)
{
    struct gov_err err = { 0 };
    PGresult *gone = dbsync_query(&f->arena, f->conn, sql_queries[SQL_QUERIES_NOTICE_FORGET].text, 1, &batch, &err);

    if (!gone)
        fail_msg("%s", err.cause);
    return PQntuples(gone);
}

static const char *left(struct scan_rig *f)
{
    return sql_value(&f->arena, f->admin, "select (select string_agg(event || ' ' || state, ', ' order by event, state) from public.outbox) || ': ' "
                     "|| (select count(*) from public.delivery_attempt) || ' ' || (select count(*) from public.delivery_result)");
}

static void old_notices_of_work_go_with_their_attempts(void **state)
{
    struct scan_rig *f = *state;

    message(f, "run.failed", "sent", 366);
    message(f, "confirmation.waiting", "dead", 366);
    message(f, "quota.reached", "unknown", 366);
    message(f, "run.failed", "sent", 364);
    message(f, "run.failed", "retry", 366);
    message(f, "payment.received", "sent", 4000);
    message(f, "subscription.reminder", "sent", 4000);
    message(f, "approval.waiting", "sent", 4000);
    assert_int_equal(2, forgotten(f, "2"));
    assert_int_equal(1, forgotten(f, "2"));
    assert_int_equal(0, forgotten(f, "2"));
    assert_string_equal("approval.waiting sent, payment.received sent, run.failed retry, run.failed sent, subscription.reminder sent: 5 5", left(f));
}

static void an_attempt_goes_with_its_message_only(void **state)
{
    struct scan_rig *f = *state;

    assert_string_equal("42501", sql_state(&f->arena, f->admin, "delete from public.delivery_result"));
    assert_string_equal("42501", sql_state(&f->arena, f->admin, "delete from public.delivery_attempt"));
    assert_string_equal("42501", sql_state(&f->arena, f->admin, "update public.delivery_attempt set n = 7"));
    assert_string_equal("42501", sql_state(&f->arena, f->conn, "delete from public.outbox"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(old_notices_of_work_go_with_their_attempts),
        cmocka_unit_test(an_attempt_goes_with_its_message_only),
    };
    return cmocka_run_group_tests(tests, scan_rig_setup, scan_rig_teardown);
}
