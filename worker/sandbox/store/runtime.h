/* runtime.h - the read-only library trees a job can choose: "base" and "data".
 *
 * Made once, in sandboxd's cache, from the distribution's packages: the third-party
 * modules and the tools are copied (so that an upgrade of the system does not change a runtime
 * under a job, and so that of dist-packages only the named modules are visible), the standard
 * library and the shared libraries are mounted from where they are. The digest covers interpreter,
 * standard library, modules and tools.
 */
#ifndef WORKER_SANDBOX_STORE_RUNTIME_H
#define WORKER_SANDBOX_STORE_RUNTIME_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/err.h"
#include "core/model/skill/runtime.h"
#include "worker/sandbox/store/tree.h"

enum { RUNTIME_MOUNTS_MAX = 12, RUNTIME_PATH_BYTES = 512 };

/* A tree of the host that is shown, read-only, at `target` ("usr/lib/python3.11"). */
struct runtime_mount {
    char source[RUNTIME_PATH_BYTES];
    char target[64];
    bool cover; /* only hides what lies at `target`: left out where nothing does */
    bool brought; /* by a package: code of a tenant, which is at `target` in jobs alone */
};

struct runtime {
    char name[16];
    bool present;
    char detail[80]; /* what is missing */
    uint8_t digest[TREE_DIGEST_BYTES];
    struct runtime_mount mounts[RUNTIME_MOUNTS_MAX]; /* but for usr/bin */
    int mount_count;
    char tools[2][RUNTIME_PATH_BYTES]; /* usr/bin for python and for shell, by enum sandbox_kind */
};

struct runtime_set {
    struct runtime runtimes[SKILL_RUNTIME_COUNT];
    int count;
    char loader[96];        /* where programs look for the dynamic loader, relative to / */
    char loader_target[96]; /* what lies there */
    char library[64];       /* "usr/lib/x86_64-linux-gnu" */
};

/* Make "base" below the cache directory; fails if that cannot be. The others begin absent: they are
 * large, and copied beside the loop (runtime_add). */
bool runtime_set_init(struct runtime_set *set, const char *cache_path, int cache_dir,
                      struct gov_err *err);

/* Are the distribution's packages of an absent runtime there by now? Cheap. */
bool runtime_addable(const struct runtime_set *set, int index);
/* Make an absent runtime's trees; copies for seconds, so beside the loop. runtime_adopt then shows
 * what was made under this digest. */
bool runtime_add(int index, const char *cache_path, int cache_dir, struct runtime *made,
                 struct gov_err *err);
bool runtime_adopt(struct runtime_set *set, int index, const char *cache_path,
                   const uint8_t digest[TREE_DIGEST_BYTES], struct gov_err *err);

/* NULL if there is none of that name. */
const struct runtime *runtime_find(const struct runtime_set *set, const char *name);

#endif
