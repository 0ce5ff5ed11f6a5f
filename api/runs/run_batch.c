/* POST /v1/runs/batch: up to 1,000 runs, each accepted or refused for itself.
 *
 *     parse -> accept, a wave at a time -> remember
 *
 * A wave shares connections and round trips; its results are put down in the order they were asked for.
 * The Idempotency-Key is remembered after the last: a repeat while the first call still runs, or after
 * it died half-way, begins again.
 */
#include <string.h>

#include "api/runs/accept.h"
#include "api/runs/runs.h"

enum { WAVE = 32, RUNS_MAX = 1000 };

struct element {
    struct run_wish wish;
    struct accept accept;
    struct gov_err err; /* of the wish itself */
};

struct run_batch {
    struct endpoint endpoint;
    json_t *runs;  /* as asked */
    json_t *items; /* the answer's */
    size_t at;     /* the first that is not begun */
    size_t begun;  /* of the present wave */
    struct element wave[WAVE];
};

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
    e->items = json_own(&op->arena, json_array());
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

static void settle_wave(struct run_batch *e)
{
    struct call *call = e->endpoint.call;

    for (size_t i = 0; i < e->begun; i++) {
        struct element *el = &e->wave[i];
        const struct gov_err *err = el->err.code ? &el->err : &el->accept.op.err;
        bool failed = el->err.code || el->accept.op.failed;
        json_array_append_new(e->items, failed ? refusal(call, err)
                                               : json_pack("{s:s, s:s}", "id", el->accept.id.text,
                                                           "request_id", el->accept.id.text));
        if (!el->err.code)
            op_release(&el->accept.op);
    }
    e->begun = 0;
}

static enum op_next accept_wave(struct op *op)
{
    struct run_batch *e = (struct run_batch *)op;
    struct call *call = e->endpoint.call;

    settle_wave(e);
    if (e->at == json_array_size(e->runs))
        return OP_NEXT;
    while (e->begun < WAVE && e->at < json_array_size(e->runs)) {
        struct element *el = &e->wave[e->begun++];
        const json_t *asked = json_array_get(e->runs, e->at++);
        memset(&el->err, 0, sizeof el->err);
        if (!run_wish_read(call, asked, &el->wish, &op->arena, &el->err))
            continue;
        accept_init(&el->accept, op, call, &el->wish);
        el->accept.keyless = true;
        op_try(op, &el->accept.op);
    }
    return OP_AGAIN;
}

static enum op_next remember(struct op *op)
{
    struct run_batch *e = (struct run_batch *)op;
    struct call *call = e->endpoint.call;

    call_json(call, 202, json_pack("{s:O}", "items", e->items));
    if (call->idempotency_key) {
        struct db_group *g = db_group_new(op, call->api->db, &call->caller.scope);
        call_remember(call, g);
        db_group_send(g);
    }
    return OP_WAIT;
}

const struct op_step run_batch_steps[] = {
    { "parse", parse }, { "accept", accept_wave }, { "remember", remember }, { 0 }
};
const size_t run_batch_bytes = sizeof(struct run_batch);
