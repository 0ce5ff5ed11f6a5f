/* POST /v1/files: receive -> insert -> answer. */
#include "api/files/files.h"
#include "api/files/receive.h"

struct file_create {
    struct endpoint endpoint;
    struct receive receive;
    struct db_rows rows;
};

static enum op_next receive(struct op *op)
{
    struct file_create *e = (struct file_create *)op;

    e->receive.part = "file";
    e->receive.raw_too = true;
    receive_body(op, &e->receive, e->endpoint.call);
    return OP_WAIT;
}

static enum op_next insert(struct op *op)
{
    struct file_create *e = (struct file_create *)op;
    struct call *call = e->endpoint.call;
    const struct receive *r = &e->receive;

    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_UPLOAD_INSERT, &e->rows, r->id.text,
             "upload", r->name, arena_format(&op->arena, "%lld", (long long)r->stored.bytes),
             r->stored.sha256, r->media_type, call->caller.user.text,
             call->caller.kind == CALLER_TOKEN ? "token" : "user");
    return OP_WAIT;
}

/* The row comes back in file_show's shape from one more read: rare and cheap beside the upload. */
static enum op_next load(struct op *op)
{
    struct file_create *e = (struct file_create *)op;
    struct call *call = e->endpoint.call;

    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_FILE_SHOW, &e->rows,
             e->receive.id.text);
    return OP_WAIT;
}

static enum op_next leave(struct op *op)
{
    struct file_create *e = (struct file_create *)op;
    struct call *call = e->endpoint.call;

    http_reply_header(call->request, "Location",
                      arena_format(&op->arena, "/v1/files/%s", e->receive.id.text));
    call_json(call, 201, file_shown(&e->rows, 0));
    return OP_DONE;
}

const struct op_step file_create_steps[] = {
    { "receive", receive }, { "insert", insert }, { "load", load }, { "leave", leave }, { 0 }
};
const size_t file_create_bytes = sizeof(struct file_create);
