/* runtime.h - the library trees a skill can choose, and the third-party modules in them.
 *
 * Sandboxd copies them from the distribution's packages; whoever looks at a package's imports, here or at
 * home, holds them against this table. How to add one: a row, and its Debian packages in `advice`.
 */
#ifndef CORE_MODEL_SKILL_RUNTIME_H
#define CORE_MODEL_SKILL_RUNTIME_H

#include "core/base/buf.h"

enum { SKILL_RUNTIME_COUNT = 2, SKILL_RUNTIME_LISTS = 3 };

struct skill_runtime {
    const char *name;
    /* Files and folders of dist-packages, each list ended by NULL. The first of a list is what must be
     * there for the runtime to exist. */
    const char *const *modules[SKILL_RUNTIME_LISTS];
    const char *advice; /* how an administrator gets it */
};

extern const struct skill_runtime skill_runtimes[SKILL_RUNTIME_COUNT];

/* The smallest runtime that has this module; NULL: none. */
const char *skill_runtime_with(const char *module);

/* {"base": ["openpyxl", ...], "data": [...]} */
void skill_runtime_modules_json(struct buf *out);

#endif
