/* migrate.c - up: lock, public files, passwords, stripes, tenant texts, tenants; in that order,
 * because tenants are made by functions of `public` and entered through stripes.
 *
 * Each step looks at what is there and does only what is missing, so that resuming needs no state of
 * its own. The lock is a session's advisory lock: a second migrator waits for the first one's
 * connection to end, however it ends, and then finds nothing left to do.
 */
#include "core/io/migrate/migrate.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/io/db/dbsync.h"
#include "core/io/migrate/migrate_file.h"
#include "core/io/migrate/migrate_tenants.h"
#include "sql_public.h"
#include "sql_queries.h"
#include "sql_tenant.h"

/* Any number will do that nobody else uses in this database. */
static const char *const LOCK_KEY = "7310001";

static bool edited_fail(struct gov_err *err, const struct embedded *file)
{
    return gov_fail_cause(err, GOV_CONFLICT,
                          "migration %s was applied with another text than this program has",
                          file->name);
}

static PGconn *operator_open(const char *conninfo, struct arena *arena, struct gov_err *err)
{
    PGconn *conn = dbsync_open(arena, conninfo, "execgov migrate", err);

    if (!conn || !dbsync_script(conn, "set search_path = pg_catalog; set lock_timeout = '30s'", err))
        return NULL;
    return conn;
}

static PGresult *query(struct arena *arena, PGconn *conn, enum sql_queries which, int count,
                       const char *const *values, struct gov_err *err)
{
    return dbsync_query(arena, conn, sql_queries[which].text, count, values, err);
}

/* What public.migration says; an empty result for a database that has none. */
static PGresult *applied_read(struct arena *arena, PGconn *conn, struct gov_err *err)
{
    PGresult *exists = query(arena, conn, SQL_QUERIES_MIGRATION_EXISTS, 0, NULL, err);

    if (!exists)
        return NULL;
    if (strcmp(PQgetvalue(exists, 0, 0), "t") != 0)
        return dbsync_query(arena, conn, "select 0 where false", 0, NULL, err);
    return query(arena, conn, SQL_QUERIES_MIGRATION_LIST, 0, NULL, err);
}

/* Greatest version in a list of migrations; 0 for an empty one. */
static int version_last(const PGresult *applied)
{
    int rows = PQntuples(applied);

    return rows ? atoi(PQgetvalue(applied, rows - 1, 0)) : 0;
}

static bool public_apply(struct arena *arena, PGconn *conn, const struct embedded *file,
                         struct gov_err *err)
{
    char hex[MIGRATE_SHA256_BYTES];
    const char *version = arena_format(arena, "%d", migrate_file_version(file));
    const char *const values[] = { version, file->name, migrate_file_sha256(file, hex) };
    const char *begin = migrate_file_as_superuser(file) ? "begin" :
                                                          "begin; set local role gov_owner";
    struct gov_err ignored = { 0 };

    if (dbsync_script(conn, begin, err) && dbsync_script(conn, file->text, err) &&
        dbsync_script(conn, "reset role; set local lock_timeout = '30s'", err) &&
        query(arena, conn, SQL_QUERIES_MIGRATION_INSERT, 3, values, err) &&
        dbsync_script(conn, "commit", err))
        return true;
    dbsync_script(conn, "rollback", &ignored);
    return gov_err_context(err, "migration %s", file->name);
}

static bool public_up(struct arena *arena, PGconn *conn, const struct migrate_options *options,
                      struct migrate_report *report, struct gov_err *err)
{
    PGresult *applied = applied_read(arena, conn, err);

    if (!applied)
        return false;
    for (const struct embedded *file = sql_public; file->name; file++) {
        int row = migrate_file_find(applied, migrate_file_version(file));

        if (row >= 0 && !migrate_file_same(applied, row, file))
            return edited_fail(err, file);
        if (row >= 0)
            continue;
        if (!public_apply(arena, conn, file, err))
            return false;
        report->public_applied++;
        if (options->progress)
            options->progress(options->progress_self, file->name, (size_t)(file - sql_public) + 1,
                              SQL_PUBLIC_COUNT);
    }
    return true;
}

/* The server gets a SCRAM verifier, never the password. */
static bool password_set(struct arena *arena, PGconn *conn, const char *kind, const char *password,
                         struct gov_err *err)
{
    char *verifier;
    const char *values[2] = { kind };

    if (!password)
        return true;
    verifier = PQencryptPasswordConn(conn, password, kind, "scram-sha-256");
    if (!verifier)
        return dbsync_fail(conn, NULL, "scram", err);
    arena_defer(arena, PQfreemem, verifier);
    values[1] = verifier;
    return query(arena, conn, SQL_QUERIES_LOGIN_PASSWORD_SET, 2, values, err) != NULL;
}

static bool logins_up(struct arena *arena, PGconn *conn, const struct migrate_options *options,
                      struct gov_err *err)
{
    int wanted = options->stripes ? options->stripes : MIGRATE_STRIPES_DEFAULT;
    const char *stripes = arena_format(arena, "%d", wanted);

    CHECK(wanted > 0 && wanted <= MIGRATE_STRIPES_MAX);
    return query(arena, conn, SQL_QUERIES_STRIPE_ENSURE, 1, &stripes, err) &&
           password_set(arena, conn, "platform", options->platform_password, err) &&
           password_set(arena, conn, "stripe", options->stripe_password, err) &&
           password_set(arena, conn, "egress", options->egress_password, err);
}

static bool texts_store(struct arena *arena, PGconn *conn, struct gov_err *err)
{
    PGresult *stored = query(arena, conn, SQL_QUERIES_TENANT_MIGRATION_LIST, 0, NULL, err);

    if (!stored)
        return false;
    /* Whoever is making a tenant reads this table: wait for his commit, so that the tenant is among
     * those brought up, and let the next one see the new texts. */
    if (version_last(stored) < migrate_file_last(sql_tenant) &&
        !dbsync_script(conn, "lock table public.tenant_migration in access exclusive mode", err))
        return false;
    for (const struct embedded *file = sql_tenant; file->name; file++) {
        char hex[MIGRATE_SHA256_BYTES];
        const char *version = arena_format(arena, "%d", migrate_file_version(file));
        const char *const values[] = { version, file->name, file->text,
                                       migrate_file_sha256(file, hex) };
        int row = migrate_file_find(stored, migrate_file_version(file));

        if (row >= 0 && !migrate_file_same(stored, row, file))
            return edited_fail(err, file);
        if (row < 0 && !query(arena, conn, SQL_QUERIES_TENANT_MIGRATION_INSERT, 4, values, err))
            return false;
    }
    return true;
}

/* All texts or none: a tenant made meanwhile must not get half of a release. */
static bool texts_up(struct arena *arena, PGconn *conn, struct gov_err *err)
{
    struct gov_err ignored = { 0 };

    if (dbsync_script(conn, "begin", err) && texts_store(arena, conn, err) &&
        dbsync_script(conn, "commit", err))
        return true;
    dbsync_script(conn, "rollback", &ignored);
    return gov_err_context(err, "tenant migrations");
}

static bool up_run(struct arena *own, const struct migrate_options *options,
                   struct migrate_report *report, struct arena *arena, struct gov_err *err)
{
    PGconn *conn = operator_open(options->conninfo, own, err);

    /* Waiting for another migrator may take longer than any lock_timeout. */
    return conn && dbsync_script(conn, "set lock_timeout = 0", err) &&
           query(own, conn, SQL_QUERIES_MIGRATION_LOCK, 1, &LOCK_KEY, err) &&
           dbsync_script(conn, "set lock_timeout = '30s'", err) &&
           public_up(own, conn, options, report, err) && logins_up(own, conn, options, err) &&
           texts_up(own, conn, err) && migrate_tenants(own, conn, options, report, arena, err);
}

/* Connections live in an arena of this call's own: a caller's would keep the lock after the return. */
bool migrate_up(const struct migrate_options *options, struct migrate_report *report,
                struct arena *arena, struct gov_err *err)
{
    struct arena own = { 0 };
    bool done;

    *report = (struct migrate_report){ 0 };
    done = up_run(&own, options, report, arena, err);
    arena_release(&own);
    return done;
}

static bool status_run(struct arena *own, const char *conninfo, struct migrate_status *status,
                       struct gov_err *err)
{
    PGconn *conn = operator_open(conninfo, own, err);
    PGresult *applied = conn ? applied_read(own, conn, err) : NULL;
    PGresult *stored, *tenants;

    if (!applied)
        return false;
    *status = (struct migrate_status){ .public_have = version_last(applied),
                                       .public_want = migrate_file_last(sql_public),
                                       .tenant_want = migrate_file_last(sql_tenant) };
    if (!status->public_have)
        return true;
    stored = query(own, conn, SQL_QUERIES_TENANT_MIGRATION_LIST, 0, NULL, err);
    tenants = query(own, conn, SQL_QUERIES_TENANT_VERSION_COUNT, 0, NULL, err);
    if (!stored || !tenants)
        return false;
    status->tenant_stored = version_last(stored);
    for (int row = 0; row < PQntuples(tenants); row++) {
        size_t count = (size_t)strtoul(PQgetvalue(tenants, row, 1), NULL, 10);

        status->tenants += count;
        if (atoi(PQgetvalue(tenants, row, 0)) < status->tenant_want)
            status->tenants_behind += count;
    }
    return true;
}

bool migrate_status_read(const char *conninfo, struct migrate_status *status, struct gov_err *err)
{
    struct arena own = { 0 };
    bool done = status_run(&own, conninfo, status, err);

    arena_release(&own);
    return done;
}

/* The names of files that `applied` lacks. NULL: one of them was applied with another text. */
static const char *const *missing(const PGresult *applied, const struct embedded *files, struct arena *arena,
                                  struct gov_err *err)
{
    const char **names = ARENA_ARRAY(arena, const char *, (size_t)migrate_file_last(files) + 1);
    size_t count = 0;

    for (const struct embedded *file = files; file->name; file++) {
        int row = migrate_file_find(applied, migrate_file_version(file));

        if (row >= 0 && !migrate_file_same(applied, row, file)) {
            edited_fail(err, file);
            return NULL;
        }
        if (row < 0)
            names[count++] = file->name;
    }
    return names;
}

static bool plan_run(struct arena *own, const char *conninfo, struct migrate_plan *plan, struct arena *arena,
                     struct gov_err *err)
{
    struct migrate_status status;
    PGconn *conn = operator_open(conninfo, own, err);
    PGresult *applied = conn ? applied_read(own, conn, err) : NULL, *stored;

    if (!applied)
        return false;
    /* A database that is empty has no list of what tenants get either: all of it is missing. */
    stored = version_last(applied) ? query(own, conn, SQL_QUERIES_TENANT_MIGRATION_LIST, 0, NULL, err) : applied;
    if (!stored || !status_run(own, conninfo, &status, err))
        return false;
    *plan = (struct migrate_plan){ .public_files = missing(applied, sql_public, arena, err),
                                   .tenant_files = missing(stored, sql_tenant, arena, err),
                                   .tenants = status.tenants_behind };
    return plan->public_files && plan->tenant_files;
}

bool migrate_plan_read(const char *conninfo, struct migrate_plan *plan, struct arena *arena, struct gov_err *err)
{
    struct arena own = { 0 };
    bool done = plan_run(&own, conninfo, plan, arena, err);

    arena_release(&own);
    return done;
}
