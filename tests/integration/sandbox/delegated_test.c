/* Level 2: a plain user whose cgroup was delegated to him. v1: a folder of his in each hierarchy. (What escapes is tried
 * at this level, too, in escape_test.c.) */
#include <stdio.h>
#include <unistd.h>

#include "tests/lib/delegation.h"
#include "tests/lib/sandbox_rig.h"
#include "tests/lib/test.h"

static struct sandbox_rig rig;

static void ends_by(const char *script, struct sandbox_limits limits, enum sandbox_limit limit)
{
    struct rig_result r;

    for (int warm = 0; warm < 2; warm++) {
        rig.warm = warm;
        sandbox_rig_script(&rig, script, &limits, &r);
        assert_int_equal(r.level, 2);
        assert_int_equal(r.limit, limit);
        rig_result_release(&r);
    }
}

static void a_plain_users_job_is_bounded_as_a_whole(void **state)
{
    struct sandbox_limits l = sandbox_limits_default();
    (void)state;

    l.memory_mb = 64;
    l.processes = 20;
    l.wall_ms = 20000;
    ends_by("print('within')\n", l, SANDBOX_LIMIT_NONE);
    ends_by("import os\npid = os.fork()\n"
            "if pid == 0:\n    a = []\n    while True: a.append(bytearray(1 << 20))\n"
            "os.waitpid(pid, 0)\n",
            l, SANDBOX_LIMIT_MEMORY);
    l.memory_mb = 256;
    ends_by("import os\nwhile True: os.fork()\n", l, SANDBOX_LIMIT_PROCESSES);
    l.cpu_s = 1;
    ends_by("import os, time\nfor i in range(4):\n    if os.fork() == 0:\n"
            "        e = time.process_time() + 0.8\n        while time.process_time() < e: pass\n"
            "        os._exit(0)\n"
            "for i in range(4): os.wait()\ntime.sleep(10)\n",
            l, SANDBOX_LIMIT_CPU);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_plain_users_job_is_bounded_as_a_whole) };
    bool ready = geteuid() == 0 && delegation_enter() && sandbox_rig_start(&rig, true);
    int failed = 77;

    if (ready) {
        failed = cmocka_run_group_tests(tests, NULL, NULL);
        sandbox_rig_stop(&rig);
    } else {
        fprintf(stderr, "skipped: needs root, user namespaces and cgroup v1\n");
    }
    delegation_remove();
    return failed;
}
