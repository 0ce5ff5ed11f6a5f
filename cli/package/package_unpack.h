/* package_unpack.h - a package's archive back into files. */
#ifndef CLI_PACKAGE_PACKAGE_UNPACK_H
#define CLI_PACKAGE_PACKAGE_UNPACK_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/arena.h"
#include "core/base/err.h"

enum { PACKAGE_UNPACKED_BYTES_MAX = 64 << 20 };

/* ".zip" or ".tar.gz", by the archive's first bytes; NULL: neither. */
const char *package_suffix(const char *path);

/* Write the files of the archive at `path` into `folder`, which is made, or is there and empty: all of them or none.
 * Only plain files and folders with names that stay below it; anything else is refused, and nothing is left.
 * `count` gets how many files. */
bool package_unpack(const char *path, const char *folder, size_t *count, struct arena *arena, struct gov_err *err);

/* Is there nothing at `folder`, or an empty folder? False: CONFLICT. */
bool package_room(const char *folder, struct gov_err *err);

#endif
