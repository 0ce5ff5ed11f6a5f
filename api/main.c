/* execgov-api: the HTTP API. Stateless; run as many as you like behind one address. */
#include <jansson.h>
#include <string.h>

#include "api/seed.h"
#include "api/server.h"
#include "core/base/log.h"

int main(int argc, char **argv)
{
    struct api_settings settings = { 0 };
    struct arena arena;
    struct gov_err err;
    enum log_level level = LEVEL_INFO;

    json_object_seed(0);
    if (argc > 1 && strcmp(argv[1], "seed") == 0)
        return seed_main(argc, argv);
    arena_init(&arena);
    switch (settings_load(api_settings_table, &settings, "execgov-api",
                          "The HTTP API of ExecGov: accepts work, shows it, streams it.", argc, argv,
                          &arena)) {
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
    log_start("api", level);
    bool good = server_run(&settings, &err);
    if (!good)
        log_error(LEVEL_ERROR, "service.start_failed", &err);
    arena_release(&arena);
    return good ? 0 : SERVICE_EXIT_START;
}
