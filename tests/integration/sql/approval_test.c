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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_approves_through_a_password_he_made),
        cmocka_unit_test(an_approval_ends_after_its_time_and_is_asked_for_anew),
    };
    return cmocka_run_group_tests(tests, money_rig_setup, money_rig_teardown);
}
