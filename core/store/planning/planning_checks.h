/* planning_checks.h - the lines of a plan that decide nothing. For planning.c. */
#ifndef CORE_STORE_PLANNING_PLANNING_CHECKS_H
#define CORE_STORE_PLANNING_PLANNING_CHECKS_H

#include "core/store/planning/planning.h"

/* `tenant` is {state, limit, paused}. */
void planning_add_checks(struct planning *planning, const json_t *tenant);
/* From the row of plan_history.sql, if it was asked for. */
void planning_add_history(struct planning *planning);

#endif
