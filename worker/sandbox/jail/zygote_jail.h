/* zygote_jail.h - starts execgov-zygote where it can do no harm.
 *
 * In a user namespace of its own with a private range of uids, in pid, mount, network, IPC and UTS
 * namespaces of its own, in a root that shows a runtime and nothing of the host's. Its capabilities
 * are six, and count only inside that user namespace. uid maps are written from outside.
 */
#ifndef WORKER_SANDBOX_JAIL_ZYGOTE_JAIL_H
#define WORKER_SANDBOX_JAIL_ZYGOTE_JAIL_H

#include "worker/sandbox/jail/jail.h"

/* Borrowed until zygote_jail_start returns. */
struct zygote_jail_spec {
    const struct runtime_set *runtimes;
    const struct runtime *runtime;
    const struct cgroup *cgroup;
    const struct filter *job_filter, *filter;
    uid_t outside;  /* first of its uids outside; that is its own, the jobs' follow */
    uid_t inside;   /* first uid of jobs, as they see it */
    int uid_count;  /* of jobs; 0: a plain user's namespace, whose one uid they share */
    int program;    /* execgov-zygote */
    int control;    /* its end of the control socket */
};

/* `jail->channel` is unused. SANDBOX_UNAVAILABLE if the kernel refuses; what the child meets shows
 * as its early end. */
bool zygote_jail_start(const struct zygote_jail_spec *spec, struct jail *jail, struct gov_err *err);

#endif
