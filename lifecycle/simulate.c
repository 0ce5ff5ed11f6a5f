/* simulate.c - a database of its own -> a customer -> due moment after due moment -> the timeline -> no database.
 *
 * Everything is real but the clock: migrations, orders, payments, scans. The clock is that of a test database, set to each
 * moment at which something is due, so that every phase runs in its time. */
#include "lifecycle/simulate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sodium.h>

#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/base/id.h"
#include "core/base/zone.h"
#include "core/io/db/dbsync.h"
#include "core/io/migrate/migrate.h"
#include "core/model/calendar.h"
#include "core/store/money/order_act.h"
#include "core/store/scan/agreement.h"
#include "core/store/scan/order_time.h"
#include "core/store/scan/scan.h"

enum { NAME_BYTES = 40, LINES_A_STEP = 200 };
static const int64_t DAY_US = 86400LL * 1000000, STEPS_MAX = 5000;

struct simulation {
    const struct simulate_options *options;
    struct arena arena;
    struct loop loop;
    PGconn *admin;           /* of the server */
    PGconn *conn;            /* of the throw-away database */
    struct db *db;           /* the same, for payments */
    const char *conninfo;    /* without user, of that database */
    const char *user;
    char name[NAME_BYTES];
    const struct zone *zone;
    struct id customer, subscription, order;
    int64_t now_us;
    int periods;             /* paid so far */
    long long seen[4];       /* what was shown of each source */
};

/* --- SQL of the simulation's own: nothing of it is in the product --- */

static PGresult *ask(struct simulation *s, const char *sql, int count, const char *const *values, struct gov_err *err)
{
    return dbsync_query(&s->arena, s->conn, sql, count, values, err);
}

static bool run(struct simulation *s, const char *sql, const char *const *values, struct gov_err *err)
{
    int count = 0;

    while (values && values[count])
        count++;
    return ask(s, sql, count, values, err) != NULL;
}

/* What is sold now is sold in the simulated year, too, whenever that begins: versions never change but here, where the
 * superuser has made them a moment ago. */
static bool sell(struct simulation *s, struct gov_err *err)
{
    return dbsync_script(s->conn, "set session_replication_role = replica; update public.edition_version set sold_from = "
                                  "timestamptz '-infinity'; reset session_replication_role", err);
}

static bool clock_set(struct simulation *s, int64_t us, struct gov_err *err)
{
    s->now_us = us;
    return run(s, "update public.scan_clock set test_allowed = true, test_offset = timestamptz 'epoch' + $1::bigint * interval "
               "'1 microsecond' - clock_timestamp()",
               (const char *[]){ arena_format(&s->arena, "%lld", (long long)us), NULL }, err);
}

/* --- the database --- */

/* The operator's conninfo with another database name, and without its user. */
static bool conninfo_read(struct simulation *s, struct gov_err *err)
{
    struct buf text = { 0 };
    char *problem = NULL;
    PQconninfoOption *all = PQconninfoParse(s->options->conninfo, &problem);

    if (!all) {
        gov_fail(err, GOV_INVALID_INPUT, "--pg: %s", "--pg：%s", problem ? problem : "");
        PQfreemem(problem);
        return false;
    }
    s->user = "postgres";
    for (PQconninfoOption *o = all; o->keyword; o++) {
        if (!o->val || !*o->val || strcmp(o->keyword, "dbname") == 0)
            continue;
        if (strcmp(o->keyword, "user") == 0) {
            s->user = arena_text(&s->arena, o->val);
            continue;
        }
        buf_addf(&text, "%s='", o->keyword);
        for (const char *c = o->val; *c; c++) {
            if (*c == '\'' || *c == '\\')
                buf_add_char(&text, '\\');
            buf_add_char(&text, *c);
        }
        buf_add_text(&text, "' ");
    }
    PQconninfoFree(all);
    s->conninfo = arena_format(&s->arena, "%sdbname=%s", buf_text(&text), s->name);
    buf_release(&text);
    return true;
}

static bool database_make(struct simulation *s, struct gov_err *err)
{
    struct migrate_report report;
    const char *whole;

    snprintf(s->name, sizeof s->name, "execgov_simulation_%08x", randombytes_random());
    if (!conninfo_read(s, err) ||
        !(s->admin = dbsync_open(&s->arena, s->options->conninfo, "execgov-simulate", err)) ||
        !dbsync_script(s->admin, arena_format(&s->arena, "create database %s template template0", s->name), err))
        return false;
    whole = arena_format(&s->arena, "%s user=%s", s->conninfo, s->user);
    if (!migrate_up(&(struct migrate_options){ .conninfo = whole }, &report, &s->arena, err))
        return false;
    s->conn = dbsync_open(&s->arena, whole, "execgov-simulate", err);
    s->db = db_new(&s->loop, &(struct db_options){ .conninfo = s->conninfo, .application = "execgov-simulate",
                                                   .public_role = s->user, .connections_per_role = 1 });
    return s->conn != NULL;
}

/* --- the customer --- */

static bool customer_make(struct simulation *s, struct gov_err *err)
{
    const struct simulate_options *o = s->options;
    struct id tenant = id_new();

    s->customer = id_new();
    s->subscription = id_new();
    s->order = id_new();
    return run(s, "insert into public.customer (id, kind, name, tz) values ($1::uuid, 'company', 'A customer', $2)",
               (const char *[]){ s->customer.text, o->zone, NULL }, err) &&
           run(s, "insert into public.customer_contact (customer_id, endpoint) values ($1::uuid, 'bills@customer.example')",
               (const char *[]){ s->customer.text, NULL }, err) &&
           run(s, "select public.tenant_create($1::uuid, 'A customer', 'team', $2, 'en', null)",
               (const char *[]){ tenant.text, o->zone, NULL }, err) &&
           run(s, "select public.subscription_open($1::uuid, $2::uuid, $3::uuid, (select id from public.edition_version where "
               "edition = $4 order by ver desc limit 1), $5)",
               (const char *[]){ s->subscription.text, s->customer.text, tenant.text, o->edition, o->zone, NULL }, err) &&
           run(s, "select public.order_create($1::uuid, 'new', $2::uuid, $3::uuid, null, v.id, 1, false, v.price_minor, 0, '{}', "
               "'{}', null, null, null, null) from public.edition_version v where v.edition = $4 order by v.ver desc limit 1",
               (const char *[]){ s->order.text, s->customer.text, s->subscription.text, o->edition, NULL }, err);
}

struct payer {
    struct op op;
    struct order_act act;
};

static enum op_next pay_begin(struct op *op)
{
    order_act_start(op, &((struct payer *)op)->act);
    return OP_WAIT;
}

static const struct op_step payer_steps[] = { { "pay", pay_begin }, { 0 } };

static bool pay(struct simulation *s, const char *order, int64_t amount, const char *currency, struct gov_err *err)
{
    struct payer p = { 0 };
    struct id txn = id_new();
    char at[CLOCK_TEXT_BYTES];
    bool good;

    p.act = (struct order_act){ .db = s->db, .kind = ORDER_SETTLE, .order = order };
    p.act.payment = (struct order_payment){ .id = id_new(), .provider = "simulated", .txn = txn.text, .method = "card",
                                            .amount_minor = amount, .currency = currency,
                                            .received_at = clock_format(s->now_us, at) };
    op_init(&p.op, "pay", payer_steps, &s->loop, NULL);
    good = op_await(&p.op, err);
    if (good && p.act.op.failed) {
        *err = p.act.op.err;
        good = false;
    }
    op_release(&p.op);
    s->periods += good;
    return good;
}

/* --- what happened --- */

static void tell(const struct simulation *s, int64_t us, const char *what)
{
    char date[CIVIL_TEXT_BYTES];
    int64_t day = calendar_day(s->zone, us), seconds = us / 1000000 + zone_offset(s->zone, us / 1000000) - day * 86400;

    printf("%s %02d:%02d  %s\n", civil_format(civil_from_days(day), date), (int)(seconds / 3600), (int)(seconds / 60 % 60), what);
}

/* Rows that are new since the last look, as sentences, in the order they happened. */
static bool show_new(struct simulation *s, struct gov_err *err)
{
    static const char sql[] =
        "select * from ("
        "select 1 as source, e.id, (extract(epoch from e.at) * 1000000)::bigint as at, 'order ' || o.no || ' (' || o.kind || "
        "coalesce(', period ' || o.period_no, '') || ', ' || to_char(o.amount_minor / 100.0, 'FM999999990.00') || ' ' || o.currency "
        "|| '): ' || e.event as what from public.order_event e join public.orders o on o.id = e.order_id where e.id > $1::bigint "
        "union all select 2, e.id, (extract(epoch from e.at) * 1000000)::bigint, 'subscription: ' || coalesce(e.from_state || "
        "' -> ', '') || e.to_state || case when e.cause = 'payment' then ', paid until ' || (select max(p.end_date) from "
        "public.subscription_period p where p.subscription_id = e.subscription_id)::text else '' end || ' (' || e.cause || ')' "
        "from public.subscription_event e where e.id > $2::bigint "
        "union all select 3, x.n, x.at, x.what from (select row_number() over (order by a.done_at, a.action, a.window_code) as n, "
        "(extract(epoch from a.as_of) * 1000000)::bigint as at, case a.status when 'skipped_superseded' then 'left out: ' "
        "else '' end || a.action || ' ' || a.window_code || case when a.action = 'remind' and a.status = 'done' then "
        "' to bills@customer.example' else '' end as what from public.lifecycle_action a) x where x.n > $3::bigint "
        "union all select 4, x.n, x.at, x.what from (select row_number() over (order by f.created_at, f.id) as n, "
        "(extract(epoch from f.created_at) * 1000000)::bigint as at, 'task for finance: ' || f.kind as what "
        "from public.finance_task f) x where x.n > $4::bigint) y order by at, source, id";
    const char *seen[4];

    for (int i = 0; i < 4; i++)
        seen[i] = arena_format(&s->arena, "%lld", s->seen[i]);
    PGresult *rows = ask(s, sql, 4, seen, err);
    for (int i = 0; rows && i < PQntuples(rows); i++) {
        int source = atoi(PQgetvalue(rows, i, 0)) - 1;
        long long id = atoll(PQgetvalue(rows, i, 1));

        s->seen[source] = id > s->seen[source] ? id : s->seen[source];
        tell(s, atoll(PQgetvalue(rows, i, 2)), PQgetvalue(rows, i, 3));
    }
    return rows != NULL;
}

/* --- time --- */

static bool scan(struct simulation *s, struct gov_err *err)
{
    const struct scan_options options = { .run = "01900000-0000-7000-8000-000000000001", .release_brake = true,
                                          .accept_gap = true };
    struct scan_report report;
    struct order_times times;

    return scan_run(s->conn, &options, &report, err) && order_time_run(s->conn, 50, true, NULL, NULL, &times, err);
}

/* When the open renewal is paid, as the options say for this period; 0: never, or there is none. */
static bool payment_find(struct simulation *s, int64_t *at_us, PGresult **order, struct gov_err *err)
{
    const struct simulate_options *o = s->options;
    int after = o->pays[(s->periods - 1) % o->pay_count];

    *at_us = 0;
    *order = ask(s, "select r.id, r.amount_minor, r.currency, (extract(epoch from u.paid_until_at) * 1000000)::bigint from "
                 "public.orders r join public.subscription u on u.id = r.subscription_id where r.kind = 'renewal' and r.state in "
                 "('pending_payment', 'payment_reported') order by r.created_at desc limit 1", 0, NULL, err);
    if (!*order)
        return false;
    if (PQntuples(*order) && after != SIMULATE_NEVER)
        *at_us = atoll(PQgetvalue(*order, 0, 3)) + after * DAY_US + 10 * 3600 * 1000000LL;
    return true;
}

/* The next moment at which something is due, or `to`. */
static bool next_find(struct simulation *s, int64_t to, int64_t pay_us, int64_t *next, struct gov_err *err)
{
    PGresult *due = ask(s, "select (extract(epoch from least((select min(next_action_at) from public.subscription), (select min("
                        "publish_at) from public.orders where state = 'draft'), (select min(expires_at) from public.orders where "
                        "state in ('draft', 'pending_payment')))) * 1000000)::bigint", 0, NULL, err);

    if (!due)
        return false;
    *next = PQgetisnull(due, 0, 0) ? to : atoll(PQgetvalue(due, 0, 0));
    if (pay_us && pay_us < *next)
        *next = pay_us;
    if (*next <= s->now_us)
        *next = s->now_us + 60 * 1000000;
    if (*next > to)
        *next = to;
    return true;
}

static bool live(struct simulation *s, int64_t to, struct gov_err *err)
{
    PGresult *order, *first;
    int64_t pay_us, next;

    first = ask(s, "select amount_minor, currency from public.orders", 0, NULL, err);
    if (!first || !pay(s, s->order.text, atoll(PQgetvalue(first, 0, 0)), PQgetvalue(first, 0, 1), err))
        return false;
    for (int step = 0; step < STEPS_MAX && s->now_us < to; step++) {
        if (!scan(s, err) || !show_new(s, err) || !payment_find(s, &pay_us, &order, err))
            return false;
        if (pay_us && pay_us <= s->now_us) {
            if (!pay(s, PQgetvalue(order, 0, 0), atoll(PQgetvalue(order, 0, 1)), PQgetvalue(order, 0, 2), err) ||
                !show_new(s, err))
                return false;
            continue;
        }
        if (!next_find(s, to, pay_us, &next, err) || !clock_set(s, next, err))
            return false;
        fflush(stdout);
    }
    return show_new(s, err);
}

static bool verify(struct simulation *s, struct gov_err *err)
{
    PGresult *broken = ask(s, sql_queries[SQL_QUERIES_LIFECYCLE_CHECK].text, 0, NULL, err);
    struct agreement runs;

    if (!broken || !agreement_look(s->conn, DAY_US, &s->arena, &runs, err))
        return false;
    for (int i = 0; i < PQntuples(broken); i++)
        printf("does not hold: %s %s: %s\n", PQgetvalue(broken, i, 0), PQgetvalue(broken, i, 1), PQgetvalue(broken, i, 2));
    for (int i = 0; i < runs.count; i++)
        printf("does not hold: I10 %s: %s\n", runs.faults[i].subject, runs.faults[i].detail);
    if (PQntuples(broken) + runs.count > 0)
        return gov_fail(err, GOV_INTERNAL, "invariants do not hold", "不变量不成立");
    puts("at the end everything holds that must (lifecycle check)");
    return true;
}

bool simulate_run(const struct simulate_options *options, struct gov_err *err)
{
    struct simulation *s = calloc(1, sizeof *s);
    struct gov_err ignored;
    bool good;

    CHECK(s && sodium_init() >= 0);
    arena_init(&s->arena);
    loop_init(&s->loop);
    s->options = options;
    s->zone = zone_read(options->zone, &s->arena);
    int64_t from = calendar_time_us(s->zone, options->from_day, 10), to = calendar_day_us(s->zone, options->to_day);
    good = database_make(s, err) && sell(s, err) && clock_set(s, from, err) && customer_make(s, err) && live(s, to, err) && verify(s, err);
    if (s->db)
        db_stop(s->db);
    loop_run(&s->loop);
    if (s->conn)
        dbsync_script(s->conn, "select pg_advisory_unlock_all()", &ignored);
    if (s->admin)
        dbsync_script(s->admin, arena_format(&s->arena, "drop database if exists %s with (force)", s->name), &ignored);
    arena_release(&s->arena);
    loop_release(&s->loop);
    free(s);
    return good;
}
