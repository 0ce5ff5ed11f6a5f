/* POST /v1/confirmations/decide: many decisions of one kind, each for the digest that was shown.
 *
 *     parse -> mark -> decide -> enqueue -> leave
 *
 * Every item is a transaction of its own and goes through confirmation_decide like a single one; what
 * is refused is told item by item and keeps nothing else from being decided.
 */
#include <string.h>

#include "api/confirmations/confirmations.h"
#include "api/confirmations/decision.h"
#include "api/runs/accept/callback.h"

enum { ITEMS_MAX = 50 };

struct bulk_item {
    struct id request, run;
    const char *digest;
    struct db_rows rows;
    struct callback callback;
    struct queue_entry entry;
    struct gov_err err;
};

struct confirmation_bulk {
    struct endpoint endpoint;
    const char *decision, *comment;
    json_t *list;
    struct bulk_item *items;
    size_t count;
    struct queue_entry *entries;
    int entry_count;
};

static const char *const decisions[] = { "confirm", "reject", NULL };
static const struct json_field fields[] = {
    { "decision", JSON_FIELD_TEXT, true, offsetof(struct confirmation_bulk, decision), 0, 0, decisions },
    { "comment", JSON_FIELD_TEXT, false, offsetof(struct confirmation_bulk, comment), 1, 2000, NULL },
    { "items", JSON_FIELD_ARRAY, true, offsetof(struct confirmation_bulk, list), 1, ITEMS_MAX, NULL },
};
static const struct json_field item_fields[] = {
    { "request_id", JSON_FIELD_ID, true, offsetof(struct bulk_item, request), 0, 0, NULL },
    { "digest", JSON_FIELD_TEXT, true, offsetof(struct bulk_item, digest), 64, 64, NULL },
};

static bool rejects(const struct confirmation_bulk *e)
{
    return strcmp(e->decision, "reject") == 0;
}

static enum op_next parse(struct op *op)
{
    struct confirmation_bulk *e = (struct confirmation_bulk *)op;

    if (!CALL_BODY(e->endpoint.call, op, fields, e))
        return OP_FAIL;
    if (rejects(e) && !e->comment)
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/comment", "required",
                           "say why not in \"comment\"", "请在 comment 中说明拒绝原因"),
               OP_FAIL;
    e->count = json_array_size(e->list);
    e->items = ARENA_ARRAY(&op->arena, struct bulk_item, e->count + 1);
    for (size_t i = 0; i < e->count; i++)
        if (!JSON_DECODE(json_array_get(e->list, i), item_fields, &e->items[i], &op->arena, &op->err))
            return gov_err_context(&op->err, "items/%zu", i), OP_FAIL;
    return OP_NEXT;
}

static enum op_next mark(struct op *op)
{
    struct confirmation_bulk *e = (struct confirmation_bulk *)op;
    struct call *call = e->endpoint.call;

    marks_note(op, call->api->marks, &call->caller.tenant, 0);
    return OP_WAIT;
}

static enum op_next decide(struct op *op)
{
    struct confirmation_bulk *e = (struct confirmation_bulk *)op;
    struct call *call = e->endpoint.call;

    for (size_t i = 0; i < e->count; i++) {
        struct bulk_item *item = &e->items[i];
        struct db_group *g = db_group_new(op, call->api->db, &call->caller.scope);

        item->run = id_new();
        DB_GROUP_ADD(g, SQL_QUERIES_CONFIRMATION_DECIDE, &item->rows, item->request.text, item->digest,
                     e->decision, e->comment, call->caller.token_hash, item->run.text);
        if (rejects(e))
            callback_add(&item->callback, g, &item->request);
        db_group_tolerate(g, &item->err);
        db_group_send(g);
    }
    return OP_WAIT;
}

static enum op_next enqueue(struct op *op)
{
    struct confirmation_bulk *e = (struct confirmation_bulk *)op;
    struct call *call = e->endpoint.call;

    e->entries = ARENA_ARRAY(&op->arena, struct queue_entry, e->count + 1);
    for (size_t i = 0; i < e->count; i++) {
        struct bulk_item *item = &e->items[i];
        if (item->err.code || !decision_made(&item->rows, &item->err))
            continue;
        event_bus_publish(call->api->events, call->caller.scope.schema, &item->request);
        if (rejects(e))
            callback_push(op, &item->callback, call);
        else if (decision_run(&item->rows, call->caller.scope.schema, &item->entry, &op->arena))
            e->entries[e->entry_count++] = item->entry;
    }
    if (e->entry_count)
        queue_shards_push(op, &call->api->queues, e->entries, e->entry_count);
    return OP_WAIT;
}

static json_t *item_shown(struct call *call, const struct bulk_item *item)
{
    const char *code = item->err.code ? gov_code_info(item->err.code)->wire :
                                        db_text(&item->rows, 0, 0);
    json_t *shown = json_pack("{s:s, s:s}", "request_id", item->request.text, "code", code);

    if (item->err.code)
        json_object_set_new(shown, "detail",
                            json_string(gov_err_detail(&item->err, call->language)));
    return shown;
}

static enum op_next leave(struct op *op)
{
    struct confirmation_bulk *e = (struct confirmation_bulk *)op;
    struct call *call = e->endpoint.call;
    json_t *items = json_array();

    for (size_t i = 0; i < e->count; i++)
        json_array_append_new(items, item_shown(call, &e->items[i]));
    call_json(call, 200, json_pack("{s:o}", "items", items));
    return OP_DONE;
}

const struct op_step confirmation_bulk_steps[] = {
    { "parse", parse },     { "mark", mark },   { "decide", decide },
    { "enqueue", enqueue }, { "leave", leave }, { 0 }
};
const size_t confirmation_bulk_bytes = sizeof(struct confirmation_bulk);
