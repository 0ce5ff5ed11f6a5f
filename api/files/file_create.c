/* POST /v1/files: ask_room -> receive -> recall -> insert -> drop -> load -> leave. */
#include <string.h>

#include "api/files/files.h"
#include "api/files/receive.h"
#include "core/base/text.h"
#include "core/store/file/file_quota.h"

enum { FORM_BYTES_MAX = 64 * 1024 }; /* what multipart adds to the file */

struct file_create {
    struct endpoint endpoint;
    struct receive receive;
    struct db_rows rows;
    struct id id;         /* what is shown */
    struct gov_err fault; /* the upload is not wanted: its bytes go, then this is answered */
};

/* Before anything is received; the row's own statement asks again when all of it has come. */
static enum op_next ask_room(struct op *op)
{
    struct file_create *e = (struct file_create *)op;
    struct call *call = e->endpoint.call;

    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_UPLOAD_ROOM, &e->rows, call->caller.user.text,
             call->route->pattern, call->idempotency_key);
    return OP_WAIT;
}

static bool fits(struct file_create *e, struct gov_err *err)
{
    const char *length = http_request_header(e->endpoint.call->request, "content-length");
    int64_t room = db_int(&e->rows, 0, 0), largest = e->endpoint.call->api->settings.upload_mb_max * 1024 * 1024, bytes;

    if (!db_text(&e->rows, 0, 0))
        return true;
    if (room <= 0 || (length && text_parse_i64(length, 0, INT64_MAX, &bytes) && bytes - FORM_BYTES_MAX > room))
        return file_quota_exceeded(err);
    /* Without a length it is cut off behind the room that there is; what goes beyond it by little is refused by its row. */
    e->receive.bytes_max = room + FORM_BYTES_MAX < largest ? room + FORM_BYTES_MAX : largest;
    return true;
}

static enum op_next receive(struct op *op)
{
    struct file_create *e = (struct file_create *)op;

    if (!id_empty(&e->endpoint.call->replay_id)) /* somebody was first with this key */
        return OP_NEXT;
    if (!fits(e, &op->err))
        return OP_FAIL;
    e->receive.part = "file";
    e->receive.raw_too = true;
    receive_body(op, &e->receive, e->endpoint.call);
    return OP_WAIT;
}

static enum op_next recall(struct op *op)
{
    struct file_create *e = (struct file_create *)op;
    const struct receive *r = &e->receive;

    if (!id_empty(&e->endpoint.call->replay_id))
        return OP_NEXT;
    e->id = r->id;
    const char *body = arena_format(&op->arena, "%s\n%s\n%s", r->name, r->media_type, r->stored.sha256);
    call_find_answer(op, e->endpoint.call, body, strlen(body));
    return OP_WAIT;
}

static enum op_next insert(struct op *op)
{
    struct file_create *e = (struct file_create *)op;
    struct call *call = e->endpoint.call;
    const struct receive *r = &e->receive;

    if (!id_empty(&call->replay_id)) {
        e->id = call->replay_id;
        return OP_NEXT;
    }
    if (!call_answer_again(call, &e->fault) || !id_empty(&call->replay_id)) {
        e->id = call->replay_id;
        file_store_remove(op, call->api->files, &r->id);
        return OP_WAIT;
    }
    struct db_group *g = db_group_new(op, call->api->db, &call->caller.scope);
    DB_GROUP_ADD(g, SQL_QUERIES_UPLOAD_INSERT, &e->rows, r->id.text, "upload", r->name,
                 arena_format(&op->arena, "%lld", (long long)r->stored.bytes), r->stored.sha256,
                 r->media_type, call->caller.user.text,
                 call->caller.kind == CALLER_TOKEN ? "token" : "user");
    call_remember_shown(call, g, &r->id);
    db_group_tolerate(g, &e->fault);
    db_group_send(g);
    return OP_WAIT;
}

/* What has no row leaves no bytes. */
static enum op_next drop(struct op *op)
{
    struct file_create *e = (struct file_create *)op;
    struct call *call = e->endpoint.call;

    if (e->fault.code == GOV_QUOTA_EXCEEDED)
        file_quota_exceeded(&e->fault);
    if (e->fault.code && id_empty(&call->replay_id))
        file_store_remove(op, call->api->files, &e->receive.id);
    return OP_WAIT;
}

/* The row comes back in file_show's shape from one more read: rare and cheap beside the upload. */
static enum op_next load(struct op *op)
{
    struct file_create *e = (struct file_create *)op;
    struct call *call = e->endpoint.call;

    if (e->fault.code) {
        op->err = e->fault;
        return OP_FAIL;
    }
    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_FILE_SHOW, &e->rows, e->id.text);
    return OP_WAIT;
}

static enum op_next leave(struct op *op)
{
    struct file_create *e = (struct file_create *)op;
    struct call *call = e->endpoint.call;

    if (e->rows.count == 0) /* a repeat whose file was deleted since */
        return gov_fail(&op->err, GOV_NOT_FOUND, "this was uploaded before with the same key, and deleted since",
                        "该文件此前以相同的键上传，之后已被删除"),
               OP_FAIL;
    http_reply_header(call->request, "Location",
                      arena_format(&op->arena, "/v1/files/%s", e->id.text));
    call_json(call, 201, file_shown(&e->rows, 0));
    return OP_DONE;
}

const struct op_step file_create_steps[] = {
    { "ask_room", ask_room }, { "receive", receive }, { "recall", recall }, { "insert", insert },
    { "drop", drop },         { "load", load },       { "leave", leave },   { 0 }
};
const size_t file_create_bytes = sizeof(struct file_create);
