/* scan_test.c - scans over a real database: catch-up, once, braked, previewed. Many at once are storm_test.c and replica_test.c. */
#include "tests/lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/id.h"
#include "core/io/db/dbsync.h"
#include "core/store/scan/preview.h"
#include "sql_queries.h"
#include "tests/lib/scan_rig.h"
#include "tests/lib/sql.h"

static void an_outage_is_caught_up_with_notice(void **state)
{
    struct scan_rig *f = *state;
    struct scan_report r;

    scan_rig_subscriptions(f, 20, 40, "Asia/Shanghai");
    scan_rig_scan(f->conn, (struct scan_options){ 0 });
    scan_rig_advance(f, "90 days");
    r = scan_rig_scan(f->conn, (struct scan_options){ 0 });
    assert_int_equal(SCAN_REFUSED, r.state); /* nobody has said yet that the gap is real */
    r = scan_rig_scan(f->conn, (struct scan_options){ .accept_gap = true });
    assert_int_equal(20, r.counts.graces);
    assert_int_equal(0, r.counts.shutdowns);
    /* the ninety days are kept for whoever closes the months */
    assert_int_equal(1, scan_rig_count(f, "public.scan_gap where to_at - from_at between interval '89 days' and interval '91 days'"));
    assert_int_equal(20, scan_rig_count(f, "public.subscription where state = 'grace' and shutdown_due_at > public.lifecycle_now() + "
                               "interval '2 days'"));
    assert_int_equal(20 * 5, scan_rig_count(f, "public.lifecycle_action where status = 'skipped_superseded'"));
    assert_int_equal(20, scan_rig_count(f, "public.outbox"));
}

/* I12: every other subscription is out of the scans' sight for 40 days and is then looked at once; its twin is looked at every
 * day. What differs in the end is what was left out, and dates that are later. */
static void one_late_scan_is_like_daily_ones_but_for_what_it_leaves_out(void **state)
{
    static const char twins[] =
        "from (select a.*, s.customer_id as pair, s.policy is not null as late from public.lifecycle_action a join "
        "public.subscription s on s.id = a.subscription_id) %s join (select a.*, s.customer_id as pair, s.policy is not null as "
        "late from public.lifecycle_action a join public.subscription s on s.id = a.subscription_id) y on x.pair = y.pair and "
        "x.action = y.action and x.window_code = y.window_code and not x.late and y.late";
    struct scan_rig *f = *state;

    scan_rig_subscriptions(f, 40, 0, "Asia/Shanghai");
    /* Ends all over the next 60 days; the late twin has a policy of its own name, which is the same one. */
    sql_run(f->admin, "with moved as (select id, row_number() over (order by id) as n from public.subscription) update "
            "public.subscription s set paid_until_date = paid_until_date + m.n::integer * 3 / 2, paid_until_at = paid_until_at + "
            "make_interval(days => m.n::integer * 3 / 2) from moved m where m.id = s.id");
    sql_run(f->admin, "insert into public.subscription (id, customer_id, edition_version, state, tz, anchor_date, anchor_no, "
            "period_no, paid_from_at, paid_until_date, paid_until_at, next_action_at, policy) select gen_random_uuid(), "
            "customer_id, edition_version, state, tz, anchor_date, anchor_no, period_no, paid_from_at, paid_until_date, "
            "paid_until_at, next_action_at, 'standard' from public.subscription");
    for (int day = 0; day < 150; day++) {
        if (day == 5)
            sql_run(f->admin, "update public.subscription set quarantined_at = now() where policy is not null");
        if (day == 45)
            sql_run(f->admin, "update public.subscription set quarantined_at = null where policy is not null");
        scan_rig_scan(f->conn, (struct scan_options){ .accept_gap = true, .release_brake = true });
        scan_rig_advance(f, "24 hours");
    }
    assert_int_equal(80, scan_rig_count(f, "public.subscription where state = 'shutdown'"));
    const char *same = arena_format(&f->arena, twins, "x");
    /* The same actions for each, done or left out … */
    assert_int_equal(scan_rig_count(f, "public.lifecycle_action") / 2, scan_rig_count(f, arena_format(&f->arena, "(select 1 %s) z", same)));
    /* … nothing done that the daily one left out, nothing earlier, and every transition happened. */
    assert_int_equal(0, scan_rig_count(f, arena_format(&f->arena, "(select 1 %s where (x.status <> 'done' and y.status = 'done' and x.action "
                                              "<> 'supersede') or (y.status = 'done' and y.as_of < x.as_of - interval '1 hour')) z",
                                              same)));
    assert_true(scan_rig_count(f, arena_format(&f->arena, "(select 1 %s where x.status <> y.status) z", same)) > 40);
    assert_int_equal(0, scan_rig_count(f, "public.lifecycle_action where action in ('grace', 'shutdown') and status <> 'done'"));
}

static void a_clock_that_went_back_stops_the_scan(void **state)
{
    struct scan_rig *f = *state;
    struct scan_report r;

    scan_rig_subscriptions(f, 3, 1, "UTC");
    sql_run(f->admin, "update public.scan_clock set last_at = public.lifecycle_now() + interval '1 hour'");
    r = scan_rig_scan(f->conn, (struct scan_options){ 0 });
    assert_int_equal(SCAN_REFUSED, r.state);
    assert_int_equal(0, scan_rig_count(f, "public.lifecycle_action"));
    r = scan_rig_scan(f->conn, (struct scan_options){ .as_of_us = clock_now_us() + 400LL * 86400 * 1000000 * 10, .accept_gap = true });
    assert_int_equal(SCAN_REFUSED, r.state); /* the future is for dry runs */
}

/* Somebody believed a clock that was ten years ahead; then it was put right. */
static void a_clock_that_was_far_ahead_does_not_hold_scans_up_until_then(void **state)
{
    struct scan_rig *f = *state;
    struct scan_report r;

    scan_rig_subscriptions(f, 3, 1, "UTC");
    sql_run(f->admin, "update public.scan_clock set last_at = public.lifecycle_now() + interval '10 years'");
    r = scan_rig_scan(f->conn, (struct scan_options){ 0 });
    assert_int_equal(SCAN_REFUSED, r.state);
    assert_string_equal("clock_back", r.variant);
    assert_int_equal(0, scan_rig_count(f, "public.lifecycle_action"));
    r = scan_rig_scan(f->conn, (struct scan_options){ .accept_gap = true });
    assert_int_equal(SCAN_DONE, r.state);
    r = scan_rig_scan(f->conn, (struct scan_options){ 0 }); /* the next one needs nobody */
    assert_int_equal(SCAN_DONE, r.state);
    assert_int_equal(3, scan_rig_count(f, "public.lifecycle_action where action = 'remind' and status = 'done'"));
}

/* A jump forward that nobody has accepted leaves nothing behind when the clock is put right; a gap that was accepted for a
 * moment of the past is over as well. */
static void a_jump_is_refused_and_an_accepted_gap_is_over(void **state)
{
    struct scan_rig *f = *state;
    struct scan_report r;

    scan_rig_subscriptions(f, 3, 20, "UTC");
    r = scan_rig_scan(f->conn, (struct scan_options){ 0 });
    assert_int_equal(SCAN_DONE, r.state);
    const char *before = sql_value(&f->arena, f->admin, "select last_at from public.scan_clock");
    scan_rig_advance(f, "10 years");
    r = scan_rig_scan(f->conn, (struct scan_options){ 0 });
    assert_int_equal(SCAN_REFUSED, r.state);
    assert_string_equal("gap", r.variant);
    assert_string_equal(before, sql_value(&f->arena, f->admin, "select last_at from public.scan_clock"));
    sql_run(f->admin, "update public.scan_clock set test_offset = test_offset - interval '10 years'");
    r = scan_rig_scan(f->conn, (struct scan_options){ 0 });
    assert_int_equal(SCAN_DONE, r.state);

    /* Thirty-six hours are no gap yet. */
    for (int gap = 0; gap < 2; gap++) {
        sql_run(f->admin, "update public.scan_clock set last_at = public.lifecycle_now() - interval '36 hours' - interval '1 minute' * %d",
                gap ? 1 : -1);
        r = scan_rig_scan(f->conn, (struct scan_options){ 0 });
        assert_int_equal(gap ? SCAN_REFUSED : SCAN_DONE, r.state);
    }
    sql_run(f->admin, "update public.scan_clock set last_at = public.lifecycle_now()");

    scan_rig_advance(f, "30 days");
    int64_t ago = atoll(sql_value(&f->arena, f->admin, "select (extract(epoch from public.lifecycle_now()) * 1000000)::bigint")) -
                  10LL * 86400 * 1000000;
    r = scan_rig_scan(f->conn, (struct scan_options){ .as_of_us = ago, .accept_gap = true });
    assert_int_equal(SCAN_DONE, r.state);
    r = scan_rig_scan(f->conn, (struct scan_options){ 0 });
    assert_int_equal(SCAN_DONE, r.state);
}

static void the_brake_lets_nothing_be_shut_down_unseen(void **state)
{
    struct scan_rig *f = *state;
    struct scan_report r;

    scan_rig_subscriptions(f, 60, 1, "UTC");
    sql_run(f->admin, "update public.subscription set state = 'grace', shutdown_due_at = public.lifecycle_now() - interval "
            "'1 hour', final_notice_at = public.lifecycle_now() - interval '2 days', windows_done = -1 & ~(1 << 11)");
    r = scan_rig_scan(f->conn, (struct scan_options){ 0 });
    assert_int_equal(SCAN_NEEDS_APPROVAL, r.state);
    assert_int_equal(60, r.held_back);
    assert_int_equal(60, scan_rig_count(f, "public.subscription where state = 'grace'"));
    r = scan_rig_scan(f->conn, (struct scan_options){ .release_brake = true });
    assert_int_equal(SCAN_DONE, r.state);
    assert_int_equal(60, scan_rig_count(f, "public.subscription where state = 'shutdown'"));
}

/* Each way to be stopped counts, also where nobody has said until when; what is due and stops nobody is done. */
static void the_brake_counts_every_way_to_be_stopped(void **state)
{
    struct scan_rig *f = *state;
    struct scan_report r;

    scan_rig_subscriptions(f, 70, 6, "UTC");
    sql_run(f->admin, "with n as (select id, row_number() over (order by id) as i from public.subscription) update public.subscription s "
            "set state = case when n.i <= 40 then 'grace' else 'active' end, cancel_at_period_end = n.i between 41 and 60, "
            "paid_until_at = case when n.i <= 60 then public.lifecycle_now() - interval '9 days' else s.paid_until_at end, "
            "shutdown_due_at = case when n.i <= 20 then public.lifecycle_now() end, "
            "final_notice_at = case when n.i <= 40 then public.lifecycle_now() - interval '2 days' end from n where n.id = s.id");
    r = scan_rig_scan(f->conn, (struct scan_options){ 0 });
    assert_int_equal(SCAN_NEEDS_APPROVAL, r.state);
    assert_int_equal(60, r.held_back);
    assert_int_equal(10, scan_rig_count(f, "public.lifecycle_action where window_code = 'T-7' and status = 'done'"));
    assert_int_equal(0, scan_rig_count(f, "public.subscription where state in ('shutdown', 'cancelled')"));
    r = scan_rig_scan(f->conn, (struct scan_options){ .release_brake = true });
    assert_int_equal(SCAN_DONE, r.state);
    assert_int_equal(40, scan_rig_count(f, "public.subscription where state = 'shutdown'"));
    assert_int_equal(20, scan_rig_count(f, "public.subscription where state = 'cancelled'"));
}

/* As many as are allowed are shut down, one more is not: the larger of a number and a part of all that is live. */
static void the_brake_holds_from_one_too_many_on(void **state)
{
    static const struct {
        int live, allowed;
    } cases[] = { { 40, 5 }, { 100, 10 } };
    struct scan_rig *f = *state;

    sql_run(f->admin, "update public.platform_setting set value = '{\"least\": 5, \"percent\": 10}' where key = 'brake'");
    for (int i = 0; i < 4; i++) {
        int due = cases[i / 2].allowed + i % 2;

        scan_rig_subscriptions(f, cases[i / 2].live, 1, "UTC");
        sql_run(f->admin, "update public.subscription set next_action_at = null; update public.subscription set state = 'grace', shutdown_due_at "
                "= public.lifecycle_now() - interval '1 hour', final_notice_at = public.lifecycle_now() - interval '2 days', windows_done = -1 & "
                "~(1 << 11), next_action_at = now() where id in (select id from public.subscription limit %d)", due);
        struct scan_report r = scan_rig_scan(f->conn, (struct scan_options){ 0 });
        assert_int_equal(i % 2 ? SCAN_NEEDS_APPROVAL : SCAN_DONE, r.state);
        assert_int_equal(i % 2 ? 0 : due, scan_rig_count(f, "public.subscription where state = 'shutdown'"));
    }
    sql_run(f->admin, "update public.platform_setting set value = '{\"least\": 50, \"percent\": 2}' where key = 'brake'");
}

#define SET_ASIDE "public.finance_task where kind = 'subscription_set_aside'"

static void a_guilty_row_stands_aside_and_the_others_go_on(void **state)
{
    struct scan_rig *f = *state;
    struct scan_report r;

    scan_rig_subscriptions(f, 50, 12, "UTC");
    sql_run(f->admin, "update public.subscription set tz = 'Mars/Phobos' where id = (select id from public.subscription "
            "order by id offset 20 limit 1)");
    for (int i = 0; i < 6; i++) {
        r = scan_rig_scan(f->conn, (struct scan_options){ .batch = 16, .accept_gap = true });
        assert_int_equal(i < 5, r.failed);
        if (i == 0)
            assert_int_equal(49, scan_rig_count(f, "public.lifecycle_action where action = 'remind' and status = 'done'"));
        scan_rig_advance(f, "10 minutes");
    }
    assert_int_equal(1, scan_rig_count(f, "public.subscription where quarantined_at is not null"));
    assert_int_equal(1, scan_rig_count(f, SET_ASIDE " and done_at is null and detail ->> 'problem' like '%zone is not known%'"));
    /* … until somebody has mended it; if he only believes so, it is a task again. */
    const char *id = sql_value(&f->arena, f->admin, "select id from public.subscription where quarantined_at is not null");
    for (int good = 0; good < 2; good++) {
        sql_run(f->admin, "update public.subscription set tz = '%s' where id = '%s'", good ? "UTC" : "Mars/Deimos", id);
        sql_run(f->admin, "select public.subscription_retry('%s', null)", id);
        assert_int_equal(1, scan_rig_count(f, SET_ASIDE " and outcome = 'tried again'"));
        for (int i = 0; i < 6; i++) {
            scan_rig_scan(f->conn, (struct scan_options){ .accept_gap = true });
            scan_rig_advance(f, "10 minutes");
        }
        assert_int_equal(!good, scan_rig_count(f, SET_ASIDE " and done_at is null"));
    }
    assert_int_equal(50, scan_rig_count(f, "public.lifecycle_action where action = 'remind' and status = 'done'"));
    assert_string_equal("GV000", sql_state(&f->arena, f->admin, "select public.subscription_retry('%s', null)", id));
}

/* What somebody holds for longer than a scan waits is due the next time as well, without a mark against it. */
static void a_row_that_is_held_is_not_guilty(void **state)
{
    struct scan_rig *f = *state;
    struct scan_report r;
    PGconn *other = pg_server_connect(&f->server, &f->arena, "postgres");

    scan_rig_subscriptions(f, 3, 12, "UTC");
    sql_run(other, "begin");
    sql_run(other, "insert into public.lifecycle_action (subscription_id, period_no, action, window_code, status, due_at, as_of, as_of_date) "
            "select s.id, 1, 'remind', 'T-15', 'done', now(), now(), current_date from public.subscription s join public.customer c on c.id = "
            "s.customer_id where c.name = 'c2'");
    r = scan_rig_scan(f->conn, (struct scan_options){ .accept_gap = true });
    int due = scan_rig_count(f, "public.subscription s join public.customer c on c.id = s.customer_id where c.name = 'c2' and s.fail_count = 0 "
                             "and s.quarantined_at is null and s.version = 1 and s.next_action_at <= public.lifecycle_now()");
    sql_run(other, "rollback");
    assert_int_equal(0, r.failed);
    assert_int_equal(2, r.counts.reminders);
    assert_int_equal(1, due);
    r = scan_rig_scan(f->conn, (struct scan_options){ .accept_gap = true });
    assert_int_equal(1, r.counts.reminders);
    assert_int_equal(3, scan_rig_count(f, "public.subscription where version = 2 and fail_count = 0"));
}

/* Let go on within its period, it comes to its end a second time with the same keys: a person is asked again, once. */
static void an_end_that_comes_again_is_proposed_again(void **state)
{
    static const char open[] = "public.finance_task where kind = 'termination_proposed' and done_at is null";
    struct scan_rig *f = *state;

    scan_rig_subscriptions(f, 1, -150, "UTC");
    sql_run(f->admin, "update public.subscription set state = 'shutdown', state_entered_at = now() - interval '100 days', "
            "termination_notice_at = now() - interval '8 days', windows_done = -1");
    for (int end = 0; end < 2; end++) {
        sql_run(f->admin, "update public.subscription set windows_done = windows_done & ~(1 << 14), next_action_at = now()");
        scan_rig_scan(f->conn, (struct scan_options){ .accept_gap = true });
        assert_int_equal(1, scan_rig_count(f, open));
        sql_run(f->admin, "update public.finance_task set done_at = now(), outcome = 'not yet'");
        sql_run(f->admin, "update public.subscription set next_action_at = now()");
        scan_rig_scan(f->conn, (struct scan_options){ .accept_gap = true });
        assert_int_equal(0, scan_rig_count(f, open));
    }
    assert_int_equal(1, scan_rig_count(f, "public.lifecycle_action where action = 'propose'"));
}

struct seen {
    PGconn *into; /* public.seen, where there is one */
    int lines, put_off;
    char first[40];
};

static bool line(void *self, const struct preview_line *l)
{
    struct seen *s = self;

    if (s->lines++ == 0)
        snprintf(s->first, sizeof s->first, "%s", l->subscription);
    s->put_off += strcmp(l->action, "put_off") == 0;
    if (s->into)
        sql_run(s->into, "insert into public.seen values ('%s', %d, '%s', '%s', '%s', timestamptz 'epoch' + %lld * interval "
                "'1 microsecond')", l->subscription, l->period_no, l->action, l->window, l->status, (long long)l->due_us);
    return true;
}

static void a_dry_run_says_what_the_run_does_and_writes_nothing(void **state)
{
    struct scan_rig *f = *state;
    struct preview a, b, c;
    struct seen seen = { .into = f->admin };
    struct gov_err err;
    struct preview_options look = { .line = line, .self = &seen };

    scan_rig_subscriptions(f, 70, 3, "Europe/Berlin");
    sql_run(f->admin, "create table public.seen (id uuid, period integer, action text, win text, status text, due timestamptz)");
    assert_true(preview_run(f->conn, &look, &a, &err));
    assert_int_equal(0, scan_rig_count(f, "public.lifecycle_action"));
    assert_int_equal(a.lines, seen.lines);
    look.as_of_us = a.as_of_us;
    look.line = NULL;
    assert_true(preview_run(f->conn, &look, &b, &err));
    assert_string_equal(a.digest, b.digest);
    struct scan_report r = scan_rig_scan(f->conn, (struct scan_options){ .as_of_us = a.as_of_us });
    assert_memory_equal(&a.counts, &r.counts, sizeof r.counts);
    assert_int_equal(a.lines, scan_rig_count(f, "public.lifecycle_action"));
    /* I10: the same actions, not only as many */
    static const char did[] = "select subscription_id, period_no, action, window_code, status, due_at from public.lifecycle_action";
    assert_int_equal(0, scan_rig_count(f, arena_format(&f->arena, "((table public.seen except %s) union all (%s except table public.seen)) x",
                                                       did, did)));
    sql_run(f->admin, "drop table public.seen");
    assert_true(preview_run(f->conn, &look, &c, &err));
    assert_string_not_equal(a.digest, c.digest);
    assert_int_equal(0, c.lines);
    look.as_of_us = a.as_of_us + 30LL * 86400 * 1000000; /* the future may be looked at */
    assert_true(preview_run(f->conn, &look, &c, &err));
    assert_int_equal(70, c.counts.graces);
}

/* Nobody knows what would have become of it: that is said, and a digest in which it could be read is another one. */
static void a_dry_run_shows_what_cannot_be_read(void **state)
{
    struct scan_rig *f = *state;
    struct preview good, bad, filtered;
    struct seen seen = { 0 };
    struct gov_err err;
    struct preview_options look = { .line = line, .self = &seen };

    scan_rig_subscriptions(f, 7, 3, "Europe/Berlin");
    assert_true(preview_run(f->conn, &look, &good, &err));
    assert_int_equal(0, good.unreadable);
    sql_run(f->admin, "update public.subscription set tz = 'Mars/Phobos' where id = (select id from public.subscription order by id "
            "offset 3 limit 1)");
    look.as_of_us = good.as_of_us;
    seen = (struct seen){ 0 };
    assert_true(preview_run(f->conn, &look, &bad, &err));
    assert_int_equal(1, bad.unreadable);
    assert_int_equal(1, seen.put_off);
    assert_int_equal(bad.lines, seen.lines);
    assert_int_equal(6, bad.counts.rows);
    assert_string_not_equal(good.digest, bad.digest);
    /* gone altogether, it is a third one */
    sql_run(f->admin, "update public.subscription set quarantined_at = now() where tz = 'Mars/Phobos'");
    assert_true(preview_run(f->conn, &look, &good, &err));
    assert_int_equal(0, good.unreadable);
    assert_string_not_equal(good.digest, bad.digest);
    sql_run(f->admin, "update public.subscription set quarantined_at = null");
    look.action = "shutdown";
    seen = (struct seen){ 0 };
    assert_true(preview_run(f->conn, &look, &filtered, &err));
    assert_int_equal(1, seen.put_off);
    /* the scan puts off as many */
    struct scan_report r = scan_rig_scan(f->conn, (struct scan_options){ .as_of_us = bad.as_of_us });
    assert_int_equal(bad.unreadable, r.failed);
    assert_memory_equal(&bad.counts, &r.counts, sizeof r.counts);
}

/* A row of scan_run takes each of the names. */
static void one_that_is_broken_off_is_called_stopped(void **state)
{
    struct scan_rig *f = *state;
    struct gov_err err = { 0 };
    const bool stop = true;

    scan_rig_subscriptions(f, 3, -1, "UTC");
    struct scan_report r = scan_rig_scan(f->conn, (struct scan_options){ .stop = &stop });
    assert_int_equal(SCAN_STOPPED, r.state);
    assert_string_equal("stopped", scan_state_name(r.state));
    sql_run(f->admin, "delete from public.scan_run");
    for (enum scan_state s = SCAN_DONE; s <= SCAN_STOPPED; s++) {
        const char *params[] = { id_new().text, "tick", "0", scan_state_name(s), "{}", NULL, "" };
        if (!dbsync_query(&f->arena, f->conn, sql_queries[SQL_QUERIES_SCAN_RUN_INSERT].text, 7, params, &err))
            fail_msg("%s: %s", scan_state_name(s), err.cause);
    }
    assert_string_equal("done, needs_approval, refused, stopped",
                        sql_value(&f->arena, f->admin, "select string_agg(state, ', ' order by state) from public.scan_run"));
    sql_run(f->admin, "delete from public.scan_run");
}

/* Scans that did not run, that were kept from something, and what they put aside; nothing of it where all is well. */
static void the_digest_says_what_scans_did_not_do(void **state)
{
    struct scan_rig *f = *state;
    static const char digest[] = "select concat_ws(' ', 'last', (d ->> 'last_scan' = public.utc_text(c.last_at)), 'ever', d ->> 'scans_ever', "
                                 "'stopped', d ->> 'scans_stopped', 'aside', d ->> 'set_aside') from public.scan_clock c, "
                                 "public.finance_digest_make((public.lifecycle_now() at time zone 'UTC')::date, 'UTC') d";

    scan_rig_subscriptions(f, 3, 60, "UTC");
    sql_run(f->admin, "delete from public.scan_run");
    assert_string_equal("last ever 0 stopped aside", sql_value(&f->arena, f->admin, digest));
    sql_run(f->admin, "update public.scan_clock set last_at = public.lifecycle_now() - interval '14 minutes'");
    assert_string_equal("last ever stopped aside", sql_value(&f->arena, f->admin, digest));
    sql_run(f->admin, "update public.scan_clock set last_at = public.lifecycle_now() - interval '16 minutes'; "
            "update public.subscription set quarantined_at = now() where id in (select id from public.subscription limit 2); "
            "insert into public.scan_run (id, kind, as_of, state, started_at) select gen_random_uuid(), 'tick', now(), s, public.lifecycle_now() "
            "from unnest(array['done', 'needs_approval', 'refused', 'failed', 'stopped']) s");
    /* One that a daemon's end broke off is no matter of finance: the next one does the rest. */
    assert_string_equal("last t ever stopped 3 aside 2", sql_value(&f->arena, f->admin, digest));
    sql_run(f->admin, "delete from public.scan_run");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_outage_is_caught_up_with_notice),
        cmocka_unit_test(one_late_scan_is_like_daily_ones_but_for_what_it_leaves_out),
        cmocka_unit_test(a_clock_that_went_back_stops_the_scan),
        cmocka_unit_test(a_clock_that_was_far_ahead_does_not_hold_scans_up_until_then),
        cmocka_unit_test(a_jump_is_refused_and_an_accepted_gap_is_over),
        cmocka_unit_test(the_brake_lets_nothing_be_shut_down_unseen),
        cmocka_unit_test(the_brake_counts_every_way_to_be_stopped),
        cmocka_unit_test(the_brake_holds_from_one_too_many_on),
        cmocka_unit_test(a_guilty_row_stands_aside_and_the_others_go_on),
        cmocka_unit_test(a_row_that_is_held_is_not_guilty),
        cmocka_unit_test(an_end_that_comes_again_is_proposed_again),
        cmocka_unit_test(a_dry_run_says_what_the_run_does_and_writes_nothing),
        cmocka_unit_test(a_dry_run_shows_what_cannot_be_read),
        cmocka_unit_test(one_that_is_broken_off_is_called_stopped),
        cmocka_unit_test(the_digest_says_what_scans_did_not_do),
    };
    return cmocka_run_group_tests(tests, scan_rig_setup, scan_rig_teardown);
}
