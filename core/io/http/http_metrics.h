/* http_metrics.h - what a server counts; plain numbers for whoever exports them. */
#ifndef CORE_IO_HTTP_HTTP_METRICS_H
#define CORE_IO_HTTP_HTTP_METRICS_H

#include <stdint.h>

enum { HTTP_LATENCY_BUCKETS = 15 };

/* Upper bounds in microseconds (inclusive), rising; the last bucket of the counts has none. */
extern const int64_t http_latency_bounds_us[HTTP_LATENCY_BUCKETS - 1];

struct http_metrics {
    uint64_t connections_open; /* a gauge; all others only rise */
    uint64_t connections_total;
    uint64_t connections_refused;  /* over connections_max */
    uint64_t requests_by_class[6]; /* [2] is 2xx; [0] is requests whose client left unanswered */
    /* From the complete header to the answer on the wire; each bucket by itself, not cumulative. */
    uint64_t latency_counts[HTTP_LATENCY_BUCKETS];
    uint64_t latency_sum_us;
    uint64_t bytes_received;
    uint64_t bytes_sent;
    uint64_t timeouts;     /* header, body and write deadlines */
    uint64_t slow_readers; /* streams cut off over queue_bytes_max */
};

void http_metrics_answered(struct http_metrics *metrics, int status, int64_t us);

#endif
