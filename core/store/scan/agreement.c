/* agreement.c - two ways to the same actions, compared by a sum of hashes: one way goes by subscription, the other by what is due
 * first, and neither is kept in memory. */
#include "core/store/scan/agreement.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/io/db/db_array.h"
#include "core/io/db/dbsync.h"
#include "core/store/scan/preview.h"
#include "core/store/scan/scan.h"
#include "sql_queries.h"

enum { PAGE_ROWS = 1000, KEY_PARTS = 4 };

/* $1 … $4 of lifecycle_taken.sql. */
static const enum db_array_type key_types[KEY_PARTS] = { DB_UUIDS, DB_INTS, DB_TEXTS, DB_TEXTS };

/* Of lines in any order. */
struct sum {
    uint64_t halves[2];
    int64_t lines;
};

struct look {
    PGconn *conn;
    struct arena *arena;
    struct agreement *agreement;
    struct scan_context context;
    struct sum dry, scan;
    struct db_array keys[KEY_PARTS]; /* of a page's actions */
};

static void fault_add(struct look *l, const char *subject, const char *detail)
{
    if (l->agreement->count < AGREEMENT_FAULTS_MAX)
        l->agreement->faults[l->agreement->count++] = (struct agreement_fault){ subject, detail };
}

static void sum_add(struct sum *sum, const struct preview_line *l)
{
    char text[400];
    uint64_t hash[2];
    int bytes = snprintf(text, sizeof text, "%s|%d|%s|%s|%s|%lld|%s|%s", l->subscription, l->period_no, l->action, l->window,
                         l->status, (long long)l->due_us, l->from_state, l->to_state);

    crypto_generichash((unsigned char *)hash, sizeof hash, (const unsigned char *)text, (size_t)bytes, NULL, 0);
    sum->halves[0] += hash[0];
    sum->halves[1] += hash[1];
    sum->lines++;
}

static bool dry_line(void *self, const struct preview_line *line)
{
    struct look *l = self;

    sum_add(&l->dry, line);
    return true;
}

/* --- the dry run, twice --- */

static bool dry_side(struct look *l, struct gov_err *err)
{
    struct preview_options options = { .as_of_us = l->agreement->as_of_us, .inside = true, .line = dry_line, .self = l };
    struct preview one, other;

    if (!preview_run(l->conn, &options, &one, err))
        return false;
    options.line = NULL;
    if (!preview_run(l->conn, &options, &other, err))
        return false;
    l->agreement->lines = one.lines;
    if (strcmp(one.digest, other.digest) != 0)
        fault_add(l, "dry run", arena_format(l->arena, "two looks at one snapshot have the digests %.12s… and %.12s…", one.digest,
                                             other.digest));
    return true;
}

/* --- as a scan does it --- */

static void key_add(struct look *l, const struct preview_line *line)
{
    db_array_add(&l->keys[0], line->subscription);
    db_array_add_int(&l->keys[1], line->period_no);
    db_array_add(&l->keys[2], line->action);
    db_array_add(&l->keys[3], line->window);
}

static void row_add(struct look *l, const PGresult *rows, int at, struct scan_row *row)
{
    struct lifecycle_decision d;
    struct preview_line line;
    char code[WINDOW_CODE_BYTES + 4];

    if (!scan_row_read_stored(&l->context, rows, at, row)) {
        preview_line_unreadable(row, &line);
        sum_add(&l->scan, &line);
        return;
    }
    lifecycle_decide(&row->facts, row->policy, l->agreement->as_of_us, &d);
    for (size_t i = 0; i < d.count; i++) {
        preview_line_of(row, &d, &d.actions[i], code, &line);
        sum_add(&l->scan, &line);
        key_add(l, &line);
    }
}

/* An action whose key is there: the dry run lists it, and a run would record nothing and tell nobody. */
static bool taken_look(struct look *l, struct arena *page, struct gov_err *err)
{
    struct db_param params[KEY_PARTS];

    for (int i = 0; i < KEY_PARTS; i++)
        params[i] = db_array_end(&l->keys[i]);
    PGresult *taken = dbsync_query_params(page, l->conn, sql_queries[SQL_QUERIES_LIFECYCLE_TAKEN].text, KEY_PARTS, params, false, err);
    for (int i = 0; taken && i < PQntuples(taken); i++)
        fault_add(l, arena_format(l->arena, "subscription %s", PQgetvalue(taken, i, 0)),
                  arena_format(l->arena, "%s %s of period %s is due, and a run would not do it: its key is there already",
                               PQgetvalue(taken, i, 2), PQgetvalue(taken, i, 3), PQgetvalue(taken, i, 1)));
    return taken != NULL;
}

static bool page_look(struct look *l, int64_t *after_us, char after_id[40], int *got, struct gov_err *err)
{
    struct arena page;
    struct scan_row row;

    arena_init(&page);
    for (int i = 0; i < KEY_PARTS; i++)
        l->keys[i] = (struct db_array){ .type = key_types[i] };
    struct db_param params[] = { { arena_format(&page, "%lld", (long long)l->agreement->as_of_us), 0 },
                                 { arena_format(&page, "%d", PAGE_ROWS), 0 }, { arena_format(&page, "%lld", (long long)*after_us), 0 },
                                 { after_id, 0 } };
    PGresult *rows = dbsync_query_params(&page, l->conn, sql_queries[SQL_QUERIES_LIFECYCLE_LOOK].text, 4, params, true, err);
    *got = rows ? PQntuples(rows) : 0;
    for (int i = 0; i < *got; i++)
        row_add(l, rows, i, &row);
    if (*got) {
        *after_us = row.next_us;
        snprintf(after_id, 40, "%s", row.id);
    }
    bool good = rows && (l->keys[0].count == 0 || taken_look(l, &page, err));
    for (int i = 0; i < KEY_PARTS; i++)
        db_array_release(&l->keys[i]);
    arena_release(&page);
    return good;
}

static bool scan_side(struct look *l, struct gov_err *err)
{
    int64_t after_us = -8000000000000000LL; /* long before any subscription */
    char after_id[40] = "00000000-0000-0000-0000-000000000000";
    int got = PAGE_ROWS;

    while (got == PAGE_ROWS)
        if (!page_look(l, &after_us, after_id, &got, err))
            return false;
    return true;
}

static bool look(struct look *l, int64_t ahead_us, struct gov_err *err)
{
    PGresult *now = dbsync_query(l->arena, l->conn, sql_queries[SQL_QUERIES_LIFECYCLE_NOW].text, 0, NULL, err);

    if (!now)
        return false;
    l->agreement->as_of_us = strtoll(PQgetvalue(now, 0, 0), NULL, 10) + ahead_us;
    if (!scan_context_load(l->conn, &l->context, l->arena, err) || !dry_side(l, err) || !scan_side(l, err))
        return false;
    if (memcmp(&l->dry, &l->scan, sizeof l->dry) != 0)
        fault_add(l, "dry run", arena_format(l->arena, "it lists %lld actions, a scan of the same rows decides on %lld, and they are "
                                             "not the same", (long long)l->dry.lines, (long long)l->scan.lines));
    return true;
}

bool agreement_look(PGconn *conn, int64_t ahead_us, struct arena *arena, struct agreement *agreement, struct gov_err *err)
{
    struct look *l = ARENA_NEW(arena, struct look);
    struct gov_err ignored;

    memset(agreement, 0, sizeof *agreement);
    *l = (struct look){ .conn = conn, .arena = arena, .agreement = agreement };
    bool good = dbsync_script(conn, "begin isolation level repeatable read read only", err) && look(l, ahead_us, err);
    dbsync_script(conn, "rollback", &ignored);
    return good;
}
