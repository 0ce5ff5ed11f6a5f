/* db.h - PostgreSQL for ops: statements of sql/queries, pipelined, one tenant a transaction.
 *
 * A *group* is one transaction of one tenant: `set role`, its statements, `reset role`, Sync. It
 * is answered only after the Sync, that is, after the commit. Each login role ("stripe") has a few
 * connections, opened at first use and closed when idle; a tenant is reached only through the
 * stripe that was granted it. Scope DB_PUBLIC is the governance domain, as execgov_platform.
 *
 * Failure: STORE_UNAVAILABLE when the server cannot be reached or went away - the outcome of a
 * write is then unknown, and the caller relies on its fence or key. DEADLINE for a statement
 * timeout. CONFLICT for a unique or exclusion violation (err.item = the constraint). A
 * `raise exception` of ours with errcode 'GV000' and message "code: text" becomes that wire code.
 * Anything else is INTERNAL with the server's words as cause. Deadlocks and serialization
 * failures are retried here.
 */
#ifndef CORE_IO_DB_DB_H
#define CORE_IO_DB_DB_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/id.h"
#include "core/base/json.h"
#include "core/io/op/op.h"
#include "sql_queries.h"

struct db;

struct db_options {
    const char *conninfo;      /* libpq, without user; give a socket folder or hostaddr: a name would block */
    const char *application;   /* shown in pg_stat_activity */
    const char *public_role;   /* who DB_PUBLIC logs in as; NULL: execgov_platform */
    int connections_per_role;  /* most; at least 1 */
    int waiting_max;           /* groups that may wait for a connection; beyond: OVERLOADED */
    int statement_ms;          /* a statement that takes longer ends with DEADLINE; 0: 10 s */
    bool unprepared;           /* prepare nothing: a PgBouncer before 1.21 is in between */
    int idle_close_ms;         /* a connection without work for so long is closed; 0: 60 s */
    int life_ms;               /* one that is older is closed with the answer to what is under way; 0: an hour */
};

/* Whose data. `schema` is ^t_[0-9a-f]{16}$ (checked), or NULL for public. */
struct db_scope {
    char schema[20];
    int stripe;
};
extern const struct db_scope DB_PUBLIC;
struct db_scope db_scope_tenant(const char *schema, int stripe);

/* Rows of one statement. Valid until the op is released; text is the server's text format. */
struct db_rows {
    int count;    /* rows returned */
    int affected; /* rows inserted, updated or deleted */
    const PGresult *result;
};

struct db *db_new(struct loop *loop, const struct db_options *options);
/* Fail what waits, close everything. The handle is freed when the loop has closed the sockets. */
void db_stop(struct db *db);
/* Did the newest attempt to reach the server succeed? (For readiness; true before the first.) While
 * it did not, another is made every two seconds, also when nobody asks for anything. */
bool db_reachable(const struct db *db);

/* One statement in a transaction of its own. Parameters are text, NULL is null; they are copied. */
void db_query(struct op *op, struct db *db, const struct db_scope *scope, enum sql_queries query,
              struct db_rows *rows, int count, const char *const *params);
#define DB_QUERY(op, db, scope, query, rows, ...)                                                  \
    db_query((op), (db), (scope), (query), (rows),                                                 \
             (int)(sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(const char *)),                \
             (const char *const[]){ __VA_ARGS__ })

/* Several statements, one transaction. */
struct db_group;
struct db_group *db_group_new(struct op *op, struct db *db, const struct db_scope *scope);
void db_group_add(struct db_group *group, enum sql_queries query, struct db_rows *rows, int count,
                  const char *const *params);
#define DB_GROUP_ADD(group, query, rows, ...)                                                      \
    db_group_add((group), (query), (rows),                                                         \
                 (int)(sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(const char *)),            \
                 (const char *const[]){ __VA_ARGS__ })
/* A parameter that is not text: see db_array.h. It is not copied and must live as long as the op. */
struct db_param {
    const char *data; /* text if `bytes` is 0; NULL is null */
    int bytes;
};
void db_group_add_params(struct db_group *group, enum sql_queries query, struct db_rows *rows,
                         int count, const struct db_param *params);
/* The failure goes to *err (code GOV_OK when all went well) instead of failing the op. */
void db_group_tolerate(struct db_group *group, struct gov_err *err);
void db_group_send(struct db_group *group);

/* The same rows for as long as `arena` lives. */
struct db_rows db_rows_keep(const struct db_rows *rows, struct arena *arena);

/* Cells. NULL, 0 and false for SQL null. */
const char *db_text(const struct db_rows *rows, int row, int column);
int64_t db_int(const struct db_rows *rows, int row, int column);
bool db_bool(const struct db_rows *rows, int row, int column);
struct id db_id(const struct db_rows *rows, int row, int column);
/* A json(b) cell, owned by the arena; NULL for null. */
json_t *db_json(const struct db_rows *rows, int row, int column, struct arena *arena);

#endif
