/* model_build.h - what changes a skill lets the recogniser learn again, in the same transaction. */
#ifndef API_SKILLS_MODEL_BUILD_H
#define API_SKILLS_MODEL_BUILD_H

#include "api/call.h"

/* Add the task to the transaction of the change; `entry` is filled for the push behind it. */
void model_build_add(struct call *call, struct db_group *group, struct queue_entry *entry);
/* As I/O of `op`. One that is lost is made up for by the sweep, or by the first request. */
void model_build_push(struct op *op, struct call *call, const struct queue_entry *entry);

#endif
