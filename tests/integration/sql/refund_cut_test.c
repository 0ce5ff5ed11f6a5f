/* refund_cut_test.c - what a refund ends, what it leaves, what becomes of what was paid behind it; and that nothing of it stays owed. */
#include "tests/lib/test.h"

#include <string.h>

#include "sql_queries.h"
#include "tests/lib/money_rig.h"
#include "tests/lib/sql.h"

/* A month of 2030 from its first day, ordered and paid; month 1 is the first period. */
static struct id pay(struct money_rig *f, const struct bought *b, int month)
{
    struct id order = id_new();

    sql_run(f->platform, "select public.order_create('%s', '%s', '%s', '%s', null, '%s', 1, false, 29900, 1692, '{}', '{}', now() + "
            "interval '30 days', '%s', 'hash', '%s')", order.text, month == 1 ? "new" : "renewal", b->customer.text, b->subscription.text,
            money_rig_edition(f, "team-monthly"), order.text, f->finance.id.text);
    assert_string_equal("settled", sql_value(&f->arena, f->platform,
        "select (public.order_settle('%s', (select version from public.orders where id = '%s'), '%s', 'stripe', '%s', 'card', 29900, "
        "'CNY', now(), null, null, null, null, null, s.version, s.period_no + 1, '2030-%02d-01', '2030-%02d-01', '2030-%02d-01 00:00+08', "
        "'2030-%02d-01 00:00+08', coalesce(s.anchor_date, '2030-01-01'), greatest(s.anchor_no, 1))) ->> 'result' from "
        "public.subscription s where s.id = '%s'", order.text, order.text, id_new().text, order.text, month, month + 1, month, month + 1,
        b->subscription.text));
    return order;
}

/* The statement of a refund on a day of 2030, approved by somebody else. */
static const char *refund(struct money_rig *f, struct id order, int amount, const char *choice, const char *day)
{
    const char *digest = arena_text(&f->arena, id_new().text);
    struct id request = money_rig_ask(f, "order.refund", arena_format(&f->arena, "{\"choice\": \"%s\"}", choice), digest);

    sql_run(f->platform, "%s", money_rig_vote(f, request, &f->second));
    return arena_format(&f->arena, "select (public.order_refund('%s', '%s', %d, '%s', 'why', '%s', '%s', '%s 00:00+08', '%s', '%s', '%s')) "
                        "->> 'state'", order.text, id_new().text, amount, digest, choice, day, day, f->finance.id.text, request.text,
                        digest);
}

/* Paid until, the day periods are counted from and which of them it is, the state. */
static const char *stands(struct money_rig *f, const struct bought *b)
{
    return sql_value(&f->arena, f->platform, "select concat_ws('|', paid_until_date, anchor_date, anchor_no - period_no, state) from "
                     "public.subscription where id = '%s'", b->subscription.text);
}

/* Credit; deferred and revenue by the orders on a day; the rules of the check that speak of it. */
static const char *books(struct money_rig *f, const struct bought *b, const char *through)
{
    const char *odd = sql_value(&f->arena, f->platform, "select coalesce(string_agg(c.rule || ' ' || c.detail, '; '), 'fine') from (%s) c "
                                "where c.rule in ('I1', 'I2', 'I8') and (c.subject like '%%%s' or c.subject like '%%%s')",
                                sql_queries[SQL_QUERIES_LIFECYCLE_CHECK].text, b->subscription.text, b->customer.text);
    const char *ledger = sql_value(&f->arena, f->platform,
        "select coalesce((select sum(net_minor + moved_minor) from public.revenue_lines('9999-01-01') where subscription_id = '%s' or order_id "
        "in (select id from public.orders where subscription_id = '%s')), 0) = -coalesce(sum(e.amount_minor), 0) from public.ledger_entry e "
        "join public.ledger_txn t on t.id = e.txn where e.account = 'DEFERRED_REVENUE' and replace(t.ref, 'invoice:', '') in (select "
        "id::text from public.orders where subscription_id = '%s')", b->subscription.text, b->subscription.text, b->subscription.text);

    assert_string_equal("fine", odd);
    assert_string_equal("t", ledger);
    return sql_value(&f->arena, f->platform,
        "select concat_ws('|', (select coalesce(-sum(amount_minor), 0) from public.ledger_entry where account = 'CUSTOMER_CREDIT:%s'), "
        "(select coalesce(sum(amount_minor), 0) from public.ledger_entry e join public.ledger_txn t on t.id = e.txn where account = "
        "'REFUNDS' and t.ref in (select id::text from public.orders where customer_id = '%s')), sum(recognised_minor), "
        "sum(deferred_minor)) from public.revenue_lines('%s') where order_id in (select id from public.orders where customer_id = '%s')",
        b->customer.text, b->customer.text, through, b->customer.text);
}

static void a_period_cut_short_is_where_the_next_is_counted_from(void **state)
{
    struct money_rig *f = *state;
    struct bought b;

    money_rig_customer(f, &b);
    b.order = pay(f, &b, 1);
    assert_string_equal("refunded", sql_value(&f->arena, f->platform, "%s", refund(f, b.order, 29900, "shorten", "2030-01-10")));
    assert_string_equal("2030-01-10|2030-01-10|1|active", stands(f, &b));
    assert_string_equal("0|28208|28208|0", books(f, &b, "2030-01-10")); /* earned, and taken back in REFUNDS */
    money_rig_refused(f->platform, "order_transition_invalid", refund(f, b.order, 1, "shorten", "2030-01-10"));
}

static void a_renewal_paid_ahead_goes_back_and_the_running_period_stays(void **state)
{
    struct money_rig *f = *state;
    struct bought b;

    money_rig_customer(f, &b);
    pay(f, &b, 1);
    struct id ahead = pay(f, &b, 2);
    money_rig_refused(f->platform, "conflict: another order has paid for today, until 2030-02-01",
                      refund(f, ahead, 29900, "shutdown", "2030-01-10"));
    assert_string_equal("2030-03-01|2030-01-01|-1|active", stands(f, &b));
    assert_string_equal("refunded", sql_value(&f->arena, f->platform, "%s", refund(f, ahead, 29900, "shorten", "2030-01-10")));
    /* the next one is the second month again, of the same anchor: a month's end does not drift */
    assert_string_equal("2030-02-01|2030-01-01|0|active", stands(f, &b));
    /* what will not be earned is not owed either; nine days of the first month are earned */
    assert_string_equal("0|0|8189|20019", books(f, &b, "2030-01-09"));
    assert_string_equal("t", sql_value(&f->arena, f->platform, "select paid_from_at <= now() + interval '4 years' and paid_from_at < "
                        "'2030-01-02' from public.subscription where id = '%s'", b.subscription.text));
    pay(f, &b, 2);
    assert_string_equal("2030-03-01|2030-01-01|-1|active", stands(f, &b));
    assert_string_equal("0|0|56416|0", books(f, &b, "2030-03-01"));
}

static void what_was_paid_behind_a_refunded_period_is_credit(void **state)
{
    struct money_rig *f = *state;
    struct bought b;

    money_rig_customer(f, &b);
    b.order = pay(f, &b, 1);
    pay(f, &b, 2);
    pay(f, &b, 3);
    assert_string_equal("active", sql_value(&f->arena, f->platform, "%s", refund(f, b.order, 10000, "shorten", "2030-01-10")));
    assert_string_equal("2030-01-10|2030-01-10|1|active", stands(f, &b));
    assert_string_equal("2", sql_value(&f->arena, f->platform, "select count(*) from public.finance_task where kind = 'period_voided' and "
                                       "customer_id = '%s'", b.customer.text));
    assert_string_equal("59800|9434|28208|0", books(f, &b, "2030-01-10"));
    money_rig_refused(f->platform, "conflict: its period has ended on 2030-01-10", refund(f, b.order, 100, "shorten", "2030-01-10"));
    assert_string_equal("active", sql_value(&f->arena, f->platform, "%s", refund(f, b.order, 100, "keep", "2030-01-11")));
}

static void the_last_two_paid_ahead_go_back_one_after_the_other(void **state)
{
    struct money_rig *f = *state;
    struct bought b;
    struct id second, third;

    money_rig_customer(f, &b);
    pay(f, &b, 1);
    second = pay(f, &b, 2);
    third = pay(f, &b, 3);
    sql_run(f->platform, "%s", refund(f, third, 29900, "shorten", "2030-01-10"));
    assert_string_equal("2030-03-01|2030-01-01|-1|active", stands(f, &b));
    sql_run(f->platform, "%s", refund(f, second, 29900, "shorten", "2030-01-10"));
    assert_string_equal("2030-02-01|2030-01-01|0|active", stands(f, &b));
    assert_string_equal("0|0|0|28208", books(f, &b, "2029-12-31"));
}

static void a_shutdown_by_refund_ends_what_it_refunds(void **state)
{
    struct money_rig *f = *state;
    struct bought b;

    money_rig_customer(f, &b);
    b.order = pay(f, &b, 1);
    pay(f, &b, 2);
    sql_run(f->platform, "%s", refund(f, b.order, 29900, "shutdown", "2030-01-10"));
    assert_string_equal("2030-01-10|2030-01-10|1|shutdown", stands(f, &b));
    assert_string_equal("29900|28208|28208|0", books(f, &b, "2030-01-10"));
}

static void an_order_given_back_before_it_bought_anything_is_not_owed(void **state)
{
    struct money_rig *f = *state;
    struct bought b;

    money_rig_customer(f, &b);
    sql_run(f->platform, "select public.order_create('%s', 'new', '%s', '%s', null, '%s', 1, false, 29900, 1692, '{}', '{}', now() + "
            "interval '30 days', 'k', 'hash', null)", b.order.text, b.customer.text, b.subscription.text,
            money_rig_edition(f, "team-monthly"));
    sql_run(f->platform, "select public.order_settle('%s', 1, '%s', 'stripe', '%s', 'card', 29900, 'CNY', now(), null, null, null, null, "
            "null, null, null, null, null, null, null, null, null)", b.order.text, id_new().text, b.order.text);
    sql_run(f->platform, "%s", refund(f, b.order, 10000, "keep", "2030-01-10"));
    assert_string_equal("0|9434|0|28208", books(f, &b, "2030-01-10")); /* it may still be activated */
    sql_run(f->platform, "%s", refund(f, b.order, 19900, "keep", "2030-01-10"));
    assert_string_equal("0|0|0|0", books(f, &b, "2030-01-10"));
}

/* An upgrade priced by the rest of a period cannot be paid once that period was refunded. */
static void a_price_made_by_a_refunded_period_is_taken_back(void **state)
{
    struct money_rig *f = *state;
    struct bought b;
    struct id upgrade = id_new();

    money_rig_customer(f, &b);
    b.order = pay(f, &b, 1);
    sql_run(f->platform, "select public.order_create('%s', 'upgrade', '%s', '%s', null, '%s', 1, false, 279000, 0, "
            "'{\"credit_minor\": 20000, \"credit_period\": 1}', '{\"restart\": true}', now() + interval '9 days', 'u', 'hash', null)",
            upgrade.text, b.customer.text, b.subscription.text, money_rig_edition(f, "team-yearly"));
    sql_run(f->platform, "%s", refund(f, b.order, 29900, "keep", "2030-01-10"));
    assert_string_equal("cancelled", money_rig_order_state(f, upgrade));
    assert_string_equal("2030-02-01|2030-01-01|0|active", stands(f, &b));
    assert_string_equal("0|28208|28208|0", books(f, &b, "2030-02-01"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_period_cut_short_is_where_the_next_is_counted_from),
        cmocka_unit_test(a_renewal_paid_ahead_goes_back_and_the_running_period_stays),
        cmocka_unit_test(what_was_paid_behind_a_refunded_period_is_credit),
        cmocka_unit_test(the_last_two_paid_ahead_go_back_one_after_the_other),
        cmocka_unit_test(a_shutdown_by_refund_ends_what_it_refunds),
        cmocka_unit_test(an_order_given_back_before_it_bought_anything_is_not_owed),
        cmocka_unit_test(a_price_made_by_a_refunded_period_is_taken_back),
    };
    return cmocka_run_group_tests(tests, money_rig_setup, money_rig_teardown);
}
