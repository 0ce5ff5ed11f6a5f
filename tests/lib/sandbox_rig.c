/* sandbox_rig.c - starts the real program; nothing of it is faked. */
#include "tests/lib/sandbox_rig.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "tests/lib/test.h"
#include "worker/sandbox/store/tree.h"

/* Rigs of one program need uids of their own. */
static int rigs_made;

enum { NOBODY = 65534 };

static void copy_program(const char *from, const char *to)
{
    uint8_t digest[32];
    uint64_t bytes;
    int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);

    assert_true(in >= 0 && out >= 0);
    assert_true(tree_hash_file(in, out, digest, &bytes));
    close(in);
    close(out);
}

static void daemon_exec(struct sandbox_rig *rig, const char *program, bool as_nobody)
{
    char cache[96], base[16];

    snprintf(cache, sizeof cache, "%s/cache", rig->dir);
    snprintf(base, sizeof base, "%u", rig->uid_base);
    setenv("CANARY_SECRET", "canary-5f1d0c", 1);
    if (rig->before)
        rig->before();
    if (as_nobody && (setgid(NOBODY) < 0 || setuid(NOBODY) < 0))
        _exit(9);
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* a change of uid would clear it */
    const char *level = getenv("SANDBOX_LOG");
    const char *jobs = getenv("SANDBOX_WARM_JOBS"), *mb = getenv("SANDBOX_WARM_MB"), *idle = getenv("SANDBOX_WARM_IDLE");
    execl(program, program, "--socket", rig->socket, "--cache", cache, "--slots", "4", "--uid-base", base,
          "--allow-uid", "0", "--log-level", level ? level : "error", "--warm-jobs", jobs ? jobs : "1000",
          "--warm-mb", mb ? mb : "1024", "--warm-idle", idle ? idle : "600", (char *)NULL);
    _exit(9);
}

/* Until it listens and has tested itself: nothing else tells. */
static bool daemon_wait(struct sandbox_rig *rig)
{
    struct gov_err err = { 0 };
    bool answered = false;

    for (int i = 0; i < 1000 && !answered && waitpid(rig->pid, NULL, WNOHANG) == 0; i++) {
        answered = doctor_ask(rig->socket, 60000, &rig->status, &err);
        if (!answered)
            usleep(20000);
    }
    return answered;
}

static void daemon_start(struct sandbox_rig *rig, bool as_nobody)
{
    char program[512];

    snprintf(program, sizeof program, "%s/bin/execgov-sandboxd", BINARY_DIR);
    if (as_nobody) /* who may not look into the build folder */
        snprintf(program, sizeof program, "%s/sandboxd", rig->dir);
    rig->pid = fork();
    if (rig->pid == 0)
        daemon_exec(rig, program, as_nobody);
}

void sandbox_rig_restart(struct sandbox_rig *rig, bool as_nobody)
{
    daemon_start(rig, as_nobody);
    assert_true(daemon_wait(rig));
    assert_int_not_equal(rig->status.level, 0);
}

const struct doctor_runtime *sandbox_rig_runtime(struct sandbox_rig *rig, const char *name)
{
    struct gov_err err = { 0 };

    assert_true(doctor_ask(rig->socket, 60000, &rig->status, &err));
    for (int i = 0; i < rig->status.runtime_count; i++)
        if (strcmp(rig->status.runtimes[i].name, name) == 0)
            return &rig->status.runtimes[i];
    fail_msg("no runtime called %s", name);
    return NULL;
}

void sandbox_rig_wait_runtime(struct sandbox_rig *rig, const char *name)
{
    int64_t until = clock_mono_us() + 60 * 1000000;

    while (!sandbox_rig_runtime(rig, name)->present) {
        assert_true(clock_mono_us() < until);
        usleep(20000); /* asked again: nothing tells */
    }
}

static bool kernel_allows(bool as_nobody)
{
    const int spaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
    int status = 1;
    pid_t pid = fork();

    if (pid == 0) {
        if (as_nobody && (setgid(NOBODY) < 0 || setuid(NOBODY) < 0))
            _exit(1);
        _exit(unshare(spaces | (as_nobody ? CLONE_NEWUSER : 0)) == 0 ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool sandbox_rig_start(struct sandbox_rig *rig, bool as_nobody)
{
    memset(rig, 0, sizeof *rig);
    snprintf(rig->dir, sizeof rig->dir, "/tmp/execgov-sandbox-XXXXXX");
    assert_non_null(mkdtemp(rig->dir));
    assert_int_equal(chmod(rig->dir, 0711), 0);
    snprintf(rig->socket, sizeof rig->socket, "%s/socket", rig->dir);
    rig->uid_base = 1000000 + (uid_t)(getpid() % 100000) * 1000 + (uid_t)rigs_made++ * 400;
    if (as_nobody) {
        char copy[96];
        snprintf(copy, sizeof copy, "%s/sandboxd", rig->dir);
        copy_program(BINARY_DIR "/bin/execgov-sandboxd", copy);
        snprintf(copy, sizeof copy, "%s/execgov-zygote", rig->dir);
        copy_program(BINARY_DIR "/bin/execgov-zygote", copy);
        assert_int_equal(chown(rig->dir, NOBODY, NOBODY), 0);
    }
    daemon_start(rig, as_nobody);
    bool ready = daemon_wait(rig);
    if (!ready || rig->status.level == 0) {
        struct buf text = { 0 };
        doctor_print(&rig->status, &text);
        fprintf(stderr, "no isolation here\n%s\n", buf_text(&text));
        buf_release(&text);
        /* Where the kernel would let us it is sandboxd that is broken, and no reason to skip. */
        if (kernel_allows(as_nobody))
            abort();
        fprintf(stderr, "skipped: this kernel does not let %s make namespaces\n",
                as_nobody ? "a plain user" : "root");
        sandbox_rig_stop(rig);
        return false;
    }
    rig->level = rig->status.level;
    assert_int_equal(uv_loop_init(&rig->loop), 0);
    rig->client = sandbox_client_new(&rig->loop, rig->socket);
    return true;
}

void sandbox_rig_missing(const char *what)
{
    const char *isolation = getenv("EXECGOV_TESTS_ISOLATION");

    if (isolation && strcmp(isolation, "must") == 0)
        fail_msg("isolation is not proved: there is no sandboxd of %s here", what);
    skip();
}

static void remove_tree(const char *path)
{
    char parent[] = "/tmp";
    int dir = open(parent, O_RDONLY | O_DIRECTORY);

    tree_remove(dir, path + sizeof parent);
    close(dir);
}

void sandbox_rig_stop(struct sandbox_rig *rig)
{
    if (rig->client) {
        sandbox_client_close(rig->client, NULL, NULL);
        uv_run(&rig->loop, UV_RUN_DEFAULT);
        assert_int_equal(uv_loop_close(&rig->loop), 0);
    }
    if (rig->pid > 0) {
        int status = 0;
        kill(rig->pid, SIGTERM);
        waitpid(rig->pid, &status, 0);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0); /* sanitizers end otherwise */
    }
    remove_tree(rig->dir);
}

struct running {
    struct rig_result *result;
    struct sandbox_run *run;
    const char *cancel_on;
    bool done;
};

static void read_all(int fd, struct buf *out)
{
    char data[65536];
    ssize_t n;

    while ((n = read(fd, data, sizeof data)) > 0)
        buf_add(out, data, (size_t)n);
}

static void on_output(void *user, enum sandbox_stream stream, const char *data, size_t bytes)
{
    struct running *r = user;

    buf_add(stream == SANDBOX_STDOUT ? &r->result->out : &r->result->errors, data, bytes);
    if (r->cancel_on && strstr(buf_text(&r->result->out), r->cancel_on)) {
        r->cancel_on = NULL;
        r->result->cancelled_us = clock_mono_us();
        sandbox_run_cancel(r->run);
    }
}

static void on_done(void *user, struct sandbox_report *report)
{
    struct running *r = user;
    struct rig_result *o = r->result;

    o->started = report->started;
    o->err = report->err;
    o->exit_code = report->exit_code;
    o->signal = report->signal;
    o->level = report->level;
    o->warm = report->warm;
    memcpy(o->cold_reason, report->cold_reason, sizeof o->cold_reason);
    o->limit = report->limit;
    o->wall_us = report->wall_us;
    memcpy(o->package, report->package, 32);
    memcpy(o->runtime, report->runtime, 32);
    o->has_answer = report->result_fd >= 0;
    if (o->has_answer)
        read_all(report->result_fd, &o->answer);
    for (size_t i = 0; i < report->artifact_count && i < 64; i++) {
        memcpy(o->artifacts[i].name, report->artifacts[i].name, SANDBOX_NAME_BYTES);
        read_all(report->artifacts[i].fd, &o->artifacts[i].content);
        o->artifact_count++;
    }
    for (size_t i = 0; i < report->refusal_count; i++)
        o->refusals[o->refusal_count++] = report->refusals[i];
    r->done = true;
}

struct sandbox_job sandbox_rig_job(const uint8_t package[32])
{
    struct sandbox_job job = {
        .id = "01890000-0000-7000-8000-000000000001", .runtime = "base", .kind = SANDBOX_PYTHON,
        .entry = "main.py", .input = "{}", .input_bytes = 2, .limits = sandbox_limits_default(),
    };

    memcpy(job.package, package, 32);
    return job;
}

void sandbox_rig_wait_warm(struct sandbox_rig *rig, const struct sandbox_job *job)
{
    struct gov_err err = { 0 };

    assert_true(sandbox_prepare(rig->client, job->scope, job->package, job->wheels, job->runtime));
    do
        assert_true(doctor_ask(rig->socket, 60000, &rig->status, &err));
    while (rig->status.zygotes_ready < rig->status.zygotes && usleep(2000) == 0);
}

void sandbox_rig_run(struct sandbox_rig *rig, const struct sandbox_job *given, const char *cancel_on,
                     struct rig_result *result)
{
    struct running running = { .result = result, .cancel_on = cancel_on };
    struct sandbox_job own = *given, *job = &own;
    const struct sandbox_events events = { on_output, on_done };
    struct gov_err err = { 0 };

    memset(result, 0, sizeof *result);
    bool warm = rig->warm && job->kind == SANDBOX_PYTHON;
    if (warm && !job->scope)
        job->scope = "t_rig";
    if (warm && sandbox_client_connected(rig->client))
        sandbox_rig_wait_warm(rig, job);
    if (!sandbox_run_start(rig->client, job, &events, &running, &running.run, &err))
        fail_msg("start: %s", err.en);
    while (!running.done)
        uv_run(&rig->loop, UV_RUN_ONCE);
    if (warm && result->started && !result->warm)
        fail_msg("it started cold: %s", result->cold_reason);
}

void sandbox_rig_script(struct sandbox_rig *rig, const char *text, const struct sandbox_limits *limits,
                        struct rig_result *result)
{
    struct sandbox_job job;

    sandbox_rig_script_job(rig, text, &job);
    if (limits)
        job.limits = *limits;
    sandbox_rig_run(rig, &job, NULL, result);
}

void rig_result_release(struct rig_result *result)
{
    buf_release(&result->out);
    buf_release(&result->errors);
    buf_release(&result->answer);
    for (size_t i = 0; i < result->artifact_count; i++)
        buf_release(&result->artifacts[i].content);
}

const struct rig_artifact *rig_artifact_find(const struct rig_result *result, const char *name)
{
    for (size_t i = 0; i < result->artifact_count; i++) {
        if (strcmp(result->artifacts[i].name, name) == 0)
            return &result->artifacts[i];
    }
    return NULL;
}

const char *rig_refusal_find(const struct rig_result *result, const char *name)
{
    for (size_t i = 0; i < result->refusal_count; i++) {
        if (strcmp(result->refusals[i].name, name) == 0)
            return result->refusals[i].reason;
    }
    return NULL;
}

int sandbox_rig_processes(const struct sandbox_rig *rig)
{
    DIR *d = opendir("/proc");
    struct dirent *e;
    int count = 0;

    assert_non_null(d);
    while ((e = readdir(d))) {
        char path[300], line[256];
        if (e->d_name[0] < '1' || e->d_name[0] > '9')
            continue;
        /* Not the folder's owner: that of an undumpable process is root. */
        snprintf(path, sizeof path, "/proc/%s/status", e->d_name);
        FILE *f = fopen(path, "re");
        while (f && fgets(line, sizeof line, f)) {
            unsigned uid;
            if (strncmp(line, "State:\tZ", 8) == 0)
                break; /* dead; whoever inherited it has not looked yet */
            if (sscanf(line, "Uid: %u", &uid) == 1)
                count += uid >= rig->uid_base && uid < rig->uid_base + RIG_SLOTS;
        }
        if (f)
            fclose(f);
    }
    closedir(d);
    return count;
}

int sandbox_rig_children(const struct sandbox_rig *rig, uid_t first, uid_t end, pid_t pids[RIG_CHILDREN_MAX])
{
    DIR *d = opendir("/proc");
    struct dirent *e;
    int count = 0;

    assert_non_null(d);
    while ((e = readdir(d)) && count < RIG_CHILDREN_MAX) {
        char path[300], line[256];
        unsigned uid = 0;
        int parent = 0;
        if (e->d_name[0] < '1' || e->d_name[0] > '9')
            continue;
        snprintf(path, sizeof path, "/proc/%s/status", e->d_name);
        FILE *f = fopen(path, "re");
        while (f && fgets(line, sizeof line, f)) {
            sscanf(line, "PPid: %d", &parent);
            sscanf(line, "Uid: %u", &uid);
        }
        if (f)
            fclose(f);
        if (parent == rig->pid && uid >= first && uid < end)
            pids[count++] = (pid_t)atoi(e->d_name);
    }
    closedir(d);
    return count;
}

int sandbox_rig_zygotes(const struct sandbox_rig *rig, pid_t pids[RIG_CHILDREN_MAX])
{
    return sandbox_rig_children(rig, rig->uid_base + RIG_SLOTS, rig->uid_base + 400, pids);
}

bool sandbox_rig_bounded(pid_t pid, const char *group)
{
    static const char *const controllers[] = { "memory", "pids", "cpuacct" };
    char path[64], line[512], wanted[64];
    int v1 = 0, v1_in = 0;
    bool v2_in = false;

    snprintf(path, sizeof path, "/proc/%d/cgroup", pid);
    snprintf(wanted, sizeof wanted, "/%s", group);
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f)) {
        const char *names = strchr(line, ':'), *place = names ? strchr(names + 1, ':') : NULL;
        const char *last = place ? strrchr(place, '/') : NULL;
        bool in = last && strncmp(last, wanted, strlen(wanted)) == 0;
        v2_in |= in && strncmp(line, "0::", 3) == 0;
        for (int i = 0; place && i < 3; i++) {
            const char *at = strstr(names, controllers[i]);
            bool named = at && at < place && (at[-1] == ':' || at[-1] == ',') &&
                         strchr(":,", at[strlen(controllers[i])]);
            v1 += named;
            v1_in += named && in;
        }
    }
    if (f)
        fclose(f);
    return v2_in || (v1 && v1_in == v1);
}

int rig_program(const char *const *arguments, struct buf *out)
{
    int ends[2], status = 0;

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        execvp(arguments[0], (char *const *)arguments);
        _exit(127);
    }
    close(ends[1]);
    read_all(ends[0], out);
    close(ends[0]);
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int sandbox_rig_file(struct sandbox_rig *rig, const void *content, size_t bytes, uint8_t digest[32])
{
    char path[128];
    uint64_t hashed;

    snprintf(path, sizeof path, "%s/file-XXXXXX", rig->dir);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, bytes), bytes);
    assert_int_equal(fchmod(fd, 0444), 0);
    close(fd);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_true(tree_hash_file(fd, -1, digest, &hashed));
    return fd;
}
