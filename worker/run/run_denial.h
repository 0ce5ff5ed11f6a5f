/* run_denial.h - what one run was denied inside its own interpreter: a module that is not there, a call that never
 * left the script.
 *
 * Nobody but the script saw it, and the script may get along without: the platform's module in it says so on stderr
 * (output_mark.h). It is worded here for the log of the run, where its author reads it, and for the audit. What egress
 * denies is written down by egress.
 */
#ifndef WORKER_RUN_RUN_DENIAL_H
#define WORKER_RUN_RUN_DENIAL_H

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/err.h"
#include "worker/run/output_mark.h"

enum { RUN_DENIALS_MAX = 8 }; /* the platform's module says no more of one run */

struct run_denial {
    enum output_mark mark; /* MISSING or REFUSED */
    struct gov_err err;
};

struct run_denials {
    struct arena *arena;
    const char *runtime; /* its name; "" if it has none */
    struct run_denial *items[RUN_DENIALS_MAX];
    int count;
};

/* Word that the module whose name `text` begins with is not in `runtime`, with what helps. The name ends with `end`,
 * or with the dot before a module in it; false: it is none. */
bool run_denial_module(const char *text, char end, const char *runtime, struct gov_err *err);
/* Word that a call was refused; `text` is the exception's. */
void run_denial_call(const char *text, struct gov_err *err);

/* Keep what a mark's words say, and add to `shown` how the log says it. False: they say nothing of the kind, or there
 * are too many; they are output like any other. */
bool run_denials_note(struct run_denials *denials, enum output_mark mark, const char *words, size_t bytes,
                      struct buf *shown);
bool run_denials_have(const struct run_denials *denials, const char *said);

#endif
