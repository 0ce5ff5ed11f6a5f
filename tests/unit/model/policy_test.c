#include "core/model/policy.h"

#include <string.h>

#include "core/base/text.h"
#include "tests/lib/test.h"

static const struct id alice = { "00000000-0000-7000-8000-00000000000a" };
static const struct id bob = { "00000000-0000-7000-8000-00000000000b" };

static void only_owner_admin_and_operator_run(void **state)
{
    (void)state;
    for (enum role r = ROLE_NONE; r < ROLE_COUNT; r++)
        assert_int_equal(policy_may(r, MAY_RUN),
                         r == ROLE_OWNER || r == ROLE_ADMIN || r == ROLE_OPERATOR);
}

static void a_token_without_a_list_may_use_every_skill_and_an_empty_one_none(void **state)
{
    static const char *const two[] = { "report", "cleanup", NULL }, *const none[] = { NULL };
    (void)state;
    assert_true(policy_token_names(NULL, "report") && policy_token_names(two, "cleanup"));
    assert_false(policy_token_names(two, "repor") || policy_token_names(none, "report"));
}

static void each_role_may_what_it_is_for_and_no_more(void **state)
{
    static const struct {
        enum role role;
        enum permission may[6];
        enum permission may_not[8];
    } cases[] = {
        { ROLE_OWNER,
          { MAY_RUN, MAY_CONFIRM, MAY_MANAGE_MEMBERS, MAY_MANAGE_BILLING, MAY_READ_AUDIT,
            MAY_PUBLISH_SKILLS },
          { MAY_PLATFORM_READ_TENANTS, MAY_PLATFORM_REVIEW } },
        { ROLE_ADMIN,
          { MAY_RUN, MAY_CONFIRM, MAY_MANAGE_MEMBERS, MAY_REVIEW_SKILLS, MAY_READ_AUDIT,
            MAY_BIND_SKILLS },
          { MAY_MANAGE_BILLING, MAY_PLATFORM_READ_TENANTS } },
        { ROLE_OPERATOR,
          { MAY_RUN, MAY_UPLOAD_SKILLS, MAY_WRITE_FILES, MAY_READ_OWN_RUNS },
          { MAY_CONFIRM, MAY_REVIEW_SKILLS, MAY_PUBLISH_SKILLS, MAY_MANAGE_MEMBERS, MAY_READ_AUDIT,
            MAY_READ_BILLING } },
        { ROLE_APPROVER,
          { MAY_CONFIRM, MAY_READ_ALL_RUNS, MAY_READ_SKILLS, MAY_READ_FILES },
          { MAY_RUN, MAY_UPLOAD_SKILLS, MAY_REVIEW_SKILLS, MAY_MANAGE_MEMBERS, MAY_READ_AUDIT } },
        { ROLE_FINANCE,
          { MAY_READ_BILLING, MAY_MANAGE_BILLING, MAY_READ_USAGE },
          { MAY_RUN, MAY_CONFIRM, MAY_READ_ALL_RUNS, MAY_READ_AUDIT, MAY_READ_FILES,
            MAY_UPLOAD_SKILLS } },
        { ROLE_AUDITOR,
          { MAY_READ_AUDIT, MAY_EXPORT_AUDIT, MAY_READ_ALL_RUNS, MAY_READ_MEMBERS },
          { MAY_RUN, MAY_CONFIRM, MAY_MANAGE_MEMBERS, MAY_MANAGE_SETTINGS, MAY_WRITE_FILES,
            MAY_MANAGE_BILLING } },
        { ROLE_VIEWER,
          { MAY_READ_ALL_RUNS, MAY_READ_SKILLS },
          { MAY_RUN, MAY_CONFIRM, MAY_WRITE_FILES, MAY_UPLOAD_SKILLS, MAY_READ_AUDIT,
            MAY_READ_BILLING, MAY_MANAGE_MEMBERS } },
        { ROLE_PLATFORM_ADMIN,
          { MAY_PLATFORM_MANAGE_TENANTS, MAY_PLATFORM_REVIEW, MAY_PLATFORM_MANAGE_CREDENTIALS },
          { MAY_PLATFORM_MANAGE_ORDERS, MAY_RUN, MAY_READ_ALL_RUNS, MAY_CONFIRM } },
        { ROLE_PLATFORM_FINANCE,
          { MAY_PLATFORM_MANAGE_ORDERS, MAY_PLATFORM_RUN_LIFECYCLE },
          { MAY_PLATFORM_MANAGE_CREDENTIALS, MAY_PLATFORM_REVIEW, MAY_READ_BILLING } },
        { ROLE_PLATFORM_AUDITOR,
          { MAY_PLATFORM_READ_AUDIT, MAY_PLATFORM_READ_TENANTS },
          { MAY_PLATFORM_MANAGE_TENANTS, MAY_PLATFORM_MANAGE_ORDERS, MAY_READ_AUDIT } },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        /* 0 ends a list; MAY_RUN is 0 and stands first where it is meant */
        for (int j = 0; j < 6 && (j == 0 || cases[i].may[j]); j++)
            if (!policy_may(cases[i].role, cases[i].may[j]))
                fail_msg("%s may not %s", role_name(cases[i].role),
                         permission_name(cases[i].may[j]));
        for (int j = 0; j < 8 && (j == 0 || cases[i].may_not[j]); j++)
            if (policy_may(cases[i].role, cases[i].may_not[j]))
                fail_msg("%s may %s", role_name(cases[i].role),
                         permission_name(cases[i].may_not[j]));
    }
}

static void no_role_mixes_tenant_and_platform(void **state)
{
    (void)state;
    for (enum role r = ROLE_NONE; r < ROLE_COUNT; r++) {
        enum role parsed;
        for (enum permission p = 0; p < PERMISSION_COUNT; p++)
            if (policy_may(r, p))
                assert_int_equal(role_is_platform(r), text_starts(permission_name(p), "platform."));
        assert_int_equal(role_parse(role_name(r), &parsed), r != ROLE_NONE);
        assert_int_equal(parsed, r);
        assert_string_not_equal(role_title(r).en, role_title(r).zh);
    }
    enum role parsed;
    assert_false(role_parse("root", &parsed));
    assert_false(role_parse(NULL, &parsed));
}

static void permission_names_are_unique_and_every_scope_is_published_and_used(void **state)
{
    (void)state;
    for (enum permission p = 0; p < PERMISSION_COUNT; p++) {
        for (enum permission q = 0; q < p; q++)
            assert_string_not_equal(permission_name(p), permission_name(q));
        bool known = !permission_scope(p);
        for (const char *const *s = policy_scopes(); *s; s++)
            known = known || strcmp(*s, permission_scope(p)) == 0;
        if (!known)
            fail_msg("%s is no published scope", permission_scope(p));
    }
    for (const char *const *s = policy_scopes(); *s; s++) {
        bool used = false;
        for (enum permission p = 0; p < PERMISSION_COUNT; p++)
            used = used || (permission_scope(p) && strcmp(*s, permission_scope(p)) == 0);
        if (!used)
            fail_msg("nothing needs the scope %s", *s);
    }
}

static void a_token_is_its_owner_cut_down_to_its_scopes(void **state)
{
    const char *const names[] = { "runs:write", "skills:read", NULL };
    const char *const unknown[] = { "runs:read", "runs:everything", NULL };
    uint32_t scopes;
    struct gov_err err;
    (void)state;
    assert_true(policy_scopes_parse(names, &scopes, &err));
    assert_true(policy_token_may(ROLE_OPERATOR, scopes, MAY_RUN));
    assert_true(policy_token_may(ROLE_OPERATOR, scopes, MAY_READ_SKILLS));
    assert_false(policy_token_may(ROLE_OPERATOR, scopes, MAY_READ_OWN_RUNS));
    assert_false(policy_token_may(ROLE_VIEWER, scopes, MAY_RUN));
    assert_false(policy_token_may(ROLE_OWNER, ~0u, MAY_CONFIRM));
    assert_false(policy_token_may(ROLE_OWNER, ~0u, MAY_MANAGE_MEMBERS));
    assert_false(policy_token_may(ROLE_OWNER, ~0u, MAY_REVIEW_SKILLS));
    assert_false(policy_scopes_parse(unknown, &scopes, &err));
    assert_int_equal(err.code, GOV_INVALID_INPUT);
    assert_string_equal(err.path, "/scopes/1");
    assert_non_null(strstr(err.en, "billing:read"));
    assert_non_null(strstr(err.en, "platform:read"));

    assert_false(policy_refuse(ROLE_OWNER, true, MAY_CONFIRM, &err));
    assert_int_equal(err.code, GOV_SESSION_REQUIRED);
    assert_false(policy_refuse(ROLE_OWNER, true, MAY_RUN, &err));
    assert_int_equal(err.code, GOV_FORBIDDEN);
    assert_non_null(strstr(err.en, "runs:write"));
    assert_false(policy_refuse(ROLE_VIEWER, false, MAY_RUN, &err));
    assert_int_equal(err.code, GOV_FORBIDDEN);
    assert_non_null(strstr(err.en, "viewer"));
}

static void only_an_owner_makes_owners(void **state)
{
    (void)state;
    assert_true(role_may_assign(ROLE_OWNER, ROLE_OWNER));
    assert_false(role_may_assign(ROLE_ADMIN, ROLE_OWNER));
    assert_true(role_may_assign(ROLE_ADMIN, ROLE_VIEWER));
    assert_false(role_may_assign(ROLE_OPERATOR, ROLE_VIEWER));
    assert_false(role_may_assign(ROLE_OWNER, ROLE_PLATFORM_ADMIN));
    assert_false(role_may_assign(ROLE_OWNER, ROLE_NONE));
}

static void bindings_decide_and_explain(void **state)
{
    const char *const only_list[] = { "list", NULL };
    const struct policy_binding to_operators = { .role = ROLE_OPERATOR };
    const struct policy_binding to_alice_list = { .user = alice, .actions = only_list };
    const struct policy_binding to_viewers = { .role = ROLE_VIEWER };
    const struct policy_binding both[] = { to_alice_list, to_operators };
    const struct {
        const struct policy_binding *bindings;
        size_t count;
        enum role role;
        const struct id *user;
        const char *action;
        bool allowed;
        const char *says;
    } cases[] = {
        { NULL, 0, ROLE_OWNER, &alice, "run", true, "no bindings" },
        { NULL, 0, ROLE_ADMIN, &alice, "run", true, "no bindings" },
        { NULL, 0, ROLE_OPERATOR, &alice, "run", true, "no bindings" },
        { NULL, 0, ROLE_APPROVER, &alice, "run", false, "never runs" },
        { NULL, 0, ROLE_VIEWER, &alice, "run", false, "never runs" },
        { NULL, 0, ROLE_NONE, &alice, "run", false, "never runs" },
        { &to_viewers, 1, ROLE_VIEWER, &alice, "run", false, "never runs" },
        { &to_operators, 1, ROLE_OPERATOR, &bob, "run", true, "lets this operator" },
        { &to_operators, 1, ROLE_ADMIN, &bob, "run", false, "neither this person nor" },
        { &to_alice_list, 1, ROLE_ADMIN, &alice, "list", true, "lets this person" },
        { &to_alice_list, 1, ROLE_ADMIN, &alice, "run", false, "but not the action" },
        { &to_alice_list, 1, ROLE_ADMIN, &bob, "list", false, "neither this person nor" },
        { both, 2, ROLE_OPERATOR, &alice, "run", true, "lets this operator" },
    };
    struct arena arena;
    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct gov_text reason;
        assert_int_equal(policy_binding_explain(cases[i].bindings, cases[i].count, cases[i].role,
                                                cases[i].user, cases[i].action, &arena, &reason),
                         cases[i].allowed);
        if (!strstr(reason.en, cases[i].says))
            fail_msg("case %zu says: %s", i, reason.en);
        assert_string_not_equal(reason.en, reason.zh);
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_owner_admin_and_operator_run),
        cmocka_unit_test(a_token_without_a_list_may_use_every_skill_and_an_empty_one_none),
        cmocka_unit_test(each_role_may_what_it_is_for_and_no_more),
        cmocka_unit_test(no_role_mixes_tenant_and_platform),
        cmocka_unit_test(permission_names_are_unique_and_every_scope_is_published_and_used),
        cmocka_unit_test(a_token_is_its_owner_cut_down_to_its_scopes),
        cmocka_unit_test(only_an_owner_makes_owners),
        cmocka_unit_test(bindings_decide_and_explain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
