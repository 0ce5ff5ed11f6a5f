/* sandbox.c - what a start costs: bare python3, cold, warm; alone and many at a time.
 *
 *     bench-sandbox SOCKET SLOTS ROUNDS PART...       (bench/sandbox starts a sandboxd and this)
 *     parts: print cold warm imports openpyxl data kill, and wheel=ZIP: the same openpyxl that a package brings along
 *
 * Prints one line a measurement: name, number, minimum, median, 95th percentile in milliseconds; and
 * jobs a second for the last ones. Every figure is from the call of the client to its on_done, harvest
 * included; `bare` is fork, exec and wait of `python3 main.py` in the same process, in turn with the
 * others, so that all see the same machine.
 */
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "core/base/check.h"
#include "core/base/clock.h"
#include "worker/sandbox/doctor.h"
#include "worker/sandbox/sandbox_client.h"
#include "worker/sandbox/store/tree.h"

enum { ROUNDS = 200, CANCELS = 40 };

extern char **environ;

struct bench {
    uv_loop_t loop;
    struct sandbox_client *client;
    const char *socket;
    uint8_t package[32], wheels[32];
    int running, done;
    int warm;
    struct sandbox_run *run;
    bool unpacked, cancel;
    int64_t cancelled_us, wall_us;
};

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

static void report(const char *name, int64_t *us, int count)
{
    qsort(us, (size_t)count, sizeof *us, compare);
    printf("%-34s n %4d   min %7.2f   median %7.2f   p95 %7.2f ms\n", name, count,
           (double)us[0] / 1000, (double)us[count / 2] / 1000, (double)us[count * 95 / 100] / 1000);
    fflush(stdout);
}

static void unpack_done(void *user, struct sandbox_unpack_report *report)
{
    struct bench *b = user;

    if (!report->kept)
        fprintf(stderr, "package: %s %s\n", report->err.en, report->json ? report->json : "");
    CHECK(report->kept);
    memcpy(b->package, report->package, 32);
    static const char mark[] = "\"runtime\":\"";
    const char *hex = report->json ? strstr(report->json, mark) : NULL;
    memset(b->wheels, 0, sizeof b->wheels);
    if (hex)
        CHECK(sodium_hex2bin(b->wheels, 32, hex + sizeof mark - 1, 64, NULL, NULL, NULL) == 0);
    b->unpacked = true;
}

/* Takes the descriptor. */
static void package_unpack(struct bench *b, int fd, const char *runtime)
{
    struct gov_err err = { 0 };
    uint8_t digest[32];
    uint64_t bytes;

    CHECK(tree_hash_file(fd, -1, digest, &bytes));
    b->unpacked = false;
    CHECK(sandbox_unpack_start(b->client, fd, digest, runtime, unpack_done, b, &err));
    while (!b->unpacked)
        uv_run(&b->loop, UV_RUN_ONCE);
    close(fd);
}

static void package_make(struct bench *b, const char *script, const char *runtime)
{
    int fd = memfd_create("zip", MFD_CLOEXEC);
    struct archive *a = archive_write_new();
    struct archive_entry *e = archive_entry_new();

    archive_write_set_format_zip(a);
    archive_write_open_fd(a, fd);
    archive_entry_set_pathname(e, "main.py");
    archive_entry_set_size(e, (la_int64_t)strlen(script));
    archive_entry_set_filetype(e, AE_IFREG);
    archive_entry_set_perm(e, 0644);
    archive_write_header(a, e);
    archive_write_data(a, script, strlen(script));
    archive_entry_free(e);
    archive_write_free(a);
    package_unpack(b, fd, runtime);
}

static void on_output(void *user, enum sandbox_stream stream, const char *data, size_t bytes)
{
    struct bench *b = user;

    (void)stream, (void)data, (void)bytes;
    if (b->cancel && !b->cancelled_us) {
        b->cancelled_us = clock_mono_us();
        sandbox_run_cancel(b->run);
    }
}

static void on_done(void *user, struct sandbox_report *report)
{
    struct bench *b = user;

    if (report->err.code != GOV_OK && !b->cancel)
        fprintf(stderr, "%s %s\n", report->err.en, report->err.cause);
    b->warm += report->warm;
    b->wall_us = (int64_t)report->wall_us;
    b->running--;
    b->done++;
}

static void start(struct bench *b, const char *runtime, bool cold)
{
    static const struct sandbox_events events = { on_output, on_done };
    struct gov_err err = { 0 };
    struct sandbox_job job = {
        .id = "bench", .scope = "t_bench", .cold = cold, .runtime = runtime,
        .kind = SANDBOX_PYTHON, .entry = "main.py", .input = "{}", .input_bytes = 2,
        .limits = sandbox_limits_default(),
    };

    job.limits.memory_mb = 512;
    memcpy(job.package, b->package, 32);
    memcpy(job.wheels, b->wheels, 32);
    b->running++;
    CHECK(sandbox_run_start(b->client, &job, &events, b, &b->run, &err));
}

static int64_t one(struct bench *b, const char *runtime, bool cold)
{
    int64_t began = clock_mono_us();

    start(b, runtime, cold);
    while (b->running)
        uv_run(&b->loop, UV_RUN_ONCE);
    return clock_mono_us() - began;
}

static int64_t bare(const char *script)
{
    char *const argv[] = { "/usr/bin/python3", "-I", "-B", "-c", (char *)script, NULL };
    int64_t began = clock_mono_us();
    posix_spawn_file_actions_t actions;
    pid_t pid;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    CHECK(posix_spawn(&pid, argv[0], &actions, NULL, argv, environ) == 0);
    waitpid(pid, NULL, 0);
    posix_spawn_file_actions_destroy(&actions);
    return clock_mono_us() - began;
}

static bool warm_wait(struct bench *b, const char *runtime)
{
    struct doctor_status status;
    struct gov_err err = { 0 };

    CHECK(sandbox_prepare(b->client, "t_bench", b->package, b->wheels, runtime));
    do {
        CHECK(doctor_ask(b->socket, 30000, &status, &err));
        usleep(2000);
    } while (status.zygotes_ready < status.zygotes);
    return status.zygotes_ready > 0;
}

/* Bare, cold and warm in turn, of what was unpacked last. */
static void compare_unpacked(struct bench *b, const char *name, const char *script, const char *runtime, int rounds)
{
    static int64_t us[3][ROUNDS], inside[ROUNDS];
    char label[64];

    if (!warm_wait(b, runtime))
        fprintf(stderr, "%s: no interpreter is ready\n", name);
    for (int i = 0; i < 10; i++)
        one(b, runtime, false);
    b->warm = 0;
    for (int i = 0; i < rounds; i++) {
        us[0][i] = bare(script);
        us[1][i] = one(b, runtime, true);
        usleep(10000); /* the next spare is made meanwhile, as between two requests */
        us[2][i] = one(b, runtime, false);
        inside[i] = b->wall_us;
    }
    snprintf(label, sizeof label, "%s, bare python3", name);
    report(label, us[0], rounds);
    snprintf(label, sizeof label, "%s, cold", name);
    report(label, us[1], rounds);
    snprintf(label, sizeof label, "%s, warm (%d of %d)", name, b->warm, rounds);
    report(label, us[2], rounds);
    snprintf(label, sizeof label, "%s, warm, first to last line", name);
    report(label, inside, rounds);
}

static void compare_starts(struct bench *b, const char *name, const char *script,
                           const char *runtime, int rounds)
{
    package_make(b, script, runtime);
    compare_unpacked(b, name, script, runtime, rounds);
}

static void rate(struct bench *b, const char *name, bool cold, int at_once, int jobs)
{
    int64_t began = clock_mono_us();

    b->done = b->warm = 0;
    for (int sent = 0; b->done < jobs;) {
        while (sent < jobs && b->running < at_once) {
            start(b, "base", cold);
            sent++;
        }
        uv_run(&b->loop, UV_RUN_ONCE);
    }
    printf("%-34s n %4d   %d at a time: %.0f jobs/s (%d warm)\n", name, jobs, at_once,
           jobs * 1e6 / (double)(clock_mono_us() - began), b->warm);
    fflush(stdout);
}

/* From the call that cancels to on_done: the last process is gone before. */
static void kills(struct bench *b)
{
    static int64_t us[2][CANCELS];

    package_make(b, "import os, time\nfor i in range(5): os.fork() and None\nprint('x')\ntime.sleep(60)\n",
                 "base");
    warm_wait(b, "base");
    b->cancel = true;
    for (int i = 0; i < 2 * CANCELS; i++) {
        b->cancelled_us = 0;
        one(b, "base", i % 2);
        us[i % 2][i / 2] = clock_mono_us() - b->cancelled_us;
    }
    b->cancel = false;
    report("kill of 32 processes, warm", us[0], CANCELS);
    report("kill of 32 processes, cold", us[1], CANCELS);
}

static void part(struct bench *b, const char *name, int slots, int rounds)
{
    if (strcmp(name, "print") == 0) {
        compare_starts(b, "print", "print(1)\n", "base", rounds);
    } else if (strcmp(name, "cold") == 0 || strcmp(name, "warm") == 0) {
        bool cold = name[0] == 'c';
        package_make(b, "print(1)\n", "base");
        warm_wait(b, "base");
        rate(b, cold ? "print, cold" : "print, warm", cold, slots, cold ? rounds : 5 * rounds);
    } else if (strcmp(name, "imports") == 0) {
        compare_starts(b, "20 imports",
                       "import argparse, collections, csv, datetime, decimal, email, functools, hashlib\n"
                       "import http.client, itertools, json, logging, math, pathlib, random, re, shutil\n"
                       "import sqlite3, statistics, urllib.request\nprint(1)\n",
                       "base", rounds / 2);
    } else if (strcmp(name, "openpyxl") == 0) {
        compare_starts(b, "openpyxl", "import openpyxl\nprint(1)\n", "base", rounds / 4);
    } else if (strncmp(name, "wheel=", 6) == 0) {
        int fd = open(name + 6, O_RDONLY | O_CLOEXEC);
        CHECK(fd >= 0);
        package_unpack(b, fd, "base");
        compare_unpacked(b, "openpyxl of its own wheel", "import openpyxl\nprint(1)\n", "base", rounds / 4);
    } else if (strcmp(name, "data") == 0) {
        compare_starts(b, "pandas+openpyxl", "import pandas, openpyxl\nprint(1)\n", "data", rounds / 4);
    } else {
        CHECK(strcmp(name, "kill") == 0);
        kills(b);
    }
}

int main(int argc, char **argv)
{
    struct bench b = { .socket = argc > 1 ? argv[1] : "" };
    int slots = argc > 2 ? atoi(argv[2]) : 8, rounds = argc > 3 ? atoi(argv[3]) : ROUNDS;

    CHECK(uv_loop_init(&b.loop) == 0);
    b.client = sandbox_client_new(&b.loop, b.socket);
    while (!sandbox_client_connected(b.client))
        uv_run(&b.loop, UV_RUN_ONCE);
    rounds = rounds < 4 ? 4 : rounds > ROUNDS ? ROUNDS : rounds;
    for (int i = 4; i < argc; i++)
        part(&b, argv[i], slots, rounds);
    sandbox_client_close(b.client, NULL, NULL);
    uv_run(&b.loop, UV_RUN_DEFAULT);
    return 0;
}
