/* simulation_test.c - customers who pay early, late, twice, too little, in the wrong money or not at all; holds,
 * outages, jumps of the clock: at the end, and every few weeks, everything holds that must.
 *
 * Short by default; SIMULATION_CUSTOMERS and SIMULATION_DAYS make it long, SIMULATION_SEED another. The whole of it, 1,000
 * customers over 1,095 days, is `tests/run long`. */
#include "tests/lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/io/db/dbsync.h"
#include "core/store/money/order_act.h"
#include "core/store/scan/order_time.h"
#include "core/store/scan/scan.h"
#include "tests/lib/db_rig.h"
#include "tests/lib/op_probe.h"
#include "tests/lib/sql.h"

struct world {
    struct db_rig rig;
    struct db *db;
    struct pg_tenant first;
    struct arena arena; /* of one day */
    PGconn *admin, *lifecycle;
    uint64_t seed;
    int customers, days;
    int paid, odd, outages, acted, refused;
};

static int64_t any(struct world *w, int64_t below)
{
    w->seed ^= w->seed << 13;
    w->seed ^= w->seed >> 7;
    w->seed ^= w->seed << 17;
    return (int64_t)(w->seed % (uint64_t)below);
}

static int setting(const char *name, int fallback)
{
    const char *text = getenv(name);

    return text && *text ? atoi(text) : fallback;
}

/* Two acts that need somebody else, or three months, as the functions of the product leave them. */
static void acts_create(struct world *w)
{
    struct pg_person asks, decides;

    pg_server_person(&w->rig.server, NULL, NULL, &asks);
    pg_server_person(&w->rig.server, NULL, NULL, &decides);
    sql_run(w->admin, "insert into public.platform_role (user_id, role) values ('%s', 'platform_finance')", decides.id.text);
    sql_run(w->admin, "create function public.sim_refund(p_order uuid) returns jsonb language plpgsql as $$ declare v uuid := "
            "gen_random_uuid(); o public.orders; begin select * into o from public.orders where id = p_order; insert into public.approval_request (id, action, params, params_digest, reason, requester, state) "
            "values (v, 'order.refund', '{}', v::text, 'why', '%s', 'approved'); insert into public.approval_vote (request_id, voter, "
            "approve) values (v, '%s', true); return public.order_refund(o.id, v, case o.refunded_minor when 0 then 1 + o.amount_minor / 3 "
            "else o.amount_minor - o.refunded_minor end, v::text, 'why', 'keep', current_date, now(), '%s', v, v::text); end $$",
            asks.id.text, decides.id.text, asks.id.text);
    sql_run(w->admin, "create function public.sim_terminate(p_subscription uuid) returns void language sql begin atomic update "
            "public.subscription set state = 'terminated', state_entered_at = public.lifecycle_now(), next_action_at = null, version = "
            "version + 1 where id = p_subscription; end");
}

static int setup(void **state)
{
    static struct world w;

    db_rig_start(&w.rig);
    w.db = db_rig_pool(&w.rig, "simulation", (struct db_options){ .connections_per_role = 2 });
    w.admin = pg_server_connect(&w.rig.server, &w.rig.arena, "postgres");
    w.lifecycle = pg_server_connect(&w.rig.server, &w.rig.arena, "execgov_lifecycle");
    w.customers = setting("SIMULATION_CUSTOMERS", 12);
    w.days = setting("SIMULATION_DAYS", 300);
    w.seed = 88172645463325252u + (uint64_t)setting("SIMULATION_SEED", 1);
    sql_run(w.admin, "update public.scan_clock set test_allowed = true");
    acts_create(&w);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    db_stop(w->db);
    db_rig_turn(&w->rig);
    db_rig_stop(&w->rig);
    return 0;
}

/* --- what customers do --- */

static const char *const zones[] = { "Asia/Shanghai", "America/Sao_Paulo", "Pacific/Apia", "Europe/Berlin" };
static const char *const editions[] = { "team-monthly", "team-monthly", "team-yearly" };

/* The first is a whole one. Of the others there is what money sees of a tenant, the row and its audit: a schema costs a
 * tenth of a second. */
static struct id tenant_new(struct world *w, int n)
{
    struct id id = id_new();

    if (n == 0) {
        pg_server_tenant(&w->rig.server, "tenant 0", &w->first);
        return w->first.id;
    }
    sql_run(w->admin, "insert into public.tenant (id, schema, stripe, name, kind, timezone, locale) values ('%s', 't_%016x', 0, "
            "'tenant %d', 'team', 'UTC', 'en')", id.text, n, n);
    sql_run(w->admin, "set role gov_owner; create schema t_%016x; create table t_%016x.audit_event (like %s.audit_event including "
            "defaults including identity); reset role", n, n, w->first.schema);
    return id;
}

static void customer_new(struct world *w, int n)
{
    struct id customer = id_new(), subscription = id_new(), order = id_new();
    struct id tenant = tenant_new(w, n);
    const char *edition = editions[n % 3];

    sql_run(w->admin, "insert into public.customer (id, kind, name) values ('%s', 'company', 'customer %d')", customer.text, n);
    sql_run(w->admin, "insert into public.customer_contact (customer_id, endpoint) values ('%s', 'c%d@example.org')",
            customer.text, n);
    sql_run(w->admin, "select public.subscription_open('%s', '%s', '%s', (select id from public.edition_version where "
            "edition = '%s'), '%s')", subscription.text, customer.text, tenant.text, edition, zones[n % 4]);
    sql_run(w->admin, "select public.order_create('%s', 'new', '%s', '%s', null, v.id, 1, false, v.price_minor, 0, '{}', '{}', "
            "public.lifecycle_now() + interval '30 days', null, null, null) from public.edition_version v where v.edition = '%s'",
            order.text, customer.text, subscription.text, edition);
}

static void begin(struct op *op, void *act)
{
    order_act_start(op, act);
}

/* One payment for `order`, mostly right. */
static void pay(struct world *w, const char *order, int64_t amount)
{
    struct op_probe probe;
    int64_t kind = any(w, 40);
    struct order_act act = { .db = w->db, .kind = ORDER_SETTLE, .order = order };
    struct id txn = id_new();

    act.payment = (struct order_payment){ .id = id_new(), .provider = "stripe", .txn = txn.text, .method = "card",
                                          .amount_minor = kind == 0 ? amount - 1 : kind == 1 ? amount + 500 : amount,
                                          .currency = kind == 2 ? "USD" : "CNY", .received_at = "2026-11-26T00:00:00Z" };
    for (int times = kind == 3 ? 2 : 1; times > 0; times--) { /* a provider that tells us twice */
        assert_true(op_probe_run(&probe, &w->rig.loop, begin, &act));
        if (act.op.failed)
            fail_msg("pay: %s %s %s", gov_code_info(act.op.err.code)->wire, act.op.err.en, act.op.err.cause);
        w->paid++;
        w->odd += kind < 4;
        op_release(&probe.op);
    }
}

static void pay_some(struct world *w)
{
    PGresult *orders = PQexec(w->admin, "select id, amount_minor, case state when 'cancelled' then 1 else 60 end from "
                              "public.orders where state in ('pending_payment', 'payment_reported', 'cancelled') order by id");

    for (int i = 0; i < PQntuples(orders); i++)
        if (any(w, 1000) < atoi(PQgetvalue(orders, i, 2)))
            pay(w, PQgetvalue(orders, i, 0), atoll(PQgetvalue(orders, i, 1)));
    PQclear(orders);
}

/* One of the things people do now and then; what the rules refuse is refused. Chosen before it is called: the offset of a
 * select skips rows whose functions were called all the same. */
struct act {
    const char *call, *of; /* as columns of x */
};
#define SUBSCRIPTIONS(where) "select s.* from public.subscription s where " where
#define ORDERS(where) "select s.* from public.orders s where " where
/* an order anew, whatever its subscription is: most often what somebody wants who has none to pay */
#define AGAIN                                                                                                              \
    { "public.order_create(gen_random_uuid(), case x.period_no when 0 then 'new' else 'renewal' end, x.customer_id, x.id, " \
      "null, x.edition_version, 1, false, 29900, 1692, '{}', '{}', public.lifecycle_now() + interval '60 days', null, "     \
      "null, null)",                                                                                                        \
      SUBSCRIPTIONS("not exists (select from public.orders o where o.subscription_id = s.id and o.state in ('draft', "      \
                    "'pending_payment', 'payment_reported')) and (s.state <> 'active' or s.paid_until_at < "                \
                    "public.lifecycle_now() + interval '20 days')") }

static const struct act acts[] = {
    AGAIN, AGAIN, AGAIN, AGAIN,
    /* a change of edition now: a new anchor, the period at hand is closed */
    { "public.order_create(gen_random_uuid(), 'upgrade', x.customer_id, x.id, null, (select v.id from public.edition_version v "
      "where v.edition = 'team-yearly'), 1, false, 250000, 0, '{}', '{\"restart\": \"true\"}', public.lifecycle_now() + "
      "interval '10 days', null, null, null)",
      SUBSCRIPTIONS("s.state = 'active' and (select v.edition from public.edition_version v where v.id = s.edition_version) = "
                    "'team-monthly'") },
    { "public.subscription_next_edition(x.id, case (select v.edition from public.edition_version v where v.id = "
      "x.edition_version) when 'team-yearly' then 'team-monthly' else 'team-yearly' end, null)",
      SUBSCRIPTIONS("s.state in ('active', 'grace')") },
    { "public.order_report(x.id, 'paid', public.lifecycle_now() + interval '4 days', null)", ORDERS("s.state = 'pending_payment'") },
    { "public.order_cancel(x.id, 'cancelled', null, 'no')", ORDERS("s.state in ('draft', 'pending_payment')") },
    { "public.hold_add(gen_random_uuid(), x.id, 'courtesy', public.lifecycle_now() + interval '20 days', 'asked', null)",
      SUBSCRIPTIONS("s.state = 'grace'") },
    { "public.subscription_end_with_period(x.id, not x.cancel_at_period_end, null)", SUBSCRIPTIONS("s.state in ('active', 'grace')") },
    { "public.sim_refund(x.id)", ORDERS("s.state = 'active' and s.refunded_minor < s.amount_minor") },
    { "public.sim_terminate(x.id)", SUBSCRIPTIONS("s.state = 'shutdown' and s.state_entered_at < public.lifecycle_now() - interval '10 days'") },
    { "public.order_publish(x.id, null)", ORDERS("s.state = 'draft'") },
    { "public.tenant_block_set(x.tenant_id, 'admin', 2::smallint, 'busy', null, null)", SUBSCRIPTIONS("true") },
    { "public.tenant_block_release(x.tenant_id, 'admin', null, null)", SUBSCRIPTIONS("true") },
};

static void act_some(struct world *w)
{
    const struct act *act = &acts[any(w, sizeof acts / sizeof *acts)];
    const char *state = sql_state(&w->arena, w->admin, "select %s from (%s order by s.id offset %d limit 1) x", act->call, act->of,
                                  (int)any(w, w->customers / 3));

    if (strcmp(state, "GV000") == 0)
        w->refused++;
    else
        assert_string_equal("00000", state);
    w->acted++;
}

/* --- time --- */

static void scan(struct world *w)
{
    struct scan_options options = { .run = "01900000-0000-7000-8000-000000000001", .release_brake = true,
                                    .accept_gap = true,
                                    .batch = (int)(1 + any(w, w->customers < 50 ? 12 : w->customers / 4)) };
    struct scan_report report;
    struct order_times times;
    struct gov_err err = { 0 };

    if (!scan_run(w->lifecycle, &options, &report, &err) ||
        !order_time_run(w->lifecycle, 50, NULL, NULL, &times, &err))
        fail_msg("scan: %s %s", err.en, err.cause);
    assert_int_equal(SCAN_DONE, report.state);
    assert_int_equal(0, report.failed);
    assert_int_equal(0, times.failed);
}

static void check(struct world *w, int day)
{
    struct gov_err err;
    PGresult *broken = dbsync_query(&w->arena, w->admin, sql_queries[SQL_QUERIES_LIFECYCLE_CHECK].text, 0, NULL, &err);

    assert_non_null(broken);
    for (int i = 0; i < PQntuples(broken); i++)
        print_error("day %d: %s %s: %s\n", day, PQgetvalue(broken, i, 0), PQgetvalue(broken, i, 1), PQgetvalue(broken, i, 2));
    assert_int_equal(0, PQntuples(broken));
}

/* What is earned, by days and periods, against the ledger, which knows neither: what was paid for is recognised or deferred on
 * whatever day it is looked at, and what is deferred at last is what the postings left over (less the invoices nobody paid). */
static void revenue_check(struct world *w)
{
    for (int back = 0; back <= w->days + 400; back += 17) {
        const char *odd = sql_value(&w->arena, w->admin,
            "select string_agg(l::text, '; ') from public.revenue_lines((public.lifecycle_now() at time zone public.platform_zone())::date "
            "+ 400 - %d) l where l.deferred_minor < 0 or l.recognised_minor < 0 "
            "or l.net_minor + l.moved_minor <> l.recognised_minor + l.deferred_minor", back);
        if (odd)
            fail_msg("seen %d days before: %s", back, odd);
    }
    assert_string_equal("", sql_value(&w->arena, w->admin,
        "select coalesce(string_agg(concat_ws(' ', currency, ledger, paid, open), '; '), '') from ("
        "select x.currency, sum(x.ledger) as ledger, sum(x.paid) as paid, sum(x.open) as open from ("
        "select e.currency, -e.amount_minor as ledger, 0 as paid, 0 as open from public.ledger_entry e where e.account = 'DEFERRED_REVENUE' "
        "union all select l.currency, 0, l.net_minor + l.moved_minor, 0 from public.revenue_lines('9999-01-01') l "
        "union all select o.currency, 0, 0, o.amount_minor - o.tax_minor from public.orders o "
        "where o.state in ('pending_payment', 'payment_reported')) x group by 1) y where ledger <> paid + open"));
}

static void everything_holds_after_whatever_customers_and_clocks_did(void **state)
{
    struct world *w = *state;
    int away = 0;

    for (int n = 0; n < w->customers; n++)
        customer_new(w, n);
    for (int day = 0; day < w->days; day++) {
        int64_t hours = any(w, 60) == 0 ? 24 * (1 + any(w, 12)) : 24; /* the clock jumps, forward */

        sql_run(w->lifecycle, "select public.test_clock_advance('%d hours')", (int)hours);
        pay_some(w);
        for (int64_t i = any(w, 5 + w->customers / 20); i > 0; i--)
            act_some(w);
        if (away == 0 && any(w, 80) == 0) {
            away = 1 + (int)any(w, 40);
            w->outages++;
        }
        if (away > 0 && --away > 0)
            continue;
        scan(w);
        if (day % (w->customers < 50 ? 20 : 73) == 19)
            check(w, day);
        arena_release(&w->arena);
        arena_init(&w->arena);
    }
    scan(w);
    check(w, w->days);
    revenue_check(w);
    print_message("%d customers, %d days, seed %d: %d payments (%d odd), %d outages, %d acts (%d refused), %s transitions, %s refunds, %s terminated\n",
                  w->customers, w->days, setting("SIMULATION_SEED", 1), w->paid, w->odd, w->outages, w->acted, w->refused,
                  sql_value(&w->arena, w->admin, "select count(*) from public.subscription_event"),
                  sql_value(&w->arena, w->admin, "select count(distinct reference) from public.payment_return"),
                  sql_value(&w->arena, w->admin, "select count(*) from public.subscription where state = 'terminated'"));
    assert_true(w->paid > w->customers);
    arena_release(&w->arena);
}

/* The check itself can fail. */
static void a_planted_fault_is_found(void **state)
{
    struct world *w = *state;
    struct gov_err err;
    PGresult *broken;

    sql_run(w->admin, "begin");
    sql_run(w->admin, "update public.subscription set paid_until_date = paid_until_date + 1 where id = (select id from "
            "public.subscription where period_no > 0 limit 1)");
    sql_run(w->admin, "update public.tenant set run_allowed = not run_allowed where id = (select tenant_id from "
            "public.subscription limit 1)");
    sql_run(w->admin, "insert into public.order_event (order_id, from_state, to_state, event) select id, 'paid', 'expired', 'x' "
            "from public.orders limit 1");
    /* money from nowhere; shut down within what was paid; the same message twice; a shutdown whose notice was an earlier period's */
    sql_run(w->admin, "insert into public.ledger_entry (txn, n, account, amount_minor, currency) select txn, 99, 'CASH:card', 1, currency from "
            "public.ledger_entry limit 1");
    sql_run(w->admin, "update public.subscription set state = 'shutdown', next_action_at = null where id = (select id from "
            "public.subscription where state = 'active' and paid_until_at > public.lifecycle_now() order by id desc limit 1)");
    sql_run(w->admin, "with m as (select id from public.outbox limit 1), a as (insert into public.delivery_attempt (outbox_id, n) select "
            "m.id, x.n from m, generate_series(8, 9) x (n) returning outbox_id, n) insert into public.delivery_result (outbox_id, n, "
            "outcome) select outbox_id, n, 'sent' from a");
    sql_run(w->admin, "with s as (select s.id, s.period_no from public.subscription s where s.period_no > 1 and not exists (select from "
            "public.lifecycle_action a where a.subscription_id = s.id and a.window_code = 'G-1' and a.period_no = s.period_no) limit 1), a as "
            "(insert into public.lifecycle_action (subscription_id, period_no, action, window_code, status, due_at, as_of, as_of_date) select "
            "s.id, s.period_no - 1, 'remind', 'G-1', 'done', t.at, t.at, t.at::date from s, (select public.lifecycle_now() - interval '9 days' "
            "as at) t on conflict do nothing) insert into public.subscription_event (subscription_id, at, from_state, to_state, cause, ref) "
            "select s.id, public.lifecycle_now(), 'grace', 'shutdown', 'scan', 'x' from s");
    broken = dbsync_query(&w->arena, w->admin, sql_queries[SQL_QUERIES_LIFECYCLE_CHECK].text, 0, NULL, &err);
    const char *rules = "";
    for (int i = 0; i < PQntuples(broken); i++)
        rules = arena_format(&w->arena, "%s %s", rules, PQgetvalue(broken, i, 0));
    assert_string_equal(" I1 I2 I3 I4 I5 I7 I9", rules);
    sql_run(w->admin, "rollback");
    arena_release(&w->arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_holds_after_whatever_customers_and_clocks_did),
        cmocka_unit_test(a_planted_fault_is_found),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
