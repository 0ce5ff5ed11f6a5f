/* spare.h - a jail that is made before its job is known.
 *
 *     zygote ── fork into a new pid namespace ──> pid 1: HERE -> mounts of its own -> fork main
 *            -> /work and the like, empty -> SPARE -> (JOB) -> its bounds, files, identity, package
 *            -> READY -> watch
 *                main: rehearses, waits for the job -> identity -> Landlock, seccomp -> the script
 *
 * Everything that does not depend on the job is done before it comes: the two forks of a large
 * process, and the pages that they have to copy then, are not waited for by anybody.
 */
#ifndef WORKER_SANDBOX_ZYGOTE_SPARE_H
#define WORKER_SANDBOX_ZYGOTE_SPARE_H

#include "worker/sandbox/jail/filter.h"

struct spare_setup {
    const struct filter *filter; /* of the job */
    const char *wheels; /* as in struct zygote_setup */
    int channel, lifeline;
    bool rehearse; /* what every job does, ahead of the job (interpreter.h) */
};

/* In the child of the zygote, which is pid 1 of a pid namespace of its own. */
_Noreturn void spare_run(const struct spare_setup *setup);

#endif
