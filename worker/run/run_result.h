/* run_result.h - what a run leaves: its result and its files. */
#ifndef WORKER_RUN_RUN_RESULT_H
#define WORKER_RUN_RUN_RESULT_H

#include "core/model/skill/manifest.h"
#include "worker/run/run_log.h"

/* The result: $EXECGOV_RESULT if it was written, else the last line of stdout when it is JSON, else
 * {"stdout": ...}. Fits the action's output schema, or RESULT_INVALID. `written` NULL: was not. */
json_t *run_result_read(const char *written, size_t bytes, const struct run_log *log,
                        const struct skill_action *action, struct arena *arena,
                        struct gov_err *err);

#endif
