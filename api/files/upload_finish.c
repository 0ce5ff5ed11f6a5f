/* POST /v1/uploads/{id}/finish: find -> join -> insert -> clear -> load -> leave.
 *
 * The file has the upload's id. Repeated after an answer that was lost it shows that file: the upload is gone,
 * and its id is the file's.
 */
#include <string.h>

#include "api/files/upload.h"
#include "core/io/db/db_array.h"
#include "core/store/file/file_quota.h"

struct upload_finish {
    struct endpoint endpoint;
    struct id id;
    const char *sha256;
    struct id *pieces;
    size_t count;
    bool whole; /* it was an upload, and is a file now */
    struct file_stored stored;
    struct db_rows upload, inserted, rows;
    struct gov_err fault;
};

static const struct json_field fields[] = {
    { "sha256", JSON_FIELD_TEXT, false, offsetof(struct upload_finish, sha256), 64, 64, NULL },
};

static enum op_next find(struct op *op)
{
    struct upload_finish *e = (struct upload_finish *)op;
    struct call *call = e->endpoint.call;

    if (!call_param_id(call, 0, &e->id, &op->err) || !CALL_BODY(call, op, fields, e))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_UPLOAD_FIND, &e->upload, e->id.text,
             call->caller.user.text);
    return OP_WAIT;
}

static enum op_next join(struct op *op)
{
    struct upload_finish *e = (struct upload_finish *)op;
    struct file_store *files = e->endpoint.call->api->files;
    int64_t size = e->upload.count ? db_int(&e->upload, 0, UPLOAD_SIZE) : 0;
    int64_t received = e->upload.count ? db_int(&e->upload, 0, UPLOAD_RECEIVED) : 0;

    if (!e->upload.count)
        return OP_NEXT;
    if (received != size)
        return gov_fail_at(&op->err, GOV_CONFLICT, "size", "incomplete",
                           "%lld of %lld bytes are there; send the rest first", "已有 %lld / %lld 字节，请先发送其余部分",
                           (long long)received, (long long)size),
               OP_FAIL;
    e->count = db_ids(&e->upload, 0, UPLOAD_PIECES, &e->pieces, &op->arena);
    file_store_join(op, files, &e->id, e->pieces, e->count, size, &e->stored);
    return OP_WAIT;
}

static enum op_next insert(struct op *op)
{
    struct upload_finish *e = (struct upload_finish *)op;
    struct call *call = e->endpoint.call;

    if (!e->upload.count)
        return OP_NEXT;
    if (e->sha256 && strcmp(e->sha256, e->stored.sha256) != 0) {
        gov_fail_at(&e->fault, GOV_INVALID_INPUT, "/sha256", "digest",
                    "what came has another digest (%s); the bytes were changed on the way, or are those of another "
                    "file: begin anew",
                    "收到内容的摘要不同（%s）；内容在途中被改动，或属于其他文件：请重新上传", e->stored.sha256);
        return OP_NEXT;
    }
    struct db_group *g = db_group_new(op, call->api->db, &call->caller.scope);
    DB_GROUP_ADD(g, SQL_QUERIES_UPLOAD_INSERT, &e->inserted, e->id.text, "upload", db_text(&e->upload, 0, UPLOAD_NAME),
                 arena_format(&op->arena, "%lld", (long long)e->stored.bytes), e->stored.sha256,
                 db_text(&e->upload, 0, UPLOAD_MEDIA_TYPE), call->caller.user.text,
                 call->caller.kind == CALLER_TOKEN ? "token" : "user");
    DB_GROUP_ADD(g, SQL_QUERIES_UPLOAD_DROP, NULL, e->id.text, call->caller.user.text);
    db_group_tolerate(g, &e->fault);
    db_group_send(g);
    return OP_WAIT;
}

/* The pieces are in the file; or the file is none, and they stay for another try (a lost race shows the file). */
static enum op_next clear(struct op *op)
{
    struct upload_finish *e = (struct upload_finish *)op;
    struct file_store *files = e->endpoint.call->api->files;

    if (e->fault.code == GOV_QUOTA_EXCEEDED)
        file_quota_exceeded(&e->fault);
    e->whole = e->upload.count && !e->fault.code;
    for (size_t i = 0; e->whole && i < e->count; i++)
        file_store_remove(op, files, &e->pieces[i]);
    if (e->fault.code == GOV_INVALID_INPUT)
        file_store_remove(op, files, &e->id);
    return OP_WAIT;
}

static enum op_next load(struct op *op)
{
    struct upload_finish *e = (struct upload_finish *)op;
    struct call *call = e->endpoint.call;

    if (e->fault.code && e->fault.code != GOV_CONFLICT)
        return op->err = e->fault, OP_FAIL;
    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_FILE_SHOW, &e->rows, e->id.text);
    return OP_WAIT;
}

static enum op_next leave(struct op *op)
{
    struct upload_finish *e = (struct upload_finish *)op;
    struct call *call = e->endpoint.call;
    const char *by = e->rows.count ? db_text(&e->rows, 0, FILE_BY) : NULL;

    if (!by || strcmp(by, call->caller.user.text) != 0)
        return gov_fail(&op->err, GOV_NOT_FOUND, "there is no such upload", "没有这个上传"), OP_FAIL;
    http_reply_header(call->request, "Location", arena_format(&op->arena, "/v1/files/%s", e->id.text));
    call_json(call, 201, file_shown(&e->rows, 0));
    return OP_DONE;
}

const struct op_step upload_finish_steps[] = { { "find", find },     { "join", join }, { "insert", insert },
                                               { "clear", clear },   { "load", load }, { "leave", leave },
                                               { 0 } };
const size_t upload_finish_bytes = sizeof(struct upload_finish);
