#include "tests/lib/scan_rig.h"

#include "tests/lib/test.h"

#include <stdlib.h>

#include "tests/lib/sql.h"

int scan_rig_setup(void **state)
{
    static struct scan_rig f;

    pg_server_start(&f.server);
    f.admin = pg_server_connect(&f.server, &f.arena, "postgres");
    f.conn = pg_server_connect(&f.server, &f.arena, "execgov_lifecycle");
    sql_run(f.admin, "update public.scan_clock set test_allowed = true");
    *state = &f;
    return 0;
}

int scan_rig_teardown(void **state)
{
    struct scan_rig *f = *state;

    arena_release(&f->arena);
    pg_server_stop(&f->server);
    return 0;
}

/* A clean table with `count` yearly subscriptions whose period ends `days` from now, at midnight in `zone`. */
void scan_rig_subscriptions(struct scan_rig *f, int count, int days, const char *zone)
{
    /* Facts refuse to go; only a superuser's replica session does not ask them. */
    sql_run(f->admin, "set session_replication_role = replica; truncate public.customer, public.subscription, "
            "public.lifecycle_action, public.outbox, public.scan_run, public.finance_task cascade; "
            "set session_replication_role = default; update public.scan_clock set last_at = '-infinity'");
    sql_run(f->admin, "insert into public.customer (id, kind, name) select gen_random_uuid(), 'company', 'c' || n "
            "from generate_series(1, %d) n", count);
    sql_run(f->admin, "insert into public.customer_contact (customer_id, endpoint) select id, name || '@example.org' "
            "from public.customer");
    sql_run(f->admin, "insert into public.subscription (id, customer_id, edition_version, state, tz, anchor_date, anchor_no, "
            "period_no, paid_from_at, paid_until_date, paid_until_at, next_action_at) select gen_random_uuid(), c.id, v.id, "
            "'active', '%s', d.day - 365, 1, 1, now() - interval '360 days', d.day, d.day::timestamp at time zone '%s', now() "
            "from public.customer c, public.edition_version v, "
            "(select (public.lifecycle_now() at time zone '%s')::date + %d as day) d where v.edition = 'team-yearly'",
            zone, zone, zone, days);
}

struct scan_report scan_rig_scan(PGconn *conn, struct scan_options options)
{
    struct scan_report report;
    struct gov_err err = { 0 };

    if (!options.run)
        options.run = "01900000-0000-7000-8000-000000000001";
    if (!scan_run(conn, &options, &report, &err))
        fail_msg("scan: %s %s", err.en, err.cause);
    return report;
}

int scan_rig_count(struct scan_rig *f, const char *from)
{
    return atoi(sql_value(&f->arena, f->admin, "select count(*) from %s", from));
}

void scan_rig_advance(struct scan_rig *f, const char *by)
{
    sql_run(f->conn, "select public.test_clock_advance('%s')", by);
}
