/* end_again_test.c - an end that comes again within its period (an override, a hold) is told again: a final notice of its own at
 * least a day before, a notice of the data's end of its own. */
#include "tests/lib/test.h"

#include <stdlib.h>
#include <string.h>

#include "core/io/db/dbsync.h"
#include "sql_queries.h"
#include "tests/lib/scan_rig.h"
#include "tests/lib/sql.h"

/* One subscription, whose period ends on a Thursday: no window of its grace days is moved by a weekend. */
static void begin(struct scan_rig *f)
{
    int days = 2 + atoi(sql_value(&f->arena, f->admin, "select (11 - extract(isodow from (public.lifecycle_now() at time zone "
                                  "'Asia/Shanghai')::date + 2)::integer) %% 7"));

    scan_rig_subscriptions(f, 1, days, "Asia/Shanghai");
    sql_run(f->admin, "set session_replication_role = replica; insert into public.subscription_period (subscription_id, n, start_date, end_date, "
            "start_at, end_at, tz, order_id, edition_version, amount_minor, currency) select id, 1, paid_until_date - 365, paid_until_date, "
            "paid_until_at - interval '365 days', paid_until_at, tz, gen_random_uuid(), edition_version, 1, 'CNY' from public.subscription; "
            "set session_replication_role = default");
}

/* Scans every six hours, so many days. */
static void live(struct scan_rig *f, int days)
{
    for (int quarter = 0; quarter < days * 4; quarter++) {
        scan_rig_scan(f->conn, (struct scan_options){ .accept_gap = true });
        scan_rig_advance(f, "6 hours");
    }
}

static const char *done(struct scan_rig *f)
{
    return sql_value(&f->arena, f->admin, "select string_agg(window_code, ' ' order by as_of, window_code) from public.lifecycle_action where "
                     "status = 'done' and action in ('remind', 'shutdown', 'propose') and window_code not like 'T-%%'");
}

static void override(struct scan_rig *f, const char *how_long)
{
    struct pg_person asks, decides;

    pg_server_person(&f->server, NULL, NULL, &asks);
    pg_server_person(&f->server, NULL, NULL, &decides);
    sql_run(f->admin, "insert into public.platform_role (user_id, role) values ('%s', 'platform_finance')", decides.id.text);
    struct id request = id_new();
    sql_run(f->admin, "insert into public.approval_request (id, action, params, params_digest, reason, requester, state) values ('%s', "
            "'subscription.override', '{}', 'digest', 'why', '%s', 'approved')", request.text, asks.id.text);
    sql_run(f->admin, "insert into public.approval_vote (request_id, voter, approve) values ('%s', '%s', true)", request.text,
            decides.id.text);
    sql_run(f->admin, "select public.subscription_override(id, public.lifecycle_now() + interval '%s', 'why', '%s', '%s', 'digest') from "
            "public.subscription", how_long, asks.id.text, request.text);
}

/* Of the shutdowns there were, each had a message of its own that was there a day before; the check says nothing of any. */
static void assert_each_was_told(struct scan_rig *f, int shutdowns)
{
    struct gov_err err;

    assert_int_equal(shutdowns, scan_rig_count(f, "public.subscription_event where to_state = 'shutdown'"));
    assert_int_equal(shutdowns, scan_rig_count(f, "public.outbox where payload ->> 'window' = 'G-1'"));
    assert_int_equal(shutdowns, scan_rig_count(f, "public.subscription_event e where e.to_state = 'shutdown' and exists (select from "
                     "public.outbox o where o.payload ->> 'window' = 'G-1' and o.next_at <= e.at - interval '24 hours' and o.next_at >= (select "
                     "max(g.at) from public.subscription_event g where g.to_state = 'grace' and g.at < e.at))"));
    PGresult *broken = dbsync_query(&f->arena, f->admin, sql_queries[SQL_QUERIES_LIFECYCLE_CHECK].text, 0, NULL, &err);
    for (int i = 0; i < PQntuples(broken); i++)
        assert_string_not_equal("I5", PQgetvalue(broken, i, 0));
}

static void a_shutdown_after_an_override_has_its_own_notices(void **state)
{
    static const char told[] = "public.subscription s cross join lateral public.tenant_drop_notice(s.id) n where n.id is not null";
    struct scan_rig *f = *state;

    begin(f);
    live(f, 115);
    assert_string_equal("G-HALF G-1 SHUTDOWN R-7 PROPOSE", done(f));
    assert_each_was_told(f, 1);
    sql_run(f->admin, "update public.outbox set state = 'sent', ended_at = now()");
    assert_int_equal(1, scan_rig_count(f, told));

    override(f, "12 days");
    assert_int_equal(0, scan_rig_count(f, told)); /* what was said of the data's end is not true any more */
    live(f, 14);
    assert_string_equal("G-HALF G-1 SHUTDOWN R-7 PROPOSE G-HALF/2 G-1/2 SHUTDOWN/2", done(f));
    assert_each_was_told(f, 2);
    override(f, "3 days");
    live(f, 100);
    assert_string_equal("G-HALF G-1 SHUTDOWN R-7 PROPOSE G-HALF/2 G-1/2 SHUTDOWN/2 G-1/3 SHUTDOWN/3 R-7/3 PROPOSE/3",
                        sql_value(&f->arena, f->admin, "select replace('%s', ' G-HALF/3', '')", done(f)));
    assert_each_was_told(f, 3);
    assert_int_equal(0, scan_rig_count(f, told)); /* written, and not gone yet */
    sql_run(f->admin, "update public.outbox set state = 'sent', ended_at = now()");
    assert_int_equal(1, scan_rig_count(f, told));
    assert_int_equal(1, scan_rig_count(f, "public.finance_task where kind = 'termination_proposed' and done_at is null"));
}

static void a_shutdown_that_a_hold_has_moved_is_told_of_its_day(void **state)
{
    struct scan_rig *f = *state;

    begin(f);
    for (int day = 0; day < 20 && !strstr(done(f) ? done(f) : "", "G-1"); day++)
        live(f, 1);
    sql_run(f->admin, "select public.hold_add(gen_random_uuid(), id, 'dispute', public.lifecycle_now() + interval '30 days', 'why', null) from "
            "public.subscription");
    live(f, 40);
    assert_string_equal("G-HALF G-1 G-1/2 SHUTDOWN/2", done(f));
    assert_int_equal(1, scan_rig_count(f, "public.outbox o, public.subscription s, public.subscription_event e where o.payload ->> 'window' = 'G-1' "
                     "and abs(extract(epoch from (o.payload ->> 'shutdown_due_at')::timestamptz - s.hold_until)) < 1 and e.to_state = 'shutdown' and o.next_at between "
                     "s.hold_until - interval '5 days' and e.at - interval '24 hours'"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shutdown_after_an_override_has_its_own_notices),
        cmocka_unit_test(a_shutdown_that_a_hold_has_moved_is_told_of_its_day),
    };
    return cmocka_run_group_tests(tests, scan_rig_setup, scan_rig_teardown);
}
