/* gauges.h - what the leader tells Prometheus about the queue. A scheduler that stands by exports zeros, so
 * that sums and maxima over all of them are right.
 */
#ifndef SCHEDULER_GAUGES_H
#define SCHEDULER_GAUGES_H

#include "core/io/metrics.h"
#include "core/model/job.h"
#include "core/store/queue/queue_depth.h"
#include "scheduler/shares.h"

enum { GAUGE_LABEL_BYTES = 48 };

struct gauges {
    struct metric rebuilds, drift, reclaimed, leads;
    /* By lane and class: entries ready, and how long the oldest has been so (the autoscaling signal). */
    struct metric ready[LANE_COUNT][CLASS_COUNT], oldest[LANE_COUNT][CLASS_COUNT];
    struct metric busy[LANE_COUNT];
    char labels[LANE_COUNT][CLASS_COUNT + 1][GAUGE_LABEL_BYTES];
    struct shares shares;
    struct queue_depths depths;
    int64_t looked_us; /* monotonic */
    bool looking;
};

void gauges_init(struct gauges *gauges, struct metrics *metrics);
/* As I/O of `op`: ask the queue, unless that was done a moment ago; then gauges_read in its next step. */
void gauges_look(struct op *op, struct gauges *gauges, const struct queue_shards *queues);
void gauges_read(struct arena *arena, struct gauges *gauges);
/* The lead is somebody else's. */
void gauges_clear(struct gauges *gauges);

#endif
