/* state_test.c - the derived state of requests and runs, in every situation they can be in (G8). */
#include "tests/lib/test.h"

#include <string.h>

#include "core/base/buf.h"
#include "sql_queries.h"
#include "tests/lib/pg_server.h"
#include "tests/lib/sql.h"

struct fixture {
    struct pg_server server;
    struct arena arena;
    struct pg_tenant tenant;
    PGconn *conn, *admin;
    struct pg_person owner, approver;
};

static int setup(void **state)
{
    static struct fixture f;

    pg_server_start(&f.server);
    pg_server_tenant(&f.server, "A", &f.tenant);
    f.conn = pg_server_enter(&f.server, &f.arena, &f.tenant);
    f.admin = pg_server_connect(&f.server, &f.arena, "postgres");
    pg_server_person(&f.server, &f.tenant, "owner", &f.owner);
    pg_server_person(&f.server, &f.tenant, "approver", &f.approver);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    arena_release(&f->arena);
    pg_server_stop(&f->server);
    return 0;
}

/* ---- what happens to a request, one row at a time ---- */

static struct id asked(struct fixture *f, const char *text, const char *mode)
{
    struct id id = id_new();

    sql_run(f->conn, "insert into %s.request (id, text, mode, source, created_by) "
                     "values ('%s', %s, '%s', 'api', '%s')", f->tenant.schema, id.text, text, mode,
            f->owner.id.text);
    return id;
}

static struct id job_add(struct fixture *f, struct id request, const char *kind, struct id id)
{
    sql_run(f->conn, "insert into %s.job (id, kind, lane, class, request_id, payload, risk, "
                     "max_attempts, timeout_ms) values ('%s', '%s', 'ctl', 'normal', '%s', '{}', %s, "
                     "1, 1000)", f->tenant.schema, id.text, kind, request.text,
            strcmp(kind, "run") == 0 ? "'low'" : "null");
    sql_run(f->conn, "insert into %s.job_live (job_id, state) values ('%s', 'ready')",
            f->tenant.schema, id.text);
    return id;
}

static void job_becomes(struct fixture *f, struct id job, const char *state)
{
    sql_run(f->conn, "update %s.job_live set state = '%s' where job_id = '%s'", f->tenant.schema,
            state, job.text);
}

static void job_ends(struct fixture *f, struct id job, const char *state)
{
    sql_run(f->conn, "with gone as (delete from %s.job_live where job_id = '%s') "
                     "insert into %s.job_outcome (job_id, state, code) values ('%s', '%s', %s)",
            f->tenant.schema, job.text, f->tenant.schema, job.text, state,
            strcmp(state, "succeeded") == 0 ? "null" : "'script_failed'");
}

static void event_add(struct fixture *f, struct id request, const char *kind, const char *data)
{
    sql_run(f->conn, "select %s.request_event_add_%s('%s', '%s', '%s')", f->tenant.schema, f->tenant.schema, request.text,
            kind, data);
}

static struct id plan_add(struct fixture *f, struct id request, const char *risk)
{
    struct id id = id_new();

    sql_run(f->conn, "insert into %s.plan (id, request_id, digest, risk, body, lane, timeout_ms, "
                     "payload) values ('%s', '%s', encode(sha256('%s'), 'hex'), '%s', '{}', 'py', "
                     "1000, '{}')", f->tenant.schema, id.text, request.text, id.text, risk);
    event_add(f, request, "plan", "{}");
    return id;
}

static void confirmation_add(struct fixture *f, struct id plan)
{
    sql_run(f->conn, "insert into %s.confirmation (id, request_id, plan_id, digest, requester, "
                     "expires_at) select '%s', request_id, id, digest, '%s', now() + '1 hour' "
                     "from %s.plan where id = '%s'", f->tenant.schema, id_new().text,
            f->owner.id.text, f->tenant.schema, plan.text);
}

static const char *decide(struct fixture *f, struct id request, const char *decision, struct id run)
{
    return sql_value(&f->arena, f->conn, "select code from %s.confirmation_decide_%s('%s', (select "
                     "digest from %s.plan where request_id = '%s' order by created_at desc limit 1), "
                     "'%s', 'a reason', '%s', '%s')", f->tenant.schema, f->tenant.schema, request.text,
                     f->tenant.schema, request.text, decision, f->approver.token_hash, run.text);
}

/* A request in words, recognised and planned; its plan job is still running. */
static struct id planning(struct fixture *f, const char *mode, struct id *plan_job)
{
    struct id request = asked(f, "'report for March'", mode);
    struct id intent = job_add(f, request, "intent", id_new());

    event_add(f, request, "intent", "{\"decision\": \"act\"}");
    job_ends(f, intent, "succeeded");
    *plan_job = job_add(f, request, "plan", id_new());
    return request;
}

static struct id awaiting(struct fixture *f)
{
    struct id plan_job, request = planning(f, "auto", &plan_job);

    confirmation_add(f, plan_add(f, request, "high"));
    job_ends(f, plan_job, "succeeded");
    return request;
}

/* ---- what is said about it ---- */

static void request_is(struct fixture *f, struct id request, const char *state)
{
    const char *got = sql_value(&f->arena, f->conn, "select state from %s.request_state "
                                "where id = '%s'", f->tenant.schema, request.text);

    assert_non_null(got);
    assert_string_equal(state, got);
}

static void request_ended(struct fixture *f, struct id request, bool ended)
{
    assert_string_equal(ended ? "t" : "f", sql_value(&f->arena, f->conn, "select ended_at is not "
                        "null from %s.request_state where id = '%s'", f->tenant.schema,
                        request.text));
}

static void run_is(struct fixture *f, struct id run, const char *state)
{
    const char *got = sql_value(&f->arena, f->conn, "select string_agg(state, ',') from "
                                "%s.run_state where id = '%s'", f->tenant.schema, run.text);

    if (state)
        assert_non_null(got);
    if (state)
        assert_string_equal(state, got);
    else
        assert_null(got);
}

static void in_words_from_received_to_succeeded(void **state)
{
    struct fixture *f = *state;
    struct id request = asked(f, "'report'", "auto"), run = id_new(), intent, plan;

    request_is(f, request, "received");
    intent = job_add(f, request, "intent", id_new());
    request_is(f, request, "received");
    job_becomes(f, intent, "running");
    request_is(f, request, "recognising");
    event_add(f, request, "intent", "{\"decision\": \"act\"}");
    job_ends(f, intent, "succeeded");
    plan = job_add(f, request, "plan", id_new());
    request_is(f, request, "planning");
    job_becomes(f, plan, "running");
    request_is(f, request, "planning");
    plan_add(f, request, "low");
    job_ends(f, plan, "succeeded");
    job_add(f, request, "run", run);
    request_is(f, request, "queued");
    run_is(f, run, "queued");
    job_becomes(f, run, "delayed");
    request_is(f, request, "queued");
    job_becomes(f, run, "running");
    request_is(f, request, "running");
    run_is(f, run, "running");
    request_ended(f, request, false);
    run_is(f, request, NULL); /* its run has an id of its own */
    event_add(f, request, "progress", "{}");
    job_becomes(f, run, "held");
    request_is(f, request, "queued");
    run_is(f, run, "held");
    job_ends(f, run, "succeeded");
    request_is(f, request, "succeeded");
    run_is(f, run, "succeeded");
    request_ended(f, request, true);
}

static void each_outcome_of_a_job_is_the_requests(void **state)
{
    struct fixture *f = *state;
    static const char *const outcomes[][2] = {
        { "failed", "failed" }, { "dead", "failed" }, { "cancelled", "cancelled" },
        { "expired", "expired" },
    };

    for (size_t i = 0; i < 4; i++) {
        for (const char *const *kind = (const char *const[]){ "intent", "plan", "run", NULL };
             *kind; kind++) {
            struct id request = asked(f, "'x'", "auto");
            struct id job = job_add(f, request, *kind, id_new());

            job_ends(f, job, outcomes[i][0]);
            request_is(f, request, outcomes[i][1]);
            request_ended(f, request, true);
            if (strcmp(*kind, "run") == 0)
                run_is(f, job, outcomes[i][1]);
        }
    }
}

static void a_question_waits_for_its_answer(void **state)
{
    struct fixture *f = *state;
    struct id request = asked(f, "'x'", "auto"), job = job_add(f, request, "intent", id_new());

    event_add(f, request, "intent", "{\"decision\": \"ask\"}");
    job_ends(f, job, "succeeded");
    request_is(f, request, "needs_answer");
    request_ended(f, request, false);
    event_add(f, request, "answer", "{}");
    job = job_add(f, request, "plan", id_new());
    request_is(f, request, "planning");
    event_add(f, request, "question", "{}"); /* the plan lacks an input */
    job_ends(f, job, "succeeded");
    request_is(f, request, "needs_answer");
    event_add(f, request, "answer", "{}");
    job = job_add(f, request, "intent", id_new()); /* words as an answer: understood anew */
    request_is(f, request, "received");
    job_becomes(f, job, "running");
    request_is(f, request, "recognising");
    event_add(f, request, "intent", "{\"decision\": \"abstain\"}");
    job_ends(f, job, "succeeded");
    request_is(f, request, "abstained");
    request_ended(f, request, true);
}

static void a_question_can_be_cancelled_or_expire(void **state)
{
    struct fixture *f = *state;

    for (const char *const *end = (const char *const[]){ "cancelled", "expired", NULL }; *end; end++) {
        struct id request = asked(f, "'x'", "auto"), job = job_add(f, request, "intent", id_new());

        event_add(f, request, "intent", "{\"decision\": \"ask\"}");
        job_ends(f, job, "succeeded");
        event_add(f, request, *end, "{}");
        request_is(f, request, *end);
        request_ended(f, request, true);
    }
}

static void mode_plan_ends_planned(void **state)
{
    struct fixture *f = *state;
    struct id job, request = planning(f, "plan", &job);

    plan_add(f, request, "high");
    job_ends(f, job, "succeeded");
    request_is(f, request, "planned");
    request_ended(f, request, true);
}

static void a_person_decides_and_the_state_follows(void **state)
{
    struct fixture *f = *state;
    struct id confirmed = awaiting(f), rejected = awaiting(f), expired = awaiting(f);
    struct id withdrawn = awaiting(f), run = id_new();

    request_is(f, confirmed, "awaiting_confirmation");
    request_ended(f, confirmed, false);
    assert_string_equal("ok", decide(f, confirmed, "confirm", run));
    request_is(f, confirmed, "queued");
    run_is(f, run, "queued");
    job_ends(f, run, "succeeded");
    request_is(f, confirmed, "succeeded");

    assert_string_equal("ok", decide(f, rejected, "reject", run));
    request_is(f, rejected, "rejected");
    request_ended(f, rejected, true);

    sql_run(f->admin, "update %s.confirmation set expires_at = now() where request_id = '%s'",
            f->tenant.schema, expired.text);
    sql_run(f->conn, "select %s.confirmation_expire_%s('%s')", f->tenant.schema, f->tenant.schema, expired.text);
    request_is(f, expired, "expired");
    request_ended(f, expired, true);

    sql_run(f->conn, "select %s.confirmation_withdraw_%s('%s', null, null)", f->tenant.schema, f->tenant.schema,
            withdrawn.text);
    request_is(f, withdrawn, "cancelled");
    request_ended(f, withdrawn, true);
}

static void a_new_plan_replaces_the_old_ones_confirmation(void **state)
{
    struct fixture *f = *state;
    struct id request = awaiting(f), job;

    sql_run(f->conn, "select %s.confirmation_withdraw_%s('%s', null, 'new plan')", f->tenant.schema, f->tenant.schema,
            request.text);
    job = job_add(f, request, "plan", id_new());
    request_is(f, request, "planning");
    confirmation_add(f, plan_add(f, request, "high"));
    job_ends(f, job, "succeeded");
    request_is(f, request, "awaiting_confirmation");
}

static void a_low_risk_run_by_hand_has_no_request_row(void **state)
{
    struct fixture *f = *state;
    struct id run = id_new();

    job_add(f, run, "run", run);
    request_is(f, run, "queued");
    run_is(f, run, "queued");
    job_becomes(f, run, "running");
    request_is(f, run, "running");
    run_is(f, run, "running");
    request_ended(f, run, false);
    job_ends(f, run, "failed");
    request_is(f, run, "failed");
    run_is(f, run, "failed");
    request_ended(f, run, true);
}

static void a_high_risk_run_by_hand_is_a_run_from_the_start(void **state)
{
    struct fixture *f = *state;
    struct id request = asked(f, "null", "auto"), job = job_add(f, request, "plan", id_new());

    request_is(f, request, "planning");
    run_is(f, request, "queued");
    confirmation_add(f, plan_add(f, request, "high"));
    job_ends(f, job, "succeeded");
    run_is(f, request, "awaiting_confirmation");
    request_is(f, request, "awaiting_confirmation");
    assert_string_equal("ok", decide(f, request, "confirm", id_new()));
    run_is(f, request, "queued");
    job_becomes(f, request, "running");
    run_is(f, request, "running");
    request_is(f, request, "running");
    job_ends(f, request, "succeeded");
    run_is(f, request, "succeeded");
    request_is(f, request, "succeeded");
}

static void a_run_by_hand_that_never_got_a_job_ends_too(void **state)
{
    struct fixture *f = *state;
    struct id failed = asked(f, "null", "auto"), planned = asked(f, "null", "plan"), job;

    job_ends(f, job_add(f, failed, "plan", id_new()), "failed");
    run_is(f, failed, "failed");
    job = job_add(f, planned, "plan", id_new());
    plan_add(f, planned, "low");
    job_ends(f, job, "succeeded");
    run_is(f, planned, "planned");
}

static void work_beside_the_request_does_not_change_its_state(void **state)
{
    struct fixture *f = *state;
    struct id request = awaiting(f);

    job_becomes(f, job_add(f, request, "confirm", id_new()), "delayed"); /* the reminder */
    request_is(f, request, "awaiting_confirmation");
    job_becomes(f, job_add(f, request, "task", id_new()), "running"); /* a callback */
    request_is(f, request, "awaiting_confirmation");
}

/* The ids of one page of everything in that state; `every`: whatever ran is walked. */
static const char *ids_of(struct fixture *f, enum sql_queries statement, const char *state, bool every)
{
    const char *states = arena_format(&f->arena, "{%s}", state);
    const char *values[] = { "ffffffff-ffff-ffff-ffff-ffffffffffff", "100", states, NULL, NULL, NULL, NULL,
                             "00000000-0000-0000-0000-000000000000", "1000", every ? "true" : "false", "true", "true" };
    struct buf ids = { 0 };
    PGresult *found = PQexecParams(f->conn, sql_expand(&f->arena, sql_queries[statement].text, f->tenant.schema), 12,
                                   NULL, values, NULL, NULL, 0);

    if (PQresultStatus(found) != PGRES_TUPLES_OK)
        fail_msg("%s", PQresultErrorMessage(found));
    for (int row = 0; row < PQntuples(found); row++)
        buf_addf(&ids, "%s ", PQgetvalue(found, row, 0));
    PQclear(found);
    const char *text = arena_text(&f->arena, ids.length ? ids.data : "");
    buf_release(&ids);
    return text;
}

static void what_did_not_succeed_is_listed_as_if_everything_were_walked(void **state)
{
    static const char *const states[] = { "received", "recognising", "needs_answer", "planning", "planned", "abstained",
                                          "awaiting_confirmation", "queued", "running", "failed", "rejected", "expired",
                                          "cancelled", "held" };
    static const enum sql_queries statements[] = { SQL_QUERIES_RUN_PAGE, SQL_QUERIES_REQUEST_PAGE };
    struct fixture *f = *state;

    for (int s = 0; s < 2; s++) {
        int seen = 0;
        for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
            const char *all = ids_of(f, statements[s], states[i], true);
            assert_string_equal(ids_of(f, statements[s], states[i], false), all);
            seen += *all != 0;
        }
        assert_in_range(seen, 4, 14); /* the other tests made most of them */
        assert_string_equal(ids_of(f, statements[s], "succeeded", true)[0] ? "some" : "none", "some");
    }
}

/* Prepared while the tables are empty, kept when they have filled: no statement may ever scan. */
static void one_id_and_one_page_are_found_by_index(void **state)
{
    struct fixture *f = *state;
    static const char *const statements[] = {
        "select * from {{t}}.request_state where id = $1",
        "select * from {{t}}.run_state where id = $1",
    };
    struct pg_tenant fresh;
    PGconn *conn;

    pg_server_tenant(&f->server, "fresh", &fresh);
    conn = pg_server_enter(&f->server, &f->arena, &fresh);
    sql_run(conn, "set plan_cache_mode = force_generic_plan");
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        PGresult *plan;

        sql_run(conn, "prepare p%zu(uuid) as %s", i,
                sql_expand(&f->arena, statements[i], fresh.schema));
        plan = PQexec(conn, arena_format(&f->arena, "explain execute p%zu('%s')", i, id_new().text));
        assert_int_equal(PGRES_TUPLES_OK, PQresultStatus(plan));
        for (int row = 0; row < PQntuples(plan); row++) {
            const char *line = PQgetvalue(plan, row, 0);
            const char *next = row + 1 < PQntuples(plan) ? PQgetvalue(plan, row + 1, 0) : "";

            /* walking a whole index is no better than walking the table */
            if (strstr(line, "Seq Scan") || (strstr(line, " using ") && !strstr(next, "Index Cond")))
                fail_msg("%s: %s", statements[i], line);
        }
        PQclear(plan);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_words_from_received_to_succeeded),
        cmocka_unit_test(each_outcome_of_a_job_is_the_requests),
        cmocka_unit_test(a_question_waits_for_its_answer),
        cmocka_unit_test(a_question_can_be_cancelled_or_expire),
        cmocka_unit_test(mode_plan_ends_planned),
        cmocka_unit_test(a_person_decides_and_the_state_follows),
        cmocka_unit_test(a_new_plan_replaces_the_old_ones_confirmation),
        cmocka_unit_test(a_low_risk_run_by_hand_has_no_request_row),
        cmocka_unit_test(a_high_risk_run_by_hand_is_a_run_from_the_start),
        cmocka_unit_test(a_run_by_hand_that_never_got_a_job_ends_too),
        cmocka_unit_test(work_beside_the_request_does_not_change_its_state),
        cmocka_unit_test(what_did_not_succeed_is_listed_as_if_everything_were_walked),
        cmocka_unit_test(one_id_and_one_page_are_found_by_index),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
