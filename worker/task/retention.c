/* retention.c - sweep (until a batch was not full) -> files -> uploads -> rest -> finish.
 *
 * Rows go in the database (public.retention_sweep says which: never what lives, waits, or whose
 * effect nobody knows the end of). Of a file first the bytes and then the fact: if we die in between, the next
 * sweep finds it again.
 */
#include "worker/task/retention.h"

#include <string.h>

#include "core/base/log.h"
#include "core/io/db/db_array.h"

enum { ROWS_MAX = 1000, FILES_MAX = 100, BATCHES_MAX = 5000 };

struct retention {
    struct op op;
    struct work *work;
    struct db_rows swept, files, uploads;
    bool asked;
    int batches;
    int64_t rows, bytes_gone;
};

static enum op_next sweep(struct op *op)
{
    struct retention *r = (struct retention *)op;
    bool full = false;

    for (int column = 0; r->asked && column < 4; column++) {
        int64_t count = db_int(&r->swept, 0, column);
        r->rows += count;
        full = full || count >= ROWS_MAX;
    }
    if (r->asked && (!full || r->batches == BATCHES_MAX))
        return OP_NEXT;
    r->asked = true;
    r->batches++;
    DB_QUERY(op, r->work->worker->db, &DB_PUBLIC, SQL_QUERIES_RETENTION_SWEEP, &r->swept,
             r->work->tenant.id.text, arena_format(&op->arena, "%d", ROWS_MAX));
    return OP_AGAIN;
}

static enum op_next find_files(struct op *op)
{
    struct retention *r = (struct retention *)op;

    DB_QUERY(op, r->work->worker->db, &r->work->tenant.scope, SQL_QUERIES_FILES_OLD, &r->files,
             db_text(&r->swept, 0, 4), arena_format(&op->arena, "%d", FILES_MAX));
    return OP_WAIT;
}

static enum op_next delete_bytes(struct op *op)
{
    struct retention *r = (struct retention *)op;

    for (int i = 0; i < r->files.count; i++) {
        struct id *id = ARENA_NEW(&op->arena, struct id);
        *id = db_id(&r->files, i, 0);
        file_store_remove(op, r->work->worker->files, id);
    }
    return OP_WAIT;
}

static enum op_next tell_files(struct op *op)
{
    struct retention *r = (struct retention *)op;
    struct buf ids = { 0 };

    if (r->files.count == 0)
        return OP_NEXT;
    for (int i = 0; i < r->files.count; i++)
        buf_addf(&ids, "%c%s", i ? ',' : '{', db_text(&r->files, i, 0));
    buf_add_char(&ids, '}');
    DB_QUERY(op, r->work->worker->db, &r->work->tenant.scope, SQL_QUERIES_FILES_DELETE, NULL, ids.data);
    buf_release(&ids);
    r->bytes_gone += r->files.count;
    return OP_WAIT;
}

/* --- uploads that nobody went on with --- */

static enum op_next find_uploads(struct op *op)
{
    struct retention *r = (struct retention *)op;

    DB_QUERY(op, r->work->worker->db, &r->work->tenant.scope, SQL_QUERIES_UPLOADS_OLD, &r->uploads,
             arena_format(&op->arena, "%d", FILES_MAX));
    return OP_WAIT;
}

static enum op_next delete_pieces(struct op *op)
{
    struct retention *r = (struct retention *)op;

    for (int i = 0; i < r->uploads.count; i++) {
        struct id *pieces;
        size_t count = db_ids(&r->uploads, i, 2, &pieces, &op->arena);
        for (size_t k = 0; k < count; k++)
            file_store_remove(op, r->work->worker->files, &pieces[k]);
    }
    return OP_WAIT;
}

static enum op_next drop_uploads(struct op *op)
{
    struct retention *r = (struct retention *)op;

    for (int i = 0; i < r->uploads.count; i++)
        DB_QUERY(op, r->work->worker->db, &r->work->tenant.scope, SQL_QUERIES_UPLOAD_DROP, NULL,
                 db_text(&r->uploads, i, 0), db_text(&r->uploads, i, 1));
    return OP_WAIT;
}

/* More than a batch of files, or of rows, is for another task, soon: this one has had its turn. */
static enum op_next rest(struct op *op)
{
    struct retention *r = (struct retention *)op;
    bool more = r->files.count == FILES_MAX || r->uploads.count == FILES_MAX || r->batches == BATCHES_MAX;

    log_write(LEVEL_INFO, "retention.swept", LOG_FIELD("tenant", r->work->tenant.id.text),
              LOG_NUMBER("rows", r->rows), LOG_NUMBER("files", r->bytes_gone));
    DB_QUERY(op, r->work->worker->db, &DB_PUBLIC, more ? SQL_QUERIES_RETENTION_NOW : SQL_QUERIES_RETENTION_REST,
             NULL, r->work->tenant.id.text);
    return OP_WAIT;
}

static void build(struct work *work, struct db_group *group)
{
    struct retention *r = work->task;

    work_add_success(work, group, json_own(&r->op.arena, json_pack("{s:I, s:I}", "rows", (json_int_t)r->rows,
                                                                   "files", (json_int_t)r->bytes_gone)));
}

static enum op_next finish(struct op *op)
{
    struct retention *r = (struct retention *)op;
    r->work->task = r;
    work_finish_for(op, r->work, build);
    return OP_WAIT;
}

static const struct op_step steps[] = {
    { "sweep", sweep }, { "find_files", find_files }, { "delete_bytes", delete_bytes },
    { "tell_files", tell_files }, { "find_uploads", find_uploads }, { "delete_pieces", delete_pieces },
    { "drop_uploads", drop_uploads }, { "rest", rest }, { "finish", finish }, { 0 }
};

struct op *retention_make(struct work *work)
{
    struct retention *r = ARENA_NEW(&work->op.arena, struct retention);
    op_init(&r->op, "retention", steps, work->op.loop, NULL);
    r->work = work;
    return &r->op;
}
