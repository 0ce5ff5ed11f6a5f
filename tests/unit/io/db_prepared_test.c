#include "core/io/db/db_prepared.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/test.h"

static char name[DB_PREPARED_NAME_BYTES], dropped[DB_PREPARED_NAME_BYTES];

static enum db_prepared_state use(struct db_prepared *p, int query, int tenant)
{
    char schema[20];

    snprintf(schema, sizeof schema, "t_%016x", (unsigned)tenant);
    return db_prepared_use(p, query, schema, name, dropped);
}

static void what_is_seen_twice_is_prepared_under_a_name_of_its_own(void **state)
{
    struct db_prepared p;
    char first[DB_PREPARED_NAME_BYTES];

    (void)state;
    db_prepared_init(&p);
    assert_int_equal(use(&p, 1, 1), DB_PREPARED_NOT);
    assert_int_equal(use(&p, 1, 1), DB_PREPARED_NOW);
    memcpy(first, name, sizeof first);
    assert_int_equal(use(&p, 1, 1), DB_PREPARED_READY);
    assert_string_equal(name, first);
    use(&p, 1, 2);
    assert_int_equal(use(&p, 1, 2), DB_PREPARED_NOW);
    assert_string_not_equal(name, first);
    assert_int_equal(use(&p, 2, 1), DB_PREPARED_NOT); /* another statement of the first tenant */
    db_prepared_release(&p);
}

static void what_was_not_used_for_longest_makes_room(void **state)
{
    struct db_prepared p;
    char oldest[DB_PREPARED_NAME_BYTES];

    (void)state;
    db_prepared_init(&p);
    for (int tenant = 0; tenant < DB_PREPARED_MAX; tenant++) {
        use(&p, 7, tenant);
        use(&p, 7, tenant);
    }
    use(&p, 7, 1);
    memcpy(oldest, name, sizeof oldest);
    for (int tenant = 2; tenant < DB_PREPARED_MAX; tenant++)
        assert_int_equal(use(&p, 7, tenant), DB_PREPARED_READY);
    assert_int_equal(use(&p, 7, 0), DB_PREPARED_READY);
    assert_int_equal(use(&p, 7, DB_PREPARED_MAX), DB_PREPARED_NOT);
    assert_string_equal(dropped, oldest);
    assert_int_equal(use(&p, 7, 1), DB_PREPARED_NOT); /* forgotten; it takes the next one's place */
    assert_int_equal(use(&p, 7, 0), DB_PREPARED_READY);
    db_prepared_release(&p);
}

static void what_failed_to_be_prepared_gets_another_name(void **state)
{
    struct db_prepared p;
    char failed[DB_PREPARED_NAME_BYTES];

    (void)state;
    db_prepared_init(&p);
    use(&p, 3, 9);
    use(&p, 3, 9);
    memcpy(failed, name, sizeof failed);
    db_prepared_forget(&p, 3, "t_0000000000000009");
    assert_int_equal(use(&p, 3, 9), DB_PREPARED_NOW);
    assert_string_not_equal(name, failed);
    db_prepared_forget(&p, 4, "t_0000000000000009"); /* never heard of: nothing happens */
    db_prepared_release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_seen_twice_is_prepared_under_a_name_of_its_own),
        cmocka_unit_test(what_was_not_used_for_longest_makes_room),
        cmocka_unit_test(what_failed_to_be_prepared_gets_another_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
