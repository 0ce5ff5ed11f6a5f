/* money_test.c - what the tables and functions of the money side let nobody do, and what a payment does. */
#include "tests/lib/test.h"

#include <stdlib.h>
#include <string.h>

#include "core/model/money.h"
#include "sql_queries.h"
#include "tests/lib/money_rig.h"
#include "tests/lib/sql.h"

static void the_currency_table_is_the_models(void **state)
{
    struct money_rig *f = *state;
    int count = 0;

    for (; money_currency((size_t)count); count++) {
        const char *code = money_currency((size_t)count);

        assert_int_equal(money_exponent(code), atoi(sql_value(&f->arena, f->platform,
                         "select coalesce((select exponent from public.currency where code = '%s'), -1)", code)));
    }
    assert_int_equal(count, atoi(sql_value(&f->arena, f->platform, "select count(*) from public.currency")));
}

static void a_payment_settles_extends_releases_and_balances_at_once(void **state)
{
    struct money_rig *f = *state;
    struct bought b;

    money_rig_buy(f, &b);
    sql_run(f->platform, "select public.tenant_block_set('%s', 'billing', 3::smallint, 'subscription_expired', null, null)",
            b.tenant.id.text);
    sql_run(f->platform, "select public.tenant_block_set('%s', 'admin', 1::smallint, 'notice', null, null)", b.tenant.id.text);
    assert_string_equal("f", sql_value(&f->arena, f->platform, "select run_allowed from public.tenant where id = '%s'",
                                       b.tenant.id.text));
    assert_string_equal("settled", sql_value(&f->arena, f->platform, "%s", money_rig_settle(f, &b, b.order, "a1", "30000", "CNY", 1)));
    assert_string_equal("active", money_rig_order_state(f, b.order));
    assert_string_equal("active|1|2030-02-01", sql_value(&f->arena, f->platform,
        "select concat_ws('|', state, period_no, paid_until_date) from public.subscription where id = '%s'", b.subscription.text));
    /* billing's block is gone, the other one stays */
    assert_string_equal("active|notice|t", sql_value(&f->arena, f->platform,
        "select concat_ws('|', state, suspended_code, run_allowed::text::\"char\") from public.tenant where id = '%s'", b.tenant.id.text));
    assert_string_equal("0|100", sql_value(&f->arena, f->platform,
        "select concat_ws('|', sum(amount_minor) filter (where account = 'AR:%s'), "
        "-sum(amount_minor) filter (where account = 'CUSTOMER_CREDIT:%s')) from public.ledger_entry",
        b.customer.text, b.customer.text));
    assert_string_equal("1", sql_value(&f->arena, f->platform,
        "select count(*) from public.outbox where action_key = 'receipt:%s'", b.order.text));
}

static void the_same_transaction_twice_has_one_effect(void **state)
{
    struct money_rig *f = *state;
    struct bought b, other;

    money_rig_buy(f, &b);
    sql_run(f->platform, "%s", money_rig_settle(f, &b, b.order, "b1", "29900", "CNY", 1));
    assert_string_equal("duplicate", sql_value(&f->arena, f->platform, "%s", money_rig_settle(f, &b, b.order, "b1", "29900", "CNY", 2)));
    assert_string_equal("GV000", sql_state(&f->arena, f->platform, "%s", money_rig_settle(f, &b, b.order, "b1", "29901", "CNY", 2)));
    money_rig_refused(f->platform, "conflict: that reference is another payment", money_rig_settle(f, &b, b.order, "b1", "29900", "USD", 2));
    money_rig_buy(f, &other);
    money_rig_refused(f->platform, "conflict: that reference is another payment", money_rig_settle(f, &other, other.order, "b1", "29900", "CNY", 2));
    assert_string_equal("paid_before", sql_value(&f->arena, f->platform, "%s", money_rig_settle(f, &b, b.order, "b2", "29900", "CNY", 2)));
    assert_string_equal("1", sql_value(&f->arena, f->platform, "select period_no from public.subscription where id = '%s'",
                                       b.subscription.text));
    assert_string_equal("1", sql_value(&f->arena, f->platform,
        "select count(*) from public.finance_task where kind = 'payment_paid_before' and order_id = '%s'", b.order.text));
}

static void what_does_not_settle_waits_for_a_person(void **state)
{
    struct money_rig *f = *state;
    struct bought b;

    money_rig_buy(f, &b);
    assert_string_equal("partial", sql_value(&f->arena, f->platform, "%s", money_rig_settle(f, &b, b.order, "c1", "29899", "CNY", 1)));
    assert_string_equal("currency", sql_value(&f->arena, f->platform, "%s", money_rig_settle(f, &b, b.order, "c2", "29900", "USD", 1)));
    assert_string_equal("pending_payment", money_rig_order_state(f, b.order));
    /* a person may not take other money for it either */
    money_rig_refused(f->platform, "conflict: of a payment nothing is left", arena_format(&f->arena, "select public.payment_apply((select "
        "array_agg(id) from public.payment where provider_txn = 'c2'), '%s', (select version from public.orders where id = '%s'), null, (select "
        "version from public.subscription where id = '%s'), 1, '2030-01-01', '2030-02-01', '2030-01-01 00:00+08', '2030-02-01 00:00+08', "
        "'2030-01-01', 1, null, null)", b.order.text, b.order.text, b.subscription.text));
    /* not cancelled while money lies there undecided */
    assert_string_equal("GV000", sql_state(&f->arena, f->platform, "select public.order_cancel('%s', 'cancelled', null, null)",
                                           b.order.text));
    sql_run(f->platform, "%s", money_rig_settle(f, &b, b.order, "c3", "1", "CNY", 1));
    const char *apply = arena_format(&f->arena, "select public.payment_apply((select array_agg(id) from public.payment "
        "where claimed_order = '%s' and currency = 'CNY'), '%s', (select version from public.orders where id = '%s'), null, "
        "(select version from public.subscription where id = '%s'), 1, '2030-01-01', '2030-02-01', '2030-01-01 00:00+08', "
        "'2030-02-01 00:00+08', '2030-01-01', 1, null, null)", b.order.text, b.order.text, b.order.text, b.subscription.text);
    sql_run(f->platform, "%s", apply);
    assert_string_equal("active", money_rig_order_state(f, b.order));
    assert_string_equal("GV000", sql_state(&f->arena, f->platform, "%s", apply));
}

/* It would be credited to the customer and still count as money that waits. */
static void a_payment_that_is_not_needed_is_not_applied(void **state)
{
    struct money_rig *f = *state;
    struct bought b, other;

    money_rig_buy(f, &b);
    money_rig_buy(f, &other);
    sql_run(f->platform, "select public.order_cancel('%s', 'cancelled', null, null)", other.order.text);
    sql_run(f->platform, "%s", money_rig_settle(f, &other, other.order, "n1", "29900", "CNY", 1));
    sql_run(f->platform, "%s", money_rig_settle(f, &other, other.order, "n2", "5000", "CNY", 1));
    const char *apply = "select public.payment_apply((select array_agg(id) from public.payment where provider_txn = any (array[%s])), "
        "'%s', (select version from public.orders where id = '%s'), null, (select version from public.subscription where id = '%s'), "
        "1, '2030-01-01', '2030-02-01', '2030-01-01 00:00+08', '2030-02-01 00:00+08', '2030-01-01', 1, null, null)";
    assert_string_equal("GV000", sql_state(&f->arena, f->platform, apply, "'n1', 'n2'", b.order.text, b.order.text, b.subscription.text));
    assert_string_equal("pending_payment", money_rig_order_state(f, b.order));
    sql_run(f->platform, apply, "'n1'", b.order.text, b.order.text, b.subscription.text);
    assert_string_equal("5000", sql_value(&f->arena, f->platform, "select -sum(amount_minor) from public.ledger_entry e join "
        "public.ledger_txn t on t.id = e.txn where account = 'UNAPPLIED' and (t.ref = '%s' or t.ref in (select id::text from "
        "public.payment where provider_txn in ('n1', 'n2')))", b.order.text));
}

static void a_late_payment_leaves_a_cancelled_order_as_it_is(void **state)
{
    struct money_rig *f = *state;
    struct bought b;

    money_rig_buy(f, &b);
    sql_run(f->platform, "select public.order_cancel('%s', 'cancelled', null, 'not wanted')", b.order.text);
    assert_string_equal("late", sql_value(&f->arena, f->platform, "%s", money_rig_settle(f, &b, b.order, "d1", "29900", "CNY", 1)));
    assert_string_equal("cancelled", money_rig_order_state(f, b.order));
    assert_string_equal("0", sql_value(&f->arena, f->platform,
        "select sum(amount_minor) from public.ledger_entry where account = 'AR:%s'", b.customer.text));
    assert_string_equal("GV000", sql_state(&f->arena, f->platform, "select public.order_publish('%s', null)", b.order.text));
}

static void an_order_is_made_once_a_key(void **state)
{
    struct money_rig *f = *state;
    struct bought b;
    const char *again;

    money_rig_buy(f, &b);
    again = sql_value(&f->arena, f->platform, "%s ->> 'id'", arena_format(&f->arena, "%s",
                      money_rig_order_new(f, &b, id_new(), "new", "first")));
    assert_string_equal(b.order.text, again);
    assert_string_equal("GV000", sql_state(&f->arena, f->platform, "select public.order_create('%s', 'new', '%s', null, null, "
        "'%s', 1, false, 1, 0, '{}', '{}', null, 'first', 'other', null)", id_new().text, b.customer.text,
        money_rig_edition(f, "team-monthly")));
    sql_run(f->platform, "%s", money_rig_order_new(f, &b, id_new(), "renewal", "r1"));
    assert_string_equal("GV000", sql_state(&f->arena, f->platform, "%s", money_rig_order_new(f, &b, id_new(), "renewal", "r2")));
}

static void periods_of_a_subscription_never_overlap(void **state)
{
    struct money_rig *f = *state;
    struct bought b;

    money_rig_buy(f, &b);
    sql_run(f->platform, "%s", money_rig_settle(f, &b, b.order, "e1", "29900", "CNY", 1));
    assert_string_equal("23P01", sql_state(&f->arena, f->admin, "insert into public.subscription_period select "
        "subscription_id, 2, '2030-01-15', '2030-03-01', start_at, end_at, tz, '%s', edition_version, 1, 'CNY' from "
        "public.subscription_period where subscription_id = '%s'", id_new().text, b.subscription.text));
}

static void a_ledger_transaction_that_does_not_balance_is_refused_at_the_commit(void **state)
{
    struct money_rig *f = *state;

    assert_string_equal("23000", sql_state(&f->arena, f->admin,
        "select public.ledger_post('odd', 'test', null, array['CASH:x', 'AR:x'], array[5, -4]::bigint[], 'CNY')"));
    /* nor what does so in two currencies together */
    assert_string_equal("23000", sql_state(&f->arena, f->admin, "with t as (insert into public.ledger_txn (idem_key, kind, posted_on) values "
        "('mixed', 'test', current_date) returning id) insert into public.ledger_entry (txn, n, account, amount_minor, currency) select t.id, "
        "e.* from t, (values (1, 'CASH:x', 5, 'CNY'), (2, 'CASH:x', -5, 'USD')) e"));
    sql_run(f->admin, "select public.ledger_post('even', 'test', null, array['CASH:x', 'AR:x'], array[5, -5]::bigint[], 'CNY')");
    assert_null(sql_value(&f->arena, f->admin, "select public.ledger_post('even', 'test', null, array['CASH:x', 'AR:x'], "
                          "array[7, -7]::bigint[], 'CNY')"));
    sql_run(f->admin, "insert into public.ledger_month (month, closed_by) values (date_trunc('month', now())::date, '%s')",
            f->finance.id.text);
    assert_string_equal("GV000", sql_state(&f->arena, f->admin,
        "select public.ledger_post('closed', 'test', null, array['CASH:x', 'AR:x'], array[5, -5]::bigint[], 'CNY')"));
    sql_run(f->admin, "delete from public.ledger_month");
}

static void facts_are_only_added(void **state)
{
    struct money_rig *f = *state;
    static const char *const tables[] = { "ledger_txn", "ledger_entry", "payment", "payment_application", "payment_return",
                                          "order_event", "subscription_event", "subscription_period", "orders",
                                          "edition_version", "approval_request" };
    PGconn *logins[] = { f->platform, f->lifecycle };

    for (size_t l = 0; l < 2; l++)
        for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
            assert_string_equal("42501", sql_state(&f->arena, logins[l], "delete from public.%s", tables[i]));
            assert_string_equal("42501", sql_state(&f->arena, logins[l], "truncate public.%s", tables[i]));
        }
    /* not even by who owns the tables, by accident */
    assert_string_equal("42501", sql_state(&f->arena, f->admin, "update public.payment set amount_minor = 1"));
    assert_string_equal("42501", sql_state(&f->arena, f->admin, "delete from public.ledger_entry"));
    assert_string_equal("42501", sql_state(&f->arena, f->lifecycle, "update public.subscription set period_no = 9"));
    assert_string_equal("42501", sql_state(&f->arena, f->platform, "update public.subscription set state = 'active'"));
    assert_string_equal("42501", sql_state(&f->arena, f->platform, "update public.tenant set run_allowed = true"));
    assert_string_equal("GV000", sql_state(&f->arena, f->admin, "update public.edition_version set price_minor = 1"));
}

static void a_confirmed_payment_above_the_limit_needs_somebody_else(void **state)
{
    struct money_rig *f = *state;
    struct bought b;
    struct id request = id_new();
    const char *confirm;

    money_rig_buy(f, &b);
    sql_run(f->platform, "select public.approval_open('%s', 'payment.confirm', '{}', 'digest', 'paid', '%s', null)",
            request.text, f->finance.id.text);
    confirm = arena_format(&f->arena, "select public.order_settle('%s', 1, '%s', 'manual:bank', 'ref', 'bank', 500000, 'CNY', "
        "now(), null, null, '%s', '%s', 'digest', 1, 1, '2030-01-01', '2030-02-01', '2030-01-01 00:00+08', "
        "'2030-02-01 00:00+08', '2030-01-01', 1)", b.order.text, id_new().text, f->finance.id.text, request.text);
    assert_string_equal("GV000", sql_state(&f->arena, f->platform, "%s", confirm));
    /* not by oneself, not without a session, not a stranger */
    assert_string_equal("GV000", sql_state(&f->arena, f->platform, "select public.approval_vote_add('%s', '%s', '%s', true, null)",
                                           request.text, f->finance.id.text, f->finance.token_hash));
    assert_string_equal("GV000", sql_state(&f->arena, f->platform, "select public.approval_vote_add('%s', '%s', '%s', true, null)",
                                           request.text, f->second.id.text, f->finance.token_hash));
    assert_string_equal("approved", sql_value(&f->arena, f->platform, "select public.approval_vote_add('%s', '%s', '%s', true, null)",
                                              request.text, f->second.id.text, f->second.token_hash));
    /* who approved has lost the right meanwhile: it does not hold */
    sql_run(f->platform, "delete from public.platform_role where user_id = '%s'", f->second.id.text);
    assert_string_equal("GV000", sql_state(&f->arena, f->platform, "%s", confirm));
    sql_run(f->platform, "insert into public.platform_role (user_id, role) values ('%s', 'platform_finance')", f->second.id.text);
    sql_run(f->platform, "%s", confirm);
    assert_string_equal("active", money_rig_order_state(f, b.order));
    assert_string_equal("executed", sql_value(&f->arena, f->platform, "select state from public.approval_request where id = '%s'",
                                              request.text));
}

/* A payment for what is terminated is late, whatever the order says. */
static void nothing_is_paid_for_a_subscription_that_is_terminated(void **state)
{
    struct money_rig *f = *state;
    struct bought b;

    money_rig_buy(f, &b);
    sql_run(f->admin, "update public.subscription set state = 'terminated', version = version + 1 where id = '%s'", b.subscription.text);
    assert_string_equal("late", sql_value(&f->arena, f->platform, "%s", money_rig_settle(f, &b, b.order, "term", "29900", "CNY", 1)));
    assert_string_equal("pending_payment", money_rig_order_state(f, b.order));
    assert_string_equal("1", sql_value(&f->arena, f->platform, "select count(*) from public.finance_task where kind = 'payment_late' and "
                                       "order_id = '%s'", b.order.text));
    /* … nor slots for an account that is gone */
    money_rig_customer(f, &b);
    sql_run(f->platform, "select public.order_create('%s', 'quota', '%s', null, '%s', '%s', 1, false, 9900, 560, '{}', '{}', null, 'gone', 'h', "
            "null)", b.order.text, b.customer.text, b.tenant.id.text, money_rig_edition(f, "slot-pack-10"));
    sql_run(f->admin, "update public.tenant set state = 'terminated' where id = '%s'", b.tenant.id.text);
    assert_string_equal("late", sql_value(&f->arena, f->platform, "select public.order_settle('%s', 1, '%s', 'stripe', 'gone', 'card', 9900, 'CNY', "
                                          "now(), null, null, null, null, null, null, null, null, null, null, null, null, null) ->> 'result'",
                                          b.order.text, id_new().text));
    /* A telling that was refused for another reason than that its payment is known is told again, not over. */
    sql_run(f->admin, "insert into public.payment_event (provider, event_id, sha256, verified, detail) values ('stripe', 'e1', 'x', true, "
            "'{\"txn\": \"nowhere\"}'), ('stripe', 'e2', 'x', true, '{\"txn\": \"term\"}')");
    sql_run(f->platform, "select public.payment_event_end('stripe', e, 'conflict') from unnest(array['e1', 'e2']) e");
    assert_string_equal("e1 received, e2 failed", sql_value(&f->arena, f->platform, "select string_agg(event_id || ' ' || status, ', ' "
                        "order by event_id) from public.payment_event where event_id in ('e1', 'e2')"));
}

/* The day of a bank's payment is the platform's day, east and west of Greenwich. */
static void a_day_is_the_platforms_day(void **state)
{
    static const char *const zones[] = { "America/Los_Angeles", "UTC", "Asia/Shanghai", "Pacific/Apia" };
    struct money_rig *f = *state;
    const char *before = sql_value(&f->arena, f->admin, "select value from public.platform_setting where key = 'timezone'");

    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
        struct bought b;
        struct id payment = id_new();

        sql_run(f->admin, "update public.platform_setting set value = '\"%s\"' where key = 'timezone'", zones[i]);
        money_rig_buy(f, &b);
        const char *params[22] = { b.order.text, "1", payment.text, "stripe", payment.text, "bank", "1", "CNY", "2026-11-05" };
        PGresult *done = PQexecParams(f->platform, sql_queries[SQL_QUERIES_ORDER_SETTLE].text, 22, NULL, params, NULL, NULL, 0);
        assert_int_equal(PGRES_TUPLES_OK, PQresultStatus(done));
        PQclear(done);
        assert_string_equal("2026-11-05 00:00:00", sql_value(&f->arena, f->platform, "select received_at at time zone '%s' from "
                            "public.payment where id = '%s'", zones[i], payment.text));
    }
    sql_run(f->admin, "update public.platform_setting set value = '%s' where key = 'timezone'", before);
}

static void slots_are_there_with_their_payment_and_never_more_are_taken(void **state)
{
    struct money_rig *f = *state;
    struct bought b;

    money_rig_customer(f, &b);
    assert_null(sql_value(&f->arena, f->platform, "select public.quota_limit('%s', 'skills')", b.tenant.id.text)); /* a team: no limit */
    assert_string_equal("t", sql_value(&f->arena, f->platform, "select public.quota_take('%s', 'skills')", b.tenant.id.text));
    sql_run(f->platform, "select public.quota_give('%s', 'skills')", b.tenant.id.text);
    sql_run(f->admin, "update public.quota_account set base = 0 where tenant_id = '%s'", b.tenant.id.text);
    sql_run(f->platform, "select public.order_create('%s', 'quota', '%s', null, '%s', '%s', 1, false, 9900, 560, '{}', '{}', "
            "null, 'q', 'h', null)", b.order.text, b.customer.text, b.tenant.id.text, money_rig_edition(f, "slot-pack-10"));
    sql_run(f->platform, "select public.order_settle('%s', 1, '%s', 'stripe', 'f1', 'card', 9900, 'CNY', now(), null, null, null, "
            "null, null, null, null, null, null, null, null, null, null)", b.order.text, id_new().text);
    assert_string_equal("10", sql_value(&f->arena, f->platform, "select public.quota_limit('%s', 'skills')", b.tenant.id.text));
    for (int i = 0; i < 10; i++)
        assert_string_equal("t", sql_value(&f->arena, f->platform, "select public.quota_take('%s', 'skills')", b.tenant.id.text));
    assert_string_equal("f", sql_value(&f->arena, f->platform, "select public.quota_take('%s', 'skills')", b.tenant.id.text));
    sql_run(f->platform, "select public.quota_give('%s', 'skills')", b.tenant.id.text);
    assert_string_equal("t", sql_value(&f->arena, f->platform, "select public.quota_take('%s', 'skills')", b.tenant.id.text));
}

/* I6: the claim asks in its own statement, so that none begins after the commit of a shutdown. */
static void a_tenant_that_is_shut_down_has_nothing_to_claim(void **state)
{
    struct money_rig *f = *state;
    struct bought b;
    struct id job = id_new();
    PGconn *role;
    const char *ids, *values[4];
    PGresult *claimed;

    money_rig_buy(f, &b);
    sql_run(f->admin, "insert into %s.job (id, kind, lane, class, request_id, payload, max_attempts, timeout_ms, risk) values "
            "('%s', 'intent', 'ctl', 'interactive', '%s', '{}', 1, 1000, null)", b.tenant.schema, job.text, job.text);
    sql_run(f->admin, "insert into %s.job_live (job_id, state) values ('%s', 'ready')", b.tenant.schema, job.text);
    role = pg_server_enter(&f->server, &f->arena, &b.tenant);
    ids = arena_format(&f->arena, "{%s}", job.text);
    values[0] = ids;
    values[1] = "{1}";
    values[2] = b.customer.text;
    values[3] = "25";
    const char *claim = sql_expand(&f->arena, sql_queries[SQL_QUERIES_JOB_CLAIM].text, b.tenant.schema);

    sql_run(f->platform, "select public.tenant_block_set('%s', 'billing', 3::smallint, 'subscription_expired', null, null)",
            b.tenant.id.text);
    claimed = PQexecParams(role, claim, 4, NULL, values, NULL, NULL, 0);
    assert_int_equal(PGRES_TUPLES_OK, PQresultStatus(claimed));
    assert_int_equal(0, PQntuples(claimed));
    PQclear(claimed);
    /* paying releases it, in the payment's own transaction */
    sql_run(f->platform, "%s", money_rig_settle(f, &b, b.order, "i6", "29900", "CNY", 1));
    claimed = PQexecParams(role, claim, 4, NULL, values, NULL, NULL, 0);
    assert_int_equal(1, PQntuples(claimed));
    PQclear(claimed);
}

static void the_test_clock_exists_only_where_the_owner_allowed_it(void **state)
{
    struct money_rig *f = *state;

    assert_string_equal("GV000", sql_state(&f->arena, f->platform, "select public.test_clock_advance('1 day')"));
    assert_string_equal("42501", sql_state(&f->arena, f->platform, "update public.scan_clock set test_allowed = true"));
}

/* Orders of two customers for one account: the second waits, and is measured by the first. */
static void slots_of_one_account_are_counted_one_order_after_the_other(void **state)
{
    struct money_rig *f = *state;
    PGconn *conns[] = { f->platform, f->admin };
    struct bought b[2];

    sql_run(f->admin, "update public.platform_setting set value = '15' where key = 'slots_max'");
    for (int i = 0; i < 2; i++)
        money_rig_customer(f, &b[i]);
    for (int i = 0; i < 2; i++) {
        sql_run(conns[i], "begin");
        sql_run(conns[i], "select public.order_create('%s', 'quota', '%s', null, '%s', '%s', 1, false, 9900, 0, '{}', '{}', now() + interval "
                "'30 days', 'slots', 'hash', null)", b[i].order.text, b[i].customer.text, b[0].tenant.id.text, money_rig_edition(f, "slot-pack-10"));
    }
    sql_run(conns[0], "select public.slots_must_fit('%s')", b[0].order.text);
    const char *second = arena_format(&f->arena, "select public.slots_must_fit('%s')", b[1].order.text);
    sql_run(conns[1], "set local lock_timeout = '100ms'; savepoint before");
    money_rig_refused(conns[1], "canceling statement due to lock timeout", second);
    sql_run(conns[1], "rollback to before");
    sql_run(conns[0], "commit");
    money_rig_refused(conns[1], "conflict: more slots than an account may have: 20 of 15", second);
    sql_run(conns[1], "rollback");
    sql_run(f->admin, "update public.platform_setting set value = '10000' where key = 'slots_max'");
}

static void a_hold_ends_after_ninety_days_at_most(void **state)
{
    struct money_rig *f = *state;
    struct bought b;

    money_rig_customer(f, &b);
    money_rig_refused(f->platform, "invalid_input", arena_format(&f->arena, "select public.hold_add('%s', '%s', 'courtesy', public.lifecycle_now(), "
                                                                 "'over', '%s')", id_new().text, b.subscription.text, f->finance.id.text));
    for (int i = 0; i < 2; i++) {
        static const char form[] = "select public.hold_add('%s', '%s', '%s', public.lifecycle_now() + interval '90 days%s', 'why', '%s')";
        const char *kind = i ? "courtesy" : "dispute";

        money_rig_refused(f->platform, "invalid_input", arena_format(&f->arena, form, id_new().text, b.subscription.text, kind, " 1 second",
                                                                     f->finance.id.text));
        sql_run(f->platform, form, id_new().text, b.subscription.text, kind, "", f->finance.id.text);
    }
    assert_string_equal("2", sql_value(&f->arena, f->platform, "select count(*) from public.hold where subscription_id = '%s'",
                                       b.subscription.text));
}

static void what_a_customer_is_follows_from_his_subscriptions(void **state)
{
    static const char *const cases[][2] = { { "pending", "prospect" }, { "active", "active" }, { "grace", "active" }, { "shutdown", "lapsed" },
                                            { "cancelled", "lapsed" }, { "terminated", "closed" } };
    struct money_rig *f = *state;
    struct bought b;

    money_rig_buy(f, &b);
    sql_run(f->platform, "%s", money_rig_settle(f, &b, b.order, "status", "29900", "CNY", 1));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sql_run(f->admin, "update public.subscription set state = '%s' where id = '%s'", cases[i][0], b.subscription.text);
        assert_string_equal(cases[i][1], sql_value(&f->arena, f->platform, "select status from public.customer_status where id = '%s'",
                                                   b.customer.text));
    }
    sql_run(f->admin, "update public.subscription set state = 'active' where id = '%s'", b.subscription.text);
}

/* Without a contact, and before its team is there, nobody is told at the payment: the team's owner is, once, when it is. */
static void a_receipt_waits_for_the_owner_of_a_new_team(void **state)
{
    struct money_rig *f = *state;
    struct bought b = { .customer = id_new(), .subscription = id_new(), .order = id_new() };
    const char *told = "select concat_ws('|', count(*), min(u.email), min(x.payload ->> 'amount_minor'), min(x.payload ->> 'tenant')) from "
                       "public.outbox x left join public.app_user u on u.email = x.endpoint where x.action_key = 'receipt:%s'";

    sql_run(f->platform, "insert into public.customer (id, kind, name) values ('%s', 'company', 'Quiet')", b.customer.text);
    sql_run(f->platform, "select public.subscription_open('%s', '%s', null, '%s', 'Asia/Shanghai')", b.subscription.text, b.customer.text,
            money_rig_edition(f, "team-monthly"));
    sql_run(f->platform, "select public.order_create('%s', 'new', '%s', '%s', null, '%s', 1, false, 29900, 1692, '{}', '{\"tenant_name\": "
            "\"Quiet team\", \"owner\": \"%s\"}', now() + interval '30 days', 'quiet', 'hash', null)", b.order.text, b.customer.text,
            b.subscription.text, money_rig_edition(f, "team-monthly"), f->third.id.text);
    sql_run(f->platform, "select public.order_settle('%s', 1, '%s', 'stripe', 'quiet', 'card', 30000, 'CNY', now(), null, null, null, null, "
            "null, null, null, null, null, null, null, null, null)", b.order.text, id_new().text);
    assert_string_equal("activating", money_rig_order_state(f, b.order));
    for (int i = 0; i < 2; i++) /* the second time it is active already */
        sql_run(f->platform, "select public.order_activate('%s', o.version, '%s', s.version, 1, '2030-01-01', '2030-02-01', '2030-01-01', "
                "'2030-02-01', '2030-01-01', 1) from public.orders o, public.subscription s where o.id = '%s' and s.id = '%s'", b.order.text,
                id_new().text, b.order.text, b.subscription.text);
    assert_string_equal("active", money_rig_order_state(f, b.order));
    const char *owner = sql_value(&f->arena, f->admin, "select email from public.app_user where id = '%s'", f->third.id.text);
    assert_string_equal(arena_format(&f->arena, "1|%s|30000|Quiet team", owner), sql_value(&f->arena, f->admin, told, b.order.text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_receipt_waits_for_the_owner_of_a_new_team),
        cmocka_unit_test(the_currency_table_is_the_models),
        cmocka_unit_test(a_payment_settles_extends_releases_and_balances_at_once),
        cmocka_unit_test(the_same_transaction_twice_has_one_effect),
        cmocka_unit_test(what_does_not_settle_waits_for_a_person),
        cmocka_unit_test(a_payment_that_is_not_needed_is_not_applied),
        cmocka_unit_test(a_late_payment_leaves_a_cancelled_order_as_it_is),
        cmocka_unit_test(an_order_is_made_once_a_key),
        cmocka_unit_test(periods_of_a_subscription_never_overlap),
        cmocka_unit_test(a_ledger_transaction_that_does_not_balance_is_refused_at_the_commit),
        cmocka_unit_test(facts_are_only_added),
        cmocka_unit_test(a_confirmed_payment_above_the_limit_needs_somebody_else),
        cmocka_unit_test(nothing_is_paid_for_a_subscription_that_is_terminated),
        cmocka_unit_test(a_day_is_the_platforms_day),
        cmocka_unit_test(slots_are_there_with_their_payment_and_never_more_are_taken),
        cmocka_unit_test(a_tenant_that_is_shut_down_has_nothing_to_claim),
        cmocka_unit_test(the_test_clock_exists_only_where_the_owner_allowed_it),
        cmocka_unit_test(slots_of_one_account_are_counted_one_order_after_the_other),
        cmocka_unit_test(a_hold_ends_after_ninety_days_at_most),
        cmocka_unit_test(what_a_customer_is_follows_from_his_subscriptions),
    };
    return cmocka_run_group_tests(tests, money_rig_setup, money_rig_teardown);
}
