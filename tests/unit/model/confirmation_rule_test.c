#include "core/model/confirmation_rule.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "tests/lib/test.h"

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static json_t *json(const char *text)
{
    struct gov_err err = { 0 };
    json_t *value = json_parse(&arena, text, strlen(text), &err);

    assert_non_null(value);
    return value;
}

static const struct skill_action high = { .name = "main", .risk = SKILL_RISK_HIGH };
static const struct skill_action low = { .name = "main", .risk = SKILL_RISK_LOW };
static const struct plan_step plain = { .skill = "cleanup" };

static struct confirmation_rule rule_of(const char *setting, const struct skill_action *action,
                                        const struct plan_step *step)
{
    struct confirmation_settings settings = confirmation_settings_read(json(setting));
    return confirmation_rule_for(action, step, &settings, false, &arena);
}

static void high_risk_needs_somebody_else_without_any_rule(void **state)
{
    (void)state;
    struct confirmation_rule rule = rule_of("{}", &high, &plain);

    assert_true(rule.required && rule.other_than_requester);
    assert_int_equal(rule.people, 1);
    assert_int_equal(rule.expires_s, 24 * 3600);
    assert_int_equal(rule.reminder_s, 12 * 3600);
    assert_int_equal(rule.extend_s, 0);
    assert_int_equal(rule.escalate_s, 0);
    struct confirmation_rule two =
        rule_of("{\"expires_s\": 7200, \"reminder_s\": 60, \"people\": 2}", &high, &plain);
    assert_int_equal(two.people, 2);
    assert_int_equal(two.expires_s, 7200);
    assert_int_equal(two.reminder_s, 60);
}

static void low_risk_needs_nobody_unless_something_asks(void **state)
{
    const struct skill_action asks = { .name = "main", .confirm_required = true, .confirm_expires_s = 600 };
    const struct confirmation_settings none = { 0 };
    (void)state;

    assert_false(rule_of("{\"people\": 2}", &low, &plain).required);
    assert_true(confirmation_rule_for(&low, &plain, &none, true, &arena).required);
    struct confirmation_rule own = rule_of("{\"people\": 2}", &asks, &plain);
    assert_true(own.required && !own.other_than_requester);
    assert_int_equal(own.people, 1);
    assert_int_equal(own.expires_s, 600);
}

static void a_rule_cannot_ask_for_less(void **state)
{
    (void)state;
    struct confirmation_rule rule =
        rule_of("{\"people\": 2, \"rules\": [{\"name\": \"easy\", \"when\": {}, \"required\": false, "
                "\"people\": 1, \"other_than_requester\": false}]}", &high, &plain);

    assert_true(rule.required && rule.other_than_requester);
    assert_int_equal(rule.people, 2);
}

static void the_first_rule_that_matches_counts(void **state)
{
    const struct plan_resource post = { .name = "billing", .method = "POST", .path = "/refunds" };
    const struct plan_resource get = { .name = "billing", .method = "GET", .path = "/refunds" };
    const struct plan_step writes = { .skill = "refund", .resources = &post, .resource_count = 1 };
    const struct plan_step reads = { .skill = "refund", .resources = &get, .resource_count = 1 };
    const char *setting =
        "{\"rules\": ["
        "{\"name\": \"money\", \"when\": {\"resource\": \"billing\", \"method\": \"POST\"}, \"people\": 3},"
        "{\"name\": \"refunds\", \"when\": {\"skill\": \"refund\"}, \"roles\": [\"finance\"]},"
        "{\"name\": \"risky\", \"when\": {\"risk\": \"high\"}, \"people\": 2}]}";
    (void)state;

    assert_string_equal(rule_of(setting, &low, &writes).name, "money");
    assert_int_equal(rule_of(setting, &low, &writes).people, 3);
    struct confirmation_rule reading = rule_of(setting, &low, &reads);
    assert_string_equal(reading.name, "refunds");
    assert_true(confirmation_rule_names(&reading, ROLE_FINANCE));
    assert_false(confirmation_rule_names(&reading, ROLE_OWNER));
    assert_string_equal(rule_of(setting, &high, &plain).name, "risky");
    assert_true(confirmation_rule_names(&(struct confirmation_rule){ 0 }, ROLE_APPROVER));
    assert_false(confirmation_rule_names(&(struct confirmation_rule){ 0 }, ROLE_OPERATOR));
    assert_false(rule_of(setting, &low, &plain).required);
}

static void what_is_wrong_with_rules_is_named(void **state)
{
    static const struct {
        const char *rules, *path;
    } cases[] = {
        { "{}", "/rules" },
        { "[{}]", "/rules/0/name" },
        { "[{\"name\": \"a\", \"when\": {\"colour\": \"red\"}}]", "/rules/0/when/colour" },
        { "[{\"name\": \"a\", \"when\": {}, \"people\": 0}]", "/rules/0/people" },
        { "[{\"name\": \"a\", \"when\": {}, \"people\": 6}]", "/rules/0/people" },
        { "[{\"name\": \"a\", \"when\": {}, \"roles\": [\"viewer\"]}]", "/rules/0/roles/0" },
        { "[{\"name\": \"a\", \"when\": {}, \"roles\": []}]", "/rules/0/roles" },
        { "[{\"name\": \"a\", \"when\": {}, \"roles\": [7]}]", "/rules/0/roles/0" },
        { "[{\"name\": \"a\", \"when\": {\"method\": \"TRACE\"}}]", "/rules/0/when/method" },
        { "[{\"name\": \"a\", \"when\": {}, \"expires_s\": 600, \"reminder_s\": 600}]",
          "/rules/0/reminder_s" },
        { "[{\"name\": \"a\", \"when\": {}, \"escalate_s\": 600}]", "/rules/0/escalate_roles" },
        { "[{\"name\": \"a\", \"when\": {}}, {\"name\": \"b\", \"when\": {}, \"expires_s\": 1}]",
          "/rules/1/expires_s" },
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct gov_err err = { 0 };
        assert_false(confirmation_rules_check(json(cases[i].rules), "/rules", &arena, &err));
        assert_int_equal(err.code, GOV_INVALID_INPUT);
        assert_string_equal(err.path, cases[i].path);
    }
    struct gov_err err = { 0 };
    assert_true(confirmation_rules_check(json("[]"), "/rules", &arena, &err));
    assert_true(confirmation_rules_check(
        json("[{\"name\": \"付款\", \"when\": {\"risk\": \"high\"}, \"people\": 2, \"roles\": "
             "[\"finance\"], \"escalate_s\": 600, \"escalate_roles\": [\"owner\"], \"extend_s\": 3600, "
             "\"business_hours\": true}]"), "/rules", &arena, &err));
}

static void the_clock_of_business_hours_rests_at_night_and_at_weekends(void **state)
{
    static const struct {
        const char *now;
        int64_t seconds;
        const char *then;
    } cases[] = {
        /* 2026-11-26 is a Thursday; Shanghai is UTC+8: 9 to 18 there is 01:00 to 10:00 UTC */
        { "2026-11-26T02:00:00Z", 3600, "2026-11-26T03:00:00.000000Z" },
        { "2026-11-26T09:30:00Z", 3600, "2026-11-27T01:30:00.000000Z" },
        { "2026-11-26T09:30:00Z", 1800, "2026-11-26T10:00:00.000000Z" },
        { "2026-11-27T09:30:00Z", 3600, "2026-11-30T01:30:00.000000Z" }, /* over the weekend */
        { "2026-11-28T05:00:00Z", 60, "2026-11-30T01:01:00.000000Z" },   /* from within it */
        { "2026-11-25T20:00:00Z", 60, "2026-11-26T01:01:00.000000Z" },   /* before it opens */
        { "2026-11-26T01:00:00Z", 9 * 3600 * 5, "2026-12-02T10:00:00.000000Z" },
    };
    const struct confirmation_rule always = { 0 }, working = { .business_hours = true };
    const struct zone *shanghai = zone_read("Asia/Shanghai", &arena);
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[CLOCK_TEXT_BYTES];
        int64_t now;
        assert_true(clock_parse(cases[i].now, &now));
        clock_format(confirmation_rule_after(&working, shanghai, now, cases[i].seconds), text);
        assert_string_equal(text, cases[i].then);
        assert_int_equal(confirmation_rule_after(&always, shanghai, now, 60), now + 60000000);
    }
}

static void the_row_says_what_the_rule_came_to(void **state)
{
    (void)state;
    struct confirmation_rule rule =
        rule_of("{\"rules\": [{\"name\": \"x\", \"when\": {}, \"people\": 2, \"roles\": [\"finance\"], "
                "\"escalate_s\": 600, \"escalate_roles\": [\"owner\"], \"extend_s\": 900}]}", &high, &plain);
    json_t *row = json_own(&arena, confirmation_rule_encode(&rule, 1764151200000000));

    assert_true(json_equal(row, json("{\"people\": 2, \"four_eyes\": true, \"name\": \"x\", \"roles\": "
                                     "[\"finance\"], \"extend_s\": 900, \"escalate_at\": "
                                     "\"2025-11-26T10:00:00.000000Z\", \"escalate_roles\": [\"owner\"]}")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(high_risk_needs_somebody_else_without_any_rule),
        cmocka_unit_test(low_risk_needs_nobody_unless_something_asks),
        cmocka_unit_test(a_rule_cannot_ask_for_less),
        cmocka_unit_test(the_first_rule_that_matches_counts),
        cmocka_unit_test(what_is_wrong_with_rules_is_named),
        cmocka_unit_test(the_clock_of_business_hours_rests_at_night_and_at_weekends),
        cmocka_unit_test(the_row_says_what_the_rule_came_to),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
