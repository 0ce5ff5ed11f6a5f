/* payment_event_test.c - what a telling costs does not grow with how many wait; and what a dispute asks a person to do. */
#include "tests/lib/test.h"

#include <stdlib.h>
#include <string.h>

#include "core/io/db/dbsync.h"
#include "sql_queries.h"
#include "tests/lib/money_rig.h"
#include "tests/lib/sql.h"

enum { WAITING = 2000 };

/* Rows of payment_event that `call` read by an index. */
static int read_by(struct money_rig *f, const char *call)
{
    sql_run(f->admin, "begin");
    sql_run(f->admin, "%s", call);
    int rows = atoi(sql_value(&f->arena, f->admin, "select idx_tup_fetch + seq_tup_read from pg_stat_xact_user_tables where relname = "
                              "'payment_event'"));
    sql_run(f->admin, "commit");
    return rows;
}

/* Plans are made while nothing waits, and are kept. */
static void an_end_is_found_by_its_key_also_when_many_wait(void **state)
{
    struct money_rig *f = *state;

    sql_run(f->admin, "alter table public.payment_event set (autovacuum_enabled = off)");
    for (int i = 0; i < 20; i++) {
        sql_run(f->admin, "insert into public.payment_event (provider, event_id, raw, sha256, verified, detail) values ('stripe', 'old%d', '', "
                "'x', true, '{}')", i);
        sql_run(f->admin, "select public.payment_event_failed('stripe', 'old%d', 'x'), public.payment_event_end('stripe', 'old%d', 'late')", i, i);
    }
    sql_run(f->admin, "insert into public.payment_event (provider, event_id, raw, sha256, verified, detail) select 'stripe', 'e' || n, '', 'x', "
            "true, '{}' from generate_series(1, %d) n", WAITING);
    assert_in_range(read_by(f, "select public.payment_event_end('stripe', 'e7', 'settled')"), 1, WAITING / 20);
    assert_in_range(read_by(f, "select public.payment_event_failed('stripe', 'e8', 'later')"), 1, WAITING / 20);
    assert_string_equal("done settled", sql_value(&f->arena, f->admin, "select status || ' ' || outcome from public.payment_event where "
                                                  "event_id = 'e7'"));
    assert_string_equal("received later", sql_value(&f->arena, f->admin, "select status || ' ' || outcome from public.payment_event where "
                                                    "event_id = 'e8' and next_at > now()"));
    /* ended once: nothing else comes of it */
    sql_run(f->admin, "select public.payment_event_end('stripe', 'e7', 'late')");
    assert_string_equal("settled", sql_value(&f->arena, f->admin, "select outcome from public.payment_event where event_id = 'e7'"));
}

/* What a provider sent is kept for 400 days, that it came for ever: the same event is still known then. */
static void bytes_are_kept_for_400_days_and_ids_for_ever(void **state)
{
    struct money_rig *f = *state;

    sql_run(f->admin, "insert into public.payment_event (provider, event_id, raw, sha256, verified, detail, received_at) select 'ali', e.id, "
            "'x', 'y', true, '{}', now() - e.age from (values ('young', interval '399 days 23 hours'), ('aged', interval '400 days 1 hour')) e (id, age)");
    const char *batch[] = { "500" };
    struct gov_err err = { 0 };
    assert_non_null(dbsync_query(&f->arena, f->admin, sql_queries[SQL_QUERIES_PAYMENT_EVENT_FORGET].text, 1, batch, &err));
    assert_string_equal("aged false, young true", sql_value(&f->arena, f->admin, "select string_agg(event_id || ' ' || (raw is not null), ', ' "
                                                            "order by event_id) from public.payment_event where provider = 'ali'"));
}

static void assert_still_says(struct money_rig *f, const char *dispute, const char *wanted)
{
    static const char *const places[] = { "refund ORDER", "refund 订单", "hold SUBSCRIPTION", "hold 订阅", "return PAYMENT", "return 付款编号" };

    for (int i = 0; i < 2; i++) {
        const char *said = sql_value(&f->arena, f->admin, "select detail #>> '{remedy,%s}' from public.finance_task where ref = 'stripe:%s'",
                                     i ? "zh-CN" : "en", dispute);

        if (!strstr(said, wanted))
            fail_msg("not \"%s\": %s", wanted, said);
        for (size_t k = 0; k < sizeof places / sizeof *places; k++)
            if (strstr(said, places[k]))
                fail_msg("which is it? %s", said);
    }
}

/* A dispute is told of, and what its task says to do in both languages: `wanted`, and nothing that a reader would have to
 * replace without knowing by what. */
static const char *assert_says(struct money_rig *f, bool lost, const char *txn, const char *order_no, const char *wanted)
{
    const char *name = arena_text(&f->arena, id_new().text);

    sql_run(f->admin, "select public.payment_dispute_told('stripe', jsonb_build_object('kind', '%s', 'refund', '%s', 'txn', '%s', "
            "'order_no', '%s'))", lost ? "dispute_lost" : "disputed", name, txn, order_no);
    assert_still_says(f, name, wanted);
    return name;
}

static void a_dispute_that_is_lost_says_what_to_type_also_before_its_payment_is_applied(void **state)
{
    struct money_rig *f = *state;
    struct bought b;

    money_rig_buy(f, &b);
    const char *no = sql_value(&f->arena, f->admin, "select no from public.orders where id = '%s'", b.order.text);
    const char *refund = arena_format(&f->arena, "execgov order refund %s ", no);

    /* Too little for its order: not applied, it goes back as it is. */
    sql_run(f->platform, "%s", money_rig_settle(f, &b, b.order, "few", "1", "CNY", 1));
    const char *few = assert_says(f, true, "few", no, arena_format(&f->arena, "execgov payment return %s ", sql_value(&f->arena, f->admin,
                                  "select id from public.payment where provider_txn = 'few'")));
    assert_still_says(f, few, few);
    /* Applied. */
    sql_run(f->platform, "%s", money_rig_settle(f, &b, b.order, "whole", "29900", "CNY", 1));
    const char *whole = assert_says(f, true, "whole", "x", refund);
    assert_still_says(f, whole, whole);
}

/* The ids of the task of `dispute`: its customer, order and payment. */
static const char *whose(struct money_rig *f, const char *dispute)
{
    return sql_value(&f->arena, f->admin, "select concat_ws(' ', (c.customer_id = o.customer_id), (o.id = c.order_id), p.provider_txn) from "
                     "public.finance_task c left join public.payment p on p.id = c.payment_id left join public.orders o on o.id = p.claimed_order "
                     "where c.ref = 'stripe:%s'", dispute);
}

static void a_dispute_of_a_payment_that_is_not_here_says_where_to_look_until_it_comes(void **state)
{
    struct money_rig *f = *state;
    struct bought b;

    money_rig_buy(f, &b);
    const char *no = sql_value(&f->arena, f->admin, "select no from public.orders where id = '%s'", b.order.text);
    const char *hold = arena_format(&f->arena, "execgov subscription hold %s ", sql_value(&f->arena, f->admin,
                                    "select subscription_id from public.orders where id = '%s'", b.order.text));

    /* Its order's number is known: it has a subscription to hold, and nothing to refund before it is paid. */
    const char *refund = arena_format(&f->arena, "execgov order refund %s ", no);
    const char *known = assert_says(f, false, "known", no, hold);
    assert_still_says(f, known, arena_format(&f->arena, "execgov order show %s", no));
    assert_still_says(f, known, "execgov payment events");
    known = assert_says(f, true, "known", no, "execgov payment events");
    assert_string_equal("0", sql_value(&f->arena, f->admin, "select count(*) from public.finance_task where ref = 'stripe:%s' and detail ->> 'remedy' "
                                       "like '%%order refund%%'", known));
    sql_run(f->platform, "%s", money_rig_settle(f, &b, b.order, "known", "29900", "CNY", 1));
    assert_still_says(f, known, refund);

    /* It is not. */
    money_rig_buy(f, &b);
    no = sql_value(&f->arena, f->admin, "select no from public.orders where id = '%s'", b.order.text);
    hold = arena_format(&f->arena, "execgov subscription hold %s ", sql_value(&f->arena, f->admin, "select subscription_id from public.orders "
                        "where id = '%s'", b.order.text));
    const char *open = assert_says(f, false, "late", "x", "execgov payment events");
    const char *lost = assert_says(f, true, "late", "x", "execgov payment events");
    assert_still_says(f, open, "late");
    assert_still_says(f, lost, "late");
    assert_still_says(f, lost, arena_format(&f->arena, "execgov task done %s ", sql_value(&f->arena, f->admin,
                      "select id from public.finance_task where ref = 'stripe:%s'", lost)));
    assert_string_equal("", whose(f, lost));
    const char *other = assert_says(f, true, "another", "x", "execgov payment events");
    sql_run(f->platform, "%s", money_rig_settle(f, &b, b.order, "late", "29900", "CNY", 1));
    assert_still_says(f, open, hold);
    assert_still_says(f, lost, arena_format(&f->arena, "execgov order refund %s ", no));
    assert_string_equal("t t late", whose(f, open));
    assert_string_equal("t t late", whose(f, lost));
    assert_still_says(f, other, "execgov payment events");
}

/* --- whose it is, and how much went back --- */

/* What comes of a telling by `provider` that says this. */
static const char *taken(struct money_rig *f, const char *provider, const char *says)
{
    const char *event = arena_text(&f->arena, id_new().text);

    sql_run(f->admin, "insert into public.payment_event (provider, event_id, sha256, verified, detail) values ('%s', '%s', 'x', true, '%s')",
            provider, event, says);
    return sql_value(&f->arena, f->admin, "select coalesce(r ->> 'outcome', r ->> 'do') from public.payment_event_take('%s', '%s') r", provider,
                     event);
}

/* Signed with our keys, and still of another account or another application. */
static void what_is_told_of_another_account_or_application_has_no_effect(void **state)
{
    static const struct {
        const char *account, *app, *outcome;
    } cases[] = { { "acct-1", "app-1", "settle" },    { "acct-2", "app-1", "merchant" }, { "acct-1", "app-2", "merchant" },
                  { "acct-1", NULL, "merchant" },     { NULL, "app-1", "merchant" },     { NULL, NULL, "merchant" } };
    struct money_rig *f = *state;
    struct bought b;

    money_rig_buy(f, &b);
    const char *no = sql_value(&f->arena, f->admin, "select no from public.orders where id = '%s'", b.order.text);
    sql_run(f->admin, "set session_replication_role = replica; insert into public.payment_provider (code, kind, title, merchant, app, "
            "credential_id) values ('ours', 'wechatpay', 'Ours', 'acct-1', 'app-1', gen_random_uuid()); set session_replication_role = default");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *says = sql_value(&f->arena, f->admin, "select jsonb_strip_nulls(jsonb_build_object('kind', 'settled', 'txn', 't', 'order_no', "
                                     "'%s', 'amount_minor', 29900, 'currency', 'CNY', 'merchant', nullif('%s', ''), 'app', nullif('%s', '')))", no,
                                     cases[i].account ? cases[i].account : "", cases[i].app ? cases[i].app : "");

        assert_string_equal(cases[i].outcome, taken(f, "ours", says));
    }
    assert_string_equal("5", sql_value(&f->arena, f->admin, "select count(*) from public.finance_task where kind = 'payment_merchant'"));
}

/* Of 29900, of which 100 went back: what is left is a refund to be recorded, a unit more cannot be one, nor can other money. */
static void a_refund_that_is_told_is_measured_by_what_is_left(void **state)
{
    static const struct {
        const char *amount, *currency, *outcome;
    } cases[] = { { "29800", "CNY", "refund_told" }, { "29801", "CNY", "refund_above_paid" }, { "29800", "USD", "refund_above_paid" } };
    struct money_rig *f = *state;
    struct bought b;

    money_rig_buy(f, &b);
    sql_run(f->platform, "%s", money_rig_settle(f, &b, b.order, "left", "29900", "CNY", 1));
    sql_run(f->admin, "insert into public.payment_return (id, payment_id, order_id, amount_minor, reference, reason) select gen_random_uuid(), id, "
            "'%s', 100, 'first', 'why' from public.payment where provider_txn = 'left'", b.order.text);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(cases[i].outcome, taken(f, "stripe", arena_format(&f->arena, "{\"kind\": \"refunded\", \"txn\": \"left\", "
                            "\"refund\": \"r%zu\", \"amount_minor\": %s, \"currency\": \"%s\"}", i, cases[i].amount, cases[i].currency)));
    assert_string_equal("refund_known", taken(f, "stripe", "{\"kind\": \"refunded\", \"txn\": \"left\", \"refund\": \"first\", "
                                                           "\"amount_minor\": 100, \"currency\": \"CNY\"}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_end_is_found_by_its_key_also_when_many_wait),
        cmocka_unit_test(bytes_are_kept_for_400_days_and_ids_for_ever),
        cmocka_unit_test(a_dispute_that_is_lost_says_what_to_type_also_before_its_payment_is_applied),
        cmocka_unit_test(a_dispute_of_a_payment_that_is_not_here_says_where_to_look_until_it_comes),
        cmocka_unit_test(what_is_told_of_another_account_or_application_has_no_effect),
        cmocka_unit_test(a_refund_that_is_told_is_measured_by_what_is_left),
    };
    return cmocka_run_group_tests(tests, money_rig_setup, money_rig_teardown);
}
