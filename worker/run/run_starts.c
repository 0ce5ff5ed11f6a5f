/* run_starts.c - labels are fixed text, so the reasons that have a name of their own are a table. */
#include "worker/run/run_starts.h"

#include <string.h>

static const struct {
    const char *reason, *labels;
} table[RUN_STARTS_REASONS] = {
    { "starting", "reason=\"starting\"" }, { "full", "reason=\"full\"" },
    { "off", "reason=\"off\"" },           { "not installed", "reason=\"not_installed\"" },
    { "shell", "reason=\"shell\"" },       { "failed", "reason=\"failed\"" },
    { "", "reason=\"other\"" },
};

void run_starts_register(struct run_starts *s, struct metrics *metrics)
{
    s->warm = (struct metric){ .name = "execgov_run_starts_warm_total",
                               .help = "Runs that began from a waiting interpreter",
                               .type = METRIC_COUNTER };
    metrics_add(metrics, &s->warm);
    for (int i = 0; i < RUN_STARTS_REASONS; i++) {
        s->cold[i] = (struct metric){ .name = "execgov_run_starts_cold_total",
                                      .help = "Runs that began cold, by the reason",
                                      .labels = table[i].labels,
                                      .type = METRIC_COUNTER };
        metrics_add(metrics, &s->cold[i]);
    }
}

void run_starts_count(struct run_starts *s, const struct sandbox_report *report)
{
    int i = 0;

    if (!report->started)
        return;
    if (report->warm) {
        s->warm.value++;
        return;
    }
    while (i < RUN_STARTS_REASONS - 1 && strcmp(table[i].reason, report->cold_reason) != 0)
        i++;
    s->cold[i].value++;
}
