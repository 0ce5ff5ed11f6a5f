/* lane.h - the lanes a worker serves and their free slots. `ctl` has slots of its own, so that long
 * runs never hold up plans; the run lanes share theirs. `noop` needs no sandbox, so its slots are many. */
#ifndef WORKER_LANE_H
#define WORKER_LANE_H

#include <stdbool.h>

#include "core/base/err.h"
#include "core/model/job.h"

enum { WORKER_LANES_MAX = LANE_COUNT, WORKER_POOLS_MAX = 3, LANE_NOOP_SLOTS = 256 };

/* Lanes that draw on the same slots. */
struct lane_pool {
    int slots;
    int used;
    int asked; /* for so many a queue is asked just now, or its claims are under way */
};

struct lane_state {
    enum job_lane lane;
    struct lane_pool *pool;
};

struct lanes {
    struct lane_pool ctl, run, noop;
    struct lane_state items[WORKER_LANES_MAX];
    int count;
};

/* From "py,sh,http"; ctl is always there. CONFIGURATION for an unknown one. */
bool lanes_parse(const char *text, int ctl_slots, int run_slots, bool noop, struct lanes *lanes,
                 struct gov_err *err);
/* Has some lane its slots from this pool? */
bool lanes_draw_on(const struct lanes *lanes, const struct lane_pool *pool);
int lane_pool_free(const struct lane_pool *pool);
/* How many of them to ask for at once. Of many slots a quarter: where jobs take no time, one part is taken and claimed
 * while another ends, and whoever comes beside a flood waits for so much of it. */
enum { LANE_ROUND_WHOLE = 64 };
int lane_pool_round(const struct lane_pool *pool);

#endif
