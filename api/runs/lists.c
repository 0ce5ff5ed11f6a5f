/* GET /v1/runs and GET /v1/requests: filter -> page -> show. Newest first; people without
 * runs.read_all see their own. */
#include <string.h>

#include "api/runs/runs.h"
#include "api/runs/show.h"
#include "core/base/clock.h"
#include "core/model/request.h"

struct lists {
    struct endpoint endpoint;
    struct call_page page;
    struct db_rows ids, rows;
    const char *array;
};

/* "queued,running" -> "{queued,running}"; names are checked. */
static bool states_array(struct call *call, bool is_run, const char **array, struct arena *arena,
                         struct gov_err *err)
{
    const char *text = http_request_query(call->request, "state");
    struct buf out = { 0 };
    bool good = true;

    *array = NULL;
    if (!text || !*text)
        return true;
    buf_add_char(&out, '{');
    while (*text && good) {
        size_t bytes = strcspn(text, ",");
        const char *name = arena_copy(arena, text, bytes);
        enum run_state run;
        enum request_state request;
        good = is_run ? run_state_parse(name, &run) : request_state_parse(name, &request);
        if (!good)
            gov_fail_at(err, GOV_INVALID_INPUT, "state", "enum", "there is no state \"%s\"",
                        "没有状态“%s”", name);
        buf_addf(&out, "%s%s", out.length > 1 ? "," : "", name);
        text += bytes + (text[bytes] == ',');
    }
    buf_add_char(&out, '}');
    *array = arena_text(arena, out.data);
    buf_release(&out);
    return good;
}

static bool time_filter(struct call *call, const char *name, const char **text, struct gov_err *err)
{
    int64_t us;
    *text = http_request_query(call->request, name);
    if (!*text || clock_parse(*text, &us))
        return true;
    return gov_fail_at(err, GOV_INVALID_INPUT, name, "format",
                       "must be a time like 2026-03-31T08:00:00Z (RFC 3339)",
                       "必须是形如 2026-03-31T08:00:00Z 的时间（RFC 3339）");
}

static bool id_filter(const char *text, const char *name, struct gov_err *err)
{
    struct id id;
    if (!text || !*text || id_parse(text, &id))
        return true;
    return gov_fail_at(err, GOV_INVALID_INPUT, name, "format", "must be a UUID", "必须是 UUID");
}

static enum op_next page_ids(struct op *op, bool is_run)
{
    struct lists *e = (struct lists *)op;
    struct call *call = e->endpoint.call;
    const char *states, *since, *until;
    const char *by = http_request_query(call->request, "created_by");
    struct gov_err ignored;

    if (!call_page(call, &e->page, &op->err) ||
        !states_array(call, is_run, &states, &op->arena, &op->err) ||
        !time_filter(call, "since", &since, &op->err) ||
        !time_filter(call, "until", &until, &op->err) || !id_filter(by, "created_by", &op->err) ||
        !id_filter(e->page.after, "cursor", &op->err))
        return OP_FAIL;
    if (!call_may(call, MAY_READ_ALL_RUNS, &ignored))
        by = call->caller.user.text;
    DB_QUERY(op, call->api->db, &call->caller.scope,
             is_run ? SQL_QUERIES_RUN_PAGE : SQL_QUERIES_REQUEST_PAGE, &e->ids,
             *e->page.after ? e->page.after : NULL,
             arena_format(&op->arena, "%lld", (long long)e->page.limit + 1), states,
             http_request_query(call->request, "skill"), by, since, until);
    return OP_WAIT;
}

static enum op_next load(struct op *op, bool is_run)
{
    struct lists *e = (struct lists *)op;
    struct call *call = e->endpoint.call;
    struct buf array = { 0 };

    for (int i = 0; i < e->ids.count && i < e->page.limit; i++)
        buf_addf(&array, "%s%s", i ? "," : "{", db_text(&e->ids, i, 0));
    buf_add_text(&array, array.length ? "}" : "{}");
    if (is_run)
        DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_RUN_SHOW, &e->rows, array.data);
    else
        DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_REQUEST_SHOW, &e->rows, array.data,
                 call->caller.token_hash);
    buf_release(&array);
    return OP_WAIT;
}

static enum op_next leave(struct op *op, bool is_run)
{
    struct lists *e = (struct lists *)op;
    struct call *call = e->endpoint.call;
    json_t *items = json_array();

    for (int i = 0; i < e->rows.count; i++)
        json_array_append_new(items, is_run ? show_run(call, &e->rows, i, &op->arena)
                                            : show_request(call, &e->rows, i, NULL, &op->arena));
    bool more = e->ids.count > e->page.limit;
    call_list(call, items, more ? db_text(&e->ids, (int)e->page.limit - 1, 0) : NULL);
    return OP_DONE;
}

static enum op_next run_ids(struct op *op)
{
    return page_ids(op, true);
}

static enum op_next run_load(struct op *op)
{
    return load(op, true);
}

static enum op_next run_leave(struct op *op)
{
    return leave(op, true);
}

static enum op_next request_ids(struct op *op)
{
    return page_ids(op, false);
}

static enum op_next request_load(struct op *op)
{
    return load(op, false);
}

static enum op_next request_leave(struct op *op)
{
    return leave(op, false);
}

const struct op_step run_list_steps[] = {
    { "page", run_ids }, { "load", run_load }, { "leave", run_leave }, { 0 }
};
const size_t run_list_bytes = sizeof(struct lists);

const struct op_step request_list_steps[] = {
    { "page", request_ids }, { "load", request_load }, { "leave", request_leave }, { 0 }
};
const size_t request_list_bytes = sizeof(struct lists);
