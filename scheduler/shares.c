/* shares.c - each look weighs as much as the time since the one before, of at most SPAN_S together: an average of what
 * was seen while that is less, then one in which the past fades. Whoever is not among the most in any look is not
 * tracked; so are at most SHARES_TRACKED, of whom the least gives way. */
#include "scheduler/shares.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SPAN_S = 300, FIRST_S = 5, HUNDREDTH = 100 };

static const double NOTHING = 0.0005; /* shown as 0.000 */

void shares_init(struct shares *shares, struct metrics *metrics)
{
    memset(shares, 0, sizeof *shares);
    for (int lane = 0; lane < LANE_COUNT; lane++)
        for (int i = 0; i <= SHARES_NAMED; i++) {
            struct shares_lane *l = &shares->lanes[lane];
            l->metrics[i] = (struct metric){ .name = "execgov_tenant_busy_slots",
                                             .help = "Slots held on average of five minutes, by lane, of the tenants "
                                                     "with the most and of all others together.",
                                             .labels = l->labels[i],
                                             .type = METRIC_GAUGE_MILLI };
            metrics_add(metrics, &l->metrics[i]);
        }
}

/* By how much the newest look counts. */
static double weigh(struct shares *s, int64_t now_us)
{
    double since_s = s->looked_us ? (double)(now_us - s->looked_us) / 1e6 : FIRST_S;

    s->looked_us = now_us;
    s->span_s = s->span_s + since_s < SPAN_S ? s->span_s + since_s : SPAN_S;
    return since_s < s->span_s ? since_s / s->span_s : 1;
}

static struct share *share_of(struct shares_lane *lane, const char *tenant)
{
    for (int i = 0; i < lane->count; i++)
        if (strcmp(lane->tracked[i].tenant, tenant) == 0)
            return &lane->tracked[i];
    return NULL;
}

/* Somebody new, at the end of the list; the least of them gives way to more. */
static void track(struct shares_lane *lane, const char *tenant, double slots)
{
    if (lane->count == SHARES_TRACKED && lane->tracked[lane->count - 1].slots >= slots)
        return;
    struct share *share = &lane->tracked[lane->count < SHARES_TRACKED ? lane->count++ : SHARES_TRACKED - 1];
    snprintf(share->tenant, sizeof share->tenant, "%s", tenant);
    share->slots = slots;
}

static int by_slots(const void *a, const void *b)
{
    const struct share *x = a, *y = b;
    return x->slots != y->slots ? (x->slots < y->slots ? 1 : -1) : strcmp(x->tenant, y->tenant);
}

static void sort(struct shares_lane *lane)
{
    qsort(lane->tracked, (size_t)lane->count, sizeof *lane->tracked, by_slots);
    while (lane->count && lane->tracked[lane->count - 1].slots < NOTHING)
        lane->count--;
}

static void lane_note(struct shares_lane *lane, const json_t *of_lane, double weight)
{
    const json_t *held = json_object_get(of_lane, "held"), *slots;
    const char *tenant;

    lane->slots += ((double)json_get_int(of_lane, "busy", 0) - lane->slots) * weight;
    for (int i = 0; i < lane->count; i++) {
        struct share *share = &lane->tracked[i];
        share->slots += ((double)json_get_int(held, share->tenant, 0) - share->slots) * weight;
    }
    sort(lane);
    json_object_foreach((json_t *)held, tenant, slots)
        if (!share_of(lane, tenant)) {
            track(lane, tenant, (double)json_integer_value(slots) * weight);
            sort(lane);
        }
}

static void show(struct shares_lane *lane, int place, const char *lane_name, const char *tenant, double slots)
{
    snprintf(lane->labels[place], SHARES_LABEL_BYTES, "lane=\"%s\",tenant=\"%s\"", lane_name, tenant);
    lane->metrics[place].value = (int64_t)(slots * 1000 + 0.5);
}

static void lane_show(struct shares_lane *lane, const char *lane_name)
{
    double left = lane->slots;
    int named = 0;

    for (; named < SHARES_NAMED && named < lane->count; named++) {
        struct share share = lane->tracked[named];
        if (share.slots * HUNDREDTH < lane->slots)
            break;
        show(lane, named, lane_name, share.tenant, share.slots);
        left -= share.slots;
    }
    for (int i = named; i < SHARES_NAMED; i++)
        lane->labels[i][0] = 0;
    show(lane, SHARES_NAMED, lane_name, "other", left > 0 ? left : 0);
}

void shares_note(struct shares *shares, const json_t *lanes, int64_t now_us)
{
    double weight = weigh(shares, now_us);

    for (int lane = 0; lane < LANE_COUNT; lane++) {
        const char *name = job_lane_name((enum job_lane)lane);
        lane_note(&shares->lanes[lane], json_object_get(lanes, name), weight);
        lane_show(&shares->lanes[lane], name);
    }
}

void shares_clear(struct shares *shares)
{
    shares->span_s = 0;
    shares->looked_us = 0;
    for (int lane = 0; lane < LANE_COUNT; lane++) {
        struct shares_lane *l = &shares->lanes[lane];
        l->count = 0;
        l->slots = 0;
        for (int i = 0; i <= SHARES_NAMED; i++)
            l->labels[i][0] = 0;
    }
}
