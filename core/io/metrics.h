/* metrics.h - counters, gauges and histograms in Prometheus' text format (version 0.0.4).
 *
 * A metric is a static struct of whoever counts, registered once; so is the place of its labels' text.
 * Single thread (the loop's).
 */
#ifndef CORE_IO_METRICS_H
#define CORE_IO_METRICS_H

#include <stdint.h>

#include "core/base/buf.h"

enum metric_type {
    METRIC_COUNTER,
    METRIC_GAUGE,
    METRIC_HISTOGRAM,
    METRIC_GAUGE_MILLI /* a gauge whose value is in thousandths */
};
enum { METRIC_BUCKETS = 14 };

struct metric {
    const char *name;   /* execgov_..._total, ..._seconds */
    const char *help;
    const char *labels; /* `kind="run",lane="py"` or NULL; "": not shown now */
    enum metric_type type;
    int64_t value;      /* counter, gauge */
    int64_t buckets[METRIC_BUCKETS + 1]; /* histogram: counts per bound of metrics.c, last is +Inf */
    int64_t sum_us;
    struct metric *next;
};

struct metrics {
    struct metric *first, *last;
    /* Called before rendering: fill gauges. May be NULL. */
    void (*collect)(void *context);
    void *context;
};

/* Metrics of one name differ in labels; they are rendered together, as the format wants it. */
void metrics_add(struct metrics *metrics, struct metric *metric);
void metric_observe_us(struct metric *histogram, int64_t us);
void metrics_render(struct metrics *metrics, struct buf *out);

#endif
