#include "worker/run/platform_runtime.h"

#include <sodium.h>
#include <string.h>

#include "core/base/json.h"
#include "worker/sandbox/doctor.h"
#include "worker/worker.h"

static char *place_of(struct worker *worker, const char *name)
{
    for (int i = 0; i < SKILL_RUNTIME_COUNT; i++)
        if (strcmp(skill_runtimes[i].name, name) == 0)
            return worker->platform.hex[i];
    return NULL;
}

static void keep(struct worker *worker, const char *name, const uint8_t digest[32])
{
    char *hex = place_of(worker, name);
    if (hex)
        sodium_bin2hex(hex, sizeof worker->platform.hex[0], digest, 32);
}

void platform_runtime_learn(struct worker *worker, const char *name, const struct sandbox_report *report, bool wheels)
{
    char *hex = place_of(worker, name);

    if (report->started && !wheels)
        keep(worker, name, report->runtime);
    else if (hex && !report->started && report->err.code == GOV_PLAN_STALE)
        *hex = 0;
}

void platform_runtimes_take(struct worker *worker, const struct doctor_status *status)
{
    for (int i = 0; i < status->runtime_count; i++)
        if (status->runtimes[i].present)
            keep(worker, status->runtimes[i].name, status->runtimes[i].sha256);
}

const char *platform_runtimes_text(const struct worker *worker, struct arena *arena)
{
    json_t *all = json_own(arena, json_object());

    for (int i = 0; i < SKILL_RUNTIME_COUNT; i++)
        if (worker->platform.hex[i][0])
            json_object_set_new(all, skill_runtimes[i].name, json_string(worker->platform.hex[i]));
    return json_text(arena, all);
}

const char *const *platform_runtimes_copy(const struct worker *worker, struct arena *arena)
{
    const char **all = ARENA_ARRAY(arena, const char *, SKILL_RUNTIME_COUNT);

    for (int i = 0; i < SKILL_RUNTIME_COUNT; i++)
        all[i] = worker->platform.hex[i][0] ? arena_text(arena, worker->platform.hex[i]) : NULL;
    return all;
}
