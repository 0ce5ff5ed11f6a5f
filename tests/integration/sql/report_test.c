/* report_test.c - "I have paid" that never comes true, the wish to end and to go on, and holds of what is over. */
#include "tests/lib/test.h"

#include <string.h>

#include "core/io/db/dbsync.h"
#include "sql_queries.h"
#include "tests/lib/money_rig.h"
#include "tests/lib/sql.h"

static struct id order(struct money_rig *f, const struct bought *b, const char *kind)
{
    struct id id = id_new();

    sql_run(f->platform, "select public.order_create('%s', '%s', '%s', '%s', null, '%s', 1, false, 29900, 1692, '{}', '{}', now() + "
            "interval '30 days', '%s', 'hash', '%s')", id.text, kind, b->customer.text, b->subscription.text,
            money_rig_edition(f, "team-monthly"), id.text, f->finance.id.text);
    return id;
}

/* The first month, from yesterday on. */
static void begun(struct money_rig *f, struct bought *b)
{
    money_rig_customer(f, b);
    b->order = order(f, b, "new");
    assert_string_equal("settled", sql_value(&f->arena, f->platform,
        "select (public.order_settle('%s', 1, '%s', 'stripe', '%s', 'card', 29900, 'CNY', now(), null, null, null, null, null, s.version, 1, "
        "current_date - 1, current_date + 29, now() - interval '1 day', now() + interval '29 days', current_date - 1, 1)) ->> 'result' from "
        "public.subscription s where s.id = '%s'", b->order.text, id_new().text, b->order.text, b->subscription.text));
}

static void report(struct money_rig *f, struct id order)
{
    sql_run(f->platform, "select public.order_report('%s', 'sent', now() + interval '3 days', '%s')", order.text, f->finance.id.text);
}

/* Holds that still hold, whether the subscription is held, open tasks. */
static const char *held(struct money_rig *f, const struct bought *b)
{
    return sql_value(&f->arena, f->platform, "select concat_ws('|', (select count(*) from public.hold h where h.subscription_id = s.id and "
                     "h.released_at is null), s.hold_until is not null, (select count(*) from public.finance_task t where t.customer_id = "
                     "s.customer_id and t.done_at is null)) from public.subscription s where s.id = '%s'", b->subscription.text);
}

static void a_report_that_did_not_come_true_is_given_up_by_finance(void **state)
{
    struct money_rig *f = *state;
    struct bought b;
    struct id renewal, again;

    begun(f, &b);
    renewal = order(f, &b, "renewal");
    report(f, renewal);
    assert_string_equal("1|t|1", held(f, &b));
    /* not by the customer, and no other edition meanwhile: it would be paid, and the choice lost */
    money_rig_refused(f->platform, "order_transition_invalid",
                      arena_format(&f->arena, "select public.order_cancel('%s', 'cancelled', null, null)", renewal.text));
    money_rig_refused(f->platform, "conflict: its renewal is said to be paid",
                      arena_format(&f->arena, "select public.subscription_next_edition('%s', 'team-yearly', '%s')", b.subscription.text,
                                   f->finance.id.text));
    sql_run(f->platform, "select public.order_give_up('%s', '%s', 'nothing came')", renewal.text, f->finance.id.text);
    assert_string_equal("cancelled", money_rig_order_state(f, renewal));
    assert_string_equal("0|f|0", held(f, &b));
    assert_string_equal("0", sql_value(&f->arena, f->platform, "select sum(amount_minor) from public.ledger_entry where account = 'AR:%s'",
                                       b.customer.text));
    /* the next order of the period may be reported, and holds nothing off */
    again = order(f, &b, "renewal");
    report(f, again);
    assert_string_equal("payment_reported", money_rig_order_state(f, again));
    assert_string_equal("0|f|1", held(f, &b));
}

static int drafts(struct money_rig *f, const struct bought *b)
{
    const char *params[2] = { "100", "00000000-0000-0000-0000-000000000000" };
    struct gov_err err = { 0 };
    PGresult *rows = dbsync_query(&f->arena, f->lifecycle, sql_queries[SQL_QUERIES_ORDER_PREFILL].text, 2, params, &err);
    int found = 0;

    if (!rows)
        fail_msg("%s %s", err.en, err.cause);
    for (int i = 0; i < PQntuples(rows); i++)
        found += strcmp(PQgetvalue(rows, i, 0), b->subscription.text) == 0;
    return found;
}

static void ends(struct money_rig *f, const struct bought *b, const char *end)
{
    sql_run(f->platform, "select public.subscription_end_with_period('%s', %s, '%s')", b->subscription.text, end, f->finance.id.text);
}

static struct id draft(struct money_rig *f, const struct bought *b)
{
    struct id id = id_new();

    assert_string_equal(id.text, sql_value(&f->arena, f->lifecycle, "select public.order_draft('%s', '%s', '%s', '%s', 29900, 1692, '{}', 24)",
                                           id.text, b->customer.text, b->subscription.text, money_rig_edition(f, "team-monthly")));
    return id;
}

static void who_ends_is_not_asked_for_the_next_period_and_who_goes_on_is(void **state)
{
    struct money_rig *f = *state;
    struct bought b;
    struct id first, second;

    begun(f, &b);
    sql_run(f->admin, "insert into public.lifecycle_action (subscription_id, period_no, action, window_code, status, due_at, as_of, "
            "as_of_date, done_at) values ('%s', 1, 'prefill', 'PREFILL', 'done', now(), now(), current_date, now() - interval '9 days')",
            b.subscription.text);
    first = draft(f, &b);
    sql_run(f->lifecycle, "select public.order_publish('%s', null)", first.text);
    ends(f, &b, "true");
    assert_string_equal("cancelled", money_rig_order_state(f, first));
    assert_string_equal("0", sql_value(&f->arena, f->platform, "select sum(amount_minor) from public.ledger_entry where account = 'AR:%s'",
                                       b.customer.text));
    assert_int_equal(0, drafts(f, &b));
    ends(f, &b, "false");
    assert_int_equal(1, drafts(f, &b));
    second = draft(f, &b);
    assert_int_equal(0, drafts(f, &b));
    /* one that finance has cancelled since is not drafted again */
    sql_run(f->platform, "select public.order_cancel('%s', 'cancelled', null, null)", second.text);
    assert_int_equal(0, drafts(f, &b));
    /* where money waits the order stays: finance has a task */
    struct id paid = order(f, &b, "renewal");
    assert_string_equal("partial", sql_value(&f->arena, f->platform, "select (public.order_settle('%s', 1, '%s', 'stripe', '%s', 'card', 1, "
        "'CNY', now(), null, null, null, null, null, null, null, null, null, null, null, null, null)) ->> 'result'", paid.text, id_new().text,
        paid.text));
    ends(f, &b, "true");
    assert_string_equal("pending_payment", money_rig_order_state(f, paid));
    assert_string_equal("2", sql_value(&f->arena, f->admin, "select count(*) from %s.audit_event where action = "
                                       "'subscription.ends_with_period'", b.tenant.schema));
}

static void what_is_shut_down_is_not_held_and_does_not_end_with_its_period(void **state)
{
    struct money_rig *f = *state;
    struct bought b;

    begun(f, &b);
    sql_run(f->admin, "select public.subscription_shut('%s', 'refund', '%s', null)", b.subscription.text, b.order.text);
    money_rig_refused(f->platform, "conflict: there is no shutdown to keep off any more; this is shutdown",
                      arena_format(&f->arena, "select public.hold_add('%s', '%s', 'courtesy', now() + interval '9 days', 'why', '%s')",
                                   id_new().text, b.subscription.text, f->finance.id.text));
    money_rig_refused(f->platform, "conflict: only what runs ends with its period, or goes on; this is shutdown",
                      arena_format(&f->arena, "select public.subscription_end_with_period('%s', true, '%s')", b.subscription.text,
                                   f->finance.id.text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_that_did_not_come_true_is_given_up_by_finance),
        cmocka_unit_test(who_ends_is_not_asked_for_the_next_period_and_who_goes_on_is),
        cmocka_unit_test(what_is_shut_down_is_not_held_and_does_not_end_with_its_period),
    };
    return cmocka_run_group_tests(tests, money_rig_setup, money_rig_teardown);
}
