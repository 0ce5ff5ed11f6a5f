/* shares.h - who holds a lane: how many slots a tenant had on average of the last minutes, for Prometheus.
 *
 *     execgov_tenant_busy_slots{lane="py",tenant="t_0123456789abcdef"} 3.417
 *     execgov_tenant_busy_slots{lane="py",tenant="other"} 0.250
 *
 * A platform has ten thousand tenants and a label costs whoever stores it: a lane names at most SHARES_NAMED of them,
 * those with the most, and none that has less than a hundredth of it; the rest are together "other". Averages change
 * slowly, so a name that is there stays for a while.
 */
#ifndef SCHEDULER_SHARES_H
#define SCHEDULER_SHARES_H

#include "core/base/json.h"
#include "core/io/metrics.h"
#include "core/model/job.h"

enum { SHARES_NAMED = 10, SHARES_TRACKED = 64, SHARES_LABEL_BYTES = 64 };

struct share {
    char tenant[20]; /* schema */
    double slots;
};

struct shares {
    struct shares_lane {
        struct share tracked[SHARES_TRACKED]; /* the most first */
        int count;
        double slots; /* of all tenants */
        struct metric metrics[SHARES_NAMED + 1]; /* the last is "other" */
        char labels[SHARES_NAMED + 1][SHARES_LABEL_BYTES]; /* "": not shown */
    } lanes[LANE_COUNT];
    double span_s;     /* what the averages are of */
    int64_t looked_us; /* monotonic; 0: not yet */
};

void shares_init(struct shares *shares, struct metrics *metrics);
/* `lanes` as lua/depth.lua tells it. */
void shares_note(struct shares *shares, const json_t *lanes, int64_t now_us);
/* The lead is somebody else's: nothing is shown. */
void shares_clear(struct shares *shares);

#endif
