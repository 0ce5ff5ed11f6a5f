/* planning_resources.h - which HTTP operations a planned action may use: part of what a person confirms.
 *
 * For files of planning only. An action that names what is not granted, not there or not allowed is not
 * planned: NOT_GRANTED, WRITE_NOT_WHITELISTED. One that names an operation of high risk is of high risk,
 * whatever its manifest says.
 */
#ifndef CORE_STORE_PLANNING_PLANNING_RESOURCES_H
#define CORE_STORE_PLANNING_PLANNING_RESOURCES_H

#include "core/store/planning/planning.h"

/* Steps. The second needs what the first asked for. */
enum op_next planning_resources_load(struct op *op);
enum op_next planning_resources_take(struct op *op);

#endif
