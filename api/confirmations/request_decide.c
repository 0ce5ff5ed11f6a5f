/* POST /v1/requests/{id}/confirm and /reject: a person decides about the plan he was shown.
 *
 *     parse -> mark -> decide -> enqueue -> wait -> show
 *
 * The decision is made by one function of the database, which looks up the session itself
 * (confirmation_decide, sql/migrations/tenant/0016_confirmation_policy.sql). Nothing here could let a plan through.
 */
#include <string.h>

#include "api/confirmations/confirmations.h"
#include "api/confirmations/decision.h"
#include "api/runs/accept/callback.h"
#include "api/runs/show/settle_wait.h"
#include "api/runs/show/show.h"

struct request_decide {
    struct endpoint endpoint;
    struct id id, run;
    const char *digest;
    const char *comment;
    bool reject;
    struct db_rows rows;
    struct queue_entry entry;
    struct callback callback;
    struct settle_wait wait;
    struct show_one show;
};

static const struct json_field confirm_fields[] = {
    { "digest", JSON_FIELD_TEXT, true, offsetof(struct request_decide, digest), 64, 64, NULL },
    { "comment", JSON_FIELD_TEXT, false, offsetof(struct request_decide, comment), 0, 2000, NULL },
};
static const struct json_field reject_fields[] = {
    { "digest", JSON_FIELD_TEXT, false, offsetof(struct request_decide, digest), 64, 64, NULL },
    { "comment", JSON_FIELD_TEXT, true, offsetof(struct request_decide, comment), 1, 2000, NULL },
};

static enum op_next parse_confirm(struct op *op)
{
    struct request_decide *e = (struct request_decide *)op;
    if (!call_param_id(e->endpoint.call, 0, &e->id, &op->err) ||
        !CALL_BODY(e->endpoint.call, op, confirm_fields, e))
        return OP_FAIL;
    return OP_NEXT;
}

static enum op_next parse_reject(struct op *op)
{
    struct request_decide *e = (struct request_decide *)op;
    e->reject = true;
    if (!call_param_id(e->endpoint.call, 0, &e->id, &op->err) ||
        !CALL_BODY(e->endpoint.call, op, reject_fields, e))
        return OP_FAIL;
    return OP_NEXT;
}

static enum op_next mark(struct op *op)
{
    struct request_decide *e = (struct request_decide *)op;
    struct call *call = e->endpoint.call;

    if (call->replay_id.text[0])
        return OP_NEXT;
    marks_note(op, call->api->marks, &call->caller.tenant, 0);
    if (e->reject && !e->digest) /* refusing needs no proof of what was read: take the present plan */
        DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_CONFIRMATION_DIGEST, &e->rows,
                 e->id.text);
    return OP_WAIT;
}

static enum op_next decide(struct op *op)
{
    struct request_decide *e = (struct request_decide *)op;
    struct call *call = e->endpoint.call;

    if (call->replay_id.text[0])
        return OP_NEXT;
    if (e->reject && !e->digest)
        e->digest = e->rows.count ? db_text(&e->rows, 0, 0) : "";
    e->run = id_new();
    struct db_group *g = db_group_new(op, call->api->db, &call->caller.scope);
    DB_GROUP_ADD(g, SQL_QUERIES_CONFIRMATION_DECIDE, &e->rows, e->id.text, e->digest,
                 e->reject ? "reject" : "confirm", e->comment, call->caller.token_hash, e->run.text);
    if (e->reject)
        callback_add(&e->callback, g, &e->id);
    if (call->idempotency_key)
        DB_GROUP_ADD(g, SQL_QUERIES_IDEMPOTENCY_DECIDED, NULL, call->caller.user.text,
                     call->route->pattern, call->idempotency_key, call->body_hash, "202",
                     arena_format(&op->arena, "{\"id\":\"%s\"}", e->id.text), e->id.text);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next enqueue(struct op *op)
{
    struct request_decide *e = (struct request_decide *)op;
    struct call *call = e->endpoint.call;

    if (call->replay_id.text[0])
        return OP_NEXT;
    if (!decision_made(&e->rows, &op->err))
        return OP_FAIL;
    event_bus_publish(call->api->events, call->caller.scope.schema, &e->id);
    if (e->reject) {
        callback_push(op, &e->callback, call);
        return OP_WAIT;
    }
    if (!decision_run(&e->rows, call->caller.scope.schema, &e->entry, &op->arena))
        return OP_NEXT; /* one of several, or confirmed ahead of its time */
    queue_shards_push(op, &call->api->queues, &e->entry, 1);
    return OP_WAIT;
}

static enum op_next wait_for_it(struct op *op)
{
    struct request_decide *e = (struct request_decide *)op;
    if (!e->reject)
        settle_wait(op, &e->wait, e->endpoint.call, &e->id, false, &e->id,
                    settle_wait_seconds(e->endpoint.call, 0));
    return OP_WAIT;
}

static enum op_next show(struct op *op)
{
    struct request_decide *e = (struct request_decide *)op;
    show_one(op, &e->show, e->endpoint.call, &e->id, false, 200);
    return OP_WAIT;
}

const struct op_step request_confirm_steps[] = { { "parse", parse_confirm }, { "mark", mark },
                                                 { "decide", decide },       { "enqueue", enqueue },
                                                 { "wait", wait_for_it },    { "show", show },
                                                 { 0 } };
const size_t request_confirm_bytes = sizeof(struct request_decide);

const struct op_step request_reject_steps[] = { { "parse", parse_reject }, { "mark", mark },
                                                { "decide", decide },      { "enqueue", enqueue },
                                                { "show", show },          { 0 } };
const size_t request_reject_bytes = sizeof(struct request_decide);
