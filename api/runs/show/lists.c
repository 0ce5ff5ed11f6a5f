/* GET /v1/runs and GET /v1/requests: read -> walk, again and again -> load -> leave. Newest first;
 * people without runs.read_all see their own.
 *
 * A state is derived, so no index finds "cancelled by its request". The rows are walked in windows by their ids until
 * there are enough that fit (of runs, and of requests that are nothing else, only what can be so, where no success is
 * asked for: most runs succeed); after WINDOWS_MAX of them the page is left as it is, perhaps empty, with a cursor
 * that goes on where the walk stopped. Nothing is passed over.
 */
#include <string.h>

#include "api/page.h"
#include "api/runs/runs.h"
#include "api/runs/show/show.h"
#include "core/base/clock.h"
#include "core/model/request.h"

enum { WINDOW_ROWS = 5000, UNSUCCESSFUL_ROWS = 500, WINDOWS_MAX = 20 };

/* A run by hand that waits for a confirmation has an older id than its job: by 30 days at the most. Clocks
 * of hosts may differ by an hour. */
#define ID_OLDER_US   (31ll * 24 * 3600 * 1000000)
#define ID_NEWER_US   (3600ll * 1000000)

struct lists {
    struct endpoint endpoint;
    struct page page;
    const char *states, *skill, *by, *since, *until; /* filters; NULL: none */
    bool narrow, live, unsuccessful; /* no success is asked for; what is among the states */
    const char *before, *not_below;                  /* ids between which is walked */
    int64_t window_rows;
    int windows;
    bool at_end;
    struct db_rows window, rows;
    const char **ids; /* that fit, newest first: one more than the page shows */
    int count;
};

/* From which rows a run of that state can come, beside those of requests. */
static void note_run(struct lists *e, enum run_state state)
{
    e->narrow &= state != RUN_SUCCEEDED;
    e->live |= state == RUN_QUEUED || state == RUN_RUNNING || state == RUN_HELD;
    e->unsuccessful |= run_state_ended(state) && state != RUN_SUCCEEDED;
}

/* The same of a request that is nothing but a run. */
static void note_request(struct lists *e, enum request_state state)
{
    e->narrow &= state != REQUEST_SUCCEEDED;
    e->live |= state == REQUEST_QUEUED || state == REQUEST_RUNNING;
    e->unsuccessful |= request_state_ended(state) && state != REQUEST_SUCCEEDED;
}

static const char *known_states(bool is_run, struct arena *arena)
{
    const char *all = is_run ? run_state_name(0) : request_state_name(0);

    for (int state = 1; state < (is_run ? (int)RUN_STATE_COUNT : (int)REQUEST_STATE_COUNT); state++)
        all = arena_format(arena, "%s, %s", all,
                           is_run ? run_state_name((enum run_state)state) : request_state_name((enum request_state)state));
    return all;
}

/* "queued,running" -> "{queued,running}"; names are checked. */
static bool states_array(struct lists *e, bool is_run, struct arena *arena, struct gov_err *err)
{
    struct call *call = e->endpoint.call;
    const char **array = &e->states;
    const char *text = http_request_query(call->request, "state");
    struct buf out = { 0 };
    bool good = true;

    *array = NULL;
    if (!text || !*text)
        return true;
    e->narrow = true;
    buf_add_char(&out, '{');
    while (*text && good) {
        size_t bytes = strcspn(text, ",");
        const char *name = arena_copy(arena, text, bytes);
        enum run_state run;
        enum request_state request;
        good = is_run ? run_state_parse(name, &run) : request_state_parse(name, &request);
        if (good && is_run)
            note_run(e, run);
        else if (good)
            note_request(e, request);
        if (!good)
            gov_fail_at(err, GOV_INVALID_INPUT, "state", "enum", "there is no state \"%.40s\"; there are %s",
                        "没有状态“%.40s”；可用：%s", name, known_states(is_run, arena));
        buf_addf(&out, "%s%s", out.length > 1 ? "," : "", name);
        text += bytes + (text[bytes] == ',');
    }
    buf_add_char(&out, '}');
    *array = arena_text(arena, out.data);
    buf_release(&out);
    return good;
}

/* The least id that was made at that moment. */
static const char *id_bound(int64_t us, struct arena *arena)
{
    uint64_t ms = us > 0 ? (uint64_t)us / 1000 : 0;

    return arena_format(arena, "%08llx-%04llx-0000-0000-000000000000",
                        (unsigned long long)(ms >> 16 & 0xffffffff), (unsigned long long)(ms & 0xffff));
}

static void bounds(struct lists *e, struct arena *arena)
{
    int64_t us;

    e->not_below = e->since && clock_parse(e->since, &us) ? id_bound(us - ID_OLDER_US, arena)
                                                          : "00000000-0000-0000-0000-000000000000";
    e->before = e->until && clock_parse(e->until, &us) ? id_bound(us + ID_NEWER_US, arena)
                                                       : "ffffffff-ffff-ffff-ffff-ffffffffffff";
    if (e->page.before && strcmp(e->page.before, e->before) < 0)
        e->before = e->page.before;
}

static enum op_next read_filters(struct op *op, bool is_run)
{
    struct lists *e = (struct lists *)op;
    struct call *call = e->endpoint.call;
    struct gov_err ignored;

    e->skill = http_request_query(call->request, "skill");
    if (!page_read(call, PAGE_OF_IDS, &e->page, &op->err) || !states_array(e, is_run, &op->arena, &op->err) ||
        !page_time(call, "since", &e->since, &op->err) || !page_time(call, "until", &e->until, &op->err) ||
        !page_id(call, "created_by", &e->by, &op->err))
        return OP_FAIL;
    if (!call_may(call, MAY_READ_ALL_RUNS, &ignored))
        e->by = call->caller.user.text;
    bounds(e, &op->arena);
    e->ids = ARENA_ARRAY(&op->arena, const char *, (size_t)e->page.size + 1);
    bool filtered = e->states || e->skill || e->by || e->since || e->until;
    e->window_rows = !filtered ? e->page.size + 1 : is_run && e->narrow ? UNSUCCESSFUL_ROWS : WINDOW_ROWS;
    return OP_NEXT;
}

/* What the last window had; where it ended the next one begins. */
static void collect(struct lists *e)
{
    struct arena *arena = &e->endpoint.op.arena;

    e->at_end = true;
    for (int i = 0; i < e->window.count; i++) {
        const char *id = arena_text(arena, db_text(&e->window, i, 0));
        if (db_bool(&e->window, i, 1)) {
            e->before = id;
            e->at_end = false;
        } else {
            e->ids[e->count++] = id;
        }
    }
}

static enum op_next walk(struct op *op, bool is_run)
{
    struct lists *e = (struct lists *)op;
    int64_t wanted = e->page.size + 1;

    if (e->windows)
        collect(e);
    if (e->at_end || e->count == wanted || e->windows == WINDOWS_MAX)
        return OP_NEXT;
    e->windows++;
    DB_QUERY(op, e->endpoint.call->api->db, &e->endpoint.call->caller.scope,
             is_run ? SQL_QUERIES_RUN_PAGE : SQL_QUERIES_REQUEST_PAGE, &e->window, e->before,
             arena_format(&op->arena, "%lld", (long long)wanted - e->count), e->states, e->skill, e->by,
             e->since, e->until, e->not_below,
             arena_format(&op->arena, "%lld", (long long)e->window_rows), e->narrow ? "false" : "true",
             e->live ? "true" : "false", e->unsuccessful ? "true" : "false");
    return OP_AGAIN;
}

static enum op_next load(struct op *op, bool is_run)
{
    struct lists *e = (struct lists *)op;
    struct call *call = e->endpoint.call;
    struct buf array = { 0 };

    for (int i = 0; i < e->count && i < e->page.size; i++)
        buf_addf(&array, "%s%s", i ? "," : "{", e->ids[i]);
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
    bool full = e->count > e->page.size;
    call_list(call, items, full ? e->ids[e->page.size - 1] : e->at_end ? NULL : e->before);
    return OP_DONE;
}

static enum op_next run_read(struct op *op)
{
    return read_filters(op, true);
}

static enum op_next run_walk(struct op *op)
{
    return walk(op, true);
}

static enum op_next run_load(struct op *op)
{
    return load(op, true);
}

static enum op_next run_leave(struct op *op)
{
    return leave(op, true);
}

static enum op_next request_read(struct op *op)
{
    return read_filters(op, false);
}

static enum op_next request_walk(struct op *op)
{
    return walk(op, false);
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
    { "read", run_read }, { "walk", run_walk }, { "load", run_load }, { "leave", run_leave }, { 0 }
};
const size_t run_list_bytes = sizeof(struct lists);

const struct op_step request_list_steps[] = {
    { "read", request_read },
    { "walk", request_walk },
    { "load", request_load },
    { "leave", request_leave },
    { 0 }
};
const size_t request_list_bytes = sizeof(struct lists);
