/* reminder_policy_test.c - people change when customers are reminded: what was recorded stays, the next window is the new policy's, and
 * what was foretold is what happens. */
#include "tests/lib/test.h"

#include <stdlib.h>
#include <string.h>

#include "core/store/scan/forecast.h"
#include "sql_public.h"
#include "tests/lib/scan_rig.h"
#include "tests/lib/sql.h"

static struct pg_person person;

static int setup(void **state)
{
    int failed = scan_rig_setup(state);

    pg_server_person(&((struct scan_rig *)*state)->server, NULL, NULL, &person);
    return failed;
}

static const char *terms(const char *days)
{
    static char text[300];

    snprintf(text, sizeof text, "{\"before_days\": [%s], \"prefill_days\": 30, \"publish_hours\": 24, \"send_from\": 9, \"send_to\": 18, "
             "\"shutdown_on_workday\": false, \"calendar\": \"CN\"}", days);
    return text;
}

static void policy_set(struct scan_rig *f, const char *code, const char *days)
{
    sql_run(f->admin, "select public.reminder_policy_set('%s', '%s', 'tried', '%s')", code, terms(days), person.id.text);
}

/* What a tick does before its scan. */
static void wake(struct scan_rig *f)
{
    while (atoi(sql_value(&f->arena, f->conn, "select public.policy_wake(2)")) > 0)
        ;
}

static void scan(struct scan_rig *f)
{
    wake(f);
    scan_rig_scan(f->conn, (struct scan_options){ .accept_gap = true, .release_brake = true });
}

/* "T-15 T-7" */
static const char *reminded(struct scan_rig *f, const char *customer)
{
    return sql_value(&f->arena, f->admin, "select coalesce(string_agg(a.window_code, ' ' order by a.as_of), '') from public.lifecycle_action a join "
                     "public.subscription s on s.id = a.subscription_id join public.customer c on c.id = s.customer_id where c.name = '%s' "
                     "and a.action = 'remind' and a.status = 'done' and a.window_code like 'T-%%'", customer);
}

static const char *recorded(struct scan_rig *f, int upto)
{
    return sql_value(&f->arena, f->admin, "select md5(string_agg(x.t::text, '|' order by x.n)) from (select t, row_number() over (order by t.as_of, "
                     "t.subscription_id, t.action, t.window_code) as n from public.lifecycle_action t) x where x.n <= %d", upto);
}

/* The end lies on a Thursday, so that no window is moved to the workday of another. */
static int thursday_in(struct scan_rig *f, int days)
{
    return days + atoi(sql_value(&f->arena, f->admin, "select (11 - extract(isodow from (public.lifecycle_now() at time zone "
                                 "'Asia/Shanghai')::date + %d)::integer) %% 7", days));
}

static void go_on(struct scan_rig *f, int quarters)
{
    for (int i = 0; i < quarters; i++) {
        scan_rig_advance(f, "6 hours");
        scan(f);
    }
}

static void policies_forget(struct scan_rig *f)
{
    sql_run(f->admin, "truncate public.policy_wake, public.edition_reminder, public.subscription_reminder; "
            "update public.subscription set policy = null; delete from public.lifecycle_policy_note; delete from public.lifecycle_policy "
            "where ver > 1 or code <> 'standard'");
}

static void what_was_recorded_stays_and_the_next_window_is_the_new_ones(void **state)
{
    struct scan_rig *f = *state;
    struct forecast forecast;
    struct gov_err err = { 0 };
    struct lifecycle_policy next = lifecycle_policy_default;

    scan_rig_subscriptions(f, 3, thursday_in(f, 12), "Asia/Shanghai");
    scan(f);
    const char *first = reminded(f, "c1");
    int rows = scan_rig_count(f, "public.lifecycle_action");
    const char *before = recorded(f, rows);

    memcpy(next.before_days, (int[LIFECYCLE_BEFORE_MAX]){ 60, 20, 9, 2 }, sizeof next.before_days);
    assert_true(forecast_run(f->admin, &(struct forecast_ask){ .policy = "standard", .terms = &next, .calendar = "CN" }, &forecast, &err));
    assert_int_equal(3, forecast.subscriptions);
    assert_int_equal(3, forecast.changed);
    policy_set(f, "standard", "60, 20, 9, 2");
    policy_set(f, "standard", "60, 20, 9, 2"); /* the same again is no version */
    assert_int_equal(2, atoi(sql_value(&f->arena, f->admin, "select max(ver) from public.lifecycle_policy where code = 'standard'")));
    scan(f);
    assert_string_equal(before, recorded(f, rows));
    assert_int_equal(rows, scan_rig_count(f, "public.lifecycle_action"));
    int messages = scan_rig_count(f, "public.outbox");
    go_on(f, 4 * 29);
    assert_string_equal(arena_format(&f->arena, "%s T-9 T-2", first), reminded(f, "c1"));
    assert_string_equal(before, recorded(f, rows));
    /* what was foretold, for each of the three */
    assert_int_equal(forecast.after, scan_rig_count(f, "public.outbox") - messages);
    policies_forget(f);
}

static void a_customers_own_goes_before_his_editions_and_that_before_its_versions(void **state)
{
    struct scan_rig *f = *state;
    struct forecast forecast;
    struct gov_err err = { 0 };
    const char *own;

    scan_rig_subscriptions(f, 3, thursday_in(f, 23), "Asia/Shanghai");
    scan(f);
    own = sql_value(&f->arena, f->admin, "select s.id from public.subscription s join public.customer c on c.id = s.customer_id where c.name = 'c1'");
    policy_set(f, "seldom", "17, 9");
    policy_set(f, "often", "16, 2, 1");
    assert_string_equal("GV000", sql_state(&f->arena, f->admin, "select public.edition_reminder_set('team-yearly', 'nowhere', 'x', '%s')", person.id.text));
    assert_true(forecast_run(f->admin, &(struct forecast_ask){ .edition = "team-yearly", .choice = "seldom" }, &forecast, &err));
    assert_int_equal(3, forecast.changed);
    assert_false(forecast_run(f->admin, &(struct forecast_ask){ .edition = "team-yearly", .choice = "nowhere" }, &forecast, &err));
    assert_int_equal(GOV_NOT_FOUND, err.code);
    sql_run(f->admin, "select public.edition_reminder_set('team-yearly', 'seldom', 'tried', '%s')", person.id.text);
    sql_run(f->admin, "select public.subscription_reminder_set('%s', 'often', 'asked for it', '%s')", own, person.id.text);
    go_on(f, 4 * 30);
    assert_string_equal("T-30 T-16 T-2 T-1", reminded(f, "c1"));
    assert_string_equal("T-30 T-17 T-9", reminded(f, "c2"));
    assert_string_equal("T-30 T-17 T-9", reminded(f, "c3"));
    assert_string_equal("2", sql_value(&f->arena, f->admin, "select count(*) from public.platform_audit where action = 'reminder_policy.used'"));
    policies_forget(f);
}

static void waking_goes_through_all_twice_and_then_rests(void **state)
{
    struct scan_rig *f = *state;

    scan_rig_subscriptions(f, 5, 300, "Asia/Shanghai");
    scan(f);
    policy_set(f, "standard", "40, 10");
    assert_int_equal(0, scan_rig_count(f, "public.subscription where next_action_at <= public.lifecycle_now()"));
    wake(f);
    assert_int_equal(5, scan_rig_count(f, "public.subscription where next_action_at <= public.lifecycle_now()"));
    assert_int_equal(1, scan_rig_count(f, "public.policy_wake where last"));
    scan(f);
    assert_int_equal(0, scan_rig_count(f, "public.subscription where next_action_at <= public.lifecycle_now()"));
    scan_rig_advance(f, "11 minutes");
    wake(f);
    assert_int_equal(0, scan_rig_count(f, "public.policy_wake"));
    assert_int_equal(5, scan_rig_count(f, "public.subscription where next_action_at <= public.lifecycle_now()"));
    policies_forget(f);
}

/* The statement by which a database of before keeps what it had dealt with: the bits stay, the days are the last window's. */
static void what_was_dealt_with_before_is_kept_by_days(void **state)
{
    struct scan_rig *f = *state;
    const char *from = NULL;

    for (const struct embedded *file = sql_public; file->name && !from; file++)
        from = strstr(file->text, "update public.subscription s\nset windows_done = s.windows_done |");
    assert_non_null(from);
    scan_rig_subscriptions(f, 5, 20, "Asia/Shanghai");
    sql_run(f->admin, "update public.subscription s set windows_done = (array[8192 + 3, 8192 + 31, 8192, 0, -1])[substr(c.name, 2)::integer] from "
            "public.customer c where c.id = s.customer_id");
    sql_run(f->admin, "%.*s", (int)strcspn(from, ";"), from);
    assert_string_equal("8195 15, 8223 1, 8192 128, 0 128, 65535 1", sql_value(&f->arena, f->admin, "select string_agg((s.windows_done & 65535) || "
                        "' ' || 128 - ((s.windows_done >> 24) & 127), ', ' order by c.name) from public.subscription s join public.customer c on "
                        "c.id = s.customer_id"));
}

/* As a fresh database has it, or as an upgrade leaves what is there. */
static void monthly_policy_comes(struct scan_rig *f)
{
    const struct embedded *file = sql_public;

    while (file->name && !strstr(file->name, "_monthly_policy"))
        file++;
    assert_non_null(file->name);
    sql_run(f->admin, "%s", file->text);
}

static void a_shipped_month_is_reminded_in_its_last_week_and_drafted_in_its_middle(void **state)
{
    struct scan_rig *f = *state;
    int days = thursday_in(f, 31);

    policies_forget(f);
    monthly_policy_comes(f);
    scan_rig_subscriptions(f, 2, days, "Asia/Shanghai");
    sql_run(f->admin, "update public.subscription set paid_from_at = paid_until_at - interval '%d days'", days);
    sql_run(f->admin, "update public.subscription s set edition_version = v.id from public.edition_version v, public.customer c where v.edition = "
            "'team-monthly' and c.id = s.customer_id and c.name = 'c1'");
    go_on(f, 4 * days);
    assert_string_equal("T-7 T-3 T-1", reminded(f, "c1"));
    assert_string_equal("T-30 T-15 T-7 T-3 T-1", reminded(f, "c2"));
    assert_int_equal(2, scan_rig_count(f, "public.lifecycle_action a join public.subscription s on s.id = a.subscription_id where a.action = 'prefill' "
                                       "and a.as_of - s.paid_from_at - (s.paid_until_at - s.paid_from_at) / 2 between '0' and interval '6 hours'"));
    policies_forget(f);
}

/* A new version of the shipped month; `more` of its terms. */
static void month_version(struct scan_rig *f, const char *more)
{
    sql_run(f->admin, "select public.edition_add('team-monthly', null, null, gen_random_uuid(), '{\"interval_unit\": \"month\", \"interval_count\": 1, "
            "\"price_minor\": 29900, \"currency\": \"CNY\"%s}', '%s')", more, person.id.text);
}

/* The choice that an upgrade makes is nobody's who has chosen. */
static void a_month_stays_as_people_have_said(void **state)
{
    static const char chosen[] = "select (select count(*) from public.lifecycle_policy where code = 'monthly' and before_days = '{7,3,1}') || ' ' || "
                                 "coalesce((select coalesce(policy, '-') from public.edition_reminder where edition = 'team-monthly'), 'none')";
    struct scan_rig *f = *state;

    policies_forget(f);
    policy_set(f, "standard", "20, 5");
    monthly_policy_comes(f);
    assert_string_equal("0 none", sql_value(&f->arena, f->admin, chosen));
    policies_forget(f);
    policy_set(f, "monthly", "9, 2");
    monthly_policy_comes(f);
    assert_string_equal("0 none", sql_value(&f->arena, f->admin, chosen));
    sql_run(f->admin, "select public.edition_reminder_set('team-monthly', 'monthly', 'tried', '%s'), public.edition_reminder_set('team-monthly', null, "
            "'back', '%s')", person.id.text, person.id.text);
    monthly_policy_comes(f);
    assert_string_equal("0 -", sql_value(&f->arena, f->admin, chosen));
    policies_forget(f);
    monthly_policy_comes(f);
    assert_string_equal("1 monthly", sql_value(&f->arena, f->admin, chosen));
    /* and it is taken away like any other */
    sql_run(f->admin, "select public.edition_reminder_set('team-monthly', null, 'as before', '%s')", person.id.text);
    monthly_policy_comes(f);
    assert_string_equal("1 -", sql_value(&f->arena, f->admin, chosen));
    policies_forget(f);
    /* One of that name is not handed over, whoever made it and however. */
    sql_run(f->admin, "insert into public.lifecycle_policy (code, ver, before_days) values ('monthly', 1, '{9,2}')");
    monthly_policy_comes(f);
    assert_string_equal("0 none", sql_value(&f->arena, f->admin, chosen));
    policies_forget(f);
    /* The standard is a choice as well where it was said. */
    month_version(f, ", \"policy\": \"standard\"");
    monthly_policy_comes(f);
    assert_string_equal("0 none", sql_value(&f->arena, f->admin, chosen));
    month_version(f, "");
    monthly_policy_comes(f);
    assert_string_equal("1 monthly", sql_value(&f->arena, f->admin, chosen));
    policies_forget(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_recorded_stays_and_the_next_window_is_the_new_ones),
        cmocka_unit_test(a_customers_own_goes_before_his_editions_and_that_before_its_versions),
        cmocka_unit_test(waking_goes_through_all_twice_and_then_rests),
        cmocka_unit_test(what_was_dealt_with_before_is_kept_by_days),
        cmocka_unit_test(a_shipped_month_is_reminded_in_its_last_week_and_drafted_in_its_middle),
        cmocka_unit_test(a_month_stays_as_people_have_said),
    };
    return cmocka_run_group_tests(tests, setup, scan_rig_teardown);
}
