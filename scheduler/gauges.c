#include "scheduler/gauges.h"

#include <stdio.h>

#include "core/base/clock.h"
#include "core/base/json.h"

enum { LOOK_US = 5 * 1000 * 1000 };

static void add(struct metrics *metrics, struct metric *metric, const char *name, const char *help,
                const char *labels, enum metric_type type)
{
    *metric = (struct metric){ .name = name, .help = help, .labels = labels, .type = type };
    metrics_add(metrics, metric);
}

void gauges_init(struct gauges *g, struct metrics *metrics)
{
    add(metrics, &g->leads, "execgov_scheduler_leads", "1 while this scheduler leads.", NULL, METRIC_GAUGE);
    add(metrics, &g->rebuilds, "execgov_queue_rebuilds_total", "Times the queue was filled anew.", NULL,
        METRIC_COUNTER);
    add(metrics, &g->drift, "execgov_limit_drift_total",
        "Slots found held by jobs that had ended, and freed.", NULL, METRIC_COUNTER);
    add(metrics, &g->reclaimed, "execgov_jobs_reclaimed_total", "Jobs taken from dead workers.", NULL,
        METRIC_COUNTER);
    for (int lane = 0; lane < LANE_COUNT; lane++) {
        const char *lane_name = job_lane_name((enum job_lane)lane);
        char *labels = g->labels[lane][CLASS_COUNT];
        snprintf(labels, GAUGE_LABEL_BYTES, "lane=\"%s\"", lane_name);
        add(metrics, &g->busy[lane], "execgov_queue_busy_slots", "Slots held, by lane.", labels, METRIC_GAUGE);
        for (int class = 0; class < CLASS_COUNT; class ++) {
            labels = g->labels[lane][class];
            snprintf(labels, GAUGE_LABEL_BYTES, "lane=\"%s\",class=\"%s\"", lane_name,
                     job_class_name((enum job_class) class));
            add(metrics, &g->ready[lane][class], "execgov_queue_ready",
                "Entries ready in Redis; a tenant's backlog beyond 2,000 waits in PostgreSQL.", labels,
                METRIC_GAUGE);
            add(metrics, &g->oldest[lane][class], "execgov_queue_oldest_ready_seconds",
                "How long the oldest ready entry that no limit holds back has waited.", labels,
                METRIC_GAUGE);
        }
    }
    shares_init(&g->shares, metrics);
}

void gauges_look(struct op *op, struct gauges *g, const struct queue_shards *queues)
{
    int64_t now = clock_mono_us();

    g->leads.value = 1;
    g->looking = now - g->looked_us >= LOOK_US || g->looked_us == 0;
    if (!g->looking)
        return;
    g->looked_us = now;
    queue_depths_ask(op, queues, 0, &g->depths);
}

void gauges_read(struct arena *arena, struct gauges *g)
{
    struct gov_err err = { 0 };
    const json_t *depth = g->looking ? queue_depths_sum(arena, &g->depths, 0, &err) : NULL;
    const json_t *lanes = json_object_get(depth, "lanes");
    int64_t now_ms = json_get_int(depth, "now_ms", 0);

    if (!depth)
        return;
    for (int lane = 0; lane < LANE_COUNT; lane++) {
        const json_t *of_lane = json_object_get(lanes, job_lane_name((enum job_lane)lane));
        const json_t *classes = json_object_get(of_lane, "classes");
        g->busy[lane].value = json_get_int(of_lane, "busy", 0);
        for (int class = 0; class < CLASS_COUNT; class ++) {
            const json_t *c = json_object_get(classes, job_class_name((enum job_class) class));
            int64_t since_ms = json_get_int(c, "since_ms", now_ms);
            g->ready[lane][class].value = json_get_int(c, "entries", 0);
            g->oldest[lane][class].value = since_ms < now_ms ? (now_ms - since_ms) / 1000 : 0;
        }
    }
    shares_note(&g->shares, lanes, clock_mono_us());
    g->looking = false; /* the documents go with the op */
}

void gauges_clear(struct gauges *g)
{
    g->leads.value = 0;
    g->looked_us = 0;
    shares_clear(&g->shares);
    for (int lane = 0; lane < LANE_COUNT; lane++) {
        g->busy[lane].value = 0;
        for (int class = 0; class < CLASS_COUNT; class ++)
            g->ready[lane][class].value = g->oldest[lane][class].value = 0;
    }
}
