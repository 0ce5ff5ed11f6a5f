/* confirmation_test.c - G2 in the database: who may decide what, once, and nothing high-risk without. */
#include "tests/lib/test.h"

#include <string.h>

#include "tests/lib/confirmation_rig.h"
#include "tests/lib/sql.h"

enum { PARALLEL = 50 };

static void unchanged(struct confirmation_rig *f, const struct waiting *w)
{
    assert_string_equal("waiting", state_of(f, w));
    assert_string_equal("0", runs_of(f, w));
}

static void confirm_by_somebody_else_writes_the_run_of_the_plan(void **state)
{
    struct confirmation_rig *f = *state;
    struct waiting w = waiting_high(f);
    const char *t = f->tenant.schema;

    assert_string_equal("ok", CONFIRM(f, &w, &f->approver));
    assert_string_equal("confirmed", state_of(f, &w));
    assert_string_equal("run py interactive high 5000 2 cleanup", sql_value(&f->arena, f->conn,
        "select concat_ws(' ', j.kind, j.lane, j.class, j.risk, j.timeout_ms, j.max_attempts, "
        "j.payload ->> 'skill') from %s.job j join %s.confirmation c on c.run_job = j.id "
        "where c.id = '%s' and j.plan_digest = '%s' and j.created_by = '%s'",
        t, t, w.confirmation.text, w.digest, f->owner.id.text));
    assert_string_equal("ready 1", sql_value(&f->arena, f->conn, "select concat_ws(' ', l.state, "
        "l.fence) from %s.job_live l join %s.job j on j.id = l.job_id where j.request_id = '%s'",
        t, t, w.request.text));
    assert_string_equal("confirmation.confirmed,job.accepted", sql_value(&f->arena, f->conn,
        "select string_agg(action, ',' order by id) from %s.audit_event where request_id = '%s'",
        t, w.request.text));
    assert_string_equal("1 confirmed", sql_value(&f->arena, f->conn, "select concat_ws(' ', seq, "
        "data ->> 'state') from %s.request_event where request_id = '%s' and kind = 'confirmation'",
        t, w.request.text));
    assert_string_equal("queued", sql_value(&f->arena, f->conn, "select state from "
        "%s.request_state where id = '%s'", t, w.request.text));
    /* used up */
    assert_string_equal("already_decided", CONFIRM(f, &w, &f->approver));
    assert_string_equal("1", runs_of(f, &w));
}

static void confirm_by_hand_keeps_the_requests_id(void **state)
{
    struct confirmation_rig *f = *state;
    struct waiting w = waiting_make(f, &f->owner, "high", "null");

    assert_string_equal("ok", CONFIRM(f, &w, &f->approver));
    assert_string_equal("1", sql_value(&f->arena, f->conn, "select count(*) from %s.job where "
                                       "id = '%s'", f->tenant.schema, w.request.text));
}

static void confirm_needs_a_live_session_of_this_tenant(void **state)
{
    struct confirmation_rig *f = *state;
    struct waiting w = waiting_high(f);
    struct pg_person gone, token, noone = { .token_hash = "\\x00" };

    assert_string_equal("unauthenticated", CONFIRM(f, &w, &noone));
    assert_string_equal("unauthenticated", CONFIRM(f, &w, &f->stranger));
    pg_server_person(&f->server, &f->tenant, "approver", &gone);
    sql_run(f->platform, "update public.session set revoked_at = now() where token_hash = '%s'",
            gone.token_hash);
    assert_string_equal("unauthenticated", CONFIRM(f, &w, &gone));
    sql_run(f->platform, "update public.session set revoked_at = null, expires_at = now() "
                         "where token_hash = '%s'", gone.token_hash);
    assert_string_equal("unauthenticated", CONFIRM(f, &w, &gone));
    sql_run(f->platform, "update public.session set expires_at = now() + interval '1 day' "
                         "where token_hash = '%s'", gone.token_hash);
    sql_run(f->platform, "update public.app_user set state = 'disabled' where id = '%s'",
            gone.id.text);
    assert_string_equal("unauthenticated", CONFIRM(f, &w, &gone));

    pg_server_person(&f->server, &f->tenant, "approver", &token);
    sql_run(f->platform, "delete from public.session where token_hash = '%s'", token.token_hash);
    sql_run(f->platform, "insert into public.api_token (id, token_hash, name, user_id, tenant_id, "
                         "scopes) values ('%s', '%s', 'bot', '%s', '%s', '{runs}')", id_new().text,
            token.token_hash, token.id.text, f->tenant.id.text);
    assert_string_equal("session_required", CONFIRM(f, &w, &token));
    unchanged(f, &w);
}

static void confirm_needs_a_role_that_may_approve(void **state)
{
    struct confirmation_rig *f = *state;
    struct waiting w = waiting_high(f);
    struct pg_person left;

    assert_string_equal("forbidden", CONFIRM(f, &w, &f->viewer));
    assert_string_equal("forbidden", CONFIRM(f, &w, &f->operator));
    pg_server_person(&f->server, &f->tenant, "admin", &left);
    sql_run(f->platform, "delete from public.membership where user_id = '%s'", left.id.text);
    assert_string_equal("forbidden", CONFIRM(f, &w, &left));
    unchanged(f, &w);
    assert_string_equal("3", sql_value(&f->arena, f->conn, "select count(*) from %s.audit_event "
        "where request_id = '%s' and action = 'confirmation.refused'", f->tenant.schema,
        w.request.text));
}

static void nobody_confirms_his_own_high_risk_plan(void **state)
{
    struct confirmation_rig *f = *state;
    struct waiting w = waiting_high(f);
    struct waiting forged = waiting_make(f, &f->owner, "high", "'x'");
    struct waiting low = waiting_make(f, &f->owner, "low", "'x'");

    assert_string_equal("self_confirmation", CONFIRM(f, &w, &f->owner));
    unchanged(f, &w);
    /* a confirmation that names another requester than the request has */
    sql_run(f->admin, "update %s.confirmation set requester = '%s' where id = '%s'",
            f->tenant.schema, f->viewer.id.text, forged.confirmation.text);
    assert_string_equal("self_confirmation", CONFIRM(f, &forged, &f->owner));
    unchanged(f, &forged);
    /* a low-risk one that some policy wants confirmed: himself, unless the rule wants four eyes */
    sql_run(f->admin, "update %s.confirmation set rule = '{\"four_eyes\": true}' where id = '%s'",
            f->tenant.schema, low.confirmation.text);
    assert_string_equal("self_confirmation", CONFIRM(f, &low, &f->owner));
    sql_run(f->admin, "update %s.confirmation set rule = '{}' where id = '%s'", f->tenant.schema,
            low.confirmation.text);
    assert_string_equal("ok", CONFIRM(f, &low, &f->owner));
}

static void another_digest_is_stale(void **state)
{
    struct confirmation_rig *f = *state;
    struct waiting w = waiting_high(f), shown = w, other = waiting_high(f);

    shown.digest[63] = shown.digest[63] == 'f' ? 'e' : 'f';
    assert_string_equal("plan_stale", CONFIRM(f, &shown, &f->approver));
    memcpy(shown.digest, other.digest, sizeof shown.digest);
    assert_string_equal("plan_stale", CONFIRM(f, &shown, &f->approver));
    /* a confirmation that was made for another plan than its digest says */
    sql_run(f->admin, "update %s.confirmation set plan_id = '%s' where id = '%s'",
            f->tenant.schema, other.plan.text, w.confirmation.text);
    assert_string_equal("plan_stale", CONFIRM(f, &w, &f->approver));
    unchanged(f, &w);
}

static void reject_needs_a_comment_and_ends_it(void **state)
{
    struct confirmation_rig *f = *state;
    struct waiting w = waiting_high(f);

    assert_string_equal("invalid_input", decide(f, &w, "'reject'", "null", &f->approver));
    assert_string_equal("invalid_input", decide(f, &w, "'reject'", "'  '", &f->approver));
    assert_string_equal("invalid_input", decide(f, &w, "'maybe'", "'x'", &f->approver));
    assert_string_equal("invalid_input", decide(f, &w, "null", "'x'", &f->approver));
    unchanged(f, &w);
    assert_string_equal("ok", decide(f, &w, "'reject'", "'not today'", &f->approver));
    assert_string_equal("rejected", state_of(f, &w));
    assert_string_equal("0", runs_of(f, &w));
    assert_string_equal("already_decided", CONFIRM(f, &w, &f->approver));
    assert_string_equal("not today", sql_value(&f->arena, f->conn, "select comment from "
        "%s.confirmation where id = '%s'", f->tenant.schema, w.confirmation.text));
}

static const char *expire(struct confirmation_rig *f, const struct waiting *w)
{
    return sql_value(&f->arena, f->conn, "select %s.confirmation_expire_%s('%s')", f->tenant.schema, f->tenant.schema,
                     w->request.text);
}

static void expired_means_expired_before_anybody_has_swept(void **state)
{
    struct confirmation_rig *f = *state;
    struct waiting w = waiting_high(f);

    assert_string_equal("f", expire(f, &w)); /* too early */
    unchanged(f, &w);
    sql_run(f->admin, "update %s.confirmation set expires_at = now() where id = '%s'",
            f->tenant.schema, w.confirmation.text);
    assert_string_equal("expired", CONFIRM(f, &w, &f->approver));
    assert_string_equal("t", expire(f, &w));
    assert_string_equal("f", expire(f, &w)); /* once */
    assert_string_equal("expired", state_of(f, &w));
    assert_string_equal("expired", CONFIRM(f, &w, &f->approver));
    assert_string_equal("0", runs_of(f, &w));
}

static void withdrawn_cannot_be_confirmed(void **state)
{
    struct confirmation_rig *f = *state;
    struct waiting w = waiting_high(f);
    const char *withdraw = arena_format(&f->arena,
        "select %s.confirmation_withdraw_%s('%s', '%s', 'changed my mind')", f->tenant.schema, f->tenant.schema,
        w.request.text, f->owner.id.text);

    assert_string_equal("t", sql_value(&f->arena, f->conn, "%s", withdraw));
    assert_string_equal("f", sql_value(&f->arena, f->conn, "%s", withdraw));
    assert_string_equal("already_decided", CONFIRM(f, &w, &f->approver));
    assert_string_equal("0", runs_of(f, &w));
}

static void unknown_request_and_suspended_tenant_are_refused(void **state)
{
    struct confirmation_rig *f = *state;
    struct waiting w = waiting_high(f), nothing = w;

    nothing.request = id_new();
    assert_string_equal("not_found", CONFIRM(f, &nothing, &f->approver));
    sql_run(f->platform, "select public.tenant_block_set('%s', 'admin', 3::smallint, 'suspended', null, null)",
            f->tenant.id.text);
    assert_string_equal("tenant_suspended", CONFIRM(f, &w, &f->approver));
    sql_run(f->platform, "select public.tenant_block_release('%s', 'admin', null, null)",
            f->tenant.id.text);
    unchanged(f, &w);
}

static void fifty_confirms_at_once_make_one_run(void **state)
{
    struct confirmation_rig *f = *state;
    struct waiting w = waiting_high(f);
    PGconn *conns[PARALLEL];
    int ok = 0, late = 0;

    for (int i = 0; i < PARALLEL; i++)
        conns[i] = pg_server_enter(&f->server, &f->arena, &f->tenant);
    for (int i = 0; i < PARALLEL; i++)
        assert_true(PQsendQuery(conns[i], decide_sql(f, &w, "'confirm'", "null",
                                                     f->approver.token_hash)));
    for (int i = 0; i < PARALLEL; i++) {
        PGresult *result = PQgetResult(conns[i]);

        assert_int_equal(PGRES_TUPLES_OK, PQresultStatus(result));
        ok += strcmp(PQgetvalue(result, 0, 0), "ok") == 0;
        late += strcmp(PQgetvalue(result, 0, 0), "already_decided") == 0;
        PQclear(result);
    }
    assert_int_equal(1, ok);
    assert_int_equal(PARALLEL - 1, late);
    assert_string_equal("1", runs_of(f, &w));
    assert_string_equal("1", sql_value(&f->arena, f->conn, "select count(*) from %s.audit_event "
        "where request_id = '%s' and action = 'confirmation.confirmed'", f->tenant.schema,
        w.request.text));
}

static const char *run_insert(struct confirmation_rig *f, const struct waiting *w, const char *id,
                              const char *risk, const char *digest)
{
    return sql_state(&f->arena, f->conn, "insert into %s.job (id, kind, lane, class, request_id, "
                     "payload, plan_digest, risk, max_attempts, timeout_ms) values ('%s', 'run', "
                     "'py', 'normal', '%s', '{}', '%s', '%s', 1, 1000)", f->tenant.schema, id,
                     w->request.text, digest, risk);
}

static void no_run_job_gets_past_the_guard(void **state)
{
    struct confirmation_rig *f = *state;
    struct waiting w = waiting_high(f), low = waiting_make(f, &f->owner, "low", "'x'"), plain = low;
    struct waiting hand = waiting_make(f, &f->owner, "high", "null");

    assert_string_equal("GV001", run_insert(f, &w, id_new().text, "high", w.digest));
    assert_string_equal("GV001", run_insert(f, &w, id_new().text, "low", w.digest)); /* a lie */
    assert_string_equal("GV001", run_insert(f, &w, w.request.text, "high", w.digest));
    assert_string_equal("GV001", run_insert(f, &hand, hand.request.text, "high", hand.digest));
    /* a low-risk plan that asked for a confirmation waits for it as well */
    assert_string_equal("GV001", run_insert(f, &low, id_new().text, "low", low.digest));
    /* confirmed is for one job only */
    assert_string_equal("ok", CONFIRM(f, &w, &f->approver));
    assert_string_equal("GV001", run_insert(f, &w, id_new().text, "high", w.digest));
    assert_string_equal("GV001", run_insert(f, &w, id_new().text, "high", low.digest));
    /* what needs nobody goes through */
    plain.request = id_new();
    assert_string_equal("00000", run_insert(f, &plain, plain.request.text, "low", plain.digest));
    assert_string_equal("GV001", run_insert(f, &plain, id_new().text, "high", plain.digest));
}

static void events_of_two_writers_get_two_numbers(void **state)
{
    struct confirmation_rig *f = *state;
    struct id request = id_new();
    PGconn *second = pg_server_enter(&f->server, &f->arena, &f->tenant);
    const char *add = arena_format(&f->arena, "select %s.request_event_add_%s('%s', 'progress', '{}')",
                                   f->tenant.schema, f->tenant.schema, request.text);
    PGresult *result;

    sql_run(f->conn, "begin");
    assert_string_equal("1", sql_value(&f->arena, f->conn, "%s", add));
    assert_true(PQsendQuery(second, add)); /* waits for the first one's end */
    sql_run(f->conn, "commit");
    result = PQgetResult(second);
    assert_string_equal("2", PQgetvalue(result, 0, 0));
    PQclear(result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(confirm_by_somebody_else_writes_the_run_of_the_plan),
        cmocka_unit_test(confirm_by_hand_keeps_the_requests_id),
        cmocka_unit_test(confirm_needs_a_live_session_of_this_tenant),
        cmocka_unit_test(confirm_needs_a_role_that_may_approve),
        cmocka_unit_test(nobody_confirms_his_own_high_risk_plan),
        cmocka_unit_test(another_digest_is_stale),
        cmocka_unit_test(reject_needs_a_comment_and_ends_it),
        cmocka_unit_test(expired_means_expired_before_anybody_has_swept),
        cmocka_unit_test(withdrawn_cannot_be_confirmed),
        cmocka_unit_test(unknown_request_and_suspended_tenant_are_refused),
        cmocka_unit_test(fifty_confirms_at_once_make_one_run),
        cmocka_unit_test(no_run_job_gets_past_the_guard),
        cmocka_unit_test(events_of_two_writers_get_two_numbers),
    };

    return cmocka_run_group_tests(tests, confirmation_rig_setup, confirmation_rig_teardown);
}
