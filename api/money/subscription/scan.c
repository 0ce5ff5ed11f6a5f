/* /v1/platform/lifecycle/scans: a dry run with its digest; applying exactly what it showed; what runs there were.
 *
 * A dry run reads on a pool thread with a connection of its own: it may read a million rows, and the loop goes on. */
#include <string.h>

#include "api/audit.h"
#include "api/money/money.h"
#include "api/money/subscription/check.h"
#include "api/money/subscription/customer_name.h"
#include "api/page.h"
#include "core/base/clock.h"
#include "core/io/db/dbsync.h"
#include "core/io/op/op_work.h"
#include "core/store/scan/preview.h"
#include "core/store/scan/scan.h"

struct scan {
    struct endpoint endpoint;
    struct page page;
    bool dry_run, release_brake, accept_gap;
    int64_t as_of_us, limit;
    const char *digest, *action;
    struct id id;
    const char *conninfo;
    json_t *lines;
    struct preview preview;
    struct db_rows rows, missing, names;
};

/* --- a dry run, on a pool thread --- */

static bool line(void *self, const struct preview_line *l)
{
    struct scan *e = self;
    char due[CLOCK_TEXT_BYTES];

    if ((int64_t)json_array_size(e->lines) >= e->limit)
        return false;
    json_array_append_new(e->lines, json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:s}", "subscription_id", l->subscription,
                                              "period_no", l->period_no, "action", l->action, "window", l->window, "status",
                                              l->status, "due_at", clock_format(l->due_us, due), "from_state", l->from_state,
                                              "to_state", l->to_state));
    return true;
}

static bool look(void *context, struct gov_err *err)
{
    struct scan *e = context;
    struct arena arena;
    struct preview_options options = { .as_of_us = e->as_of_us, .action = e->action, .line = line, .self = e };

    arena_init(&arena);
    PGconn *conn = dbsync_open(&arena, e->conninfo, "execgov-api dry run", err);
    bool good = conn && preview_run(conn, &options, &e->preview, err);
    arena_release(&arena);
    return good;
}

#define AT(member) offsetof(struct scan, member)
static const char *const actions[] = { "prefill", "remind", "grace", "shutdown", "cancel", "propose", NULL };
static const struct json_field fields[] = {
    { "dry_run", JSON_FIELD_BOOL, true, AT(dry_run), 0, 0, NULL },
    { "as_of", JSON_FIELD_TIME, false, AT(as_of_us), 0, 0, NULL },
    { "action", JSON_FIELD_TEXT, false, AT(action), 0, 0, actions },
    { "limit", JSON_FIELD_INT, false, AT(limit), 0, 10000, NULL },
    { "preview_digest", JSON_FIELD_TEXT, false, AT(digest), 64, 64, NULL },
    { "release_brake", JSON_FIELD_BOOL, false, AT(release_brake), 0, 0, NULL },
    { "accept_gap", JSON_FIELD_BOOL, false, AT(accept_gap), 0, 0, NULL },
};

static bool fits(struct scan *e, struct gov_err *err)
{
    if (e->dry_run)
        return true;
    if (!e->digest || !e->as_of_us)
        return gov_fail_at(err, GOV_INVALID_INPUT, "/preview_digest", "required",
                           "make a dry run first, then give its as_of and its digest",
                           "请先试运行（dry_run），再给出其 as_of 与摘要");
    return true;
}

static enum op_next begin(struct op *op)
{
    struct scan *e = (struct scan *)op;
    struct call *call = e->endpoint.call;

    e->limit = 200;
    if (!CALL_BODY(call, op, fields, e) || !fits(e, &op->err))
        return OP_FAIL;
    if (e->dry_run) {
        e->conninfo = arena_format(&op->arena, "%s user=execgov_platform", call->api->settings.pg);
        e->lines = json_own(&op->arena, json_array());
        op_work(op, look, e);
        return OP_WAIT;
    }
    e->id = id_new();
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    struct audit_row row = { NULL, audit_actor(call), "money", "scan.requested", "scan", e->id.text };
    DB_GROUP_ADD(g, SQL_QUERIES_SCAN_RUN_REQUEST, NULL, e->id.text,
                 arena_format(&op->arena, "%lld", (long long)e->as_of_us), e->digest, e->release_brake ? "true" : "false",
                 e->accept_gap ? "true" : "false", call->caller.user.text);
    audit_add(g, call, &row, json_pack("{s:s, s:b, s:b}", "digest", e->digest, "release_brake", e->release_brake,
                                       "accept_gap", e->accept_gap));
    DB_GROUP_ADD(g, SQL_QUERIES_SCAN_RUN_PAGE, &e->rows, NULL, "1", e->id.text);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next missing(struct op *op)
{
    struct scan *e = (struct scan *)op;

    if (!e->dry_run)
        return OP_NEXT;
    DB_QUERY(op, e->endpoint.call->api->db, &DB_PUBLIC, SQL_QUERIES_CALENDAR_MISSING, &e->missing,
             arena_format(&op->arena, "%lld", (long long)e->preview.as_of_us));
    customer_names_ask(op, e->endpoint.call, e->lines, &e->names);
    return OP_WAIT;
}

static enum op_next show(struct op *op)
{
    struct scan *e = (struct scan *)op;
    char as_of[CLOCK_TEXT_BYTES];

    if (!e->dry_run)
        return page_one(e->endpoint.call, 202, &e->rows, &op->err) ? OP_DONE : OP_FAIL;
    json_t *counts = json_parse(&op->arena, scan_counts_json(&e->preview.counts, &op->arena),
                                strlen(scan_counts_json(&e->preview.counts, &op->arena)), &op->err);
    customer_names_put(e->lines, &e->names, &op->arena);
    json_object_set_new(counts, "unreadable", json_integer((json_int_t)e->preview.unreadable));
    call_json(e->endpoint.call, 200, json_pack("{s:b, s:s, s:s, s:O, s:I, s:O, s:o}", "dry_run", 1, "as_of",
                                               clock_format(e->preview.as_of_us, as_of), "preview_digest", e->preview.digest,
                                               "counts", counts, "lines", (json_int_t)e->preview.lines, "items", e->lines,
                                               "warnings", check_warnings(e->endpoint.call, &e->missing)));
    return OP_DONE;
}

const struct op_step scan_create_steps[] = { { "begin", begin }, { "missing", missing }, { "show", show }, { 0 } };
const size_t scan_create_bytes = sizeof(struct scan);

/* --- runs there were --- */

static enum op_next list(struct op *op)
{
    struct scan *e = (struct scan *)op;

    if (!page_read(e->endpoint.call, PAGE_OF_IDS, &e->page, &op->err))
        return OP_FAIL;
    DB_QUERY(op, e->endpoint.call->api->db, &DB_PUBLIC, SQL_QUERIES_SCAN_RUN_PAGE, &e->rows, e->page.before, e->page.limit,
             NULL);
    return OP_WAIT;
}

static enum op_next list_leave(struct op *op)
{
    struct scan *e = (struct scan *)op;
    page_answer(e->endpoint.call, &e->page, &e->rows);
    return OP_DONE;
}

const struct op_step scan_list_steps[] = { { "list", list }, { "leave", list_leave }, { 0 } };
const size_t scan_list_bytes = sizeof(struct scan);

static enum op_next get(struct op *op)
{
    struct scan *e = (struct scan *)op;

    if (!call_param_id(e->endpoint.call, 0, &e->id, &op->err))
        return OP_FAIL;
    DB_QUERY(op, e->endpoint.call->api->db, &DB_PUBLIC, SQL_QUERIES_SCAN_RUN_PAGE, &e->rows, NULL, "1", e->id.text);
    return OP_WAIT;
}

static enum op_next get_leave(struct op *op)
{
    struct scan *e = (struct scan *)op;
    return page_one(e->endpoint.call, 200, &e->rows, &op->err) ? OP_DONE : OP_FAIL;
}

const struct op_step scan_get_steps[] = { { "get", get }, { "leave", get_leave }, { 0 } };
const size_t scan_get_bytes = sizeof(struct scan);
