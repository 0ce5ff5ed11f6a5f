/* run_prewarm.h - runs of a version will come: tell this worker's sandbox. */
#ifndef WORKER_RUN_RUN_PREWARM_H
#define WORKER_RUN_RUN_PREWARM_H

#include "worker/worker.h"

/* `tree` in hex; one that is NULL or none is passed over. `runtime`: "base", or "base+<hex>" with what the
 * version's own wheels became. */
void run_prewarm(const struct worker *worker, const char *tenant, const char *tree,
                 const char *runtime);

#endif
