/* filter.h - the system calls a job may make, as a program for the kernel.
 *
 * Allow-list: an unknown call fails with ENOSYS, as if the kernel were older; calls that reach for
 * the host (namespaces, mounts, ptrace, bpf, io_uring, keys, modules) fail with EPERM. Sockets are
 * AF_UNIX only, and only inside the job's own network namespace and root. Built once at start with
 * libseccomp; the child only loads it.
 */
#ifndef WORKER_SANDBOX_JAIL_FILTER_H
#define WORKER_SANDBOX_JAIL_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>

#include "core/base/err.h"

/* What a zygote needs on top of a job: making namespaces and mounts below its own. */
enum filter_kind { FILTER_JOB, FILTER_ZYGOTE };

struct filter {
    struct sock_fprog program; /* heap */
};

bool filter_init(struct filter *filter, enum filter_kind kind, struct gov_err *err);
/* Through a memfd into another program: -1 and false with errno. */
int filter_write(const struct filter *filter);
bool filter_read(int fd, struct filter *filter);
void filter_release(struct filter *filter);

/* Put it on the calling thread for ever; no_new_privs must be set. False: errno. */
bool filter_load(const struct filter *filter);

#endif
