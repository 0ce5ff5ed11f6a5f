/* migrate_verify.c - is the database what the migrations made?
 *
 * Two kinds of check: the recorded digests against the embedded texts, and sql/verify: queries that
 * return (subject, problem) and no row when all is well. How to add a check: one file there.
 */
#include <stdlib.h>

#include "core/io/db/dbsync.h"
#include "core/io/migrate/migrate.h"
#include "core/io/migrate/migrate_file.h"
#include "sql_public.h"
#include "sql_queries.h"
#include "sql_tenant.h"
#include "sql_verify.h"

enum { FAULTS_MAX = 1000 }; /* who has more has one cause */

struct verifier {
    PGconn *conn;
    struct arena *own;   /* the connection's and the results' */
    struct arena *arena; /* the faults' */
    struct migrate_fault *faults;
    size_t count;
};

static void fault_add(struct verifier *v, const char *check, const char *subject,
                      const char *problem)
{
    if (v->count < FAULTS_MAX)
        v->faults[v->count++] = (struct migrate_fault){
            arena_text(v->arena, check), arena_text(v->arena, subject), arena_text(v->arena, problem)
        };
}

static bool digests_check(struct verifier *v, enum sql_queries list, const struct embedded *files,
                          struct gov_err *err)
{
    PGresult *applied = dbsync_query(v->own, v->conn, sql_queries[list].text, 0, NULL, err);

    if (!applied)
        return false;
    for (const struct embedded *file = files; file->name; file++) {
        int row = migrate_file_find(applied, migrate_file_version(file));

        if (row < 0)
            fault_add(v, "migration", file->name, "is not applied; run execgov migrate up");
        else if (!migrate_file_same(applied, row, file))
            fault_add(v, "migration", file->name, "was applied with another text");
    }
    /* Later versions than ours are a newer release's, and none of our business. */
    return true;
}

static bool query_check(struct verifier *v, const struct embedded *check, struct gov_err *err)
{
    PGresult *rows = dbsync_query(v->own, v->conn, check->text, 0, NULL, err);

    if (!rows)
        return gov_err_context(err, "check %s", check->name);
    for (int row = 0; row < PQntuples(rows); row++)
        fault_add(v, check->name, PQgetvalue(rows, row, 0), PQgetvalue(rows, row, 1));
    return true;
}

static bool verify_run(struct arena *own, const char *conninfo, struct verifier *v,
                       struct gov_err *err)
{
    PGresult *exists;

    v->conn = dbsync_open(own, conninfo, "execgov migrate", err);
    if (!v->conn || !dbsync_script(v->conn, "set search_path = pg_catalog", err))
        return false;
    exists = dbsync_query(own, v->conn, sql_queries[SQL_QUERIES_MIGRATION_EXISTS].text, 0, NULL,
                          err);
    if (!exists)
        return false;
    if (PQgetvalue(exists, 0, 0)[0] != 't') {
        fault_add(v, "migration", PQdb(v->conn), "is not a database of ExecGov");
        return true;
    }
    if (!digests_check(v, SQL_QUERIES_MIGRATION_LIST, sql_public, err) ||
        !digests_check(v, SQL_QUERIES_TENANT_MIGRATION_LIST, sql_tenant, err))
        return false;
    for (const struct embedded *check = sql_verify; check->name; check++)
        if (!query_check(v, check, err))
            return false;
    return true;
}

bool migrate_verify(const char *conninfo, const struct migrate_fault **faults, size_t *count,
                    struct arena *arena, struct gov_err *err)
{
    struct arena own = { 0 };
    struct verifier v = { .own = &own, .arena = arena,
                          .faults = ARENA_ARRAY(arena, struct migrate_fault, FAULTS_MAX) };
    bool done = verify_run(&own, conninfo, &v, err);

    *faults = v.faults;
    *count = v.count;
    arena_release(&own);
    return done;
}
