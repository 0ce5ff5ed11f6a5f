/* report_run.c - days -> head -> rows -> footer. What is written first and hashed is the body; the footer says what it was. */
#include "core/store/report/report_run.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "core/base/json.h"
#include "core/io/db/dbsync.h"
#include "core/store/report/report_sums.h"
#include "sql_queries.h"

enum { FLUSH_BYTES = 64 * 1024 };

struct run {
    const struct report_ask *ask;
    struct report_made *made;
    const struct zone *zone;
    int fd, currency; /* column; -1: none */
    struct buf out;
    crypto_hash_sha256_state hash;
    struct report_sums sums;
};

static const struct {
    const char *name;
    enum sql_queries query;
} statements[] = {
    { "orders", SQL_QUERIES_REPORT_ORDERS },
    { "payments", SQL_QUERIES_REPORT_PAYMENTS },
    { "unapplied", SQL_QUERIES_REPORT_UNAPPLIED },
    { "ageing", SQL_QUERIES_REPORT_AGEING },
    { "deferred-revenue", SQL_QUERIES_REPORT_DEFERRED_REVENUE },
    { "renewals-due", SQL_QUERIES_REPORT_RENEWALS_DUE },
    { "reminders", SQL_QUERIES_REPORT_REMINDERS },
    { "shutdowns", SQL_QUERIES_REPORT_SHUTDOWNS },
    { "reconciliation", SQL_QUERIES_REPORT_RECONCILIATION },
    { "invoices", SQL_QUERIES_REPORT_INVOICES },
    { "touches", SQL_QUERIES_REPORT_TOUCHES },
};

static const char *statement_of(const struct report *report)
{
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
        if (strcmp(statements[i].name, report->name) == 0)
            return sql_queries[statements[i].query].text;
    return NULL;
}

/* --- bytes --- */

static bool flush(struct run *r, struct gov_err *err)
{
    size_t at = 0;

    while (at < r->out.length) {
        ssize_t n = write(r->fd, r->out.data + at, r->out.length - at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return gov_fail_cause(err, GOV_FILES_UNAVAILABLE, "write a report: %s", strerror(errno));
        at += (size_t)n;
    }
    r->made->bytes += (int64_t)at;
    buf_clear(&r->out);
    return true;
}

/* What was added since `from` belongs to the body. */
static void hash_since(struct run *r, size_t from)
{
    crypto_hash_sha256_update(&r->hash, (const unsigned char *)r->out.data + from, r->out.length - from);
}

static const char *member_add(struct buf *out, const char *name, const char *value)
{
    buf_add_json_string(out, name, strlen(name));
    buf_add_char(out, ':');
    if (value)
        buf_add_json_string(out, value, strlen(value));
    else
        buf_add_text(out, "null");
    return ",";
}

static void head(struct run *r)
{
    const struct report *report = r->ask->report;
    const struct report_made *m = r->made;
    size_t from;

    if (!r->ask->json) {
        if (r->ask->bom)
            buf_add_text(&r->out, "\xEF\xBB\xBF");
        from = r->out.length;
        for (const struct report_column *c = report->columns; c->name; c++) {
            buf_add_text(&r->out, c == report->columns ? "" : ",");
            report_csv_cell(&r->out, REPORT_TEXT, gov_text_in(c->heading, r->ask->language), NULL, NULL);
        }
        buf_add_text(&r->out, "\r\n");
        hash_since(r, from);
        return;
    }
    buf_add_char(&r->out, '{');
    buf_add_text(&r->out, member_add(&r->out, "report", report->name));
    buf_add_text(&r->out, member_add(&r->out, "title", gov_text_in(report->title, r->ask->language)));
    if (report->span != REPORT_AS_OF) {
        buf_add_text(&r->out, member_add(&r->out, "from", m->from));
        buf_add_text(&r->out, member_add(&r->out, "to", m->to));
    } else {
        buf_add_text(&r->out, member_add(&r->out, "as_of", m->as_of));
    }
    buf_add_text(&r->out, member_add(&r->out, "timezone", m->zone));
    buf_add_text(&r->out, member_add(&r->out, "currency", r->ask->currency));
    buf_add_text(&r->out, "\"items\":[");
}

/* --- rows --- */

static const char *cell(const PGresult *row, int column)
{
    return PQgetisnull(row, 0, column) ? NULL : PQgetvalue(row, 0, column);
}

static void csv_row(struct run *r, const PGresult *row, const char *currency)
{
    size_t from = r->out.length;
    int i = 0;

    for (const struct report_column *c = r->ask->report->columns; c->name; c++, i++) {
        if (i)
            buf_add_char(&r->out, ',');
        report_csv_cell(&r->out, c->kind, cell(row, i), currency, r->zone);
    }
    buf_add_text(&r->out, "\r\n");
    hash_since(r, from);
}

static void json_row(struct run *r, const PGresult *row, const char *currency)
{
    json_t *item = json_object();
    size_t from;
    int i = 0;

    for (const struct report_column *c = r->ask->report->columns; c->name; c++, i++)
        json_object_set_new(item, c->name, report_json_cell(c->kind, cell(row, i), currency));
    buf_add_text(&r->out, r->made->rows ? ",\n" : "\n");
    from = r->out.length;
    json_write(item, &r->out);
    hash_since(r, from);
    crypto_hash_sha256_update(&r->hash, (const unsigned char *)"\n", 1);
    json_decref(item);
}

static bool row_add(struct run *r, const PGresult *row, struct gov_err *err)
{
    const char *currency = r->currency >= 0 ? cell(row, r->currency) : NULL;
    int i = 0;

    for (const struct report_column *c = r->ask->report->columns; c->name; c++, i++)
        if (!report_sums_add(&r->sums, (size_t)i, c, cell(row, i), currency))
            return gov_fail(err, GOV_CONFLICT, "the sum of a column is too large; ask for fewer days",
                            "某列合计超出范围，请缩短日期范围");
    if (r->ask->json)
        json_row(r, row, currency);
    else
        csv_row(r, row, currency);
    r->made->rows++;
    return r->out.length < FLUSH_BYTES || flush(r, err);
}

static bool rows(struct run *r, PGconn *conn, struct gov_err *err)
{
    const struct report_made *m = r->made;
    const char *params[] = { m->from, m->to, m->as_of, m->zone, r->ask->currency };
    const char *sql = statement_of(r->ask->report);
    PGresult *result;
    bool good = true;

    if (!PQsendQueryParams(conn, sql, 5, NULL, params, NULL, NULL, 0) || !PQsetSingleRowMode(conn))
        return dbsync_fail(conn, NULL, sql, err);
    while ((result = PQgetResult(conn))) {
        if (PQresultStatus(result) == PGRES_SINGLE_TUPLE)
            good = good && row_add(r, result, err);
        else if (PQresultStatus(result) != PGRES_TUPLES_OK && good)
            good = dbsync_fail(conn, result, sql, err);
        PQclear(result);
    }
    return good;
}

/* --- footer --- */

/* A line with `first` in its first field, and below each column its sum. */
static void sum_line(struct run *r, const char *first, const char *currency, const int64_t *values)
{
    char number[24];
    int i = 0;

    buf_add_text(&r->out, first);
    for (const struct report_column *c = r->ask->report->columns; c->name; c++, i++) {
        if (i)
            buf_add_char(&r->out, ',');
        if (!values || !c->sum || (c->kind == REPORT_MONEY) != (currency != NULL))
            continue;
        snprintf(number, sizeof number, "%lld", (long long)values[i]);
        report_csv_cell(&r->out, c->kind, number, currency, NULL);
    }
    buf_add_text(&r->out, "\r\n");
}

static void csv_footer(struct run *r)
{
    char first[100];

    snprintf(first, sizeof first, "# rows %lld", (long long)r->made->rows);
    sum_line(r, first, NULL, NULL);
    if (report_sums_whole(r->ask->report))
        sum_line(r, "# sum", NULL, r->sums.whole);
    for (int i = 0; i < r->sums.currencies; i++) {
        snprintf(first, sizeof first, "# sum %s", r->sums.of[i].code);
        sum_line(r, first, r->sums.of[i].code, r->sums.of[i].minor);
    }
    snprintf(first, sizeof first, "# sha256 %s", r->made->sha256);
    sum_line(r, first, NULL, NULL);
}

static json_t *sums_json(const struct run *r, enum report_kind kind, const int64_t *values)
{
    json_t *sums = json_object();
    int i = 0;

    for (const struct report_column *c = r->ask->report->columns; c->name; c++, i++)
        if (c->sum && c->kind == kind)
            json_object_set_new(sums, c->name, json_integer(values[i]));
    return sums;
}

static void json_footer(struct run *r)
{
    json_t *sums = json_object(), *totals = sums_json(r, REPORT_WHOLE, r->sums.whole);

    for (int i = 0; i < r->sums.currencies; i++)
        json_object_set_new(sums, r->sums.of[i].code, sums_json(r, REPORT_MONEY, r->sums.of[i].minor));
    buf_addf(&r->out, "\n],\"rows\":%lld,\"sums\":", (long long)r->made->rows);
    json_write(sums, &r->out);
    buf_add_text(&r->out, ",\"totals\":");
    json_write(totals, &r->out);
    buf_addf(&r->out, ",\"sha256\":\"%s\"}\n", r->made->sha256);
    json_decref(sums);
    json_decref(totals);
}

/* --- the whole --- */

static bool days_settle(struct run *r, PGconn *conn, struct arena *arena, struct gov_err *err)
{
    const struct report_ask *a = r->ask;
    const char *params[] = { a->from, a->to, a->as_of, a->zone, a->report->span == REPORT_AHEAD ? "true" : "false" };
    PGresult *days = dbsync_query(arena, conn, sql_queries[SQL_QUERIES_REPORT_PARAMS].text, 5, params, err);
    struct report_made *m = r->made;

    if (!days)
        return false;
    snprintf(m->zone, sizeof m->zone, "%s", PQgetvalue(days, 0, 0));
    snprintf(m->from, sizeof m->from, "%s", PQgetvalue(days, 0, 1));
    snprintf(m->to, sizeof m->to, "%s", PQgetvalue(days, 0, 2));
    snprintf(m->as_of, sizeof m->as_of, "%s", PQgetvalue(days, 0, 3));
    r->zone = zone_read(m->zone, arena);
    if (a->report->span != REPORT_AS_OF && PQgetvalue(days, 0, 4)[0] == 't')
        return gov_fail_at(err, GOV_INVALID_INPUT, "from", "range",
                           "from %s to %s is no range of days: the first must not be after the last, nor more than ten years before",
                           "%s 至 %s 不是有效的日期范围：起始不得晚于截止，且跨度不超过十年", m->from, m->to);
    return true;
}

static bool make(struct run *r, PGconn *conn, struct arena *arena, struct gov_err *err)
{
    unsigned char hash[crypto_hash_sha256_BYTES];

    if (!days_settle(r, conn, arena, err))
        return false;
    head(r);
    if (!rows(r, conn, err))
        return false;
    crypto_hash_sha256_final(&r->hash, hash);
    sodium_bin2hex(r->made->sha256, sizeof r->made->sha256, hash, sizeof hash);
    if (r->ask->json)
        json_footer(r);
    else
        csv_footer(r);
    return flush(r, err);
}

bool report_run(PGconn *conn, const struct report_ask *ask, int fd, struct report_made *made, struct gov_err *err)
{
    struct arena arena;
    struct gov_err ignored;

    memset(made, 0, sizeof *made);
    arena_init(&arena);
    struct run *r = ARENA_NEW(&arena, struct run);
    r->ask = ask;
    r->made = made;
    r->fd = fd;
    r->currency = report_currency_column(ask->report);
    crypto_hash_sha256_init(&r->hash);
    bool good = dbsync_script(conn, "begin isolation level repeatable read read only", err) && make(r, conn, &arena, err);
    dbsync_script(conn, good ? "commit" : "rollback", &ignored);
    buf_release(&r->out);
    arena_release(&arena);
    return good;
}
