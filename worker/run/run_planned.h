/* run_planned.h - is what is about to run what was shown to whoever confirmed it?
 *
 * People see a plan's body and confirm its digest; what the queue carries is a payload beside it. Both are held
 * together once more, here, before anything of the run starts.
 */
#ifndef WORKER_RUN_RUN_PLANNED_H
#define WORKER_RUN_RUN_PLANNED_H

#include "worker/work.h"

/* `body` is the plan that was stored for this job; NULL: there is none, as of a low-risk run by hand. False:
 * PLAN_STALE, naming what differs. */
bool run_planned_check(struct work *work, const json_t *body, struct gov_err *err);

#endif
