#include "api/runs/stream/position.h"

#include <string.h>

#include "tests/lib/test.h"

static void what_is_written_is_read_again(void **state)
{
    static const char *const texts[] = { "e0.l0.", "e5.l12.running", "e7.l40.succeeded.end",
                                         "e0.l123456789012.awaiting_confirmation" };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char again[POSITION_BYTES];
        struct position p;
        assert_true(position_parse(texts[i], &p));
        assert_string_equal(position_format(&p, again), texts[i]);
        assert_int_equal(p.ended, strstr(texts[i], ".end") != NULL);
    }
}

static void a_tenants_position_is_its_audit_row(void **state)
{
    char again[POSITION_BYTES];
    struct position p;
    (void)state;
    assert_true(position_parse_tenant("a4711", &p));
    assert_int_equal(p.audit, 4711);
    assert_string_equal(position_format_tenant(&p, again), "a4711");
}

static void anything_else_is_refused_and_changes_nothing(void **state)
{
    static const char *const texts[] = { "", "e", "e1", "e1.", "e1.l", "e1.l2", "1.2.running", "e1l2.running",
                                         "e-1.l0.running", "e1.l0.Running", "e1.l0.running.", "a1",
                                         "e1.l0.running.end.end", "e1234567890123456789.l0.",
                                         "e1.l0.a_state_that_is_far_too_long_to_be_one" };
    static const char *const tenant[] = { "", "a", "1", "a1.", "a1 ", "a-1", "e1.l0." };
    struct position p = { .events = 3 };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (position_parse(texts[i], &p))
            fail_msg("\"%s\" was taken", texts[i]);
    for (size_t i = 0; i < sizeof tenant / sizeof *tenant; i++)
        if (position_parse_tenant(tenant[i], &p))
            fail_msg("\"%s\" was taken", tenant[i]);
    assert_int_equal(p.events, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(a_tenants_position_is_its_audit_row),
        cmocka_unit_test(anything_else_is_refused_and_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
