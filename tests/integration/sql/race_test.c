/* race_test.c - two at once about the same money: what was read before a lock is not believed after it. */
#include "tests/lib/test.h"

#include <string.h>
#include <time.h>

#include "core/base/clock.h"
#include "tests/lib/money_rig.h"
#include "tests/lib/sql.h"

/* Begun in another connection: it waits for us, or has ended. */
static void begin_there(struct money_rig *f, PGconn *there, const char *statement)
{
    assert_true(PQsendQuery(there, statement));
    for (int64_t until = clock_mono_us() + 60000000;;) {
        PQconsumeInput(there);
        if (!PQisBusy(there) || strcmp("t", sql_value(&f->arena, f->admin, "select exists (select from pg_catalog.pg_locks l where l.pid = %d "
                                                      "and not l.granted)", PQbackendPID(there))) == 0)
            return;
        assert_true(clock_mono_us() < until);
        nanosleep(&(struct timespec){ 0, 5000000 }, NULL);
    }
}

/* Its end: "" or what it was refused with. */
static const char *end_there(struct money_rig *f, PGconn *there)
{
    PGresult *answer = PQgetResult(there);
    const char *message = PQresultErrorField(answer, PG_DIAG_MESSAGE_PRIMARY);

    message = arena_text(&f->arena, message ? message : "");
    PQclear(answer);
    assert_null(PQgetResult(there));
    return message;
}

static void a_customer(struct money_rig *f, struct bought *b)
{
    money_rig_customer(f, b);
    sql_run(f->admin, "update public.subscription set state = 'active' where id = '%s'", b->subscription.text);
}

static const char *hold(struct money_rig *f, const struct bought *b, struct id id, const char *days)
{
    return arena_format(&f->arena, "select public.hold_add('%s', '%s', 'courtesy', now() + interval '%s days', 'why', '%s')", id.text,
                        b->subscription.text, days, f->finance.id.text);
}

/* Paid by card, for the days from so many days off today on. */
static const char *pay(struct money_rig *f, const struct bought *b, struct id order, const char *amount, int from, int to)
{
    return arena_format(&f->arena,
        "select (public.order_settle(o.id, o.version, gen_random_uuid(), 'stripe', gen_random_uuid()::text, 'card', %s, 'CNY', now(), null, null, "
        "null, null, null, s.version, s.period_no + 1, d.day + %d, d.day + %d, now() + interval '%d days', now() + interval '%d days', "
        "d.day + %d, 1)) ->> 'result' from public.orders o, public.subscription s, (select (now() at time zone 'Asia/Shanghai')::date as day) d "
        "where o.id = '%s' and s.id = '%s'", amount, from, to, from, to, from, order.text, b->subscription.text);
}

/* All of a customer's first order goes back. */
static const char *refund(struct money_rig *f, const struct bought *b, const char *choice)
{
    struct id id = id_new(), approval = money_rig_ask(f, "order.refund", arena_format(&f->arena, "{\"order\": \"%s\"}", b->order.text), id.text);

    sql_run(f->platform, "%s", money_rig_vote(f, approval, &f->second));
    return arena_format(&f->arena, "select public.order_refund('%s', '%s', 29900, '%s', 'why', '%s', (now() at time zone 'Asia/Shanghai')::date, "
                        "now(), '%s', '%s', '%s')", b->order.text, id.text, id.text, choice, f->finance.id.text, approval.text, id.text);
}

/* A year instead, as the API writes it: its price lowered by the rest of a period that was worth so much when it was quoted. */
static const char *upgrade_order(struct money_rig *f, const struct bought *b, struct id id, int period, int worth)
{
    return arena_format(&f->arena, "select public.order_create('%s', 'upgrade', '%s', '%s', null, '%s', 1, false, 281000, 0, '{\"credit_minor\": "
                        "18000, \"credit_period\": %d, \"credit_of_minor\": %d}', '{\"restart\": true}', now() + interval '9 days', '%s', 'hash', "
                        "null)", id.text, b->customer.text, b->subscription.text, money_rig_edition(f, "team-yearly"), period, worth, id.text);
}

static void a_hold_that_is_added_while_another_is_released_holds(void **state)
{
    struct money_rig *f = *state;
    PGconn *there = pg_server_connect(&f->server, &f->arena, "execgov_platform");
    struct id first = id_new(), second = id_new();
    struct bought b;

    a_customer(f, &b);
    sql_run(f->platform, "%s", hold(f, &b, first, "5"));
    sql_run(f->platform, "begin");
    sql_run(f->platform, "%s", hold(f, &b, second, "9"));
    begin_there(f, there, arena_format(&f->arena, "select public.hold_release('%s', '%s')", first.text, f->finance.id.text));
    sql_run(f->platform, "commit");
    assert_string_equal("", end_there(f, there));
    assert_string_equal("t", sql_value(&f->arena, f->admin, "select coalesce(s.hold_until = h.until_at, false) from public.subscription s, "
                                       "public.hold h where s.id = '%s' and h.id = '%s'", b.subscription.text, second.text));
}

/* A month that runs since ten days, paid. */
static void running(struct money_rig *f, struct bought *b)
{
    money_rig_customer(f, b);
    sql_run(f->platform, "%s", money_rig_order_new(f, b, b->order, "new", "first"));
    sql_run(f->platform, "%s", pay(f, b, b->order, "29900", -10, 20));
}

static void a_rest_that_was_given_back_lowers_no_price(void **state)
{
    struct money_rig *f = *state;
    PGconn *there = pg_server_connect(&f->server, &f->arena, "execgov_platform");
    struct id upgrade = id_new();
    struct bought b;

    running(f, &b);
    /* quoted before the refund's commit, ordered behind it */
    sql_run(f->platform, "begin");
    sql_run(f->platform, "%s", refund(f, &b, "keep"));
    begin_there(f, there, upgrade_order(f, &b, upgrade, 1, 29900));
    sql_run(f->platform, "commit");
    assert_non_null(strstr(end_there(f, there), "conflict: what is left of its period"));
    assert_null(sql_value(&f->arena, f->platform, "select id from public.orders where id = '%s'", upgrade.text));
    /* one that was not touched is as it was quoted */
    running(f, &b);
    sql_run(f->platform, "%s", upgrade_order(f, &b, upgrade, 1, 29900));
    assert_string_equal("settled", sql_value(&f->arena, f->platform, "%s", pay(f, &b, upgrade, "281000", 0, 365)));
    /* the month was taken over by that: another is not lowered by it */
    money_rig_refused(f->platform, "conflict: what is left of its period", upgrade_order(f, &b, id_new(), 1, 29900));
}

/* Of days that were paid for nothing is cut off but what the order's price was lowered by. */
static void a_change_of_edition_ends_no_period_that_it_does_not_credit(void **state)
{
    struct money_rig *f = *state;
    struct id upgrade = id_new(), renewal = id_new(), plain = id_new();
    struct bought b;

    running(f, &b);
    sql_run(f->platform, "%s", upgrade_order(f, &b, upgrade, 1, 29900));
    sql_run(f->admin, "update public.subscription_period set start_date = start_date - 30, end_date = end_date - 30, start_at = start_at - interval "
            "'30 days', end_at = end_at - interval '30 days' where subscription_id = '%s'", b.subscription.text);
    sql_run(f->platform, "%s", money_rig_order_new(f, &b, renewal, "renewal", "next"));
    sql_run(f->platform, "%s", pay(f, &b, renewal, "29900", -10, 20));
    assert_string_equal("late", sql_value(&f->arena, f->platform, "%s", pay(f, &b, upgrade, "281000", 0, 365)));
    assert_string_equal("pending_payment", money_rig_order_state(f, upgrade));
    assert_string_equal("2|f", sql_value(&f->arena, f->platform, "select concat_ws('|', count(*), bool_or(closed_date is not null)) from "
                                         "public.subscription_period where subscription_id = '%s'", b.subscription.text));
    assert_string_equal("1", sql_value(&f->arena, f->platform, "select count(*) from public.finance_task where order_id = '%s' and kind = "
                                       "'payment_late' and done_at is null", upgrade.text));
    /* one that was ordered while nothing ran, and is paid when something does */
    running(f, &b);
    sql_run(f->platform, "select public.order_create('%s', 'upgrade', '%s', '%s', null, '%s', 1, false, 299000, 0, '{}', '{\"restart\": true}', "
            "now() + interval '9 days', 'plain', 'hash', null)", plain.text, b.customer.text, b.subscription.text,
            money_rig_edition(f, "team-yearly"));
    assert_string_equal("late", sql_value(&f->arena, f->platform, "%s", pay(f, &b, plain, "299000", 0, 365)));
    /* what was given back whole is nobody's loss */
    sql_run(f->platform, "%s", refund(f, &b, "keep"));
    assert_string_equal("settled", sql_value(&f->arena, f->platform, "%s", pay(f, &b, plain, "299001", 0, 365)));
}

/* Both look before either is written. */
static void two_returns_of_one_payment_are_not_asked_for_at_once(void **state)
{
    static const char ask[] = "select public.approval_open('%s', 'payment.return', '{\"payment\": \"%s\", \"id\": \"%s\"}', '%s', 'why', '%s', "
                              "null)";
    struct money_rig *f = *state;
    PGconn *there = pg_server_connect(&f->server, &f->arena, "execgov_platform");
    struct id payment = id_new(), one = id_new(), two = id_new();

    sql_run(f->platform, "begin");
    sql_run(f->platform, ask, id_new().text, payment.text, one.text, one.text, f->finance.id.text);
    begin_there(f, there, arena_format(&f->arena, ask, id_new().text, payment.text, two.text, two.text, f->second.id.text));
    sql_run(f->platform, "commit");
    assert_non_null(strstr(end_there(f, there), "conflict: giving back that payment waits for approval already"));
}

/* What the task of a dispute says is about the payment, and not that it is not in the books. */
static void assert_dispute_found(struct money_rig *f, const char *txn)
{
    assert_string_equal("1", sql_value(&f->arena, f->admin, "select count(*) from public.finance_task c join public.payment p on p.id = "
                                       "c.payment_id where c.kind = 'payment_disputed' and p.provider_txn = '%s' and c.detail #>> "
                                       "'{remedy,en}' not like '%%not in the books%%'", txn));
}

static const char *dispute(struct money_rig *f, const char *txn)
{
    return arena_format(&f->arena, "select public.payment_dispute_told('stripe', '{\"kind\": \"disputed\", \"refund\": \"dp_%s\", \"txn\": "
                        "\"%s\"}')", txn, txn);
}

static void a_dispute_that_is_told_while_its_payment_is_written_is_about_it(void **state)
{
    struct money_rig *f = *state;
    PGconn *there = pg_server_connect(&f->server, &f->arena, "postgres");
    struct bought b;

    money_rig_buy(f, &b);
    /* told, and the payment is written before that is */
    sql_run(f->admin, "begin");
    sql_run(f->admin, "%s", dispute(f, "told-first"));
    begin_there(f, there, money_rig_settle(f, &b, b.order, "told-first", "29900", "CNY", 1));
    sql_run(f->admin, "commit");
    assert_string_equal("", end_there(f, there));
    assert_dispute_found(f, "told-first");
    /* the payment is at its end, and told of before that */
    money_rig_buy(f, &b);
    sql_run(f->platform, "begin");
    sql_run(f->platform, "%s", money_rig_settle(f, &b, b.order, "paid-first", "29900", "CNY", 1));
    sql_run(f->platform, "set constraints all immediate");
    begin_there(f, there, dispute(f, "paid-first"));
    sql_run(f->platform, "commit");
    assert_string_equal("", end_there(f, there));
    assert_dispute_found(f, "paid-first");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hold_that_is_added_while_another_is_released_holds),
        cmocka_unit_test(a_rest_that_was_given_back_lowers_no_price),
        cmocka_unit_test(a_change_of_edition_ends_no_period_that_it_does_not_credit),
        cmocka_unit_test(two_returns_of_one_payment_are_not_asked_for_at_once),
        cmocka_unit_test(a_dispute_that_is_told_while_its_payment_is_written_is_about_it),
    };
    return cmocka_run_group_tests(tests, money_rig_setup, money_rig_teardown);
}
