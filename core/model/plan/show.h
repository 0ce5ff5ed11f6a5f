/* show.h - what plan_view and plan_render share; nobody else includes it. */
#ifndef CORE_MODEL_PLAN_SHOW_H
#define CORE_MODEL_PLAN_SHOW_H

#include "core/model/plan.h"

#define PLAN_MASK "••••"

/* A copy of the step's input with every sensitive value replaced by PLAN_MASK; owned by the
 * arena. */
const json_t *plan_input_masked(const struct plan_step *step, struct arena *arena);

#endif
