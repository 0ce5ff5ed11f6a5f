/* platform_runtime.h - which trees of the platform ("base", "data") the sandbox beside this worker has just now.
 *
 * Told by its status at start, and by every start of a script since; forgotten when it says that it has another one.
 * Digests are hex, in the order of skill_runtimes; "": not known.
 */
#ifndef WORKER_RUN_PLATFORM_RUNTIME_H
#define WORKER_RUN_PLATFORM_RUNTIME_H

#include <stdbool.h>

#include "core/base/arena.h"
#include "core/model/skill/runtime.h"

struct doctor_status;
struct sandbox_report;
struct worker;

struct platform_runtimes {
    char hex[SKILL_RUNTIME_COUNT][65];
};

void platform_runtimes_take(struct worker *worker, const struct doctor_status *status);
/* From how a script started in runtime `name`, or did not; one with wheels of its own tells of those. */
void platform_runtime_learn(struct worker *worker, const char *name, const struct sandbox_report *report, bool wheels);
/* {"base": "<hex>"} of those that are known, for operators to compare machines by. */
const char *platform_runtimes_text(const struct worker *worker, struct arena *arena);
/* A copy for a plan: SKILL_RUNTIME_COUNT texts, NULL for what is not known. */
const char *const *platform_runtimes_copy(const struct worker *worker, struct arena *arena);

#endif
