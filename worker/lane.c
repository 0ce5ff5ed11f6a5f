#include "worker/lane.h"

#include <stdio.h>
#include <string.h>

static void add(struct lanes *lanes, enum job_lane lane, struct lane_pool *pool)
{
    for (int i = 0; i < lanes->count; i++)
        if (lanes->items[i].lane == lane)
            return;
    lanes->items[lanes->count++] = (struct lane_state){ lane, pool };
}

bool lanes_parse(const char *text, int ctl_slots, int run_slots, bool noop, struct lanes *lanes,
                 struct gov_err *err)
{
    memset(lanes, 0, sizeof *lanes);
    lanes->ctl.slots = ctl_slots;
    lanes->run.slots = run_slots;
    lanes->noop.slots = noop ? LANE_NOOP_SLOTS : 0;
    add(lanes, LANE_CTL, &lanes->ctl);
    while (*text) {
        char name[16];
        size_t bytes = strcspn(text, ",");
        enum job_lane lane;
        snprintf(name, sizeof name, "%.*s", (int)bytes, text);
        if (bytes >= sizeof name || !job_lane_parse(name, &lane) || lane == LANE_NOOP)
            return gov_fail_at(err, GOV_CONFIGURATION, "lanes", "unknown",
                               "\"%.*s\" is not a lane; there are ctl, py, sh, http",
                               "“%.*s”不是通道；可用：ctl、py、sh、http", (int)bytes, text);
        if (lane != LANE_CTL)
            add(lanes, lane, &lanes->run);
        text += bytes;
        if (*text == ',')
            text++;
    }
    if (noop)
        add(lanes, LANE_NOOP, &lanes->noop);
    return true;
}

int lane_pool_free(const struct lane_pool *pool)
{
    return pool->slots - pool->used - pool->asked;
}

int lane_pool_round(const struct lane_pool *pool)
{
    int free = lane_pool_free(pool), quarter = pool->slots / 4;

    return pool->slots > LANE_ROUND_WHOLE && free > quarter ? quarter : free;
}

bool lanes_draw_on(const struct lanes *lanes, const struct lane_pool *pool)
{
    for (int i = 0; i < lanes->count; i++)
        if (lanes->items[i].pool == pool)
            return true;
    return false;
}
