/* GET /v1/platform/reports/{name}: ask -> make (on a pool thread, into a nameless file) -> note -> send.
 *
 * The whole is made before the first byte leaves: a report that fails in the middle is an error and not half a file. Who
 * read which one is in the audit, with the digest that the file carries. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "api/audit.h"
#include "api/money/money.h"
#include "api/page.h"
#include "api/people/person.h"
#include "core/io/db/dbsync.h"
#include "core/io/op/op_work.h"
#include "core/model/money.h"
#include "core/store/report/report_run.h"

/* Pool threads are for everybody's files and passwords. */
enum { REPORTS_AT_ONCE_MAX = 2 };

struct report_read {
    struct endpoint endpoint;
    struct report_ask ask;
    struct report_made made;
    const char *conninfo;
    int fd; /* -1: none, or handed on */
    bool counted;
};

static void let_go(void *read)
{
    struct report_read *e = read;

    if (e->fd >= 0)
        close(e->fd);
    if (e->counted)
        e->endpoint.call->api->reports--;
}

/* --- the list --- */

static json_t *columns_json(struct call *call, const struct report *report)
{
    static const char *const kinds[] = { "text", "whole", "yes", "day", "moment", "money", "currency" };
    json_t *columns = json_array();

    for (const struct report_column *c = report->columns; c->name; c++)
        json_array_append_new(columns, json_pack("{s:s, s:s, s:s, s:b}", "name", c->name, "kind", kinds[c->kind], "heading",
                                                 gov_text_in(c->heading, call->language), "sum", c->sum));
    return columns;
}

static enum op_next list(struct op *op)
{
    static const char *const spans[] = { "range", "ahead", "as_of" };
    struct call *call = ((struct report_read *)op)->endpoint.call;
    const struct report *report;
    json_t *items = json_array();

    for (size_t i = 0; (report = report_at(i)); i++)
        json_array_append_new(items, json_pack("{s:s, s:s, s:s, s:o}", "name", report->name, "title",
                                               gov_text_in(report->title, call->language), "span", spans[report->span],
                                               "columns", columns_json(call, report)));
    call_list(call, items, NULL);
    return OP_DONE;
}

const struct op_step report_list_steps[] = { { "list", list }, { 0 } };
const size_t report_list_bytes = sizeof(struct report_read);

/* --- one --- */

static bool day_read(struct call *call, const char *name, const char **day, struct gov_err *err)
{
    struct civil date;

    *day = http_request_query(call->request, name);
    return !*day || civil_parse(*day, &date) ||
           gov_fail_at(err, GOV_INVALID_INPUT, name, "format", "must be a day like 2026-11-30", "须为形如 2026-11-30 的日期");
}

static bool currency_read(struct call *call, const char **currency, struct gov_err *err)
{
    *currency = http_request_query(call->request, "currency");
    return !*currency || money_exponent(*currency) >= 0 ||
           gov_fail_at(err, GOV_INVALID_INPUT, "currency", "unknown", "\"%.10s\" is no currency here; use a code like CNY",
                       "没有币种“%.10s”；请使用形如 CNY 的代码", *currency);
}

/* A day that the report does not look at would be passed over in silence; it is refused instead. */
static bool span_fits(const struct report_ask *ask, struct gov_err *err)
{
    if (ask->report->span == REPORT_AS_OF ? ask->from || ask->to : ask->as_of != NULL)
        return gov_fail_at(err, GOV_INVALID_INPUT, ask->as_of ? "as_of" : ask->from ? "from" : "to", "not_of_this_report",
                           ask->as_of ? "%s is of days from ... to, not as of one day" : "%s is as of one day, not from ... to",
                           ask->as_of ? "%s 按日期范围（from、to）统计，不支持 as_of" : "%s 按某一日（as_of）统计，不支持 from、to",
                           ask->report->name);
    return true;
}

static bool ask_read(struct report_read *e, struct gov_err *err)
{
    static const char *const formats[] = { "json", "csv", NULL }, *const yes_no[] = { "true", "false", NULL };
    struct call *call = e->endpoint.call;
    struct report_ask *a = &e->ask;
    const char *format, *bom;

    a->report = report_find(call->params[0]);
    if (!a->report)
        return gov_fail(err, GOV_NOT_FOUND, "there is no report \"%.40s\"; GET /v1/platform/reports lists them",
                        "没有报表“%.40s”；可用报表见 GET /v1/platform/reports", call->params[0]);
    if (!day_read(call, "from", &a->from, err) || !day_read(call, "to", &a->to, err) ||
        !day_read(call, "as_of", &a->as_of, err) || !span_fits(a, err) || !currency_read(call, &a->currency, err) ||
        !page_choice(call, "format", formats, &format, err) || !page_choice(call, "bom", yes_no, &bom, err))
        return false;
    a->zone = http_request_query(call->request, "timezone");
    a->language = call->language;
    a->json = !format || strcmp(format, "json") == 0;
    a->bom = bom ? strcmp(bom, "true") == 0 : call->language == GOV_ZH;
    return person_timezone_check(a->zone, err);
}

static bool make(void *context, struct gov_err *err)
{
    struct report_read *e = context;
    struct arena arena;

    e->fd = file_store_spool(e->endpoint.call->api->files);
    if (e->fd < 0)
        return gov_fail_cause(err, GOV_FILES_UNAVAILABLE, "a file for a report: %s", strerror(errno));
    arena_init(&arena);
    PGconn *conn = dbsync_open(&arena, e->conninfo, "execgov-api report", err);
    bool good = conn && report_run(conn, &e->ask, e->fd, &e->made, err);
    arena_release(&arena);
    return good;
}

static enum op_next begin(struct op *op)
{
    struct report_read *e = (struct report_read *)op;
    struct api *api = e->endpoint.call->api;

    e->fd = -1;
    arena_defer(&op->arena, let_go, e);
    if (!ask_read(e, &op->err))
        return OP_FAIL;
    if (api->reports >= REPORTS_AT_ONCE_MAX)
        return gov_fail(&op->err, GOV_OVERLOADED, "other reports are being made; try again in a moment",
                        "正在生成其他报表，请稍后重试"),
               OP_FAIL;
    api->reports++;
    e->counted = true;
    e->conninfo = arena_format(&op->arena, "%s user=execgov_platform", api->settings.pg);
    op_work(op, make, e);
    return OP_WAIT;
}

static enum op_next note(struct op *op)
{
    struct report_read *e = (struct report_read *)op;
    struct call *call = e->endpoint.call;
    bool as_of = e->ask.report->span == REPORT_AS_OF;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    struct audit_row row = { NULL, audit_actor(call), "money", "report.read", "report", e->ask.report->name };

    audit_add(g, call, &row, json_pack("{s:s, s:s, s:s, s:I, s:s}", "from", as_of ? e->made.as_of : e->made.from, "to",
                                       as_of ? e->made.as_of : e->made.to, "timezone", e->made.zone, "rows",
                                       (json_int_t)e->made.rows, "sha256", e->made.sha256));
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next send_it(struct op *op)
{
    struct report_read *e = (struct report_read *)op;
    struct call *call = e->endpoint.call;
    bool as_of = e->ask.report->span == REPORT_AS_OF;
    int fd = e->fd;

    e->fd = -1;
    call_taken(call);
    if (!e->ask.json)
        http_reply_attachment(call->request, arena_format(&op->arena, "%s-%s%s%s.csv", e->ask.report->name,
                                                          as_of ? e->made.as_of : e->made.from, as_of ? "" : "-",
                                                          as_of ? "" : e->made.to));
    http_reply_file(call->request, fd, 0, (uint64_t)e->made.bytes, 200,
                    e->ask.json ? "application/json" : "text/csv; charset=utf-8");
    return OP_DONE;
}

const struct op_step report_get_steps[] = { { "begin", begin }, { "note", note }, { "send", send_it }, { 0 } };
const size_t report_get_bytes = sizeof(struct report_read);
