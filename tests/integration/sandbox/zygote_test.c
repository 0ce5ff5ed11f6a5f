/* A zygote as a process: it holds nothing of the host, takes its runs with it when it dies, and goes when it is told to,
 * or is made to. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "tests/lib/sandbox_rig.h"
#include "tests/lib/test.h"
#include "worker/sandbox/jail/zygote_jail.h"
#include "worker/sandbox/zygote/zygote_wire.h"

enum { GOING_S = 30 };

static struct sandbox_rig rig;

static void package_of(const char *script, uint8_t package[32])
{
    sandbox_rig_package(&rig, (const struct rig_file[]){ { "main.py", script }, { 0 } }, package);
}

static void run_warm(const uint8_t package[32], struct rig_result *r)
{
    struct sandbox_job job = sandbox_rig_job(package);

    rig.warm = true;
    sandbox_rig_run(&rig, &job, NULL, r);
    rig.warm = false;
}

/* Of a version that nobody else uses: the one zygote that was not there before. */
static pid_t zygote_of(const uint8_t package[32])
{
    pid_t before[RIG_CHILDREN_MAX], after[RIG_CHILDREN_MAX], own = -1;
    int known = sandbox_rig_zygotes(&rig, before);
    struct rig_result r;

    run_warm(package, &r);
    assert_int_equal(r.err.code, GOV_OK);
    assert_true(r.warm);
    rig_result_release(&r);
    int count = sandbox_rig_zygotes(&rig, after);
    assert_true(count < RIG_CHILDREN_MAX);
    for (int i = 0; i < count; i++) {
        bool old = false;
        for (int k = 0; k < known; k++)
            old = old || before[k] == after[i];
        if (!old)
            own = after[i];
    }
    assert_true(own > 0);
    return own;
}

static void wait_gone(pid_t zygote)
{
    int64_t until = clock_mono_us() + (int64_t)GOING_S * 1000000;
    pid_t pids[RIG_CHILDREN_MAX];

    for (bool there = true; there;) {
        assert_true(clock_mono_us() < until);
        usleep(20000); /* asked again: nothing tells */
        there = false;
        for (int i = sandbox_rig_zygotes(&rig, pids); i > 0; i--)
            there = there || pids[i - 1] == zygote;
    }
}

/* A line of its status, as a number to base 16. */
static unsigned long long status_of(pid_t pid, const char *field)
{
    char path[64], line[256];
    unsigned long long value = ~0ull;

    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        if (strncmp(line, field, strlen(field)) == 0)
            value = strtoull(line + strlen(field), NULL, 16);
    }
    fclose(f);
    return value;
}

static void descriptors_are_of_itself(pid_t pid)
{
    int seen = 0;

    for (int fd = 0; fd < 256; fd++) {
        char path[64], target[256] = "";
        snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
        if (readlink(path, target, sizeof target - 1) < 0)
            continue;
        seen++;
        bool own = strncmp(target, "socket:", 7) == 0 || strncmp(target, "pipe:", 5) == 0 ||
                   strncmp(target, "anon_inode:[pidfd]", 18) == 0 || strncmp(target, "/memfd:", 7) == 0 ||
                   strcmp(target, "/dev/null") == 0;
        if (!own)
            fail_msg("descriptor %d is %s", fd, target);
    }
    assert_true(seen > 3);
}

static void it_holds_nothing_of_the_host(void **state)
{
    static const char *const names[] = { "user", "pid", "mnt", "net", "ipc", "uts", "cgroup" };
    /* chown, kill, setgid, setuid, setpcap, sys_admin: what counts only in the user namespace that is its own */
    const unsigned long long six = 1ull << 0 | 1ull << 5 | 1ull << 6 | 1ull << 7 | 1ull << 8 | 1ull << 21;
    char path[64], theirs[64] = "", ours[64] = "", environment[8];
    uint8_t package[32];

    (void)state;
    package_of("print(1)\n", package);
    pid_t zygote = zygote_of(package);
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        snprintf(path, sizeof path, "/proc/%d/ns/%s", zygote, names[k]);
        assert_true(readlink(path, theirs, sizeof theirs - 1) > 0);
        snprintf(path, sizeof path, "/proc/self/ns/%s", names[k]);
        assert_true(readlink(path, ours, sizeof ours - 1) > 0);
        assert_string_not_equal(theirs, ours);
    }
    snprintf(path, sizeof path, "/proc/%d/environ", zygote);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    assert_int_equal(fread(environment, 1, sizeof environment, f), 0);
    fclose(f);
    assert_int_equal(status_of(zygote, "CapEff:") & ~six, 0);
    assert_int_equal(status_of(zygote, "CapPrm:") & ~six, 0);
    assert_int_equal(status_of(zygote, "CapBnd:") & ~six, 0);
    assert_int_equal(status_of(zygote, "Seccomp:"), 2);
    assert_true(sandbox_rig_bounded(zygote, "zygote-"));
    descriptors_are_of_itself(zygote);
}

struct killing {
    pid_t zygote;
    struct buf out;
    struct gov_err err;
    int signal;
    bool warm, done;
};

static void on_output(void *user, enum sandbox_stream stream, const char *data, size_t bytes)
{
    struct killing *k = user;

    (void)stream;
    buf_add(&k->out, data, bytes);
    if (k->zygote > 0 && strstr(buf_text(&k->out), "begun")) {
        assert_int_equal(kill(k->zygote, SIGKILL), 0);
        k->zygote = -1;
    }
}

static void on_done(void *user, struct sandbox_report *report)
{
    struct killing *k = user;

    k->err = report->err;
    k->signal = report->signal;
    k->warm = report->warm;
    k->done = true;
}

static void a_run_ends_with_its_zygote_and_the_next_one_runs(void **state)
{
    const struct sandbox_events events = { on_output, on_done };
    struct killing k = { 0 };
    struct sandbox_run *run;
    struct rig_result r;
    struct gov_err err;
    uint8_t package[32];

    (void)state;
    package_of("import json, sys, time\nprint('begun', flush=True)\n"
               "if json.load(sys.stdin): time.sleep(60)\n", package);
    k.zygote = zygote_of(package);
    struct sandbox_job job = sandbox_rig_job(package);
    job.scope = "t_rig";
    job.input = "{\"wait\": true}";
    job.input_bytes = strlen(job.input);
    assert_true(sandbox_run_start(rig.client, &job, &events, &k, &run, &err));
    while (!k.done)
        uv_run(&rig.loop, UV_RUN_ONCE);
    assert_int_equal(k.zygote, -1);
    assert_true(k.warm);
    assert_int_equal(k.err.code, GOV_SANDBOX_UNAVAILABLE); /* nobody's fault: the queue does it again */
    assert_int_equal(sandbox_rig_processes(&rig), 0);
    buf_release(&k.out);
    job.input = "{}";
    job.input_bytes = 2;
    sandbox_rig_run(&rig, &job, NULL, &r);
    assert_int_equal(r.err.code, GOV_OK);
    assert_string_equal(buf_text(&r.out), "begun\n");
    rig_result_release(&r);
    assert_int_equal(sandbox_rig_processes(&rig), 0);
}

/* Stopped from outside, for nothing of a package runs in it; whatever it does, it does not hear. */
static void one_that_does_not_go_is_made_to(void **state)
{
    struct rig_result r;
    uint8_t package[32];

    (void)state;
    package_of("print('deaf')\n", package);
    pid_t zygote = zygote_of(package);
    assert_int_equal(kill(zygote, SIGSTOP), 0);
    run_warm(package, &r); /* takes the spare there is; the next is asked for in vain, and the zygote given up */
    assert_int_equal(r.err.code, GOV_OK);
    rig_result_release(&r);
    wait_gone(zygote);
    struct sandbox_job job = sandbox_rig_job(package);
    sandbox_rig_run(&rig, &job, NULL, &r);
    assert_int_equal(r.err.code, GOV_OK);
    rig_result_release(&r);
}

/* Its cgroup takes nobody in (there is none): what cgroup.c says of it arrives where its imports would. */
static void one_that_cannot_begin_says_why(void **state)
{
    static struct cgroup_root nowhere = { .version = CGROUP_V1, .memory = "/nonexistent", .pids = "/nonexistent" };
    const struct cgroup group = { &nowhere, "zygote-0" };
    struct filter filters[2] = { 0 };
    struct zygote_note note;
    struct gov_err err = { 0 };
    struct jail jail;
    int control[2], status;
    (void)state;

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control), 0);
    assert_true(filter_init(&filters[0], FILTER_JOB, &err) && filter_init(&filters[1], FILTER_ZYGOTE, &err));
    const struct zygote_jail_spec spec = { .cgroup = &group, .job_filter = &filters[0], .filter = &filters[1],
                                           .outside = rig.uid_base + 300, .inside = rig.uid_base, .uid_count = 4,
                                           .program = -1, .control = control[1] };
    assert_true(zygote_jail_start(&spec, &jail, &err));
    close(control[1]);
    assert_int_equal(recv(control[0], &note, sizeof note, 0), sizeof note);
    assert_int_equal(note.header.kind, ZYGOTE_UNUSABLE);
    assert_string_equal(note.reason, "cgroup: No such file or directory");
    assert_int_equal(waitpid(jail.pid, &status, 0), jail.pid);
    assert_int_equal(WEXITSTATUS(status), 16);
    jail.pid = -1;
    jail_release(&jail);
    filter_release(&filters[0]);
    filter_release(&filters[1]);
    close(control[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_holds_nothing_of_the_host),
        cmocka_unit_test(a_run_ends_with_its_zygote_and_the_next_one_runs),
        cmocka_unit_test(one_that_does_not_go_is_made_to),
        cmocka_unit_test(one_that_cannot_begin_says_why),
    };

    if (geteuid() != 0 || !sandbox_rig_start(&rig, false)) {
        fprintf(stderr, "skipped: needs root and namespaces\n");
        return 77;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sandbox_rig_stop(&rig);
    return failed;
}
