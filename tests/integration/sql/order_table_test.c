/* order_table_test.c - every state of an order and every event: where it goes, or that it is refused and nothing has changed.
 *
 * The states are reached by what reaches them in life, save `paid`, which no transaction ends in. The table is the design's (O3 to O10);
 * an event that was heard before is answered with the order as it is. Money that comes (settle) is never refused: it waits for a person. */
#include "tests/lib/test.h"

#include <string.h>
#include <time.h>

#include "core/base/clock.h"
#include "tests/lib/money_rig.h"
#include "tests/lib/sql.h"

enum state { DRAFT, PENDING, REPORTED, PAID, ACTIVATING, ACTIVE, FAILED, CANCELLED, EXPIRED, REFUNDED, STATES };
enum event { PUBLISH, REPORT, SETTLE, ACTIVATE, FAIL, CANCEL, EXPIRE, REFUND, EVENTS };

static const char *const states[STATES] = { "draft", "pending_payment", "payment_reported", "paid", "activating", "active",
                                            "activation_failed", "cancelled", "expired", "refunded" };
static const char *const events[EVENTS] = { "publish", "report", "settle", "activate", "fail", "cancel", "expire", "refund" };

/* To which state; `same`: nothing changes and nothing is refused; `waits`: the payment is kept beside it; NULL: refused. */
static const char same[] = "same", waits[] = "waits";
static const char *const table[STATES][EVENTS] = {
    [DRAFT] = { [PUBLISH] = "pending_payment", [SETTLE] = waits, [FAIL] = same, [CANCEL] = "cancelled", [EXPIRE] = "expired" },
    [PENDING] = { [PUBLISH] = same, [REPORT] = "payment_reported", [SETTLE] = "active", [FAIL] = same, [CANCEL] = "cancelled",
                  [EXPIRE] = "expired" },
    [REPORTED] = { [REPORT] = same, [SETTLE] = "active", [FAIL] = same },
    [PAID] = { [SETTLE] = waits, [FAIL] = same, [REFUND] = "refunded" },
    [ACTIVATING] = { [SETTLE] = waits, [ACTIVATE] = "active", [FAIL] = "activation_failed", [REFUND] = "refunded" },
    [ACTIVE] = { [SETTLE] = waits, [ACTIVATE] = same, [FAIL] = same, [REFUND] = "refunded" },
    [FAILED] = { [SETTLE] = waits, [ACTIVATE] = "active", [FAIL] = "activation_failed", [REFUND] = "refunded" },
    [CANCELLED] = { [SETTLE] = waits, [FAIL] = same, [CANCEL] = same },
    [EXPIRED] = { [SETTLE] = waits, [FAIL] = same, [EXPIRE] = same },
    [REFUNDED] = { [SETTLE] = waits, [FAIL] = same },
};

/* A payment of the whole sum; `tenant`: there is one, so that its period is known. */
static const char *settle(struct money_rig *f, const struct bought *b, bool tenant)
{
    if (tenant)
        return money_rig_settle(f, b, b->order, id_new().text, "29900", "CNY", 1);
    return arena_format(&f->arena, "select public.order_settle('%s', (select version from public.orders where id = '%s'), '%s', 'stripe', "
                        "'%s', 'card', 29900, 'CNY', now(), null, null, null, null, null, null, null, null, null, null, null, null, null)",
                        b->order.text, b->order.text, id_new().text, id_new().text);
}

/* An approval by somebody else is in it: what is refused is refused for the order's state alone. */
static const char *refund(struct money_rig *f, const struct bought *b)
{
    const char *digest = arena_text(&f->arena, id_new().text);
    struct id request = money_rig_ask(f, "order.refund", "{\"choice\": \"keep\"}", digest);

    sql_run(f->platform, "%s", money_rig_vote(f, request, &f->second));
    return arena_format(&f->arena, "select public.order_refund('%s', '%s', 29900, '%s', 'why', 'keep', null, null, '%s', '%s', '%s')",
                        b->order.text, id_new().text, digest, f->finance.id.text, request.text, digest);
}

static const char *act(struct money_rig *f, const struct bought *b, enum state state, enum event event)
{
    const char *order = b->order.text, *who = f->finance.id.text;

    switch (event) {
    case PUBLISH: return arena_format(&f->arena, "select public.order_publish('%s', '%s')", order, who);
    case REPORT: return arena_format(&f->arena, "select public.order_report('%s', 'R', now() + interval '3 days', '%s')", order, who);
    case SETTLE: return settle(f, b, state != ACTIVATING && state != FAILED);
    case ACTIVATE:
        return arena_format(&f->arena,
            "select public.order_activate(o.id, o.version, '%s', s.version, s.period_no + 1, '2030-01-01', '2030-02-01', "
            "'2030-01-01 00:00+08', '2030-02-01 00:00+08', '2030-01-01', 1) from public.orders o join public.subscription s on s.id = "
            "o.subscription_id where o.id = '%s'", id_new().text, order);
    case FAIL: return arena_format(&f->arena, "select public.order_activation_failed('%s', 'no room')", order);
    case CANCEL: return arena_format(&f->arena, "select public.order_cancel('%s', 'cancelled', '%s', 'why')", order, who);
    case EXPIRE: return arena_format(&f->arena, "select public.order_cancel('%s', 'expired', null, null)", order);
    default: return refund(f, b);
    }
}

/* An order that is in this state, of a customer of its own. */
static void reach(struct money_rig *f, struct bought *b, enum state state)
{
    money_rig_customer(f, b);
    if (state == ACTIVATING || state == FAILED)
        sql_run(f->admin, "update public.subscription set tenant_id = null where id = '%s'", b->subscription.text);
    sql_run(f->platform, "select public.order_create('%s', 'new', '%s', '%s', null, '%s', 1, %s, 29900, 1692, '{}', '{}', now() + interval "
            "'30 days', 'first', 'hash', '%s')", b->order.text, b->customer.text, b->subscription.text,
            money_rig_edition(f, "team-monthly"), state == DRAFT ? "true" : "false", f->finance.id.text);
    if (state == REPORTED)
        sql_run(f->platform, "%s", act(f, b, state, REPORT));
    if (state == CANCELLED || state == EXPIRED)
        sql_run(f->platform, "%s", act(f, b, state, state == EXPIRED ? EXPIRE : CANCEL));
    if ((state >= PAID && state <= FAILED) || state == REFUNDED)
        sql_run(f->platform, "%s", act(f, b, state, SETTLE));
    if (state == FAILED)
        sql_run(f->platform, "%s", act(f, b, state, FAIL));
    if (state == REFUNDED)
        sql_run(f->platform, "%s", act(f, b, state, REFUND));
    if (state == PAID)
        sql_run(f->admin, "update public.orders set state = 'paid' where id = '%s'", b->order.text);
    assert_string_equal(states[state], money_rig_order_state(f, b->order));
}

/* All that an event could touch, as one text. */
static const char *all_of(struct money_rig *f, const struct bought *b)
{
    return sql_value(&f->arena, f->admin,
        "select md5(concat_ws('|', (select to_jsonb(o) from public.orders o where o.id = '%s'), "
        "(select to_jsonb(s) from public.subscription s where s.id = '%s'), "
        "(select jsonb_agg(to_jsonb(e) order by e.id) from public.order_event e where e.order_id = '%s'), "
        "(select count(*) from public.hold where subscription_id = '%s'), "
        "(select count(*) from public.subscription_period where order_id = '%s'), "
        "(select count(*) from public.payment where claimed_order = '%s'), "
        "(select count(*) from public.finance_task where order_id = '%s'), "
        "(select count(*) from public.ledger_txn), (select count(*) from public.platform_audit where subject = '%s'), "
        "(select count(*) from public.outbox)))", b->order.text, b->subscription.text, b->order.text, b->subscription.text,
        b->order.text, b->order.text, b->order.text, b->order.text);
}

/* True: the order is as it was, and good for another cell. */
static bool cell(struct money_rig *f, const struct bought *b, enum state state, enum event event)
{
    const char *wanted = table[state][event], *statement = act(f, b, state, event), *before = all_of(f, b);
    bool kept = !wanted || wanted == same;

    if (!wanted)
        money_rig_refused(f->platform, "order_transition_invalid", statement);
    else
        sql_run(f->platform, "%s", statement);
    const char *now = money_rig_order_state(f, b->order), *then = kept || wanted == waits ? states[state] : wanted;

    if (strcmp(now, then) != 0)
        fail_msg("%s of an order that is %s: %s, not %s", events[event], states[state], now, then);
    if ((strcmp(before, all_of(f, b)) == 0) != kept)
        fail_msg("%s of an order that is %s: %s", events[event], states[state], kept ? "something changed" : "nothing changed");
    return kept;
}

static void an_order_goes_where_the_table_says_and_nowhere_else(void **state)
{
    struct money_rig *f = *state;

    for (int from = 0; from < STATES; from++) {
        struct bought b;
        bool fresh = false;

        for (int event = 0; event < EVENTS; event++) {
            if (!fresh)
                reach(f, &b, (enum state)from);
            fresh = cell(f, &b, (enum state)from, (enum event)event);
        }
    }
}

/* --- two at once --- */

static bool waits_for_a_lock(struct money_rig *f, PGconn *conn)
{
    return strcmp("t", sql_value(&f->arena, f->admin, "select exists (select from pg_catalog.pg_locks where pid = %d and not granted)",
                                 PQbackendPID(conn))) == 0;
}

/* Whoever waited for an event decides by what it left, not by what he saw before. */
static void an_event_that_waited_finds_the_order_as_it_is(void **state)
{
    static const struct {
        enum event first, then;
        bool refused;
        const char *after;
    } pairs[] = { { CANCEL, SETTLE, false, "cancelled" }, { EXPIRE, SETTLE, false, "expired" }, { SETTLE, CANCEL, true, "active" },
                  { SETTLE, EXPIRE, true, "active" },     { REPORT, CANCEL, true, "payment_reported" }, { CANCEL, REPORT, true, "cancelled" } };
    struct money_rig *f = *state;
    PGconn *second = pg_server_connect(&f->server, &f->arena, "execgov_platform");

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct bought b;

        reach(f, &b, PENDING);
        sql_run(f->platform, "begin");
        sql_run(f->platform, "%s", act(f, &b, PENDING, pairs[i].first));
        assert_true(PQsendQuery(second, act(f, &b, PENDING, pairs[i].then)));
        for (int64_t until = clock_mono_us() + 60000000; !waits_for_a_lock(f, second);) {
            assert_true(PQconsumeInput(second) && PQisBusy(second) && clock_mono_us() < until);
            nanosleep(&(struct timespec){ 0, 5000000 }, NULL);
        }
        sql_run(f->platform, "commit");

        PGresult *answer = PQgetResult(second);
        const char *says = PQresultErrorField(answer, PG_DIAG_MESSAGE_PRIMARY);
        const char *now = money_rig_order_state(f, b.order);
        if ((says != NULL) != pairs[i].refused || (says && !strstr(says, "order_transition_invalid")) || strcmp(now, pairs[i].after) != 0)
            fail_msg("%s behind %s: %s, the order is %s", events[pairs[i].then], events[pairs[i].first], says ? says : "done", now);
        PQclear(answer);
        assert_null(PQgetResult(second));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_goes_where_the_table_says_and_nowhere_else),
        cmocka_unit_test(an_event_that_waited_finds_the_order_as_it_is),
    };
    return cmocka_run_group_tests(tests, money_rig_setup, money_rig_teardown);
}
