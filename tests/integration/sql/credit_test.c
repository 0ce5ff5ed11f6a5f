/* credit_test.c - what is a customer's credit, where it comes from, and what it pays. */
#include "tests/lib/test.h"

#include "tests/lib/money_rig.h"
#include "tests/lib/sql.h"

/* A change of edition whose price was lowered by the rest of `period`; paid later, from 2030-01-10 for `years`. */
static struct id upgrade_new(struct money_rig *f, const struct bought *b, int period, int credit)
{
    struct id id = id_new();

    sql_run(f->platform, "select public.order_create('%s', 'upgrade', '%s', '%s', null, '%s', 1, false, %d, 0, "
            "'{\"credit_minor\": %d, \"credit_period\": %d}', '{\"restart\": true}', now() + interval '9 days', '%s', 'hash', '%s')",
            id.text, b->customer.text, b->subscription.text, money_rig_edition(f, "team-yearly"), 299000 - credit, credit, period, id.text,
            f->finance.id.text);
    return id;
}

static const char *upgrade_pay(struct money_rig *f, const struct bought *b, struct id order, const char *txn, int years)
{
    return sql_value(&f->arena, f->platform,
        "select (public.order_settle('%s', (select version from public.orders where id = '%s'), '%s', 'stripe', '%s', 'card', "
        "(select amount_minor from public.orders where id = '%s'), 'CNY', now(), null, null, null, null, null, "
        "(select version from public.subscription where id = '%s'), (select period_no + 1 from public.subscription where id = '%s'), "
        "'2030-01-10', '%d-01-10', '2030-01-10 00:00+08', '%d-01-10 00:00+08', '2030-01-10', 1)) ->> 'result'",
        order.text, order.text, id_new().text, txn, order.text, b->subscription.text, b->subscription.text, 2030 + years, 2030 + years);
}

/* What the orders of a subscription say is earned or owed, against what the ledger holds of them; credit; voided periods. */
static const char *kept(struct money_rig *f, const struct bought *b)
{
    return sql_value(&f->arena, f->platform,
        "select concat_ws('|', (select sum(net_minor + moved_minor) from public.revenue_lines('2040-01-01') where subscription_id = '%s') "
        "= -(select sum(e.amount_minor) from public.ledger_entry e join public.ledger_txn t on t.id = e.txn where e.account = "
        "'DEFERRED_REVENUE' and replace(t.ref, 'invoice:', '') in (select id::text from public.orders where subscription_id = "
        "'%s')), "
        "(select coalesce(-sum(amount_minor), 0) from public.ledger_entry where account = 'CUSTOMER_CREDIT:%s'), "
        "(select count(*) from public.finance_task where kind = 'period_voided' and customer_id = '%s'))",
        b->subscription.text, b->subscription.text, b->customer.text, b->customer.text);
}

static void two_changes_of_edition_on_one_day_credit_a_period_once(void **state)
{
    struct money_rig *f = *state;
    struct bought b;
    struct id first, second, behind;

    money_rig_buy(f, &b);
    sql_run(f->platform, "%s", money_rig_settle(f, &b, b.order, "u0", "29900", "CNY", 1));
    first = upgrade_new(f, &b, 1, 20000);
    assert_string_equal("settled", upgrade_pay(f, &b, first, "u1", 1));
    second = upgrade_new(f, &b, 2, 290000);
    behind = upgrade_new(f, &b, 2, 290000);
    assert_string_equal("settled", upgrade_pay(f, &b, second, "u2", 2));
    assert_string_equal("t|0|0", kept(f, &b)); /* the first one's money went into the second's price, and nowhere else */
    /* the other was priced by the same rest: whoever pays it has paid late, and is asked */
    assert_string_equal("cancelled", money_rig_order_state(f, behind));
    assert_string_equal("late", upgrade_pay(f, &b, behind, "u3", 3));
    assert_string_equal("t|0|0", kept(f, &b));
    assert_string_equal("3", sql_value(&f->arena, f->platform, "select period_no from public.subscription where id = '%s'",
                                       b.subscription.text));
}

static void a_period_paid_ahead_that_never_begins_is_still_credit(void **state)
{
    struct money_rig *f = *state;
    struct bought b;
    struct id ahead = id_new();

    money_rig_buy(f, &b);
    sql_run(f->platform, "%s", money_rig_settle(f, &b, b.order, "v0", "29900", "CNY", 1));
    sql_run(f->platform, "%s", money_rig_order_new(f, &b, ahead, "renewal", "ahead"));
    sql_run(f->platform, "%s", money_rig_settle(f, &b, ahead, "v1", "29900", "CNY", 2));
    assert_string_equal("settled", upgrade_pay(f, &b, upgrade_new(f, &b, 1, 20000), "v2", 1));
    assert_string_equal("t|29900|1", kept(f, &b));
}

/* Apply the payments of these transactions (a quoted list) to an order, which begins where the last period of its subscription ends. */
static const char *apply(struct money_rig *f, const struct bought *b, struct id order, const char *txns)
{
    return arena_format(&f->arena,
        "select public.payment_apply((select array_agg(p.id) from public.payment p where p.provider_txn = any (array[%s])), "
        "o.id, o.version, null, s.version, s.period_no + 1, d.first, (d.first + interval '1 month')::date, "
        "d.first::timestamptz, (d.first + interval '1 month')::timestamptz, d.first, 1, null, null) ->> 'result' "
        "from public.orders o join public.subscription s on s.id = '%s' cross join lateral (select coalesce((select max(coalesce("
        "p.closed_date, p.end_date)) from public.subscription_period p where p.subscription_id = s.id), '2030-01-01') as first) d "
        "where o.id = '%s'", txns, b->subscription.text, order.text);
}

/* Credit in the ledger, credit of the payments, applied of the payment, its open tasks. */
static const char *credit_of(struct money_rig *f, const struct bought *b, const char *txn)
{
    return sql_value(&f->arena, f->platform,
        "select concat_ws('|', (select coalesce(-sum(e.amount_minor), 0) from public.ledger_entry e where e.account = 'CUSTOMER_CREDIT:%s'), "
        "public.payment_credit(p.id), (select sum(a.amount_minor) from public.payment_application a where a.payment_id = p.id), "
        "(select string_agg(t.kind, ',' order by t.kind) from public.finance_task t where t.customer_id = '%s' and t.done_at is null)) "
        "from public.payment p where p.provider_txn = '%s'", b->customer.text, b->customer.text, txn);
}

static void what_was_paid_too_much_pays_the_next_order(void **state)
{
    struct money_rig *f = *state;
    struct bought b, other;
    struct id next = id_new(), third = id_new();

    money_rig_buy(f, &b);
    money_rig_buy(f, &other);
    sql_run(f->platform, "%s", money_rig_settle(f, &b, b.order, "k0", "69800", "CNY", 1)); /* two months and a hundred more */
    assert_string_equal("39900|39900|29900|payment_overpaid", credit_of(f, &b, "k0"));
    sql_run(f->platform, "%s", money_rig_order_new(f, &b, next, "renewal", "credit-next"));
    /* Another customer's order is none of its business. */
    money_rig_refused(f->platform, "conflict", apply(f, &other, other.order, "'k0'"));
    assert_string_equal("39900|39900|29900|payment_overpaid", credit_of(f, &b, "k0"));
    assert_string_equal("settled", sql_value(&f->arena, f->platform, "%s", apply(f, &b, next, "'k0'")));
    assert_string_equal("active", money_rig_order_state(f, next));
    assert_string_equal("10000|10000|59800|payment_overpaid", credit_of(f, &b, "k0"));
    assert_string_equal("2", sql_value(&f->arena, f->platform, "select period_no from public.subscription where id = '%s'",
                                       b.subscription.text));
    /* A hundred are no month; with what came besides they are, and what of that is too much is credit of its own. */
    sql_run(f->platform, "%s", money_rig_order_new(f, &b, third, "renewal", "credit-third"));
    money_rig_refused(f->platform, "conflict", apply(f, &b, third, "'k0'"));
    sql_run(f->platform, "%s", money_rig_settle(f, &b, third, "k1", "20000", "CNY", 3));
    assert_string_equal("settled", sql_value(&f->arena, f->platform, "%s", apply(f, &b, third, "'k0', 'k1'")));
    assert_string_equal("100|100|69700|payment_overpaid", credit_of(f, &b, "k0"));
    money_rig_refused(f->platform, "conflict", apply(f, &b, third, "'k0'"));
    assert_string_equal("0", sql_value(&f->arena, f->platform, "select coalesce(sum(e.amount_minor), 0) from public.ledger_entry e where "
                                       "e.account = 'AR:%s'", b.customer.text));
}

static void the_credit_of_a_period_that_never_began_pays_the_next_order(void **state)
{
    struct money_rig *f = *state;
    struct bought b;
    struct id ahead = id_new(), next = id_new();

    money_rig_buy(f, &b);
    sql_run(f->platform, "%s", money_rig_settle(f, &b, b.order, "w0", "29900", "CNY", 1));
    sql_run(f->platform, "%s", money_rig_order_new(f, &b, ahead, "renewal", "w-ahead"));
    sql_run(f->platform, "%s", money_rig_settle(f, &b, ahead, "w1", "29900", "CNY", 2));
    assert_string_equal("settled", upgrade_pay(f, &b, upgrade_new(f, &b, 1, 20000), "w2", 1));
    assert_string_equal("29900|29900|29900|period_voided", credit_of(f, &b, "w1"));
    sql_run(f->platform, "%s", money_rig_order_new(f, &b, next, "renewal", "w-next"));
    assert_string_equal("settled", sql_value(&f->arena, f->platform, "%s", apply(f, &b, next, "'w1'")));
    assert_string_equal("0|0|59800", credit_of(f, &b, "w1"));
    money_rig_refused(f->platform, "conflict", apply(f, &b, next, "'w1'"));
}

/* Orders are settled by payments: none, or one that is no payment, settles nothing, whatever the sums say. */
static void nothing_settles_no_order(void **state)
{
    struct money_rig *f = *state;
    struct bought b;

    money_rig_buy(f, &b);
    for (int i = 0; i < 2; i++)
        money_rig_refused(f->platform, "invalid_input", arena_format(&f->arena, "select public.payment_apply(%s, '%s', 1, null, 1, 1, "
                          "'2030-01-01', '2030-02-01', '2030-01-01', '2030-02-01', '2030-01-01', 1, null, null)", i ? "null" : "'{}'",
                          b.order.text));
    assert_string_equal("pending_payment", money_rig_order_state(f, b.order));
}

/* More than any order costs: one of them is enough, and says so. */
static void payments_beyond_all_numbers_are_refused_with_a_reason(void **state)
{
    struct money_rig *f = *state;
    struct bought b, other;

    money_rig_buy(f, &b);
    money_rig_buy(f, &other);
    sql_run(f->platform, "select public.order_cancel('%s', 'cancelled', null, null)", b.order.text);
    for (int i = 0; i < 3; i++)
        sql_run(f->platform, "%s", money_rig_settle(f, &b, b.order, arena_format(&f->arena, "huge%d", i), "4611686018427387903", "CNY", 1));
    money_rig_refused(f->platform, "conflict: the order is settled without one", apply(f, &other, other.order, "'huge0', 'huge1', 'huge2'"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_settles_no_order),
        cmocka_unit_test(payments_beyond_all_numbers_are_refused_with_a_reason),
        cmocka_unit_test(two_changes_of_edition_on_one_day_credit_a_period_once),
        cmocka_unit_test(a_period_paid_ahead_that_never_begins_is_still_credit),
        cmocka_unit_test(what_was_paid_too_much_pays_the_next_order),
        cmocka_unit_test(the_credit_of_a_period_that_never_began_pays_the_next_order),
    };
    return cmocka_run_group_tests(tests, money_rig_setup, money_rig_teardown);
}
