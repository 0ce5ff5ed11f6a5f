/* POST /v1/runs/batch: up to 1,000 runs, each accepted or refused for itself.
 *
 *     parse -> plan, a wave at a time -> write -> push -> [the same once more] -> [one by one] -> answer
 *
 * Runs that may start at once enter in one transaction, together with the Idempotency-Key. What needs a
 * plan job (a confirmation, a delay, mode "plan") is accepted one by one before: a repeat while the first
 * call still runs, or after it died half-way, may make such a one again. So is all the rest where somebody
 * changes skills all the time, between the plans and the transaction.
 */
#include <string.h>

#include "api/runs/accept/accept.h"
#include "api/runs/runs.h"

enum { WAVE = 32, RUNS_MAX = 1000, ONE_BY_ONE = 2 };

struct element {
    struct run_wish wish;
    struct accept accept;
    struct gov_err err; /* of the wish itself */
    size_t at;
};

struct run_batch {
    struct endpoint endpoint;
    json_t *runs;  /* as asked */
    json_t *items; /* the answer's; null: not known yet */
    size_t at;     /* the first that is not begun */
    size_t begun;  /* of the present wave */
    struct element wave[WAVE];
    struct accept_item *together[RUNS_MAX]; /* what is written in one transaction, */
    size_t places[RUNS_MAX];                /* and which of the items that is */
    int count;
    int stale; /* how often that was refused, because a skill had changed since the plans */
    struct db_array columns[ACCEPT_COLUMNS];
    struct db_rows rows;
    struct gov_err err;
    bool written;
};

static void release_columns(void *what)
{
    struct db_array *columns = what;
    for (int c = 0; c < ACCEPT_COLUMNS; c++)
        db_array_release(&columns[c]);
}

static enum op_next parse(struct op *op)
{
    static const struct json_field fields[] = {
        { "runs", JSON_FIELD_ARRAY, true, offsetof(struct run_batch, runs), 1, RUNS_MAX, NULL },
    };
    struct run_batch *e = (struct run_batch *)op;

    if (!CALL_BODY(e->endpoint.call, op, fields, e))
        return OP_FAIL;
    if (json_array_size(e->runs) == 0)
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/runs", "min_items",
                           "give at least one run", "至少提供一个运行"),
               OP_FAIL;
    arena_defer(&op->arena, release_columns, e->columns);
    e->items = json_own(&op->arena, json_array());
    for (size_t i = 0; i < json_array_size(e->runs); i++)
        json_array_append_new(e->items, json_null());
    return OP_NEXT;
}

static json_t *refusal(struct call *call, const struct gov_err *err)
{
    json_t *errors = json_array();

    for (size_t i = 0; i < err->item_count; i++)
        json_array_append_new(errors, json_pack("{s:s, s:s, s:s}", "path", err->items[i].path, "code",
                                                err->items[i].code, "message",
                                                gov_text_in(err->items[i].message, call->language)));
    if (err->item_count == 0 && *err->path)
        json_array_append_new(errors, json_pack("{s:s, s:s, s:s}", "path", err->path, "code",
                                                *err->item ? err->item : gov_code_info(err->code)->wire,
                                                "message", gov_err_detail(err, call->language)));
    return json_pack("{s:{s:s, s:s, s:o}}", "error", "code", gov_code_info(err->code)->wire, "message",
                     gov_err_detail(err, call->language), "errors", errors);
}

/* --- plan --- */

static json_t *accepted(const char *id)
{
    return json_pack("{s:s, s:s}", "id", id, "request_id", id);
}

static void keep(struct run_batch *e, const struct element *el)
{
    struct arena *arena = &e->endpoint.op.arena;
    struct accept_item *item = ARENA_NEW(arena, struct accept_item);

    *item = el->accept.item;
    item->key = NULL; /* the answer's key is remembered for all of them */
    item->payload = arena_text(arena, item->payload);
    item->digest = arena_text(arena, item->digest);
    item->entry.action = arena_text(arena, item->entry.action);
    e->places[e->count] = el->at;
    e->together[e->count++] = item;
}

static void settle_wave(struct run_batch *e)
{
    struct call *call = e->endpoint.call;

    for (size_t i = 0; i < e->begun; i++) {
        struct element *el = &e->wave[i];
        const struct gov_err *err = el->err.code ? &el->err : &el->accept.op.err;
        if (el->err.code || el->accept.op.failed)
            json_array_set_new(e->items, el->at, refusal(call, err));
        else if (el->accept.batched && el->accept.gathered)
            keep(e, el);
        else
            json_array_set_new(e->items, el->at, accepted(el->accept.id.text));
        if (!el->err.code)
            op_release(&el->accept.op);
    }
    e->begun = 0;
}

static void begin(struct run_batch *e, struct element *el, size_t at)
{
    struct op *op = &e->endpoint.op;

    memset(&el->err, 0, sizeof el->err);
    el->at = at;
    if (!run_wish_read(e->endpoint.call, json_array_get(e->runs, at), &el->wish, &op->arena, &el->err))
        return;
    accept_init(&el->accept, op, e->endpoint.call, &el->wish);
    el->accept.keyless = true;
    el->accept.gathered = e->stale < ONE_BY_ONE;
    op_try(op, &el->accept.op);
}

static enum op_next plan_wave(struct op *op)
{
    struct run_batch *e = (struct run_batch *)op;

    settle_wave(e);
    if (e->at == json_array_size(e->runs))
        return OP_NEXT;
    while (e->begun < WAVE && e->at < json_array_size(e->runs)) {
        size_t at = e->at++;
        if (json_is_null(json_array_get(e->items, at)))
            begin(e, &e->wave[e->begun++], at);
    }
    return OP_AGAIN;
}

/* --- write --- */

static void leave_answer(struct run_batch *e)
{
    call_json(e->endpoint.call, 202, json_pack("{s:O}", "items", e->items));
}

static enum op_next write_together(struct op *op)
{
    struct run_batch *e = (struct run_batch *)op;
    struct call *call = e->endpoint.call;

    if (e->count == 0)
        return OP_NEXT;
    for (int i = 0; i < e->count; i++)
        json_array_set_new(e->items, e->places[i], accepted(e->together[i]->entry.job.text));
    leave_answer(e);
    release_columns(e->columns);
    memset(e->columns, 0, sizeof e->columns);
    struct db_group *g = db_group_new(op, call->api->db, &call->caller.scope);
    accept_write(g, e->columns, &e->rows, e->together, e->count);
    call_remember(call, g);
    db_group_tolerate(g, &e->err);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next push(struct op *op)
{
    struct run_batch *e = (struct run_batch *)op;

    if (e->count == 0)
        return OP_NEXT;
    if (e->err.code == GOV_PLAN_STALE) {
        for (int i = 0; i < e->count; i++)
            json_array_set_new(e->items, e->places[i], json_null());
        plan_bases_drop(e->endpoint.call->api->bases);
        e->stale++;
        e->at = 0;
        e->count = 0;
    } else if (e->err.code) {
        op->err = e->err;
        return OP_FAIL;
    } else {
        accept_push(op, &e->endpoint.call->api->queues, e->together, e->count);
        e->written = true;
    }
    return OP_WAIT;
}

static enum op_next plan_again(struct op *op)
{
    struct run_batch *e = (struct run_batch *)op;
    return e->stale ? plan_wave(op) : OP_NEXT;
}

static enum op_next write_again(struct op *op)
{
    struct run_batch *e = (struct run_batch *)op;
    return e->stale ? write_together(op) : OP_NEXT;
}

static enum op_next push_again(struct op *op)
{
    struct run_batch *e = (struct run_batch *)op;
    return e->stale ? push(op) : OP_NEXT;
}

static enum op_next accept_rest(struct op *op)
{
    struct run_batch *e = (struct run_batch *)op;
    return e->stale == ONE_BY_ONE ? plan_wave(op) : OP_NEXT;
}

static enum op_next remember(struct op *op)
{
    struct run_batch *e = (struct run_batch *)op;
    struct call *call = e->endpoint.call;

    leave_answer(e);
    if (call->idempotency_key && !e->written) { /* else it was in the transaction */
        struct db_group *g = db_group_new(op, call->api->db, &call->caller.scope);
        call_remember(call, g);
        db_group_send(g);
    }
    return OP_WAIT;
}

const struct op_step run_batch_steps[] = {
    { "parse", parse },
    { "plan_wave", plan_wave },
    { "write", write_together },
    { "push", push },
    { "plan_again", plan_again },
    { "write_again", write_again },
    { "push_again", push_again },
    { "accept_rest", accept_rest },
    { "remember", remember },
    { 0 }
};
const size_t run_batch_bytes = sizeof(struct run_batch);
