/* /v1/platform/statement-formats and /payments/statements: bank statements.
 *
 *     decode -> read -> judge -> (dry run: show) -> apply line by line -> keep -> show
 *
 * The digest of a dry run is of the file and of what each line would do: applied is exactly what was shown, or nothing.
 * A line that somebody else has to approve, or that names no order, becomes a task. Broken off in the middle, a new dry run
 * shows what is done as seen. */
#include "api/money/payment/statement.h"

#include <string.h>

#include "api/audit.h"
#include "api/money/money.h"
#include "api/page.h"
#include "core/base/text.h"
#include "core/io/crypto/base64.h"
#include "core/io/op/op_work.h"
#include "core/store/money/order_act.h"

/* --- the file --- */

bool statement_file_begin(struct op *op, struct call *call, struct statement_file *f, struct gov_err *err)
{
    f->arena = &op->arena;
    f->bytes = base64_open(f->content, &op->arena, &f->count);
    if (!f->bytes || f->count > STATEMENT_BYTES_MAX)
        return gov_fail_at(err, GOV_INVALID_INPUT, "/content", "format", "must be the file in base64, at most %d MB of it",
                           "须为文件的 base64 编码，最大 %d MB", STATEMENT_BYTES_MAX >> 20);
    crypto_sha256_hex(f->bytes, f->count, f->sha256);
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_STATEMENT_FORMAT_PAGE, &f->rows, f->format);
    return true;
}

static bool read_on_thread(void *context, struct gov_err *err)
{
    struct statement_file *f = context;

    if (!statement_read(&f->mapping, (const char *)f->bytes, f->count, &f->statement, f->arena, err))
        return false;
    f->lines = json_own(f->arena, statement_json(&f->statement));
    return true;
}

bool statement_file_read(struct op *op, struct statement_file *f, struct gov_err *err)
{
    if (f->rows.count == 0)
        return gov_fail_at(err, GOV_INVALID_INPUT, "/format", "unknown",
                           "there is no such format; execgov payment format ls lists them",
                           "没有该格式；execgov payment format ls 可列出全部");
    if (!statement_format_read(json_object_get(db_json(&f->rows, 0, 1, f->arena), "mapping"), &f->mapping, err))
        return false;
    op_work(op, read_on_thread, f);
    return true;
}

/* --- formats --- */

struct statement_call {
    struct endpoint endpoint;
    struct statement_file file;
    const char *title, *method;
    json_t *mapping;
    bool dry_run;
    const char *digest; /* that was asked for */
    char shown[CRYPTO_HEX_BYTES];
    struct db_rows judged, rows, today;
    json_t *items;
    size_t at;
    struct order_act *act;
    struct id id;
    struct gov_err failed;
};

static enum op_next list(struct op *op)
{
    struct statement_call *e = (struct statement_call *)op;

    DB_QUERY(op, e->endpoint.call->api->db, &DB_PUBLIC, SQL_QUERIES_STATEMENT_FORMAT_PAGE, &e->rows, NULL);
    return OP_WAIT;
}

static enum op_next list_leave(struct op *op)
{
    struct statement_call *e = (struct statement_call *)op;
    json_t *items = json_array();

    for (int i = 0; i < e->rows.count; i++)
        json_array_append(items, db_json(&e->rows, i, 1, &op->arena));
    call_list(e->endpoint.call, items, NULL);
    return OP_DONE;
}

const struct op_step statement_format_list_steps[] = { { "list", list }, { "leave", list_leave }, { 0 } };
const size_t statement_format_list_bytes = sizeof(struct statement_call);

#define AT(member) offsetof(struct statement_call, member)
static const struct json_field format_fields[] = {
    { "title", JSON_FIELD_TEXT, true, AT(title), 1, 100, NULL },
    { "method", JSON_FIELD_SLUG, false, AT(method), 0, 0, NULL },
    { "mapping", JSON_FIELD_OBJECT, true, AT(mapping), 0, 0, NULL },
};

static enum op_next put(struct op *op)
{
    struct statement_call *e = (struct statement_call *)op;
    struct call *call = e->endpoint.call;
    const char *code = call->params[0];
    struct audit_row row = { NULL, audit_actor(call), "money", "statement_format.set", "statement_format", code };

    e->method = "bank";
    if (!text_slug_valid(code))
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "code", "format", "small letters, digits, - and _, a letter first",
                           "小写字母、数字、- 和 _，以字母开头"),
               OP_FAIL;
    if (!CALL_BODY(call, op, format_fields, e) || !statement_format_read(e->mapping, &e->file.mapping, &op->err))
        return OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_STATEMENT_FORMAT_PUT, NULL, code, e->title, e->method, json_text(&op->arena, e->mapping),
                 call->caller.user.text);
    audit_add(g, call, &row, json_pack("{s:s, s:O}", "method", e->method, "mapping", e->mapping));
    DB_GROUP_ADD(g, SQL_QUERIES_STATEMENT_FORMAT_PAGE, &e->rows, code);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next put_leave(struct op *op)
{
    struct statement_call *e = (struct statement_call *)op;
    return page_one(e->endpoint.call, 200, &e->rows, &op->err) ? OP_DONE : OP_FAIL;
}

const struct op_step statement_format_put_steps[] = { { "put", put }, { "leave", put_leave }, { 0 } };
const size_t statement_format_put_bytes = sizeof(struct statement_call);

/* --- import --- */

static const struct json_field fields[] = {
    STATEMENT_FILE_FIELDS(struct statement_call, file),
    { "dry_run", JSON_FIELD_BOOL, true, AT(dry_run), 0, 0, NULL },
    { "digest", JSON_FIELD_TEXT, false, AT(digest), 64, 64, NULL },
};

static enum op_next begin(struct op *op)
{
    struct statement_call *e = (struct statement_call *)op;

    if (!CALL_BODY(e->endpoint.call, op, fields, e))
        return OP_FAIL;
    if (!e->dry_run && !e->digest)
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/digest", "required",
                           "a statement is applied by the digest of its dry run", "须以预览摘要执行导入"),
               OP_FAIL;
    return statement_file_begin(op, e->endpoint.call, &e->file, &op->err) ? OP_WAIT : OP_FAIL;
}

static enum op_next read_it(struct op *op)
{
    struct statement_call *e = (struct statement_call *)op;
    return statement_file_read(op, &e->file, &op->err) ? OP_WAIT : OP_FAIL;
}

static enum op_next judge(struct op *op)
{
    struct statement_call *e = (struct statement_call *)op;

    e->method = json_get_text(db_json(&e->file.rows, 0, 1, &op->arena), "method");
    DB_QUERY(op, e->endpoint.call->api->db, &DB_PUBLIC, SQL_QUERIES_STATEMENT_JUDGE, &e->judged, e->method,
             json_text(&op->arena, e->file.lines));
    db_query(op, e->endpoint.call->api->db, &DB_PUBLIC, SQL_QUERIES_PLATFORM_TODAY, &e->today, 0, NULL);
    return OP_WAIT;
}

/* A bank does not know tomorrow: most often the format's days and months are the other way round. */
static bool past(const struct statement_call *e, struct gov_err *err)
{
    const char *today = db_text(&e->today, 0, 0);
    const json_t *line;
    size_t i;

    json_array_foreach (e->file.lines, i, line)
        if (strcmp(json_get_text(line, "date"), today) > 0)
            return gov_fail_at(err, GOV_INVALID_INPUT, "/content", "future",
                               "line %d: %s is still to come; is the format's date_format (%s) right?",
                               "第 %d 行：日期 %s 尚未到来；请检查格式中的 date_format（%s）", (int)json_get_int(line, "line", 0),
                               json_get_text(line, "date"), e->file.mapping.date_format);
    return true;
}

static enum op_next compare(struct op *op)
{
    struct statement_call *e = (struct statement_call *)op;
    struct buf text = { 0 };

    if (!past(e, &op->err))
        return OP_FAIL;
    e->items = json_own(&op->arena, json_array());
    for (int i = 0; i < e->judged.count; i++) {
        json_t *item = json_copy(json_array_get(e->file.lines, (size_t)i));

        json_object_set_new(item, "verdict", json_string(db_text(&e->judged, i, 1)));
        if (db_text(&e->judged, i, 2))
            json_object_set_new(item, "order_id", json_string(db_text(&e->judged, i, 2)));
        json_array_append_new(e->items, item);
    }
    buf_addf(&text, "%s\n%s\n", e->file.format, e->file.sha256);
    json_canonical(e->items, &text);
    crypto_sha256_hex(buf_text(&text), text.length, e->shown);
    buf_release(&text);
    if (!e->dry_run && strcmp(e->shown, e->digest) != 0)
        return gov_fail(&op->err, GOV_PLAN_STALE, "this is not what the dry run showed: look again",
                        "与预览结果不一致，请重新预览"),
               OP_FAIL;
    return OP_NEXT;
}

static void settle(struct op *op, struct statement_call *e, const json_t *item)
{
    struct arena *arena = &op->arena;

    e->act = ARENA_NEW(arena, struct order_act);
    *e->act = (struct order_act){ .db = e->endpoint.call->api->db,
                                  .kind = ORDER_SETTLE,
                                  .order = json_get_text(item, "order_id"),
                                  .actor = e->endpoint.call->caller.user.text,
                                  .payment = { .id = id_new(),
                                               .provider = arena_format(arena, "manual:%s", e->method),
                                               .txn = json_get_text(item, "reference"),
                                               .method = e->method,
                                               .amount_minor = json_get_int(item, "amount_minor", 0),
                                               .currency = json_get_text(item, "currency"),
                                               .received_at = json_get_text(item, "date"), /* of the platform's zone */
                                               .reference = json_get_text(item, "reference"),
                                               .evidence_sha256 = e->file.sha256 } };
    order_act_start(op, e->act);
}

/* What order_settle does with the line, or what a person has to look at. */
static enum op_next apply(struct op *op)
{
    static const char *const left[] = { "seen", "repeated", "outgoing" };
    static const char *const tasks[] = { "no_order", "two_orders", "approval", "conflict" };
    struct statement_call *e = (struct statement_call *)op;

    if (e->dry_run)
        return OP_NEXT;
    if (e->act) { /* a failed one stays to be done: its verdict says why */
        json_object_set_new(json_array_get(e->items, e->at - 1), "result", json_string(
            e->act->op.failed ? gov_code_info(e->act->op.err.code)->wire : json_get_text(e->act->result, "result")));
        e->act = NULL;
    } else if (e->rows.count == 1) {
        json_object_set_new(json_array_get(e->items, e->at - 1), "result", json_string(db_text(&e->rows, 0, 0)));
        e->rows.count = 0;
    }
    if (e->at == json_array_size(e->items))
        return OP_NEXT;
    json_t *item = json_array_get(e->items, e->at++);
    const char *verdict = json_get_text(item, "verdict");
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        if (strcmp(verdict, left[i]) == 0)
            return OP_AGAIN;
    for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++)
        if (strcmp(verdict, tasks[i]) == 0) {
            DB_QUERY(op, e->endpoint.call->api->db, &DB_PUBLIC, SQL_QUERIES_STATEMENT_TASK, &e->rows, e->file.format,
                     json_text(&op->arena, item), verdict, json_get_text(item, "order_id"));
            return OP_AGAIN;
        }
    settle(op, e, item);
    return OP_AGAIN;
}

static json_t *counts_of(const struct statement_call *e)
{
    json_t *counts = json_pack("{s:I, s:I}", "lines", (json_int_t)json_array_size(e->items), "without_amount",
                               (json_int_t)e->file.statement.outgoing);
    const json_t *item;
    size_t i;

    json_array_foreach (e->items, i, item) {
        const char *verdict = json_get_text(item, "verdict");
        json_object_set_new(counts, verdict, json_integer(json_get_int(counts, verdict, 0) + 1));
    }
    return counts;
}

static enum op_next keep(struct op *op)
{
    struct statement_call *e = (struct statement_call *)op;
    struct call *call = e->endpoint.call;
    struct audit_row row = { NULL, audit_actor(call), "money", "statement.imported", "statement", e->id.text };

    if (e->dry_run)
        return OP_NEXT;
    e->id = id_new();
    json_t *counts = json_own(&op->arena, counts_of(e));
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_STATEMENT_IMPORT_ADD, NULL, e->id.text, e->file.format, e->file.file_name, e->file.sha256,
                 json_text(&op->arena, counts), call->caller.user.text);
    audit_add(g, call, &row, json_pack("{s:s, s:s, s:s, s:O}", "format", e->file.format, "file", e->file.file_name, "sha256",
                                       e->file.sha256, "counts", counts));
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next show(struct op *op)
{
    struct statement_call *e = (struct statement_call *)op;

    call_json(e->endpoint.call, 200, json_pack("{s:b, s:s, s:s, s:o, s:O}", "dry_run", e->dry_run, "digest", e->shown, "sha256",
                                               e->file.sha256, "counts", counts_of(e), "items", e->items));
    return OP_DONE;
}

const struct op_step statement_create_steps[] = { { "begin", begin }, { "read", read_it }, { "judge", judge },
                                                  { "compare", compare }, { "apply", apply }, { "keep", keep },
                                                  { "show", show }, { 0 } };
const size_t statement_create_bytes = sizeof(struct statement_call);
