/* limits.h - what one sandboxed job may use, and which bound ended it.
 *
 * Shared by the worker's client, the wire and sandboxd. Every limit has a lowest and a highest
 * value (limits_check); sandboxd checks again what it is sent.
 */
#ifndef WORKER_SANDBOX_LIMITS_H
#define WORKER_SANDBOX_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"

/* Fixed-width and without padding, because it travels in wire messages as it is. */
struct sandbox_limits {
    uint64_t wall_ms;        /* from start to end of the main process */
    uint64_t cpu_s;          /* of all its processes together */
    uint64_t memory_mb;      /* of all its processes together, besides what it writes to disk */
    uint64_t processes;      /* processes and threads at one moment */
    uint64_t disk_mb;        /* written below /work, /tmp and /dev/shm together */
    uint64_t inodes;         /* files and directories made there */
    uint64_t output_bytes;   /* of stdout and stderr together */
    uint64_t artifact_count; /* more result files than this are refused by name */
    uint64_t artifact_bytes; /* of all result files together */
};

/* Why a job was ended, or what it ran into. */
enum sandbox_limit {
    SANDBOX_LIMIT_NONE,
    SANDBOX_LIMIT_WALL,
    SANDBOX_LIMIT_CPU,
    SANDBOX_LIMIT_MEMORY,
    SANDBOX_LIMIT_PROCESSES,
    SANDBOX_LIMIT_DISK,
    SANDBOX_LIMIT_OUTPUT,
    SANDBOX_LIMIT_CANCELLED, /* somebody asked for it */
    SANDBOX_LIMIT_LOST,      /* sandboxd itself is going away, or the job could not be started */
    SANDBOX_LIMIT_COUNT
};

/* 60 s wall, 60 s CPU, 256 MB, 64 processes, 256 MB disk, 10,000 inodes, 4 MB output, 64 artifacts
 * of 128 MB. */
struct sandbox_limits sandbox_limits_default(void);

/* INVALID_INPUT with path "limits/<name>" for the first one out of bounds. */
bool sandbox_limits_check(const struct sandbox_limits *limits, struct gov_err *err);

/* "wall", "memory", ...; never NULL. */
const char *sandbox_limit_name(enum sandbox_limit limit);

/* How a run ends that met this bound: TIMED_OUT, MEMORY_LIMIT, ..., GOV_OK for NONE. */
enum gov_code sandbox_limit_code(enum sandbox_limit limit);

/* The same in words, with the bound that was met. */
void sandbox_limit_explain(enum sandbox_limit limit, const struct sandbox_limits *limits,
                           struct gov_err *err);

#endif
