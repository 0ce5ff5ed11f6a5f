/* scan.c - clock -> brake -> batches.
 *
 * The clock is the database's. A clock that went back, or jumped by more than a day and a half, stops the run:
 * somebody has to say that the gap is real. The brake looks before anything is written: if more would be shut
 * down than is plausible, everything else is done and the shutdowns wait for a person. */
#include "core/store/scan/scan.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "core/base/log.h"
#include "core/io/db/dbsync.h"
#include "sql_queries.h"

static const int64_t GAP_MAX_US = 36LL * 3600 * 1000000;
static const char FIRST_ID[] = "00000000-0000-0000-0000-000000000000";

/* A run on its way. */
struct run {
    PGconn *conn;
    const struct scan_options *options;
    struct scan_report *report;
    struct scan_context context;
    struct arena arena; /* of the run */
    int64_t now_us, last_us, least, percent;
    bool due;           /* anything at all */
    bool brake;         /* shutdowns are kept off */
    int limit;          /* rows of the next batch */
    int64_t after_us;   /* the position: rows up to here were seen */
    char after_id[40];
};

static PGresult *ask(struct arena *arena, PGconn *conn, enum sql_queries query, int count, const char *const *params,
                     struct gov_err *err)
{
    return dbsync_query(arena, conn, sql_queries[query].text, count, params, err);
}

const char *scan_state_name(enum scan_state state)
{
    static const char *const names[] = { "done", "needs_approval", "refused", "stopped" };

    return names[state];
}

bool scan_context_load(PGconn *conn, struct scan_context *context, struct arena *arena, struct gov_err *err)
{
    PGresult *policies = ask(arena, conn, SQL_QUERIES_LIFECYCLE_POLICIES, 0, NULL, err);

    if (!policies)
        return false;
    scan_context_init(context, policies, arena);
    for (int i = 0; i < context->policy_count; i++) {
        PGresult *days = ask(arena, conn, SQL_QUERIES_BUSINESS_DAYS, 1, &context->calendars[i], err);

        if (!days)
            return false;
        scan_context_workdays(context, context->calendars[i], days);
    }
    return true;
}

/* --- the clock --- */

static int64_t cell(const PGresult *r, int column)
{
    return strtoll(PQgetvalue(r, 0, column), NULL, 10);
}

static bool clock_look(struct run *r, struct gov_err *err)
{
    struct scan_report *report = r->report;
    const char *as_of = r->options->as_of_us ? arena_format(&r->arena, "%lld", (long long)r->options->as_of_us) : NULL;
    PGresult *clock = ask(&r->arena, r->conn, SQL_QUERIES_LIFECYCLE_CLOCK, 1, &as_of, err);

    if (!clock)
        return false;
    r->now_us = cell(clock, 0);
    r->last_us = cell(clock, 1);
    r->least = cell(clock, 2);
    r->percent = cell(clock, 3);
    r->due = PQgetvalue(clock, 0, 4)[0] == 't';
    report->as_of_us = r->options->as_of_us ? r->options->as_of_us : r->now_us;
    report->variant = r->options->accept_gap || !r->last_us ? NULL :
                      r->now_us < r->last_us ? "clock_back" : r->now_us - r->last_us > GAP_MAX_US ? "gap" : NULL;
    report->problem = report->as_of_us > r->now_us ? "as_of lies in the future: only a dry run looks there" :
                      !report->variant ? NULL :
                      *report->variant == 'c' ? "the database's clock has gone back since the last scan" :
                                                "no scan for more than 36 hours";
    if (report->problem)
        report->state = SCAN_REFUSED;
    return true;
}

static bool clock_set(struct run *r, struct gov_err *err)
{
    const char *params[] = { arena_format(&r->arena, "%lld", (long long)r->report->as_of_us),
                             r->options->accept_gap ? "true" : "false" };

    /* Written at most once in five minutes: an idle platform is quiet. A gap that was accepted is over: a clock that
     * had run years ahead does not hold scans up until then. */
    if (!r->options->accept_gap && r->report->as_of_us - r->last_us < 300LL * 1000000)
        return true;
    return ask(&r->arena, r->conn, SQL_QUERIES_LIFECYCLE_CLOCK_SET, 2, params, err) != NULL;
}

/* --- pages of due rows --- */

static PGresult *page(struct run *r, struct arena *arena, enum sql_queries query, int limit, struct gov_err *err)
{
    struct db_param params[] = { { arena_format(arena, "%lld", (long long)r->report->as_of_us), 0 },
                                 { arena_format(arena, "%d", limit), 0 }, { arena_format(arena, "%lld", (long long)r->after_us), 0 },
                                 { r->after_id, 0 } };

    return dbsync_query_params(arena, r->conn, sql_queries[query].text, 4, params, true, err);
}

static void rewind_to_first(struct run *r)
{
    r->after_us = -8000000000000000LL; /* long before any subscription */
    memcpy(r->after_id, FIRST_ID, sizeof FIRST_ID);
}

static void step_behind(struct run *r, const struct scan_row *row)
{
    r->after_us = row->next_us;
    snprintf(r->after_id, sizeof r->after_id, "%s", row->id);
}

/* The percentage is of all that is live, which is counted only where it decides: an idle scan looks at one row. */
static bool brake_set(struct run *r, struct gov_err *err)
{
    PGresult *live = ask(&r->arena, r->conn, SQL_QUERIES_LIFECYCLE_LIVE, 0, NULL, err);
    int64_t most = live ? cell(live, 0) * r->percent / 100 : 0;

    r->report->brake = most > r->least ? most : r->least;
    return live != NULL;
}

/* How many would be shut down, of those whose days are over; stops counting where it is clear. */
static bool brake_look(struct run *r, struct gov_err *err)
{
    struct lifecycle_decision d;
    struct scan_row row;
    int64_t shut = 0;
    bool counted = false;

    r->report->brake = r->least;
    if (r->options->release_brake)
        return true;
    for (int got = SCAN_BATCH_DEFAULT; got == SCAN_BATCH_DEFAULT && shut <= r->report->brake;) {
        struct arena arena;
        PGresult *rows;

        arena_init(&arena);
        rows = page(r, &arena, SQL_QUERIES_LIFECYCLE_ENDS, SCAN_BATCH_DEFAULT, err);
        got = rows ? PQntuples(rows) : 0;
        for (int i = 0; i < got; i++) {
            bool known = scan_row_read_stored(&r->context, rows, i, &row);

            step_behind(r, &row);
            if (!known)
                continue;
            lifecycle_decide(&row.facts, row.policy, r->report->as_of_us, &d);
            shut += scan_shuts(&d);
        }
        arena_release(&arena);
        if (!rows || (shut > r->least && !counted && !brake_set(r, err)))
            return false;
        counted = shut > r->least;
    }
    r->brake = shut > r->report->brake;
    return true;
}

/* --- one batch --- */

static bool write_batch(struct run *r, struct arena *arena, struct scan_batch *b, struct gov_err *err)
{
    struct db_param params[SCAN_BATCH_ARRAYS + 2];
    PGresult *done;

    scan_batch_params(b, params);
    params[SCAN_BATCH_ARRAYS] = (struct db_param){ arena_format(arena, "%lld", (long long)r->report->as_of_us), 0 };
    params[SCAN_BATCH_ARRAYS + 1] = (struct db_param){ r->options->run, 0 };
    done = dbsync_query_params(arena, r->conn, sql_queries[SQL_QUERIES_LIFECYCLE_APPLY].text, SCAN_BATCH_ARRAYS + 2, params, false,
                               err);
    if (!done)
        return false;
    if (cell(done, 0) != b->rows)
        return gov_fail_cause(err, GOV_INTERNAL, "a locked subscription has changed: %lld of %d", (long long)cell(done, 0),
                              b->rows);
    const char *tenants = PQgetvalue(done, 0, 2);
    return strcmp(tenants, "{}") == 0 || ask(arena, r->conn, SQL_QUERIES_LIFECYCLE_RECOMPUTE, 1, &tenants, err);
}

/* Decide about `rows`. Rows that cannot be read fail alone, when the batch is down to them. */
static bool decide_all(struct run *r, const PGresult *rows, struct scan_batch *b, struct scan_row *last,
                       int64_t *held_back, struct gov_err *err)
{
    struct lifecycle_decision d;

    for (int i = 0; i < PQntuples(rows); i++) {
        if (!scan_row_read_stored(&r->context, rows, i, last))
            return gov_fail_cause(err, GOV_INTERNAL, "subscription %s: its state, policy or zone is not known", last->id);
        lifecycle_decide(&last->facts, last->policy, r->report->as_of_us, &d);
        if (r->brake && scan_shuts(&d))
            ++*held_back;
        else
            scan_batch_add(b, last, r->report->as_of_us, &d);
    }
    return true;
}

static void counts_add(struct scan_counts *to, const struct scan_counts *c)
{
    to->rows += c->rows;
    to->prefills += c->prefills;
    to->reminders += c->reminders;
    to->superseded += c->superseded;
    to->graces += c->graces;
    to->shutdowns += c->shutdowns;
    to->cancels += c->cancels;
    to->proposals += c->proposals;
    to->untold += c->untold;
}

/* Where nobody has analyzed the table since it was filled, a bitmap looks cheap, and each page sorts all that is due. */
static const char BEGIN[] = "begin; set local statement_timeout = '30s'; set local lock_timeout = '2s'; set local enable_bitmapscan = off";

/* The transaction of `rows`; its failure is in `failed`. */
static bool batch_try(struct run *r, struct arena *arena, int *got, struct scan_row *last, struct gov_err *failed)
{
    struct scan_batch b;
    int64_t held_back = 0;
    PGresult *rows = NULL;

    scan_batch_init(&b);
    bool good = dbsync_script(r->conn, BEGIN, failed) &&
                (rows = page(r, arena, SQL_QUERIES_LIFECYCLE_DUE, r->limit, failed)) != NULL;
    *got = rows ? PQntuples(rows) : 0;
    good = good && decide_all(r, rows, &b, last, &held_back, failed) &&
           (b.rows == 0 || write_batch(r, arena, &b, failed)) && dbsync_script(r->conn, "commit", failed);
    if (good) {
        counts_add(&r->report->counts, &b.counts);
        r->report->held_back += held_back;
    }
    scan_batch_release(&b);
    return good;
}

/* The only row of a batch has failed: put it off, and look behind it. One that another transaction stands in the way of has no
 * fault of its own: it stays due, and the next scan looks again. */
static bool row_put_off(struct run *r, struct arena *arena, const struct scan_row *row, const struct gov_err *why,
                        struct gov_err *err)
{
    log_error(LEVEL_WARN, why->contended ? "scan.row_locked" : "scan.row_put_off", why, LOG_FIELD("subscription", row->id));
    if (why->contended) {
        step_behind(r, row);
        return true;
    }
    r->report->failed++;
    const char *params[] = { row->id, why->cause[0] ? why->cause : why->en };
    if (!ask(arena, r->conn, SQL_QUERIES_LIFECYCLE_QUARANTINE, 2, params, err))
        return false;
    step_behind(r, row);
    return true;
}

static bool batch(struct run *r, bool *more, struct gov_err *err)
{
    struct gov_err failed = { 0 }, ignored;
    struct scan_row last = { 0 };
    struct arena arena;
    int got = 0;
    bool good;

    arena_init(&arena);
    good = batch_try(r, &arena, &got, &last, &failed);
    *more = true;
    if (good) {
        if (got)
            step_behind(r, &last);
        *more = got == r->limit;
        r->limit = r->limit * 2 < r->options->batch ? r->limit * 2 : r->options->batch;
    } else {
        dbsync_script(r->conn, "rollback", &ignored);
        if (failed.code == GOV_STORE_UNAVAILABLE || got == 0)
            *err = failed;
        else if (r->limit > 1)
            good = (r->limit = got > 1 ? got / 2 : 1) > 0;
        else
            good = row_put_off(r, &arena, &last, &failed, err);
    }
    arena_release(&arena);
    return good;
}

static bool stopped(const struct run *r)
{
    return r->options->stop && __atomic_load_n(r->options->stop, __ATOMIC_RELAXED);
}

static bool batches(struct run *r, struct gov_err *err)
{
    bool more = true;

    rewind_to_first(r);
    while (more && !stopped(r))
        if (!batch(r, &more, err))
            return false;
    r->report->state = more && stopped(r) ? SCAN_STOPPED : r->report->held_back ? SCAN_NEEDS_APPROVAL : SCAN_DONE;
    if (r->report->state == SCAN_STOPPED)
        r->report->problem = "stopped half way, because the daemon was asked to end; the next scan does the rest";
    return clock_set(r, err);
}

bool scan_run(PGconn *conn, const struct scan_options *options, struct scan_report *report, struct gov_err *err)
{
    struct scan_options with = *options;
    struct run *r;
    struct arena arena;
    bool good;

    if (with.batch <= 0)
        with.batch = SCAN_BATCH_DEFAULT;
    memset(report, 0, sizeof *report);
    arena_init(&arena);
    r = ARENA_NEW(&arena, struct run);
    r->conn = conn;
    r->options = &with;
    r->report = report;
    r->limit = with.batch;
    arena_init(&r->arena);
    rewind_to_first(r);
    good = clock_look(r, err) && (report->problem || !r->due ? report->problem || clock_set(r, err) : (scan_context_load(conn, &r->context, &r->arena, err) &&
                                                      brake_look(r, err) && batches(r, err)));
    arena_release(&r->arena);
    arena_release(&arena);
    return good;
}
