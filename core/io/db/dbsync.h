/* dbsync.h - PostgreSQL for what does one thing at a time: the migrator, scans and dry runs, tests.
 *
 * Blocking calls; daemons use core/io/db instead. Results belong to the arena they are asked with.
 */
#ifndef CORE_IO_DB_DBSYNC_H
#define CORE_IO_DB_DBSYNC_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "core/base/arena.h"
#include "core/base/err.h"
#include "core/io/db/db.h"

/* Connect; NULL: `err` is STORE_UNAVAILABLE. The connection is closed with `arena`. `conninfo` is
 * libpq's, "" for its environment. `name` is shown in pg_stat_activity. */
PGconn *dbsync_open(struct arena *arena, const char *conninfo, const char *name,
                    struct gov_err *err);

/* One statement with `count` text parameters ($1 …; NULL is null). NULL: `err` is filled, the cause
 * says SQLSTATE, message and the statement's first words. */
PGresult *dbsync_query(struct arena *arena, PGconn *conn, const char *sql, int count,
                       const char *const *values, struct gov_err *err);

/* The same with parameters that need not be text (db_array.h). `stored`: the answer is not text, either, but as PostgreSQL
 * stores it. */
PGresult *dbsync_query_params(struct arena *arena, PGconn *conn, const char *sql, int count,
                              const struct db_param *params, bool stored, struct gov_err *err);

/* Several statements without parameters, results dropped. */
bool dbsync_script(PGconn *conn, const char *sql, struct gov_err *err);

/* Fill `err` from a failed result of `conn`. Always false. Lost connections are STORE_UNAVAILABLE, what another transaction
 * stood in the way of is OVERLOADED and `contended`, the rest is INTERNAL. */
bool dbsync_fail(PGconn *conn, const PGresult *result, const char *sql, struct gov_err *err);

/* Is this failure one that goes away by itself: lock not available, deadlock, serialisation? */
bool dbsync_retry_helps(const PGresult *result);

#endif
