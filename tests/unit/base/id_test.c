#include "core/base/id.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "tests/lib/test.h"

enum { THREADS = 4, IDS = 20000 };

static void ids_are_uuid_version_7_of_now(void **state)
{
    struct id parsed;
    (void)state;
    int64_t before = clock_now_us() / 1000;
    struct id id = id_new();
    assert_true(id_parse(id.text, &parsed));
    assert_string_equal(parsed.text, id.text);
    assert_int_equal(id.text[14], '7');
    assert_non_null(strchr("89ab", id.text[19]));
    assert_true(id_ms(&id) >= before);
    struct id at = { "019d42e8-187b-7000-8000-000000000000" };
    assert_true(id_ms(&at) == 1774944000123);
    assert_false(id_empty(&at));
    struct id none = { "" };
    assert_true(id_empty(&none));
    assert_int_equal(id_ms(&none), 0);
}

static void later_ids_are_greater(void **state)
{
    struct id last = id_new();
    (void)state;
    /* Far more than 4096 a millisecond: the counter must run over into the time. */
    for (int i = 0; i < IDS; i++) {
        struct id next = id_new();
        if (strcmp(last.text, next.text) >= 0)
            fail_msg("%s then %s", last.text, next.text);
        last = next;
    }
}

static void *make_ids(void *into)
{
    struct id *ids = into;
    for (int i = 0; i < IDS; i++)
        ids[i] = id_new();
    return NULL;
}

static int id_compare(const void *a, const void *b)
{
    return strcmp(((const struct id *)a)->text, ((const struct id *)b)->text);
}

static void ids_of_several_threads_are_unique_and_ordered_in_each(void **state)
{
    struct id *ids = calloc(THREADS * IDS, sizeof *ids);
    pthread_t threads[THREADS];
    (void)state;
    assert_non_null(ids);
    for (int t = 0; t < THREADS; t++)
        assert_int_equal(pthread_create(&threads[t], NULL, make_ids, ids + t * IDS), 0);
    for (int t = 0; t < THREADS; t++)
        pthread_join(threads[t], NULL);
    for (int t = 0; t < THREADS; t++)
        for (int i = 1; i < IDS; i++)
            assert_true(id_compare(&ids[t * IDS + i - 1], &ids[t * IDS + i]) < 0);
    qsort(ids, THREADS * IDS, sizeof *ids, id_compare);
    for (int i = 1; i < THREADS * IDS; i++)
        /* the 48 + 12 bits in front alone tell them apart */
        assert_int_not_equal(strncmp(ids[i - 1].text, ids[i].text, 18), 0);
    free(ids);
}

static void only_uuids_parse(void **state)
{
    static const char *const bad[] = {
        "",
        "0190b6a5-0000-7000-8000-00000000000",
        "0190b6a5-0000-7000-8000-0000000000000",
        "0190b6a5-0000-7000-8000-00000000000g",
        "0190b6a500000-7000-8000-000000000000",
        "{190b6a5-0000-7000-8000-00000000000}",
        "0190b6a5 0000 7000 8000 000000000000",
    };
    struct id id;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        id = id_new();
        if (id_parse(bad[i], &id))
            fail_msg("\"%s\" was taken", bad[i]);
        assert_true(id_empty(&id));
    }
    assert_false(id_parse(NULL, &id));
    assert_true(id_parse("ABCDEF01-2345-4678-9ABC-DEF012345678", &id));
    assert_string_equal(id.text, "abcdef01-2345-4678-9abc-def012345678");
}

/* Both have the same clock and counter; only what is random can tell them apart. */
static void a_child_makes_other_ids_than_its_parent(void **state)
{
    int ends[2];
    char theirs[200][37];
    (void)state;

    id_new();
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        for (int i = 0; i < 200; i++)
            if (write(ends[1], id_new().text, 37) != 37)
                _exit(1);
        _exit(0);
    }
    for (int i = 0; i < 200; i++)
        assert_int_equal(read(ends[0], theirs[i], 37), 37);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    for (int i = 0; i < 200; i++) {
        struct id mine = id_new();
        for (int k = 0; k < 200; k++) /* from the variant on: what is not time */
            assert_string_not_equal(mine.text + 20, theirs[k] + 20);
    }
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_uuid_version_7_of_now),
        cmocka_unit_test(later_ids_are_greater),
        cmocka_unit_test(ids_of_several_threads_are_unique_and_ordered_in_each),
        cmocka_unit_test(only_uuids_parse),
        cmocka_unit_test(a_child_makes_other_ids_than_its_parent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
