/* receive.c - the parser's callbacks collect, the op writes.
 *
 * The server pushes pieces; the op pulls. Between the two stands `waiting`: when
 * it is full, or the body has ended, the request is paused and the op, which
 * was held, goes on and writes it. Rejected: a write per piece, because a client that
 * sends single bytes would get an allocation and a turn of the thread pool for each.
 */
#include "api/files/receive.h"

#include <string.h>

#include "core/base/text.h"
#include "core/io/http/http_parameter.h"
#include "core/io/http/multipart_part.h"
#include "core/model/media_type.h"

enum { PIECE_BYTES = 64 * 1024, FIELD_BYTES_MAX = 1000, PARTS_MAX = 5 };

static void go_on(struct receive *r)
{
    if (!r->holding)
        return;
    r->holding = false;
    op_io_end(&r->op, NULL);
}

/* --- the file's name and type --- */

static bool name_set(struct receive *r, const char *name, struct gov_err *err)
{
    const char *why;

    if (!text_file_name_valid(name, &why))
        return gov_fail_at(err, GOV_INVALID_INPUT, "name", why,
                           "this cannot be a file's name (%s): 1 to 200 bytes of UTF-8 without slashes, "
                           "invisible characters, leading dot or dash",
                           "这不能作为文件名（%s）：须为 1 到 200 字节的 UTF-8，不含斜杠和不可见字符，"
                           "不以点或短横线开头",
                           why);
    r->name = arena_text(&r->op.arena, name);
    return true;
}

/* What a client says is taken over unless it says nothing: form libraries call everything octet-stream,
 * or leave the type out, which means text/plain. */
static void type_set(struct receive *r, const char *said)
{
    static const char *const nothing[] = { "application/octet-stream", "text/plain",
                                           "application/x-www-form-urlencoded", NULL };
    bool telling = said && media_type_valid(said);

    for (const char *const *n = nothing; telling && *n; n++)
        telling = !text_equal_ignoring_case(said, *n);
    r->media_type = telling ? arena_text(&r->op.arena, said) : media_type_of_name(r->name);
}

static bool raw_name(struct receive *r, struct gov_err *err)
{
    struct http_request *request = r->call->request;
    const char *name = http_request_query(request, "name");
    const char *disposition = http_request_header(request, "content-disposition");
    char taken[MULTIPART_NAME_BYTES + 1] = "";

    if (!name && disposition && multipart_file_name_take(disposition, taken) && *taken)
        name = taken;
    if (!name)
        return gov_fail_at(err, GOV_INVALID_INPUT, "name", "required",
                           "say how the file is called: ?name=report.csv, or Content-Disposition, or "
                           "send multipart/form-data with a part \"%s\"",
                           "请给出文件名：?name=report.csv 或 Content-Disposition，或以 "
                           "multipart/form-data 发送名为“%s”的部分",
                           r->part);
    return name_set(r, name, err);
}

/* --- multipart --- */

static bool on_part(void *context, const struct multipart_part *part, struct gov_err *err)
{
    struct receive *r = context;

    r->in_part = strcmp(part->name, r->part) == 0;
    r->in_field = !r->in_part && r->field && strcmp(part->name, r->field) == 0 && !r->field_text.data;
    if (!r->in_part && !r->in_field)
        return gov_fail_at(err, GOV_INVALID_INPUT, "body", "unknown_part",
                           "the form has a part that is not taken here, or one twice; send one file as "
                           "\"%s\"",
                           "表单含有此处不接受或重复的部分；请将文件作为“%s”发送一次", r->part);
    if (r->in_field)
        return true;
    if (r->has_file)
        return gov_fail_at(err, GOV_INVALID_INPUT, "body", "twice", "send one file at a time",
                           "一次只能发送一个文件");
    if (!part->filename)
        return gov_fail_at(err, GOV_INVALID_INPUT, "name", "required",
                           "the part \"%s\" needs a filename", "“%s”部分需要 filename", r->part);
    r->has_file = true;
    if (!name_set(r, part->filename, err))
        return false;
    type_set(r, part->content_type);
    return true;
}

static bool on_data(void *context, const char *data, size_t bytes, struct gov_err *err)
{
    struct receive *r = context;

    if (r->in_part) {
        buf_add(&r->waiting, data, bytes);
        return true;
    }
    if (r->field_text.length + bytes > FIELD_BYTES_MAX)
        return gov_fail_at(err, GOV_INVALID_INPUT, "body", "too_long",
                           "the part \"%s\" is longer than %d bytes", "“%s”部分超过 %d 字节", r->field,
                           FIELD_BYTES_MAX);
    buf_add(&r->field_text, data, bytes);
    return true;
}

static bool on_part_end(void *context, struct gov_err *err)
{
    struct receive *r = context;

    (void)err;
    if (r->in_field)
        r->value = arena_text(&r->op.arena, buf_text(&r->field_text));
    return true;
}

static const struct multipart_handlers handlers = { on_part, on_data, on_part_end };

/* --- the body's pieces --- */

static void on_chunk(struct http_request *request, const char *data, size_t bytes)
{
    struct call *call = request->user;
    struct receive *r = call ? call->receiving : NULL;

    if (!r || r->op.finished || r->fault.code)
        return;
    if (!r->is_multipart)
        buf_add(&r->waiting, data, bytes);
    else if (!multipart_feed(&r->multipart, data, bytes, &r->fault) && !r->fault.code)
        gov_fail_cause(&r->fault, GOV_BAD_REQUEST, "multipart");
    if (r->waiting.length < PIECE_BYTES && !r->fault.code)
        return;
    http_request_pause(request);
    go_on(r);
}

static void on_end(struct http_request *request)
{
    struct call *call = request->user;
    struct receive *r = call ? call->receiving : NULL;

    if (!r || r->op.finished)
        return;
    r->ended = true;
    go_on(r);
}

/* The client left: nothing more will come, and nobody is there to be told. */
static void on_left(struct call *call)
{
    op_cancel(&call->receiving->op, GOV_CANCELLED);
    go_on(call->receiving);
}

/* --- steps --- */

static int64_t bytes_max(const struct receive *r)
{
    return r->bytes_max ? r->bytes_max : r->call->api->settings.upload_mb_max * 1024 * 1024;
}

static enum op_next open_store(struct op *op)
{
    struct receive *r = (struct receive *)op;
    struct http_request *request = r->call->request;
    const char *type = http_request_header(request, "content-type");

    r->is_multipart = !r->nameless && (!r->raw_too || (type && text_starts(type, "multipart/")));
    if (r->is_multipart &&
        !multipart_init(&r->multipart, type ? type : "", PARTS_MAX, &handlers, r, &op->err))
        return OP_FAIL;
    if (!r->is_multipart && !r->nameless) {
        if (!raw_name(r, &op->err))
            return OP_FAIL;
        type_set(r, type);
    }
    r->id = id_new();
    file_write_begin(op, r->call->api->files, &r->id,
                     bytes_max(r), &r->writer);
    return OP_WAIT;
}

static enum op_next attach(struct op *op)
{
    struct receive *r = (struct receive *)op;
    /* Boundaries and part headers come on top of the file. */
    size_t most = (size_t)bytes_max(r) + 64 * 1024;

    if (r->call->gone)
        return gov_fail_cause(&op->err, GOV_CANCELLED, "the client left"), OP_FAIL;
    r->call->receiving = r;
    r->call->left = on_left;
    http_request_stream_body(r->call->request, most, on_chunk, on_end);
    return OP_NEXT;
}

static enum op_next take(struct op *op)
{
    struct receive *r = (struct receive *)op;

    if (r->writing)
        buf_clear(&r->waiting);
    r->writing = false;
    if (r->fault.code) {
        op->err = r->fault;
        return OP_FAIL;
    }
    if (r->waiting.length >= PIECE_BYTES || (r->ended && r->waiting.length)) {
        r->writing = true;
        file_write(op, r->writer, r->waiting.data, r->waiting.length);
        return OP_AGAIN;
    }
    if (r->ended)
        return OP_NEXT;
    r->holding = true;
    op_io_begin(op);
    http_request_resume(r->call->request);
    return OP_AGAIN;
}

static enum op_next close_store(struct op *op)
{
    struct receive *r = (struct receive *)op;

    if (r->is_multipart && !multipart_finish(&r->multipart, &op->err))
        return OP_FAIL;
    if (r->is_multipart && !r->has_file)
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "body", "required",
                           "the form has no part \"%s\"", "表单中没有“%s”部分", r->part),
               OP_FAIL;
    file_write_commit(op, r->writer, &r->stored);
    return OP_WAIT;
}

static const struct op_step steps[] = {
    { "open", open_store }, { "attach", attach }, { "take", take }, { "close", close_store }, { 0 }
};

static void release(void *receive)
{
    struct receive *r = receive;

    r->call->receiving = NULL;
    r->call->left = NULL;
    buf_release(&r->waiting);
    buf_release(&r->field_text);
    op_release(&r->op);
}

void receive_body(struct op *op, struct receive *receive, struct call *call)
{
    op_init(&receive->op, "receive", steps, op->loop, NULL);
    receive->call = call;
    arena_defer(&op->arena, release, receive);
    op_call(op, &receive->op);
}
