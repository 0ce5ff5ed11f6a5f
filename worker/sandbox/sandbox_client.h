/* sandbox_client.h - the worker's side of sandboxd: run scripts and open packages in isolation.
 *
 * Non-blocking, on the caller's libuv loop. The client keeps one SEQPACKET connection to sandboxd
 * and reconnects by itself; while there is none every start is answered with SANDBOX_UNAVAILABLE: a
 * job never runs anywhere else. When the connection breaks, sandboxd ends the jobs that were
 * started over it, and each of them is reported here with limit SANDBOX_LIMIT_LOST.
 *
 * Files cross as descriptors, never as paths. Whoever passes a descriptor in keeps it and may close
 * it when the call returns; a descriptor in a report is closed after the callback unless the callee
 * takes it by setting the field to -1.
 *
 *     start -> [on_output ...] -> on_done
 *
 * Exactly one on_done comes for every start that returned true.
 *
 * What the script sees: cwd /work (writable, the package's files in it, input files read-only under
 * in/<name> and, where `as` is given, under that name), the input object on stdin and in the file
 * that $EXECGOV_INPUT names, a file to be written at $EXECGOV_RESULT, and HOME, LANG, PATH,
 * PYTHONUTF8, TMPDIR and TZ. Nothing else of the host.
 */
#ifndef WORKER_SANDBOX_SANDBOX_CLIENT_H
#define WORKER_SANDBOX_SANDBOX_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "core/base/err.h"
#include "worker/sandbox/limits.h"

enum {
    SANDBOX_DIGEST_BYTES = 32, /* SHA-256 */
    SANDBOX_NAME_BYTES = 512,  /* of a result file's relative path, with its NUL */
    SANDBOX_REASON_BYTES = 32,
    SANDBOX_SCOPE_BYTES = 64,
    SANDBOX_FILES_MAX = 64, /* input files of one job */
    SANDBOX_ARGS_MAX = 128,
    SANDBOX_COLLECT_MAX = 16,
    SANDBOX_INPUT_BYTES_MAX = 4 * 1024 * 1024,
    SANDBOX_RESULT_BYTES_MAX = 4 * 1024 * 1024
};

struct sandbox_client;
struct sandbox_run;

enum sandbox_kind { SANDBOX_PYTHON, SANDBOX_SHELL };
enum sandbox_stream { SANDBOX_STDOUT = 1, SANDBOX_STDERR = 2 };

/* A file the script may read. sandboxd mounts it read-only from the descriptor (which must be open
 * for reading, a regular file, and readable by anybody: mode 0444) and refuses it if its content
 * does not have this digest. A file that cannot be mounted is copied if it has at most 256 MB. */
struct sandbox_file {
    int fd;
    uint8_t sha256[SANDBOX_DIGEST_BYTES];
    const char *name; /* shown as in/<name>; text_file_name_valid */
    const char *as;   /* also shown under this name at the top; NULL: not */
};

/* One script to run. Borrowed until sandbox_run_start returns. */
struct sandbox_job {
    const char *id;      /* for the logs: the run's id */
    /* The tenant: a warm start comes from a process that only runs of the same scope, package and
     * runtime have seen. NULL: always cold. */
    const char *scope;
    bool cold;           /* start cold all the same */
    const char *runtime; /* "base" or "data" */
    enum sandbox_kind kind;
    uint8_t package[SANDBOX_DIGEST_BYTES]; /* as sandbox_unpack_start reported it */
    /* The runtime that its own wheels made, as sandbox_unpack_start reported it: comes before `runtime`'s
     * modules. Zeroes: it brought none. */
    uint8_t wheels[SANDBOX_DIGEST_BYTES];
    /* `runtime` has to be this tree, else nothing starts (PLAN_STALE). Zeroes: whatever there is. */
    uint8_t platform[SANDBOX_DIGEST_BYTES];
    const char *entry;                     /* relative path inside the package */
    const char *const *args;               /* after the entry's name */
    size_t arg_count;
    const struct sandbox_file *files;
    size_t file_count;
    const char *input; /* JSON text */
    size_t input_bytes;
    /* Globs of result files (harvest/glob.h); none: everything below out, and new or changed files at
     * the top. */
    const char *const *collect;
    size_t collect_count;
    const char *timezone; /* IANA name; NULL: UTC */
    /* A connected socket that becomes descriptor 3 of the job, its only way out; 0: none. Such a job starts
     * cold. */
    int broker;
    struct sandbox_limits limits;
};

/* A file the script left behind. */
struct sandbox_artifact {
    char name[SANDBOX_NAME_BYTES]; /* relative to /work; every component is text_file_name_valid */
    uint64_t size;
    int fd; /* open for reading, at its start */
};

/* One that was not taken. Reasons: symlink, hard_link, not_regular, sparse, name, too_large,
 * too_many, too_deep, unreadable. */
struct sandbox_refusal {
    char name[SANDBOX_NAME_BYTES]; /* made printable */
    char reason[SANDBOX_REASON_BYTES];
};

struct sandbox_report {
    const char *id;
    bool started;       /* false: refused before anything ran, see err */
    struct gov_err err; /* GOV_OK when the script ended with exit code 0 inside all limits */
    int exit_code;      /* -1 unless it exited by itself */
    int signal;         /* 0 unless it was killed */
    enum sandbox_limit limit;
    uint64_t wall_us;
    uint64_t cpu_us;
    uint64_t memory_peak_bytes;
    int level;                             /* isolation level it ran at: 1, 2 or 3 */
    bool warm;                             /* started from a zygote */
    char cold_reason[SANDBOX_REASON_BYTES]; /* why it was not: "starting", "full", ... */
    uint8_t package[SANDBOX_DIGEST_BYTES]; /* what was really mounted */
    uint8_t runtime[SANDBOX_DIGEST_BYTES]; /* of its wheels, or of the platform's runtime */
    uint64_t output_bytes; /* printed in all, at most the limit */
    int result_fd;         /* content of $EXECGOV_RESULT; -1: none was written */
    uint64_t result_bytes;
    struct sandbox_artifact *artifacts;
    size_t artifact_count;
    struct sandbox_refusal *refusals; /* at most 64 are listed */
    size_t refusal_count;
};

/* All may be NULL but on_done. Called on the loop; they may start and cancel runs. */
struct sandbox_events {
    /* Bytes as they come: lines and UTF-8 characters may be cut. */
    void (*on_output)(void *user, enum sandbox_stream stream, const char *data, size_t bytes);
    void (*on_done)(void *user, struct sandbox_report *report);
};

/* What sandboxd says about itself; doctor.h reads the same without a loop. */
struct sandbox_client *sandbox_client_new(uv_loop_t *loop, const char *socket_path);
/* Ends the connection (and with it the jobs); reports for open runs are delivered before it returns
 * the memory. `closed` may be NULL. */
void sandbox_client_close(struct sandbox_client *client, void (*closed)(void *user), void *user);
bool sandbox_client_connected(const struct sandbox_client *client);

/* False (nothing started, no callback) if the job itself is malformed: INVALID_INPUT,
 * BODY_TOO_LARGE. Everything later comes through on_done. The run is valid until on_done returns.
 */
bool sandbox_run_start(struct sandbox_client *client, const struct sandbox_job *job,
                       const struct sandbox_events *events, void *user, struct sandbox_run **run,
                       struct gov_err *err);
/* End it: the whole group is gone within a second, then on_done comes with limit CANCELLED. */
void sandbox_run_cancel(struct sandbox_run *run);

/* Runs of this scope, package, wheels and runtime will come: have a zygote ready. Best effort, no answer;
 * false where there is no connection or a name is none. */
bool sandbox_prepare(struct sandbox_client *client, const char *scope, const uint8_t package[32],
                     const uint8_t wheels[32], const char *runtime);

/* A package, opened and checked. `json` (in the report's memory, valid during the callback):
 *   {"ok": bool, "package": "<sha256 hex>", "runtime": "<sha256 hex>" | null, "bytes": n, "stripped": "folder" | null,
 *    "files": [{"path", "mode": "0644"|"0755", "size", "sha256"}],
 *    "ignored": ["__MACOSX/…"],
 *    "findings": [{"code", "severity": "error"|"warning"|"note", "path", "line", "message": {"en",
 * "zh"}}], "texts": {"README.md": "…"}, "sources": {"lib/util.py": "…"}} "ok" is true and `package` set when no finding is an error;
 * then the tree is sealed in sandboxd's cache and jobs can name it; "runtime" is that of its own wheels, which
 * are among the files and not in the tree. "texts" has README.md,
 * skill.json, main.py, main.sh and requirements.txt of up to 256 KB each, "sources" every UTF-8 file of up to 64 KB, 512 KB in all. */
struct sandbox_unpack_report {
    struct gov_err
        err; /* GOV_OK; or FINDINGS (json is there too); or why it could not be looked at */
    bool kept;
    uint8_t package[SANDBOX_DIGEST_BYTES];
    const char *json; /* NUL-terminated; NULL if there is none */
    size_t json_bytes;
};

/* Open the archive (zip or tar.gz) in `fd`, whose content must have this digest. `runtime` is what
 * the package asks for, for the check of imports. on_done comes exactly once if true is returned.
 */
bool sandbox_unpack_start(struct sandbox_client *client, int fd, const uint8_t sha256[32],
                          const char *runtime,
                          void (*on_done)(void *user, struct sandbox_unpack_report *report),
                          void *user, struct gov_err *err);

#endif
