#include "worker/sandbox/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/test.h"

static struct wire_start message;

static struct sandbox_job sample(void)
{
    static const char *const args[] = { "--month", "三月", "" };
    static const char *const globs[] = { "out/**", "*.csv" };
    static const struct sandbox_file files[] = {
        { .name = "销售.csv", .as = "sales.csv", .sha256 = { 1 } },
        { .name = "b.txt", .sha256 = { 2 } },
    };

    return (struct sandbox_job){ .id = "run", .scope = "t_0123", .runtime = "base", .entry = "lib/main.py", .args = args,
                                 .arg_count = 3, .files = files, .file_count = 2, .collect = globs,
                                 .collect_count = 2, .timezone = "Asia/Shanghai",
                                 .limits = sandbox_limits_default() };
}

static void a_job_survives_the_wire(void **state)
{
    struct sandbox_job job = sample();
    struct wire_job back;
    struct gov_err err = { 0 };
    (void)state;

    assert_true(wire_start_encode(&job, &message, &err));
    assert_true(wire_start_decode(&message, 3, &back, &err));
    assert_string_equal(back.id, "run");
    assert_string_equal(back.scope, "t_0123");
    assert_int_equal(message.warm, 1);
    assert_string_equal(back.entry, "lib/main.py");
    assert_string_equal(back.timezone, "Asia/Shanghai");
    assert_string_equal(back.args[1], "三月");
    assert_string_equal(back.args[2], "");
    assert_null(back.args[3]);
    assert_string_equal(back.files[0].as, "sales.csv");
    assert_null(back.files[1].as);
    assert_string_equal(back.collect[1], "*.csv");
    assert_int_equal(message.sha256[1][0], 2);
}

static void impossible_jobs_are_refused(void **state)
{
    static const struct sandbox_file twins[] = { { .name = "a" }, { .name = "a" } };
    static const struct sandbox_file as_in[] = { { .name = "a", .as = "in" } };
    static const struct sandbox_file slash[] = { { .name = "a/b" } };
    struct gov_err err = { 0 };
    struct sandbox_job job;
    (void)state;

#define REFUSED(change)                                                                            \
    do {                                                                                           \
        job = sample();                                                                            \
        change;                                                                                    \
        assert_false(wire_start_encode(&job, &message, &err));                                     \
        assert_int_equal(err.code, GOV_INVALID_INPUT);                                             \
    } while (0)
    REFUSED(job.entry = "../main.py");
    REFUSED(job.entry = "/work/main.py");
    REFUSED(job.entry = "a/../main.py");
    REFUSED(job.entry = "-c");
    REFUSED(job.entry = "");
    REFUSED(job.timezone = "../../etc/passwd");
    REFUSED(job.timezone = "/etc/passwd");
    REFUSED(job.timezone = "A B");
    REFUSED(job.runtime = "../base");
    REFUSED(job.scope = "../t");
    REFUSED(job.scope = "a scope of more than sixty-three bytes, which is what there is room");
    REFUSED(job.files = twins);
    REFUSED((job.files = as_in, job.file_count = 1));
    REFUSED((job.files = slash, job.file_count = 1));
    REFUSED(job.limits.memory_mb = 0);
    REFUSED(job.limits.wall_ms = UINT64_MAX);
    REFUSED(job.file_count = 1000);
    char *text = malloc(WIRE_TEXT_BYTES + 1);
    memset(text, 'x', WIRE_TEXT_BYTES);
    text[WIRE_TEXT_BYTES] = 0;
    const char *const args[] = { text };
    REFUSED((job.args = args, job.arg_count = 1));
    free(text);
}

static void a_job_without_a_scope_or_asked_to_starts_cold(void **state)
{
    struct sandbox_job job = sample();
    struct gov_err err = { 0 };
    (void)state;

    job.cold = true;
    assert_true(wire_start_encode(&job, &message, &err));
    assert_int_equal(message.warm, 0);
    job = sample();
    job.scope = NULL;
    assert_true(wire_start_encode(&job, &message, &err));
    assert_int_equal(message.warm, 0);
}

static void a_preparation_names_somebody_and_a_runtime(void **state)
{
    struct wire_prepare m = { .scope = "t_0123", .runtime = "base" };
    (void)state;

    assert_true(wire_prepare_valid(&m));
    m.scope[0] = 0;
    assert_false(wire_prepare_valid(&m));
    m = (struct wire_prepare){ .scope = "t_0123", .runtime = "../base" };
    assert_false(wire_prepare_valid(&m));
    memset(m.scope, 'x', sizeof m.scope);
    assert_false(wire_prepare_valid(&m));
}

/* Every byte of a good message changed in turn: refused or still well-formed, never out of bounds (the
 * sanitizers watch). */
static void no_change_of_a_byte_breaks_the_decoder(void **state)
{
    struct sandbox_job job = sample();
    struct wire_job back;
    struct gov_err err = { 0 };
    struct wire_start *copy = malloc(sizeof *copy);
    size_t interesting = offsetof(struct wire_start, text) + 200;
    (void)state;

    assert_true(wire_start_encode(&job, &message, &err));
    for (size_t i = 0; i < interesting; i++) {
        static const unsigned char changes[] = { 0x01, 0x80, 0xff };
        for (int k = 0; k < 3; k++) {
            memcpy(copy, &message, sizeof *copy);
            ((unsigned char *)copy)[i] ^= changes[k];
            if (wire_start_decode(copy, 3, &back, &err))
                assert_non_null(back.entry);
        }
    }
    memset(copy->text, 'x', sizeof copy->text); /* no NUL anywhere */
    copy->text_bytes = WIRE_TEXT_BYTES;
    assert_false(wire_start_decode(copy, 3, &back, &err));
    free(copy);
}

static void limits_are_worded_with_their_bound(void **state)
{
    struct sandbox_limits limits = sandbox_limits_default();
    struct gov_err err = { 0 };
    (void)state;

    assert_true(sandbox_limits_check(&limits, &err));
    for (int i = SANDBOX_LIMIT_WALL; i < SANDBOX_LIMIT_COUNT; i++) {
        memset(&err, 0, sizeof err);
        sandbox_limit_explain((enum sandbox_limit)i, &limits, &err);
        assert_int_equal(err.code, sandbox_limit_code((enum sandbox_limit)i));
        assert_true(err.en[0] && err.zh[0]);
    }
    sandbox_limit_explain(SANDBOX_LIMIT_MEMORY, &limits, &err);
    assert_string_equal(err.en, "the script used more than 256 MB of memory");
}

/* The fuzz target's corpus is messages as they were laid out when it was written: one that is refused at its first
 * check shows the fuzzer nothing. */
static void the_corpus_of_the_fuzz_target_is_what_is_taken_today(void **state)
{
    static const char *const taken[] = { "plain", "files", "shell", "two_dots_in_a_name" };
    (void)state;

    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        struct wire_job back;
        struct gov_err err = { 0 };
        char path[512];
        snprintf(path, sizeof path, SOURCE_DIR "/tests/fuzz/corpus/sandbox_start/%s", taken[i]);
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        int fds = fgetc(file);
        memset(&message, 0, sizeof message);
        assert_true(fread(&message, 1, sizeof message, file) > 0);
        fclose(file);
        if (!wire_start_decode(&message, fds, &back, &err))
            fail_msg("%s: %s", taken[i], err.en);
        assert_true(*back.entry);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_survives_the_wire),
        cmocka_unit_test(impossible_jobs_are_refused),
        cmocka_unit_test(a_job_without_a_scope_or_asked_to_starts_cold),
        cmocka_unit_test(a_preparation_names_somebody_and_a_runtime),
        cmocka_unit_test(no_change_of_a_byte_breaks_the_decoder),
        cmocka_unit_test(limits_are_worded_with_their_bound),
        cmocka_unit_test(the_corpus_of_the_fuzz_target_is_what_is_taken_today),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
