#include "core/store/scan/order_time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/id.h"
#include "core/base/log.h"
#include "core/io/db/dbsync.h"
#include "core/model/money.h"
#include "sql_queries.h"

/* Columns of order_prefill.sql. */
enum { P_SUBSCRIPTION, P_CUSTOMER, P_EDITION, P_PRICE, P_TAX, P_INCLUSIVE, P_HOURS, P_PERIOD };

static PGresult *ask(struct arena *arena, PGconn *conn, enum sql_queries query, int count, const char *const *params,
                     struct gov_err *err)
{
    return dbsync_query(arena, conn, sql_queries[query].text, count, params, err);
}

static bool draft(PGconn *conn, const PGresult *rows, int row, int64_t *count, struct gov_err *err)
{
    struct money_taxed t;
    struct arena arena;
    struct id id = id_new();
    int64_t price = strtoll(PQgetvalue(rows, row, P_PRICE), NULL, 10);
    int64_t tax = strtoll(PQgetvalue(rows, row, P_TAX), NULL, 10);

    if (!money_tax(price, tax, PQgetvalue(rows, row, P_INCLUSIVE)[0] == 't', &t))
        return gov_fail_cause(err, GOV_INTERNAL, "a price that is too large: %lld", (long long)price);
    arena_init(&arena);
    const char *params[] = {
        id.text, PQgetvalue(rows, row, P_CUSTOMER), PQgetvalue(rows, row, P_SUBSCRIPTION), PQgetvalue(rows, row, P_PERIOD),
        PQgetvalue(rows, row, P_EDITION),
        arena_format(&arena, "%lld", (long long)t.total), arena_format(&arena, "%lld", (long long)t.tax),
        arena_format(&arena, "{\"unit_minor\": %lld, \"quantity\": 1, \"tax_bp\": %lld, \"total_minor\": %lld}",
                     (long long)price, (long long)tax, (long long)t.total),
        PQgetvalue(rows, row, P_HOURS)
    };
    PGresult *drafted = ask(&arena, conn, SQL_QUERIES_ORDER_DRAFT, 9, params, err);
    *count += drafted && !PQgetisnull(drafted, 0, 0);
    arena_release(&arena);
    return drafted != NULL;
}

/* What another transaction stands in the way of has not failed: it stays due. */
static void note_failed(struct order_times *times, const char *what, const char *of, const struct gov_err *why)
{
    log_error(LEVEL_WARN, why->contended ? "order.time_locked" : "order.time_failed", why, LOG_FIELD("what", what), LOG_FIELD("of", of));
    times->failed += !why->contended;
}

/* Page by page, by subscription: the next tick tries again what fails, and nothing waits behind it. */
static bool drafts(PGconn *conn, int batch, struct order_times *times, struct gov_err *err)
{
    char behind[40] = "00000000-0000-0000-0000-000000000000";
    struct gov_err failed;

    for (int got = batch; got == batch;) {
        struct arena arena;

        arena_init(&arena);
        const char *params[] = { arena_format(&arena, "%d", batch), behind };
        PGresult *rows = ask(&arena, conn, SQL_QUERIES_ORDER_PREFILL, 2, params, err);
        got = rows ? PQntuples(rows) : -1;
        for (int i = 0; i < got; i++)
            if (!draft(conn, rows, i, &times->drafted, &failed))
                note_failed(times, "draft", PQgetvalue(rows, i, P_SUBSCRIPTION), &failed);
        if (got > 0)
            snprintf(behind, sizeof behind, "%s", PQgetvalue(rows, got - 1, P_SUBSCRIPTION));
        arena_release(&arena);
        if (got < 0)
            return false;
    }
    return true;
}

static bool one(PGconn *conn, const char *what, const char *order, struct gov_err *failed)
{
    struct id instead = id_new();
    const char *params[] = { order, what, instead.text };
    struct arena arena;

    arena_init(&arena);
    bool good = ask(&arena, conn, SQL_QUERIES_ORDER_TIME, 3, params, failed) != NULL;
    arena_release(&arena);
    return good;
}

/* Not again at the next tick, but later each time. */
static void put_off(PGconn *conn, const char *what, const char *order, const struct gov_err *why)
{
    const char *params[] = { order, what, why->cause[0] ? why->cause : why->en };
    struct gov_err failed;
    struct arena arena;

    arena_init(&arena);
    if (!ask(&arena, conn, SQL_QUERIES_ORDER_TIME_FAILED, 3, params, &failed))
        log_error(LEVEL_WARN, "order.time_failed", &failed, LOG_FIELD("what", "put off"), LOG_FIELD("of", order));
    arena_release(&arena);
}

bool order_time_run(PGconn *conn, int batch, bool trusted, bool (*activate)(void *self, const char *order), void *self,
                    struct order_times *times, struct gov_err *err)
{
    struct gov_err failed;
    struct arena arena;
    PGresult *due = NULL;

    memset(times, 0, sizeof *times);
    arena_init(&arena);
    const char *limit = arena_format(&arena, "%d", batch);
    bool good = (!trusted || drafts(conn, batch, times, err)) &&
                (due = ask(&arena, conn, SQL_QUERIES_ORDER_DUE, 1, &limit, err)) != NULL;
    for (int i = 0; good && i < PQntuples(due); i++) {
        const char *what = PQgetvalue(due, i, 0), *order = PQgetvalue(due, i, 1);

        if (what[0] == 'a')
            times->activating += activate && activate(self, order);
        else if (trusted && !one(conn, what, order, &failed)) {
            note_failed(times, what, order, &failed);
            if (!failed.contended)
                put_off(conn, what, order, &failed);
        } else if (trusted)
            *(what[0] == 'p' ? &times->published : what[0] == 'r' ? &times->repriced : what[0] == 'l' ? &times->prolonged :
              &times->expired) += 1;
    }
    arena_release(&arena);
    return good;
}
