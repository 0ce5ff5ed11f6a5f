/* A zygote that nobody uses goes, and one that works does not, however long its job is: seen by the seed of hashes,
 * which copies of one interpreter share. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/sandbox_rig.h"
#include "tests/lib/test.h"

enum { TRIES_MAX = 500 };

static struct sandbox_rig rig;

/* Says the seed, waits so many tenths of a second. */
static const char script[] = "import sys, time\n"
                             "print(hash('seed'), flush=True)\n"
                             "time.sleep(int(sys.argv[1]) / 10)\n";

static bool run(const uint8_t package[32], const char *tenths, char seed[40])
{
    struct sandbox_job job = sandbox_rig_job(package);
    const char *args[] = { tenths };
    struct rig_result r;

    job.scope = "t_0000000000000001";
    job.args = args;
    job.arg_count = 1;
    sandbox_rig_run(&rig, &job, NULL, &r);
    if (r.exit_code != 0)
        fail_msg("%s%s", buf_text(&r.errors), r.err.en);
    snprintf(seed, 40, "%s", buf_text(&r.out));
    bool warm = r.warm;
    rig_result_release(&r);
    return warm;
}

static void run_warm(const uint8_t package[32], char seed[40])
{
    for (int tries = 0; !run(package, "0", seed); tries++)
        assert_true(tries < TRIES_MAX);
}

static int zygotes(void)
{
    struct gov_err err = { 0 };

    assert_true(doctor_ask(rig.socket, 60000, &rig.status, &err));
    return rig.status.zygotes;
}

static void an_idle_interpreter_goes_and_a_working_one_stays(void **state)
{
    static const struct rig_file files[] = { { "README.md", "idle" }, { "main.py", script }, { 0 } };
    uint8_t package[32];
    char first[40], seed[40];
    int looks = 0;

    (void)state;
    sandbox_rig_package(&rig, files, package);
    run_warm(package, first);
    assert_int_equal(zygotes(), 1);
    assert_true(run(package, "30", seed)); /* longer than it may idle */
    assert_string_equal(seed, first);
    assert_int_equal(zygotes(), 1);
    for (; zygotes() > 0; looks++) {
        assert_true(looks < 60 * 50);
        usleep(20000);
    }
    assert_false(run(package, "0", seed));
    run_warm(package, seed);
    assert_string_not_equal(seed, first);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(an_idle_interpreter_goes_and_a_working_one_stays) };

    setenv("SANDBOX_WARM_IDLE", "2", 1);
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
