#include "worker/counts.h"

#include <stdio.h>

static void add(struct metrics *metrics, struct metric *metric, const char *name, const char *help,
                const char *labels, enum metric_type type)
{
    *metric = (struct metric){ .name = name, .help = help, .labels = labels, .type = type };
    metrics_add(metrics, metric);
}

void worker_counts_init(struct worker_counts *c, struct metrics *metrics)
{
    for (int lane = 0; lane < LANE_COUNT; lane++) {
        snprintf(c->labels[lane], sizeof c->labels[lane], "lane=\"%s\"", job_lane_name((enum job_lane)lane));
        add(metrics, &c->started[lane], "execgov_jobs_started_total", "Claims that were started.",
            c->labels[lane], METRIC_COUNTER);
        add(metrics, &c->wait[lane], "execgov_job_schedule_to_start_seconds",
            "From a job's acceptance to its first start, delays that were asked for included.",
            c->labels[lane], METRIC_HISTOGRAM);
    }
    add(metrics, &c->stale, "execgov_stale_completions_total",
        "Ends that were refused because somebody else had the job by then.", NULL, METRIC_COUNTER);
    add(metrics, &c->refused, "execgov_claims_refused_total",
        "Entries whose row was not ready under their fence: cancelled, repeated or forged.", NULL,
        METRIC_COUNTER);
    add(metrics, &c->slots, "execgov_worker_slots", "Slots for runs.", NULL, METRIC_GAUGE);
    add(metrics, &c->busy, "execgov_worker_busy_slots", "Slots for runs in use.", NULL, METRIC_GAUGE);
    add(metrics, &c->fenced, "execgov_worker_fenced", "1 while it starts nothing because it cannot renew.",
        NULL, METRIC_GAUGE);
}

void worker_counts_start(struct worker_counts *c, enum job_lane lane, int64_t wait_us)
{
    c->started[lane].value++;
    if (wait_us >= 0)
        metric_observe_us(&c->wait[lane], wait_us);
}
