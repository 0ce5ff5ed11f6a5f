/* confirmation_policy_test.c - more people, roles, substitutes, questions and extensions: whatever a rule
 * grants, no run comes into being before enough different people with the right have said yes. */
#include <string.h>

#include "tests/lib/test.h"

#include "tests/lib/confirmation_rig.h"
#include "tests/lib/sql.h"

/* A waiting high-risk plan whose confirmation has this rule. */
static struct waiting ruled(struct confirmation_rig *f, const char *rule)
{
    struct waiting w = waiting_high(f);

    sql_run(f->admin, "update %s.confirmation set rule = '%s' where id = '%s'", f->tenant.schema,
            rule, w.confirmation.text);
    return w;
}

static struct pg_person person(struct confirmation_rig *f, const char *role)
{
    struct pg_person made;

    pg_server_person(&f->server, &f->tenant, role, &made);
    return made;
}

static void still_waits(struct confirmation_rig *f, const struct waiting *w)
{
    assert_string_equal("waiting", state_of(f, w));
    assert_string_equal("0", runs_of(f, w));
}

static const char *clock_act(struct confirmation_rig *f, const struct waiting *w, const char *act,
                             const char *comment, const struct pg_person *by)
{
    return sql_value(&f->arena, f->conn, "select code from %s.confirmation_clock_%s('%s', '%s', %s, "
                     "'%s', '%s')", f->tenant.schema, f->tenant.schema, w->request.text, act, comment, by->token_hash,
                     id_new().text);
}

static const char *delegate(struct confirmation_rig *f, const struct pg_person *from,
                            const struct pg_person *to, const char *from_at, const char *until_at)
{
    return sql_value(&f->arena, f->conn, "select %s.confirmation_delegate_%s('%s', '%s', %s, %s, "
                     "'holiday', '%s')", f->tenant.schema, f->tenant.schema, id_new().text, to->id.text, from_at,
                     until_at, from->token_hash);
}
#define DELEGATE_NOW(f, from, to)                                                                  \
    delegate((f), (from), (to), "now() - interval '1 second'", "now() + interval '1 hour'")

static void delegations_forget(struct confirmation_rig *f)
{
    sql_run(f->admin, "delete from %s.confirmation_delegation", f->tenant.schema);
}

static void two_people_are_two_people(void **state)
{
    struct confirmation_rig *f = *state;
    struct waiting w = ruled(f, "{\"people\": 2, \"four_eyes\": true}");
    struct pg_person second = person(f, "admin");

    assert_string_equal("counted", CONFIRM(f, &w, &f->approver));
    still_waits(f, &w);
    assert_string_equal("already_decided", CONFIRM(f, &w, &f->approver));
    assert_string_equal("self_confirmation", CONFIRM(f, &w, &f->owner));
    still_waits(f, &w);
    assert_string_equal("ok", CONFIRM(f, &w, &second));
    assert_string_equal("confirmed", state_of(f, &w));
    assert_string_equal("1", runs_of(f, &w));
    assert_string_equal("1:counted,2:confirmed", sql_value(&f->arena, f->conn,
        "select string_agg(seq || ':' || (data ->> 'state'), ',' order by seq) from "
        "%s.request_event where request_id = '%s' and kind = 'confirmation'", f->tenant.schema,
        w.request.text));
}

static void one_no_ends_what_another_agreed_to(void **state)
{
    struct confirmation_rig *f = *state;
    struct waiting w = ruled(f, "{\"people\": 2}");
    struct pg_person second = person(f, "approver");

    assert_string_equal("counted", CONFIRM(f, &w, &f->approver));
    assert_string_equal("ok", decide(f, &w, "'reject'", "'no'", &second));
    assert_string_equal("rejected", state_of(f, &w));
    assert_string_equal("already_decided", CONFIRM(f, &w, &f->approver));
    assert_string_equal("0", runs_of(f, &w));
}

static void who_left_or_lost_the_role_no_longer_counts(void **state)
{
    struct confirmation_rig *f = *state;
    struct waiting w = ruled(f, "{\"people\": 2}");
    struct pg_person left = person(f, "approver"), second = person(f, "approver");
    struct pg_person third = person(f, "approver");

    assert_string_equal("counted", CONFIRM(f, &w, &left));
    sql_run(f->platform, "update public.membership set role = 'viewer' where user_id = '%s'",
            left.id.text);
    assert_string_equal("counted", CONFIRM(f, &w, &second));
    still_waits(f, &w);
    assert_string_equal("ok", CONFIRM(f, &w, &third));
    assert_string_equal("1", runs_of(f, &w));
}

static void only_the_roles_of_the_rule_decide(void **state)
{
    struct confirmation_rig *f = *state;
    struct waiting w = ruled(f, "{\"roles\": [\"finance\"]}");
    struct pg_person finance = person(f, "finance");

    assert_string_equal("forbidden", CONFIRM(f, &w, &f->approver));
    assert_string_equal("forbidden", decide(f, &w, "'reject'", "'no'", &f->approver));
    still_waits(f, &w);
    assert_string_equal("ok", CONFIRM(f, &w, &finance));
}

static void a_rule_cannot_name_who_only_looks(void **state)
{
    struct confirmation_rig *f = *state;
    struct waiting w = ruled(f, "{\"roles\": [\"viewer\", \"auditor\"], \"people\": 0}");
    struct pg_person auditor = person(f, "auditor");

    assert_string_equal("forbidden", CONFIRM(f, &w, &f->viewer));
    assert_string_equal("forbidden", CONFIRM(f, &w, &auditor));
    still_waits(f, &w);
}

static void after_the_escalation_others_may_too(void **state)
{
    struct confirmation_rig *f = *state;
    const char *rule = "{\"roles\": [\"finance\"], \"escalate_roles\": [\"admin\"], "
                       "\"escalate_at\": \"%s\"}";
    struct pg_person admin = person(f, "admin");
    struct waiting early = ruled(f, arena_format(&f->arena, rule, "2099-01-01T00:00:00Z"));
    struct waiting late = ruled(f, arena_format(&f->arena, rule, "2020-01-01T00:00:00Z"));

    assert_string_equal("forbidden", CONFIRM(f, &early, &admin));
    assert_string_equal("ok", CONFIRM(f, &late, &admin));
    assert_string_equal("forbidden", CONFIRM(f, &early, &f->viewer));
}

static void a_substitute_has_the_right_he_was_given_while_it_lasts(void **state)
{
    struct confirmation_rig *f = *state;
    struct waiting w = waiting_high(f), later = waiting_high(f);

    assert_string_equal("forbidden", CONFIRM(f, &w, &f->operator));
    assert_string_equal("ok", delegate(f, &f->approver, &f->operator, "now() + interval '1 hour'",
                                       "now() + interval '2 hours'"));
    assert_string_equal("forbidden", CONFIRM(f, &w, &f->operator)); /* not yet */
    assert_string_equal("ok", DELEGATE_NOW(f, &f->approver, &f->operator));
    assert_string_equal("ok", CONFIRM(f, &w, &f->operator));
    assert_string_equal(f->approver.id.text, sql_value(&f->arena, f->conn, "select detail ->> "
        "'behalf_of' from %s.audit_event where request_id = '%s' and action = "
        "'confirmation.confirmed'", f->tenant.schema, w.request.text));
    sql_run(f->admin, "update %s.confirmation_delegation set from_at = now() - interval '2 days', "
                      "until_at = now() - interval '1 day' where from_at < now()",
            f->tenant.schema);
    assert_string_equal("forbidden", CONFIRM(f, &later, &f->operator)); /* over */
    delegations_forget(f);
}

static void the_requesters_own_substitute_counts_for_nothing(void **state)
{
    struct confirmation_rig *f = *state;
    struct waiting w = waiting_high(f); /* asked for by the owner */

    assert_string_equal("ok", DELEGATE_NOW(f, &f->owner, &f->operator));
    assert_string_equal("forbidden", CONFIRM(f, &w, &f->operator));
    still_waits(f, &w);
    delegations_forget(f);
}

static void the_requester_as_a_substitute_is_still_the_requester(void **state)
{
    struct confirmation_rig *f = *state;
    struct waiting w = waiting_make(f, &f->operator, "high", "'x'");

    assert_string_equal("ok", DELEGATE_NOW(f, &f->approver, &f->operator));
    assert_string_equal("self_confirmation", CONFIRM(f, &w, &f->operator));
    still_waits(f, &w);
    delegations_forget(f);
}

static void a_person_and_his_substitute_are_one(void **state)
{
    struct confirmation_rig *f = *state;
    struct waiting w = ruled(f, "{\"people\": 2}");

    assert_string_equal("ok", DELEGATE_NOW(f, &f->approver, &f->operator));
    assert_string_equal("counted", CONFIRM(f, &w, &f->operator));
    assert_string_equal("counted", CONFIRM(f, &w, &f->approver));
    still_waits(f, &w);
    delegations_forget(f);
}

static void who_only_looks_decides_in_nobodys_place(void **state)
{
    struct confirmation_rig *f = *state;
    struct waiting w = waiting_high(f);
    struct pg_person changed = person(f, "operator");

    assert_string_equal("ok", DELEGATE_NOW(f, &f->approver, &changed));
    sql_run(f->admin, "update public.membership set role = 'auditor' where user_id = '%s'", changed.id.text);
    assert_string_equal("forbidden", CONFIRM(f, &w, &changed));
    still_waits(f, &w);
    sql_run(f->admin, "update public.membership set role = 'operator' where user_id = '%s'", changed.id.text);
    assert_string_equal("ok", CONFIRM(f, &w, &changed));
    delegations_forget(f);
}

static void password_set_by(struct confirmation_rig *f, const struct pg_person *whose, const struct pg_person *by)
{
    sql_run(f->admin, "update public.app_user set password_set_by = '%s' where id = '%s'", by->id.text, whose->id.text);
}

static void whose_password_the_requester_set_does_not_decide_for_him(void **state)
{
    struct confirmation_rig *f = *state;
    struct waiting w = waiting_high(f); /* asked for by the owner */
    struct waiting other = waiting_make(f, &f->operator, "high", "'x'");
    struct pg_person lent = person(f, "approver"), third = person(f, "finance");

    password_set_by(f, &lent, &f->owner);
    assert_string_equal("forbidden", CONFIRM(f, &w, &lent));
    assert_string_equal("ok", DELEGATE_NOW(f, &lent, &third));
    assert_string_equal("forbidden", CONFIRM(f, &w, &third)); /* nor does anybody in his place */
    still_waits(f, &w);
    assert_string_equal("ok", CONFIRM(f, &other, &lent)); /* somebody else asked */
    password_set_by(f, &lent, &f->approver);
    assert_string_equal("ok", CONFIRM(f, &w, &lent));
    delegations_forget(f);
}

static void whoever_set_a_password_and_its_owner_are_one(void **state)
{
    struct confirmation_rig *f = *state;
    struct waiting w = ruled(f, "{\"people\": 2}"), outside = ruled(f, "{\"people\": 2}");
    struct pg_person admin = person(f, "admin"), lent = person(f, "approver");

    password_set_by(f, &lent, &admin);
    assert_string_equal("counted", CONFIRM(f, &w, &lent));
    assert_string_equal("counted", CONFIRM(f, &w, &admin));
    still_waits(f, &w);
    assert_string_equal("ok", CONFIRM(f, &w, &f->approver));
    /* The platform's people are no members: two whom they gave links are two. */
    password_set_by(f, &lent, &f->stranger);
    password_set_by(f, &admin, &f->stranger);
    assert_string_equal("counted", CONFIRM(f, &outside, &lent));
    assert_string_equal("ok", CONFIRM(f, &outside, &admin));
}

static void delegating_needs_the_right_a_member_and_a_period(void **state)
{
    struct confirmation_rig *f = *state;

    assert_string_equal("forbidden", DELEGATE_NOW(f, &f->viewer, &f->operator));
    assert_string_equal("not_found", DELEGATE_NOW(f, &f->approver, &f->stranger));
    assert_string_equal("not_found", DELEGATE_NOW(f, &f->approver, &f->viewer)); /* who only looks */
    assert_string_equal("unauthenticated", DELEGATE_NOW(f, &f->stranger, &f->viewer));
    assert_string_equal("invalid_input", DELEGATE_NOW(f, &f->approver, &f->approver));
    assert_string_equal("invalid_input", delegate(f, &f->approver, &f->viewer, "now()",
                                                  "now() - interval '1 hour'"));
    assert_string_equal("invalid_input", delegate(f, &f->approver, &f->viewer, "now()",
                                                  "now() + interval '1 year'"));
    assert_string_equal("0", sql_value(&f->arena, f->conn,
        "select count(*) from %s.confirmation_delegation", f->tenant.schema));
    /* and not by the tenant's role directly */
    assert_string_equal("42501", sql_state(&f->arena, f->conn, "insert into "
        "%s.confirmation_delegation (id, from_user, to_user, from_at, until_at, reason) values "
        "('%s', '%s', '%s', now(), now() + interval '1 hour', 'x')", f->tenant.schema, id_new().text,
        f->approver.id.text, f->viewer.id.text));
    assert_string_equal("42501", sql_state(&f->arena, f->conn, "insert into %s.confirmation_vote "
        "(confirmation_id, user_id, behalf_of) values ('%s', '%s', '%s')", f->tenant.schema,
        id_new().text, f->approver.id.text, f->approver.id.text));
}

static void a_delegation_is_ended_by_who_gave_it_or_an_admin(void **state)
{
    struct confirmation_rig *f = *state;
    struct waiting w = waiting_high(f);
    struct pg_person substitute = person(f, "finance");
    struct id id = id_new();
    const char *end = "select %s.confirmation_undelegate_%s('%s', '%s')";

    assert_string_equal("ok", sql_value(&f->arena, f->conn, "select %s.confirmation_delegate_%s('%s', "
        "'%s', now(), now() + interval '1 hour', 'x', '%s')", f->tenant.schema, f->tenant.schema, id.text,
        substitute.id.text, f->approver.token_hash));
    assert_string_equal("not_found", sql_value(&f->arena, f->conn, end, f->tenant.schema, f->tenant.schema, id.text,
                                               f->operator.token_hash));
    assert_string_equal("ok", sql_value(&f->arena, f->conn, end, f->tenant.schema, f->tenant.schema, id.text,
                                        f->owner.token_hash));
    assert_string_equal("forbidden", CONFIRM(f, &w, &substitute));
    delegations_forget(f);
}

/* As if so much time had gone by since it was made. */
static void age(struct confirmation_rig *f, const struct waiting *w, const char *interval)
{
    sql_run(f->admin, "update %s.confirmation set expires_at = expires_at - interval '%s', asked_at "
            "= asked_at - interval '%s' where id = '%s'", f->tenant.schema, interval, interval,
            w->confirmation.text);
}

static bool expires(struct confirmation_rig *f, const struct waiting *w)
{
    return *sql_value(&f->arena, f->conn, "select %s.confirmation_expire_%s('%s')", f->tenant.schema, f->tenant.schema,
                      w->request.text) == 't';
}

static void a_question_stops_the_clock_and_the_answer_starts_it(void **state)
{
    struct confirmation_rig *f = *state;
    struct waiting w = waiting_high(f); /* an hour */

    assert_string_equal("forbidden", clock_act(f, &w, "ask", "'why?'", &f->owner));
    assert_string_equal("forbidden", clock_act(f, &w, "ask", "'why?'", &f->viewer));
    assert_string_equal("invalid_input", clock_act(f, &w, "ask", "' '", &f->approver));
    assert_string_equal("ok", clock_act(f, &w, "ask", "'why?'", &f->approver));
    assert_string_equal("conflict", clock_act(f, &w, "ask", "'why?'", &f->approver));
    age(f, &w, "3 hours");
    assert_false(expires(f, &w));
    assert_string_equal("forbidden", clock_act(f, &w, "reply", "'so'", &f->approver));
    assert_string_equal("ok", clock_act(f, &w, "reply", "'so'", &f->owner));
    assert_string_equal("conflict", clock_act(f, &w, "reply", "'so'", &f->owner));
    assert_string_equal("t", sql_value(&f->arena, f->conn, "select expires_at between now() + "
        "interval '55 minutes' and now() + interval '65 minutes' from %s.confirmation where id = "
        "'%s'", f->tenant.schema, w.confirmation.text));
    /* a delayed job stands at each new end */
    assert_string_equal("2", sql_value(&f->arena, f->conn, "select count(*) from %s.job j join "
        "%s.job_live l on l.job_id = j.id where j.request_id = '%s' and j.kind = 'confirm' and "
        "l.state = 'delayed'", f->tenant.schema, f->tenant.schema, w.request.text));
    age(f, &w, "2 hours");
    assert_true(expires(f, &w));
    assert_string_equal("expired", clock_act(f, &w, "ask", "'why?'", &f->approver));
}

static void a_question_that_nobody_answers_ends_too(void **state)
{
    struct confirmation_rig *f = *state;
    struct waiting w = waiting_high(f);

    assert_string_equal("ok", clock_act(f, &w, "ask", "'why?'", &f->approver));
    age(f, &w, "6 days 23 hours");
    assert_false(expires(f, &w));
    age(f, &w, "2 hours 1 minute");
    assert_string_equal("expired", CONFIRM(f, &w, &f->approver));
    assert_true(expires(f, &w));
}

static void an_extension_is_the_rules_and_comes_once(void **state)
{
    struct confirmation_rig *f = *state;
    struct waiting plain = waiting_high(f), w = ruled(f, "{\"extend_s\": 7200}");

    assert_string_equal("conflict", clock_act(f, &plain, "extend", "null", &f->approver));
    assert_string_equal("forbidden", clock_act(f, &w, "extend", "null", &f->viewer));
    assert_string_equal("ok", clock_act(f, &w, "extend", "null", &f->owner));
    assert_string_equal("conflict", clock_act(f, &w, "extend", "null", &f->approver));
    age(f, &w, "2 hours 50 minutes");
    assert_false(expires(f, &w));
    age(f, &w, "20 minutes");
    assert_true(expires(f, &w));
}

/* Would a yes of this person be taken? Asked of the decision itself, which is taken back. */
static bool decides(struct confirmation_rig *f, const struct waiting *w, const struct pg_person *who)
{
    sql_run(f->conn, "begin");
    const char *code = CONFIRM(f, w, who);
    bool taken = strcmp(code, "ok") == 0 || strcmp(code, "counted") == 0;
    sql_run(f->conn, "rollback");
    return taken;
}

static bool said_to(struct confirmation_rig *f, const struct waiting *w, const struct pg_person *who)
{
    return *sql_value(&f->arena, f->conn, "select coalesce((select %s.confirmation_takes_%s('%s', m.user_id, m.role) from "
                      "public.my_members m where m.user_id = '%s'), false)", f->tenant.schema, f->tenant.schema,
                      w->confirmation.text, who->id.text) == 't';
}

/* Everybody in a dozen cases: whom /why names is whom the decision takes. */
static void whom_it_waits_for_are_those_who_would_be_let(void **state)
{
    struct confirmation_rig *f = *state;
    static const char *const rules[] = {
        "{}", "{\"roles\": [\"finance\"]}", "{\"four_eyes\": true}", "{\"roles\": [\"operator\", \"viewer\"], \"people\": 2}",
        "{\"roles\": [\"finance\"], \"escalate_roles\": [\"admin\"], \"escalate_at\": \"2020-01-01T00:00:00Z\"}",
        "{\"people\": 3}",
    };
    struct pg_person people[] = { f->owner, f->approver, f->viewer, f->operator, f->stranger,
                                  person(f, "finance"), person(f, "admin"), person(f, "auditor"), person(f, "approver") };
    enum { PEOPLE = sizeof people / sizeof *people };
    int named = 0, mine = 0;

    password_set_by(f, &people[PEOPLE - 1], &f->owner);
    assert_string_equal("ok", DELEGATE_NOW(f, &f->approver, &people[5]));
    for (size_t i = 0; i < 2 * sizeof rules / sizeof *rules; i++) {
        bool low = i % 2;
        struct waiting w = waiting_make(f, low ? &f->operator : &f->owner, low ? "low" : "high", "'x'");
        sql_run(f->admin, "update %s.confirmation set rule = '%s' where id = '%s'", f->tenant.schema, rules[i / 2],
                w.confirmation.text);
        if (strstr(rules[i / 2], "people"))
            CONFIRM(f, &w, low ? &f->operator : &f->approver); /* who has said yes is not waited for */
        for (size_t p = 0; p < PEOPLE; p++) {
            bool taken = decides(f, &w, &people[p]);
            if (taken != said_to(f, &w, &people[p]))
                fail_msg("rule %s, %s risk, person %zu: the decision takes a yes: %d", rules[i / 2], low ? "low" : "high", p, taken);
            named += taken;
            mine += taken && low && p == 3;
        }
    }
    assert_true(named > 12 && mine > 0); /* his own, where one pair of eyes is enough */
    delegations_forget(f);
}

static void how_many_are_missing_falls_with_each_person_who_agrees(void **state)
{
    struct confirmation_rig *f = *state;
    struct waiting w = ruled(f, "{\"people\": 2}");
    struct pg_person second = person(f, "admin");
    const char *missing = "select %s.confirmation_missing_%s('%s')";

    assert_string_equal("2", sql_value(&f->arena, f->conn, missing, f->tenant.schema, f->tenant.schema, w.confirmation.text));
    assert_string_equal("counted", CONFIRM(f, &w, &f->approver));
    assert_string_equal("1", sql_value(&f->arena, f->conn, missing, f->tenant.schema, f->tenant.schema, w.confirmation.text));
    assert_string_equal("ok", CONFIRM(f, &w, &second));
    assert_string_equal("0", sql_value(&f->arena, f->conn, "select count(%s.confirmation_missing_%s('%s'))", f->tenant.schema,
                                       f->tenant.schema, w.confirmation.text)); /* it waits for nobody */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_people_are_two_people),
        cmocka_unit_test(one_no_ends_what_another_agreed_to),
        cmocka_unit_test(who_left_or_lost_the_role_no_longer_counts),
        cmocka_unit_test(only_the_roles_of_the_rule_decide),
        cmocka_unit_test(a_rule_cannot_name_who_only_looks),
        cmocka_unit_test(after_the_escalation_others_may_too),
        cmocka_unit_test(a_substitute_has_the_right_he_was_given_while_it_lasts),
        cmocka_unit_test(the_requesters_own_substitute_counts_for_nothing),
        cmocka_unit_test(the_requester_as_a_substitute_is_still_the_requester),
        cmocka_unit_test(a_person_and_his_substitute_are_one),
        cmocka_unit_test(who_only_looks_decides_in_nobodys_place),
        cmocka_unit_test(whose_password_the_requester_set_does_not_decide_for_him),
        cmocka_unit_test(whoever_set_a_password_and_its_owner_are_one),
        cmocka_unit_test(delegating_needs_the_right_a_member_and_a_period),
        cmocka_unit_test(a_delegation_is_ended_by_who_gave_it_or_an_admin),
        cmocka_unit_test(a_question_stops_the_clock_and_the_answer_starts_it),
        cmocka_unit_test(a_question_that_nobody_answers_ends_too),
        cmocka_unit_test(an_extension_is_the_rules_and_comes_once),
        cmocka_unit_test(whom_it_waits_for_are_those_who_would_be_let),
        cmocka_unit_test(how_many_are_missing_falls_with_each_person_who_agrees),
    };

    return cmocka_run_group_tests(tests, confirmation_rig_setup, confirmation_rig_teardown);
}
