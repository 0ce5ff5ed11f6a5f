/* run_refusal.h - a script that ended because a call of it was refused or failed, or a module is not there: which, and
 * why.
 *
 * A script's end says only that it failed. What it was told is known to egress, and that it was the end of it
 * is seen in the last line on stderr, where Python names the exception nobody caught. Both must agree; a
 * refusal that never reached egress (an action without resources, a plain socket) is known by its line alone.
 */
#ifndef WORKER_RUN_RUN_REFUSAL_H
#define WORKER_RUN_RUN_REFUSAL_H

#include "worker/run/run_calls.h"
#include "worker/run/run_log.h"

/* As I/O of the work's op, if there is a session: what egress last told the script. */
void run_refusal_ask(struct work *work, struct run_calls *calls);
/* What nobody but us knows of, and has to be in the audit: egress writes its own refusals there. */
enum run_refused { REFUSED_NOTHING, REFUSED_CALL, REFUSED_MODULE };

/* Make `err` (SCRIPT_FAILED) the failure of that call, if the script ended by it; a module that is not in `runtime`
 * is named with what helps. */
enum run_refused run_refusal_explain(const struct run_calls *calls, const struct run_log *log, const char *runtime,
                                     struct arena *arena, struct gov_err *err);

/* Pure: `line` is the last on stderr (NULL: none), `told` what egress told last (code GOV_OK: nothing). */
bool run_refusal_read(const char *line, const struct gov_err *told, struct gov_err *err);
/* Pure: did the script end because a module is missing? */
bool run_refusal_module(const char *line, const char *runtime, struct gov_err *err);

#endif
