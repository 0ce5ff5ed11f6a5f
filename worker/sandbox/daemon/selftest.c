/* selftest.c - a table: script, how it must end, and from which level on that is required.
 *
 * The probes go through the same group_start as every job: what is tested is what will be used.
 */
#include "worker/sandbox/daemon/selftest.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/base/embedded.h"
#include "core/base/log.h"
#include "sandbox_scripts.h"
#include "worker/sandbox/daemon/group.h"
#include "worker/sandbox/daemon/helper.h"
#include "worker/sandbox/jail/confine.h"
#include "worker/sandbox/jail/environment.h"

enum { OUTPUT_BYTES = 65536, KILLED_WITHIN_MS = 1000, DOUBLINGS_MAX = 4 };

static const struct probe {
    const char *name;
    enum sandbox_limit limit; /* how it must end; NONE: exit 0 and "ok" */
    int required_from;        /* level */
    uint64_t wall_ms;
} probes[] = {
    { "environment", SANDBOX_LIMIT_NONE, 1, 10000 },
    { "fds", SANDBOX_LIMIT_NONE, 1, 10000 },
    { "proc", SANDBOX_LIMIT_NONE, 1, 10000 },
    { "writes", SANDBOX_LIMIT_NONE, 1, 10000 },
    { "calls", SANDBOX_LIMIT_NONE, 1, 10000 },
    { "network", SANDBOX_LIMIT_NONE, 1, 10000 },
    { "signals", SANDBOX_LIMIT_NONE, 1, 10000 },
    { "double_fork", SANDBOX_LIMIT_NONE, 1, 10000 },
    { "memory", SANDBOX_LIMIT_MEMORY, 2, 20000 },
    { "pids", SANDBOX_LIMIT_PROCESSES, 2, 20000 },
    { "disk", SANDBOX_LIMIT_DISK, 2, 20000 },
    { "inodes", SANDBOX_LIMIT_DISK, 2, 20000 },
    { "output", SANDBOX_LIMIT_OUTPUT, 1, 20000 },
    { "deadline", SANDBOX_LIMIT_WALL, 1, 300 },
};
enum { PROBE_COUNT = sizeof probes / sizeof *probes };

struct selftest {
    struct host *host;
    int at; /* the probe that runs */
    int doublings; /* of its time */
    struct group *group;
    int out;
    struct watch *watch;
    char text[OUTPUT_BYTES + 1];
    size_t length;
    int64_t began_us;
};

static void probe_start(struct selftest *t);

static void finish(struct selftest *t)
{
    struct doctor_status *status = &t->host->status;
    bool held = true;

    for (int i = 0; i < status->probe_count; i++)
        held &= status->probes[i].ok || !status->probes[i].required;
    status->tested = true;
    status->accepting = held;
    if (!held) {
        snprintf(status->detail, sizeof status->detail, "the self-test failed at level %d",
                 status->level);
        status->level = 0;
    }
    log_write(held ? LEVEL_INFO : LEVEL_ERROR, "selftest.ended", LOG_NUMBER("level", status->level),
              LOG_NUMBER("ms", (clock_mono_us() - t->began_us) / 1000));
}

static void output_close(struct selftest *t)
{
    poller_forget(t->watch);
    t->watch = NULL;
    if (t->out >= 0)
        close(t->out);
    t->out = -1;
}

static void record(struct selftest *t, bool ok, const char *detail)
{
    struct doctor_status *status = &t->host->status;
    struct doctor_probe *p = &status->probes[status->probe_count++];

    snprintf(p->name, sizeof p->name, "%s", probes[t->at].name);
    snprintf(p->detail, sizeof p->detail, "%.150s", detail);
    p->ok = ok;
    p->required = status->level >= probes[t->at].required_from;
    if (!ok)
        log_write(p->required ? LEVEL_ERROR : LEVEL_WARN, "selftest.probe",
                  LOG_FIELD("probe", p->name), LOG_FIELD("detail", p->detail));
}

static void output_read(struct selftest *t)
{
    ssize_t n;

    while (t->length < OUTPUT_BYTES &&
           (n = read(t->out, t->text + t->length, OUTPUT_BYTES - t->length)) > 0)
        t->length += (size_t)n;
    t->text[t->length] = 0;
}

static void output_ready(void *user, short events)
{
    struct selftest *t = user;
    char byte;

    (void)events;
    output_read(t);
    if (t->length >= OUTPUT_BYTES)
        group_kill(t->group, SANDBOX_LIMIT_OUTPUT);
    if (t->length >= OUTPUT_BYTES || read(t->out, &byte, 1) == 0) {
        poller_forget(t->watch);
        t->watch = NULL;
    }
}

static uint64_t wall_ms(const struct selftest *t)
{
    return probes[t->at].wall_ms << t->doublings;
}

/* On a busy host its time may be over before it has begun, which shows nothing: once more, with twice the time. */
static bool probe_again(struct selftest *t, const struct group *g)
{
    if (g->ready || g->failed_stage[0] || g->limit != SANDBOX_LIMIT_WALL || t->doublings == DOUBLINGS_MAX)
        return false;
    t->doublings++;
    return true;
}

static void group_ended(void *user, struct group *g)
{
    struct selftest *t = user;
    const struct probe *p = &probes[t->at];
    char detail[300];
    bool ok;

    output_read(t);
    output_close(t);
    if (probe_again(t, g)) {
        group_free(g);
        t->group = NULL;
        probe_start(t);
        return;
    }
    t->text[strcspn(t->text, "\n")] = 0;
    if (g->failed_stage[0] || !g->ready) {
        ok = false;
        snprintf(detail, sizeof detail, "%s: %s", g->failed_stage, strerror(g->failed_error));
    } else if (p->limit == SANDBOX_LIMIT_NONE) {
        ok = g->exit_code == 0 && strcmp(t->text, "ok") == 0 && g->limit == SANDBOX_LIMIT_NONE;
        snprintf(detail, sizeof detail, "%.200s", ok ? "refused" : t->text);
    } else {
        ok = g->limit == p->limit;
        snprintf(detail, sizeof detail, "ended by %s after %lld ms", sandbox_limit_name(g->limit),
                 (long long)(g->ended_us - g->started_us) / 1000);
    }
    if (ok && p->limit == SANDBOX_LIMIT_WALL &&
        g->ended_us - g->started_us > (int64_t)(wall_ms(t) + KILLED_WITHIN_MS) * 1000)
        ok = false;
    group_free(g);
    t->group = NULL;
    record(t, ok, detail);
    t->at++;
    t->doublings = 0;
    probe_start(t);
}

static const struct embedded *script_find(const char *name)
{
    for (const struct embedded *e = sandbox_scripts; e->name; e++) {
        if (strcmp(e->name, name) == 0)
            return e;
    }
    return NULL;
}

static bool probe_launch(struct selftest *t, struct gov_err *err)
{
    const char *argv[] = { "/usr/bin/python3", "-B", "-S", "-s", "/input/script.py",
                           probes[t->at].name, NULL };
    const char *envp[ENVIRONMENT_MAX];
    int out[2], null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    struct jail_spec spec = {
        .runtime = &t->host->runtimes.runtimes[0],
        .kind = SANDBOX_PYTHON,
        .package_fd = -1,
        .input_fd = -1,
        .script = script_find("probe"),
        .argv = argv,
        .envp = envp,
        .inside_fd = -1,
        .limits = { .wall_ms = wall_ms(t),
                    .cpu_s = 10,
                    .memory_mb = 48,
                    .processes = 12,
                    .disk_mb = 4,
                    .inodes = 200,
                    .output_bytes = OUTPUT_BYTES },
    };

    if (null < 0 || pipe2(out, O_CLOEXEC) < 0)
        return gov_fail_cause(err, GOV_SANDBOX_UNAVAILABLE, "pipe: %s", strerror(errno));
    environment_fill("TZ=UTC", envp);
    fcntl(out[0], F_SETFL, O_NONBLOCK);
    spec.out_fd = out[1];
    spec.err_fd = null;
    t->out = out[0];
    t->length = 0;
    bool ok = group_start(t->host, &spec, NULL, group_ended, t, &t->group, err);
    close(out[1]);
    close(null);
    if (ok)
        t->watch = poller_watch(&t->host->poller, t->out, POLLIN, output_ready, t);
    else
        output_close(t);
    return ok;
}

static void probe_start(struct selftest *t)
{
    struct gov_err err = { 0 };

    for (; t->at < PROBE_COUNT && !t->host->draining; t->at++) {
        if (probe_launch(t, &err))
            return;
        record(t, false, err.cause[0] ? err.cause : err.en);
    }
    if (!t->host->draining)
        finish(t);
}

struct selftest *selftest_start(struct host *host)
{
    struct selftest *t = calloc(1, sizeof *t);
    struct doctor_probe *p = &host->status.probes[host->status.probe_count++];

    CHECK(t);
    t->host = host;
    t->out = -1;
    t->began_us = clock_mono_us();
    snprintf(p->name, sizeof p->name, "landlock");
    p->ok = confine_landlock_version() > 0;
    snprintf(p->detail, sizeof p->detail, "version %d; a second line behind the mount namespace",
             confine_landlock_version());
    probe_start(t);
    return t;
}

void selftest_free(struct selftest *t)
{
    if (!t)
        return;
    output_close(t);
    free(t);
}
