/* cron_test.c - schedules that are due, over real rows, with two schedulers at once. */
#include "scheduler/cron.h"

#include <stdlib.h>
#include <string.h>

#include "tests/lib/sched_rig.h"
#include "tests/lib/sql.h"
#include "tests/lib/test.h"

static int setup(void **state)
{
    struct sched_rig *r = calloc(1, sizeof *r);
    sched_rig_start(r);
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    sched_rig_stop(*state);
    free(*state);
    return 0;
}

static void assert_value(struct sched_rig *r, const char *expected, const char *query)
{
    const char *got = sched_rig_value(r, "%s", query);
    if (!got || strcmp(got, expected) != 0)
        fail_msg("%s: %s instead of %s", query, got ? got : "(null)", expected);
}

static const char this_minute[] = "date_trunc('minute', now())";

static void a_slot_fires_once_whatever_number_of_schedulers(void **state)
{
    struct sched_rig *r = *state;

    for (int i = 0; i < 30; i++)
        sched_rig_schedule(r, NULL, "coalesce", this_minute, NULL);
    assert_int_equal(sched_rig_round(r, 2), 30);
    assert_value(r, "30 fired", "select count(*) || ' ' || min(state) from {{t}}.schedule_firing");
    assert_value(r, "30", "select count(*) from {{t}}.job where kind = 'run' and risk = 'low'");
    assert_value(r, "30", "select count(*) from {{t}}.job_live where state = 'ready'");
    assert_value(r, "30", "select count(*) from {{t}}.schedule_firing f join {{t}}.request q on q.id = "
                          "f.request_id and q.source = 'schedule' join {{t}}.job j on j.id = q.id");
    assert_value(r, "30", "select count(*) from {{t}}.audit_event where action = 'schedule.fired'");
    assert_value(r, "t", "select bool_and(next_at > now() and due_at = next_at) from {{t}}.schedule");
    assert_value(r, "t", "select exists (select from public.mark where minute > now())");
    assert_int_equal(sched_rig_round(r, 2), 0);
}

static void inputs_are_computed_from_the_slot_in_the_schedules_zone(void **state)
{
    struct sched_rig *r = *state;

    sched_rig_schedule(r, "0 0 1 3 *", "coalesce", "'2026-02-28T23:00:00Z'", NULL);
    assert_int_equal(sched_rig_round(r, 1), 1);
    assert_value(r, "2026-02", "select payload #>> '{input,month}' from {{t}}.job");
    assert_value(r, "Europe/Berlin", "select payload ->> 'timezone' from {{t}}.job");
}

static void after_an_outage_every_mode_keeps_its_word(void **state)
{
    struct sched_rig *r = *state;
    static const char *const modes[] = { "skip", "coalesce", "all" };
    static const char *const expected[] = { "skipped late 4", "coalesced coalesced 3, fired - 1", "fired - 4" };

    for (int m = 0; m < 3; m++) {
        /* Six minutes ago is later than "in time". */
        struct id id = sched_rig_schedule(
            r, NULL, modes[m], "date_trunc('minute', now() - interval '6 minutes') - interval '3 hours'", NULL);
        for (int round = 0; round < 5; round++)
            sched_rig_round(r, 2);
        const char *got = sched_rig_value(
            r, "select string_agg(s, ', ' order by s) from (select state || ' ' || coalesce(reason, '-') || "
               "' ' || count(*) as s from {{t}}.schedule_firing where schedule_id = '%s' group by state, "
               "reason) x", id.text);
        assert_string_equal(got, expected[m]);
    }
}

static void a_clock_that_is_put_back_fires_a_daily_slot_once(void **state)
{
    struct sched_rig *r = *state;
    struct id id = sched_rig_schedule(r, "30 2 24-27 10 *", "all", "'2026-10-24T00:30:00Z'", NULL);

    for (int round = 0; round < 6; round++)
        sched_rig_round(r, 1);
    const char *got = sched_rig_value(
        r, "select string_agg(to_char(fire_at at time zone 'UTC', 'DD\"T\"HH24:MI'), ' ' order by fire_at) "
           "from {{t}}.schedule_firing where schedule_id = '%s' and state = 'fired'", id.text);
    assert_string_equal(got, "24T00:30 25T00:30 26T01:30 27T01:30");
}

static void an_owner_who_left_pauses_his_schedules(void **state)
{
    struct sched_rig *r = *state;

    sched_rig_schedule(r, NULL, "coalesce", this_minute, NULL);
    sql_run(r->admin, "delete from public.membership where user_id = '%s'", r->operator.id.text);
    assert_int_equal(sched_rig_round(r, 2), 1);
    assert_value(r, "false owner_left", "select enabled || ' ' || paused_reason from {{t}}.schedule");
    assert_value(r, "refused owner_left", "select state || ' ' || reason from {{t}}.schedule_firing");
    assert_value(r, "1", "select count(*) from {{t}}.audit_event where action = 'schedule.paused' and "
                         "detail ->> 'reason' = 'owner_left'");
    assert_value(r, "0", "select count(*) from {{t}}.job");
}

static void an_owner_who_may_no_longer_run_it_pauses_it(void **state)
{
    struct sched_rig *r = *state;

    sched_rig_schedule(r, NULL, "coalesce", this_minute, NULL);
    sql_run(r->admin, "insert into %s.skill_binding (skill_id, subject_kind, subject) select id, 'role', "
                      "'owner' from %s.skill", r->tenant.schema, r->tenant.schema);
    sched_rig_round(r, 1);
    assert_value(r, "false owner_may_not", "select enabled || ' ' || paused_reason from {{t}}.schedule");
    assert_value(r, "0", "select count(*) from {{t}}.job");
}

static void what_cannot_be_planned_is_refused_and_goes_on(void **state)
{
    struct sched_rig *r = *state;

    sched_rig_schedule(r, NULL, "coalesce", this_minute, NULL);
    sql_run(r->admin, "update %s.skill set enabled = false", r->tenant.schema);
    sched_rig_round(r, 1);
    assert_value(r, "refused skill_disabled", "select state || ' ' || reason from {{t}}.schedule_firing");
    assert_value(r, "t", "select message ->> 'en' like '%switched off%' from {{t}}.schedule_firing");
    assert_value(r, "t", "select enabled and next_at > now() from {{t}}.schedule");
}

static void a_suspended_tenant_is_skipped_without_back_fill(void **state)
{
    struct sched_rig *r = *state;

    sched_rig_schedule(r, NULL, "all", "date_trunc('minute', now()) - interval '3 hours'", NULL);
    sql_run(r->admin, "update public.tenant set state = 'suspended' where id = '%s'", r->tenant.id.text);
    for (int round = 0; round < 5; round++)
        sched_rig_round(r, 2);
    assert_value(r, "4", "select count(*) from {{t}}.schedule_firing where state = 'skipped' and reason = "
                         "'tenant_suspended'");
    sql_run(r->admin, "update public.tenant set state = 'active' where id = '%s'", r->tenant.id.text);
    sched_rig_round(r, 2);
    assert_value(r, "0", "select count(*) from {{t}}.job");
}

/* --- high risk --- */

static struct id purge(struct sched_rig *r, const char *next, const char *due)
{
    struct id id = sched_rig_schedule(r, NULL, "coalesce", next, due);
    sql_run(r->admin, "update %s.schedule set action = 'purge', asks = true, lead_s = 60 where id = '%s'",
            r->tenant.schema, id.text);
    return id;
}

static void high_risk_is_asked_for_ahead_of_its_slot(void **state)
{
    struct sched_rig *r = *state;

    purge(r, "date_trunc('minute', now()) + interval '30 minutes'", "now() - interval '1 second'");
    assert_int_equal(sched_rig_round(r, 2), 1);
    assert_value(r, "asked", "select state from {{t}}.schedule_firing");
    assert_value(r, "plan ctl", "select kind || ' ' || lane from {{t}}.job");
    assert_value(r, "t", "select (j.payload ->> 'run_at_us')::bigint = extract(epoch from s.next_at) * "
                         "1000000 and s.due_at = s.next_at and s.asked_request = j.request_id "
                         "from {{t}}.job j, {{t}}.schedule s");
    assert_int_equal(sched_rig_round(r, 2), 0);
    /* The slot comes, and nobody has decided. */
    sql_run(r->admin, "update %s.schedule set next_at = next_at - interval '31 minutes', due_at = now()",
            r->tenant.schema);
    sql_run(r->admin, "update %s.schedule_firing set fire_at = fire_at - interval '31 minutes'",
            r->tenant.schema);
    assert_int_equal(sched_rig_round(r, 2), 1);
    assert_value(r, "skipped expired", "select state || ' ' || reason from {{t}}.schedule_firing");
    assert_value(r, "0", "select count(*) from {{t}}.job where kind = 'run'");
}

static void high_risk_that_was_not_asked_for_does_not_run(void **state)
{
    struct sched_rig *r = *state;

    purge(r, this_minute, NULL);
    sql_run(r->admin, "update %s.schedule set asks = false", r->tenant.schema);
    sched_rig_round(r, 2);
    assert_value(r, "skipped asked_too_late", "select state || ' ' || reason from {{t}}.schedule_firing");
    assert_value(r, "t", "select asks and due_at < next_at from {{t}}.schedule");
    assert_value(r, "0", "select count(*) from {{t}}.job");
}

/* What a worker's plan job leaves: a plan that keeps the time, and a confirmation that waits. */
static void plan_as_a_worker_does(struct sched_rig *r)
{
    sql_run(r->admin,
            "with j as (select * from %1$s.job where kind = 'plan'), p as (insert into %1$s.plan (id, "
            "request_id, digest, risk, body, lane, timeout_ms, payload) select gen_random_uuid(), "
            "request_id, repeat('c', 64), 'high', '{}', 'py', 1000, payload from j returning *) "
            "insert into %1$s.confirmation (id, request_id, plan_id, digest, requester, expires_at) select "
            "gen_random_uuid(), p.request_id, p.id, p.digest, '%2$s', to_timestamp((p.payload ->> "
            "'run_at_us')::bigint / 1000000.0) from p", r->tenant.schema, r->operator.id.text);
    sql_run(r->admin,
            "with gone as (delete from %1$s.job_live returning job_id) insert into %1$s.job_outcome (job_id, "
            "state) select job_id, 'succeeded' from gone", r->tenant.schema);
}

/* Confirmed ahead; then the slot comes. */
static void confirm_ahead(struct sched_rig *r)
{
    purge(r, "date_trunc('minute', now()) + interval '30 minutes'", "now() - interval '1 second'");
    sched_rig_round(r, 1);
    plan_as_a_worker_does(r);
    assert_value(r, "ok", arena_format(&r->rig.arena,
                 "select code from {{t}}.confirmation_decide_{{t}}((select request_id from {{t}}.confirmation), "
                 "repeat('c', 64), 'confirm', null, '%s', gen_random_uuid())", r->approver.token_hash));
}

static void slot_comes(struct sched_rig *r)
{
    sql_run(r->admin, "update %s.schedule set next_at = next_at - interval '31 minutes', due_at = now()",
            r->tenant.schema);
    sql_run(r->admin, "update %s.schedule_firing set fire_at = fire_at - interval '31 minutes'",
            r->tenant.schema);
    assert_int_equal(sched_rig_round(r, 2), 1);
}

static void a_run_that_was_confirmed_ahead_waits_for_its_slot(void **state)
{
    struct sched_rig *r = *state;

    confirm_ahead(r);
    assert_value(r, "t", "select l.state = 'delayed' and l.run_at = s.next_at from {{t}}.job_live l, "
                         "{{t}}.schedule s");
    slot_comes(r);
    assert_value(r, "fired", "select state from {{t}}.schedule_firing");
    assert_value(r, "1", "select count(*) from {{t}}.job where kind = 'run'");
    assert_value(r, "1", "select count(*) from {{t}}.job_live");
}

static void a_confirmed_run_of_a_suspended_tenant_is_not_kept_for_its_return(void **state)
{
    struct sched_rig *r = *state;

    confirm_ahead(r);
    sql_run(r->admin, "update public.tenant set state = 'suspended' where id = '%s'", r->tenant.id.text);
    slot_comes(r);
    assert_value(r, "skipped tenant_suspended", "select state || ' ' || reason from {{t}}.schedule_firing");
    assert_value(r, "0", "select count(*) from {{t}}.job_live");
    assert_value(r, "cancelled tenant_suspended", "select o.state || ' ' || o.code from {{t}}.job_outcome o join "
                                                  "{{t}}.job j on j.id = o.job_id where j.kind = 'run'");
    assert_value(r, "1", "select count(*) from {{t}}.audit_event where action = 'job.cancelled' and actor_kind = "
                         "'system' and detail ->> 'why' = 'tenant_suspended'");
    assert_value(r, "t", "select enabled and next_at > now() - interval '31 minutes' from {{t}}.schedule");
}

static void a_confirmed_run_of_an_owner_who_left_is_taken_back(void **state)
{
    struct sched_rig *r = *state;

    confirm_ahead(r);
    sql_run(r->admin, "delete from public.membership where user_id = '%s'", r->operator.id.text);
    slot_comes(r);
    assert_value(r, "refused owner_left", "select state || ' ' || reason from {{t}}.schedule_firing");
    assert_value(r, "false owner_left", "select enabled || ' ' || paused_reason from {{t}}.schedule");
    assert_value(r, "0", "select count(*) from {{t}}.job_live");
    assert_value(r, "cancelled forbidden", "select o.state || ' ' || o.code from {{t}}.job_outcome o join "
                                           "{{t}}.job j on j.id = o.job_id where j.kind = 'run'");
}

static void a_confirmed_run_that_has_begun_goes_on(void **state)
{
    struct sched_rig *r = *state;

    confirm_ahead(r);
    sql_run(r->admin, "update %s.job_live set state = 'running', fence = 2", r->tenant.schema);
    sql_run(r->admin, "update public.tenant set state = 'suspended' where id = '%s'", r->tenant.id.text);
    slot_comes(r);
    assert_value(r, "fired", "select state from {{t}}.schedule_firing");
    assert_value(r, "1", "select count(*) from {{t}}.job_live");
}

static void a_visit_finds_a_due_schedule_by_its_mark(void **state)
{
    struct sched_rig *r = *state;
    struct visit visit;
    struct gov_err err;

    sched_rig_schedule(r, NULL, "coalesce", this_minute, NULL);
    visit_init(&visit, &r->schedulers[0], &(struct id){ 0 }, 0);
    assert_true(op_await(&visit.op, &err));
    assert_int_equal(visit.due_count, 0);
    op_release(&visit.op);
    sql_run(r->admin, "insert into public.mark (tenant_id, minute) select '%s', date_trunc('minute', now()) + "
                      "m * interval '1 minute' from unnest('{-2,5}'::int[]) m", r->tenant.id.text);
    visit_init(&visit, &r->schedulers[0], &(struct id){ 0 }, 0);
    assert_true(op_await(&visit.op, &err));
    assert_int_equal(visit.due_count, 1);
    assert_true(visit.next_due_us > 0);
    op_release(&visit.op);
    /* It is not at rest: the mark stays. */
    assert_value(r, "2", "select count(*) from public.mark");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_slot_fires_once_whatever_number_of_schedulers),
        TEST(inputs_are_computed_from_the_slot_in_the_schedules_zone),
        TEST(after_an_outage_every_mode_keeps_its_word),
        TEST(a_clock_that_is_put_back_fires_a_daily_slot_once),
        TEST(an_owner_who_left_pauses_his_schedules),
        TEST(an_owner_who_may_no_longer_run_it_pauses_it),
        TEST(what_cannot_be_planned_is_refused_and_goes_on),
        TEST(a_suspended_tenant_is_skipped_without_back_fill),
        TEST(high_risk_is_asked_for_ahead_of_its_slot),
        TEST(high_risk_that_was_not_asked_for_does_not_run),
        TEST(a_run_that_was_confirmed_ahead_waits_for_its_slot),
        TEST(a_confirmed_run_of_a_suspended_tenant_is_not_kept_for_its_return),
        TEST(a_confirmed_run_of_an_owner_who_left_is_taken_back),
        TEST(a_confirmed_run_that_has_begun_goes_on),
        TEST(a_visit_finds_a_due_schedule_by_its_mark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
