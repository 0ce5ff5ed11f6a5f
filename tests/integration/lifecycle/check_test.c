/* check_test.c - every rule of `lifecycle check` can go red: each is broken by hand, and is the one that is named. */
#include "tests/lib/test.h"

#include <string.h>

#include "core/io/db/dbsync.h"
#include "core/store/scan/agreement.h"
#include "sql_queries.h"
#include "tests/lib/money_rig.h"
#include "tests/lib/sql.h"

struct plant {
    const char *rule; /* NULL: it looks like a fault and is none */
    const char *says;
    const char *sql; /* {{t}}: the schema of the tenant; public.planted: who it is about */
};

#define SUBSCRIPTION(set) "update public.subscription set " set " where id = (select s from public.planted)"
/* A month that begins five days after the first one's end, all of it or up to `closed`. */
#define PERIOD(n, closed, order)                                                                                              \
    "insert into public.subscription_period (subscription_id, n, start_date, end_date, start_at, end_at, closed_date, tz, order_id, "     \
    "edition_version, amount_minor, currency) select subscription_id, " n ", end_date + 5, end_date + 35, end_at + interval '5 days', " \
    "end_at + interval '35 days', " closed ", tz, " order ", edition_version, 1, currency from public.subscription_period where " \
    "n = 1 and subscription_id = (select s from public.planted); "
#define EVENT(from, to, cause, ago)                                                                                         \
    "insert into public.subscription_event (subscription_id, at, from_state, to_state, cause) select s, public.lifecycle_now() - " \
    "interval '" ago "', '" from "', '" to "', '" cause "' from public.planted; "
#define TOLD(window, ago)                                                                                                     \
    "insert into public.lifecycle_action (subscription_id, period_no, action, window_code, status, due_at, as_of, as_of_date) select s, " \
    "1, 'remind', '" window "', 'done', now(), public.lifecycle_now() - interval '" ago "', current_date from public.planted; "
#define WROTE(window, state)                                                                                                  \
    "insert into public.outbox (action_key, event, channel, endpoint, subscription_id, payload, message_id, next_at, state) select 'sub:' || " \
    "s || ':1:" window "', 'subscription.reminder', 'email', gen_random_uuid()::text, s, '{}', 'm', now(), '" state "' from public.planted; "
#define TASK(kind, ref, ago)                                                                                                  \
    "insert into public.finance_task (id, kind, ref, created_at) select gen_random_uuid(), '" kind "', " ref ", public.lifecycle_now() - " \
    "interval '" ago "' from public.planted; "
#define BLOCK(ago, released)                                                                                                  \
    "insert into public.tenant_block (tenant_id, source, level, reason_code, from_at, released_at) select t, 'billing', 3, "    \
    "'subscription_expired', now() - interval '" ago "', " released " from public.planted; update public.tenant n set run_allowed = " \
    "x.released_at is not null, write_allowed = x.released_at is not null from public.planted p, public.tenant_block x where n.id = p.t and " \
    "x.tenant_id = p.t; "
#define CLAIM(ago)                                                                                                            \
    "insert into {{t}}.audit_event (at, actor_kind, kind, action, subject_kind, subject) values (now() - interval '" ago "', 'worker', " \
    "'run', 'job.claimed', 'job', 'a-job'); "
#define RETURNED(order, amount)                                                                                               \
    "insert into public.payment_return (id, payment_id, order_id, amount_minor, reference, reason, approval_id, recorded_at) select "  \
    "gen_random_uuid(), p, " order ", " amount ", 'r', 'why', gen_random_uuid(), now() from public.planted"
#define LEDGER_OF(currency, n, account, amount)                                                                              \
    "insert into public.ledger_entry (txn, n, account, amount_minor, currency) select (select min(txn) from public.ledger_entry), " n ", " \
    account ", " amount ", '" currency "' from public.planted; "
#define LEDGER(n, account, amount) LEDGER_OF("CNY", n, account, amount)
#define WENT(from, to) "insert into public.order_event (order_id, from_state, to_state, event) select o, '" from "', '" to "', 'x' from public.planted"
#define TENANT(set) "update public.tenant set " set " where id = (select t from public.planted); "

static const struct plant plants[] = {
    { NULL, "", "select 1" },
    { "I1", "does not balance", LEDGER("99", "'CASH:card'", "1") },
    { "I1", "does not balance in USD", LEDGER("98", "'CASH:card'", "1") LEDGER_OF("USD", "99", "'CASH:card'", "-1") },
    { "I1", "receivable 29900, open orders 0 USD", "update public.orders set state = 'pending_payment' where id = (select o from public.planted); "
      LEDGER_OF("USD", "98", "'AR:' || c", "29900") LEDGER_OF("USD", "99", "'CASH:card'", "-29900") },
    { "I1", "receivable 0, open orders 29900", "update public.orders set state = 'pending_payment' where id = (select o from public.planted)" },
    { "I2", "a gap from", PERIOD("2", "null::date", "gen_random_uuid()") SUBSCRIPTION("period_no = 2, paid_until_date = paid_until_date + 35") },
    { "I2", "which is not the end of the last", PERIOD("2", "null::date", "gen_random_uuid()") "update public.subscription_period set start_date = "
      "start_date - 5 where n = 2; " SUBSCRIPTION("period_no = 2") },
    { NULL, "what ended the shutdown gave way to another edition the same day", PERIOD("2", "end_date + 5", "'01900000-0000-7000-8000-000000000002'")
      PERIOD("3", "null::date", "gen_random_uuid()") SUBSCRIPTION("period_no = 3, paid_until_date = paid_until_date + 35") "; "
      "insert into public.subscription_event (subscription_id, at, from_state, to_state, cause, ref) select s, public.lifecycle_now(), "
      "'shutdown', 'active', 'payment', '01900000-0000-7000-8000-000000000002' from public.planted" },
    { "I2", "which is not the end of the last", SUBSCRIPTION("paid_until_date = paid_until_date + 1") },
    { "I3", "active although", SUBSCRIPTION("paid_until_at = now() - interval '1 day', next_action_at = null") },
    { NULL, "a hold keeps it going", SUBSCRIPTION("paid_until_at = now() - interval '1 day', hold_until = now() + interval '1 day', "
                                                "next_action_at = null") },
    { NULL, "the next scan looks at it", SUBSCRIPTION("paid_until_at = now() - interval '1 day', next_action_at = now()") },
    { NULL, "it is set aside for a person", SUBSCRIPTION("paid_until_at = now() - interval '1 day', next_action_at = null, quarantined_at = now()") },
    { "I3", "grace although", SUBSCRIPTION("state = 'grace', next_action_at = null") },
    { "I3", "shutdown although", SUBSCRIPTION("state = 'shutdown', next_action_at = null") },
    { NULL, "a refund shuts down within what was paid",
      SUBSCRIPTION("state = 'shutdown', next_action_at = null") "; " EVENT("active", "shutdown", "refund", "-1 minute") },
    { "I3", "shutdown although", SUBSCRIPTION("state = 'shutdown', next_action_at = null") "; " EVENT("active", "shutdown", "refund", "2 minutes")
      EVENT("shutdown", "active", "payment", "1 minute") },
    { "I4", "sent 2 times", "with m as (select id from public.outbox limit 1), a as (insert into public.delivery_attempt (outbox_id, n) select "
      "m.id, x.n from m, generate_series(8, 9) x (n) returning outbox_id, n) insert into public.delivery_result (outbox_id, n, outcome) "
      "select outbox_id, n, 'sent' from a" },
    { "I5", "without a final notice", EVENT("active", "grace", "scan", "9 days") EVENT("grace", "shutdown", "scan", "0 days") },
    { "I5", "without a final notice", EVENT("active", "grace", "scan", "9 days") TOLD("G-1", "23 hours")
      EVENT("grace", "shutdown", "scan", "0 days") },
    { NULL, "a whole day before is a day before", EVENT("active", "grace", "scan", "9 days") TOLD("G-1", "24 hours") WROTE("G-1", "sent")
      EVENT("grace", "shutdown", "scan", "0 days") "update public.subscription_event set at = (select as_of + interval '24 hours' from "
      "public.lifecycle_action where window_code = 'G-1') where to_state = 'shutdown'" },
    { "I5", "without a final notice", EVENT("active", "grace", "scan", "30 days") TOLD("G-1", "28 days")
      EVENT("shutdown", "grace", "override", "9 days") EVENT("grace", "shutdown", "scan", "0 days") },
    { NULL, "the end that was put off has its own notice", EVENT("active", "grace", "scan", "30 days") TOLD("G-1", "28 days")
      EVENT("shutdown", "grace", "override", "9 days") TOLD("G-1/2", "2 days") WROTE("G-1/2", "sent")
      EVENT("grace", "shutdown", "scan", "0 days") },
    { "I5", "nobody could be told, and no task", EVENT("active", "grace", "scan", "9 days") TOLD("G-1", "2 days")
      EVENT("grace", "shutdown", "scan", "0 days") },
    { "I5", "nobody could be told, and no task", EVENT("active", "grace", "scan", "9 days") TOLD("G-1", "2 days")
      TASK("shutdown_untold", "s || ':1'", "10 days") EVENT("grace", "shutdown", "scan", "0 days") },
    { NULL, "finance knew that nobody could be told", EVENT("active", "grace", "scan", "9 days") TOLD("G-1", "2 days")
      TASK("shutdown_untold", "s || ':1'", "9 days") EVENT("grace", "shutdown", "scan", "0 days") },
    { "I5", "arrived nowhere, and no task", EVENT("active", "grace", "scan", "9 days") TOLD("G-1", "2 days") WROTE("G-1", "dead")
      WROTE("G-1", "suppressed") EVENT("grace", "shutdown", "scan", "0 days") },
    { NULL, "finance knew that it arrived nowhere", EVENT("active", "grace", "scan", "9 days") TOLD("G-1", "2 days") WROTE("G-1", "dead")
      TASK("notice_dead", "'sub:' || s || ':1:G-1'", "1 day") EVENT("grace", "shutdown", "scan", "0 days") },
    { NULL, "one of two receivers may have it yet", EVENT("active", "grace", "scan", "9 days") TOLD("G-1", "2 days") WROTE("G-1", "dead")
      WROTE("G-1", "retry") EVENT("grace", "shutdown", "scan", "0 days") },
    { "I6", "1 claims began after its block", BLOCK("1 hour", "null") CLAIM("30 minutes") CLAIM("2 hours") },
    { "I6", "job a-job", BLOCK("40 days", "null") CLAIM("3 days") "update public.scan_clock set test_offset = '900 days'; " },
    { "I6", "1 claims", BLOCK("1 hour", "now() - interval '10 minutes'") CLAIM("12 minutes") CLAIM("9 minutes") },
    { NULL, "a claim that had begun, one after the release, one that is long ago", BLOCK("1 hour", "now() - interval '10 minutes'")
      CLAIM("61 minutes") CLAIM("58 minutes") CLAIM("8 minutes") CLAIM("9 days") },
    { "I6", "1 claims", BLOCK("1 hour", "null") "update public.tenant_block set level = 2; " TENANT("write_allowed = true") CLAIM("30 minutes") },
    { NULL, "a tenant that is only warned goes on", BLOCK("1 hour", "null") "update public.tenant_block set level = 1; "
      TENANT("run_allowed = true, write_allowed = true") CLAIM("30 minutes") },
    { "I6", "1 claims", BLOCK("3 minutes", "null") CLAIM("1 minute") "insert into public.scan_run (id, kind, as_of, state, started_at, "
      "finished_at) values ('01900000-0000-7000-8000-000000000009', 'tick', now(), 'done', now(), now() - interval '2 minutes'); insert into "
      "public.platform_audit (at, actor_kind, kind, action, tenant_id, detail) select now() - interval '3 minutes', 'system', 'money', "
      "'subscription.shutdown', t, '{\"run\": \"01900000-0000-7000-8000-000000000009\"}' from public.planted" },
    { NULL, "nobody knows when that was committed", BLOCK("3 minutes", "null") CLAIM("1 minute") },
    { "I7", "went from paid to expired", WENT("paid", "expired") },
    { "I7", "went from activating to cancelled", WENT("activating", "cancelled") },
    { "I7", "went from active to pending_payment", WENT("active", "pending_payment") },
    { "I7", "went from activation_failed to payment_reported", WENT("activation_failed", "payment_reported") },
    { "I7", "went from refunded to draft", WENT("refunded", "draft") },
    { NULL, "what is paid goes on", WENT("activation_failed", "active") },
    { "I8", "applied more than it is", "update public.payment_application set amount_minor = amount_minor + 1" },
    { "I8", "gave back 30000 of 29900", RETURNED("null", "30000") },
    { "I8", "of the 29900 that settled it", RETURNED("o", "29901") },
    { "I8", "refunded 1, its payments gave back 0", "update public.orders set refunded_minor = 1" },
    { "I8", "credit 5 CNY", LEDGER("98", "'CUSTOMER_CREDIT:' || c", "-5") LEDGER("99", "'CASH:card'", "5") },
    { "I9", "its strongest block is of level 0", TENANT("run_allowed = false") },
    { "I9", "its strongest block is of level 0", TENANT("write_allowed = false") },
    { "I9", "its strongest block is of level 0", TENANT("login_allowed = false") },
    { "I9", "its strongest block is of level 3", BLOCK("1 minute", "null") TENANT("run_allowed = true") },
};

static int setup(void **state)
{
    money_rig_setup(state);
    struct money_rig *f = *state;
    struct bought b;

    money_rig_customer(f, &b);
    sql_run(f->platform, "select public.order_create('%s', 'new', '%s', '%s', null, '%s', 1, false, 29900, 1692, '{}', '{}', now() + "
            "interval '30 days', null, null, null)", b.order.text, b.customer.text, b.subscription.text, money_rig_edition(f, "team-monthly"));
    struct id payment = id_new();
    sql_run(f->platform, "select public.order_settle('%s', (select version from public.orders where id = '%s'), '%s', 'stripe', 'txn', "
            "'card', 29900, 'CNY', now(), null, null, null, null, null, s.version, 1, '2025-01-01', '2099-01-01', '2025-01-01 00:00+08', "
            "'2099-01-01 00:00+08', '2025-01-01', 1) from public.subscription s where s.id = '%s'", b.order.text, b.order.text, payment.text,
            b.subscription.text);
    sql_run(f->admin, "create table public.planted as select '%s'::uuid as s, '%s'::uuid as c, '%s'::uuid as t, '%s'::uuid as o, '%s'::uuid "
            "as p, '%s'::text as schema", b.subscription.text, b.customer.text, b.tenant.id.text, b.order.text, payment.text,
            b.tenant.schema);
    /* What an administrator could do to the rows of a live database, triggers or not. */
    sql_run(f->admin, "set session_replication_role = replica");
    return 0;
}

static void look(struct money_rig *f, const struct plant *plant)
{
    struct gov_err err = { 0 };
    PGresult *broken = dbsync_query(&f->arena, f->admin, sql_queries[SQL_QUERIES_LIFECYCLE_CHECK].text, 0, NULL, &err);
    int said = 0;

    if (!broken)
        fail_msg("%s: %s", plant->says, err.cause);
    for (int i = 0; i < PQntuples(broken); i++) {
        if (!plant->rule || strcmp(plant->rule, PQgetvalue(broken, i, 0)) != 0)
            fail_msg("%s %s: also %s %s: %s", plant->rule ? plant->rule : "nothing", plant->says, PQgetvalue(broken, i, 0),
                     PQgetvalue(broken, i, 1), PQgetvalue(broken, i, 2));
        said += strstr(PQgetvalue(broken, i, 2), plant->says) != NULL;
    }
    if (plant->rule && said != 1)
        fail_msg("%s %s: said %d times", plant->rule, plant->says, said);
}

static void what_is_planted_is_named(void **state)
{
    struct money_rig *f = *state;
    const char *schema = sql_value(&f->arena, f->admin, "select schema from public.planted");

    for (size_t i = 0; i < sizeof plants / sizeof *plants; i++) {
        const char *sql = sql_expand(&f->arena, plants[i].sql, schema);

        sql_run(f->admin, "begin");
        sql_run(f->admin, "%s", sql);
        look(f, &plants[i]);
        sql_run(f->admin, "rollback");
    }
}

/* --- I10 --- */

static struct agreement agree(struct money_rig *f)
{
    struct agreement a;
    struct gov_err err = { 0 };

    if (!agreement_look(f->admin, 3600LL * 1000000, &f->arena, &a, &err))
        fail_msg("%s %s", err.en, err.cause);
    return a;
}

static void a_dry_run_that_is_not_what_a_run_does_is_named(void **state)
{
    struct money_rig *f = *state;
    struct agreement a;

    sql_run(f->admin, SUBSCRIPTION("state = 'grace', state_entered_at = now() - interval '5 days', paid_from_at = now() - interval '40 days', "
                                   "paid_until_at = now() - interval '5 days', paid_until_date = current_date - 5, shutdown_due_at = now() + "
                                   "interval '20 hours', next_action_at = now()"));
    a = agree(f);
    assert_int_equal(0, a.count);
    assert_int_equal(3, a.lines); /* the renewal's draft, half of the grace days left out, the final notice */

    /* A row that cannot be read is one in both ways. */
    sql_run(f->admin, SUBSCRIPTION("tz = 'Mars/Phobos'"));
    a = agree(f);
    assert_int_equal(0, a.count);
    assert_int_equal(1, a.lines);
    sql_run(f->admin, SUBSCRIPTION("tz = 'Asia/Shanghai'"));

    /* The key is there: the dry run lists what a run would not do. */
    sql_run(f->admin, TOLD("G-1", "0 days"));
    a = agree(f);
    assert_int_equal(1, a.count);
    assert_non_null(strstr(a.faults[0].subject, sql_value(&f->arena, f->admin, "select s from public.planted")));
    assert_non_null(strstr(a.faults[0].detail, "remind G-1 of period 1"));
    sql_run(f->admin, "delete from public.lifecycle_action");

    /* What is read is another thing each time. */
    sql_run(f->admin, "alter table public.subscription rename to subscription_kept");
    sql_run(f->admin, "do $$ begin execute 'create view public.subscription as select ' || (select string_agg(case attname when 'paid_from_at' "
            "then 'paid_from_at - random() * interval ''1 hour'' as paid_from_at' else quote_ident(attname) end, ', ' order by attnum) from "
            "pg_attribute where attrelid = 'public.subscription_kept'::regclass and attnum > 0 and not attisdropped) || "
            "' from public.subscription_kept'; end $$");
    a = agree(f);
    sql_run(f->admin, "drop view public.subscription; alter table public.subscription_kept rename to subscription");
    assert_int_equal(2, a.count);
    assert_non_null(strstr(a.faults[0].detail, "have the digests"));
    assert_non_null(strstr(a.faults[1].detail, "not the same"));
    assert_int_equal(0, agree(f).count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_planted_is_named),
        cmocka_unit_test(a_dry_run_that_is_not_what_a_run_does_is_named),
    };
    return cmocka_run_group_tests(tests, setup, money_rig_teardown);
}
