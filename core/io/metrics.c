#include "core/io/metrics.h"

#include <string.h>

/* 0.5 ms to 60 s. */
static const int64_t bounds_us[METRIC_BUCKETS] = { 500,    1000,   2500,    5000,    10000,
                                                   25000,  50000,  100000,  250000,  500000,
                                                   1000000, 5000000, 15000000, 60000000 };

void metrics_add(struct metrics *metrics, struct metric *metric)
{
    struct metric *before = NULL;

    for (struct metric *m = metrics->first; m; m = m->next)
        if (strcmp(m->name, metric->name) == 0)
            before = m;
    if (!before)
        before = metrics->last;
    metric->next = before ? before->next : NULL;
    if (before)
        before->next = metric;
    else
        metrics->first = metric;
    if (metrics->last == before)
        metrics->last = metric;
}

void metric_observe_us(struct metric *histogram, int64_t us)
{
    int i = 0;
    while (i < METRIC_BUCKETS && us > bounds_us[i])
        i++;
    histogram->buckets[i]++;
    histogram->sum_us += us;
}

static void render_histogram(const struct metric *m, struct buf *out)
{
    const char *labels = m->labels ? m->labels : "";
    const char *comma = m->labels ? "," : "";
    int64_t total = 0;

    for (int i = 0; i <= METRIC_BUCKETS; i++) {
        total += m->buckets[i];
        if (i < METRIC_BUCKETS)
            buf_addf(out, "%s_bucket{%s%sle=\"%g\"} %lld\n", m->name, labels, comma,
                     (double)bounds_us[i] / 1e6, (long long)total);
        else
            buf_addf(out, "%s_bucket{%s%sle=\"+Inf\"} %lld\n", m->name, labels, comma,
                     (long long)total);
    }
    const char *open = m->labels ? "{" : "", *close = m->labels ? "}" : "";
    buf_addf(out, "%s_sum%s%s%s %.6f\n", m->name, open, labels, close, (double)m->sum_us / 1e6);
    buf_addf(out, "%s_count%s%s%s %lld\n", m->name, open, labels, close, (long long)total);
}

static void render_number(const struct metric *m, struct buf *out)
{
    buf_add_text(out, m->name);
    if (m->labels)
        buf_addf(out, "{%s}", m->labels);
    if (m->type == METRIC_GAUGE_MILLI)
        buf_addf(out, " %.3f\n", (double)m->value / 1000);
    else
        buf_addf(out, " %lld\n", (long long)m->value);
}

void metrics_render(struct metrics *metrics, struct buf *out)
{
    static const char *const types[] = { "counter", "gauge", "histogram", "gauge" };
    const char *last = "";

    if (metrics->collect)
        metrics->collect(metrics->context);
    for (const struct metric *m = metrics->first; m; m = m->next) {
        if (m->labels && !*m->labels)
            continue;
        if (strcmp(last, m->name) != 0)
            buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", m->name, m->help, m->name,
                     types[m->type]);
        last = m->name;
        if (m->type == METRIC_HISTOGRAM)
            render_histogram(m, out);
        else
            render_number(m, out);
    }
}
