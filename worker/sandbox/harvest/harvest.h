/* harvest.h - takes the files a job left, once nothing of it is alive.
 *
 * Runs in a process of its own that has become the job's uid: a tree made by a stranger is walked
 * without any right to lose. Files are opened with openat2 beneath /work (no symlink, no other
 * mount), are regular and have one name; the package's own unchanged files and the inputs are left
 * out. What is found goes to `out` as wire messages: FILE + descriptor, FILE_REFUSED, and HARVESTED
 * as the last.
 */
#ifndef WORKER_SANDBOX_HARVEST_HARVEST_H
#define WORKER_SANDBOX_HARVEST_HARVEST_H

#include <stdbool.h>
#include <stdint.h>

#include "worker/sandbox/sandbox_client.h"

enum { HARVEST_REFUSALS_MAX = 64, HARVEST_ENTRIES_MAX = 200000, HARVEST_DEPTH_MAX = 16 };

struct harvest {
    uint64_t job;
    int work, result;           /* folders */
    int package;                /* the tree that was copied into work; -1: none */
    const char *const *collect; /* NULL-terminated; empty: the default */
    const char *const *inputs;  /* names at the top that are input files; NULL-terminated */
    uint64_t count_max, bytes_max;
    int out; /* SEQPACKET */
};

/* Walk and send; blocks while `out` is full. False if the receiver has gone. */
bool harvest_run(const struct harvest *harvest);

#endif
