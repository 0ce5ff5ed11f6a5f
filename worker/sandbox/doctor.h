/* doctor.h - asks a sandboxd how well it isolates. Blocking: for command-line programs.
 *
 * `execgov-sandboxd --doctor --socket PATH` prints the same, for programs that must not link this.
 */
#ifndef WORKER_SANDBOX_DOCTOR_H
#define WORKER_SANDBOX_DOCTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"

enum { DOCTOR_PROBES_MAX = 24, DOCTOR_RUNTIMES_MAX = 4 };

struct doctor_probe {
    char name[24];
    bool ok;
    bool required; /* at this level; a required probe that fails keeps every job from running */
    char detail[160];
};

struct doctor_runtime {
    char name[16];
    bool present;
    uint8_t sha256[32];
    char detail[80]; /* what is missing and how to get it */
};

struct doctor_status {
    int level;      /* 0 refuses every job, 1 development, 2 delegated cgroup, 3 root */
    bool tested;    /* the self-test has ended */
    bool accepting; /* jobs are taken */
    int slots;
    int jobs;         /* running now */
    int zygotes, zygotes_ready;
    uint64_t warm_bytes; /* of zygotes, when they were loaded */
    uint64_t starts_warm, starts_cold; /* of Python jobs, since the start of this sandboxd */
    char warm_off[48];   /* why no start is warm; "" if they can be */
    uint64_t own_runtimes, own_runtime_bytes; /* made of packages' wheels, in the cache */
    char detail[160]; /* why the level is what it is */
    int probe_count;
    struct doctor_probe probes[DOCTOR_PROBES_MAX];
    int runtime_count;
    struct doctor_runtime runtimes[DOCTOR_RUNTIMES_MAX];
};

/* Ask, waiting until the self-test has ended or timeout_ms is over. SANDBOX_UNAVAILABLE if nobody
 * listens there. */
bool doctor_ask(const char *socket_path, int timeout_ms, struct doctor_status *status,
                struct gov_err *err);

/* The status as lines for a person, or as one JSON object. */
void doctor_print(const struct doctor_status *status, struct buf *out);
void doctor_print_json(const struct doctor_status *status, struct buf *out);

#endif
