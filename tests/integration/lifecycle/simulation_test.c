/* simulation_test.c - customers who pay early, late, twice, too little and then the rest, in the wrong money or not at all; who
 * change editions, buy slots and give them back, found teams; refunds of each kind, holds, overrides, terminations
 * (tests/lib/simulation_acts.c); outages of the scans and jumps of the clock: at the end, and every few weeks, everything
 * holds that must.
 *
 * Short by default; SIMULATION_CUSTOMERS and SIMULATION_DAYS make it long, SIMULATION_SEED another. The whole of it, 1,000
 * customers over 1,095 days, is `tests/run long`. */
#include "tests/lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/io/db/dbsync.h"
#include "core/store/money/order_act.h"
#include "core/store/scan/agreement.h"
#include "core/store/scan/order_time.h"
#include "core/store/scan/scan.h"
#include "tests/lib/db_rig.h"
#include "tests/lib/op_probe.h"
#include "tests/lib/simulation_acts.h"
#include "tests/lib/sql.h"

enum { SIMULATION_ACTS_MAX = 64 };

struct world {
    struct db_rig rig;
    struct db *db;
    struct pg_tenant first;
    struct arena arena; /* of one day */
    PGconn *admin, *lifecycle;
    uint64_t seed;
    int customers, persons, days;
    int paid, odd, rests, outages, jumps, acted, refused;
    int done[SIMULATION_ACTS_MAX]; /* of each act, not refused */
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

static int setup(void **state)
{
    static struct world w;

    db_rig_start(&w.rig);
    w.db = db_rig_pool(&w.rig, "simulation", (struct db_options){ .connections_per_role = 2 });
    w.admin = pg_server_connect(&w.rig.server, &w.rig.arena, "postgres");
    w.lifecycle = pg_server_connect(&w.rig.server, &w.rig.arena, "execgov_lifecycle");
    w.customers = setting("SIMULATION_CUSTOMERS", 12);
    w.persons = w.customers / 20 + 3;
    w.days = setting("SIMULATION_DAYS", 300);
    w.seed = 88172645463325252u + (uint64_t)setting("SIMULATION_SEED", 1);
    sql_run(w.admin, "update public.scan_clock set test_allowed = true");
    simulation_acts_create(&w.rig.server, w.admin);
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

static void act_run(struct world *w, struct order_act *act)
{
    struct op_probe probe;

    assert_true(op_probe_run(&probe, &w->rig.loop, begin, act));
    if (act->op.failed && act->kind == ORDER_APPLY && act->op.err.code == GOV_CONFLICT)
        w->refused++; /* of what is terminated: the money waits to be given back */
    else if (act->op.failed)
        fail_msg("%s: %s %s", act->kind == ORDER_APPLY ? "apply" : "pay", act->op.err.en, act->op.err.cause);
    op_release(&probe.op);
}

static void money_in(struct world *w, const char *order, int64_t amount, const char *currency, int times)
{
    struct order_act act = { .db = w->db, .kind = ORDER_SETTLE, .order = order };
    struct id txn = id_new();

    act.payment = (struct order_payment){ .id = id_new(), .provider = "stripe", .txn = txn.text, .method = "card",
                                          .amount_minor = amount, .currency = currency,
                                          .received_at = "2026-11-26T00:00:00Z" };
    for (; times > 0; times--) {
        act_run(w, &act);
        w->paid++;
    }
}

/* One payment for `order`, mostly right; some providers tell us twice. */
static void pay(struct world *w, const char *order, int64_t amount)
{
    int64_t kind = any(w, 40);

    money_in(w, order, kind == 0 ? amount - 1 : kind == 4 ? (amount + 1) / 2 : kind == 1 ? amount + 500 : amount,
             kind == 2 ? "USD" : "CNY", kind == 3 ? 2 : 1);
    w->odd += kind < 5;
}

static void pay_some(struct world *w)
{
    PGresult *orders = PQexec(w->admin, "select id, amount_minor, case when state in ('cancelled', 'expired') then 1 else 60 end from "
                              "public.orders where state in ('pending_payment', 'payment_reported', 'cancelled', 'expired') and "
                              "amount_minor > 1 order by id");

    for (int i = 0; i < PQntuples(orders); i++)
        if (any(w, 1000) < atoi(PQgetvalue(orders, i, 2)))
            pay(w, PQgetvalue(orders, i, 0), atoll(PQgetvalue(orders, i, 1)));
    PQclear(orders);
}

/* Who has paid too little pays the rest, and finance puts the two together. */
static void pay_the_rest(struct world *w)
{
    static const char waiting[] =
        "select o.id, o.amount_minor - sum(p.amount_minor), array_agg(p.id) from public.orders o join public.payment p on "
        "p.claimed_order = o.id and p.currency = o.currency where o.state in ('pending_payment', 'payment_reported') and not exists "
        "(select from public.payment_application a where a.payment_id = p.id) and not exists (select from public.payment_return r where "
        "r.payment_id = p.id) group by o.id having sum(p.amount_minor) < o.amount_minor order by o.id";
    PGresult *orders = PQexec(w->admin, waiting);

    for (int i = 0; i < PQntuples(orders); i++) {
        const char *order = PQgetvalue(orders, i, 0);

        if (any(w, 10) > 0)
            continue;
        money_in(w, order, atoll(PQgetvalue(orders, i, 1)), "CNY", 1);
        struct order_act act = { .db = w->db, .kind = ORDER_APPLY, .order = order };
        act.payments = sql_value(&w->arena, w->admin, "select array_agg(p.id) from public.payment p where p.claimed_order = '%s' and "
                                 "p.currency = 'CNY' and not exists (select from public.payment_application a where a.payment_id = p.id) "
                                 "and not exists (select from public.payment_return r where r.payment_id = p.id)", order);
        act_run(w, &act);
        w->rests++;
    }
    PQclear(orders);
}

/* One of the things people do now and then. Chosen before it is called: the offset of a select skips rows whose functions were
 * called all the same. */
static void act_some(struct world *w)
{
    int64_t n = any(w, (int64_t)simulation_act_count);
    const struct simulation_act *act = &simulation_acts[n];
    PGresult *one = PQexec(w->admin, arena_format(&w->arena, "select %s from (%s order by s.id offset %d limit 1) x", act->call, act->of,
                                                  (int)any(w, w->customers / 3)));
    const char *state = PQresultErrorField(one, PG_DIAG_SQLSTATE);

    if (state && strcmp(state, "GV000") != 0)
        fail_msg("%s: %s", act->name, PQresultErrorMessage(one));
    w->refused += state != NULL;
    w->done[n] += !state && PQntuples(one) > 0;
    w->acted++;
    PQclear(one);
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
        !order_time_run(w->lifecycle, 50, true, NULL, NULL, &times, &err))
        fail_msg("scan: %s %s", err.en, err.cause);
    assert_int_equal(SCAN_DONE, report.state);
    assert_int_equal(0, report.failed);
    assert_int_equal(0, times.failed);
}

/* Slots are what was bought and not given back, whatever is in use of them. */
static void slots_check(struct world *w)
{
    assert_null(sql_value(&w->arena, w->admin, "select string_agg(concat_ws(' ', a.tenant_id, a.base, public.quota_limit(a.tenant_id, "
                          "'skills'), b.bought), '; ') from public.quota_account a cross join lateral (select coalesce(10 * sum(o.quantity), 0) "
                          "as bought from public.orders o where o.tenant_id = a.tenant_id and o.kind = 'quota' and o.state = 'active') b where "
                          "public.quota_limit(a.tenant_id, 'skills') <> a.base + b.bought"));
    assert_null(sql_value(&w->arena, w->admin, "select string_agg(t.state, '; ') from public.sim_person p join public.tenant t on t.id = "
                          "p.tenant_id where t.kind <> 'personal' or t.state <> 'active'"));
}

/* Everything of the subscription that a fault names, for who has to find out. */
static void history_tell(struct world *w, const char *subject)
{
    const char *id = strrchr(subject, ' ');

    if (!id || strncmp(subject, "subscription", 12) != 0)
        return;
    PGresult *said = PQexec(w->admin, arena_format(&w->arena, "select x.said from ("
                "select e.at, concat_ws(' ', e.at, e.from_state, '->', e.to_state, e.cause) as said from public.subscription_event e where "
                "e.subscription_id = '%s' union all select p.start_at, concat_ws(' ', p.start_at, 'period', p.n, p.start_date, p.end_date, "
                "'closed', p.closed_date) from public.subscription_period p where p.subscription_id = '%s' union all select a.as_of, "
                "concat_ws(' ', a.as_of, a.period_no, a.action, a.window_code, a.status) from public.lifecycle_action a where "
                "a.subscription_id = '%s' union all select e.at, concat_ws(' ', e.at, 'order', o.kind, o.period_no, e.event, e.to_state) from "
                "public.order_event e join public.orders o on o.id = e.order_id where o.subscription_id = '%s' union all select "
                "public.lifecycle_now(), concat_ws(' ', public.lifecycle_now(), s.state, s.tz, s.paid_until_date, s.paid_until_at, "
                "s.next_action_at) from public.subscription s where s.id = '%s') x order by x.at, x.said", id + 1, id + 1, id + 1, id + 1,
                id + 1));
    for (int i = 0; i < PQntuples(said); i++)
        print_error("    %s\n", PQgetvalue(said, i, 0));
    PQclear(said);
}

static void check(struct world *w, int day)
{
    struct agreement runs;
    struct gov_err err;
    PGresult *broken = dbsync_query(&w->arena, w->admin, sql_queries[SQL_QUERIES_LIFECYCLE_CHECK].text, 0, NULL, &err);

    assert_non_null(broken);
    for (int i = 0; i < PQntuples(broken); i++) {
        print_error("day %d: %s %s: %s\n", day, PQgetvalue(broken, i, 0), PQgetvalue(broken, i, 1), PQgetvalue(broken, i, 2));
        history_tell(w, PQgetvalue(broken, i, 1));
    }
    assert_int_equal(0, PQntuples(broken));
    if (!agreement_look(w->admin, 86400LL * 1000000, &w->arena, &runs, &err))
        fail_msg("day %d: %s", day, err.cause);
    for (int i = 0; i < runs.count; i++)
        print_error("day %d: I10 %s: %s\n", day, runs.faults[i].subject, runs.faults[i].detail);
    assert_int_equal(0, runs.count);
    slots_check(w);
    if (w->customers >= 200)
        print_message("day %d: everything holds\n", day);
}

/* What was done, and how often. */
static void tell(struct world *w)
{
    const char *acts = "";

    for (size_t i = 0; i < simulation_act_count; i++) {
        bool again = i + 1 < simulation_act_count && strcmp(simulation_acts[i].name, simulation_acts[i + 1].name) == 0;

        if (again) { /* more often than others: told with the last of its name */
            w->done[i + 1] += w->done[i];
            continue;
        }
        acts = arena_format(&w->arena, "%s%s%s %d", acts, *acts ? ", " : "", simulation_acts[i].name, w->done[i]);
        assert_true(w->done[i] > 0 || w->customers < 200); /* in the long one each is done */
    }
    print_message("%d customers, %d persons, %d days, seed %d: %d payments (%d odd, %d by a rest), %d outages, %d jumps of the clock, %d acts "
                  "(%d refused)\n%s\n",
                  w->customers, w->persons, w->days, setting("SIMULATION_SEED", 1), w->paid, w->odd, w->rests, w->outages, w->jumps,
                  w->acted, w->refused, acts);
    print_message("%s\n", sql_value(&w->arena, w->admin, "select format('%%s transitions, %%s refunds, %%s overrides, %%s terminated, %%s over their "
                                    "slots, %%s tenants made by payments, %%s final notices (%%s of an end that came again), %%s shutdowns', "
                                    "(select count(*) from public.subscription_event), "
                                    "(select count(distinct reference) from public.payment_return), "
                                    "(select count(*) from public.subscription_event where cause = 'override'), "
                                    "(select count(*) from public.subscription where state = 'terminated'), "
                                    "(select count(*) from public.quota_account a where used > public.quota_limit(tenant_id, 'skills')), "
                                    "(select count(*) from public.orders where kind = 'upgrade' and state = 'active' and terms ? 'tenant_name'), "
                                    "(select count(*) from public.lifecycle_action where window_code like 'G-1%%'), "
                                    "(select count(*) from public.lifecycle_action where window_code like 'G-1/%%'), "
                                    "(select count(*) from public.subscription_event where to_state = 'shutdown'))"));
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
    for (int n = 0; n < w->persons; n++)
        simulation_person(&w->rig.server, w->admin, w->first.schema, n);
    for (int day = 0; day < w->days; day++) {
        int64_t hours = any(w, 60) == 0 ? 24 * (1 + any(w, 12)) : 24; /* the clock jumps, forward */

        w->jumps += hours > 24;
        sql_run(w->lifecycle, "select public.test_clock_advance('%d hours')", (int)hours);
        pay_some(w);
        pay_the_rest(w);
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
    tell(w);
    assert_true(w->paid > w->customers);
    arena_release(&w->arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_holds_after_whatever_customers_and_clocks_did),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
