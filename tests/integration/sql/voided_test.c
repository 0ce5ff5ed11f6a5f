/* voided_test.c - a period that was paid ahead and never begins: its money is credit, and goes back like any other. */
#include "tests/lib/test.h"

#include <stdlib.h>
#include <string.h>

#include "sql_queries.h"
#include "tests/lib/money_rig.h"
#include "tests/lib/sql.h"

static void order_new(struct money_rig *f, const struct bought *b, struct id id, const char *kind, const char *edition, int amount,
                      const char *terms)
{
    sql_run(f->platform, "select public.order_create('%s', '%s', '%s', '%s', null, '%s', 1, false, %d, 1692, '{}', '%s', now() + "
            "interval '30 days', '%s', 'hash', '%s')", id.text, kind, b->customer.text, b->subscription.text,
            money_rig_edition(f, edition), amount, terms, id.text, f->finance.id.text);
}

static void settle(struct money_rig *f, const struct bought *b, struct id order, const char *txn, int amount, const char *first,
                   const char *last)
{
    const char *result = sql_value(&f->arena, f->platform,
        "select (public.order_settle('%s', (select version from public.orders where id = '%s'), '%s', 'stripe', '%s', 'card', %d, 'CNY', "
        "now(), null, null, null, null, null, (select version from public.subscription where id = '%s'), (select period_no + 1 from "
        "public.subscription where id = '%s'), '%s', '%s', '%s 00:00+08', '%s 00:00+08', '%s', 1)) ->> 'result'",
        order.text, order.text, id_new().text, txn, amount, b->subscription.text, b->subscription.text, first, last, first, last, first);

    assert_string_equal("settled", result);
}

static struct id allowed(struct money_rig *f, const char *action, const char *params, const char *digest)
{
    struct id request = money_rig_ask(f, action, params, digest);

    sql_run(f->platform, "%s", money_rig_vote(f, request, &f->second));
    return request;
}

static const char *refund(struct money_rig *f, struct id order, int amount, const char *reference)
{
    const char *params = arena_format(&f->arena, "{\"amount_minor\": %d, \"choice\": \"keep\"}", amount);

    return arena_format(&f->arena, "select public.order_refund('%s', '%s', %d, '%s', 'why', 'keep', '2030-01-10', '2030-01-10', '%s', '%s', "
                        "'%s')", order.text, id_new().text, amount, reference, f->finance.id.text,
                        allowed(f, "order.refund", params, reference).text, reference);
}

static const char *give_back(struct money_rig *f, const char *txn, const char *reference)
{
    return arena_format(&f->arena, "select public.payment_give_back((select id from public.payment where provider_txn = '%s'), '%s', '%s', "
                        "'why', '%s', '%s', '%s') #>> '{amount,amount_minor}'", txn, id_new().text, reference, f->finance.id.text,
                        allowed(f, "payment.return", "{}", reference).text, reference);
}

static int64_t held(struct money_rig *f, const char *account, const char *ref)
{
    return atoll(sql_value(&f->arena, f->platform, "select coalesce(sum(e.amount_minor), 0) from public.ledger_entry e join "
                           "public.ledger_txn t on t.id = e.txn where e.account = '%s' and t.ref like '%s'", account, ref));
}

static void assert_whole(struct money_rig *f)
{
    PGresult *rows = PQexec(f->platform, sql_queries[SQL_QUERIES_LIFECYCLE_CHECK].text);

    assert_int_equal(PGRES_TUPLES_OK, PQresultStatus(rows));
    for (int i = 0; i < PQntuples(rows); i++) /* the subscription itself lives in the months of 2030 */
        if (strcmp(PQgetvalue(rows, i, 0), "I1") == 0 || strcmp(PQgetvalue(rows, i, 0), "I8") == 0)
            fail_msg("%s %s: %s", PQgetvalue(rows, i, 0), PQgetvalue(rows, i, 1), PQgetvalue(rows, i, 2));
    PQclear(rows);
}

/* A month that is under way, and the next one paid ahead with 100 too much; then a year begins in the middle of the first. */
static struct id paid_ahead(struct money_rig *f, struct bought *b, const char *name, int refunded)
{
    struct id ahead = id_new(), year = id_new();

    money_rig_customer(f, b);
    order_new(f, b, b->order, "new", "team-monthly", 29900, "{}");
    settle(f, b, b->order, arena_format(&f->arena, "%s 1", name), 29900, "2030-01-01", "2030-02-01");
    order_new(f, b, ahead, "renewal", "team-monthly", 29900, "{}");
    settle(f, b, ahead, arena_format(&f->arena, "%s 2", name), 30000, "2030-02-01", "2030-03-01");
    if (refunded)
        sql_run(f->platform, "%s", refund(f, ahead, refunded, arena_format(&f->arena, "%s part", name)));
    order_new(f, b, year, "upgrade", "team-yearly", 279000, "{\"restart\": true}");
    settle(f, b, year, arena_format(&f->arena, "%s 3", name), 279000, "2030-01-10", "2031-01-10");
    return ahead;
}

static void what_was_paid_for_it_goes_back_like_an_overpayment(void **state)
{
    struct money_rig *f = *state;
    struct bought b;
    struct id ahead = paid_ahead(f, &b, "a", 0);
    const char *account = arena_format(&f->arena, "CUSTOMER_CREDIT:%s", b.customer.text);

    assert_int_equal(-30000, held(f, account, "%"));
    assert_whole(f);
    money_rig_refused(f->platform, "conflict: its period never began", refund(f, ahead, 100, "a besides"));
    assert_string_equal("30000", sql_value(&f->arena, f->platform, "%s", give_back(f, "a 2", "a back")));
    assert_int_equal(0, held(f, account, "%"));
    assert_string_equal("0", sql_value(&f->arena, f->platform, "select count(*) from public.finance_task where kind = 'period_voided' and "
                                       "order_id = '%s' and done_at is null", ahead.text));
    money_rig_refused(f->platform, "conflict: this payment has settled an order", give_back(f, "a 2", "a again"));
    money_rig_refused(f->platform, "conflict: this payment has settled an order", give_back(f, "a 1", "a other"));
    assert_whole(f);
}

static void what_was_refunded_of_it_before_is_not_owed_again(void **state)
{
    struct money_rig *f = *state;
    struct bought b;
    struct id ahead = paid_ahead(f, &b, "b", 5000);

    assert_int_equal(-25000, held(f, arena_format(&f->arena, "CUSTOMER_CREDIT:%s", b.customer.text), "%"));
    assert_int_equal(0, held(f, "REFUNDS", ahead.text));
    assert_int_equal(0, held(f, "TAX_PAYABLE", ahead.text));
    assert_int_equal(0, held(f, "DEFERRED_REVENUE", ahead.text));
    assert_whole(f);
    assert_string_equal("25000", sql_value(&f->arena, f->platform, "%s", give_back(f, "b 2", "b back")));
    assert_string_equal("30000", sql_value(&f->arena, f->platform, "select sum(amount_minor) from public.payment_return where payment_id = "
                                           "(select id from public.payment where provider_txn = 'b 2')"));
    assert_whole(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_paid_for_it_goes_back_like_an_overpayment),
        cmocka_unit_test(what_was_refunded_of_it_before_is_not_owed_again),
    };
    return cmocka_run_group_tests(tests, money_rig_setup, money_rig_teardown);
}
