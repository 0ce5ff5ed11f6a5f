/* interpreter.h - the embedded Python of a zygote: started once, run once in every job.
 *
 * It is set up as the command line of the cold start sets it up (python3 -B -u -s main.py), so that
 * a script cannot tell the two apart by what it may rely on: sys.argv, sys.path, __main__, standard
 * streams, tracebacks, exit codes, atexit, what is flushed and destroyed at the end.
 */
#ifndef WORKER_SANDBOX_ZYGOTE_INTERPRETER_H
#define WORKER_SANDBOX_ZYGOTE_INTERPRETER_H

#include <stdbool.h>
#include <sys/types.h>

#include "worker/sandbox/zygote/zygote_wire.h"

/* Start Python and import what `setup` names and the platform has. False: `reason` says why this must not be used. */
bool interpreter_load(const struct zygote_setup *setup, char reason[ZYGOTE_REASON_BYTES]);

/* fork(), with Python's hooks in the parent. In the child Python must not be touched before
 * interpreter_rehearse or interpreter_run. */
pid_t interpreter_fork(void);

/* At most once, in the process that will call interpreter_run: what every job does, done ahead of the job for the sake of the
 * pages it writes to or reads for the first time after the fork. Nothing of it is left for a script to see. */
void interpreter_rehearse(void);

/* Run `entry` as __main__ and end this process as python3 would. argv: entry, then arguments. */
_Noreturn void interpreter_run(const char *const *argv, int argc, const char *zone);

#endif
