/* preview_test.c - what is stored is read as the texts of it are, and the digest is of the lines that are shown. */
#include "tests/lib/test.h"

#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/io/db/dbsync.h"
#include "core/store/scan/preview.h"
#include "core/store/scan/scan.h"
#include "sql_queries.h"
#include "tests/lib/pg_server.h"
#include "tests/lib/sql.h"

enum { MANY = 4501 }; /* three blocks, the last one not full */

struct fixture {
    struct pg_server server;
    struct arena arena;
    PGconn *admin, *conn;
    struct buf lines;
    int seen;
};

static int setup(void **state)
{
    static struct fixture f;

    pg_server_start(&f.server);
    f.admin = pg_server_connect(&f.server, &f.arena, "postgres");
    f.conn = pg_server_connect(&f.server, &f.arena, "execgov_lifecycle");
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    buf_release(&f->lines);
    arena_release(&f->arena);
    pg_server_stop(&f->server);
    return 0;
}

static void subscriptions(struct fixture *f, int count, const char *columns, const char *values)
{
    sql_run(f->admin, "set session_replication_role = replica; truncate public.customer, public.subscription cascade; "
            "set session_replication_role = default");
    sql_run(f->admin, "insert into public.customer (id, kind, name) select gen_random_uuid(), 'company', 'c' || n from generate_series(1, "
            "%d) n", count);
    sql_run(f->admin, "insert into public.subscription (id, customer_id, edition_version, anchor_date, anchor_no, %s) select "
            "gen_random_uuid(), c.id, v.id, '2020-02-29', 1, %s from public.customer c, public.edition_version v where v.edition = "
            "'team-yearly'", columns, values);
}

static PGresult *binary(struct fixture *f)
{
    const char *params[] = { "4000000000000000" }; /* the year 2096 */

    return PQexecParams(f->conn, sql_queries[SQL_QUERIES_LIFECYCLE_PREVIEW].text, 1, NULL, params, NULL, NULL, 1);
}

static void assert_same(const struct scan_row *a, const struct scan_row *b)
{
    const struct lifecycle_facts *f = &a->facts, *g = &b->facts;
    const int64_t ours[] = { f->state, f->state_entered_us, f->period_start_us, f->end_day, f->end_us, f->shutdown_due_us,
                             f->final_notice_us, f->termination_notice_us, f->hold_until_us, f->done, f->cancel_at_period_end,
                             f->unreachable, f->policy_since_us, f->grace_days, f->min_grace_days, f->retention_days,
                             a->period_no, a->version, a->next_us };
    const int64_t theirs[] = { g->state, g->state_entered_us, g->period_start_us, g->end_day, g->end_us, g->shutdown_due_us,
                               g->final_notice_us, g->termination_notice_us, g->hold_until_us, g->done, g->cancel_at_period_end,
                               g->unreachable, g->policy_since_us, g->grace_days, g->min_grace_days, g->retention_days,
                               b->period_no, b->version, b->next_us };

    assert_string_equal(a->id, b->id);
    assert_string_equal(a->state, b->state);
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (ours[i] != theirs[i])
            fail_msg("column %zu: %lld, not %lld", i, (long long)ours[i], (long long)theirs[i]);
    assert_ptr_equal(f->zone, g->zone);
    assert_ptr_equal(a->policy, b->policy);
}

static void what_is_stored_is_what_its_text_says(void **state)
{
    static const struct {
        const char *columns, *values;
    } rows[] = {
        { "state, tz, next_action_at", "'active', 'UTC', now()" },
        { "state, tz, period_no, version, state_entered_at, paid_from_at, paid_until_date, paid_until_at, shutdown_due_at, "
          "final_notice_at, termination_notice_at, hold_until, windows_done, cancel_at_period_end, next_action_at",
          "'shutdown', 'Asia/Shanghai', 70000, 40000, '2026-01-02 03:04:05.000006+00', '1999-12-31 23:59:59.999999+00', '1969-12-31', "
          "'1969-12-30 16:00+00', '2030-01-01 00:00:00.5+00', '2029-12-30 09:00+00', '2030-03-01 01:00+00', '2031-01-01 00:00+00', 65535, "
          "true, '1970-01-01 00:00:00.000001+00'" },
        { "state, tz, windows_done, next_action_at", "'cancelled', 'Europe/Berlin', -1, '2026-01-01'" }, /* and nobody to tell */
        { "state, tz, next_action_at", "'active', 'UTC', now()" }, /* its edition has a policy of its own by then */
        { "state, tz, policy, next_action_at", "'active', 'UTC', 'standard', now()" }, /* and it, too */
    };
    enum { EDITIONS_OWN = 3 };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scan_context *context = ARENA_NEW(&f->arena, struct scan_context);
        struct scan_row text, stored;
        struct gov_err err = { 0 };

        subscriptions(f, 1, rows[i].columns, rows[i].values);
        if (i >= EDITIONS_OWN)
            sql_run(f->admin, "insert into public.lifecycle_policy (code, ver, before_days) values ('often', 1, '{9,8}') on conflict do nothing; "
                    "insert into public.edition_reminder (edition, policy, reason, set_by, set_at) values ('team-yearly', 'often', 'asked', "
                    "gen_random_uuid(), '2026-03-04 05:06:07.000008+02') on conflict do nothing");
        assert_true(scan_context_load(f->conn, context, &f->arena, &err));
        PGresult *b = binary(f);
        assert_int_equal(1, PQntuples(b));
        assert_true(scan_row_read_stored(context, b, 0, &stored));
        const char *params[] = { stored.id };
        PGresult *t = dbsync_query(&f->arena, f->conn, sql_queries[SQL_QUERIES_LIFECYCLE_ONE].text, 1, params, &err);
        assert_non_null(t);
        assert_true(scan_row_read(context, t, 0, &text));
        assert_same(&stored, &text);
        assert_int_equal(i == 2, stored.facts.unreachable);
        assert_int_equal(i >= EDITIONS_OWN, stored.facts.policy_since_us != 0);
        PQclear(b);
    }
    sql_run(f->admin, "delete from public.edition_reminder");
}

static bool line(void *self, const struct preview_line *l)
{
    struct fixture *f = self;

    f->seen++;
    buf_addf(&f->lines, "%s|%d|%s|%s|%s|%lld|%s|%s|0\n", l->subscription, l->period_no, l->action, l->window, l->status,
             (long long)l->due_us, l->from_state, l->to_state);
    return true;
}

static void the_digest_is_of_the_lines(void **state)
{
    struct fixture *f = *state;
    struct preview_options options = { .line = line, .self = f };
    char digest[CRYPTO_HEX_BYTES];
    struct preview preview;
    struct gov_err err = { 0 };

    subscriptions(f, MANY, "state, tz, period_no, paid_from_at, paid_until_date, paid_until_at, next_action_at",
                  "'active', 'Asia/Shanghai', 1, now() - interval '360 days', current_date + 6, (current_date + 6)::timestamp at time zone "
                  "'Asia/Shanghai', now()");
    assert_true(preview_run(f->conn, &options, &preview, &err));
    assert_int_equal(MANY, preview.counts.rows);
    assert_int_equal(preview.lines, f->seen);
    assert_true(f->seen >= 3 * MANY);
    crypto_sha256_hex(buf_text(&f->lines), f->lines.length, digest);
    assert_string_equal(digest, preview.digest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_stored_is_what_its_text_says),
        cmocka_unit_test(the_digest_is_of_the_lines),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
