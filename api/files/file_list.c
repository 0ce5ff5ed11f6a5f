/* GET /v1/files: people without runs.read_all see their own; of packages those see others' who review skills. */
#include <string.h>

#include "api/files/files.h"
#include "api/page.h"
#include "api/runs/show/show.h"

struct file_list {
    struct endpoint endpoint;
    struct page page;
    struct db_rows rows;
};

json_t *file_shown(const struct db_rows *rows, int row)
{
    json_t *file = json_pack("{s:s, s:s, s:I, s:s, s:s, s:o}", "id", db_text(rows, row, FILE_ID),
                             "name", db_text(rows, row, FILE_NAME), "size",
                             (json_int_t)db_int(rows, row, FILE_SIZE), "sha256",
                             db_text(rows, row, FILE_SHA256), "media_type",
                             db_text(rows, row, FILE_MEDIA_TYPE), "created_at",
                             show_time(rows, row, FILE_CREATED));
    const char *by = db_text(rows, row, FILE_BY), *name = db_text(rows, row, FILE_BY_NAME);

    if (by)
        json_object_set_new(file, "created_by",
                            json_pack("{s:s, s:s}", "id", by, "name", name ? name : ""));
    return file;
}

static enum op_next page(struct op *op)
{
    struct file_list *e = (struct file_list *)op;
    struct call *call = e->endpoint.call;
    static const char *const kinds[] = { "upload", "package", "artifact", NULL };
    struct gov_err ignored;
    const char *kind;

    if (!page_read(call, PAGE_OF_IDS, &e->page, &op->err) || !page_choice(call, "kind", kinds, &kind, &op->err))
        return OP_FAIL;
    bool package = kind && strcmp(kind, "package") == 0;
    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_FILE_PAGE, &e->rows,
             e->page.before, e->page.limit,
             call_may(call, package ? MAY_REVIEW_SKILLS : MAY_READ_ALL_RUNS, &ignored) ? NULL : call->caller.user.text,
             kind ? kind : "upload");
    return OP_WAIT;
}

static enum op_next leave(struct op *op)
{
    struct file_list *e = (struct file_list *)op;
    json_t *items = json_array();

    for (int i = 0; i < page_shown(&e->page, &e->rows); i++)
        json_array_append_new(items, file_shown(&e->rows, i));
    call_list(e->endpoint.call, items, page_next(&e->page, &e->rows, FILE_ID));
    return OP_DONE;
}

const struct op_step file_list_steps[] = { { "page", page }, { "leave", leave }, { 0 } };
const size_t file_list_bytes = sizeof(struct file_list);
