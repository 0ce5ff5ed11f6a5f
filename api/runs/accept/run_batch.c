/* POST /v1/runs/batch: up to 1,000 runs, each accepted or refused for itself.
 *
 *     parse -> plan, a wave at a time -> write -> push -> [the same once more] -> [one by one] -> answer
 *
 * The first of each skill, version and action is planned by an op; those like it follow in straight code.
 * Runs that may start at once enter in one transaction, together with the Idempotency-Key. What needs a
 * plan job (a confirmation, a delay, mode "plan") is accepted one by one before: a repeat while the first
 * call still runs, or after it died half-way, may make such a one again. So is all the rest where somebody
 * changes skills all the time, between the plans and the transaction.
 */
#include <string.h>

#include "api/runs/accept/accept_repeat.h"
#include "api/runs/runs.h"

enum {
    RUNS_MAX = 1000,
    WAVE = 32,       /* accepts at once */
    TURN = 100,      /* runs in a turn of the loop, which others wait for */
    MODELS_MAX = 16, /* of different skills, versions, actions */
    TRIES_MAX = 3,   /* to find a model: the first runs may be the bad ones */
    ONE_BY_ONE = 2
};

/* A run that others are like: see accept_repeat.h. */
struct model {
    struct accept_model of; /* of.done, once it is begun */
    struct run_wish wish;
    enum { MODEL_NEW, MODEL_BEGUN, MODEL_READY, MODEL_NONE } state;
    int tries;
};

struct element {
    struct run_wish wish;
    struct accept *accept; /* a model's, which stays, or `room` */
    struct accept room;
    struct model *model;   /* it is to become this one; NULL: none */
    size_t at;
};

struct run_batch {
    struct endpoint endpoint;
    json_t *runs;  /* as asked */
    json_t *items; /* the answer's; null: not known yet */
    size_t at;     /* the first that is not begun */
    size_t begun;  /* of the present wave */
    struct element wave[WAVE];
    struct model models[MODELS_MAX];
    int model_count;
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

static void keep(struct run_batch *e, struct accept_item *item, size_t at)
{
    item->key = NULL; /* the answer's key is remembered for all of them */
    e->places[e->count] = at;
    e->together[e->count++] = item;
}

/* What is needed of an accept that is released. */
static struct accept_item *item_copy(struct arena *arena, const struct accept_item *from)
{
    struct accept_item *item = ARENA_NEW(arena, struct accept_item);

    *item = *from;
    item->payload = arena_text(arena, item->payload);
    item->digest = arena_text(arena, item->digest);
    item->entry.action = arena_text(arena, item->entry.action);
    return item;
}

static void settle(struct run_batch *e, struct element *el)
{
    struct accept *a = el->accept;
    bool gathered = !a->op.failed && a->batched && a->gathered;

    if (a->op.failed)
        json_array_set_new(e->items, el->at, refusal(e->endpoint.call, &a->op.err));
    else if (gathered)
        keep(e, item_copy(&e->endpoint.op.arena, &a->item), el->at);
    else
        json_array_set_new(e->items, el->at, accepted(a->id.text));
    if (el->model && gathered) {
        el->model->state = MODEL_READY;
        return;
    }
    if (el->model)
        el->model->state = ++el->model->tries < TRIES_MAX ? MODEL_NEW : MODEL_NONE;
    op_release(&a->op);
}

/* What others may be like; NULL: nobody may, or there are too many already. */
static struct model *model_of(struct run_batch *e, const struct run_wish *wish)
{
    if (e->stale == ONE_BY_ONE || !accept_repeatable(wish))
        return NULL;
    for (int i = 0; i < e->model_count; i++)
        if (accept_alike(&e->models[i].wish, wish))
            return &e->models[i];
    if (e->model_count == MODELS_MAX)
        return NULL;
    struct model *m = &e->models[e->model_count++];
    *m = (struct model){ .wish = *wish };
    return m;
}

static void begin(struct run_batch *e, size_t at, const struct run_wish *wish, struct model *model)
{
    struct op *op = &e->endpoint.op;
    struct element *el = &e->wave[e->begun++];

    el->at = at;
    el->wish = *wish;
    el->model = model;
    el->accept = &el->room;
    if (model) {
        model->state = MODEL_BEGUN;
        model->of.done = el->accept = ARENA_NEW(&op->arena, struct accept);
    }
    accept_init(el->accept, op, e->endpoint.call, &el->wish);
    el->accept->keyless = true;
    el->accept->gathered = e->stale < ONE_BY_ONE;
    op_try(op, &el->accept->op);
}

/* False: it has to wait for another that it is like. */
static bool plan_one(struct run_batch *e, size_t at)
{
    struct arena *arena = &e->endpoint.op.arena;
    struct run_wish wish;

    if (!run_wish_read(e->endpoint.call, json_array_get(e->runs, at), &wish, arena, &e->err)) {
        json_array_set_new(e->items, at, refusal(e->endpoint.call, &e->err));
        memset(&e->err, 0, sizeof e->err);
        return true;
    }
    struct model *model = model_of(e, &wish);
    if (model && model->state == MODEL_BEGUN)
        return false;
    struct accept_item *item =
        model && model->state == MODEL_READY ? accept_repeat(&model->of, &wish, arena) : NULL;
    if (item)
        keep(e, item, at);
    else
        begin(e, at, &wish, model && model->state == MODEL_NEW ? model : NULL);
    return true;
}

static enum op_next plan_wave(struct op *op)
{
    struct run_batch *e = (struct run_batch *)op;
    size_t end = json_array_size(e->runs);

    for (size_t i = 0; i < e->begun; i++)
        settle(e, &e->wave[i]);
    e->begun = 0;
    if (e->at == end)
        return OP_NEXT;
    for (int n = 0; n < TURN && e->begun < WAVE && e->at < end; n++, e->at++)
        if (json_is_null(json_array_get(e->items, e->at)) && !plan_one(e, e->at))
            break;
    return OP_AGAIN;
}

/* Most come from models, whose accepts noted it; a minute may have begun since. */
static enum op_next mark(struct op *op)
{
    struct run_batch *e = (struct run_batch *)op;
    struct call *call = e->endpoint.call;

    if (e->count)
        marks_note(op, call->api->marks, &call->caller.tenant, 0);
    return OP_WAIT;
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
        e->count = e->model_count = 0;
    } else if (e->err.code) {
        op->err = e->err;
        return OP_FAIL;
    } else {
        accept_push_beside(op->loop, &e->endpoint.call->api->queues, e->together, e->count);
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
    { "mark", mark },
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
