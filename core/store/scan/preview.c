/* preview.c - a cursor read in binary blocks: memory does not grow with the number of subscriptions, and the server makes the
 * next block while this one is decided. Lines are written by hand and hashed many at a time by OpenSSL, which knows the
 * processor's instructions for it (libsodium's SHA-256 is plain C). */
#include "core/store/scan/preview.h"

#include <openssl/evp.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"

#include "core/io/db/dbsync.h"
#include "core/store/scan/scan.h"
#include "sql_queries.h"

enum { BLOCK_ROWS = 2000, TEXT_BYTES = 32768, LINE_BYTES = 400 };
#define FETCH "fetch 2000 from preview"

struct work {
    const struct preview_options *options;
    struct preview *preview;
    struct scan_context context;
    EVP_MD_CTX *hash;
    size_t length;  /* of text, which is not hashed yet */
    bool shows; /* the reader wants more lines */
    char text[TEXT_BYTES];
};

static void hash_text(struct work *w)
{
    CHECK(EVP_DigestUpdate(w->hash, w->text, w->length) == 1);
    w->length = 0;
}

/* What is written is a line's part of less than LINE_BYTES / 9; only ids and words of this program are. */
static void put_text(struct work *w, const char *text, char end)
{
    size_t bytes = strnlen(text, 40);

    memcpy(w->text + w->length, text, bytes);
    w->text[w->length + bytes] = end;
    w->length += bytes + 1;
}

static void put_number(struct work *w, int64_t number, char end)
{
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    char text[24], *at = text + sizeof text;

    *--at = '\0';
    do
        *--at = (char)('0' + rest % 10);
    while (rest /= 10);
    if (number < 0)
        *--at = '-';
    put_text(w, at, end);
}

/* The canonical line: the digest is of these. */
static void line_add(struct work *w, const struct preview_line *l, int64_t shutdown_due_us)
{
    if (w->length > TEXT_BYTES - LINE_BYTES)
        hash_text(w);
    put_text(w, l->subscription, '|');
    put_number(w, l->period_no, '|');
    put_text(w, l->action, '|');
    put_text(w, l->window, '|');
    put_text(w, l->status, '|');
    put_number(w, l->due_us, '|');
    put_text(w, l->from_state, '|');
    put_text(w, l->to_state, '|');
    put_number(w, shutdown_due_us, '\n');
    w->preview->lines++;
    if (w->shows && w->options->line)
        w->shows = w->options->line(w->options->self, l);
}

void preview_line_unreadable(const struct scan_row *row, struct preview_line *line)
{
    *line = (struct preview_line){ row->id, row->period_no, "put_off", "", "unreadable", row->next_us, row->state, row->state };
}

void preview_line_of(const struct scan_row *row, const struct lifecycle_decision *d, const struct lifecycle_action *a,
                     char code[WINDOW_CODE_BYTES + 4], struct preview_line *line)
{
    *line = (struct preview_line){ row->id, row->period_no, lifecycle_kind_name(a->kind),
                                   lifecycle_window_code(row->policy, a->window, a->round, code), scan_status(a), a->due_us,
                                   sub_state_name(row->facts.state), sub_state_name(d->after.state) };
}

/* Whatever was asked for: nobody knows what would have become of it. */
static void unreadable_add(struct work *w, const struct scan_row *row)
{
    struct preview_line l;

    preview_line_unreadable(row, &l);
    w->preview->unreadable++;
    line_add(w, &l, 0);
}

static void action_add(struct work *w, const struct scan_row *row, const struct lifecycle_decision *d,
                       const struct lifecycle_action *a)
{
    char code[WINDOW_CODE_BYTES + 4];
    struct preview_line l;

    preview_line_of(row, d, a, code, &l);
    if (w->options->action && strcmp(w->options->action, l.action) != 0)
        return;
    line_add(w, &l, d->after.shutdown_due_us);
}

static void row_add(struct work *w, const PGresult *rows, int at)
{
    struct lifecycle_decision d;
    struct scan_row row;

    if (!scan_row_read_stored(&w->context, rows, at, &row)) {
        unreadable_add(w, &row);
        return;
    }
    lifecycle_decide(&row.facts, row.policy, w->preview->as_of_us, &d);
    scan_count(&w->preview->counts, &d);
    for (size_t i = 0; i < d.count; i++)
        action_add(w, &row, &d, &d.actions[i]);
}

static bool ask(PGconn *conn, struct gov_err *err)
{
    return PQsendQueryParams(conn, FETCH, 0, NULL, NULL, NULL, NULL, 1) || dbsync_fail(conn, NULL, FETCH, err);
}

/* The answer to what was asked, all of it; NULL: `err` is filled. */
static PGresult *block(PGconn *conn, struct gov_err *err)
{
    PGresult *result = PQgetResult(conn);

    for (PGresult *more; (more = PQgetResult(conn));)
        PQclear(more);
    if (PQresultStatus(result) == PGRES_TUPLES_OK)
        return result;
    dbsync_fail(conn, result, FETCH, err);
    PQclear(result);
    return NULL;
}

static bool stream(struct work *w, PGconn *conn, struct arena *arena, struct gov_err *err)
{
    const char *params[] = { arena_format(arena, "%lld", (long long)w->preview->as_of_us) };
    const char *sql = arena_format(arena, "declare preview no scroll cursor for %s", sql_queries[SQL_QUERIES_LIFECYCLE_PREVIEW].text);
    bool good, more = true;

    /* All of it is read: the plan is to be the one for that, not the one that has its first rows soonest. */
    good = dbsync_script(conn, "set local cursor_tuple_fraction = 1", err) && dbsync_query(arena, conn, sql, 1, params, err) &&
           ask(conn, err);
    while (good && more) {
        PGresult *rows = block(conn, err);

        more = rows && PQntuples(rows) == BLOCK_ROWS;
        good = rows && (!more || ask(conn, err));
        for (int i = 0; good && i < PQntuples(rows); i++)
            row_add(w, rows, i);
        PQclear(rows);
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
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int bytes = 0;

    memset(preview, 0, sizeof *preview);
    arena_init(&arena);
    w = ARENA_NEW(&arena, struct work);
    w->options = options;
    w->preview = preview;
    w->shows = true;
    w->hash = EVP_MD_CTX_new();
    CHECK(w->hash && EVP_DigestInit_ex(w->hash, EVP_sha256(), NULL) == 1);
    bool good = (options->inside || dbsync_script(conn, "begin isolation level repeatable read read only", err)) &&
                look(w, conn, &arena, err);
    if (good)
        good = dbsync_script(conn, options->inside ? "close preview" : "commit", err);
    else if (!options->inside)
        dbsync_script(conn, "rollback", &ignored);
    hash_text(w);
    CHECK(EVP_DigestFinal_ex(w->hash, hash, &bytes) == 1);
    EVP_MD_CTX_free(w->hash);
    sodium_bin2hex(preview->digest, sizeof preview->digest, hash, bytes);
    arena_release(&arena);
    return good;
}
