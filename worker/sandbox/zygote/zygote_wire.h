/* zygote_wire.h - what sandboxd says to a zygote, and to the jails it forks.
 *
 *     sandboxd -> zygote   SETUP (what to import)            zygote -> sandboxd   LOADED | UNUSABLE
 *                          SPAWN + channel, lifeline
 *     jail -> sandboxd (channel, struct jail_note)           HERE ("g" on the lifeline) -> SPARE
 *     sandboxd -> jail     JOB + descriptors                 READY -> EXITED, as in the cold start
 *
 * SEQPACKET sockets made in pairs, fixed-size messages. Both ends are built together, so there is
 * no version; the magic only catches a mistake.
 */
#ifndef WORKER_SANDBOX_ZYGOTE_ZYGOTE_WIRE_H
#define WORKER_SANDBOX_ZYGOTE_ZYGOTE_WIRE_H

#include <stdint.h>

#include "worker/sandbox/wire.h"

enum {
    ZYGOTE_MAGIC = 0x45475a31,
    ZYGOTE_CONTROL_FD = 3,
    ZYGOTE_FILTER_FD = 4,        /* memfd: the job's system call filter */
    ZYGOTE_OUTER_FILTER_FD = 5,  /* memfd: the zygote's own */
    ZYGOTE_TEXT_BYTES = 64 * 1024,
    ZYGOTE_REASON_BYTES = 64,
    ZYGOTE_PLACE_BYTES = 64,
    ZYGOTE_FDS_MAX = 5 + 2 * SANDBOX_FILES_MAX
};

enum zygote_kind { ZYGOTE_SETUP = 1, ZYGOTE_SPAWN, ZYGOTE_JOB, ZYGOTE_LOADED, ZYGOTE_UNUSABLE };

struct zygote_header {
    uint32_t magic;
    uint32_t kind;
};

/* Texts, NUL-terminated: modules to import, then names of the package's own modules, which the
 * imported ones must not shadow. `wheels`: the folder, relative to /, where jobs see what the package brought; "" it
 * brought nothing. */
struct zygote_setup {
    struct zygote_header header;
    uint32_t import_count;
    uint32_t local_count;
    uint32_t text_bytes;
    uint32_t unused;
    char wheels[ZYGOTE_PLACE_BYTES];
    char text[ZYGOTE_TEXT_BYTES];
};

struct zygote_spawn {
    struct zygote_header header;
    uint32_t rehearse; /* interpreter_rehearse before the job comes */
    uint32_t unused;
};

/* UNUSABLE: the reason in a word or two. */
struct zygote_note {
    struct zygote_header header;
    char reason[ZYGOTE_REASON_BYTES];
};

/* Descriptors: input, package, stdout, stderr, then the files, then the mounts of those that have
 * one (a bit a file in `mounted`), then the broker's if `start` says that there is one. */
struct zygote_job {
    struct zygote_header header;
    uint32_t uid;           /* inside */
    uint32_t switch_groups; /* setgroups is allowed in this user namespace */
    uint32_t alone;         /* no cgroup */
    uint32_t unused;
    uint64_t mounted;
    uint64_t package_bytes;
    uint64_t package_files;
    struct wire_start start;
};

/* One message with its descriptors (close-on-exec), blocking. Its size; 0 at the end or for
 * anything but a whole message of `kind`; then no descriptor is left open. */
long zygote_receive(int socket, uint32_t kind, void *message, size_t bytes,
                    int fds[ZYGOTE_FDS_MAX], int *fd_count);
/* False where the socket is full or gone. Descriptors stay the caller's. */
bool zygote_send(int socket, const void *message, size_t bytes, const int *fds, int fd_count);

#endif
