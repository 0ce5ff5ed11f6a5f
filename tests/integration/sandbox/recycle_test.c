/* A zygote is made anew after so many jobs, and the longest unused goes when there is no room: seen by the seed of
 * hashes, which copies of one interpreter share. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/sandbox_rig.h"
#include "tests/lib/test.h"

enum { JOBS_OF_ONE = 3, TRIES_MAX = 500 };

static struct sandbox_rig rig;

static void package_of(const char *text, uint8_t digest[32])
{
    sandbox_rig_package(&rig, (const struct rig_file[]){ { "README.md", text }, { "main.py", "print(hash('seed'))\n" }, { 0 } },
                        digest);
}

/* The seed that the next warm run of it was made with; those before may be cold, for one is just being made. */
static void seed_of(const uint8_t package[32], char seed[40])
{
    struct sandbox_job job = sandbox_rig_job(package);
    bool warm = false;

    job.scope = "t_0000000000000001";
    for (int tries = 0; !warm; tries++) {
        struct rig_result r;
        assert_true(tries < TRIES_MAX);
        sandbox_rig_run(&rig, &job, NULL, &r);
        assert_int_equal(r.exit_code, 0);
        warm = r.warm;
        snprintf(seed, 40, "%s", buf_text(&r.out));
        rig_result_release(&r);
    }
}

/* Not before its last job; then at the pool's next look, before which some more may be done. */
static void an_interpreter_is_made_anew_after_its_jobs(void **state)
{
    uint8_t package[32];
    char first[40], seed[40];
    int jobs = 0;

    (void)state;
    package_of("recycled", package);
    seed_of(package, first);
    do {
        jobs++;
        assert_true(jobs < TRIES_MAX);
        seed_of(package, seed);
    } while (strcmp(seed, first) == 0);
    assert_in_range(jobs, JOBS_OF_ONE, TRIES_MAX);
}

static void the_longest_unused_goes_when_there_is_no_room(void **state)
{
    struct gov_err err = { 0 };
    uint8_t first[32], second[32];
    char seed[40];
    struct rig_result r;

    (void)state;
    package_of("first", first);
    package_of("second", second);
    seed_of(first, seed);
    seed_of(second, seed);
    assert_true(doctor_ask(rig.socket, 60000, &rig.status, &err));
    assert_int_equal(rig.status.zygotes, 1);
    struct sandbox_job job = sandbox_rig_job(first);
    job.scope = "t_0000000000000001";
    sandbox_rig_run(&rig, &job, NULL, &r);
    assert_false(r.warm);
    assert_string_equal(r.cold_reason, "starting");
    assert_int_equal(r.exit_code, 0);
    rig_result_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_interpreter_is_made_anew_after_its_jobs),
        cmocka_unit_test(the_longest_unused_goes_when_there_is_no_room),
    };
    setenv("SANDBOX_WARM_JOBS", "3", 1);
    setenv("SANDBOX_WARM_MB", "1", 1);
    if (!sandbox_rig_start(&rig, false))
        return 77;
    if (*rig.status.warm_off) {
        printf("no warm starts here: %s\n", rig.status.warm_off);
        sandbox_rig_stop(&rig);
        return 77;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sandbox_rig_stop(&rig);
    return failed;
}
