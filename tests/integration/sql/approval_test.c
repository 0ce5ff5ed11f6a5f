/* approval_test.c - four eyes over money: two people, within 72 hours, or not at all. */
#include "tests/lib/test.h"

#include <string.h>

#include "sql_queries.h"
#include "tests/lib/money_rig.h"
#include "tests/lib/sql.h"

/* Who made the link that set his password; NULL: nobody. */
static void password_by(struct money_rig *f, const struct pg_person *whose, const struct pg_person *by)
{
    sql_run(f->admin, "update public.app_user set password_set_by = %s where id = '%s'",
            by ? arena_format(&f->arena, "'%s'", by->id.text) : "null", whose->id.text);
}

static void nobody_approves_through_a_password_he_made(void **state)
{
    struct money_rig *f = *state;
    const struct {
        const struct pg_person *whose, *by, *whose_too;
    } joined[] = {
        { &f->second, &f->finance, NULL },      /* he asks, and decides as the other */
        { &f->finance, &f->second, NULL },      /* he asks as the other, and decides */
        { &f->second, &f->third, &f->finance }, /* he is both */
    };

    for (size_t i = 0; i < sizeof joined / sizeof *joined; i++) {
        const char *digest = arena_format(&f->arena, "apart %zu", i);
        struct id request = money_rig_ask(f, "payment.confirm", "{}", digest);
        const char *claim = arena_format(&f->arena, "select public.approval_claim('%s', 'payment.confirm', '%s')", request.text, digest);

        password_by(f, joined[i].whose, joined[i].by);
        if (joined[i].whose_too)
            password_by(f, joined[i].whose_too, joined[i].by);
        money_rig_refused(f->platform, "not_apart", money_rig_vote(f, request, &f->second));
        password_by(f, &f->second, NULL);
        password_by(f, &f->finance, NULL);
        assert_string_equal("approved", sql_value(&f->arena, f->platform, "%s", money_rig_vote(f, request, &f->second)));
        /* joined only after the vote: it does not hold */
        password_by(f, joined[i].whose, joined[i].by);
        if (joined[i].whose_too)
            password_by(f, joined[i].whose_too, joined[i].by);
        money_rig_refused(f->admin, "not_apart", claim);
        password_by(f, &f->second, NULL);
        password_by(f, &f->finance, NULL);
        sql_run(f->admin, "%s", claim);
    }
    /* nobody apart from him is left to ask */
    password_by(f, &f->second, &f->finance);
    password_by(f, &f->third, &f->finance);
    money_rig_refused(f->platform, "no_eligible_approver", arena_format(&f->arena, "select public.approval_open('%s', 'x', '{}', 'x', 'x', '%s', null)",
                                                    id_new().text, f->finance.id.text));
    password_by(f, &f->second, NULL);
    password_by(f, &f->third, NULL);
}

static const char *shown(struct money_rig *f, struct id request, const char *state)
{
    const char *params[] = { NULL, "100", state, request.text };
    PGresult *page = PQexecParams(f->platform, sql_queries[SQL_QUERIES_APPROVAL_PAGE].text, 4, NULL, params, NULL, NULL, 0);

    assert_int_equal(PGRES_TUPLES_OK, PQresultStatus(page));
    const char *found = PQntuples(page) ? sql_value(&f->arena, f->admin, "select ('%s'::jsonb) ->> 'state'", PQgetvalue(page, 0, 1)) : NULL;
    PQclear(page);
    return found;
}

static void an_approval_ends_after_its_time_and_is_asked_for_anew(void **state)
{
    struct money_rig *f = *state;

    for (int approved = 0; approved < 2; approved++) {
        const char *digest = arena_format(&f->arena, "ended %d", approved);
        struct id request = money_rig_ask(f, "payment.confirm", "{}", digest), again;
        const char *claim = arena_format(&f->arena, "select public.approval_claim('%%s', 'payment.confirm', '%s')", digest);

        if (approved)
            sql_run(f->platform, "%s", money_rig_vote(f, request, &f->second));
        assert_non_null(shown(f, request, approved ? "approved" : "waiting"));
        assert_null(shown(f, request, "expired"));
        sql_run(f->admin, "update public.approval_request set expires_at = now() - interval '1 second' where id = '%s'", request.text);
        assert_string_equal("expired", shown(f, request, NULL));
        assert_string_equal("expired", shown(f, request, "expired"));
        assert_null(shown(f, request, approved ? "approved" : "waiting"));
        money_rig_refused(f->platform, "expired", money_rig_vote(f, request, &f->second));
        money_rig_refused(f->admin, "expired", arena_format(&f->arena, claim, request.text));
        /* the same act is a new request, and the old one is settled */
        again = money_rig_ask(f, "payment.confirm", "{}", digest);
        assert_string_not_equal(request.text, again.text);
        assert_string_equal("expired", sql_value(&f->arena, f->admin, "select state from public.approval_request where id = '%s'", request.text));
        assert_string_equal("1", sql_value(&f->arena, f->admin, "select count(*) from public.platform_audit where action = 'approval.expired' "
                                           "and subject = '%s'", request.text));
        money_rig_refused(f->platform, "expired", money_rig_vote(f, request, &f->second));
        sql_run(f->platform, "%s", money_rig_vote(f, again, &f->second));
        sql_run(f->admin, claim, again.text);
    }
}

/* What was looked at, and once: not a greater sum, not another act, not a second time. */
static void an_approval_is_for_one_act_once(void **state)
{
    static const char *const others[][2] = { { "payment.confirm", "bounc" }, { "payment.confirm", "bound " }, { "order.refund", "bound" },
                                             { "payment.apply", "bound" } };
    static const char claim[] = "select public.approval_claim('%s', '%s', '%s')";
    struct money_rig *f = *state;
    struct id request = money_rig_ask(f, "payment.confirm", "{}", "bound");

    sql_run(f->platform, "%s", money_rig_vote(f, request, &f->second));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        money_rig_refused(f->admin, "confirmation_required: the approval is for something else",
                          arena_format(&f->arena, claim, request.text, others[i][0], others[i][1]));
    money_rig_refused(f->admin, "confirmation_required", arena_format(&f->arena, claim, id_new().text, "payment.confirm", "bound"));
    sql_run(f->admin, claim, request.text, "payment.confirm", "bound");
    money_rig_refused(f->admin, "already_done", arena_format(&f->arena, claim, request.text, "payment.confirm", "bound"));
}

/* Whoever owns the tenant that an act is about, or gets its bills, has no say in it: at the vote, at the claim, and when it is looked whether
 * anybody is there. */
static void nobody_decides_over_a_customer_of_his_own(void **state)
{
    struct money_rig *f = *state;
    struct bought b;

    money_rig_buy(f, &b);
    sql_run(f->admin, "insert into public.membership (tenant_id, user_id, role) values ('%s', '%s', 'owner')", b.tenant.id.text, f->second.id.text);
    const char *const params[] = { arena_format(&f->arena, "{\"order\": \"%s\"}", b.order.text),
                                   arena_format(&f->arena, "{\"subscription\": \"%s\"}", b.subscription.text),
                                   arena_format(&f->arena, "{\"tenant\": \"%s\"}", b.tenant.id.text) };
    for (size_t i = 0; i < sizeof params / sizeof *params; i++) {
        const char *digest = arena_format(&f->arena, "own %zu", i);
        struct id request = money_rig_ask(f, "order.refund", params[i], digest);

        money_rig_refused(f->platform, "self_confirmation: it is about a customer of his own", money_rig_vote(f, request, &f->second));
        assert_string_equal("approved", sql_value(&f->arena, f->platform, "%s", money_rig_vote(f, request, &f->third)));
        /* he gets their bills only after the vote: it does not hold */
        sql_run(f->admin, "update public.customer_contact set endpoint = (select upper(email) from public.app_user where id = '%s') where "
                "customer_id = '%s'", f->third.id.text, b.customer.text);
        money_rig_refused(f->admin, "confirmation_required", arena_format(&f->arena, "select public.approval_claim('%s', 'order.refund', '%s')",
                                                                          request.text, digest));
        /* and nobody else is left to ask */
        money_rig_refused(f->platform, "no_eligible_approver", arena_format(&f->arena, "select public.approval_open('%s', 'order.refund', '%s', "
                          "'%s', 'x', '%s', null)", id_new().text, params[i], arena_format(&f->arena, "%s again", digest), f->finance.id.text));
        sql_run(f->admin, "update public.customer_contact set endpoint = 'bills@example.org' where customer_id = '%s'", b.customer.text);
        sql_run(f->admin, "select public.approval_claim('%s', 'order.refund', '%s')", request.text, digest);
    }
    assert_string_equal("0", sql_value(&f->arena, f->admin, "select count(*) from public.outbox where event = 'approval.waiting' and endpoint = "
                                       "(select email from public.app_user where id = '%s') and payload ->> 'action' = 'order.refund'",
                                       f->second.id.text));
    /* another customer's: he decides */
    money_rig_buy(f, &b);
    struct id request = money_rig_ask(f, "order.refund", arena_format(&f->arena, "{\"order\": \"%s\"}", b.order.text), "not his");
    assert_string_equal("approved", sql_value(&f->arena, f->platform, "%s", money_rig_vote(f, request, &f->second)));
}

static const char *rule(struct money_rig *f, const char *name, const char *key, const char *value, const char *approval)
{
    return arena_format(&f->arena, "select public.money_rule_set('%s', '%s', %s, '%s', %s, '%s %s %s')", name, key, value, f->finance.id.text,
                        approval, name, key, value);
}

static void as_many_decide_as_the_rule_says(void **state)
{
    struct money_rig *f = *state;
    const char *two = rule(f, "approvals_needed", "order.refund", "2", "null");
    struct pg_person maker;
    struct id request;

    money_rig_refused(f->platform, "confirmation_required", two);
    money_rig_refused(f->platform, "conflict: fewer people may decide: 2", rule(f, "approvals_needed", "order.refund", "3", "null"));
    request = money_rig_ask(f, "money.rule", "{}", "approvals_needed order.refund 2");
    sql_run(f->platform, "%s", money_rig_vote(f, request, &f->second));
    sql_run(f->platform, "%s", rule(f, "approvals_needed", "order.refund", "2", arena_format(&f->arena, "'%s'", request.text)));
    request = money_rig_ask(f, "order.refund", "{}", "by two");
    assert_string_equal("waiting", sql_value(&f->arena, f->platform, "%s", money_rig_vote(f, request, &f->second)));
    money_rig_refused(f->admin, "confirmation_required", arena_format(&f->arena, "select public.approval_claim('%s', 'order.refund', 'by two')",
                                                                      request.text));
    assert_string_equal("approved", sql_value(&f->arena, f->platform, "%s", money_rig_vote(f, request, &f->third)));
    sql_run(f->admin, "select public.approval_claim('%s', 'order.refund', 'by two')", request.text);
    /* the others as they were */
    request = money_rig_ask(f, "payment.return", "{}", "by one");
    assert_string_equal("approved", sql_value(&f->arena, f->platform, "%s", money_rig_vote(f, request, &f->second)));
    /* two whose links one person made are one */
    pg_server_person(&f->server, NULL, NULL, &maker);
    password_by(f, &f->second, &maker);
    password_by(f, &f->third, &maker);
    money_rig_refused(f->platform, "no_eligible_approver", arena_format(&f->arena, "select public.approval_open('%s', 'order.refund', '{}', "
                      "'joined', 'x', '%s', null)", id_new().text, f->finance.id.text));
    password_by(f, &f->second, NULL);
    password_by(f, &f->third, NULL);
    sql_run(f->admin, "update public.platform_setting set value = '{}' where key = 'approvals_needed'");
}

static const char *alone(struct money_rig *f, const char *what, struct id request, const struct pg_person *who)
{
    return arena_format(&f->arena, "select public.approval_%s_add('%s', '%s', '%s', 'the bank closes')", what, request.text, who->id.text,
                        who->token_hash);
}

static void one_person_decides_alone_in_an_emergency_and_everybody_knows(void **state)
{
    struct money_rig *f = *state;
    struct id request = money_rig_ask(f, "payment.return", "{\"amount_minor\": 700}", "alone");
    const char *claim = arena_format(&f->arena, "select public.approval_claim('%s', 'payment.return', 'alone')", request.text);
    static const char told[] = "select string_agg(u.email, ' ' order by u.email) from public.outbox o join public.app_user u on u.id = o.user_id "
                               "where o.event = 'approval.emergency' and o.payload ->> 'approval' = '%s'";

    money_rig_refused(f->admin, "confirmation_required", claim);
    money_rig_refused(f->platform, "session_required", arena_format(&f->arena, "select public.approval_emergency_add('%s', '%s', 'none', 'x')",
                                                                    request.text, f->finance.id.text));
    money_rig_refused(f->platform, "conflict: nobody approved it alone", alone(f, "review", request, &f->second));
    assert_string_equal("approved", sql_value(&f->arena, f->platform, "%s", alone(f, "emergency", request, &f->finance)));
    assert_string_equal("approved", sql_value(&f->arena, f->platform, "%s", alone(f, "emergency", request, &f->finance))); /* tried again */
    money_rig_refused(f->platform, "already_decided", alone(f, "emergency", request, &f->second));
    assert_string_equal(sql_value(&f->arena, f->admin, "select string_agg(email, ' ' order by email) from public.app_user where id in ('%s', '%s')",
                                  f->second.id.text, f->third.id.text), sql_value(&f->arena, f->admin, told, request.text));
    assert_string_equal("the bank closes", sql_value(&f->arena, f->admin, "select detail ->> 'reason' from public.platform_audit where kind = "
                                                     "'security' and action = 'approval.emergency' and subject = '%s'", request.text));
    assert_string_equal("1", sql_value(&f->arena, f->admin, "select jsonb_array_length(public.finance_digest_make(current_date, 'UTC') -> "
                                                            "'emergencies')"));
    /* Who may not decide any more has decided nothing. */
    sql_run(f->admin, "delete from public.platform_role where user_id = '%s'", f->finance.id.text);
    money_rig_refused(f->admin, "confirmation_required", claim);
    sql_run(f->admin, "insert into public.platform_role (user_id, role) values ('%s', 'platform_finance')", f->finance.id.text);
    sql_run(f->admin, "begin");
    sql_run(f->admin, "%s", claim);
    assert_string_equal(sql_value(&f->arena, f->admin, "select email from public.app_user where id = '%s'", f->finance.id.text),
                        sql_value(&f->arena, f->admin, "select public.approval_of_this_act() ->> 'emergency_by'"));
    sql_run(f->admin, "commit");
    money_rig_refused(f->admin, "already_done", claim);

    money_rig_refused(f->platform, "self_confirmation", alone(f, "review", request, &f->finance));
    /* Its task ends with a review; that it ended some other way reviews nothing. */
    const char *done[] = { sql_value(&f->arena, f->admin, "select id from public.finance_task where kind = 'emergency_review' and ref = '%s'",
                                     request.text), f->finance.id.text, "seen to" };
    PGresult *ended = PQexecParams(f->platform, sql_queries[SQL_QUERIES_FINANCE_TASK_DONE].text, 3, NULL, done, NULL, NULL, 0);
    assert_true(strncmp(PQresultErrorMessage(ended), "ERROR:  conflict", 16) == 0);
    PQclear(ended);
    sql_run(f->admin, "update public.finance_task set done_at = now() where id = '%s'", done[0]);
    assert_string_equal("1", sql_value(&f->arena, f->admin, "select jsonb_array_length(public.finance_digest_make(current_date, 'UTC') -> "
                                                            "'emergencies')"));
    sql_run(f->admin, "update public.finance_task set done_at = null where id = '%s'", done[0]);
    password_by(f, &f->second, &f->finance);
    money_rig_refused(f->platform, "not_apart", alone(f, "review", request, &f->second));
    password_by(f, &f->second, NULL);
    sql_run(f->platform, "%s", alone(f, "review", request, &f->second));
    money_rig_refused(f->platform, "already_decided", alone(f, "review", request, &f->third));
    assert_string_equal("reviewed", sql_value(&f->arena, f->admin, "select outcome from public.finance_task where kind = 'emergency_review' and "
                                                                   "ref = '%s' and done_at is not null", request.text));
    assert_null(sql_value(&f->arena, f->admin, "select public.finance_digest_make(current_date, 'UTC') -> 'emergencies'"));
}

static void who_reviews_is_apart_from_who_asked_too(void **state)
{
    struct money_rig *f = *state;
    struct id request = money_rig_ask(f, "payment.return", "{\"amount_minor\": 800}", "asked by one, done by another");

    sql_run(f->platform, "%s", alone(f, "emergency", request, &f->second));
    password_by(f, &f->third, &f->finance);
    money_rig_refused(f->platform, "not_apart", alone(f, "review", request, &f->third));
    password_by(f, &f->third, NULL);
    sql_run(f->platform, "%s", alone(f, "review", request, &f->third));
}

/* What cannot be undone, the rules themselves, where money goes, and one's own customer. */
static void some_things_are_never_decided_by_one_person(void **state)
{
    static const char *const never[] = { "subscription.terminate", "tenant.drop", "money.rule", "seller.account" };
    struct money_rig *f = *state;
    struct bought b;

    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        money_rig_refused(f->platform, "conflict: what destroys data", alone(f, "emergency", money_rig_ask(f, never[i], "{}", "never"), &f->finance));
    money_rig_buy(f, &b);
    sql_run(f->admin, "insert into public.membership (tenant_id, user_id, role) values ('%s', '%s', 'owner')", b.tenant.id.text,
            f->finance.id.text);
    struct id own = money_rig_ask(f, "order.refund", arena_format(&f->arena, "{\"order\": \"%s\"}", b.order.text), "own alone");
    money_rig_refused(f->platform, "self_confirmation", alone(f, "emergency", own, &f->finance));
    sql_run(f->platform, "%s", money_rig_vote(f, own, &f->second));
    money_rig_refused(f->platform, "already_decided", alone(f, "emergency", own, &f->third));
    struct id late = money_rig_ask(f, "payment.return", "{}", "late alone");
    sql_run(f->admin, "update public.approval_request set expires_at = now() - interval '1 second' where id = '%s'", late.text);
    money_rig_refused(f->platform, "expired", alone(f, "emergency", late, &f->second));
}

/* A payment's return under a reference; a statement by which it is asked for. */
static const char *give_back(struct money_rig *f, struct id payment, const char *reference, const struct pg_person *who)
{
    return arena_format(&f->arena, "select public.approval_open('%s', 'payment.return', '{\"payment\": \"%s\", \"id\": \"%s\"}', '%s %s', "
                        "'why', '%s', null)", id_new().text, payment.text, reference, payment.text, reference, who->id.text);
}

/* It goes back whole, and once: under two references it would go back twice. */
static void one_payments_return_waits_once(void **state)
{
    struct money_rig *f = *state;
    struct id payment = id_new(), other = id_new();
    const char *first = sql_value(&f->arena, f->platform, "%s", give_back(f, payment, "one", &f->finance));
    const char *two = give_back(f, payment, "two", &f->second), *second;

    money_rig_refused(f->platform, arena_format(&f->arena, "conflict: giving back that payment waits for approval already: %s", first), two);
    assert_string_equal(first, sql_value(&f->arena, f->platform, "%s", give_back(f, payment, "one", &f->finance)));
    assert_non_null(sql_value(&f->arena, f->platform, "%s", give_back(f, other, "two of another", &f->finance)));
    /* Approved, and its act failed: the right reference is asked for. Whichever is carried out ends the other. */
    sql_run(f->admin, "update public.approval_request set state = 'approved' where id = '%s'", first);
    second = sql_value(&f->arena, f->platform, "%s", two);
    sql_run(f->admin, "update public.approval_request set state = 'executed' where id = '%s'", first);
    assert_string_equal("withdrawn", sql_value(&f->arena, f->admin, "select state from public.approval_request where id = '%s'", second));
    assert_string_equal("the payment went back under another reference", sql_value(&f->arena, f->admin, "select detail ->> 'reason' from "
                        "public.platform_audit where action = 'approval.withdrawn' and subject = '%s'", second));
    assert_string_equal("1", sql_value(&f->arena, f->admin, "select count(*) from public.approval_request where state = 'waiting' and "
                                       "params ->> 'payment' = '%s'", other.text));
    /* What ran out stands in nobody's way. */
    sql_run(f->admin, "update public.approval_request set expires_at = now() - interval '1 second' where params ->> 'payment' = '%s'", other.text);
    second = sql_value(&f->arena, f->platform, "%s", give_back(f, other, "three of another", &f->finance));
    assert_non_null(second);
    /* and it ended then, not when the other was carried out */
    sql_run(f->admin, "update public.approval_request set state = 'executed' where id = '%s'", second);
    assert_string_equal("executed waiting", sql_value(&f->arena, f->admin, "select string_agg(state, ' ' order by state) from "
                        "public.approval_request where params ->> 'payment' = '%s'", other.text));
}

/* Who was told what became of a request. */
static const char *decided(struct money_rig *f, struct id request)
{
    return sql_value(&f->arena, f->admin, "select coalesce(string_agg(u.email || ' ' || (o.payload ->> 'variant'), ', ' order by o.payload ->> "
                     "'variant'), '-') from public.outbox o join public.app_user u on u.id = o.user_id where o.event = 'approval.decided' and "
                     "o.payload ->> 'approval' = '%s'", request.text);
}

static const char *email_and(struct money_rig *f, const struct pg_person *who, const char *format)
{
    return sql_value(&f->arena, f->admin, "select replace('%s', '@', email) from public.app_user where id = '%s'", format, who->id.text);
}

/* Whoever asked is told of it, also when he was told before that it was approved. */
static void whoever_asked_is_told_that_another_was_carried_out(void **state)
{
    struct money_rig *f = *state;

    for (int approved = 0; approved < 2; approved++) {
        struct id payment = id_new(), first, second;

        assert_true(id_parse(sql_value(&f->arena, f->platform, "%s", give_back(f, payment, "wrong", &f->third)), &first));
        sql_run(f->platform, "%s", money_rig_vote(f, first, &f->second));
        assert_true(id_parse(sql_value(&f->arena, f->platform, "%s", give_back(f, payment, "right", &f->finance)), &second));
        sql_run(f->admin, "update public.approval_request set state = 'executed' where id = '%s'", approved ? second.text : first.text);
        assert_string_equal(email_and(f, &f->third, approved ? "@ approved, @ withdrawn" : "@ approved"), decided(f, first));
        assert_string_equal(approved ? "-" : email_and(f, &f->finance, "@ withdrawn"), decided(f, second));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_approves_through_a_password_he_made),
        cmocka_unit_test(an_approval_ends_after_its_time_and_is_asked_for_anew),
        cmocka_unit_test(an_approval_is_for_one_act_once),
        cmocka_unit_test(nobody_decides_over_a_customer_of_his_own),
        cmocka_unit_test(as_many_decide_as_the_rule_says),
        cmocka_unit_test(one_person_decides_alone_in_an_emergency_and_everybody_knows),
        cmocka_unit_test(who_reviews_is_apart_from_who_asked_too),
        cmocka_unit_test(some_things_are_never_decided_by_one_person),
        cmocka_unit_test(one_payments_return_waits_once),
        cmocka_unit_test(whoever_asked_is_told_that_another_was_carried_out),
    };
    return cmocka_run_group_tests(tests, money_rig_setup, money_rig_teardown);
}
