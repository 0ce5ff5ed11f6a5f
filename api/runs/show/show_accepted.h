/* show_accepted.h - the run object of a run that was accepted a moment ago. */
#ifndef API_RUNS_SHOW_SHOW_ACCEPTED_H
#define API_RUNS_SHOW_SHOW_ACCEPTED_H

#include "api/runs/accept/accept.h"

/* Leave it as the answer, 202. `accept` ended well and was batched. */
void show_accepted(struct call *call, const struct accept *accept);

#endif
