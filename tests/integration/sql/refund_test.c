/* refund_test.c - money goes back to where it came from, to the cent, once a reference. */
#include "tests/lib/test.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "sql_queries.h"
#include "tests/lib/money_rig.h"
#include "tests/lib/sql.h"

static struct id allowed(struct money_rig *f, int64_t amount, const char *choice, const char *digest)
{
    struct id request = money_rig_ask(f, "order.refund", arena_format(&f->arena, "{\"amount_minor\": %lld, \"choice\": \"%s\"}",
                                                            (long long)amount, choice), digest);

    sql_run(f->platform, "%s", money_rig_vote(f, request, &f->second));
    return request;
}

static const char *refund(struct money_rig *f, struct id order, struct id id, int64_t amount, const char *reference, const char *choice)
{
    const char *digest = arena_format(&f->arena, "%s %s %lld %s", order.text, reference, (long long)amount, choice);

    return arena_format(&f->arena, "select public.order_refund('%s', '%s', %lld, '%s', 'why', '%s', '2030-01-10', '2030-01-10', '%s', "
                        "'%s', '%s')", order.text, id.text, (long long)amount, reference, choice, f->finance.id.text,
                        allowed(f, amount, choice, digest).text, digest);
}

/* An order of `amount` with `tax` in it, settled by `count` payments of two methods. */
static void settled_in_parts(struct money_rig *f, struct bought *b, int64_t amount, int64_t tax, const int64_t *parts, int count)
{
    money_rig_customer(f, b);
    sql_run(f->platform, "select public.order_create('%s', 'new', '%s', '%s', null, '%s', 1, false, %lld, %lld, '{}', '{}', "
            "now() + interval '30 days', null, null, null)", b->order.text, b->customer.text, b->subscription.text,
            money_rig_edition(f, "team-monthly"), (long long)amount, (long long)tax);
    for (int i = 0; i < count; i++)
        sql_run(f->platform, "select public.order_settle('%s', 1, '%s', 'p%d', '%s', 'm%d', %lld, 'CNY', now(), null, null, null, null, "
                "null, null, null, null, null, null, null, null, null)", b->order.text, id_new().text, i, b->order.text, i % 2,
                (long long)parts[i]);
    sql_run(f->platform, "select public.payment_apply((select array_agg(id) from public.payment where claimed_order = '%s'), '%s', "
            "(select version from public.orders where id = '%s'), null, (select version from public.subscription where id = '%s'), "
            "1, '2030-01-01', '2030-02-01', '2030-01-01 00:00+08', '2030-02-01 00:00+08', '2030-01-01', 1, null, null)",
            b->order.text, b->order.text, b->order.text, b->subscription.text);
    assert_string_equal("active", money_rig_order_state(f, b->order));
}

static const char *moved(struct money_rig *f, struct id order, const char *account)
{
    return sql_value(&f->arena, f->platform, "select coalesce(sum(e.amount_minor), 0) from public.ledger_entry e join public.ledger_txn t "
                     "on t.id = e.txn where e.account = '%s' and t.ref = '%s' and t.kind in ('invoice', 'refund')", account, order.text);
}

static void violations(struct money_rig *f, struct id order, int wanted)
{
    PGresult *broken = PQexec(f->platform, sql_queries[SQL_QUERIES_LIFECYCLE_CHECK].text);
    int found = 0;

    assert_int_equal(PGRES_TUPLES_OK, PQresultStatus(broken));
    for (int i = 0; i < PQntuples(broken); i++) {
        const char *subject = PQgetvalue(broken, i, 1);

        found += strstr(subject, order.text) != NULL ||
                 (text_starts(subject, "payment ") &&
                  sql_value(&f->arena, f->platform, "select 1 from public.payment where id = '%s' and claimed_order = '%s'",
                            subject + strlen("payment "), order.text) != NULL);
    }
    PQclear(broken);
    assert_int_equal(wanted, found);
}

static void a_refund_goes_back_to_the_payments_it_came_from(void **state)
{
    struct money_rig *f = *state;
    struct bought b;
    const int64_t parts[] = { 10000, 19000, 900 };

    settled_in_parts(f, &b, 29900, 1692, parts, 3);
    sql_run(f->platform, "%s", refund(f, b.order, id_new(), 20000, "r1", "keep"));
    /* largest first: 19000 of the second (m1), 1000 of the first (m0) */
    assert_string_equal("p0:1000 p1:19000", sql_value(&f->arena, f->platform, "select string_agg(p.provider || ':' || r.amount_minor, "
                        "' ' order by p.provider) from public.payment_return r join public.payment p on p.id = r.payment_id "
                        "where r.order_id = '%s'", b.order.text));
    assert_string_equal("-1000", moved(f, b.order, "CASH:m0"));
    assert_string_equal("-19000", moved(f, b.order, "CASH:m1"));
    violations(f, b.order, 0);
    sql_run(f->platform, "%s", refund(f, b.order, id_new(), 9900, "r2", "keep"));
    assert_string_equal("refunded", money_rig_order_state(f, b.order));
    assert_string_equal("-10900", moved(f, b.order, "CASH:m0"));
    assert_string_equal("-19000", moved(f, b.order, "CASH:m1"));
    violations(f, b.order, 0);
    /* the check can fail */
    sql_run(f->admin, "begin; insert into public.payment_return (id, payment_id, order_id, amount_minor, reference, reason) "
            "select gen_random_uuid(), id, '%s', 1, 'planted', 'x' from public.payment where claimed_order = '%s' and provider = 'p1'; commit",
            b.order.text, b.order.text);
    violations(f, b.order, 3);
    sql_run(f->admin, "set session_replication_role = replica; delete from public.payment_return where reference = 'planted'; "
            "set session_replication_role = default");
}

static void the_tax_of_partial_refunds_adds_up(void **state)
{
    struct money_rig *f = *state;
    unsigned seed = 11;

    for (int round = 0; round < 12; round++) {
        int64_t amount = 500 + (int64_t)(rand_r(&seed) % 5000), tax = rand_r(&seed) % amount / 5, left = amount;
        const int64_t parts[] = { amount / 3, amount / 2, amount - amount / 3 - amount / 2 };
        struct bought b;

        settled_in_parts(f, &b, amount, tax, parts, 3);
        for (int n = 0; left > 0; n++) {
            int64_t part = n == 7 ? left : 1 + rand_r(&seed) % left;

            sql_run(f->platform, "%s", refund(f, b.order, id_new(), part, arena_format(&f->arena, "t%d", n), "keep"));
            left -= part;
        }
        assert_string_equal("refunded", money_rig_order_state(f, b.order));
        assert_string_equal("0", moved(f, b.order, "TAX_PAYABLE"));
        assert_string_equal(arena_format(&f->arena, "%lld", (long long)(amount - tax)), moved(f, b.order, "REFUNDS"));
        violations(f, b.order, 0);
    }
}

static void a_reference_is_one_refund(void **state)
{
    struct money_rig *f = *state;
    struct bought b;
    struct id id = id_new();

    settled_in_parts(f, &b, 29900, 1692, (const int64_t[]){ 19900, 10000 }, 2);
    sql_run(f->platform, "%s", refund(f, b.order, id, 25000, "same", "keep"));
    sql_run(f->platform, "%s", refund(f, b.order, id, 25000, "same", "keep")); /* told again */
    money_rig_refused(f->platform, "idempotency_mismatch", refund(f, b.order, id, 100, "same", "keep"));
    money_rig_refused(f->platform, "idempotency_mismatch", refund(f, b.order, id, 25000, "same", "shutdown"));
    assert_string_equal("25000", sql_value(&f->arena, f->platform, "select refunded_minor from public.orders where id = '%s'", b.order.text));
    violations(f, b.order, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refund_goes_back_to_the_payments_it_came_from),
        cmocka_unit_test(the_tax_of_partial_refunds_adds_up),
        cmocka_unit_test(a_reference_is_one_refund),
    };
    return cmocka_run_group_tests(tests, money_rig_setup, money_rig_teardown);
}
