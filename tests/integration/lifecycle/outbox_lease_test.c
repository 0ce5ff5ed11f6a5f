/* outbox_lease_test.c - a message whose sender died over it: a reminder leaves once more, a receipt waits for a person. */
#include "tests/lib/test.h"

#include <stdlib.h>

#include "core/io/db/dbsync.h"
#include "sql_queries.h"
#include "tests/lib/scan_rig.h"
#include "tests/lib/sql.h"

static const char OPEN[] = "public.finance_task where kind = 'receipt_unknown' and done_at is null";

/* One of each, due now, to the same contact. */
static void messages(struct scan_rig *f)
{
    static const char told[] = "select public.customer_notify(customer_id, '%s' || id, '%s', null, null, '{}', null, null, null) from public.orders";

    scan_rig_subscriptions(f, 1, 200, "Asia/Shanghai");
    sql_run(f->admin, "insert into public.orders (id, no, kind, customer_id, subscription_id, period_no, edition_version, state, amount_minor, "
            "currency) select gen_random_uuid(), 'R-1', 'renewal', customer_id, id, 2, edition_version, 'active', 100, 'CNY' from public.subscription");
    sql_run(f->admin, told, "reminder:", "subscription.remind");
    sql_run(f->admin, told, "receipt:", "payment.received");
}

/* What is claimed now, as "event message_id attempt". */
static const char *claimed(struct scan_rig *f)
{
    const char *params[] = { "100", "{}" };
    struct gov_err err = { 0 };
    PGresult *rows = dbsync_query(&f->arena, f->conn, sql_queries[SQL_QUERIES_OUTBOX_CLAIM].text, 2, params, &err);

    if (!rows)
        fail_msg("claim: %s", err.cause);
    assert_in_range(PQntuples(rows), 0, 1);
    return PQntuples(rows) ? arena_format(&f->arena, "%s %s %s", PQgetvalue(rows, 0, 3), PQgetvalue(rows, 0, 1), PQgetvalue(rows, 0, 9)) : "";
}

static void claim_all(struct scan_rig *f)
{
    const char *params[] = { "100", "{}" };
    struct gov_err err = { 0 };
    PGresult *rows = dbsync_query(&f->arena, f->conn, sql_queries[SQL_QUERIES_OUTBOX_CLAIM].text, 2, params, &err);

    assert_non_null(rows);
    assert_int_equal(2, PQntuples(rows));
}

/* Whoever had claimed is dead, and two minutes are over. */
static void lease_ends(struct scan_rig *f)
{
    sql_run(f->admin, "update public.outbox set lease_until = clock_timestamp() - interval '1 second' where state = 'sending'");
}

static const char *state_of(struct scan_rig *f, const char *event)
{
    return sql_value(&f->arena, f->admin, "select concat_ws(' ', state, reason, attempts, case when ended_at is null then 'open' else 'ended' end) "
                     "from public.outbox where event = '%s'", event);
}

static void a_receipt_whose_sender_died_is_not_sent_again_and_a_reminder_is_once(void **state)
{
    struct scan_rig *f = *state;

    messages(f);
    claim_all(f);
    assert_string_equal("", claimed(f)); /* the lease stands */
    lease_ends(f);
    assert_string_equal(sql_value(&f->arena, f->admin, "select 'subscription.remind ' || message_id || ' 2' from public.outbox where event = "
                                  "'subscription.remind'"), claimed(f));
    assert_string_equal("unknown died while sending 1 ended", state_of(f, "payment.received"));
    lease_ends(f);
    assert_string_equal("", claimed(f));
    assert_string_equal("unknown died while sending 2 ended", state_of(f, "subscription.remind"));
    /* that nothing is known of the attempt is what its log says */
    assert_int_equal(1, scan_rig_count(f, "public.delivery_attempt a join public.outbox o on o.id = a.outbox_id where o.event = 'payment.received'"));
    assert_int_equal(0, scan_rig_count(f, "public.delivery_result"));
}

/* What became of attempt `n` of the receipt. */
static void answered(struct scan_rig *f, const char *n, const char *outcome)
{
    const char *id = sql_value(&f->arena, f->admin, "select id from public.outbox where event = 'payment.received'");
    const char *params[] = { id, n, outcome, "0", NULL, "1", NULL, "no answer", "60", "true" };
    struct gov_err err = { 0 };

    if (!dbsync_query(&f->arena, f->conn, sql_queries[SQL_QUERIES_OUTBOX_DONE].text, 10, params, &err))
        fail_msg("done: %s", err.cause);
}

static void a_receipt_that_may_have_arrived_is_a_task_until_a_person_has_decided(void **state)
{
    struct scan_rig *f = *state;

    messages(f);
    claim_all(f);
    answered(f, "1", "unknown");
    assert_string_equal("unknown no answer 1 ended", state_of(f, "payment.received"));
    assert_int_equal(1, scan_rig_count(f, arena_format(&f->arena, "%s and customer_id = (select id from public.customer) and order_id = (select id from "
                                                       "public.orders) and detail ->> 'endpoint' "
                                                       "= 'c1@example.org' and detail #>> '{remedy,en}' like '%%deliveries again ' || ref || '%%' and "
                                                       "detail #>> '{remedy,zh-CN}' like '%%deliveries again ' || ref || '%%'", OPEN)));
    /* Sent once more by hand, under the same id: the task is over; the sender dies again: it is there again. */
    assert_string_equal("ok", sql_value(&f->arena, f->admin, "select public.message_again(id) from public.outbox where event = 'payment.received'"));
    assert_int_equal(0, scan_rig_count(f, OPEN));
    assert_string_equal(sql_value(&f->arena, f->admin, "select 'payment.received ' || message_id || ' 2' from public.outbox where event = "
                                  "'payment.received'"), claimed(f));
    lease_ends(f);
    claimed(f); /* the reminder */
    assert_int_equal(1, scan_rig_count(f, OPEN));
    assert_string_equal("ok", sql_value(&f->arena, f->admin, "select public.message_again(id) from public.outbox where event = 'payment.received'"));
    claimed(f);
    answered(f, "3", "sent");
    assert_int_equal(0, scan_rig_count(f, OPEN));
    assert_string_equal("sent 3 ended", sql_value(&f->arena, f->admin, "select concat_ws(' ', state, attempts, 'ended') from public.outbox where "
                                                  "event = 'payment.received'"));
}

/* Also when the day is over in which it could be sent again by hand. */
static void whoever_ends_the_task_says_that_it_arrived(void **state)
{
    struct scan_rig *f = *state;

    messages(f);
    claim_all(f);
    lease_ends(f);
    sql_run(f->admin, "update public.outbox set expires_at = public.lifecycle_now() - interval '1 minute' where event = 'payment.received'");
    claimed(f);
    assert_string_equal("unknown died while sending 1 ended", state_of(f, "payment.received"));
    sql_run(f->admin, "update public.finance_task set done_at = public.lifecycle_now(), outcome = 'by nobody' where kind = 'receipt_unknown'");
    assert_string_equal("unknown died while sending 1 ended", state_of(f, "payment.received"));
    sql_run(f->admin, "update public.finance_task set done_at = null where kind = 'receipt_unknown'");
    sql_run(f->admin, "update public.finance_task set done_at = public.lifecycle_now(), outcome = 'arrived', "
                      "done_by = gen_random_uuid() where kind = 'receipt_unknown'");
    assert_string_equal("sent a person said that it arrived 1 ended", state_of(f, "payment.received"));
}

/* The messages, by key, that a claim of so many takes which leaves these channels out; they are sent. */
static const char *claim_of(struct scan_rig *f, const char *count, const char *left_out)
{
    const char *params[] = { count, left_out };
    struct gov_err err = { 0 };
    PGresult *rows = dbsync_query(&f->arena, f->conn, sql_queries[SQL_QUERIES_OUTBOX_CLAIM].text, 2, params, &err);

    if (!rows)
        fail_msg("claim: %s", err.cause);
    const char *said = sql_value(&f->arena, f->admin, "select coalesce(string_agg(action_key, ' ' order by next_at), '') from public.outbox where "
                                 "state = 'sending'");
    sql_run(f->admin, "update public.outbox set state = 'sent' where state = 'sending'");
    return said;
}

/* Whichever channels they are of, the oldest first; what a channel has that is left out keeps nobody else's back. */
static void a_claim_takes_the_oldest_of_the_channels_that_have_places(void **state)
{
    struct scan_rig *f = *state;

    sql_run(f->admin, "truncate public.outbox cascade; insert into public.outbox (action_key, event, channel, endpoint, payload, message_id, next_at) "
                      "select c || i, 'run.failed', c, 'x', '{}', 'm', public.lifecycle_now() - interval '1 hour' + interval '1 minute' * (case c when "
                      "'email' then i else 3 * i end) from unnest(array['email', 'null', 'robot']) c, generate_series(1, 6) i where c = 'email' or i <= 2");
    assert_string_equal("email1 email2", claim_of(f, "2", "{}"));
    assert_string_equal("null1 robot1 null2 robot2", claim_of(f, "4", "{\"email\"}"));
    sql_run(f->admin, "update public.outbox set state = 'pending' where channel in ('null', 'robot') and action_key like '%%1'");
    assert_string_equal("robot1", claim_of(f, "4", "{\"email\",\"null\"}"));
    assert_string_equal("email3 null1 email4", claim_of(f, "3", "{}"));
    sql_run(f->admin, "update public.outbox set next_at = public.lifecycle_now() + interval '1 hour' where action_key = 'email5'");
    assert_string_equal("email6", claim_of(f, "3", "{}"));
}

/* How many entries of what waits the claims have read so far. */
static int read_so_far(struct scan_rig *f)
{
    sql_run(f->conn, "select pg_stat_force_next_flush()");
    return atoi(sql_value(&f->arena, f->admin, "select sum(idx_tup_read) from pg_stat_all_indexes where indexrelid in ("
                          "'public.outbox_due'::regclass, 'public.outbox_channel'::regclass)"));
}

/* With the server's statistics, which say that all that waits, or nearly all, is of one channel. */
static void a_full_channel_is_not_walked_through(void **state)
{
    static const char fill[] = "insert into public.outbox (action_key, event, channel, endpoint, payload, message_id, next_at) select '%s' || i, "
                               "'run.failed', '%s', 'x', '{}', 'm', public.lifecycle_now() - interval '%d minutes' from generate_series(1, %d) i";
    struct scan_rig *f = *state;

    sql_run(f->admin, "truncate public.outbox cascade");
    sql_run(f->admin, fill, "email", "email", 60, 20000);
    sql_run(f->admin, "analyze public.outbox");
    int before = read_so_far(f);
    assert_string_equal("email", arena_copy(&f->arena, claim_of(f, "8", "{}"), 5));
    assert_in_range(read_so_far(f) - before, 8, 200);
    sql_run(f->admin, fill, "robot", "robot", 1, 3);
    sql_run(f->admin, "analyze public.outbox");
    before = read_so_far(f);
    assert_string_equal("robot", arena_copy(&f->arena, claim_of(f, "8", "{\"email\"}"), 5));
    assert_string_equal("email", arena_copy(&f->arena, claim_of(f, "8", "{}"), 5));
    assert_in_range(read_so_far(f) - before, 11, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_receipt_whose_sender_died_is_not_sent_again_and_a_reminder_is_once),
        cmocka_unit_test(a_receipt_that_may_have_arrived_is_a_task_until_a_person_has_decided),
        cmocka_unit_test(whoever_ends_the_task_says_that_it_arrived),
        cmocka_unit_test(a_claim_takes_the_oldest_of_the_channels_that_have_places),
        cmocka_unit_test(a_full_channel_is_not_walked_through),
    };
    return cmocka_run_group_tests(tests, scan_rig_setup, scan_rig_teardown);
}
