/* tenant_cache.h - what daemons know of tenants by schema name: stripe, zone, limits.
 *
 * Rows are kept for a minute. A tenant's schema and stripe never change, so an
 * old row is at worst late about a setting.
 */
#ifndef CORE_STORE_TENANT_CACHE_H
#define CORE_STORE_TENANT_CACHE_H

#include "core/base/id.h"
#include "core/io/db/db.h"

struct tenant_info {
    struct id id;
    struct db_scope scope;
    bool known;  /* false: there is no such tenant */
    bool active; /* not suspended */
    bool paused;
    char timezone[64];
    char locale[8];
    int64_t weight;
    int64_t concurrency_limit;
};

struct tenant_cache;

struct tenant_cache *tenant_cache_new(struct db *db);
void tenant_cache_free(struct tenant_cache *cache);
/* `info` is filled before the op's next step; known = false if there is none. */
void tenant_cache_get(struct op *op, struct tenant_cache *cache, const char *schema,
                      struct tenant_info *info);

#endif
