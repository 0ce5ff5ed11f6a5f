/* jail.h - starts one process group that can reach nothing but what its spec shows it.
 *
 *     sandboxd ── clone3 ──> pid 1 of the jail ── fork ──> main: the script, or a function of ours
 *
 * pid 1 builds the root, gives up its rights, starts main, waits, and says how it ended; when it
 * goes, for whatever reason, the kernel ends everything in its pid namespace. It goes when main
 * ends, when sandboxd dies (parent-death signal, and a pipe whose other end only sandboxd holds),
 * or when it is killed through its pidfd; the pidfd becomes readable when the namespace is empty.
 *
 * With `user_namespace` the same steps run inside a user namespace of one uid: isolation for a
 * plain user.
 */
#ifndef WORKER_SANDBOX_JAIL_JAIL_H
#define WORKER_SANDBOX_JAIL_JAIL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/base/err.h"
#include "worker/sandbox/cgroup.h"
#include "worker/sandbox/jail/filter.h"
#include "worker/sandbox/limits.h"
#include "worker/sandbox/sandbox_client.h"
#include "worker/sandbox/store/runtime.h"

enum {
    JAIL_UID = 1000, /* seen inside a user namespace; without one the slot's uid is seen */
    JAIL_COPY_BYTES_MAX = 256 * 1024 * 1024,
    JAIL_STAGE_BYTES = 64
};

struct jail_file {
    int fd;
    const uint8_t *sha256;
    const char *name;
    const char *as; /* NULL: only under in/ */
};

/* Borrowed until jail_start returns; the child has its own copy of everything. */
struct jail_spec {
    bool user_namespace;
    uid_t uid;                   /* outside; also the group's id */
    const struct cgroup *cgroup; /* group->root NULL: none */
    bool alone;                  /* no cgroup: rlimits and looking bound it */
    const struct filter *filter;
    struct sandbox_limits limits;

    const struct runtime_set *runtimes;
    const struct runtime *runtime; /* NULL: no interpreter, no libraries */
    enum sandbox_kind kind;
    int package_fd;         /* a tree to be copied into /work; -1: none */
    const uint8_t *package; /* its digest */
    uint64_t package_bytes; /* what its copy may add to the limits */
    uint64_t package_files;
    const struct jail_file *files;
    int file_count;
    int input_fd;                  /* becomes /input/input.json and stdin; -1: empty */
    const struct embedded *script; /* shown as /input/script.py; NULL: none */
    const struct embedded *helper; /* shown beside it, as <its name>.py; NULL: none */

    const char *const *argv; /* of main; argv[0] is a path inside */
    const char *const *envp;
    /* Run this in main, confined, before argv is executed (with only 0-2 open); `work` is /work. An
     * answer other than 0 is the exit code, and argv is not executed. NULL: none. */
    int (*inside)(const struct jail_spec *spec, int work);
    const void *inside_data;
    int inside_fd;      /* kept open for it; -1: none */
    int out_fd, err_fd; /* stdout and stderr of main */
    int broker_fd;      /* becomes DESCRIPTOR_BROKER of main; 0: none */
};

struct jail {
    pid_t pid;
    int pidfd;    /* readable when the jail is empty */
    int channel;  /* jail_note messages */
    int lifeline; /* closing it ends the jail */
};

/* HERE and SPARE come only from a jail that a zygote made (daemon/zygote.h). */
enum jail_note_kind { JAIL_READY = 1, JAIL_FAILED, JAIL_EXITED, JAIL_HERE, JAIL_SPARE };

/* Where main may write; NULL-terminated. */
extern const char *const jail_writable[];

/* What pid 1 says; READY carries two descriptors: /work and /result. */
struct jail_note {
    uint32_t kind;
    int32_t error;              /* FAILED: errno */
    int32_t wait_status;        /* EXITED: of main, as waitpid gave it */
    uint32_t limit;             /* EXITED: what pid 1 saw when no cgroup does */
    uint64_t memory_peak_bytes; /* largest resident size of one process */
    uint64_t cpu_us;
    char stage[JAIL_STAGE_BYTES]; /* FAILED: the step, "package digest", "mount proc", ... */
};

/* Where descriptors are: SANDBOX_UNAVAILABLE if the kernel refuses a step that sandboxd itself
 * makes. */
bool jail_start(const struct jail_spec *spec, struct jail *jail, struct gov_err *err);
void jail_kill(const struct jail *jail);
/* Close what is still open. The jail must be empty. */
void jail_release(struct jail *jail);

/* A detached, read-only mount of the very file behind `fd`, for a jail; -1: it has to be copied. */
int jail_mount_of(int fd);

/* Shared with zygote_jail.c: clone3 into new namespaces (and `cgroup` unless -1), and one line into
 * a file of /proc/<pid>. */
pid_t jail_clone(bool user_namespace, int cgroup, int *pidfd);
bool jail_proc_write(pid_t pid, const char *file, const char *text);

/* pid 1. Never returns. Private to jail.c and inside.c. */
struct jail_inside {
    const struct jail_spec *spec;
    int channel;
    int lifeline; /* reading end */
    int *mounts;  /* detached mounts of spec->files, -1 where there is none */
    bool placed;  /* was made in its cgroup */
};
_Noreturn void jail_inside(const struct jail_inside *in);

#endif
