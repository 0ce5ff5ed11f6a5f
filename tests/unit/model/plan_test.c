#include "core/model/plan.h"

#include <string.h>

#include "core/base/json.h"
#include "tests/lib/test.h"

/* A plan with something in every field, and the parts of it that tests change. */
struct fixture {
    struct arena arena;
    struct gov_err err;
    struct plan plan;
    struct plan_step steps[2];
    struct plan_file files[2];
    struct plan_resource resources[2];
    struct plan_provenance provenance[3];
    struct plan_check checks[2];
    struct plan_person approvers[2];
};

static const char *const sensitive[] = { "/password", "/keys/1" };

static struct id id_of(char last)
{
    struct id id = { "0190b6a5-0000-7000-8000-00000000000x" };
    id.text[35] = last;
    return id;
}

static json_t *json(struct fixture *f, const char *text)
{
    json_t *parsed = json_parse(&f->arena, text, strlen(text), &f->err);
    if (!parsed)
        fail_msg("%s: %s", text, f->err.en);
    return parsed;
}

static void fill(struct fixture *f)
{
    f->files[0] =
        (struct plan_file){ "/file", id_of('1'), "销售 (终).xlsx", 1234, "aa11223344556677889900" };
    f->files[1] = (struct plan_file){ "", id_of('2'), "extra.csv", 5, "bb11223344556677889900" };
    f->resources[0] = (struct plan_resource){ "erp", "GET", "/orders/{id}", 3 };
    f->resources[1] = (struct plan_resource){ "erp", "POST", "/orders", 3 };
    f->provenance[0] = (struct plan_provenance){ "/month", PLAN_TYPED, 17, 27 };
    f->provenance[1] = (struct plan_provenance){ "/region", PLAN_GUESS, 0, 5 };
    f->provenance[2] = (struct plan_provenance){ "/top", PLAN_DEFAULT, 0, 0 };
    f->checks[0] = (struct plan_check){ "authorised",
                                        true,
                                        { "a binding lets this operator run it", "绑定允许运行" } };
    f->checks[1] = (struct plan_check){ "quota", false, { "the quota is used up", "配额已用完" } };
    f->approvers[0] = (struct plan_person){ id_of('a'), "Li Wei" };
    f->approvers[1] = (struct plan_person){ id_of('b'), "Bob" };
    f->steps[0] = (struct plan_step){
        .skill = "sales-report",
        .action = "run",
        .title = { "Sales report", "销售报表" },
        .version = 7,
        .version_digest = "cc11223344556677889900",
        .runtime = "base",
        .runtime_digest = "dd11223344556677889900",
        .input = json(f, "{\"month\":\"2026-03\",\"region\":\"east\",\"top\":10,\"file\":\"0190\","
                         "\"password\":\"hunter2\",\"keys\":[\"k0\",\"secret1\"]}"),
        .sensitive = sensitive,
        .sensitive_count = 2,
        .provenance = f->provenance,
        .provenance_count = 3,
        .files = f->files,
        .file_count = 2,
        .resources = f->resources,
        .resource_count = 2,
        .effects = json(f, "[{\"en\":\"sends a mail\",\"zh\":\"发送邮件\"}]"),
    };
    f->steps[1] = f->steps[0];
    f->steps[1].action = "second";
    f->plan = (struct plan){
        .tenant = id_of('3'),
        .requester = id_of('4'),
        .policy_version = 12,
        .risk = SKILL_RISK_HIGH,
        .steps = f->steps,
        .step_count = 2,
        .confirmation = { true, 1, true, 1774944000000000, f->approvers, 2 },
        .checks = f->checks,
        .check_count = 2,
    };
}

static int set_up(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof f);
    arena_init(&f.arena);
    fill(&f);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    arena_release(&f->arena);
    return 0;
}

#define ASSERT_CHANGES(f, change)                                                                  \
    do {                                                                                           \
        char before[PLAN_DIGEST_BYTES], after[PLAN_DIGEST_BYTES], back[PLAN_DIGEST_BYTES];         \
        fill(f);                                                                                   \
        plan_digest(&(f)->plan, before);                                                           \
        change;                                                                                    \
        plan_digest(&(f)->plan, after);                                                            \
        if (strcmp(before, after) == 0)                                                            \
            fail_msg("%s does not change the digest", #change);                                    \
        fill(f);                                                                                   \
        assert_string_equal(plan_digest(&(f)->plan, back), before);                                \
    } while (0)

static void every_field_that_decides_changes_the_digest(void **state)
{
    struct fixture *f = *state;
    ASSERT_CHANGES(f, f->plan.tenant = id_of('9'));
    ASSERT_CHANGES(f, f->plan.requester = id_of('9'));
    ASSERT_CHANGES(f, f->plan.policy_version++);
    ASSERT_CHANGES(f, f->plan.risk = SKILL_RISK_LOW);
    ASSERT_CHANGES(f, f->plan.confirmation.expires_at_us++);
    ASSERT_CHANGES(f, f->plan.step_count = 1);
    ASSERT_CHANGES(f, f->steps[0] = f->steps[1]);
    ASSERT_CHANGES(f, f->steps[0].skill = "sales");
    ASSERT_CHANGES(f, f->steps[0].action = "ran");
    ASSERT_CHANGES(f, f->steps[0].version_digest = "cc");
    ASSERT_CHANGES(f, f->steps[0].runtime_digest = "dd");
    ASSERT_CHANGES(f, f->steps[0].platform_digest = "ee");
    ASSERT_CHANGES(f, f->steps[0].input = json(f, "{}"));
    ASSERT_CHANGES(f, json_object_set_new((json_t *)f->steps[0].input, "top", json_integer(11)));
    ASSERT_CHANGES(f,
                   json_object_set_new((json_t *)f->steps[0].input, "password", json_string("x")));
    ASSERT_CHANGES(
        f, json_object_set_new((json_t *)f->steps[0].input, "region", json_string("eas\u200bt")));
    ASSERT_CHANGES(f, f->files[0].sha256 = "ab");
    ASSERT_CHANGES(f, f->files[0].path = "/other");
    ASSERT_CHANGES(f, f->files[1].sha256 = "ab");
    ASSERT_CHANGES(f, f->steps[0].file_count = 1);
    ASSERT_CHANGES(f, f->resources[0].name = "crm");
    ASSERT_CHANGES(f, f->resources[0].method = "PUT");
    ASSERT_CHANGES(f, f->resources[0].path = "/orders");
    ASSERT_CHANGES(f, f->resources[0].credential_version++);
    ASSERT_CHANGES(f, f->steps[0].resource_count = 1);
}

static void what_only_describes_does_not_change_the_digest(void **state)
{
    struct fixture *f = *state;
    char before[PLAN_DIGEST_BYTES], after[PLAN_DIGEST_BYTES];
    plan_digest(&f->plan, before);
    assert_int_equal(strlen(before), 64);

    f->steps[0].title = (struct gov_text){ "x", "y" };
    f->steps[0].effects = NULL;
    f->steps[0].provenance_count = 0;
    f->steps[0].version = 8; /* the digest of its content counts, not its number */
    f->steps[0].runtime = "other";
    f->files[0].name = "renamed.xlsx";
    f->files[0].id = id_of('8');
    f->plan.check_count = 0;
    f->plan.confirmation.approver_count = 0;
    struct plan_file file = f->files[0];
    f->files[0] = f->files[1];
    f->files[1] = file;
    struct plan_resource resource = f->resources[0];
    f->resources[0] = f->resources[1];
    f->resources[1] = resource;
    f->steps[0].input = json(
        f,
        "{\"keys\":[\"k0\",\"secret1\"],\"top\":10.0,\"region\":\"east\",\"password\":\"hunter2\","
        "\"file\":\"0190\",\"month\":\"2026-03\"}");
    assert_string_equal(plan_digest(&f->plan, after), before);
}

static void files_without_a_place_in_the_input_have_no_order_either(void **state)
{
    struct fixture *f = *state;
    char before[PLAN_DIGEST_BYTES], after[PLAN_DIGEST_BYTES];
    f->files[0].path = "";
    plan_digest(&f->plan, before);
    struct plan_file first = f->files[0];
    f->files[0] = f->files[1];
    f->files[1] = first;
    assert_string_equal(plan_digest(&f->plan, after), before);
}

static void the_digest_is_the_documented_one(void **state)
{
    struct fixture *f = *state;
    char digest[PLAN_DIGEST_BYTES];
    struct plan_step step = { .skill = "s",
                              .action = "run",
                              .version_digest = "v",
                              .runtime_digest = "",
                              .input = json(f, "{\"b\":1,\"a\":[true,null,1.5]}") };
    struct plan plan = {
        .tenant = id_of('3'), .requester = id_of('4'), .steps = &step, .step_count = 1
    };
    /* printf '%s'
     * '{"expires":0,"plan":1,"policy":0,"requester":"0190b6a5-0000-7000-8000-000000000004",
     * "risk":"low","steps":[{"action":"s/run","files":[],"input":{"a":[true,null,1.5],"b":1},
     * "resources":[],"runtime":"","version":"v"}],"tenant":"0190b6a5-0000-7000-8000-000000000003"}'
     * (in one line) | sha256sum */
    assert_string_equal(plan_digest(&plan, digest),
                        "23483b6263eae9ae67a659f2596c04dc7328cebccdca180bf3ddc7970bc60700");
}

static void a_stored_plan_reads_back(void **state)
{
    struct fixture *f = *state;
    struct plan got;
    char before[PLAN_DIGEST_BYTES], after[PLAN_DIGEST_BYTES];
    const char *text = json_text(&f->arena, plan_encode(&f->plan, &f->arena));

    if (!plan_decode(json(f, text), &got, &f->arena, &f->err))
        fail_msg("%s", f->err.cause);
    assert_string_equal(json_text(&f->arena, plan_encode(&got, &f->arena)), text);
    assert_string_equal(plan_digest(&got, after), plan_digest(&f->plan, before));
    assert_string_equal(json_get_text(json(f, text), "digest"), before);

    /* the digest inside is not believed */
    json_t *forged = json(f, text);
    json_object_set_new(forged, "risk", json_string("low"));
    assert_true(plan_decode(forged, &got, &f->arena, &f->err));
    assert_string_not_equal(plan_digest(&got, after), before);

    const char *name;
    json_t *value;
    json_t *stored = json(f, text);
    json_t *first = json_array_get(json_object_get(stored, "steps"), 0);
    json_object_foreach (stored, name, value) {
        json_t *less = json_own(&f->arena, json_deep_copy(stored));
        json_object_del(less, name);
        if (plan_decode(less, &got, &f->arena, &f->err) != (strcmp(name, "digest") == 0))
            fail_msg("%s", name);
    }
    json_object_foreach (first, name, value) {
        json_t *less = json_own(&f->arena, json_deep_copy(stored));
        json_object_del(json_array_get(json_object_get(less, "steps"), 0), name);
        if (plan_decode(less, &got, &f->arena, &f->err))
            fail_msg("taken without %s", name);
    }
    assert_false(plan_decode(json(f, "[]"), &got, &f->arena, &f->err));
    assert_int_equal(f->err.code, GOV_INTERNAL);
}

static void secrets_are_masked_in_every_view(void **state)
{
    struct fixture *f = *state;
    for (enum gov_language l = GOV_EN; l <= GOV_ZH; l++) {
        struct buf out = { 0 };
        json_t *view = plan_view(&f->plan, l, &f->arena);
        const char *text = json_text(&f->arena, view);
        plan_render(&f->plan, l, &out);
        assert_null(strstr(text, "hunter2"));
        assert_null(strstr(text, "secret1"));
        assert_null(strstr(buf_text(&out), "hunter2"));
        assert_null(strstr(buf_text(&out), "secret1"));
        assert_non_null(strstr(text, "\"password\":\"••••\""));
        assert_non_null(strstr(text, "[\"k0\",\"••••\"]"));
        assert_non_null(strstr(buf_text(&out), "password: ••••"));
        buf_release(&out);
    }
    assert_string_equal(json_get_text(f->steps[0].input, "password"), "hunter2");

    static const char *const everything[] = { "" };
    static const char *const nowhere[] = { "/none/0", "/keys/9", "/keys/x", "/month/a" };
    f->steps[0].sensitive = everything;
    f->steps[0].sensitive_count = 1;
    f->plan.step_count = 1;
    assert_null(strstr(
        json_text(&f->arena, json_object_get(plan_view(&f->plan, GOV_EN, &f->arena), "steps")),
        "\"month\":\"2026-03\""));
    f->steps[0].sensitive = nowhere;
    f->steps[0].sensitive_count = 4;
    assert_non_null(
        strstr(json_text(&f->arena, plan_view(&f->plan, GOV_EN, &f->arena)), "hunter2"));
}

static void view_has_the_fields_of_the_contract(void **state)
{
    struct fixture *f = *state;
    json_t *view = plan_view(&f->plan, GOV_ZH, &f->arena);
    json_t *step = json_array_get(json_object_get(view, "steps"), 0);
    json_t *confirmation = json_object_get(view, "confirmation");

    assert_string_equal(json_get_text(view, "risk"), "high");
    assert_string_equal(json_get_text(step, "title"), "销售报表");
    assert_string_equal(json_text(&f->arena, json_object_get(step, "effects")), "[\"发送邮件\"]");
    assert_string_equal(
        json_text(&f->arena, json_array_get(json_object_get(step, "provenance"), 0)),
        "{\"path\":\"/month\",\"source\":\"typed\",\"span\":[17,27]}");
    assert_true(json_is_null(
        json_object_get(json_array_get(json_object_get(step, "provenance"), 2), "span")));
    assert_true(json_is_true(json_object_get(confirmation, "required")));
    assert_string_equal(json_get_text(confirmation, "expires_at"), "2026-03-31T08:00:00.000000Z");
    assert_string_equal(
        json_get_text(confirmation, "rule"),
        "需要 1 位申请人以外的人确认；可由 Li Wei、Bob 确认；截止 2026-03-31T08:00:00.000000Z");
    assert_int_equal(json_array_size(json_object_get(confirmation, "approvers")), 2);
    assert_string_equal(json_get_text(json_array_get(json_object_get(view, "checks"), 1), "detail"),
                        "配额已用完");
    assert_null(strstr(json_text(&f->arena, view), "credential"));
}

static void what_is_shown_hides_nothing(void **state)
{
    struct fixture *f = *state;
    struct buf out = { 0 };

    f->plan.step_count = 1;
    f->files[0].name = "a\u202excod.exe";
    json_object_set_new((json_t *)f->steps[0].input, "region",
                        json_string("east\nrisk: low\x1b[2K\u200b"));
    json_object_set_new((json_t *)f->steps[0].input, "na\u2066me", json_integer(1));
    plan_render(&f->plan, GOV_EN, &out);
    assert_non_null(
        strstr(buf_text(&out), "file: a⟨U+202E⟩xcod.exe  (1234 bytes, sha256 aa11223344556677…)"));
    assert_non_null(
        strstr(buf_text(&out), "region: east␊risk: low␛[2K⟨U+200B⟩   ⚠ guessed from the words\n"));
    assert_non_null(strstr(buf_text(&out), "na⟨U+2066⟩me: 1\n"));
    assert_null(strstr(buf_text(&out), "\u202e"));
    assert_null(strstr(buf_text(&out), "\x1b"));
    assert_non_null(strstr(buf_text(&out), "\nrisk: HIGH\n"));
    buf_release(&out);
}

static void a_plan_reads_like_this(void **state)
{
    static const char *const expected =
        "1. Sales report  [sales-report/run]\n"
        "   version 7 (cc11223344556677…), runtime base and its own wheels (dd11223344556677…)\n"
        "   inputs\n"
        "     month: 2026-03\n"
        "     region: east   ⚠ guessed from the words\n"
        "     top: 10   (default)\n"
        "     file: 销售 (终).xlsx  (1234 bytes, sha256 aa11223344556677…)\n"
        "     password: ••••\n"
        "     keys: [\"k0\",\"••••\"]\n"
        "     file: extra.csv  (5 bytes, sha256 bb11223344556677…)\n"
        "   effect: sends a mail\n"
        "   calls: erp GET /orders/{id}\n"
        "   calls: erp POST /orders\n"
        "risk: HIGH\n"
        "confirmation: needs 1 person other than the requester; Li Wei, Bob may confirm; until "
        "2026-03-31T08:00:00.000000Z\n"
        "✓ authorised: a binding lets this operator run it\n"
        "✗ quota: the quota is used up\n"
        "digest: ";
    struct fixture *f = *state;
    struct buf out = { 0 };

    f->plan.step_count = 1;
    plan_render(&f->plan, GOV_EN, &out);
    assert_memory_equal(buf_text(&out), expected, strlen(expected));
    buf_release(&out);

    f->plan.confirmation.approver_count = 0;
    assert_non_null(
        strstr(plan_rule_text(&f->plan.confirmation, GOV_EN, &f->arena), "nobody may confirm"));
    f->plan.confirmation.required = false;
    assert_string_equal(plan_rule_text(&f->plan.confirmation, GOV_ZH, &f->arena), "无需确认");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(every_field_that_decides_changes_the_digest),
        TEST(what_only_describes_does_not_change_the_digest),
        TEST(files_without_a_place_in_the_input_have_no_order_either),
        TEST(the_digest_is_the_documented_one),
        TEST(a_stored_plan_reads_back),
        TEST(secrets_are_masked_in_every_view),
        TEST(view_has_the_fields_of_the_contract),
        TEST(what_is_shown_hides_nothing),
        TEST(a_plan_reads_like_this),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
