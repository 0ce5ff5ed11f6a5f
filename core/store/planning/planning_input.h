/* planning_input.h - the part of a plan that hangs on its input. */
#ifndef CORE_STORE_PLANNING_PLANNING_INPUT_H
#define CORE_STORE_PLANNING_PLANNING_INPUT_H

#include "core/store/planning/planning.h"

/* The first texts that could be a file's id, as elements of a PostgreSQL array; all are counted. `out` NULL: they
 * are only counted. */
void planning_collect_ids(const json_t *value, struct buf *out, int *count);

/* Fills `filled`, `sealed`, `file_list` and what the step says of them; all of it lives in p->arena. */
bool planning_check_input(struct planning *p, struct gov_err *err);

#endif
