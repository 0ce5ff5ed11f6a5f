/* migrate_tenants.h - bring every tenant's schema up, several at a time. */
#ifndef CORE_IO_MIGRATE_MIGRATE_TENANTS_H
#define CORE_IO_MIGRATE_MIGRATE_TENANTS_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "core/io/migrate/migrate.h"

/* `conn` has the texts stored already. Fills tenants_applied, tenants_failed and failures of
 * `report`; connections live in `own`, failures in `arena`. False: a connection was lost,
 * or (INTERNAL) some tenants failed while the others are up. */
bool migrate_tenants(struct arena *own, PGconn *conn, const struct migrate_options *options,
                     struct migrate_report *report, struct arena *arena, struct gov_err *err);

#endif
