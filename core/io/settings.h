/* settings.h - a daemon's settings: one table, read from file, then environment, then flags.
 *
 *     static const struct setting table[] = {
 *         { "listen", SETTING_TEXT, offsetof(struct api_settings, listen), "127.0.0.1:8080", ... },
 *         { 0 }
 *     };
 *
 * Setting `log_level` is `log_level = info` in the file, EXECGOV_LOG_LEVEL in the environment and
 * --log-level on the command line. --help, --print-config, --check-config, --print-example and --man come
 * from the table (settings_print.h).
 */
#ifndef CORE_IO_SETTINGS_H
#define CORE_IO_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/err.h"

enum setting_type { SETTING_TEXT = 1, SETTING_INT, SETTING_BOOL };

struct setting {
    const char *name; /* snake_case; NULL ends the table */
    enum setting_type type;
    size_t offset; /* const char *, int64_t or bool in the daemon's struct */
    const char *fallback;
    int64_t min, max; /* INT: bounds, inclusive. TEXT: max = bytes if not 0 */
    bool secret;      /* shown as [secret] */
    const char *help;
};

enum settings_next { SETTINGS_RUN, SETTINGS_EXIT_OK, SETTINGS_EXIT_USAGE };

/* Fill `into` from the table's defaults, --config FILE (or EXECGOV_CONFIG), EXECGOV_* and flags.
 * Prints help, version, configuration or the fault itself; the caller returns 0 or 2 then. Texts
 * live in `arena`. `about` is the first paragraph of --help. */
enum settings_next settings_load(const struct setting *table, void *into, const char *program,
                                 const char *about, int argc, char **argv, struct arena *arena);

/* One value, checked. Used by settings_load; public for its tests. */
bool settings_set(const struct setting *table, void *into, const char *name, const char *text,
                  const char *source, struct arena *arena, struct gov_err *err);

#endif
