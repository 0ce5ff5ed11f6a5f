/* subscription_task_test.c - a task about a subscription ends with what it is about, and comes again when that does. */
#include "tests/lib/test.h"

#include <string.h>

#include "tests/lib/money_rig.h"
#include "tests/lib/sql.h"

/* The next month of 2030, ordered and paid. */
static void pay(struct money_rig *f, const struct bought *b, const char *kind, int month)
{
    struct id order = id_new();

    sql_run(f->platform, "select public.order_create('%s', '%s', '%s', '%s', null, '%s', 1, false, 29900, 1692, '{}', '{}', now() + "
            "interval '30 days', '%s', 'hash', '%s')", order.text, kind, b->customer.text, b->subscription.text,
            money_rig_edition(f, "team-monthly"), order.text, f->finance.id.text);
    assert_string_equal("settled", sql_value(&f->arena, f->platform,
        "select (public.order_settle('%s', (select version from public.orders where id = '%s'), '%s', 'stripe', '%s', 'card', 29900, "
        "'CNY', now(), null, null, null, null, null, s.version, s.period_no + 1, '2030-%02d-01', '2030-%02d-01', '2030-%02d-01 00:00+08', "
        "'2030-%02d-01 00:00+08', '2030-01-01', 1)) ->> 'result' from public.subscription s where s.id = '%s'", order.text, order.text,
        id_new().text, order.text, month, month + 1, month, month + 1, b->subscription.text));
}

static const char *task(struct money_rig *f, const struct bought *b, const char *kind)
{
    return sql_value(&f->arena, f->admin, "select coalesce((select string_agg(coalesce(outcome, 'open') || case done_by when '%s' then "
                     "' by finance' else '' end, ', ') from public.finance_task where kind = '%s' and ref = '%s'), 'none')",
                     f->finance.id.text, kind, b->subscription.text);
}

static void set_aside(struct money_rig *f, const struct bought *b)
{
    for (int i = 0; i < 5; i++)
        sql_run(f->lifecycle, "select public.subscription_put_off('%s', 'its zone is not known')", b->subscription.text);
    assert_string_equal("open", task(f, b, "subscription_set_aside"));
}

static void what_was_set_aside_is_no_task_once_it_is_paid(void **state)
{
    struct money_rig *f = *state;
    struct bought b;

    money_rig_customer(f, &b);
    pay(f, &b, "new", 1);
    set_aside(f, &b);
    pay(f, &b, "renewal", 2);
    assert_string_equal("done by itself", task(f, &b, "subscription_set_aside"));
    set_aside(f, &b);
    sql_run(f->platform, "select public.subscription_retry('%s', '%s')", b.subscription.text, f->finance.id.text);
    assert_string_equal("tried again by finance", task(f, &b, "subscription_set_aside"));
}

static void shut_down_and_propose(struct money_rig *f, const struct bought *b)
{
    sql_run(f->admin, "select public.subscription_shut('%s', 'refund', 'r', null)", b->subscription.text);
    sql_run(f->lifecycle, "select public.termination_propose('%s', public.lifecycle_now())", b->subscription.text);
    assert_string_equal("open", task(f, b, "termination_proposed"));
}

static struct id approved(struct money_rig *f, const char *action)
{
    struct id request = money_rig_ask(f, action, "{}", "digest");

    sql_run(f->platform, "%s", money_rig_vote(f, request, &f->second));
    return request;
}

static void a_proposal_ends_with_the_end_and_comes_with_the_next(void **state)
{
    struct money_rig *f = *state;
    struct bought b;

    money_rig_customer(f, &b);
    pay(f, &b, "new", 1);
    shut_down_and_propose(f, &b);
    pay(f, &b, "renewal", 2);
    assert_string_equal("paid", task(f, &b, "termination_proposed"));
    shut_down_and_propose(f, &b);
    sql_run(f->platform, "select public.subscription_override('%s', now() + interval '10 days', 'why', '%s', '%s', 'digest')",
            b.subscription.text, f->finance.id.text, approved(f, "subscription.override").text);
    assert_string_equal("goes on by finance", task(f, &b, "termination_proposed"));
    shut_down_and_propose(f, &b);
    set_aside(f, &b);
    sql_run(f->admin, "update public.subscription set state_entered_at = now() - interval '100 days', termination_notice_at = now() - "
            "interval '8 days' where id = '%s'", b.subscription.text);
    sql_run(f->admin, "insert into public.outbox (action_key, event, channel, endpoint, tenant_id, subscription_id, payload, message_id, "
            "next_at, state, ended_at) select 'r7', 'subscription.reminder', 'email', 'a@b.example', tenant_id, id, jsonb_build_object("
            "'window', 'R-7', 'period_no', period_no, 'round', 1), 'r7', now(), 'sent', now() from public.subscription where id = '%s'",
            b.subscription.text);
    sql_run(f->platform, "select public.subscription_terminate('%s', '%s', '%s', 'digest')", b.subscription.text, f->finance.id.text,
            approved(f, "subscription.terminate").text);
    assert_string_equal("terminated by finance", task(f, &b, "termination_proposed"));
    assert_string_equal("terminated by finance", task(f, &b, "subscription_set_aside"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_set_aside_is_no_task_once_it_is_paid),
        cmocka_unit_test(a_proposal_ends_with_the_end_and_comes_with_the_next),
    };
    return cmocka_run_group_tests(tests, money_rig_setup, money_rig_teardown);
}
