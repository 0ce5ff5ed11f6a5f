/* Beginning, showing and giving up an upload in pieces. */
#include "api/files/upload.h"

#include <string.h>

#include "api/runs/show/show.h"
#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/io/db/db_array.h"
#include "core/model/media_type.h"
#include "core/store/file/file_quota.h"

static const int64_t expiry_us = 24 * 3600 * INT64_C(1000000);

struct upload {
    struct endpoint endpoint;
    struct id id;
    const char *name, *media_type;
    int64_t size;
    struct db_rows rows;
    struct gov_err fault;
};

json_t *upload_shown(const struct db_rows *rows)
{
    return json_pack("{s:s, s:s, s:I, s:I, s:s, s:o}", "id", db_text(rows, 0, UPLOAD_ID), "name",
                     db_text(rows, 0, UPLOAD_NAME), "size", (json_int_t)db_int(rows, 0, UPLOAD_SIZE), "offset",
                     (json_int_t)db_int(rows, 0, UPLOAD_RECEIVED), "media_type",
                     db_text(rows, 0, UPLOAD_MEDIA_TYPE), "expires_at", show_time(rows, 0, UPLOAD_EXPIRES));
}

/* --- POST /v1/uploads --- */

static const struct json_field fields[] = {
    { "name", JSON_FIELD_TEXT, true, offsetof(struct upload, name), 1, 200, NULL },
    { "size", JSON_FIELD_INT, true, offsetof(struct upload, size), 0, INT64_MAX / 4, NULL },
    { "media_type", JSON_FIELD_TEXT, false, offsetof(struct upload, media_type), 1, 200, NULL },
};

static enum op_next create(struct op *op)
{
    struct upload *e = (struct upload *)op;
    struct call *call = e->endpoint.call;
    int64_t most = call->api->settings.upload_mb_max * 1024 * 1024;
    const char *why;

    if (!CALL_BODY(call, op, fields, e))
        return OP_FAIL;
    if (!text_file_name_valid(e->name, &why))
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/name", why, "this cannot be a file's name (%s)",
                           "这不能作为文件名（%s）", why),
               OP_FAIL;
    if (e->media_type && !media_type_valid(e->media_type))
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/media_type", "format", "is no media type", "不是媒体类型"),
               OP_FAIL;
    if (e->size > most)
        return gov_fail(&op->err, GOV_BODY_TOO_LARGE, "the file is larger than %lld bytes", "文件超过 %lld 字节",
                        (long long)most),
               OP_FAIL;
    e->id = id_new();
    if (!e->media_type)
        e->media_type = media_type_of_name(e->name);
    const char *expires = clock_format(clock_now_us() + expiry_us, arena_alloc(&op->arena, CLOCK_TEXT_BYTES));
    http_reply_header(call->request, "Location", arena_format(&op->arena, "/v1/uploads/%s", e->id.text));
    call_json(call, 201, json_pack("{s:s, s:s, s:I, s:i, s:s, s:s}", "id", e->id.text, "name", e->name, "size",
                                   (json_int_t)e->size, "offset", 0, "media_type", e->media_type, "expires_at",
                                   expires));
    struct db_group *g = db_group_new(op, call->api->db, &call->caller.scope);
    DB_GROUP_ADD(g, SQL_QUERIES_UPLOAD_BEGIN, NULL, e->id.text, e->name, e->media_type,
                 arena_format(&op->arena, "%lld", (long long)e->size), call->caller.user.text, expires);
    call_remember(call, g);
    db_group_tolerate(g, &e->fault);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next created(struct op *op)
{
    struct upload *e = (struct upload *)op;

    if (!e->fault.code)
        return OP_DONE;
    op->err = e->fault;
    if (op->err.code == GOV_QUOTA_EXCEEDED)
        file_quota_exceeded(&op->err);
    return OP_FAIL;
}

const struct op_step upload_create_steps[] = { { "create", create }, { "created", created }, { 0 } };
const size_t upload_create_bytes = sizeof(struct upload);

/* --- GET /v1/uploads/{id} --- */

static enum op_next find(struct op *op)
{
    struct upload *e = (struct upload *)op;
    struct call *call = e->endpoint.call;

    if (!call_param_id(call, 0, &e->id, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_UPLOAD_FIND, &e->rows, e->id.text,
             call->caller.user.text);
    return OP_WAIT;
}

static bool found(const struct upload *e, struct gov_err *err)
{
    return e->rows.count || gov_fail(err, GOV_NOT_FOUND, "there is no such upload; one that nobody goes on with for a "
                                     "day is given up",
                                     "没有这个上传；一天内没有继续的上传会被放弃");
}

static enum op_next show(struct op *op)
{
    struct upload *e = (struct upload *)op;

    if (!found(e, &op->err))
        return OP_FAIL;
    call_json(e->endpoint.call, 200, upload_shown(&e->rows));
    return OP_DONE;
}

const struct op_step upload_show_steps[] = { { "find", find }, { "show", show }, { 0 } };
const size_t upload_show_bytes = sizeof(struct upload);

/* --- DELETE /v1/uploads/{id}: bytes first, so that what is interrupted is found again --- */

static enum op_next drop_pieces(struct op *op)
{
    struct upload *e = (struct upload *)op;
    struct id *pieces;

    if (!found(e, &op->err))
        return OP_FAIL;
    size_t count = db_ids(&e->rows, 0, UPLOAD_PIECES, &pieces, &op->arena);
    for (size_t i = 0; i < count; i++)
        file_store_remove(op, e->endpoint.call->api->files, &pieces[i]);
    return OP_WAIT;
}

static enum op_next drop(struct op *op)
{
    struct upload *e = (struct upload *)op;
    struct call *call = e->endpoint.call;

    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_UPLOAD_DROP, NULL, e->id.text,
             call->caller.user.text);
    return OP_WAIT;
}

static enum op_next dropped(struct op *op)
{
    call_empty(((struct upload *)op)->endpoint.call);
    return OP_DONE;
}

const struct op_step upload_drop_steps[] = {
    { "find", find }, { "pieces", drop_pieces }, { "drop", drop }, { "dropped", dropped }, { 0 }
};
const size_t upload_drop_bytes = sizeof(struct upload);
