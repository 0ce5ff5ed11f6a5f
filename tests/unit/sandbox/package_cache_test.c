#include "worker/sandbox/store/package_cache.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/lib/test.h"
#include "worker/sandbox/store/tree.h"

static char dir[64];
static int packages;

static int setup(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/execgov-cache-XXXXXX");
    assert_non_null(mkdtemp(dir));
    packages = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return packages < 0;
}

static int teardown(void **state)
{
    (void)state;
    close(packages);
    int tmp = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    tree_remove(tmp, dir + 5);
    close(tmp);
    return access(dir, F_OK) == 0;
}

/* A package of 100 bytes, last used so many seconds ago. */
static void put(const uint8_t digest[32], int ago_s)
{
    char hex[TREE_HEX_BYTES], path[100];
    struct timespec times[2] = { { .tv_sec = time(NULL) - ago_s }, { .tv_sec = time(NULL) - ago_s } };

    tree_hex(digest, hex);
    assert_int_equal(mkdirat(packages, hex, 0700), 0);
    snprintf(path, sizeof path, "%s/tree", hex);
    assert_int_equal(mkdirat(packages, path, 0555), 0);
    snprintf(path, sizeof path, "%s/counts", hex);
    int fd = openat(packages, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0444);
    assert_int_equal(write(fd, "3 100\n", 6), 6);
    assert_int_equal(futimens(fd, times), 0);
    close(fd);
}

static bool is_there(const uint8_t digest[32])
{
    char hex[TREE_HEX_BYTES];

    tree_hex(digest, hex);
    return faccessat(packages, hex, F_OK, 0) == 0;
}

static void the_longest_unused_go_first_and_recent_ones_never(void **state)
{
    const uint8_t a[32] = { 1 }, b[32] = { 2 }, c[32] = { 3 }, d[32] = { 4 };
    (void)state;

    put(a, 4000);
    put(b, 3000);
    put(c, 2000);
    put(d, 10);
    assert_int_equal(package_cache_trim(packages, 400, 600), 0); /* fits */
    assert_int_equal(package_cache_trim(packages, 300, 600), 2); /* down to 225 */
    assert_false(is_there(a) || is_there(b));
    assert_true(is_there(c) && is_there(d));
    assert_int_equal(package_cache_trim(packages, 0, 600), 1);
    assert_true(is_there(d));
}

/* A tree that is mounted somewhere would be emptied under its users. */
static void what_is_held_stays_however_old(void **state)
{
    const uint8_t a[32] = { 1 }, b[32] = { 2 };
    (void)state;

    put(a, 4000);
    put(b, 3000);
    int lock = package_cache_hold(packages, a), again = package_cache_hold(packages, a);
    assert_true(lock >= 0 && again >= 0);
    char hex[TREE_HEX_BYTES], path[100];
    tree_hex(a, hex);
    snprintf(path, sizeof path, "%s/counts", hex);
    const struct timespec times[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
    assert_int_equal(utimensat(packages, path, times, 0), 0);
    assert_int_equal(package_cache_trim(packages, 0, 600), 1);
    assert_true(is_there(a) && !is_there(b));
    assert_int_equal(package_cache_hold(packages, b), -1);
    close(lock);
    assert_int_equal(package_cache_trim(packages, 0, 600), 0);
    close(again);
    uint64_t bytes;
    assert_int_equal(package_cache_count(packages, &bytes), 1);
    assert_int_equal(bytes, 100);
    assert_int_equal(package_cache_trim(packages, 0, 600), 1);
    assert_false(is_there(a));
}

static void opening_is_using(void **state)
{
    const uint8_t a[32] = { 1 }, b[32] = { 2 };
    struct gov_err err = { 0 };
    uint64_t files = 0, bytes = 0;
    int fd;
    (void)state;

    put(a, 4000);
    put(b, 3000);
    assert_true(package_cache_open(packages, a, &fd, &files, &bytes, &err));
    close(fd);
    assert_int_equal(files, 3);
    assert_int_equal(bytes, 100);
    assert_int_equal(package_cache_trim(packages, 150, 600), 1);
    assert_true(is_there(a));
    assert_false(package_cache_open(packages, b, &fd, &files, &bytes, &err));
    assert_int_equal(err.code, GOV_NOT_FOUND);
}

static void what_a_killed_sealer_left_goes(void **state)
{
    const struct timespec old[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
    (void)state;

    assert_int_equal(mkdirat(packages, "new-17", 0700), 0);
    assert_int_equal(mkdirat(packages, "new-18", 0700), 0);
    assert_int_equal(utimensat(packages, "new-17", old, 0), 0);
    assert_int_equal(package_cache_trim(packages, 1000, 600), 1);
    assert_int_equal(faccessat(packages, "new-17", F_OK, 0), -1);
    assert_int_equal(faccessat(packages, "new-18", F_OK, 0), 0);
}

static void modules_are_read_imports_first(void **state)
{
    static const char lines[] = "-own\n+json\n+os.path\n\n+\nnoise\n-other\n+cut";
    const uint8_t digest[32] = { 9 };
    char hex[TREE_HEX_BYTES], path[100], texts[64];
    uint32_t imports, locals;

    (void)state;
    put(digest, 0);
    assert_true(package_cache_has(packages, digest));
    assert_int_equal(package_cache_modules(packages, digest, texts, sizeof texts, &imports, &locals), 0);
    tree_hex(digest, hex);
    snprintf(path, sizeof path, "%s/modules", hex);
    int fd = openat(packages, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0444);
    assert_int_equal(write(fd, lines, sizeof lines - 1), sizeof lines - 1);
    close(fd);
    size_t n = package_cache_modules(packages, digest, texts, sizeof texts, &imports, &locals);
    assert_int_equal(imports, 2);
    assert_int_equal(locals, 2);
    assert_int_equal(n, sizeof "json\0os.path\0own\0other");
    assert_memory_equal(texts, "json\0os.path\0own\0other", n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(modules_are_read_imports_first, setup, teardown),
        cmocka_unit_test_setup_teardown(the_longest_unused_go_first_and_recent_ones_never, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_held_stays_however_old, setup, teardown),
        cmocka_unit_test_setup_teardown(opening_is_using, setup, teardown),
        cmocka_unit_test_setup_teardown(what_a_killed_sealer_left_goes, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
