/* migrate_tenants.c - one tenant is one call of tenant_migrate, which is one transaction; a few
 * connections make such calls side by side.
 *
 * The connections are asynchronous and one poll(2) waits for all of them: threads would need a queue
 * with a lock for the same thing. A tenant whose tables are locked by running work (lock_timeout)
 * goes to the end of the list and is tried again; one that fails otherwise is reported, and the
 * others go on.
 */
#include "core/io/migrate/migrate_tenants.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "core/base/check.h"
#include "core/io/db/dbsync.h"
#include "core/io/migrate/migrate_file.h"
#include "sql_queries.h"
#include "sql_tenant.h"

enum { TRIES_MAX = 20 };

struct tenant {
    const char *schema;
    int tries;
};

struct lane {
    PGconn *conn;
    struct tenant *tenant; /* being migrated; NULL: free */
};

struct crew {
    struct lane lanes[MIGRATE_JOBS_MAX];
    int lane_count;
    struct tenant **queue; /* ring of tenants that wait */
    size_t total, head, waiting, busy;
    const struct migrate_options *options;
    struct migrate_report *report;
    const char **failures;
    struct arena *own;   /* the connections' */
    struct arena *arena; /* the failures' */
};

static bool crew_connect(struct crew *crew, struct gov_err *err)
{
    int wanted = crew->options->jobs ? crew->options->jobs : MIGRATE_JOBS_DEFAULT;

    CHECK(wanted > 0 && wanted <= MIGRATE_JOBS_MAX);
    for (int i = 0; i < wanted && (size_t)i < crew->total; i++) {
        struct lane *lane = &crew->lanes[i];

        lane->conn = dbsync_open(crew->own, crew->options->conninfo, "execgov migrate", err);
        if (!lane->conn ||
            !dbsync_script(lane->conn, "set search_path = pg_catalog; set lock_timeout = '2s'", err))
            return false;
        crew->lane_count++;
    }
    return true;
}

static void queue_push(struct crew *crew, struct tenant *tenant)
{
    crew->queue[(crew->head + crew->waiting) % crew->total] = tenant;
    crew->waiting++;
}

static struct tenant *queue_pop(struct crew *crew)
{
    struct tenant *tenant = crew->queue[crew->head];

    crew->head = (crew->head + 1) % crew->total;
    crew->waiting--;
    return tenant;
}

static bool lane_start(struct crew *crew, struct lane *lane, struct gov_err *err)
{
    const char *text = sql_queries[SQL_QUERIES_TENANT_MIGRATE].text;

    lane->tenant = queue_pop(crew);
    lane->tenant->tries++;
    if (!PQsendQueryParams(lane->conn, text, 1, NULL, &lane->tenant->schema, NULL, NULL, 0))
        return dbsync_fail(lane->conn, NULL, text, err);
    crew->busy++;
    return true;
}

static void tenant_ended(struct crew *crew, const struct tenant *tenant)
{
    struct migrate_report *report = crew->report;

    if (crew->options->progress)
        crew->options->progress(crew->options->progress_self, tenant->schema,
                                report->tenants_applied + report->tenants_failed, crew->total);
}

/* The lane's answer is there: take it and free the lane. */
static bool lane_finish(struct crew *crew, struct lane *lane, struct gov_err *err)
{
    struct tenant *tenant = lane->tenant;
    struct migrate_report *report = crew->report;
    PGresult *result = PQgetResult(lane->conn);
    struct gov_err fault = { 0 };
    bool lost;

    lane->tenant = NULL;
    crew->busy--;
    if (PQresultStatus(result) == PGRES_TUPLES_OK) {
        report->tenants_applied++;
        tenant_ended(crew, tenant);
    } else if (dbsync_retry_helps(result) && tenant->tries < TRIES_MAX) {
        queue_push(crew, tenant);
    } else {
        dbsync_fail(lane->conn, result, "tenant_migrate", &fault);
        crew->failures[report->tenants_failed++] =
            arena_format(crew->arena, "%s: %s", tenant->schema, fault.cause);
        tenant_ended(crew, tenant);
    }
    PQclear(result);
    while ((result = PQgetResult(lane->conn)))
        PQclear(result);
    lost = PQstatus(lane->conn) != CONNECTION_OK;
    return lost ? dbsync_fail(lane->conn, NULL, "tenant_migrate", err) : true;
}

/* Wait until some lane can be read, and take what has come. */
static bool crew_wait(struct crew *crew, struct gov_err *err)
{
    struct pollfd fds[MIGRATE_JOBS_MAX];

    for (int i = 0; i < crew->lane_count; i++)
        fds[i] = (struct pollfd){ .fd = crew->lanes[i].tenant ? PQsocket(crew->lanes[i].conn) : -1,
                                  .events = POLLIN };
    while (poll(fds, (nfds_t)crew->lane_count, -1) < 0)
        CHECK(errno == EINTR);
    for (int i = 0; i < crew->lane_count; i++) {
        struct lane *lane = &crew->lanes[i];

        if (!fds[i].revents)
            continue;
        if (!PQconsumeInput(lane->conn))
            return dbsync_fail(lane->conn, NULL, "tenant_migrate", err);
        if (!PQisBusy(lane->conn) && !lane_finish(crew, lane, err))
            return false;
    }
    return true;
}

static bool crew_run(struct crew *crew, struct gov_err *err)
{
    while (crew->waiting || crew->busy) {
        for (int i = 0; i < crew->lane_count && crew->waiting; i++)
            if (!crew->lanes[i].tenant && !lane_start(crew, &crew->lanes[i], err))
                return false;
        if (!crew_wait(crew, err))
            return false;
    }
    return true;
}

static bool crew_fill(struct crew *crew, PGconn *conn, struct gov_err *err)
{
    const char *version = arena_format(crew->own, "%d", migrate_file_last(sql_tenant));
    PGresult *behind = dbsync_query(crew->own, conn, sql_queries[SQL_QUERIES_TENANT_BEHIND].text,
                                    1, &version, err);
    struct tenant *tenants;

    if (!behind)
        return false;
    crew->total = (size_t)PQntuples(behind);
    tenants = ARENA_ARRAY(crew->own, struct tenant, crew->total + 1);
    crew->queue = ARENA_ARRAY(crew->own, struct tenant *, crew->total + 1);
    crew->failures = ARENA_ARRAY(crew->arena, const char *, crew->total + 1);
    for (size_t i = 0; i < crew->total; i++) {
        tenants[i].schema = PQgetvalue(behind, (int)i, 0);
        queue_push(crew, &tenants[i]);
    }
    return true;
}

bool migrate_tenants(struct arena *own, PGconn *conn, const struct migrate_options *options,
                     struct migrate_report *report, struct arena *arena, struct gov_err *err)
{
    struct crew crew = { .options = options, .report = report, .own = own, .arena = arena };

    if (!crew_fill(&crew, conn, err) || !crew_connect(&crew, err))
        return false;
    report->failures = crew.failures;
    if (!crew_run(&crew, err))
        return false;
    if (report->tenants_failed)
        return gov_fail_cause(err, GOV_INTERNAL, "%zu of %zu tenants could not be migrated",
                              report->tenants_failed, crew.total);
    return true;
}
