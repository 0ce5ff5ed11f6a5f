#include "core/io/db/db_plant.h"

#include <stdlib.h>
#include <string.h>

#include "sql_queries.h"
#include "tests/lib/test.h"

#ifdef EXECGOV_PLANTS

/* A plant whose place a statement no longer has ends the program (core/io/db/db_plant.c). */
static void every_bug_still_changes_its_statements(void **state)
{
    static const struct {
        const char *bug;
        int statements;
    } planted_bugs[] = { { "no_fence", 2 }, { "no_token", 2 },        { "no_sweep", 1 },
                         { "local_clock", 1 }, { "no_tenant_filter", 1 } };

    (void)state;
    for (size_t i = 0; i < sizeof planted_bugs / sizeof *planted_bugs; i++) {
        int changed = 0;
        setenv("EXECGOV_PLANT", planted_bugs[i].bug, 1);
        for (int q = 0; q < SQL_QUERIES_COUNT; q++) {
            const char *text = planted_text(sql_queries[q].name, sql_queries[q].text);
            changed += strcmp(text, sql_queries[q].text) != 0;
        }
        assert_int_equal(changed, planted_bugs[i].statements);
    }
    unsetenv("EXECGOV_PLANT");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_bug_still_changes_its_statements) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    return 77; /* nothing is planted in this build */
}

#endif
