/* provider_memory_test.c - what is remembered of payment providers, and for how long. */
#include "worker/egress/daemon/call/provider_memory.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/test.h"

static PGresult *row(const char *kind)
{
    PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    PGresAttDesc column = { .name = (char *)"kind", .typlen = -1, .atttypmod = -1 };

    assert_true(PQsetResultAttrs(result, 1, &column));
    assert_true(PQsetvalue(result, 0, 0, (char *)(uintptr_t)kind, (int)strlen(kind)));
    return result;
}

static void put(struct provider_memory *m, const char *code, const char *kind, int64_t now_us)
{
    PGresult *result = row(kind);
    struct db_rows rows = { .count = 1, .result = result };

    provider_memory_put(m, code, now_us, &rows);
    PQclear(result); /* what is remembered is a copy */
}

static const char *kind_of(const struct provider_memory *m, const char *code, int64_t now_us)
{
    struct db_rows rows;

    return provider_memory_find(m, code, now_us, &rows) ? db_text(&rows, 0, 0) : NULL;
}

static void a_second_and_no_longer(void **state)
{
    struct provider_memory m = { 0 };

    (void)state;
    assert_null(kind_of(&m, "stripe", 5));
    put(&m, "stripe", "stripe", 1000);
    assert_string_equal("stripe", kind_of(&m, "stripe", 1000));
    assert_string_equal("stripe", kind_of(&m, "stripe", 1000 + PROVIDER_MEMORY_US - 1));
    assert_null(kind_of(&m, "stripe", 1000 + PROVIDER_MEMORY_US));
    assert_null(kind_of(&m, "strip", 1000));
    put(&m, "stripe", "standard", 2000); /* asked again: the new one counts */
    assert_string_equal("standard", kind_of(&m, "stripe", 2000));
    provider_memory_release(&m);
    assert_null(kind_of(&m, "stripe", 2000));
}

static void who_is_not_there_is_not_remembered(void **state)
{
    struct provider_memory m = { 0 };
    PGresult *none = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    struct db_rows rows = { .count = 0, .result = none };

    (void)state;
    provider_memory_put(&m, "nobody", 1000, &rows);
    assert_null(kind_of(&m, "nobody", 1000));
    put(&m, "a code that is longer than any of ours can be", "stripe", 1000);
    assert_null(kind_of(&m, "a code that is longer than any of ours can be", 1000));
    PQclear(none);
    provider_memory_release(&m);
}

static void the_oldest_makes_room(void **state)
{
    struct provider_memory m = { 0 };
    char code[16];

    (void)state;
    for (int i = 0; i <= PROVIDER_MEMORY_MAX; i++) {
        snprintf(code, sizeof code, "p%d", i);
        put(&m, code, code, 1000 + i);
    }
    assert_null(kind_of(&m, "p0", 2000));
    assert_string_equal("p1", kind_of(&m, "p1", 2000));
    assert_string_equal("p16", kind_of(&m, "p16", 2000));
    provider_memory_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_and_no_longer),
        cmocka_unit_test(who_is_not_there_is_not_remembered),
        cmocka_unit_test(the_oldest_makes_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
