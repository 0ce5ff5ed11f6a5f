/* reminder_test.c - what customers are told of their subscriptions, when, and what is not sent any more. */
#include "tests/lib/test.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/io/db/dbsync.h"
#include "core/model/money.h"
#include "core/model/notice.h"
#include "core/store/scan/order_time.h"
#include "sql_queries.h"
#include "tests/lib/scan_rig.h"
#include "tests/lib/sql.h"

/* What orders do by time: drafts of renewals, and their publishing. */
static void orders_go_on(struct scan_rig *f)
{
    struct order_times times;
    struct gov_err err = { 0 };

    assert_true(order_time_run(f->conn, 100, true, NULL, NULL, &times, &err));
    assert_int_equal(0, times.failed);
}

struct letters {
    int sent, with_number;
    bool first_has_number;
};

/* Everything that would leave now, worded in both languages from the row as it is. */
static void letters_leave(struct scan_rig *f, struct letters *letters)
{
    const char *params[] = { "100", "{}" };
    struct gov_err err = { 0 };
    PGresult *rows = dbsync_query(&f->arena, f->conn, sql_queries[SQL_QUERIES_OUTBOX_CLAIM].text, 2, params, &err);

    assert_non_null(rows);
    for (int i = 0; i < PQntuples(rows); i++) {
        const char *event = PQgetvalue(rows, i, 3);
        json_t *payload = json_own(&f->arena, json_loads(PQgetvalue(rows, i, 8), 0, NULL));
        const char *number = json_get_text(payload, "order_no");

        assert_non_null(payload);
        for (int language = 0; language < 2; language++) {
            struct notice notice;
            if (!notice_render(event, language ? "zh-CN" : "en", payload, PQgetvalue(rows, i, 11), &f->arena, &notice, &err))
                fail_msg("%s: %s", event, err.en);
            assert_null(strpbrk(notice.text, "{}[]"));
            assert_non_null(strstr(notice.subject, "c1"));
            if (strcmp(event, "subscription.cancel") != 0)
                assert_true(!number || strstr(notice.text, number));
            const char *window = json_get_text(payload, "window");
            if (!language && text_starts(event, "subscription.") && (!window || strcmp(window, "R-7") != 0))
                assert_non_null(strstr(notice.text, "runs and schedules"));
        }
        letters->first_has_number |= letters->sent == 0 && number;
        const char *path = json_get_text(payload, "path");
        letters->with_number += number && path && text_starts(path, "/v1/orders/");
        letters->sent++;
    }
    sql_run(f->admin, "update public.outbox set state = 'sent', ended_at = now() where state = 'sending'");
}

static void a_year_ends_as_the_page_says(void **state)
{
    struct scan_rig *f = *state;
    struct letters letters = { 0 };
    struct scan_options often = { .accept_gap = true };

    /* A period that ends on a Thursday: no window is moved to the workday of another. */
    int days = 40 + atoi(sql_value(&f->arena, f->admin, "select (11 - extract(isodow from (public.lifecycle_now() at time zone "
                                   "'Asia/Shanghai')::date + 40)::integer) %% 7"));
    scan_rig_subscriptions(f, 1, days, "Asia/Shanghai");
    for (int quarter = 0; quarter < 620; quarter++) {
        scan_rig_scan(f->conn, often);
        scan_rig_scan(f->conn, often); /* a second one changes nothing */
        orders_go_on(f);
        letters_leave(f, &letters);
        scan_rig_advance(f, "6 hours");
    }
    assert_string_equal("prefill:PREFILL remind:T-30 remind:T-15 remind:T-7 remind:T-3 remind:T-1 grace:T0 remind:G-HALF "
                        "remind:G-1 shutdown:SHUTDOWN remind:R-7 propose:PROPOSE",
                        sql_value(&f->arena, f->admin, "select string_agg(action || ':' || window_code, ' ' order by as_of, "
                                  "action) from public.lifecycle_action where status = 'done'"));
    assert_string_equal("shutdown", sql_value(&f->arena, f->admin, "select state from public.subscription"));
    assert_int_equal(10, scan_rig_count(f, "public.outbox"));
    /* The first is written when its order is only a draft; whoever is told later can pay by what he is told. */
    assert_int_equal(10, letters.sent);
    assert_false(letters.first_has_number);
    assert_int_equal(9, letters.with_number);
    assert_int_equal(1, scan_rig_count(f, "public.finance_task where kind = 'termination_proposed'"));
    assert_int_equal(2, scan_rig_count(f, "public.subscription_event"));
    /* what tenant_drop goes by is the message of the last window, once it has arrived */
    sql_run(f->admin, "update public.outbox set state = 'dead' where action_key like '%%:R-7'");
    assert_int_equal(0, scan_rig_count(f, "public.subscription s cross join lateral public.tenant_drop_notice(s.id) n where n.id is not null"));
    sql_run(f->admin, "update public.outbox set state = 'sent'");
    assert_int_equal(1, scan_rig_count(f, "public.subscription s cross join lateral public.tenant_drop_notice(s.id) n where n.id is not null"));
}

/* Another edition is next, a version has left sale, tax comes on top, finance has changed the order: a reminder names what the
 * order asks for, whether it was there before it or is drafted behind it. */
static void a_reminder_names_what_the_renewal_asks_for(void **state)
{
    static const int64_t prices[] = { 1, 50, 1050, 1150, 29900, 99999, 12345678901234 };
    static const int64_t taxes[] = { 0, 1, 600, 1000, 1300, 10000 };
    struct scan_rig *f = *state;

    scan_rig_subscriptions(f, 4, 9, "Asia/Shanghai");
    sql_run(f->admin, "insert into public.edition_version (id, edition, ver, interval_unit, interval_count, price_minor, currency, "
            "tax_bp, tax_inclusive, sold_from, sold_to) values (gen_random_uuid(), 'team-yearly', 8, 'year', 1, 200050, 'CNY', 1300, "
            "true, now() - interval '1 year', now() - interval '1 day'), (gen_random_uuid(), 'team-yearly', 9, 'year', 1, 300050, "
            "'CNY', 1300, false, now() - interval '1 day', null)");
    sql_run(f->admin, "update public.subscription s set edition_version = (select id from public.edition_version where ver = 8) "
            "from public.customer c where c.id = s.customer_id and c.name in ('c2', 'c4')");
    sql_run(f->admin, "update public.subscription s set next_edition_version = (select id from public.edition_version where edition = "
            "'team-monthly') from public.customer c where c.id = s.customer_id and c.name = 'c3'");
    sql_run(f->admin, "insert into public.orders (id, no, kind, customer_id, subscription_id, period_no, edition_version, state, "
            "amount_minor, currency) select gen_random_uuid(), 'by-hand', 'renewal', c.id, s.id, s.period_no + 1, s.edition_version, "
            "'pending_payment', 12345, 'CNY' from public.subscription s join public.customer c on c.id = s.customer_id where "
            "c.name = 'c4'");
    scan_rig_scan(f->conn, (struct scan_options){ .accept_gap = true });
    assert_int_equal(4, scan_rig_count(f, "public.outbox"));
    orders_go_on(f);
    assert_int_equal(4, scan_rig_count(f, "public.outbox b join public.orders o on o.subscription_id = b.subscription_id and o.kind = 'renewal' "
                              "and (b.payload ->> 'amount_minor')::bigint = o.amount_minor and b.payload ->> 'currency' = o.currency"));
    assert_string_equal("339056 29900 12345", sql_value(&f->arena, f->admin, "select string_agg(b.payload ->> 'amount_minor', ' ' order "
                        "by c.name) from public.outbox b join public.subscription s on s.id = b.subscription_id join public.customer c "
                        "on c.id = s.customer_id where c.name <> 'c1'"));
    for (size_t i = 0; i < sizeof prices / sizeof *prices; i++)
        for (size_t j = 0; j < sizeof taxes / sizeof *taxes; j++) {
            struct money_taxed taxed;
            assert_true(money_tax(prices[i], taxes[j], false, &taxed));
            assert_int_equal(taxed.total, atoll(sql_value(&f->arena, f->admin, "select public.price_total(%lld, %d, false)",
                                                          (long long)prices[i], (int)taxes[j])));
            assert_int_equal(taxed.tax, atoll(sql_value(&f->arena, f->admin, "select public.price_tax(%lld, %d, false)",
                                                        (long long)prices[i], (int)taxes[j])));
            assert_true(money_tax(prices[i], taxes[j], true, &taxed));
            assert_int_equal(taxed.tax, atoll(sql_value(&f->arena, f->admin, "select public.price_tax(%lld, %d, true)",
                                                        (long long)prices[i], (int)taxes[j])));
        }
    sql_run(f->admin, "set session_replication_role = replica; truncate public.orders cascade; delete from public.edition_version "
            "where ver in (8, 9); update public.edition_version set sold_to = null; set session_replication_role = default");
}

/* No grace days, or none wanted: what is told is what will be. */
static void a_reminder_says_what_stops(void **state)
{
    struct scan_rig *f = *state;
    struct letters letters = { 0 };

    scan_rig_subscriptions(f, 1, 9, "Asia/Shanghai");
    sql_run(f->admin, "update public.subscription set cancel_at_period_end = true");
    scan_rig_scan(f->conn, (struct scan_options){ .accept_gap = true });
    assert_int_equal(1, scan_rig_count(f, "public.outbox where payload ? 'last_day' and not payload ? 'amount_minor'"));
    sql_run(f->admin, "update public.outbox set next_at = public.lifecycle_now()");
    letters_leave(f, &letters);
    assert_int_equal(1, letters.sent);

    scan_rig_subscriptions(f, 1, 9, "Asia/Shanghai");
    sql_run(f->admin, "set session_replication_role = replica; update public.edition_version set grace_days = 0 where edition = "
            "'team-yearly'");
    scan_rig_scan(f->conn, (struct scan_options){ .accept_gap = true });
    sql_run(f->admin, "update public.edition_version set grace_days = 7 where edition = 'team-yearly'; "
            "set session_replication_role = default");
    assert_int_equal(1, scan_rig_count(f, "public.outbox where payload ->> 'stops_on' = payload ->> 'paid_until' and payload ? 'amount_minor'"));
    sql_run(f->admin, "update public.outbox set next_at = public.lifecycle_now()");
    letters_leave(f, &letters);
    assert_int_equal(2, letters.sent);
}

/* A reminder of one customer, held back until something has happened; what becomes of it when it is its turn. */
static const char *held_back(struct scan_rig *f, int days, const char *happens, const char *for_how_long)
{
    struct letters letters = { 0 };

    scan_rig_subscriptions(f, 1, days, "Asia/Shanghai");
    scan_rig_scan(f->conn, (struct scan_options){ .accept_gap = true });
    assert_int_equal(1, scan_rig_count(f, "public.outbox where state = 'pending'"));
    sql_run(f->admin, "update public.outbox set next_at = public.lifecycle_now(), expires_at = null");
    sql_run(f->admin, "%s", happens);
    if (for_how_long)
        scan_rig_advance(f, for_how_long);
    letters_leave(f, &letters);
    return arena_format(&f->arena, "%d %s", letters.sent,
                        sql_value(&f->arena, f->admin, "select concat_ws(' ', state, reason, attempts) from public.outbox"));
}

static void a_reminder_is_not_sent_when_it_was_paid_meanwhile_or_is_not_true_any_more(void **state)
{
    struct scan_rig *f = *state;

    assert_string_equal("1 sent 1", held_back(f, 9, "select 1", NULL));
    assert_string_equal("0 suppressed paid_meanwhile 0",
                        held_back(f, 9, "update public.subscription set period_no = 2, paid_until_date = paid_until_date + 365, "
                                        "paid_until_at = paid_until_at + interval '365 days'", NULL));
    assert_string_equal("0 suppressed state_changed 0",
                        held_back(f, 9, "update public.subscription set state = 'grace', shutdown_due_at = now() + interval "
                                        "'9 days'", NULL));
    assert_string_equal("0 suppressed too_late 0", held_back(f, 9, "select 1", "10 days"));
    /* also one that was tried before, or whose sender died over it */
    assert_string_equal("0 suppressed paid_meanwhile 1", held_back(f, 9, "update public.subscription set period_no = 2; update public.outbox set "
                                                                   "state = 'retry', attempts = 1", NULL));
    assert_string_equal("0 suppressed paid_meanwhile 1", held_back(f, 9, "update public.subscription set period_no = 2; update public.outbox set "
                                                                   "state = 'sending', attempts = 1, lease_until = now()", NULL));
    assert_string_equal("0 dead expired 0", held_back(f, 9, "update public.outbox set expires_at = public.lifecycle_now()", NULL));
    assert_int_equal(0, scan_rig_count(f, "public.delivery_attempt a join public.outbox o on o.id = a.outbox_id where o.state <> 'sent'"));
}

/* Its contact was mended: to whom it goes now, under the same key, and to nobody twice. */
static void a_message_that_was_given_up_goes_to_the_present_contacts(void **state)
{
    struct scan_rig *f = *state;

    scan_rig_subscriptions(f, 1, 9, "Asia/Shanghai");
    scan_rig_scan(f->conn, (struct scan_options){ .accept_gap = true });
    const char *id = sql_value(&f->arena, f->admin, "update public.outbox set state = 'dead', reason = '550', ended_at = now() "
                               "returning id");
    assert_string_equal("ok", sql_value(&f->arena, f->admin, "select public.message_again('%s')", id));
    assert_int_equal(1, scan_rig_count(f, "public.outbox where state = 'pending' and endpoint = 'c1@example.org'"));
    sql_run(f->admin, "update public.outbox set state = 'dead'; delete from public.customer_contact; insert into "
            "public.customer_contact (customer_id, endpoint, locale) select c.id, x.e, 'en' from public.customer c, (values "
            "('a@example.org'), ('b@example.org')) x (e)");
    assert_string_equal("ok", sql_value(&f->arena, f->admin, "select public.message_again('%s')", id));
    assert_string_equal("a@example.org pending en, b@example.org pending en, c1@example.org dead zh-CN",
                        sql_value(&f->arena, f->admin, "select string_agg(concat_ws(' ', endpoint, state, locale), ', ' order by endpoint) "
                                  "from public.outbox"));
    assert_int_equal(1, scan_rig_count(f, "(select 1 from public.outbox group by action_key, payload, guard) x"));
    /* one has it, the other's address is still wrong: the old one again reaches nobody a second time */
    sql_run(f->admin, "update public.outbox set state = case endpoint when 'a@example.org' then 'sent' else 'dead' end");
    assert_string_equal("ok", sql_value(&f->arena, f->admin, "select public.message_again('%s')", id));
    assert_string_equal("sent pending dead", sql_value(&f->arena, f->admin, "select string_agg(state, ' ' order by endpoint) from "
                                                       "public.outbox"));
}

/* Contacts are told of everything; whoever owns the tenant, of what stops it. */
static void an_owner_is_told_before_it_stops_and_when(void **state)
{
    struct scan_rig *f = *state;
    struct pg_person owner;
    struct pg_tenant tenant;

    pg_server_tenant(&f->server, "Owned", &tenant);
    pg_server_person(&f->server, &tenant, "owner", &owner);
    scan_rig_subscriptions(f, 1, 2, "UTC");
    sql_run(f->admin, "update public.subscription set tenant_id = '%s'", tenant.id.text);
    for (int quarter = 0; quarter < 60; quarter++) {
        scan_rig_scan(f->conn, (struct scan_options){ .accept_gap = true });
        scan_rig_advance(f, "6 hours");
    }
    static const char windows[] = "select string_agg(payload ->> 'window', ' ' order by created_at, next_at) from public.outbox where "
                                  "endpoint %s 'c1@example.org'";
    assert_string_equal("G-1 SHUTDOWN", sql_value(&f->arena, f->admin, windows, "<>"));
    assert_string_equal("T0 G-HALF G-1 SHUTDOWN", strstr(sql_value(&f->arena, f->admin, windows, "="), "T0"));
    sql_run(f->admin, "update public.subscription set tenant_id = null");
}

/* Who is shut down with a refund is told so in words of its own, and so is finance. */
static void a_shutdown_with_a_refund_is_told(void **state)
{
    struct scan_rig *f = *state;
    struct pg_person fay;
    struct letters letters = { 0 };

    pg_server_person(&f->server, NULL, NULL, &fay);
    sql_run(f->admin, "insert into public.platform_role (user_id, role) values ('%s', 'platform_finance')", fay.id.text);
    scan_rig_subscriptions(f, 1, 200, "UTC");
    sql_run(f->admin, "insert into public.orders (id, no, kind, customer_id, subscription_id, period_no, edition_version, state, "
            "amount_minor, currency) select gen_random_uuid(), 'R-9', 'new', s.customer_id, s.id, 1, s.edition_version, 'active', 1, "
            "'CNY' from public.subscription s");
    for (int times = 0; times < 2; times++)
        sql_run(f->admin, "select public.subscription_shut(s.id, 'refund', o.id::text, null) from public.subscription s, public.orders o "
                "where o.no = 'R-9'");
    letters_leave(f, &letters);
    assert_int_equal(2, letters.sent);
    assert_string_equal("finance.shutdown subscription.shutdown", sql_value(&f->arena, f->admin, "select string_agg(event, ' ' order by "
                                                                            "event) from public.outbox where payload ->> 'order_no' = 'R-9'"));
    sql_run(f->admin, "set session_replication_role = replica; truncate public.orders cascade; delete from public.platform_role where "
            "user_id = '%s'; set session_replication_role = default", fay.id.text);
}

/* Also those that come without grace days, and those the list has no room for. */
static void the_digest_counts_every_shutdown_that_comes(void **state)
{
    struct scan_rig *f = *state;
    static const char digest[] = "select concat_ws(' ', d ->> 'tomorrow_count', d ->> 'shutdowns_7', jsonb_array_length(d -> 'tomorrow'), "
                                 "d -> 'tomorrow' ->> -1) from public.finance_digest_make((public.lifecycle_now() at time zone "
                                 "'UTC')::date, 'UTC') d";

    scan_rig_subscriptions(f, 25, 1, "UTC");
    assert_string_equal("0 0", sql_value(&f->arena, f->admin, digest)); /* they will have their grace days */
    sql_run(f->admin, "update public.subscription set cancel_at_period_end = true");
    assert_string_equal("25 25 21 … +5", sql_value(&f->arena, f->admin, digest));
    sql_run(f->admin, "update public.subscription s set state = 'grace', shutdown_due_at = paid_until_at, hold_until = case when c.name "
            "like 'c1_' then public.lifecycle_now() + interval '9 days' end from public.customer c where c.id = s.customer_id");
    assert_true(text_starts(sql_value(&f->arena, f->admin, digest), "15 25 15 "));
}

/* Shut down 85 days ago, with nobody whom R-7 could reach. */
static void nobody_to_tell_is_a_task_until_somebody_is_there(void **state)
{
    struct scan_rig *f = *state;
    struct scan_report r;
    static const char open[] = "public.finance_task where kind = 'termination_untold' and done_at is null";

    scan_rig_subscriptions(f, 1, -95, "Asia/Shanghai");
    sql_run(f->admin, "delete from public.customer_contact");
    sql_run(f->admin, "update public.subscription set state = 'shutdown', state_entered_at = public.lifecycle_now() - interval '85 days'");
    r = scan_rig_scan(f->conn, (struct scan_options){ 0 });
    assert_int_equal(1, r.counts.untold);
    assert_int_equal(0, r.counts.reminders);
    assert_int_equal(1, scan_rig_count(f, arena_format(&f->arena, "%s and detail #>> '{remedy,en}' like '%%customer contacts%%subscription "
                                              "notice%%' and detail ->> 'missing' like '%%owner%%'", open)));
    assert_int_equal(0, scan_rig_count(f, "public.outbox"));
    assert_int_equal(1, scan_rig_count(f, "public.subscription where termination_notice_at is null and next_action_at > public.lifecycle_now() + "
                              "interval '23 hours'"));
    scan_rig_advance(f, "25 hours");
    r = scan_rig_scan(f->conn, (struct scan_options){ 0 });
    assert_int_equal(1, r.counts.rows);
    assert_int_equal(0, r.counts.untold);
    sql_run(f->admin, "select public.customer_contacts_set(id, '{bills@example.org}', null) from public.customer");
    r = scan_rig_scan(f->conn, (struct scan_options){ 0 });
    assert_int_equal(1, r.counts.reminders);
    assert_int_equal(0, scan_rig_count(f, open));
    assert_int_equal(1, scan_rig_count(f, "public.outbox where payload ->> 'window' = 'R-7' and endpoint = 'bills@example.org'"));
}

/* Ended yesterday, with nobody whom the notices of grace and shutdown could reach. */
static void nobody_to_tell_of_a_shutdown_is_a_task_while_there_is_time(void **state)
{
    struct scan_rig *f = *state;
    static const char open[] = "public.finance_task where kind = 'shutdown_untold' and done_at is null";

    scan_rig_subscriptions(f, 2, -1, "Asia/Shanghai");
    sql_run(f->admin, "delete from public.customer_contact where customer_id = (select min(id::text)::uuid from public.customer)");
    scan_rig_scan(f->conn, (struct scan_options){ 0 });
    assert_int_equal(2, scan_rig_count(f, "public.subscription where state = 'grace'"));
    assert_int_equal(1, scan_rig_count(f, open));
    assert_int_equal(1, scan_rig_count(f, arena_format(&f->arena, "%s and detail #>> '{remedy,en}' like '%%customer contacts%%' and customer_id = "
                                              "(select min(id::text)::uuid from public.customer)", open)));
    /* An address, and the next notice reaches him. */
    sql_run(f->admin, "select public.customer_contacts_set(min(id::text)::uuid, '{bills@example.org}', null) from public.customer");
    assert_int_equal(1, scan_rig_count(f, open));
    sql_run(f->admin, "update public.subscription set shutdown_due_at = public.lifecycle_now() + interval '1 hour', next_action_at = "
            "public.lifecycle_now()");
    scan_rig_scan(f->conn, (struct scan_options){ 0 });
    assert_int_equal(2, scan_rig_count(f, "public.outbox where payload ->> 'window' = 'G-1'"));
    assert_int_equal(0, scan_rig_count(f, open));
}

static void a_final_notice_that_arrived_nowhere_is_a_task_until_it_is_sent_again(void **state)
{
    struct scan_rig *f = *state;
    static const char open[] = "public.finance_task where kind = 'notice_dead' and done_at is null";
    static const char dies[] = "update public.outbox set state = 'dead', reason = 'mailbox unknown', ended_at = now() where endpoint = '%s' "
                               "and payload ->> 'window' = 'G-1'";

    scan_rig_subscriptions(f, 1, -1, "Asia/Shanghai");
    sql_run(f->admin, "update public.customer_contact set endpoint = 'one@example.org'");
    sql_run(f->admin, "insert into public.customer_contact (customer_id, endpoint) select id, 'two@example.org' from public.customer");
    scan_rig_scan(f->conn, (struct scan_options){ 0 });
    sql_run(f->admin, "update public.subscription set shutdown_due_at = public.lifecycle_now() + interval '1 hour', next_action_at = "
            "public.lifecycle_now()");
    scan_rig_scan(f->conn, (struct scan_options){ 0 });
    sql_run(f->admin, dies, "one@example.org");
    assert_int_equal(0, scan_rig_count(f, open)); /* the other one may still be read */
    sql_run(f->admin, dies, "two@example.org");
    assert_int_equal(1, scan_rig_count(f, arena_format(&f->arena, "%s and detail ->> 'reason' = 'mailbox unknown' and detail #>> '{remedy,en}' "
                                              "like '%%deliveries again%%'", open)));
    sql_run(f->admin, "update public.outbox set state = 'pending', ended_at = null where endpoint = 'two@example.org' and state = 'dead'");
    assert_int_equal(0, scan_rig_count(f, open));
    sql_run(f->admin, dies, "two@example.org");
    assert_int_equal(1, scan_rig_count(f, open));
    /* To other contacts it is other messages. */
    sql_run(f->admin, "select public.customer_contacts_set(id, '{three@example.org}', null) from public.customer");
    sql_run(f->admin, "select public.message_again(id) from public.outbox where endpoint = 'two@example.org' and state = 'dead'");
    assert_int_equal(0, scan_rig_count(f, open));
    sql_run(f->admin, dies, "three@example.org");
    assert_int_equal(1, scan_rig_count(f, open));
    /* Whoever has paid need not be told. */
    sql_run(f->admin, "insert into public.subscription_event (subscription_id, at, from_state, to_state, cause) select id, now(), 'grace', "
            "'active', 'payment' from public.subscription");
    assert_int_equal(0, scan_rig_count(f, open));
}

/* Told by his contact, then by nobody: what a message ended begins again, what a person ended does not. */
static void whom_nobody_tells_any_more_is_a_task_again(void **state)
{
    struct scan_rig *f = *state;
    static const char open[] = "public.finance_task where kind = 'shutdown_untold' and done_at is null";
    static const char soon[] = "update public.subscription set shutdown_due_at = public.lifecycle_now() + interval '1 hour', next_action_at = "
                               "public.lifecycle_now()";

    scan_rig_subscriptions(f, 1, -1, "Asia/Shanghai");
    sql_run(f->admin, "delete from public.customer_contact");
    scan_rig_scan(f->conn, (struct scan_options){ 0 });
    sql_run(f->admin, "select public.customer_contacts_set(id, '{bills@example.org}', null) from public.customer");
    sql_run(f->admin, soon);
    scan_rig_scan(f->conn, (struct scan_options){ 0 });
    assert_int_equal(0, scan_rig_count(f, open));
    sql_run(f->admin, "delete from public.customer_contact");
    scan_rig_advance(f, "5 days");
    scan_rig_scan(f->conn, (struct scan_options){ .accept_gap = true });
    assert_int_equal(1, scan_rig_count(f, "public.subscription where state = 'shutdown'"));
    assert_int_equal(1, scan_rig_count(f, open));
    assert_int_equal(1, scan_rig_count(f, "(select jsonb_array_elements_text(public.finance_digest_make(current_date, 'UTC') -> 'untold') as "
                              "line) x where x.line like '%%  shutdown_untold  shutdown  %%'"));
}

static void who_was_told_by_a_person_stays_told(void **state)
{
    struct scan_rig *f = *state;
    static const char open[] = "public.finance_task where kind = 'shutdown_untold' and done_at is null";

    scan_rig_subscriptions(f, 25, -1, "Asia/Shanghai");
    sql_run(f->admin, "delete from public.customer_contact");
    scan_rig_scan(f->conn, (struct scan_options){ 0 });
    assert_int_equal(25, scan_rig_count(f, open));
    assert_string_equal("21 … +5", sql_value(&f->arena, f->admin, "select jsonb_array_length(d) || ' ' || (d ->> -1) from "
                                                     "public.customers_untold('UTC') as d"));
    sql_run(f->admin, "update public.finance_task set done_at = public.lifecycle_now(), outcome = 'told', done_by = gen_random_uuid()");
    sql_run(f->admin, "update public.subscription set shutdown_due_at = public.lifecycle_now() + interval '1 hour', next_action_at = "
            "public.lifecycle_now()");
    scan_rig_scan(f->conn, (struct scan_options){ 0 });
    assert_int_equal(25, scan_rig_count(f, "public.lifecycle_action where window_code = 'G-1'"));
    assert_int_equal(0, scan_rig_count(f, open));
    /* The end that comes after somebody let him go on is another one. */
    sql_run(f->admin, "insert into public.subscription_event (subscription_id, at, from_state, to_state, cause) select id, "
            "public.lifecycle_now() + interval '1 minute', 'shutdown', 'grace', 'override' from public.subscription");
    sql_run(f->admin, "insert into public.lifecycle_action (subscription_id, period_no, action, window_code, status, due_at, as_of, "
            "as_of_date) select id, period_no, 'remind', 'G-1/2', 'done', now(), public.lifecycle_now() + interval '2 minutes', current_date "
            "from public.subscription");
    assert_int_equal(25, scan_rig_count(f, open));
}

/* It stood in the outbox until the shutdown, and is not true any more: that is no reason to say nothing. */
static void a_final_notice_that_never_left_is_a_task(void **state)
{
    struct scan_rig *f = *state;
    static const char open[] = "public.finance_task where kind = 'notice_dead' and done_at is null";
    static const char ends[] = "update public.outbox set state = 'suppressed', reason = 'state_changed' where payload ->> 'window' = 'G-1'";

    scan_rig_subscriptions(f, 1, -1, "Asia/Shanghai");
    sql_run(f->admin, "update public.customer_contact set endpoint = 'one@example.org'");
    scan_rig_scan(f->conn, (struct scan_options){ 0 });
    sql_run(f->admin, "update public.subscription set shutdown_due_at = public.lifecycle_now() + interval '1 hour', next_action_at = "
            "public.lifecycle_now()");
    scan_rig_scan(f->conn, (struct scan_options){ 0 });
    sql_run(f->admin, ends); /* paid meanwhile, say */
    assert_int_equal(0, scan_rig_count(f, open));
    sql_run(f->admin, "update public.outbox set state = 'pending' where payload ->> 'window' = 'G-1'");
    sql_run(f->admin, "update public.subscription set state = 'shutdown'");
    sql_run(f->admin, ends);
    assert_int_equal(1, scan_rig_count(f, open));
}

/* A scan late on a Friday: the message leaves on Monday, although the renewal is drafted on Saturday and ends what was expected of it. */
static void what_is_decided_after_hours_leaves_on_the_next_workday(void **state)
{
    struct scan_rig *f = *state;

    sql_run(f->admin, "update public.scan_clock set test_offset = (date_trunc('week', now() at time zone 'Asia/Shanghai') + interval "
            "'5 weeks 4 days 19 hours') at time zone 'Asia/Shanghai' - now()");
    scan_rig_subscriptions(f, 1, 31, "Asia/Shanghai");
    scan_rig_scan(f->conn, (struct scan_options){ .accept_gap = true });
    assert_string_equal("T-30 1", sql_value(&f->arena, f->admin, "select (payload ->> 'window') || ' ' || extract(isodow from next_at at time "
                        "zone 'Asia/Shanghai') from public.outbox where expires_at > next_at + interval '12 hours'"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_year_ends_as_the_page_says),
        cmocka_unit_test(a_reminder_names_what_the_renewal_asks_for),
        cmocka_unit_test(a_reminder_says_what_stops),
        cmocka_unit_test(a_reminder_is_not_sent_when_it_was_paid_meanwhile_or_is_not_true_any_more),
        cmocka_unit_test(a_message_that_was_given_up_goes_to_the_present_contacts),
        cmocka_unit_test(an_owner_is_told_before_it_stops_and_when),
        cmocka_unit_test(a_shutdown_with_a_refund_is_told),
        cmocka_unit_test(the_digest_counts_every_shutdown_that_comes),
        cmocka_unit_test(nobody_to_tell_is_a_task_until_somebody_is_there),
        cmocka_unit_test(nobody_to_tell_of_a_shutdown_is_a_task_while_there_is_time),
        cmocka_unit_test(a_final_notice_that_arrived_nowhere_is_a_task_until_it_is_sent_again),
        cmocka_unit_test(whom_nobody_tells_any_more_is_a_task_again),
        cmocka_unit_test(who_was_told_by_a_person_stays_told),
        cmocka_unit_test(a_final_notice_that_never_left_is_a_task),
        cmocka_unit_test(what_is_decided_after_hours_leaves_on_the_next_workday),
    };
    return cmocka_run_group_tests(tests, scan_rig_setup, scan_rig_teardown);
}
