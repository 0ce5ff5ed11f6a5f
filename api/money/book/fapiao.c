/* /v1/platform/invoices/fapiao: a file of the tax office's invoices, as its program exports them.
 *
 *     decode -> read -> judge -> (dry run: show) -> apply -> show
 *
 * The digest of a dry run is of the file and of what each line would do: applied is exactly what was shown, judged once more in the
 * transaction that writes it, or nothing. What cannot be done without a person's reason is shown and left. */
#include <string.h>

#include "api/money/money.h"
#include "api/audit.h"
#include "core/io/crypto/base64.h"
#include "core/io/crypto/crypto.h"
#include "core/io/op/op_work.h"
#include "core/model/fapiao.h"

struct fapiao_call {
    struct endpoint endpoint;
    const char *file_name, *content, *digest; /* the digest that was asked for */
    bool dry_run;
    unsigned char *bytes;
    size_t count;
    char sha256[CRYPTO_HEX_BYTES], shown[CRYPTO_HEX_BYTES];
    json_t *lines, *items, *wanted;
    struct db_rows judged, done;
    struct gov_err failed;
};

#define AT(member) offsetof(struct fapiao_call, member)
static const struct json_field fields[] = {
    { "file_name", JSON_FIELD_TEXT, true, AT(file_name), 1, 200, NULL },
    { "content", JSON_FIELD_TEXT, true, AT(content), 1, FAPIAO_BYTES_MAX / 3 * 4 + 8, NULL },
    { "dry_run", JSON_FIELD_BOOL, true, AT(dry_run), 0, 0, NULL },
    { "digest", JSON_FIELD_TEXT, false, AT(digest), 64, 64, NULL },
};

static bool read_on_thread(void *context, struct gov_err *err)
{
    struct fapiao_call *e = context;

    e->lines = fapiao_file_read((const char *)e->bytes, e->count, &e->endpoint.call->op.arena, err);
    return e->lines != NULL;
}

static enum op_next begin(struct op *op)
{
    struct fapiao_call *e = (struct fapiao_call *)op;

    if (!CALL_BODY(e->endpoint.call, op, fields, e))
        return OP_FAIL;
    if (!e->dry_run && !e->digest)
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/digest", "required", "a file is applied by the digest of its dry run",
                           "须以预览摘要执行导入"),
               OP_FAIL;
    e->bytes = base64_open(e->content, &op->arena, &e->count);
    if (!e->bytes || e->count > FAPIAO_BYTES_MAX)
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/content", "format", "must be the file in base64, at most %d MB of it",
                           "须为文件的 base64 编码，最大 %d MB", FAPIAO_BYTES_MAX >> 20),
               OP_FAIL;
    crypto_sha256_hex(e->bytes, e->count, e->sha256);
    op_work(op, read_on_thread, e);
    return OP_WAIT;
}

static enum op_next judge(struct op *op)
{
    struct fapiao_call *e = (struct fapiao_call *)op;

    DB_QUERY(op, e->endpoint.call->api->db, &DB_PUBLIC, SQL_QUERIES_INVOICE_FAPIAO_JUDGE, &e->judged, json_text(&op->arena, e->lines));
    return OP_WAIT;
}

static enum op_next stale(struct op *op)
{
    gov_fail(&op->err, GOV_PLAN_STALE, "this is not what the dry run showed: look again", "与预览结果不一致，请重新预览");
    return OP_FAIL;
}

static enum op_next compare(struct op *op)
{
    struct fapiao_call *e = (struct fapiao_call *)op;
    struct buf text = { 0 };

    e->items = json_own(&op->arena, json_array());
    e->wanted = json_own(&op->arena, json_array());
    for (int i = 0; i < e->judged.count; i++) {
        json_t *item = json_copy(json_array_get(e->lines, (size_t)i));

        json_object_set_new(item, "verdict", json_string(db_text(&e->judged, i, 1)));
        json_array_append_new(e->items, item);
        if (strcmp(db_text(&e->judged, i, 1), "new") == 0)
            json_array_append(e->wanted, item);
    }
    buf_addf(&text, "%s\n", e->sha256);
    json_canonical(e->items, &text);
    crypto_sha256_hex(buf_text(&text), text.length, e->shown);
    buf_release(&text);
    if (!e->dry_run && strcmp(e->shown, e->digest) != 0)
        return stale(op);
    return OP_NEXT;
}

static json_t *counts_of(const struct fapiao_call *e)
{
    json_t *counts = json_pack("{s:I}", "lines", (json_int_t)json_array_size(e->items));
    const json_t *item;
    size_t i;

    json_array_foreach (e->items, i, item) {
        const char *verdict = json_get_text(item, "verdict");
        json_object_set_new(counts, verdict, json_integer(json_get_int(counts, verdict, 0) + 1));
    }
    return counts;
}

static enum op_next apply(struct op *op)
{
    struct fapiao_call *e = (struct fapiao_call *)op;
    struct call *call = e->endpoint.call;
    struct audit_row row = { NULL, audit_actor(call), "money", "fapiao.imported", "file", e->sha256 };

    if (e->dry_run)
        return OP_NEXT;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_INVOICE_FAPIAO_IMPORT, &e->done, json_text(&op->arena, e->wanted), call->caller.user.text);
    audit_add(g, call, &row, json_pack("{s:s, s:o}", "file", e->file_name, "counts", counts_of(e)));
    db_group_tolerate(g, &e->failed);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next show(struct op *op)
{
    struct fapiao_call *e = (struct fapiao_call *)op;

    if (e->failed.code == GOV_PLAN_STALE) /* judged once more as it was written */
        return stale(op);
    if (e->failed.code)
        return op->err = e->failed, OP_FAIL;
    call_json(e->endpoint.call, 200, json_pack("{s:b, s:s, s:s, s:o, s:O}", "dry_run", e->dry_run, "digest", e->shown, "sha256", e->sha256,
                                               "counts", counts_of(e), "items", e->items));
    return OP_DONE;
}

const struct op_step fapiao_import_steps[] = { { "begin", begin }, { "judge", judge }, { "compare", compare }, { "apply", apply },
                                               { "show", show }, { 0 } };
const size_t fapiao_import_bytes = sizeof(struct fapiao_call);
