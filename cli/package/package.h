/* package.h - a folder on the way to being a skill. */
#ifndef CLI_PACKAGE_PACKAGE_H
#define CLI_PACKAGE_PACKAGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/arena.h"
#include "core/base/err.h"

enum { PACKAGE_FILES_MAX = 5000, PACKAGE_DEPTH_MAX = 16, PACKAGE_TEXT_BYTES_MAX = 1 << 20 };

struct package_file {
    const char *path; /* below the folder, '/' between parts */
    long long bytes;
};

struct package {
    const char *folder;
    const char *name;           /* the folder's own name */
    struct package_file *files; /* sorted by path */
    size_t count;
    const char **ignored;       /* .git, __pycache__, … that were left out; sorted */
    size_t ignored_count;
    const char **refused;       /* links, devices, names nobody may carry */
    size_t refused_count;
};

/* Look at every file below `folder`. Links are not followed. */
bool package_read(const char *folder, struct package *package, struct arena *arena,
                  struct gov_err *err);

bool package_has(const struct package *package, const char *path);

/* The text of one of its files, NULL if it is not there, too long or no UTF-8. */
const char *package_text(const struct package *package, const char *path, struct arena *arena);

/* Write the files as tar.gz to `path` (made anew, mode 0600). The same content gives the same bytes:
 * no times, no owners. Needs a UTF-8 LC_CTYPE, or names beyond ASCII are refused. */
bool package_archive(const struct package *package, const char *path, struct gov_err *err);

struct findings;
/* Look at the code as the server does: what it imports, reads, writes and calls, secrets in its texts. */
void package_look(const struct package *package, struct arena *arena, struct findings *findings);

/* What a look without running says: a list of {severity, code, path, line, message}, texts in
 * `language`. An "error" means that the server will refuse it, a "warning" that a run will not do what
 * it does at home. */
json_t *package_check(const struct package *package, enum gov_language language,
                      struct arena *arena);

/* A skill.json from what the folder shows: name, title, description, and for a Python script the
 * arguments that argparse is told of. */
json_t *package_draft(const struct package *package, struct arena *arena);

#endif
