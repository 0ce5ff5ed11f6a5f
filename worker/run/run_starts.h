/* run_starts.h - how many runs began from a waiting interpreter, and why the others did not. */
#ifndef WORKER_RUN_RUN_STARTS_H
#define WORKER_RUN_RUN_STARTS_H

#include "core/io/metrics.h"
#include "worker/sandbox/sandbox_client.h"

enum { RUN_STARTS_REASONS = 7 };

struct run_starts {
    struct metric warm;
    struct metric cold[RUN_STARTS_REASONS]; /* the last one is "other" */
};

void run_starts_register(struct run_starts *starts, struct metrics *metrics);
void run_starts_count(struct run_starts *starts, const struct sandbox_report *report);

#endif
