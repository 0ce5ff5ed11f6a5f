/* execgov-scheduler: keeps the order and mends what breaks. Run one or more; one leads. */
#include <jansson.h>

#include "core/base/log.h"
#include "scheduler/scheduler.h"

int main(int argc, char **argv)
{
    struct scheduler_settings settings = { 0 };
    struct arena arena;
    struct gov_err err;
    enum log_level level = LEVEL_INFO;

    arena_init(&arena);
    json_object_seed(0);
    switch (settings_load(scheduler_settings_table, &settings, "execgov-scheduler",
                          "The scheduler of ExecGov: due jobs, lost entries, dead workers, rebuilds.",
                          argc, argv, &arena)) {
    case SETTINGS_EXIT_OK:
        arena_release(&arena);
        return 0;
    case SETTINGS_EXIT_USAGE:
        arena_release(&arena);
        return SERVICE_EXIT_USAGE;
    case SETTINGS_RUN:
        break;
    }
    log_level_parse(settings.log_level, &level);
    log_start("scheduler", level);
    bool good = scheduler_run(&settings, &err);
    if (!good)
        log_error(LEVEL_ERROR, "service.start_failed", &err);
    arena_release(&arena);
    return good ? 0 : SERVICE_EXIT_START;
}
