/* order_act_test.c - a paid order whose period cannot be reckoned gives up its place, says why and what helps, and goes on. */
#include "core/store/money/order_act.h"

#include <string.h>

#include "core/base/json.h"
#include "tests/lib/db_rig.h"
#include "tests/lib/op_probe.h"
#include "tests/lib/sql.h"
#include "tests/lib/test.h"

struct fixture {
    struct db_rig rig;
    struct db *db;
    PGconn *admin;
};

static int setup(void **state)
{
    static struct fixture f;

    db_rig_start(&f.rig);
    f.admin = pg_server_connect(&f.rig.server, &f.rig.arena, "postgres");
    f.db = db_rig_pool(&f.rig, "orders", (struct db_options){ 0 });
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    db_stop(f->db);
    db_rig_stop(&f->rig);
    return 0;
}

/* An order for a team that has to be made. */
static struct id ordered(struct fixture *f)
{
    struct id customer = id_new(), subscription = id_new(), order = id_new();

    sql_run(f->admin, "insert into public.customer (id, kind, name) values ('%s', 'company', 'Late Ltd')", customer.text);
    sql_run(f->admin, "select public.subscription_open('%s', '%s', null, (select id from public.edition_version where edition = "
            "'team-monthly' and ver = 1), 'Asia/Shanghai')", subscription.text, customer.text);
    sql_run(f->admin, "select public.order_create('%s', 'new', '%s', '%s', null, (select id from public.edition_version where edition = "
            "'team-monthly' and ver = 1), 1, false, 29900, 1692, '{}', '{}', now() + interval '30 days', null, null, null)", order.text,
            customer.text, subscription.text);
    return order;
}

/* … and its money is there. */
static struct id paid(struct fixture *f)
{
    struct id order = ordered(f);

    sql_run(f->admin, "select public.order_settle('%s', 1, '%s', 'stripe', '%s', 'card', 29900, 'CNY', now(), null, null, null, null, null, "
            "null, null, null, null, null, null, null, null)", order.text, id_new().text, order.text);
    return order;
}

static void begin(struct op *op, void *act)
{
    order_act_start(op, act);
}

/* The state after trying it. */
static const char *activated(struct fixture *f, struct id order)
{
    struct order_act act = { .db = f->db, .kind = ORDER_ACTIVATE, .order = order.text };
    struct op_probe probe = { 0 };

    assert_true(op_probe_run(&probe, &f->rig.loop, begin, &act));
    if (act.op.failed)
        fail_msg("%s %s", act.op.err.en, act.op.err.cause);
    op_release(&probe.op);
    return sql_value(&f->rig.arena, f->admin, "select state from public.orders where id = '%s'", order.text);
}

static const char *task(struct fixture *f, struct id order, const char *language)
{
    return sql_value(&f->rig.arena, f->admin, "select coalesce((select (detail ->> 'problem') || ' > ' || (detail #>> '{remedy,%s}') from "
                     "public.finance_task where kind = 'activation_failed' and order_id = '%s' and done_at is null), 'none')", language,
                     order.text);
}

static void assert_put_off(struct fixture *f, struct id order)
{
    assert_string_equal("t", sql_value(&f->rig.arena, f->admin, "select attempt_at > now() from public.orders where id = '%s'", order.text));
}

static void what_it_is_reckoned_from_is_mended_and_it_goes_on(void **state)
{
    struct fixture *f = *state;
    struct id order = paid(f);

    sql_run(f->admin, "update public.subscription set tz = 'Mars/Base' where id = (select subscription_id from public.orders where id = '%s')",
            order.text);
    assert_string_equal("activation_failed", activated(f, order));
    assert_put_off(f, order);
    assert_non_null(strstr(task(f, order, "en"), "Mars/Base"));
    assert_non_null(strstr(task(f, order, "en"), "execgov order activate"));
    assert_non_null(strstr(task(f, order, "zh-CN"), "时区"));
    sql_run(f->admin, "select public.subscription_timezone(subscription_id, 'Asia/Shanghai', null) from public.orders where id = '%s'", order.text);
    assert_string_equal("active", activated(f, order));
    assert_string_equal("none", task(f, order, "en"));
}

static void of_what_is_over_the_money_goes_back(void **state)
{
    struct fixture *f = *state;
    struct id order = paid(f);

    sql_run(f->admin, "update public.subscription set state = 'terminated' where id = (select subscription_id from public.orders where id = "
            "'%s')", order.text);
    assert_string_equal("activation_failed", activated(f, order));
    assert_put_off(f, order);
    assert_non_null(strstr(task(f, order, "en"), "execgov order refund"));
}

/* Nobody paid it, or it is over: it is refused with what helps, and the order is as it was. */
static void what_is_not_paid_is_refused(void **state)
{
    static const char *const states[] = { "draft", "pending_payment", "payment_reported", "cancelled", "expired", "refunded" };
    struct fixture *f = *state;
    struct id order = paid(f);

    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        struct order_act act = { .db = f->db, .kind = ORDER_ACTIVATE, .order = order.text };
        struct op_probe probe = { 0 };

        sql_run(f->admin, "update public.orders set state = '%s', publish_at = case when '%s' = 'draft' then now() end where id = '%s'",
                states[i], states[i], order.text);
        assert_true(op_probe_run(&probe, &f->rig.loop, begin, &act));
        assert_true(act.op.failed);
        assert_int_equal(GOV_ORDER_TRANSITION_INVALID, act.op.err.code);
        assert_non_null(strstr(act.op.err.en, states[i]));
        assert_non_null(strstr(act.op.err.en, "execgov order confirm"));
        assert_non_null(strstr(act.op.err.zh, "登记付款"));
        op_release(&probe.op);
        assert_string_equal("0", sql_value(&f->rig.arena, f->admin, "select attempts from public.orders where id = '%s'", order.text));
        assert_string_equal("none", task(f, order, "en"));
    }
}

/* Two seconds are as long as a transaction waits for another one's rows; then it is tried again. */
static void who_holds_a_row_for_three_seconds_does_not_turn_a_payment_away(void **state)
{
    struct fixture *f = *state;
    struct id order = ordered(f);
    PGconn *other = pg_server_connect(&f->rig.server, &f->rig.arena, "postgres");
    struct order_act act = { .db = f->db, .kind = ORDER_SETTLE, .order = order.text,
                             .payment = { .id = id_new(), .provider = "stripe", .txn = order.text, .method = "card", .amount_minor = 29900,
                                          .currency = "CNY", .received_at = "2026-11-26T00:00:00Z" } };
    struct op_probe probe = { 0 };

    sql_run(other, "begin");
    sql_run(other, "select from public.customer where id = (select customer_id from public.orders where id = '%s') for update", order.text);
    assert_int_equal(1, PQsendQuery(other, "select pg_sleep(3); commit"));
    assert_true(op_probe_run(&probe, &f->rig.loop, begin, &act));
    if (act.op.failed)
        fail_msg("%s %s", act.op.err.en, act.op.err.cause);
    assert_string_equal("settled", json_get_text(act.result, "result"));
    op_release(&probe.op);
    for (PGresult *left; (left = PQgetResult(other));)
        PQclear(left);
    assert_string_equal("1", sql_value(&f->rig.arena, f->admin, "select count(*) from public.payment_application where order_id = '%s'", order.text));
}

/* Waits of two seconds in the database's functions are of 50 ms here. Its failure cannot be written to it either, while it is held. */
static void who_holds_a_row_for_longer_is_waited_for_seven_times_and_nothing_is_counted(void **state)
{
    struct fixture *f = *state;
    struct id order = paid(f);
    PGconn *holder = pg_server_connect(&f->rig.server, &f->rig.arena, "postgres");
    struct order_act act = { .db = f->db, .kind = ORDER_ACTIVATE, .order = order.text };
    struct op_probe probe = { 0 };

    sql_run(f->admin, "do $$ declare f oid; begin for f in select oid from pg_proc where 'lock_timeout=2s' = any (proconfig) loop "
            "execute format('alter function %%s set lock_timeout = ''50ms''', f::regprocedure); end loop; end $$");
    sql_run(holder, "begin; select from public.orders where id = '%s' for update", order.text);
    op_probe_run(&probe, &f->rig.loop, begin, &act);
    assert_true(act.op.failed);
    assert_int_equal(7, act.tries);
    assert_int_equal(GOV_STORE_UNAVAILABLE, act.op.err.code);
    assert_true(act.op.err.contended);
    assert_non_null(strstr(act.op.err.en, "another transaction holds"));
    assert_non_null(strstr(act.op.err.zh, "另一事务"));
    op_release(&probe.op);
    sql_run(holder, "rollback");
    assert_string_equal("activating 0", sql_value(&f->rig.arena, f->admin, "select state || ' ' || attempts from public.orders where id = '%s'",
                                                  order.text));
    assert_string_equal("active", activated(f, order));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_is_reckoned_from_is_mended_and_it_goes_on),
        cmocka_unit_test(of_what_is_over_the_money_goes_back),
        cmocka_unit_test(what_is_not_paid_is_refused),
        cmocka_unit_test(who_holds_a_row_for_three_seconds_does_not_turn_a_payment_away),
        cmocka_unit_test(who_holds_a_row_for_longer_is_waited_for_seven_times_and_nothing_is_counted), /* last: it changes the waits */
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
