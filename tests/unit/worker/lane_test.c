/* Which lanes a worker serves, and from which slots. */
#include "worker/lane.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/test.h"

static struct lanes lanes;
static struct gov_err err;

/* The lanes in their order, with commas. */
static const char *parsed(const char *text, bool noop)
{
    static char names[64];

    memset(&err, 0, sizeof err);
    assert_true(lanes_parse(text, 2, 8, noop, &lanes, &err));
    size_t at = 0;
    for (int i = 0; i < lanes.count; i++)
        at += (size_t)snprintf(names + at, sizeof names - at, "%s%s", i ? "," : "", job_lane_name(lanes.items[i].lane));
    return names;
}

static void plans_are_served_whatever_else_is(void **state)
{
    (void)state;
    assert_string_equal(parsed("py,sh,http", false), "ctl,py,sh,http");
    assert_string_equal(parsed("sh", false), "ctl,sh");
    assert_string_equal(parsed("ctl", false), "ctl");
    assert_string_equal(parsed("", false), "ctl");
    assert_string_equal(parsed("sh", true), "ctl,sh,noop");
}

static void a_lane_named_twice_is_served_once(void **state)
{
    (void)state;
    assert_string_equal(parsed("py,ctl,py,", false), "ctl,py");
}

static void plans_have_slots_of_their_own_and_runs_share_theirs(void **state)
{
    (void)state;
    parsed("py,sh", false);
    assert_ptr_equal(lanes.items[0].pool, &lanes.ctl);
    assert_ptr_equal(lanes.items[1].pool, &lanes.run);
    assert_ptr_equal(lanes.items[2].pool, &lanes.run);
    lanes.run.used = 7;
    lanes.run.asked = 1;
    assert_int_equal(lane_pool_free(&lanes.run), 0);
    assert_int_equal(lane_pool_free(&lanes.ctl), 2);
    parsed("", false);
    assert_false(lanes_draw_on(&lanes, &lanes.run)); /* nothing that it serves needs them */
    assert_true(lanes_draw_on(&lanes, &lanes.ctl));
}

static void of_many_slots_a_quarter_is_asked_for_at_once(void **state)
{
    (void)state;
    assert_int_equal(lane_pool_round(&(struct lane_pool){ .slots = LANE_ROUND_WHOLE }), LANE_ROUND_WHOLE);
    assert_int_equal(lane_pool_round(&(struct lane_pool){ .slots = 100 }), 25);
    assert_int_equal(lane_pool_round(&(struct lane_pool){ .slots = 100, .used = 80 }), 20);
}

static void what_is_no_lane_is_named(void **state)
{
    static const char *const bad[] = { "py,cobol", "noop", ",py", "py sh", "PY", "a-name-longer-than-any-lane" };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        memset(&err, 0, sizeof err);
        assert_false(lanes_parse(bad[i], 2, 8, true, &lanes, &err));
        assert_int_equal(err.code, GOV_CONFIGURATION);
    }
    assert_false(lanes_parse("py,cobol", 2, 8, false, &lanes, &err));
    assert_non_null(strstr(err.en, "\"cobol\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plans_are_served_whatever_else_is),
        cmocka_unit_test(a_lane_named_twice_is_served_once),
        cmocka_unit_test(plans_have_slots_of_their_own_and_runs_share_theirs),
        cmocka_unit_test(of_many_slots_a_quarter_is_asked_for_at_once),
        cmocka_unit_test(what_is_no_lane_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
