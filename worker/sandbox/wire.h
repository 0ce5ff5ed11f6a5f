/* wire.h - what the worker and sandboxd say to each other.
 *
 * A SEQPACKET socket of pathname AF_UNIX; one message a packet; every message is one of the structs
 * below at its full, fixed size, in the host's byte order (both ends are one machine). Descriptors
 * ride along (SCM_RIGHTS). Neither side ever sends a path of the host.
 *
 *     worker -> sandboxd                          sandboxd -> worker
 *     START  + input, files...              ->    STARTED + stdout, stderr | REFUSED
 *     KILL                                        EXITED  FILE + fd ...  FILE_REFUSED ... HARVESTED
 *     UNPACK + archive                      ->    UNPACKED + json | REFUSED
 *     STATUS                                ->    STATE
 *     PREPARE                               ->    nothing
 *
 * `job` is chosen by the worker, unique on its connection while the job lives. A malformed message
 * ends the connection, and the end of a connection ends its jobs. After HARVESTED (or REFUSED,
 * UNPACKED) the number is free again.
 */
#ifndef WORKER_SANDBOX_WIRE_H
#define WORKER_SANDBOX_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/base/err.h"
#include "worker/sandbox/doctor.h"
#include "worker/sandbox/limits.h"
#include "worker/sandbox/sandbox_client.h"

enum {
    WIRE_MAGIC = 0x45475333, /* "EGS3": a change of any struct changes it */
    WIRE_TEXT_BYTES = 64 * 1024,
    WIRE_FDS_MAX = 2 + SANDBOX_FILES_MAX
};

enum wire_kind {
    WIRE_START = 1,
    WIRE_KILL,
    WIRE_UNPACK,
    WIRE_STATUS,
    WIRE_PREPARE,
    WIRE_STARTED = 64,
    WIRE_REFUSED,
    WIRE_EXITED,
    WIRE_FILE,
    WIRE_FILE_REFUSED,
    WIRE_HARVESTED,
    WIRE_UNPACKED,
    WIRE_STATE
};

struct wire_header {
    uint32_t magic;
    uint32_t kind;
    uint64_t job;
};

/* Descriptors: the input (a memfd or file), then file_count files, then the broker's socket if any. */
struct wire_start {
    struct wire_header header;
    struct sandbox_limits limits;
    uint32_t broker; /* 1: the last descriptor becomes descriptor 3 of the job */
    uint32_t unused;
    uint8_t package[SANDBOX_DIGEST_BYTES];
    uint8_t wheels[SANDBOX_DIGEST_BYTES]; /* what its own wheels became; zeroes: it brought none */
    uint32_t script_kind; /* enum sandbox_kind */
    uint32_t arg_count;
    uint32_t file_count;
    uint32_t collect_count;
    uint32_t warm; /* 0: cold; 1: from a zygote of this scope, package and runtime where that can be */
    uint32_t text_bytes;
    uint8_t sha256[SANDBOX_FILES_MAX][SANDBOX_DIGEST_BYTES];
    /* NUL-terminated, in this order: id, scope, runtime, timezone, entry, args, name and as of every file
     * ("" for no as), globs. Nothing behind text_bytes is looked at. */
    char text[WIRE_TEXT_BYTES];
    uint8_t platform[SANDBOX_DIGEST_BYTES]; /* the platform's tree it was planned on; zeroes: any */
};

struct wire_kill {
    struct wire_header header;
    uint32_t limit; /* enum sandbox_limit: CANCELLED, OUTPUT */
    uint32_t unused;
};

/* Descriptor: the archive. */
struct wire_unpack {
    struct wire_header header;
    uint8_t sha256[SANDBOX_DIGEST_BYTES];
    char runtime[16];
};

struct wire_status {
    struct wire_header header;
};

/* Have a zygote for this version; nothing is answered. */
struct wire_prepare {
    struct wire_header header;
    uint8_t package[SANDBOX_DIGEST_BYTES];
    uint8_t wheels[SANDBOX_DIGEST_BYTES];
    char scope[SANDBOX_SCOPE_BYTES];
    char runtime[16];
};

/* Descriptors: reading ends of stdout and stderr. */
struct wire_started {
    struct wire_header header;
    uint8_t package[SANDBOX_DIGEST_BYTES];
    uint8_t runtime[SANDBOX_DIGEST_BYTES];
    uint32_t level;
    uint32_t slot;
    uint32_t warm;
    uint32_t unused;
    char cold_reason[SANDBOX_REASON_BYTES]; /* why it was not; "" if it was */
};

struct wire_refused {
    struct wire_header header;
    char code[40]; /* gov_code's wire name: its number may differ between builds */
    char en[GOV_DETAIL_BYTES];
    char zh[GOV_DETAIL_BYTES];
    char cause[GOV_DETAIL_BYTES];
};

struct wire_exited {
    struct wire_header header;
    int32_t exit_code; /* -1 unless it exited by itself */
    int32_t signal;
    uint32_t limit;
    uint32_t unused;
    uint64_t wall_us;
    uint64_t cpu_us;
    uint64_t memory_peak_bytes;
};

/* Descriptor: the file. */
struct wire_file {
    struct wire_header header;
    uint64_t size;
    uint32_t is_result; /* what $EXECGOV_RESULT named */
    uint32_t unused;
    char name[SANDBOX_NAME_BYTES];
};

struct wire_file_refused {
    struct wire_header header;
    char name[SANDBOX_NAME_BYTES];
    char reason[SANDBOX_REASON_BYTES];
};

struct wire_harvested {
    struct wire_header header;
    uint32_t taken;
    uint32_t refused;
};

/* Descriptor: the JSON of sandbox_unpack_report, json_bytes long. */
struct wire_unpacked {
    struct wire_header header;
    uint32_t kept;
    uint32_t unused;
    uint64_t json_bytes;
    uint8_t package[SANDBOX_DIGEST_BYTES];
};

struct wire_state {
    struct wire_header header;
    struct doctor_status status;
};

/* Any of them, for buffers. */
union wire_message {
    struct wire_header header;
    struct wire_start start;
    struct wire_kill kill;
    struct wire_unpack unpack;
    struct wire_prepare prepare;
    struct wire_started started;
    struct wire_refused refused;
    struct wire_exited exited;
    struct wire_file file;
    struct wire_file_refused file_refused;
    struct wire_harvested harvested;
    struct wire_unpacked unpacked;
    struct wire_state state;
};

/* The size every message of this kind has; 0 for an unknown kind. */
size_t wire_size(uint32_t kind);

/* A START taken apart; the texts point into the message. */
struct wire_job {
    const struct wire_start *message;
    const char *id, *scope, *runtime, *timezone, *entry;
    const char *args[SANDBOX_ARGS_MAX + 1]; /* NULL-terminated */
    struct {
        const char *name;
        const char *as; /* NULL if none */
    } files[SANDBOX_FILES_MAX];
    const char *collect[SANDBOX_COLLECT_MAX + 1]; /* NULL-terminated */
};

/* Check every field of a START that came with fd_count descriptors. Pure; a fuzz target. */
bool wire_start_decode(const struct wire_start *message, int fd_count, struct wire_job *job,
                       struct gov_err *err);
bool wire_prepare_valid(const struct wire_prepare *message);
/* The other direction. INVALID_INPUT for what the decoder would refuse. */
bool wire_start_encode(const struct sandbox_job *job, struct wire_start *message,
                       struct gov_err *err);

/* Fill a REFUSED from an error, and back. */
void wire_refused_fill(struct wire_refused *message, uint64_t job, const struct gov_err *err);
void wire_refused_read(const struct wire_refused *message, struct gov_err *err);

/* Send one message; descriptors stay the caller's. 1 sent, 0 the socket is full, -1 errno. */
int wire_send(int socket, const void *message, size_t bytes, const int *fds, int fd_count);

/* Receive one message, descriptors included (close-on-exec). Returns its size, 0 at the end of the
 * connection or when the message is malformed, -1 with errno (EAGAIN: none there). On 0 and -1 no
 * descriptor is left open. */
ssize_t wire_receive(int socket, union wire_message *message, int fds[WIRE_FDS_MAX], int *fd_count);

#endif
