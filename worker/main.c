/* execgov-worker: takes jobs by fair turn and carries them out. Run as many as you like. */
#include <jansson.h>

#include "core/base/log.h"
#include "core/io/service.h"
#include "worker/server.h"

int main(int argc, char **argv)
{
    struct worker_settings settings = { 0 };
    struct arena arena;
    struct gov_err err;
    enum log_level level = LEVEL_INFO;
    bool lost = false;

    arena_init(&arena);
    json_object_seed(0);
    switch (settings_load(worker_settings_table, &settings, "execgov-worker",
                          "A worker of ExecGov: recognises, plans, and runs scripts in isolation.",
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
    log_start("worker", level);
    bool good = worker_run(&settings, &lost, &err);
    if (!good)
        log_error(LEVEL_ERROR, "service.start_failed", &err);
    arena_release(&arena);
    return !good ? SERVICE_EXIT_START : lost ? SERVICE_EXIT_LOST : 0;
}
