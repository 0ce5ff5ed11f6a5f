/* sandboxd itself: what happens when it, its worker or its host misbehaves. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "tests/lib/sandbox_rig.h"
#include "tests/lib/test.h"
#include "worker/sandbox/wire.h"

#define MODULES "/usr/lib/python3/dist-packages"

static const char sleeper[] = "import os, time\nos.fork()\nprint('ready')\ntime.sleep(100)\n";

struct waiting {
    bool ready, done;
    struct sandbox_run *run;
    enum sandbox_limit limit;
    enum gov_code code;
};

static void saw_output(void *user, enum sandbox_stream stream, const char *data, size_t bytes)
{
    struct waiting *w = user;

    (void)stream;
    (void)data;
    w->ready |= bytes > 0;
}

static void saw_end(void *user, struct sandbox_report *report)
{
    struct waiting *w = user;

    w->done = true;
    w->limit = report->limit;
    w->code = report->err.code;
}

static void start_sleeper(struct sandbox_rig *rig, struct waiting *w)
{
    const struct rig_file files[] = { { "main.py", sleeper }, { 0 } };
    const struct sandbox_events events = { saw_output, saw_end };
    struct gov_err err = { 0 };
    uint8_t package[32];

    memset(w, 0, sizeof *w);
    sandbox_rig_package(rig, files, package);
    struct sandbox_job job = sandbox_rig_job(package);
    assert_true(sandbox_run_start(rig->client, &job, &events, w, &w->run, &err));
    while (!w->ready && !w->done)
        uv_run(&rig->loop, UV_RUN_ONCE);
    assert_true(w->ready);
}

static void wait_end(struct sandbox_rig *rig, struct waiting *w)
{
    while (!w->done)
        uv_run(&rig->loop, UV_RUN_ONCE);
}

/* Gone, or a zombie that waits for whoever inherited it. */
static bool is_dead(pid_t pid)
{
    char path[64], state = 'Z';

    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *f = fopen(path, "re");
    if (f && fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
        state = '?';
    if (f)
        fclose(f);
    return state == 'Z';
}

/* Wait until no process of a job is left; false after a second. */
static bool jobs_gone(const struct sandbox_rig *rig, pid_t jail)
{
    int64_t until = clock_mono_us() + 1000000;

    while (clock_mono_us() < until) {
        if (rig->level >= 2 ? sandbox_rig_processes(rig) == 0 : is_dead(jail))
            return true;
        poll(NULL, 0, 10);
    }
    return false;
}

static pid_t child_of(pid_t parent)
{
    char path[64];
    int pid = 0;

    snprintf(path, sizeof path, "/proc/%d/task/%d/children", parent, parent);
    FILE *f = fopen(path, "re");
    if (f && fscanf(f, "%d", &pid) != 1)
        pid = 0;
    if (f)
        fclose(f);
    return pid;
}

static void killing_sandboxd_kills_its_jobs_and_the_next_start_sweeps(bool as_nobody)
{
    struct sandbox_rig rig;
    struct waiting w;

    if (!sandbox_rig_start(&rig, as_nobody))
        sandbox_rig_missing(as_nobody ? "a plain user" : "root");
    start_sleeper(&rig, &w);
    pid_t jail = child_of(rig.pid);
    assert_true(jail > 0);
    kill(rig.pid, SIGKILL);
    waitpid(rig.pid, NULL, 0);
    rig.pid = -1;
    assert_true(jobs_gone(&rig, jail));
    wait_end(&rig, &w);
    assert_int_equal(w.limit, SANDBOX_LIMIT_LOST);
    assert_int_equal(w.code, GOV_SANDBOX_UNAVAILABLE);

    /* While it is away nothing runs, and that is said. */
    struct rig_result r;
    uint8_t package[32] = { 0 };
    struct sandbox_job job = sandbox_rig_job(package);
    sandbox_rig_run(&rig, &job, NULL, &r);
    assert_int_equal(r.err.code, GOV_SANDBOX_UNAVAILABLE);
    rig_result_release(&r);
    sandbox_rig_restart(&rig, as_nobody);
    sandbox_rig_script(&rig, "print('again')\n", NULL, &r);
    assert_string_equal(buf_text(&r.out), "again\n");
    rig_result_release(&r);
    sandbox_rig_stop(&rig);
}

static void kill_nine_as_root(void **state)
{
    (void)state;
    killing_sandboxd_kills_its_jobs_and_the_next_start_sweeps(false);
}

static void kill_nine_as_a_plain_user(void **state)
{
    (void)state;
    killing_sandboxd_kills_its_jobs_and_the_next_start_sweeps(true);
}

static struct sandbox_rig shared;

static void sigterm_ends_jobs_and_leaves_nothing(void **state)
{
    struct sandbox_rig rig;
    struct waiting w;
    char path[200];
    int status;
    (void)state;

    if (!sandbox_rig_start(&rig, false))
        sandbox_rig_missing("root");
    start_sleeper(&rig, &w);
    kill(rig.pid, SIGTERM);
    waitpid(rig.pid, &status, 0);
    rig.pid = -1;
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    wait_end(&rig, &w);
    assert_int_equal(w.code, GOV_SANDBOX_UNAVAILABLE);
    assert_int_equal(sandbox_rig_processes(&rig), 0);
    snprintf(path, sizeof path, "/sys/fs/cgroup/pids/execgov/u%u", rig.uid_base);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(access(rig.socket, F_OK), -1);
    sandbox_rig_stop(&rig);
}

static void what_starts_cold_is_in_its_cgroups_before_it_runs(void **state)
{
    pid_t pids[RIG_CHILDREN_MAX];
    struct waiting w;
    (void)state;

    start_sleeper(&shared, &w);
    int count = sandbox_rig_children(&shared, shared.uid_base, shared.uid_base + RIG_SLOTS, pids);
    assert_int_equal(count, 1);
    for (pid_t pid = pids[0]; pid > 0; pid = child_of(pid)) /* pid 1, main, and what main forked */
        assert_true(sandbox_rig_bounded(pid, "job-"));
    sandbox_run_cancel(w.run);
    wait_end(&shared, &w);
}

static void a_worker_that_goes_takes_its_jobs_with_it(void **state)
{
    struct waiting w;
    struct gov_err err = { 0 };
    struct doctor_status status;
    (void)state;

    start_sleeper(&shared, &w);
    sandbox_client_close(shared.client, NULL, NULL);
    uv_run(&shared.loop, UV_RUN_DEFAULT);
    assert_true(w.done);
    assert_int_equal(w.code, GOV_SANDBOX_UNAVAILABLE);
    assert_true(jobs_gone(&shared, 0));
    do
        assert_true(doctor_ask(shared.socket, 5000, &status, &err));
    while (status.jobs > 0);
    shared.client = sandbox_client_new(&shared.loop, shared.socket);
}

static int raw_connect(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* The other side closes within a second. */
static bool is_dropped(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    char byte;

    return poll(&p, 1, 1000) == 1 && recv(fd, &byte, 1, MSG_DONTWAIT) <= 0;
}

static void malformed_messages_end_the_connection_and_nothing_else(void **state)
{
    static union wire_message m;
    struct gov_err err = { 0 };
    struct doctor_status status;
    unsigned seed = 12345;
    (void)state;

    for (int round = 0; round < 300; round++) {
        int fd = raw_connect(shared.socket);
        assert_true(fd >= 0);
        for (size_t i = 0; i < sizeof m; i++)
            ((unsigned char *)&m)[i] = (unsigned char)(round % 3 ? 0 : rand_r(&seed));
        uint32_t kinds[] = { WIRE_START, WIRE_KILL, WIRE_UNPACK, WIRE_STARTED, WIRE_FILE, 99 };
        m.header = (struct wire_header){ WIRE_MAGIC, kinds[round % 6], 1 };
        if (round % 7 == 0)
            m.header.magic ^= 1;
        size_t bytes = wire_size(m.header.kind) ? wire_size(m.header.kind) : 64;
        if (round % 5 == 0)
            bytes -= 8;
        int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
        assert_int_equal(send(fd, &m, bytes, MSG_NOSIGNAL), bytes);
        wire_send(fd, &m, bytes, &null, 1);
        close(null);
        assert_true(is_dropped(fd));
        close(fd);
    }
    assert_true(doctor_ask(shared.socket, 5000, &status, &err));
    assert_true(status.accepting);
    assert_int_equal(status.jobs, 0);
}

static void an_unknown_uid_is_turned_away(void **state)
{
    struct sandbox_rig rig;
    int status;
    (void)state;

    if (!sandbox_rig_start(&rig, true)) /* its socket file lets everybody connect */
        sandbox_rig_missing("a plain user");
    pid_t pid = fork();
    if (pid == 0) {
        if (setgid(1) < 0 || setuid(1) < 0)
            _exit(2);
        int fd = raw_connect(rig.socket);
        struct wire_status question = { .header = { WIRE_MAGIC, WIRE_STATUS, 1 } };
        if (fd >= 0)
            send(fd, &question, sizeof question, MSG_NOSIGNAL);
        _exit(fd < 0 || is_dropped(fd) ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    assert_int_equal(WEXITSTATUS(status), 0);
    sandbox_rig_stop(&rig);
}

/* execgov-sandboxd --check with this cache folder of the shared rig and these uids. */
static int check(const char *cache, int uids, bool user_mode, bool in_namespace, struct buf *out)
{
    char path[128], base[16];
    const char *arguments[16];
    int n = 0;

    snprintf(path, sizeof path, "%s/%s", shared.dir, cache);
    snprintf(base, sizeof base, "%u", shared.uid_base + (unsigned)uids);
    if (in_namespace) {
        arguments[n++] = "unshare";
        arguments[n++] = "--user";
        arguments[n++] = "--map-root-user";
    }
    arguments[n++] = BINARY_DIR "/bin/execgov-sandboxd";
    arguments[n++] = "--check";
    arguments[n++] = "--cache";
    arguments[n++] = path;
    arguments[n++] = "--uid-base";
    arguments[n++] = base;
    if (user_mode)
        arguments[n++] = "--user-mode";
    arguments[n] = NULL;
    return rig_program(arguments, out);
}

static void a_second_one_on_the_same_uids_or_cache_does_not_start(void **state)
{
    struct buf out = { 0 };
    (void)state;

    assert_int_not_equal(check("other", 0, false, false, &out), 0);
    assert_non_null(strstr(buf_text(&out), "--uid-base"));
    buf_clear(&out);
    assert_int_not_equal(check("cache", 100, false, false, &out), 0);
    assert_non_null(strstr(buf_text(&out), "uses the cache"));
    buf_release(&out);
}

static void one_that_is_refused_leaves_the_running_one_alone(void **state)
{
    struct buf out = { 0 };
    struct waiting w;
    (void)state;

    assert_int_not_equal(check("other", 0, false, false, &out), 0);
    buf_release(&out);
    start_sleeper(&shared, &w); /* needs the cgroups of the one that runs */
    sandbox_run_cancel(w.run);
    wait_end(&shared, &w);
    assert_int_equal(w.limit, SANDBOX_LIMIT_CANCELLED);
}

static void doctor_prints_level_and_probes(void **state)
{
    const char *const ask[] = { BINARY_DIR "/bin/execgov-sandboxd", "--doctor", "--json", "--socket",
                                shared.socket, NULL };
    const char *const nobody[] = { ask[0], "--doctor", "--socket", "/nonexistent", NULL };
    struct buf out = { 0 };
    (void)state;

    assert_int_equal(rig_program(ask, &out), 0);
    assert_non_null(strstr(buf_text(&out), "\"level\":3,\"accepting\":true"));
    assert_non_null(strstr(buf_text(&out), "{\"name\":\"network\",\"ok\":true,\"required\":true"));
    assert_int_equal(rig_program(nobody, &out), 5);
    buf_release(&out);
}

/* Inside a user namespace that maps only root nobody can become a slot's uid: there is no isolation,
 * so there must be no run. */
static void without_isolation_nothing_is_run(void **state)
{
    struct buf out = { 0 };
    (void)state;

    assert_int_equal(check("none", 200, false, true, &out), 5);
    assert_non_null(strstr(buf_text(&out), "REFUSES every job"));
    assert_non_null(strstr(buf_text(&out), "isolation level 0"));
    buf_release(&out);
}

static void root_in_user_mode_isolates_with_a_users_means(void **state)
{
    struct buf out = { 0 };
    (void)state;

    int code = check("user", 300, true, false, &out);
    if (code != 0)
        fprintf(stderr, "%s\n", buf_text(&out));
    assert_int_equal(code, 0);
    assert_non_null(strstr(buf_text(&out), "user namespaces"));
    buf_release(&out);
}

/* A machine on which base is installed and data is not: hollow modules, seen by sandboxd alone. */
static void hide_the_modules(void)
{
    static const char *const needed[] = { "openpyxl", "requests", "dateutil" };
    char path[96];

    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("modules", MODULES, "tmpfs", 0, NULL) < 0)
        _exit(9);
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, MODULES "/%s", needed[i]);
        if (mkdir(path, 0755) < 0)
            _exit(9);
    }
}

static void a_runtime_installed_while_it_runs_is_found_without_a_restart(void **state)
{
    const struct rig_file files[] = { { "main.py", "import pandas\nprint(pandas.answer)\n" }, { 0 } };
    struct sandbox_rig rig;
    struct rig_result r;
    uint8_t package[32] = { 0 };
    struct sandbox_job job = sandbox_rig_job(package);
    char path[160];

    (void)state;
    assert_true(sandbox_rig_start(&rig, false));
    kill(rig.pid, SIGTERM);
    waitpid(rig.pid, NULL, 0);
    sandbox_rig_run(&rig, &job, NULL, &r); /* the client notices that it is gone */
    rig_result_release(&r);
    rig.before = hide_the_modules;
    sandbox_rig_restart(&rig, false);
    assert_false(sandbox_rig_runtime(&rig, "data")->present);

    snprintf(path, sizeof path, "/proc/%d/root" MODULES "/pandas", rig.pid);
    assert_int_equal(mkdir(path, 0755), 0);
    snprintf(path, sizeof path, "/proc/%d/root" MODULES "/pandas/__init__.py", rig.pid);
    FILE *module = fopen(path, "we");
    assert_non_null(module);
    fputs("answer = 42\n", module);
    fclose(module);
    sandbox_rig_wait_runtime(&rig, "data");

    sandbox_rig_package(&rig, files, package);
    job = sandbox_rig_job(package);
    job.runtime = "data";
    sandbox_rig_run(&rig, &job, NULL, &r);
    assert_string_equal(buf_text(&r.errors), "");
    assert_string_equal(buf_text(&r.out), "42\n");
    rig_result_release(&r);
    sandbox_rig_stop(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kill_nine_as_root),
        cmocka_unit_test(kill_nine_as_a_plain_user),
        cmocka_unit_test(sigterm_ends_jobs_and_leaves_nothing),
        cmocka_unit_test(what_starts_cold_is_in_its_cgroups_before_it_runs),
        cmocka_unit_test(a_worker_that_goes_takes_its_jobs_with_it),
        cmocka_unit_test(malformed_messages_end_the_connection_and_nothing_else),
        cmocka_unit_test(an_unknown_uid_is_turned_away),
        cmocka_unit_test(a_second_one_on_the_same_uids_or_cache_does_not_start),
        cmocka_unit_test(one_that_is_refused_leaves_the_running_one_alone),
        cmocka_unit_test(doctor_prints_level_and_probes),
        cmocka_unit_test(without_isolation_nothing_is_run),
        cmocka_unit_test(root_in_user_mode_isolates_with_a_users_means),
        cmocka_unit_test(a_runtime_installed_while_it_runs_is_found_without_a_restart),
    };

    if (geteuid() != 0 || !sandbox_rig_start(&shared, false))
        return 77;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sandbox_rig_stop(&shared);
    return failed;
}
