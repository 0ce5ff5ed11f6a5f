/* execgov-egress: opens credentials and calls out, for everybody else. `execgov-egress new-key FILE` adds a
 * master key to its key file. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "core/base/log.h"
#include "core/io/crypto/crypto.h"
#include "worker/egress/daemon/key_file.h"
#include "worker/egress/egress.h"

static int new_key(const char *path)
{
    struct gov_err err;

    if (crypto_init(&err) && key_file_add(path, &err))
        return 0;
    fprintf(stderr, "execgov-egress: %s\n", gov_err_detail(&err, GOV_EN));
    return SERVICE_EXIT_START;
}

/* Keys are in this process's memory: no core file, and nobody of our own uid attaches. */
static void keep_memory_private(void)
{
    const struct rlimit none = { 0, 0 };

    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int main(int argc, char **argv)
{
    struct egress_settings settings = { 0 };
    struct arena arena;
    struct gov_err err;
    enum log_level level = LEVEL_INFO;

    keep_memory_private();
    if (argc == 3 && strcmp(argv[1], "new-key") == 0 && *argv[2] != '-') /* an option is no file's name */
        return new_key(argv[2]);
    arena_init(&arena);
    json_object_seed(0);
    switch (settings_load(egress_settings_table, &settings, "execgov-egress",
                          "Opens credentials and calls out for ExecGov. \"execgov-egress new-key FILE\" "
                          "adds a master key to its key file.",
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
    log_start("egress", level);
    bool good = egress_run(&settings, &err);
    if (!good)
        log_error(LEVEL_ERROR, "service.start_failed", &err);
    arena_release(&arena);
    return good ? 0 : SERVICE_EXIT_START;
}
