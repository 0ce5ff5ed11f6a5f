#include "tests/lib/queue_sim.h"

#include <string.h>

#include "core/base/buf.h"
#include "core/base/check.h"

void sim_init(struct queue_sim *sim, struct queue_rig *rig, int slots)
{
    memset(sim, 0, sizeof *sim);
    CHECK(slots <= SIM_SLOTS_MAX);
    sim->rig = rig;
    sim->slots = slots;
}

int sim_tenant(struct queue_sim *sim, struct sim_tenant tenant)
{
    CHECK(sim->tenant_count < SIM_TENANTS_MAX);
    tenant.next_ms = sim->rig->now_ms;
    sim->tenants[sim->tenant_count] = tenant;
    return sim->tenant_count++;
}

static void submit(struct queue_sim *sim, int number, int count)
{
    struct sim_tenant *t = &sim->tenants[number];
    struct rig_entry e = { .class = t->class,
                           .tenant = number,
                           .cost_ms = t->estimate_ms,
                           .job = sim->jobs,
                           .action = t->action };
    CHECK(sim->jobs + count < (int)(sizeof sim->arrived_ms / sizeof *sim->arrived_ms));
    for (int i = 0; i < count; i++)
        sim->arrived_ms[sim->jobs + i] = sim->rig->now_ms;
    rig_enqueue_many(sim->rig, e, count);
    sim->jobs += count;
    t->queued += count;
}

static void arrive(struct queue_sim *sim)
{
    for (int i = 0; i < sim->tenant_count; i++) {
        struct sim_tenant *t = &sim->tenants[i];
        if (t->backlog && t->queued < t->backlog / 2 + 1)
            submit(sim, i, t->backlog - t->queued);
        if (t->every_ms && t->next_ms <= sim->rig->now_ms) {
            submit(sim, i, 1);
            t->next_ms = sim->rig->now_ms + t->every_ms;
        }
    }
}

static int free_slots(const struct queue_sim *sim)
{
    int count = 0;
    for (int i = 0; i < sim->slots; i++)
        count += !sim->running[i].ends_ms;
    return count;
}

/* Send what has collected as one call; each slot of it must have been held. */
static void tell(struct queue_sim *sim, enum lua_functions script, struct buf *line, size_t count)
{
    if (count > 0) {
        redisReply *reply = rig_call(sim->rig, script, "%s", line->data);
        CHECK(reply->str && strspn(reply->str, "H") == count);
        freeReplyObject(reply);
    }
    buf_release(line);
}

static void start(struct queue_sim *sim, struct rig_entry e)
{
    struct sim_tenant *t = &sim->tenants[e.tenant];
    int slot = 0;
    while (sim->running[slot].ends_ms)
        slot++;
    CHECK(slot < sim->slots);
    int64_t wait_ms = sim->rig->now_ms - sim->arrived_ms[e.job];
    sim->running[slot].entry = e;
    sim->running[slot].began_ms = sim->rig->now_ms;
    sim->running[slot].ends_ms = sim->rig->now_ms + t->run_ms;
    t->queued--;
    if (++t->held > t->held_max)
        t->held_max = t->held;
    t->wait_ms_sum += wait_ms;
    if (wait_ms > t->wait_ms_max)
        t->wait_ms_max = wait_ms;
}

static void start_taken(struct queue_sim *sim)
{
    struct buf line = { 0 };

    for (int i = 0; i < sim->rig->taken_count; i++) {
        struct rig_entry e = sim->rig->taken[i];
        start(sim, e);
        buf_addf(&line, "%spy %s %s %d %d", i ? "|" : "", rig_tenant(e.tenant), rig_job(e.job),
                 e.fence, e.fence + 1);
    }
    tell(sim, LUA_FUNCTIONS_CLAIMED, &line, (size_t)sim->rig->taken_count);
}

static void end_due(struct queue_sim *sim)
{
    struct buf line = { 0 };
    size_t count = 0;

    for (int i = 0; i < sim->slots; i++) {
        if (!sim->running[i].ends_ms || sim->running[i].ends_ms > sim->rig->now_ms)
            continue;
        struct rig_entry e = sim->running[i].entry;
        struct sim_tenant *t = &sim->tenants[e.tenant];
        t->served_ms += sim->rig->now_ms - sim->running[i].began_ms;
        t->jobs_done++;
        t->held--;
        sim->running[i].ends_ms = 0;
        buf_addf(&line, "%spy %s %s %d %d", count++ ? "|" : "", rig_tenant(e.tenant),
                 rig_job(e.job), e.fence + 1, t->run_ms);
    }
    tell(sim, LUA_FUNCTIONS_FINISH, &line, count);
}

static int64_t next_moment(const struct queue_sim *sim, int64_t end_ms)
{
    int64_t next_ms = end_ms;
    for (int i = 0; i < sim->slots; i++)
        if (sim->running[i].ends_ms && sim->running[i].ends_ms < next_ms)
            next_ms = sim->running[i].ends_ms;
    for (int i = 0; i < sim->tenant_count; i++)
        if (sim->tenants[i].every_ms && sim->tenants[i].next_ms < next_ms)
            next_ms = sim->tenants[i].next_ms;
    return next_ms;
}

void sim_run(struct queue_sim *sim, int64_t ms)
{
    int64_t end_ms = sim->rig->now_ms + ms;

    while (sim->rig->now_ms < end_ms) {
        end_due(sim);
        arrive(sim);
        int slots = free_slots(sim);
        if (slots && rig_take(sim->rig, "py", slots) > 0)
            start_taken(sim);
        int64_t next_ms = next_moment(sim, end_ms), ready = 0;
        CHECK(next_ms > sim->rig->now_ms);
        for (int i = 0; i < sim->tenant_count; i++)
            ready += sim->tenants[i].queued;
        int64_t unused = free_slots(sim) < ready ? free_slots(sim) : ready;
        sim->idle_ms += unused * (next_ms - sim->rig->now_ms);
        sim->rig->now_ms = next_ms;
    }
}

void sim_measure(struct queue_sim *sim)
{
    sim->idle_ms = 0;
    for (int i = 0; i < sim->tenant_count; i++) {
        struct sim_tenant *t = &sim->tenants[i];
        t->served_ms = t->wait_ms_max = t->wait_ms_sum = 0;
        t->jobs_done = 0;
        t->held_max = t->held;
    }
    for (int i = 0; i < sim->slots; i++)
        if (sim->running[i].ends_ms)
            sim->running[i].began_ms = sim->rig->now_ms;
}

double sim_share(const struct queue_sim *sim, int tenant)
{
    int64_t all = 0;
    for (int i = 0; i < sim->tenant_count; i++)
        all += sim->tenants[i].served_ms;
    return 100.0 * (double)sim->tenants[tenant].served_ms / (double)all;
}
