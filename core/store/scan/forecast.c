/* forecast.c - context -> blocks of rows -> each lived through twice -> what differs. */
#include "core/store/scan/forecast.h"

#include <stdlib.h>
#include <string.h>

#include "core/io/db/dbsync.h"
#include "core/store/scan/scan.h"
#include "sql_queries.h"

enum { BLOCK_ROWS = 2000, STEPS_MAX = 64, TOLD_MAX = 40, F_FALLBACK = 22, F_OWN };
#define FETCH "fetch 2000 from forecast"
static const int64_t DAY_US = 86400LL * 1000000;

struct work {
    const struct forecast_ask *ask;
    struct forecast *forecast;
    struct scan_context context;
    struct lifecycle_policy terms;
    int64_t now_us;
    bool shows;
};

struct told {
    char window[WINDOW_CODE_BYTES + 4];
    int64_t at_us;
};

struct life {
    struct told told[TOLD_MAX];
    int count;
};

static const struct lifecycle_policy *policy_named(const struct work *w, const char *code)
{
    for (int i = 0; i < w->context.policy_count; i++)
        if (strcmp(w->context.codes[i], code) == 0)
            return &w->context.policies[i];
    return NULL;
}

/* A new version: windows that the one before had, too, are as old as they are; the others begin now. */
static void terms_complete(struct work *w)
{
    const struct lifecycle_policy *old = policy_named(w, w->ask->policy);

    w->terms = *w->ask->terms;
    for (int i = 0; i < LIFECYCLE_BEFORE_MAX && w->terms.before_days[i] > 0; i++) {
        w->terms.before_since_us[i] = old ? w->now_us : 0;
        for (int k = 0; old && k < LIFECYCLE_BEFORE_MAX && old->before_days[k] > 0; k++)
            if (old->before_days[k] == w->terms.before_days[i])
                w->terms.before_since_us[i] = old->before_since_us[k];
    }
    w->terms.workdays = NULL;
    for (int i = 0; i < w->context.policy_count; i++)
        if (strcmp(w->context.calendars[i], w->ask->calendar) == 0)
            w->terms.workdays = w->context.policies[i].workdays;
}

static void told_add(struct life *l, const struct lifecycle_policy *p, const struct lifecycle_action *a)
{
    char code[WINDOW_CODE_BYTES + 4];

    if (!a->send_us || l->count == TOLD_MAX)
        return;
    l->told[l->count].at_us = a->send_us;
    snprintf(l->told[l->count++].window, sizeof l->told->window, "%s", lifecycle_window_code(p, a->window, a->round, code));
}

static void live(const struct work *w, struct lifecycle_facts facts, const struct lifecycle_policy *p, struct life *l)
{
    int64_t until = w->now_us + FORECAST_DAYS * DAY_US, at = w->now_us;
    struct lifecycle_decision d;

    l->count = 0;
    for (int step = 0; step < STEPS_MAX && at <= until; step++) {
        lifecycle_decide(&facts, p, at, &d);
        for (size_t i = 0; i < d.count; i++)
            told_add(l, p, &d.actions[i]);
        if (!d.next_us)
            return;
        facts = d.after;
        at = d.next_us > at ? d.next_us : at + 1;
    }
}

/* A window may come twice in the days to come, when a period that ends is followed by its own grace days only: never the same one. */
static const struct told *find(const struct life *l, const char *window)
{
    for (int i = 0; i < l->count; i++)
        if (strcmp(l->told[i].window, window) == 0)
            return &l->told[i];
    return NULL;
}

static void line_add(struct work *w, const struct scan_row *row, const char *window, int64_t before_us, int64_t after_us)
{
    struct forecast_line line = { row->id, window, before_us, after_us };

    if (w->shows && w->ask->line)
        w->shows = w->ask->line(w->ask->self, &line);
}

static void compare(struct work *w, const struct scan_row *row, const struct life *before, const struct life *after)
{
    int differ = 0;

    for (int i = 0; i < before->count; i++) {
        const struct told *b = &before->told[i], *a = find(after, b->window);
        if (a && a->at_us == b->at_us)
            continue;
        line_add(w, row, b->window, b->at_us, a ? a->at_us : 0);
        differ++;
    }
    for (int i = 0; i < after->count; i++)
        if (!find(before, after->told[i].window)) {
            line_add(w, row, after->told[i].window, 0, after->told[i].at_us);
            differ++;
        }
    w->forecast->changed += differ > 0;
    w->forecast->before += before->count;
    w->forecast->after += after->count;
}

/* What it would have: terms that are new, a policy that is there, or what it falls back to. A subscription's own goes before its
 * edition's. */
static const struct lifecycle_policy *would_have(const struct work *w, const PGresult *rows, int at, const struct scan_row *row)
{
    if (w->ask->terms)
        return &w->terms;
    if (w->ask->edition && PQgetvalue(rows, at, F_OWN)[0] == 't')
        return row->policy;
    return policy_named(w, w->ask->choice ? w->ask->choice : PQgetvalue(rows, at, F_FALLBACK));
}

static void row_add(struct work *w, const PGresult *rows, int at)
{
    struct life before, after;
    struct scan_row row;
    const struct lifecycle_policy *p;

    w->forecast->subscriptions++;
    if (!scan_row_read(&w->context, rows, at, &row) || !(p = would_have(w, rows, at, &row))) {
        w->forecast->unreadable++;
        return;
    }
    live(w, row.facts, row.policy, &before);
    if (!w->ask->terms && p != row.policy)
        row.facts.policy_since_us = w->now_us;
    live(w, row.facts, p, &after);
    compare(w, &row, &before, &after);
}

static bool stream(struct work *w, PGconn *conn, struct gov_err *err)
{
    bool good = true;

    for (int got = BLOCK_ROWS; good && got == BLOCK_ROWS;) {
        struct arena arena;

        arena_init(&arena);
        PGresult *rows = dbsync_query(&arena, conn, FETCH, 0, NULL, err);
        good = rows != NULL;
        got = good ? PQntuples(rows) : 0;
        for (int i = 0; i < got; i++)
            row_add(w, rows, i);
        arena_release(&arena);
    }
    return good;
}

static bool look(struct work *w, PGconn *conn, struct arena *arena, struct gov_err *err)
{
    const struct forecast_ask *ask = w->ask;
    const char *params[] = { ask->policy, ask->edition, ask->subscription };
    PGresult *now = dbsync_query(arena, conn, sql_queries[SQL_QUERIES_LIFECYCLE_NOW].text, 0, NULL, err);

    if (!now || !scan_context_load(conn, &w->context, arena, err))
        return false;
    w->now_us = strtoll(PQgetvalue(now, 0, 0), NULL, 10);
    if (ask->terms)
        terms_complete(w);
    else if (ask->choice && !policy_named(w, ask->choice))
        return gov_fail(err, GOV_NOT_FOUND, "there is no reminder policy \"%.63s\"; GET /v1/platform/reminder-policies lists them",
                        "没有提醒策略“%.63s”；见 GET …/reminder-policies", ask->choice);
    return dbsync_query(arena, conn, arena_format(arena, "declare forecast no scroll cursor for %s",
                                                  sql_queries[SQL_QUERIES_REMINDER_FORECAST].text), 3, params, err) &&
           stream(w, conn, err);
}

bool forecast_run(PGconn *conn, const struct forecast_ask *ask, struct forecast *forecast, struct gov_err *err)
{
    struct arena arena;
    struct gov_err ignored;

    memset(forecast, 0, sizeof *forecast);
    arena_init(&arena);
    struct work *w = ARENA_NEW(&arena, struct work);
    w->ask = ask;
    w->forecast = forecast;
    w->shows = true;
    bool good = dbsync_script(conn, "begin isolation level repeatable read read only", err) && look(w, conn, &arena, err);
    dbsync_script(conn, good ? "commit" : "rollback", &ignored);
    arena_release(&arena);
    return good;
}
