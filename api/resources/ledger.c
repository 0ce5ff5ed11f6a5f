/* GET /v1/http-resources: what this tenant was granted, to read: addresses, style of authentication, what
 * may be written, and what was called lately. */
#include <string.h>

#include "api/page.h"
#include "api/resources/resources.h"
#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/model/resource.h"

struct ledger {
    struct endpoint endpoint;
    struct page page;
    struct db_rows rows;
};

static enum op_next list(struct op *op)
{
    struct ledger *e = (struct ledger *)op;
    struct call *call = e->endpoint.call;

    if (!page_read(call, PAGE_OF_WORDS, &e->page, &op->err))
        return OP_FAIL;
    if (e->page.before && !text_slug_valid(e->page.before))
        return page_cursor_refuse(&op->err), OP_FAIL;
    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_MY_RESOURCE_PAGE, &e->rows,
             e->page.before, e->page.limit, NULL);
    return OP_WAIT;
}

static json_t *operations_json(struct call *call, const struct resource *r)
{
    json_t *list = json_array();

    for (size_t i = 0; i < r->operation_count; i++) {
        const struct resource_operation *o = &r->operations[i];
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:s, s:O}", "name", o->name, "method", o->method,
                            "path", o->path, "summary", gov_text_in(o->summary, call->language), "write",
                            o->write, "allowed", o->allowed, "risk", skill_risk_name(o->risk), "parameters",
                            o->parameters));
    }
    return list;
}

static json_t *time_or_null(const char *text)
{
    char iso[CLOCK_TEXT_BYTES], whole[64];
    int64_t us;

    snprintf(whole, sizeof whole, "%s:00", text ? text : "");
    return text && clock_parse(whole, &us) ? json_string(clock_format(us, iso)) : json_null();
}

static json_t *resource_json(struct ledger *e, int row)
{
    struct call *call = e->endpoint.call;
    struct arena *arena = &call->op.arena;
    struct resource r;
    struct gov_err err;
    json_t *calls = db_json(&e->rows, row, 4, arena);

    if (!resource_read(db_json(&e->rows, row, 1, arena), &r, arena, &err))
        return NULL;
    int64_t rate = db_int(&e->rows, row, 2);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:O, s:I, s:o, s:o}", "name",
                     db_text(&e->rows, row, 0), "kind", resource_kind_name(r.kind), "summary",
                     gov_text_in(r.summary, call->language), "base_url", r.base_url, "auth",
                     resource_auth_name(r.auth), "operations", operations_json(call, &r), "pages", r.pages,
                     "rate_per_minute", (json_int_t)(rate ? rate : r.rate_per_minute), "expires_at",
                     time_or_null(db_text(&e->rows, row, 3)), "recent_calls",
                     calls ? json_incref(calls) : json_array());
}

static enum op_next leave(struct op *op)
{
    struct ledger *e = (struct ledger *)op;
    json_t *items = json_array();

    for (int row = 0; row < page_shown(&e->page, &e->rows); row++) {
        json_t *one = resource_json(e, row);
        if (one)
            json_array_append_new(items, one);
    }
    call_list(e->endpoint.call, items, page_next(&e->page, &e->rows, 0));
    return OP_DONE;
}

const struct op_step http_ledger_steps[] = { { "list", list }, { "leave", leave }, { 0 } };
const size_t http_ledger_bytes = sizeof(struct ledger);
