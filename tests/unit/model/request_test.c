#include "core/model/request.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/test.h"

static void names_are_those_of_the_contract(void **state)
{
    static const char *const requests = "received recognising needs_answer planning planned "
                                        "awaiting_confirmation queued running succeeded "
                                        "failed rejected expired cancelled abstained ";
    static const char *const runs = "planned awaiting_confirmation queued running succeeded failed "
                                    "rejected expired cancelled held ";
    char all[400] = "";
    size_t used = 0;
    (void)state;
    for (int i = 0; i < REQUEST_STATE_COUNT; i++) {
        enum request_state got;
        used += (size_t)snprintf(all + used, sizeof all - used, "%s ",
                                 request_state_name((enum request_state)i));
        assert_true(request_state_parse(request_state_name((enum request_state)i), &got));
        assert_int_equal(got, i);
    }
    assert_string_equal(all, requests);
    used = 0;
    for (int i = 0; i < RUN_STATE_COUNT; i++) {
        enum run_state got;
        used += (size_t)snprintf(all + used, sizeof all - used, "%s ",
                                 run_state_name((enum run_state)i));
        assert_true(run_state_parse(run_state_name((enum run_state)i), &got));
        assert_int_equal(got, i);
    }
    assert_string_equal(all, runs);
    enum confirmation_state confirmation;
    assert_true(confirmation_state_parse("withdrawn", &confirmation) &&
                confirmation == CONFIRMATION_WITHDRAWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_those_of_the_contract),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
