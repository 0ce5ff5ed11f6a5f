#include "core/base/zone.h"

#include "tests/lib/test.h"

static void names_of_zones_are_known(void **state)
{
    (void)state;
    assert_true(zone_known("UTC"));
    assert_true(zone_known("Europe/Paris"));
    assert_true(zone_known("Asia/Shanghai"));
    assert_true(zone_known("America/Argentina/Buenos_Aires"));
    assert_true(zone_known("Etc/GMT+3"));
}

static void what_is_no_zone_is_not_known(void **state)
{
    static const char *const names[] = {
        "", "Mars/Phobos", "Asia", "America/Argentina", "/etc/passwd", "../../../etc/passwd",
        "Europe/../UTC", "zone.tab", "leapseconds", "localtime", "posix/Europe/Paris", "right/UTC",
        "Europe/Paris ", "a very long name that no zone of the world has had so far ........",
    };

    (void)state;
    assert_false(zone_known(NULL));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (zone_known(names[i]))
            fail_msg("\"%s\" is taken for a zone", names[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_zones_are_known),
        cmocka_unit_test(what_is_no_zone_is_not_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
