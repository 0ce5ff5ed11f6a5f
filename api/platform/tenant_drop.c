/* GET /v1/platform/tenants/{id}/drop and POST …/drop/continue: how far the end of a tenant is, and a stretch of the work.
 *
 *     load -> files (until none is left, or a few seconds are over) -> forget -> drop -> forget again -> leave
 *
 * That it is to be done was decided by two people (money/order/pay.c). Of a file first the bytes and then the fact, then the
 * queue's entries, then schema and role in one transaction: whoever dies in between, or is asked twice, finds what is left
 * and goes on. A scheduler may tell the queue of a tenant's settings for as long as the tenant is there: so it forgets once
 * more behind the drop, as well as it can; what was read before and is told still later the scheduler forgets by itself
 * (scheduler/tend.c). The answer says whether there is more to do, so that no call takes long.
 */
#include <string.h>

#include "api/audit.h"
#include "api/page.h"
#include "api/platform/platform.h"
#include "core/base/clock.h"
#include "core/io/db/db_array.h"

enum { FILES_MAX = 100, STRETCH_US = 5 * 1000000, SCHEMA = 2, STRIPE, BEGUN, ENDED };

struct tenant_drop {
    struct endpoint endpoint;
    struct id id;
    struct db_scope scope;
    struct db_rows rows, files, uploads, done;
    struct queue_result forgotten;
    int64_t until_us, removed;
    int phase;
    bool over; /* nothing more in this call */
};

static enum op_next load(struct op *op)
{
    struct tenant_drop *e = (struct tenant_drop *)op;
    struct call *call = e->endpoint.call;

    if (!call_param_id(call, 0, &e->id, &op->err))
        return OP_FAIL;
    e->until_us = clock_mono_us() + STRETCH_US;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_TENANT_DROP_SHOW, &e->rows, e->id.text);
    return OP_WAIT;
}

static enum op_next show(struct op *op)
{
    struct tenant_drop *e = (struct tenant_drop *)op;
    return page_one(e->endpoint.call, 200, &e->rows, &op->err) ? OP_DONE : OP_FAIL;
}

const struct op_step tenant_drop_get_steps[] = { { "load", load }, { "show", show }, { 0 } };
const size_t tenant_drop_get_bytes = sizeof(struct tenant_drop);

static enum op_next check(struct op *op)
{
    struct tenant_drop *e = (struct tenant_drop *)op;

    if (e->rows.count == 0)
        return page_one(e->endpoint.call, 200, &e->rows, &op->err), OP_FAIL;
    if (!db_bool(&e->rows, 0, BEGUN))
        return gov_fail(&op->err, GOV_CONFLICT, "nobody has decided yet that this tenant's data go: POST .../drop first",
                        "尚未决定删除该租户的数据：请先调用 POST …/drop"),
               OP_FAIL;
    e->over = db_bool(&e->rows, 0, ENDED);
    if (!e->over)
        e->scope = db_scope_tenant(db_text(&e->rows, 0, SCHEMA), (int)db_int(&e->rows, 0, STRIPE));
    return OP_NEXT;
}

static void find(struct tenant_drop *e)
{
    struct op *op = &e->endpoint.op;
    const char *most = arena_format(&op->arena, "%d", FILES_MAX);

    DB_QUERY(op, e->endpoint.call->api->db, &e->scope, SQL_QUERIES_FILES_LEFT, &e->files, most);
    DB_QUERY(op, e->endpoint.call->api->db, &e->scope, SQL_QUERIES_UPLOADS_LEFT, &e->uploads, most);
}

static void remove_bytes(struct tenant_drop *e)
{
    struct op *op = &e->endpoint.op;
    struct file_store *store = e->endpoint.call->api->files;

    for (int i = 0; i < e->files.count; i++) {
        struct id *id = ARENA_NEW(&op->arena, struct id);
        *id = db_id(&e->files, i, 0);
        file_store_remove(op, store, id);
    }
    for (int i = 0; i < e->uploads.count; i++) {
        struct id *pieces;
        size_t count = db_ids(&e->uploads, i, 2, &pieces, &op->arena);
        for (size_t k = 0; k < count; k++)
            file_store_remove(op, store, &pieces[k]);
    }
}

static void tell(struct tenant_drop *e)
{
    struct op *op = &e->endpoint.op;
    struct db *db = e->endpoint.call->api->db;
    struct buf ids = { 0 };

    for (int i = 0; i < e->files.count; i++)
        buf_addf(&ids, "%c%s", i ? ',' : '{', db_text(&e->files, i, 0));
    if (ids.length) {
        buf_add_char(&ids, '}');
        DB_QUERY(op, db, &e->scope, SQL_QUERIES_FILES_DELETE, NULL, ids.data);
    }
    buf_release(&ids);
    for (int i = 0; i < e->uploads.count; i++)
        DB_QUERY(op, db, &e->scope, SQL_QUERIES_UPLOAD_DROP, NULL, db_text(&e->uploads, i, 0), db_text(&e->uploads, i, 1));
    e->removed += e->files.count + e->uploads.count;
}

static enum op_next files(struct op *op)
{
    struct tenant_drop *e = (struct tenant_drop *)op;

    if (e->over)
        return OP_NEXT;
    switch (e->phase++) {
    case 0:
        if (clock_mono_us() > e->until_us) {
            e->over = true;
            return OP_NEXT;
        }
        find(e);
        return OP_AGAIN;
    case 1:
        if (e->files.count + e->uploads.count == 0)
            return OP_NEXT;
        remove_bytes(e);
        return OP_AGAIN;
    default:
        e->phase = 0;
        tell(e);
        return OP_AGAIN;
    }
}

static enum op_next forget(struct op *op)
{
    struct tenant_drop *e = (struct tenant_drop *)op;
    const char *schema = db_text(&e->rows, 0, SCHEMA);

    if (e->over)
        return OP_NEXT;
    job_queue_forget(op, queue_shards_of(&e->endpoint.call->api->queues, schema), schema, &e->forgotten);
    return OP_WAIT;
}

static enum op_next drop(struct op *op)
{
    struct tenant_drop *e = (struct tenant_drop *)op;
    struct call *call = e->endpoint.call;

    if (e->over)
        return OP_NEXT;
    if (e->forgotten.err.code) {
        op->err = e->forgotten.err;
        return OP_FAIL;
    }
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_TENANT_DROP_END, &e->done, e->id.text, audit_actor(call));
    return OP_WAIT;
}

static enum op_next leave(struct op *op)
{
    struct tenant_drop *e = (struct tenant_drop *)op;
    json_t *shown = json_copy(db_json(e->done.count ? &e->done : &e->rows, 0, 1, &op->arena));

    json_object_set_new(shown, "removed", json_integer(e->removed));
    call_json(e->endpoint.call, 200, shown);
    return OP_DONE;
}

const struct op_step tenant_drop_continue_steps[] = { { "load", load },     { "check", check }, { "files", files },
                                                      { "forget", forget }, { "drop", drop },   { "forget_again", forget },
                                                      { "leave", leave },   { 0 } };
const size_t tenant_drop_continue_bytes = sizeof(struct tenant_drop);
