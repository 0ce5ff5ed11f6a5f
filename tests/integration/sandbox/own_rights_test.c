/* What sandboxd itself may do when it is started as root: what it starts jobs with, and nothing beyond. */
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/sandbox_rig.h"
#include "tests/lib/test.h"

static struct sandbox_rig rig;

static const unsigned long long wanted = 1ull << CAP_SYS_ADMIN | 1ull << CAP_SETUID | 1ull << CAP_SETGID |
                                         1ull << CAP_SETPCAP | 1ull << CAP_KILL | 1ull << CAP_CHOWN;

/* A line of /proc/PID/status that is a set of capabilities. */
static unsigned long long set_of(pid_t pid, const char *name)
{
    char path[64], line[256];
    unsigned long long set = 0;
    bool found = false;

    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    while (!found && fgets(line, sizeof line, f))
        found = strncmp(line, name, strlen(name)) == 0 && sscanf(line + strlen(name), ": %llx", &set) == 1;
    fclose(f);
    assert_true(found);
    return set;
}

static void it_keeps_six_capabilities_and_can_never_have_another(void **state)
{
    (void)state;
    assert_int_equal(set_of(rig.pid, "CapEff"), wanted);
    assert_int_equal(set_of(rig.pid, "CapPrm"), wanted);
    assert_int_equal(set_of(rig.pid, "CapBnd"), wanted);
    assert_int_equal(set_of(rig.pid, "CapInh"), 0);
    assert_int_equal(set_of(rig.pid, "CapAmb"), 0);
}

/* Those in its own user namespace; a zygote has one of its own, in which a capability is worth nothing outside. */
static void its_helpers_have_no_more_than_it(void **state)
{
    pid_t pids[RIG_CHILDREN_MAX];
    struct rig_result r;
    (void)state;

    sandbox_rig_script(&rig, "print('started')\n", NULL, &r);
    assert_string_equal(buf_text(&r.out), "started\n");
    rig_result_release(&r);
    int count = sandbox_rig_children(&rig, 0, 1, pids);
    assert_true(count > 0);
    for (int i = 0; i < count; i++) {
        assert_int_equal(set_of(pids[i], "CapPrm") & ~wanted, 0);
        assert_int_equal(set_of(pids[i], "CapBnd") & ~wanted, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_keeps_six_capabilities_and_can_never_have_another),
        cmocka_unit_test(its_helpers_have_no_more_than_it),
    };

    if (geteuid() != 0 || !sandbox_rig_start(&rig, false)) {
        fprintf(stderr, "skipped: needs root and namespaces\n");
        return 77;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sandbox_rig_stop(&rig);
    return failed;
}
