/* order_time_test.c - what time does to orders, with some that fail each time: nobody waits behind them. */
#include "tests/lib/test.h"

#include <stdio.h>
#include <string.h>

#include "core/store/scan/order_time.h"
#include "tests/lib/money_rig.h"
#include "tests/lib/sql.h"

enum { BATCH = 3, STUCK = 7 };

/* Every fact of an order that `which` names is refused: its transitions fail, whatever they are. */
static int setup(void **state)
{
    money_rig_setup(state);
    struct money_rig *f = *state;

    sql_run(f->admin, "update public.scan_clock set test_allowed = true");
    sql_run(f->admin, "create table public.stuck (id uuid primary key)");
    sql_run(f->admin, "create function public.stuck_check() returns trigger language plpgsql security definer as $$ begin if exists (select "
            "from public.stuck s join public.orders o on s.id in (o.id, o.subscription_id) where o.id = new.order_id) then raise exception "
            "'it is stuck'; end if; return new; end $$");
    sql_run(f->admin, "create trigger stuck_check before insert on public.order_event for each row execute function public.stuck_check()");
    return 0;
}

static void draft(struct money_rig *f, struct bought *b, const char *publish_at)
{
    money_rig_customer(f, b);
    sql_run(f->admin, "select public.order_create('%s', 'new', '%s', '%s', null, '%s', 1, true, 29900, 1692, '{}', '{}', now() + "
            "interval '300 days', null, null, null)", b->order.text, b->customer.text, b->subscription.text,
            money_rig_edition(f, "team-monthly"));
    sql_run(f->admin, "update public.orders set publish_at = %s where id = '%s'", publish_at, b->order.text);
}

struct activated {
    int count;
    char order[40];
};

static bool activate(void *self, const char *order)
{
    struct activated *a = self;

    a->count++;
    snprintf(a->order, sizeof a->order, "%s", order);
    return true;
}

static struct order_times run(struct money_rig *f, struct activated *activated)
{
    struct order_times times;
    struct gov_err err = { 0 };

    *activated = (struct activated){ 0 };
    if (!order_time_run(f->lifecycle, BATCH, true, activate, activated, &times, &err))
        fail_msg("%s %s", err.en, err.cause);
    return times;
}

static void advance(struct money_rig *f, const char *by)
{
    sql_run(f->lifecycle, "select public.test_clock_advance('%s')", by);
}

static void orders_that_fail_stand_in_nobodys_way(void **state)
{
    struct money_rig *f = *state;
    struct bought stuck[STUCK], good, paid, old;
    struct activated activated;
    struct order_times times;

    for (int i = 0; i < STUCK; i++) {
        draft(f, &stuck[i], "public.lifecycle_now() - interval '1 day'");
        sql_run(f->admin, "insert into public.stuck values ('%s')", stuck[i].order.text);
    }
    draft(f, &good, "public.lifecycle_now() - interval '1 hour'");
    draft(f, &old, "null");
    sql_run(f->admin, "update public.orders set expires_at = public.lifecycle_now() - interval '1 minute' where id = '%s'", old.order.text);
    draft(f, &paid, "null");
    sql_run(f->admin, "update public.orders set state = 'activating', attempt_at = public.lifecycle_now() - interval '1 minute' "
            "where id = '%s'", paid.order.text);

    /* whoever has paid, and what only has to end, are seen at once */
    times = run(f, &activated);
    assert_int_equal(BATCH, times.failed);
    assert_int_equal(1, times.expired);
    assert_int_equal(1, activated.count);
    assert_string_equal(paid.order.text, activated.order);
    /* and the next drafts have their turn while the first are put off */
    run(f, &activated);
    times = run(f, &activated);
    assert_int_equal(STUCK - 2 * BATCH, times.failed);
    assert_int_equal(1, times.published);
    assert_string_equal("pending_payment", money_rig_order_state(f, good.order));
    times = run(f, &activated);
    assert_int_equal(0, times.failed); /* not each time */
    for (int i = 0; i < 8; i++) {
        advance(f, "31 minutes");
        run(f, &activated);
    }
    assert_string_equal("7", sql_value(&f->arena, f->admin, "select count(*) from public.finance_task where kind = 'order_time_failed' "
                                        "and done_at is null and detail ->> 'problem' like '%%stuck%%'"));
    /* what was wrong is mended: it goes on by itself */
    sql_run(f->admin, "delete from public.stuck");
    advance(f, "2 hours");
    for (int i = 0; i < 3; i++)
        run(f, &activated);
    assert_string_equal("pending_payment", money_rig_order_state(f, stuck[0].order));
    assert_string_equal("0 0", sql_value(&f->arena, f->admin, "select (select count(*) from public.finance_task where kind = "
                                         "'order_time_failed' and done_at is null) || ' ' || (select count(*) from "
                                         "public.order_retry)"));
}

/* What somebody holds for longer than two seconds is due the next time as well, and nothing is counted against it. */
static void an_order_that_is_held_is_not_put_off(void **state)
{
    struct money_rig *f = *state;
    struct bought held;
    struct activated activated;
    struct order_times times;
    PGconn *other = pg_server_connect(&f->server, &f->arena, "postgres");

    draft(f, &held, "public.lifecycle_now() - interval '1 year'");
    sql_run(other, "begin");
    sql_run(other, "select from public.orders where id = '%s' for update", held.order.text);
    times = run(f, &activated);
    const char *held_state = money_rig_order_state(f, held.order);
    sql_run(other, "rollback");
    assert_int_equal(0, times.failed);
    assert_string_equal("draft", held_state);
    assert_string_equal("0", sql_value(&f->arena, f->admin, "select count(*) from public.order_retry where order_id = '%s'", held.order.text));
    run(f, &activated);
    assert_string_equal("pending_payment", money_rig_order_state(f, held.order));
}

static void a_paid_order_that_fails_unheard_is_put_behind_the_others(void **state)
{
    struct money_rig *f = *state;
    struct activated activated;
    struct bought paid;

    draft(f, &paid, "null");
    sql_run(f->admin, "update public.orders set state = 'activating', attempt_at = public.lifecycle_now() - interval '1 minute' "
            "where id = '%s'", paid.order.text);
    sql_run(f->admin, "update public.orders set attempt_at = null where id <> '%s'", paid.order.text);
    for (int i = 0; i < 3; i++) {
        run(f, &activated);
        assert_int_equal(1, activated.count);
        sql_run(f->lifecycle, "select public.order_time_failed('%s', 'activate', 'no schema')", paid.order.text);
        run(f, &activated);
        assert_int_equal(0, activated.count);
        advance(f, "31 minutes");
    }
    assert_string_equal("no schema", sql_value(&f->arena, f->admin, "select detail ->> 'problem' from public.finance_task where kind = "
                                               "'order_time_failed' and ref = '%s' and done_at is null", paid.order.text));
}

static void renewals_that_cannot_be_drafted_stand_in_nobodys_way(void **state)
{
    struct money_rig *f = *state;
    struct activated activated;
    struct bought b;

    for (int i = 0; i <= STUCK; i++) { /* ids grow: the last is the one that can be */
        money_rig_customer(f, &b);
        sql_run(f->admin, "update public.subscription set state = 'active', anchor_date = current_date, anchor_no = 1, period_no = 1, paid_from_at = now(), paid_until_date = current_date + 20, paid_until_at = now() + "
                "interval '20 days' where id = '%s'", b.subscription.text);
        sql_run(f->admin, "insert into public.lifecycle_action (subscription_id, period_no, action, window_code, status, due_at, as_of, "
                "as_of_date, done_at) values ('%s', 1, 'prefill', 'PREFILL', 'done', now(), now(), current_date, public.lifecycle_now())",
                b.subscription.text);
        if (i < STUCK)
            sql_run(f->admin, "insert into public.stuck values ('%s')", b.subscription.text);
    }
    struct order_times times = run(f, &activated);
    assert_int_equal(STUCK, times.failed);
    assert_int_equal(1, times.drafted);
    assert_string_equal("1", sql_value(&f->arena, f->admin, "select count(*) from public.orders where subscription_id = '%s' and state = "
                                       "'draft'", b.subscription.text));
}

/* Between the reading of a page and its drafts other transactions end: what they chose, or paid, is not drafted over. */
static void what_changed_since_it_was_read_is_not_drafted(void **state)
{
    struct money_rig *f = *state;
    struct activated activated;
    struct bought first, chosen, paid, same;
    struct bought *all[] = { &first, &chosen, &paid, &same };

    sql_run(f->admin, "update public.subscription set state = 'shutdown'"); /* those of before */
    for (int i = 0; i < 4; i++) {
        money_rig_customer(f, all[i]);
        sql_run(f->admin, "update public.subscription set state = 'active', anchor_date = current_date, anchor_no = 1, period_no = 1, "
                "paid_from_at = now(), paid_until_date = current_date + 20, paid_until_at = now() + interval '20 days' where id = '%s'",
                all[i]->subscription.text);
        sql_run(f->admin, "insert into public.lifecycle_action (subscription_id, period_no, action, window_code, status, due_at, as_of, "
                "as_of_date, done_at) values ('%s', 1, 'prefill', 'PREFILL', 'done', now(), now(), current_date, public.lifecycle_now())",
                all[i]->subscription.text);
    }
    sql_run(f->admin, "create function public.meanwhile() returns trigger language plpgsql security definer as $$ begin update "
            "public.subscription set next_edition_version = '%s' where id = '%s'; update public.subscription set period_no = 2 where id = "
            "'%s'; return new; end $$", money_rig_edition(f, "team-yearly"), chosen.subscription.text, paid.subscription.text);
    sql_run(f->admin, "create trigger meanwhile before insert on public.order_event for each row when (new.order_id is not null and "
            "new.event = 'drafted') execute function public.meanwhile()");
    struct order_times times = run(f, &activated);
    sql_run(f->admin, "drop trigger meanwhile on public.order_event; drop function public.meanwhile()");
    assert_int_equal(0, times.failed);
    const char *drafts = "select string_agg(e.edition || ' ' || o.period_no, ',') from public.orders o join public.edition_version e on e.id = "
                         "o.edition_version where o.subscription_id = '%s'";
    assert_string_equal("team-monthly 2", sql_value(&f->arena, f->admin, drafts, first.subscription.text));
    assert_string_equal("team-monthly 2", sql_value(&f->arena, f->admin, drafts, same.subscription.text));
    assert_null(sql_value(&f->arena, f->admin, drafts, chosen.subscription.text));
    assert_null(sql_value(&f->arena, f->admin, drafts, paid.subscription.text));
    /* The next look finds what was chosen; the next period's time has not come. */
    run(f, &activated);
    assert_string_equal("team-yearly 2", sql_value(&f->arena, f->admin, drafts, chosen.subscription.text));
    assert_null(sql_value(&f->arena, f->admin, drafts, paid.subscription.text));
}

/* --- what left sale --- */

/* Version `ver` of an edition of this price, sold until so many days from now; NULL: without an end. */
static struct id version(struct money_rig *f, int ver, int price, const char *to)
{
    struct id id = id_new();

    sql_run(f->admin, "insert into public.edition (code, kind, title) values ('moved', 'team', '{}') on conflict do nothing");
    sql_run(f->admin, "insert into public.edition_version (id, edition, ver, interval_unit, interval_count, price_minor, currency, tax_bp, "
            "tax_inclusive, sold_from, sold_to) values ('%s', 'moved', %d, 'month', 1, %d, 'CNY', 600, false, now() - interval '9 days', "
            "now() + %s * interval '1 day')", id.text, ver, price, to ? to : "null");
    return id;
}

/* A customer of `version` whose period ends in so many days, and its renewal's draft of CNY 106.00. */
static void renewing(struct money_rig *f, struct bought *b, struct id version, int days)
{
    money_rig_customer(f, b);
    sql_run(f->admin, "update public.subscription set state = 'active', edition_version = '%s', period_no = 1, anchor_date = current_date, "
            "anchor_no = 1, paid_from_at = now() - interval '30 days', paid_until_date = current_date + %d, paid_until_at = "
            "public.lifecycle_now() + interval '%d days' where id = '%s'", version.text, days, days, b->subscription.text);
    sql_run(f->lifecycle, "select public.order_draft('%s', '%s', '%s', '%s', 10600, 600, '{\"total_minor\": 10600}', 0)", b->order.text,
            b->customer.text, b->subscription.text, version.text);
}

static const char *renewals(struct money_rig *f, const struct bought *b)
{
    return sql_value(&f->arena, f->admin, "select string_agg(o.state || ' ' || o.amount_minor || ' ' || o.tax_minor || ' v' || v.ver, ', ' "
                     "order by o.created_at, o.id) from public.orders o join public.edition_version v on v.id = o.edition_version where "
                     "o.subscription_id = '%s'", b->subscription.text);
}

static const char *told(struct money_rig *f, const struct bought *b)
{
    return sql_value(&f->arena, f->admin, "select count(*) || coalesce(' ' || min((payload ->> 'former_minor') || ' ' || (payload ->> "
                     "'amount_minor')), '') from public.outbox where event = 'subscription.repriced' and subscription_id = '%s'",
                     b->subscription.text);
}

static const char *owed(struct money_rig *f, const struct bought *b)
{
    return sql_value(&f->arena, f->admin, "select coalesce(sum(amount_minor), 0) from public.ledger_entry where account = 'AR:%s'",
                     b->customer.text);
}

static void a_renewal_is_asked_for_at_the_price_that_took_its_place(void **state)
{
    struct money_rig *f = *state;
    struct activated activated;
    struct bought draft, early, late, paying, alone;
    struct id old = version(f, 1, 10000, NULL), sold;

    sql_run(f->admin, "delete from public.stuck");
    sql_run(f->admin, "update public.orders set publish_at = null, expires_at = now() + interval '900 days', attempt_at = null");
    renewing(f, &early, old, 5);
    renewing(f, &late, old, 5);
    renewing(f, &paying, old, 5);
    run(f, &activated);
    sql_run(f->admin, "insert into public.payment (id, provider, provider_txn, amount_minor, currency, method, claimed_order, received_at, "
            "recorded_at) values (gen_random_uuid(), 'bank', 'T-1', 1, 'CNY', 'bank', '%s', now(), now())", paying.order.text);
    sql_run(f->admin, "update public.edition_version set sold_to = public.lifecycle_now() where id = '%s'", old.text);
    renewing(f, &alone, old, -1);
    run(f, &activated);
    assert_string_equal("pending_payment 10600 600 v1", renewals(f, &alone)); /* nothing took its place yet */
    sold = version(f, 2, 20000, NULL);
    assert_string_equal(sold.text, sql_value(&f->arena, f->admin, "select public.renewal_version('%s')", old.text));
    renewing(f, &draft, old, 5);
    sql_run(f->admin, "update public.subscription set paid_until_at = public.lifecycle_now() where id in ('%s', '%s')",
            late.subscription.text, paying.subscription.text);
    sql_run(f->admin, "update public.orders set expires_at = public.lifecycle_now() + interval '97 days' where id in ('%s', '%s')",
            late.order.text, paying.order.text);

    struct order_times times = run(f, &activated);
    assert_int_equal(0, times.failed);
    assert_int_equal(2, times.repriced);
    /* A draft, before anybody was asked for its money. */
    assert_string_equal("pending_payment 21200 1200 v2", renewals(f, &draft));
    assert_string_equal("1 10600 21200", told(f, &draft));
    assert_string_equal("21200", owed(f, &draft));
    /* Who may still pay in time pays what he was asked for, and whose money is looked at, too. */
    assert_string_equal("pending_payment 10600 600 v1", renewals(f, &early));
    assert_string_equal("pending_payment 10600 600 v1", renewals(f, &paying));
    assert_string_equal("0", told(f, &early));
    /* Who did not is asked anew, under another number, as long as before. */
    assert_string_equal("cancelled 10600 600 v1, pending_payment 21200 1200 v2", renewals(f, &late));
    assert_string_equal("1 10600 21200", told(f, &late));
    assert_string_equal("21200", owed(f, &late));
    assert_string_equal("t", sql_value(&f->arena, f->admin, "select count(distinct expires_at) = 1 from public.orders where subscription_id "
                                       "= '%s'", late.subscription.text));
    times = run(f, &activated);
    assert_int_equal(0, times.repriced + times.failed);
    assert_string_equal("1 10600 21200", told(f, &late));
}

/* What a renewal's order becomes whose time is over while its subscription is as `set` says. */
static const char *at_its_end(struct money_rig *f, struct id version, const char *set)
{
    struct activated activated;
    struct bought b;

    renewing(f, &b, version, 5);
    run(f, &activated);
    sql_run(f->admin, "update public.subscription set %s where id = '%s'", set, b.subscription.text);
    sql_run(f->admin, "update public.orders set expires_at = public.lifecycle_now() - interval '1 hour' where id = '%s'", b.order.text);
    run(f, &activated);
    return sql_value(&f->arena, f->admin, "select state || case when state = 'expired' then '' else ' ' || round(extract(epoch from expires_at - "
                     "public.lifecycle_now()) / 86400) || ' ' || (select count(*) from public.platform_audit where subject = o.id::text and "
                     "action = 'order.payable_longer') end from public.orders o where id = '%s'", b.order.text);
}

/* 7 days of grace, 90 of retention. */
static void a_renewal_can_be_paid_as_long_as_its_tenant_can_come_back(void **state)
{
    struct money_rig *f = *state;
    struct id team = { 0 };

    sql_run(f->admin, "delete from public.stuck");
    sql_run(f->admin, "update public.orders set publish_at = null, expires_at = now() + interval '900 days', attempt_at = null");
    snprintf(team.text, sizeof team.text, "%s", money_rig_edition(f, "team-monthly"));
    assert_string_equal("pending_payment 102 1", at_its_end(f, team, "state = 'active'"));
    assert_string_equal("pending_payment 120 1", at_its_end(f, team, "hold_until = public.lifecycle_now() + interval '30 days'"));
    assert_string_equal("pending_payment 93 1", at_its_end(f, team, "state = 'grace', shutdown_due_at = public.lifecycle_now() + interval "
                                                           "'3 days', paid_until_at = public.lifecycle_now() - interval '20 days'"));
    assert_string_equal("pending_payment 80 1", at_its_end(f, team, "state = 'shutdown', state_entered_at = public.lifecycle_now() - "
                                                           "interval '10 days'"));
    assert_string_equal("expired", at_its_end(f, team, "state = 'shutdown', state_entered_at = public.lifecycle_now() - interval '90 days'"));
    assert_string_equal("expired", at_its_end(f, team, "state = 'terminated', state_entered_at = public.lifecycle_now()"));
    assert_string_equal("expired", at_its_end(f, team, "period_no = 2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders_that_fail_stand_in_nobodys_way),
        cmocka_unit_test(an_order_that_is_held_is_not_put_off),
        cmocka_unit_test(a_paid_order_that_fails_unheard_is_put_behind_the_others),
        cmocka_unit_test(renewals_that_cannot_be_drafted_stand_in_nobodys_way),
        cmocka_unit_test(what_changed_since_it_was_read_is_not_drafted),
        cmocka_unit_test(a_renewal_is_asked_for_at_the_price_that_took_its_place),
        cmocka_unit_test(a_renewal_can_be_paid_as_long_as_its_tenant_can_come_back),
    };
    return cmocka_run_group_tests(tests, setup, money_rig_teardown);
}
