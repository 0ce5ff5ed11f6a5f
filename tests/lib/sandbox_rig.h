/* sandbox_rig.h - a real sandboxd of its own, a client, and calls that wait for the outcome. */
#ifndef TESTS_LIB_SANDBOX_RIG_H
#define TESTS_LIB_SANDBOX_RIG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

#include "core/base/buf.h"
#include "worker/sandbox/doctor.h"
#include "worker/sandbox/sandbox_client.h"

struct sandbox_rig {
    char dir[64];
    char socket[96];
    pid_t pid; /* of sandboxd; -1 once it is gone */
    int level;
    uid_t uid_base;
    bool warm; /* every Python run is a warm one, or the test fails */
    bool in_wheel; /* scripts of sandbox_rig_script are a module of a wheel that the package brings */
    void (*before)(void); /* in sandboxd's process, before it is one; for sandbox_rig_restart */
    struct doctor_status status;
    uv_loop_t loop;
    struct sandbox_client *client;
};

/* Start sandboxd as this user, or as nobody. False with a printed reason if this machine cannot isolate at
 * that level: the test is to be skipped (exit 77). */
bool sandbox_rig_start(struct sandbox_rig *rig, bool as_nobody);
/* Skips the one test that cannot be run without such a rig; where isolation has to be proved (EXECGOV_TESTS_ISOLATION=must,
 * tests/run) it fails, for nobody sees a skip within a program that ends well. */
void sandbox_rig_missing(const char *what);
void sandbox_rig_stop(struct sandbox_rig *rig);
/* Start sandboxd again after the test ended it. */
void sandbox_rig_restart(struct sandbox_rig *rig, bool as_nobody);

/* Until it has that runtime; fails the test after a minute. */
void sandbox_rig_wait_runtime(struct sandbox_rig *rig, const char *name);
/* The runtime of that name as the daemon describes it now. */
const struct doctor_runtime *sandbox_rig_runtime(struct sandbox_rig *rig, const char *name);

struct rig_file {
    const char *name;
    const char *text;
};

/* Make a zip of these files (the last has no name), unpack it; fails the test unless it is kept. */
void sandbox_rig_package(struct sandbox_rig *rig, const struct rig_file *files, uint8_t digest[32]);

struct rig_unpacked {
    struct gov_err err;
    bool kept;
    uint8_t package[32];
    struct buf json;
};
void sandbox_rig_unpack(struct sandbox_rig *rig, int fd, struct rig_unpacked *result);

struct rig_artifact {
    char name[SANDBOX_NAME_BYTES];
    struct buf content;
};

struct rig_result {
    bool started;
    struct gov_err err;
    int exit_code, signal, level;
    enum sandbox_limit limit;
    uint64_t wall_us;
    int64_t cancelled_us; /* when it was; 0: it was not */
    bool warm;
    char cold_reason[SANDBOX_REASON_BYTES];
    uint8_t package[32], runtime[32];
    struct buf out, errors, answer; /* answer: the result file */
    bool has_answer;
    struct rig_artifact artifacts[64];
    size_t artifact_count;
    struct sandbox_refusal refusals[64];
    size_t refusal_count;
};

/* A python job of that package, main.py, default limits, input {}. */
struct sandbox_job sandbox_rig_job(const uint8_t package[32]);
/* Until sandboxd has started an interpreter for a job that names its scope, or has given up. */
void sandbox_rig_wait_warm(struct sandbox_rig *rig, const struct sandbox_job *job);
/* Run and wait. `cancel_on` not NULL: cancel as soon as stdout has that text. */
void sandbox_rig_run(struct sandbox_rig *rig, const struct sandbox_job *job, const char *cancel_on,
                     struct rig_result *result);
/* A job whose main.py has this text; or imports it from a wheel (`in_wheel`). */
void sandbox_rig_script_job(struct sandbox_rig *rig, const char *text, struct sandbox_job *job);
/* The same, run with these limits (NULL: default). */
void sandbox_rig_script(struct sandbox_rig *rig, const char *text, const struct sandbox_limits *limits,
                        struct rig_result *result);
void rig_result_release(struct rig_result *result);
const struct rig_artifact *rig_artifact_find(const struct rig_result *result, const char *name);
const char *rig_refusal_find(const struct rig_result *result, const char *name); /* reason or NULL */

/* Processes whose uid belongs to this rig's slots. */
int sandbox_rig_processes(const struct sandbox_rig *rig);

enum { RIG_CHILDREN_MAX = 16, RIG_SLOTS = 4 };
/* Children of its sandboxd with a uid from `first` to below `end`; at most RIG_CHILDREN_MAX are looked at. */
int sandbox_rig_children(const struct sandbox_rig *rig, uid_t first, uid_t end, pid_t pids[RIG_CHILDREN_MAX]);
/* Of these its zygotes, where sandboxd is root: they have the uids behind the slots. */
int sandbox_rig_zygotes(const struct sandbox_rig *rig, pid_t pids[RIG_CHILDREN_MAX]);
/* Is `pid` in a cgroup whose name begins so, for memory, for processes and for CPU time? */
bool sandbox_rig_bounded(pid_t pid, const char *group);

/* Run a program found on PATH, NULL-terminated arguments; what it prints is added to `out`. Its exit code. */
int rig_program(const char *const *arguments, struct buf *out);

/* A file with this content in the rig's directory, open for reading, mode 0444, and its digest. */
int sandbox_rig_file(struct sandbox_rig *rig, const void *content, size_t bytes, uint8_t digest[32]);

#endif
