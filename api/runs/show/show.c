/* show.c - load -> load_otherwise -> load_run -> leave: one run or request as the answer. */
#include "api/runs/show/show.h"

#include <string.h>

#include "api/runs/show/show_parts.h"
#include "core/model/request.h"

static enum op_next load(struct op *op)
{
    struct show_one *s = (struct show_one *)op;
    struct db *db = s->call->api->db;
    const struct db_scope *scope = &s->call->caller.scope;

    if (s->loaded)
        return OP_NEXT;
    if (s->is_run)
        DB_QUERY(op, db, scope, SQL_QUERIES_RUN_JOB_SHOW, &s->run_rows, s->id.text);
    else
        DB_QUERY(op, db, scope, SQL_QUERIES_REQUEST_SHOW, &s->rows, arena_format(&op->arena, "{%s}", s->id.text),
                 s->call->caller.token_hash);
    return OP_WAIT;
}

/* A run that has no job yet is shown from its request. */
static enum op_next load_otherwise(struct op *op)
{
    struct show_one *s = (struct show_one *)op;

    if (s->is_run && s->run_rows.count == 0)
        DB_QUERY(op, s->call->api->db, &s->call->caller.scope, SQL_QUERIES_RUN_SHOW, &s->run_rows,
                 arena_format(&op->arena, "{%s}", s->id.text));
    return OP_WAIT;
}

/* Does the caller decide about it, or has he done so? */
static bool decides(const struct show_one *s)
{
    const char *me = s->call->caller.user.text;
    const json_t *c = db_json(&s->rows, 0, REQ_CONFIRMATION, &s->call->op.arena);
    const char *by = json_get_text(c, "decided_by");
    const json_t *vote;
    size_t i;

    json_array_foreach (json_object_get(c, "votes"), i, vote)
        if (strcmp(json_get_text(vote, "id"), me) == 0)
            return true;
    return json_get_bool(c, "may_decide", false) || (by && strcmp(by, me) == 0);
}

/* Whoever is to decide about a request may read it, whatever his role reads otherwise. */
static bool visible(const struct show_one *s, const char *created_by)
{
    struct gov_err ignored;

    return (created_by && strcmp(created_by, s->call->caller.user.text) == 0) ||
           call_may(s->call, MAY_READ_ALL_RUNS, &ignored) || (!s->is_run && decides(s));
}

static enum op_next load_run(struct op *op)
{
    struct show_one *s = (struct show_one *)op;
    const struct db_rows *r = s->is_run ? &s->run_rows : &s->rows;
    int by = s->is_run ? RUN_BY : REQ_BY;

    if (r->count == 0 || !visible(s, db_text(r, 0, by)))
        return gov_fail(&op->err, GOV_NOT_FOUND, "there is no such %s", "没有这个%s",
                        s->is_run ? "run" : "request"),
               OP_FAIL;
    const char *run = s->is_run ? NULL : db_text(r, 0, REQ_RUN);
    if (run)
        DB_QUERY(op, s->call->api->db, &s->call->caller.scope, SQL_QUERIES_RUN_SHOW, &s->run_rows,
                 arena_format(&op->arena, "{%s}", run));
    return OP_WAIT;
}

static bool has_settled(const struct show_one *s, const char *state)
{
    enum run_state run;
    enum request_state request;

    if (s->is_run)
        return run_state_parse(state, &run) &&
               (run == RUN_PLANNED || run_state_ended(run) || run_state_needs_person(run));
    return request_state_parse(state, &request) &&
           (request_state_ended(request) || request_state_needs_person(request));
}

static enum op_next leave(struct op *op)
{
    struct show_one *s = (struct show_one *)op;
    struct call *call = s->call;
    json_t *run = s->run_rows.count ? show_run(call, &s->run_rows, 0, &op->arena) : NULL;
    json_t *shown = s->is_run ? run : show_request(call, &s->rows, 0, run, &op->arena);
    const char *state = json_get_text(shown, "state");
    const char *fail = http_request_query(call->request, "fail");
    int status = s->otherwise ? s->otherwise : has_settled(s, state) ? 200 : 202;

    if (strcmp(call->request->method, "GET") == 0 || strcmp(call->request->method, "HEAD") == 0)
        status = 200;
    if (fail && strcmp(fail, "http") == 0 && strcmp(state, "failed") == 0)
        status = 422;
    call_json(call, status, shown);
    return OP_DONE;
}

static const struct op_step steps[] = {
    { "load", load }, { "load_otherwise", load_otherwise }, { "load_run", load_run }, { "leave", leave }, { 0 }
};

static void release(void *op)
{
    op_release(op);
}

void show_one(struct op *op, struct show_one *show, struct call *call, const struct id *id,
              bool is_run, int status)
{
    op_init(&show->op, "show_one", steps, op->loop, NULL);
    arena_defer(&op->arena, release, &show->op);
    show->call = call;
    show->id = *id;
    show->is_run = is_run;
    show->otherwise = status;
    op_call(op, &show->op);
}

void show_run_read(struct op *op, struct show_one *show, struct call *call, const struct id *id,
                   const struct db_rows *read, int status)
{
    show->loaded = read != NULL;
    if (read)
        show->run_rows = *read; /* the result lies in the arena of who read it */
    show_one(op, show, call, id, true, status);
}
