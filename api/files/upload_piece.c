/* PATCH /v1/uploads/{id}: find -> receive -> add -> drop -> leave. */
#include <string.h>

#include "api/files/receive.h"
#include "api/files/upload.h"
#include "core/base/text.h"
#include "core/io/db/db_array.h"

struct upload_piece {
    struct endpoint endpoint;
    struct receive receive;
    struct id id;
    int64_t offset;
    struct db_rows rows, added;
    struct gov_err fault;
};

static enum op_next find(struct op *op)
{
    struct upload_piece *e = (struct upload_piece *)op;
    struct call *call = e->endpoint.call;
    const char *offset = http_request_header(call->request, "upload-offset");

    if (!call_param_id(call, 0, &e->id, &op->err))
        return OP_FAIL;
    if (!offset || !text_parse_i64(offset, 0, INT64_MAX / 4, &e->offset))
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "Upload-Offset", "required",
                           "say where this piece begins: Upload-Offset: <bytes that are there already>",
                           "请说明该分片的起点：Upload-Offset: <已有字节数>"),
               OP_FAIL;
    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_UPLOAD_FIND, &e->rows, e->id.text,
             call->caller.user.text);
    return OP_WAIT;
}

static bool offset_fits(const struct upload_piece *e, const struct db_rows *rows, struct gov_err *err)
{
    int64_t received = rows->count ? db_int(rows, 0, UPLOAD_RECEIVED) : 0;

    return (rows->count && received == e->offset) ||
           gov_fail_at(err, GOV_CONFLICT, "Upload-Offset", "offset",
                       "%lld bytes are there, and the next piece begins behind them; GET the upload and go on from its "
                       "offset",
                       "已有 %lld 字节，下一分片须从其后开始；请 GET 该上传并从其 offset 继续", (long long)received);
}

static enum op_next receive(struct op *op)
{
    struct upload_piece *e = (struct upload_piece *)op;
    struct receive *r = &e->receive;
    struct id *pieces;

    if (!e->rows.count)
        return gov_fail(&op->err, GOV_NOT_FOUND, "there is no such upload", "没有这个上传"), OP_FAIL;
    if (!offset_fits(e, &e->rows, &op->err))
        return OP_FAIL;
    if (db_ids(&e->rows, 0, UPLOAD_PIECES, &pieces, &op->arena) >= UPLOAD_PIECES_MAX)
        return gov_fail(&op->err, GOV_INVALID_INPUT, "an upload has %d pieces at most: send larger ones",
                        "一个上传最多 %d 个分片：请增大分片", UPLOAD_PIECES_MAX),
               OP_FAIL;
    r->raw_too = r->nameless = true;
    if (db_int(&e->rows, 0, UPLOAD_SIZE) == e->offset)
        return gov_fail(&op->err, GOV_CONFLICT, "all of it is there; finish the upload", "内容已全部到达，请完成上传"), OP_FAIL;
    r->bytes_max = db_int(&e->rows, 0, UPLOAD_SIZE) - e->offset;
    receive_body(op, r, e->endpoint.call);
    return OP_WAIT;
}

static enum op_next add(struct op *op)
{
    struct upload_piece *e = (struct upload_piece *)op;
    struct call *call = e->endpoint.call;
    struct db_group *g = db_group_new(op, call->api->db, &call->caller.scope);

    DB_GROUP_ADD(g, SQL_QUERIES_UPLOAD_PIECE, &e->added, e->id.text, call->caller.user.text,
                 arena_format(&op->arena, "%lld", (long long)e->offset),
                 arena_format(&op->arena, "%lld", (long long)e->receive.stored.bytes), e->receive.id.text);
    db_group_tolerate(g, &e->fault);
    db_group_send(g);
    return OP_WAIT;
}

/* What is in no upload leaves no bytes. */
static enum op_next drop(struct op *op)
{
    struct upload_piece *e = (struct upload_piece *)op;

    if (e->fault.code || !e->added.count)
        file_store_remove(op, e->endpoint.call->api->files, &e->receive.id);
    return OP_WAIT;
}

static enum op_next leave(struct op *op)
{
    struct upload_piece *e = (struct upload_piece *)op;

    if (e->fault.code)
        return op->err = e->fault, OP_FAIL;
    if (!e->added.count)
        return gov_fail_at(&op->err, GOV_CONFLICT, "Upload-Offset", "offset",
                           "another piece was there first; GET the upload and go on from its offset",
                           "另一个分片已先到达；请 GET 该上传并从其 offset 继续"),
               OP_FAIL;
    call_json(e->endpoint.call, 200, upload_shown(&e->added));
    return OP_DONE;
}

const struct op_step upload_piece_steps[] = { { "find", find }, { "receive", receive }, { "add", add },
                                              { "drop", drop }, { "leave", leave },     { 0 } };
const size_t upload_piece_bytes = sizeof(struct upload_piece);
