/* Every file of every fuzz target's corpus, once, without a fuzzer: what once crashed does not again, in any run of the
 * unit tests. The targets' one function is compiled in under a name for each (tests/CMakeLists.txt). */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/test.h"

#define TARGETS(X)                                                                                            \
    X(address) X(archive_names) X(channel) X(http_feed) X(intent) X(json_canonical) X(minisign) X(multipart)  \
    X(queue_entry) X(resource) X(route) X(sandbox_start) X(schema) X(statement)

#define DECLARE(name) int fuzz_##name(const uint8_t *data, size_t bytes);
TARGETS(DECLARE)
#define ROW(name) { #name, fuzz_##name },
static const struct target {
    const char *name;
    int (*run)(const uint8_t *data, size_t bytes);
} targets[] = { TARGETS(ROW) };

enum { CORPUS_FILE_BYTES_MAX = 1 << 20 };

static void replay(const struct target *target, const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *whole = malloc(CORPUS_FILE_BYTES_MAX);

    assert_non_null(file);
    assert_non_null(whole);
    size_t bytes = fread(whole, 1, CORPUS_FILE_BYTES_MAX, file);
    fclose(file);
    uint8_t *exact = malloc(bytes + !bytes); /* so that AddressSanitizer sees a byte too far */
    assert_non_null(exact);
    memcpy(exact, whole, bytes);
    free(whole);
    printf("%s\n", path); /* the last one is what a crash was about */
    fflush(stdout);
    assert_int_equal(target->run(exact, bytes), 0);
    free(exact);
}

static void every_file_of_every_corpus_passes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        char folder[400], path[700];
        int files = 0;
        snprintf(folder, sizeof folder, SOURCE_DIR "/tests/fuzz/corpus/%s", targets[i].name);
        DIR *list = opendir(folder);
        assert_non_null(list);
        for (struct dirent *one; (one = readdir(list));) {
            if (one->d_name[0] == '.')
                continue;
            snprintf(path, sizeof path, "%s/%s", folder, one->d_name);
            replay(&targets[i], path);
            files++;
        }
        closedir(list);
        assert_true(files > 0);
    }
}

static void every_corpus_has_its_target_here(void **state)
{
    DIR *list = opendir(SOURCE_DIR "/tests/fuzz/corpus");
    (void)state;

    assert_non_null(list);
    for (struct dirent *one; (one = readdir(list));) {
        bool known = one->d_name[0] == '.';
        for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
            known = known || strcmp(targets[i].name, one->d_name) == 0;
        if (!known)
            fail_msg("no target for the corpus %s", one->d_name);
    }
    closedir(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_corpus_has_its_target_here),
        cmocka_unit_test(every_file_of_every_corpus_passes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
