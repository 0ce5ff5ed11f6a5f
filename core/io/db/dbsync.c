/* dbsync.c - libpq, straight. */
#include "core/io/db/dbsync.h"

#include <string.h>

enum { TIMEOUT_S = 10 };

static void conn_close(void *conn)
{
    PQfinish(conn);
}

static void result_clear(void *result)
{
    PQclear(result);
}

/* NOTICEs of migrations ("does not exist, skipping") are nobody's concern. */
static void notice_drop(void *self, const PGresult *result)
{
    (void)self;
    (void)result;
}

PGconn *dbsync_open(struct arena *arena, const char *conninfo, const char *name,
                    struct gov_err *err)
{
    /* `dbname` takes a whole conninfo; what follows it wins, what precedes it is a default. */
    const char *timeout = arena_format(arena, "%d", TIMEOUT_S);
    const char *const keys[] = { "connect_timeout", "dbname", "application_name",
                                 "client_encoding", NULL };
    const char *const values[] = { timeout, conninfo, name, "UTF8", NULL };
    PGconn *conn = PQconnectdbParams(keys, values, 1);

    arena_defer(arena, conn_close, conn);
    if (PQstatus(conn) != CONNECTION_OK) {
        gov_fail_cause(err, GOV_STORE_UNAVAILABLE, "postgres: %s", PQerrorMessage(conn));
        return NULL;
    }
    PQsetNoticeReceiver(conn, notice_drop, NULL);
    return conn;
}

bool dbsync_fail(PGconn *conn, const PGresult *result, const char *sql, struct gov_err *err)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *message = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    const char *where = result ? PQresultErrorField(result, PG_DIAG_CONTEXT) : NULL;
    bool lost = PQstatus(conn) != CONNECTION_OK || (state && strncmp(state, "57P", 3) == 0);
    bool contended = !lost && result && dbsync_retry_helps(result);

    gov_fail_cause(err, lost ? GOV_STORE_UNAVAILABLE : contended ? GOV_OVERLOADED : GOV_INTERNAL,
                   "postgres: %s %s (%.60s%s%.160s)", state ? state : "-----",
                   message ? message : PQerrorMessage(conn), sql, where ? "; " : "", where ? where : "");
    err->contended = contended;
    return false;
}

bool dbsync_retry_helps(const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    return state && (!strcmp(state, "55P03") || !strcmp(state, "40P01") || !strcmp(state, "40001"));
}

static PGresult *answer(struct arena *arena, PGconn *conn, const char *sql, PGresult *result, struct gov_err *err)
{
    if (result)
        arena_defer(arena, result_clear, result);
    switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
        return result;
    default:
        dbsync_fail(conn, result, sql, err);
        return NULL;
    }
}

PGresult *dbsync_query(struct arena *arena, PGconn *conn, const char *sql, int count,
                       const char *const *values, struct gov_err *err)
{
    return answer(arena, conn, sql, PQexecParams(conn, sql, count, NULL, values, NULL, NULL, 0), err);
}

PGresult *dbsync_query_params(struct arena *arena, PGconn *conn, const char *sql, int count,
                              const struct db_param *params, bool stored, struct gov_err *err)
{
    const char **values = ARENA_ARRAY(arena, const char *, (size_t)count + 1);
    int *lengths = ARENA_ARRAY(arena, int, (size_t)count + 1), *formats = ARENA_ARRAY(arena, int, (size_t)count + 1);

    for (int i = 0; i < count; i++) {
        values[i] = params[i].data;
        lengths[i] = params[i].bytes;
        formats[i] = params[i].bytes > 0;
    }
    return answer(arena, conn, sql, PQexecParams(conn, sql, count, NULL, values, lengths, formats, stored), err);
}

bool dbsync_script(PGconn *conn, const char *sql, struct gov_err *err)
{
    PGresult *result = PQexec(conn, sql);
    ExecStatusType status = PQresultStatus(result);
    bool done = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;

    if (!done)
        dbsync_fail(conn, result, sql, err);
    PQclear(result);
    return done;
}
