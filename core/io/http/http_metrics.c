#include "core/io/http/http_metrics.h"

const int64_t http_latency_bounds_us[HTTP_LATENCY_BUCKETS - 1] = {
    100,   250,   500,    1000,   2500,    5000,    10000,
    25000, 50000, 100000, 250000, 1000000, 5000000, 30000000,
};

void http_metrics_answered(struct http_metrics *metrics, int status, int64_t us)
{
    int bucket = 0;

    metrics->requests_by_class[status >= 100 && status < 600 ? status / 100 : 0]++;
    if (us < 0)
        return; /* never got as far as a complete header */
    while (bucket < HTTP_LATENCY_BUCKETS - 1 && us > http_latency_bounds_us[bucket])
        bucket++;
    metrics->latency_counts[bucket]++;
    metrics->latency_sum_us += (uint64_t)us;
}
