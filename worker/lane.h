/* lane.h - the lanes a worker serves and their free slots. `ctl` has slots of its own, so that long
 * runs never hold up plans; the run lanes share theirs. */
#ifndef WORKER_LANE_H
#define WORKER_LANE_H

#include <stdbool.h>

#include "core/base/err.h"
#include "core/model/job.h"

enum { WORKER_LANES_MAX = LANE_COUNT };

/* Lanes that draw on the same slots. */
struct lane_pool {
    int slots;
    int used;
};

struct lane_state {
    enum job_lane lane;
    struct lane_pool *pool;
};

struct lanes {
    struct lane_pool ctl, run;
    struct lane_state items[WORKER_LANES_MAX];
    int count;
};

/* From "py,sh,http"; ctl is always there. CONFIGURATION for an unknown one. */
bool lanes_parse(const char *text, int ctl_slots, int run_slots, bool noop, struct lanes *lanes,
                 struct gov_err *err);
int lane_free(const struct lane_state *lane);

#endif
