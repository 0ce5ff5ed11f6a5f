/* execgov-lifecycle: what time does to orders and subscriptions, and what is told about it. */
#include <jansson.h>
#include <stdlib.h>

#include "core/base/log.h"
#include "lifecycle/lifecycle.h"

int main(int argc, char **argv)
{
    struct lifecycle_settings settings = { 0 };
    struct arena arena;
    struct gov_err err;
    enum log_level level = LEVEL_INFO;

    /* Scans and deliveries wait on pool threads, several at once. */
    setenv("UV_THREADPOOL_SIZE", "12", 0);
    arena_init(&arena);
    json_object_seed(0);
    switch (settings_load(lifecycle_settings_table, &settings, "execgov-lifecycle",
                          "The lifecycle of ExecGov: renewals, expiry, reminders, deliveries.", argc, argv, &arena)) {
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
    log_start("lifecycle", level);
    bool good = lifecycle_run(&settings, &err);
    if (!good)
        log_error(LEVEL_ERROR, "service.start_failed", &err);
    arena_release(&arena);
    return good ? 0 : SERVICE_EXIT_START;
}
