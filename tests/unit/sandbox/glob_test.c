#include "worker/sandbox/harvest/glob.h"

#include <stdlib.h>
#include <string.h>

#include "tests/lib/test.h"

static void patterns_mean_what_a_shell_means(void **state)
{
    static const struct {
        const char *pattern, *path;
        bool match;
    } cases[] = {
        { "*", "a.txt", true },          { "*", "a/b", false },
        { "*.csv", "x.csv", true },      { "*.csv", ".csv", true },
        { "*.csv", "x.csvx", false },    { "out/**", "out/a", true },
        { "out/**", "out/a/b/c", true }, { "out/**", "out", false },
        { "out/**", "outer/a", false },  { "**/x", "x", true },
        { "**/x", "a/x", true },         { "**/x", "a/b/x", true },
        { "**/x", "ax", false },         { "a/**/z", "a/z", true },
        { "a/**/z", "a/b/c/z", true },   { "a/**/z", "a/bz", false },
        { "a?c", "abc", true },          { "a?c", "a/c", false },
        { "", "", true },                { "", "a", false },
        { "报表*.xlsx", "报表 (终).xlsx", true }, { "**", "a/b", true },
        { "a*b*c", "aXbYc", true },      { "a*b*c", "aXbY", false },
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (glob_match(cases[i].pattern, cases[i].path) != cases[i].match)
            fail_msg("\"%s\" and \"%s\"", cases[i].pattern, cases[i].path);
    }
}

/* A backtracking matcher would not come back from this one. */
static void a_hostile_pattern_takes_no_longer(void **state)
{
    char pattern[201], path[501];
    (void)state;

    for (int i = 0; i < 200; i += 2)
        memcpy(pattern + i, "*a", 2);
    pattern[199] = 'b';
    pattern[200] = 0;
    memset(path, 'a', 500);
    path[500] = 0;
    assert_false(glob_match(pattern, path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_mean_what_a_shell_means),
        cmocka_unit_test(a_hostile_pattern_takes_no_longer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
