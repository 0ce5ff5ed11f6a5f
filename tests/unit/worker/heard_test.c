/* News that come before the work they are about. */
#include "worker/heard.h"

#include "tests/lib/test.h"

#define ONE "t_00000000000000aa"
#define OTHER "t_00000000000000bb"

static void what_was_said_since_is_known(void **state)
{
    struct heard heard = { 0 };
    struct id request = id_new(), another = id_new();

    (void)state;
    heard_note(&heard, ONE, &request);
    uint64_t since = heard.count;
    assert_false(heard_since(&heard, since, ONE, &request));
    heard_note(&heard, ONE, &another);
    heard_note(&heard, OTHER, &request);
    assert_false(heard_since(&heard, since, ONE, &request));
    heard_note(&heard, ONE, &request);
    assert_true(heard_since(&heard, since, ONE, &request));
    assert_true(heard_since(&heard, since, OTHER, &request));
    assert_false(heard_since(&heard, since, OTHER, &another));
}

static void where_nobody_listened_anything_may_have_been_said(void **state)
{
    struct heard heard = { 0 };
    struct id request = id_new();

    (void)state;
    heard_note(&heard, ONE, NULL);
    assert_true(heard_since(&heard, 0, ONE, &request));
    assert_false(heard_since(&heard, 0, OTHER, &request));
    assert_false(heard_since(&heard, heard.count, ONE, &request));
}

static void of_more_than_is_kept_nothing_is_denied(void **state)
{
    struct heard heard = { 0 };
    struct id request = id_new(), another = id_new();

    (void)state;
    for (int i = 0; i < HEARD_KEPT; i++)
        heard_note(&heard, ONE, &another);
    assert_false(heard_since(&heard, 0, ONE, &request));
    heard_note(&heard, ONE, &another);
    assert_true(heard_since(&heard, 0, ONE, &request));
    assert_false(heard_since(&heard, 1, ONE, &request));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_said_since_is_known),
        cmocka_unit_test(where_nobody_listened_anything_may_have_been_said),
        cmocka_unit_test(of_more_than_is_kept_nothing_is_denied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
