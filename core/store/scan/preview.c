/* preview.c - one row of the server at a time: memory does not grow with the number of subscriptions. */
#include "core/store/scan/preview.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "core/io/db/dbsync.h"
#include "core/store/scan/scan.h"
#include "sql_queries.h"

struct work {
    const struct preview_options *options;
    struct preview *preview;
    struct scan_context context;
    crypto_hash_sha256_state hash;
    bool shows; /* the reader wants more lines */
};

static void line_add(struct work *w, const struct preview_line *l, int64_t shutdown_due_us)
{
    char text[300];

    int length = snprintf(text, sizeof text, "%s|%d|%s|%s|%s|%lld|%s|%s|%lld\n", l->subscription, l->period_no, l->action,
                          l->window, l->status, (long long)l->due_us, l->from_state, l->to_state, (long long)shutdown_due_us);
    crypto_hash_sha256_update(&w->hash, (const unsigned char *)text, (unsigned long long)length);
    w->preview->lines++;
    if (w->shows && w->options->line)
        w->shows = w->options->line(w->options->self, l);
}

/* Whatever was asked for: nobody knows what would have become of it. */
static void unreadable_add(struct work *w, const struct scan_row *row)
{
    struct preview_line l = { row->id, row->period_no, "put_off", "", "unreadable", row->next_us, row->state, row->state };

    w->preview->unreadable++;
    line_add(w, &l, 0);
}

static void action_add(struct work *w, const struct scan_row *row, const struct lifecycle_decision *d,
                       const struct lifecycle_action *a)
{
    char code[WINDOW_CODE_BYTES + 4];
    struct preview_line l = { row->id, row->period_no, lifecycle_kind_name(a->kind),
                              lifecycle_window_code(row->policy, a->window, code), scan_status(a), a->due_us,
                              sub_state_name(row->facts.state), sub_state_name(d->after.state) };

    if (w->options->action && strcmp(w->options->action, l.action) != 0)
        return;
    line_add(w, &l, d->after.shutdown_due_us);
}

static void row_add(struct work *w, const PGresult *rows)
{
    struct lifecycle_decision d;
    struct scan_row row;

    if (!scan_row_read(&w->context, rows, 0, &row)) {
        unreadable_add(w, &row);
        return;
    }
    lifecycle_decide(&row.facts, row.policy, w->preview->as_of_us, &d);
    scan_count(&w->preview->counts, &d);
    for (size_t i = 0; i < d.count; i++)
        action_add(w, &row, &d, &d.actions[i]);
}

static bool stream(struct work *w, PGconn *conn, struct arena *arena, struct gov_err *err)
{
    const char *params[] = { arena_format(arena, "%lld", (long long)w->preview->as_of_us) };
    const char *sql = sql_queries[SQL_QUERIES_LIFECYCLE_PREVIEW].text;
    PGresult *result;
    bool good = true;

    if (!PQsendQueryParams(conn, sql, 1, NULL, params, NULL, NULL, 0) || !PQsetSingleRowMode(conn))
        return dbsync_fail(conn, NULL, sql, err);
    while ((result = PQgetResult(conn))) {
        if (PQresultStatus(result) == PGRES_SINGLE_TUPLE)
            row_add(w, result);
        else if (PQresultStatus(result) != PGRES_TUPLES_OK)
            good = dbsync_fail(conn, result, sql, err);
        PQclear(result);
    }
    return good;
}

static bool look(struct work *w, PGconn *conn, struct arena *arena, struct gov_err *err)
{
    PGresult *now = dbsync_query(arena, conn, sql_queries[SQL_QUERIES_LIFECYCLE_NOW].text, 0, NULL, err);

    if (!now)
        return false;
    w->preview->as_of_us = w->options->as_of_us ? w->options->as_of_us : strtoll(PQgetvalue(now, 0, 0), NULL, 10);
    return scan_context_load(conn, &w->context, arena, err) && stream(w, conn, arena, err);
}

bool preview_run(PGconn *conn, const struct preview_options *options, struct preview *preview, struct gov_err *err)
{
    struct arena arena;
    struct work *w;
    struct gov_err ignored;
    unsigned char hash[crypto_hash_sha256_BYTES];

    memset(preview, 0, sizeof *preview);
    arena_init(&arena);
    w = ARENA_NEW(&arena, struct work);
    w->options = options;
    w->preview = preview;
    w->shows = true;
    crypto_hash_sha256_init(&w->hash);
    bool good = dbsync_script(conn, "begin isolation level repeatable read read only", err) &&
                look(w, conn, &arena, err);
    if (good)
        good = dbsync_script(conn, "commit", err);
    else
        dbsync_script(conn, "rollback", &ignored);
    crypto_hash_sha256_final(&w->hash, hash);
    sodium_bin2hex(preview->digest, sizeof preview->digest, hash, sizeof hash);
    arena_release(&arena);
    return good;
}
