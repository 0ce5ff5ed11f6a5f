/* /v1/platform/payments/reconciliations: a provider's settlement file against what we have. The same file again changes
 * nothing: a difference is one task, and one that a later file explains is done. */
#include <string.h>

#include "api/money/money.h"
#include "api/money/payment/statement.h"

struct reconciliation {
    struct endpoint endpoint;
    struct statement_file file;
    const char *provider, *day;
    bool dry_run;
    struct id id;
    char from[CIVIL_TEXT_BYTES], to[CIVIL_TEXT_BYTES];
    struct gov_err failed;
    struct db_rows rows;
};

#define AT(member) offsetof(struct reconciliation, member)
static const struct json_field fields[] = {
    STATEMENT_FILE_FIELDS(struct reconciliation, file),
    { "provider", JSON_FIELD_SLUG, true, AT(provider), 0, 0, NULL },
    { "day", JSON_FIELD_TEXT, false, AT(day), 10, 10, NULL },
    { "dry_run", JSON_FIELD_BOOL, false, AT(dry_run), 0, 0, NULL },
};

static enum op_next begin(struct op *op)
{
    struct reconciliation *e = (struct reconciliation *)op;
    struct civil day;

    if (!CALL_BODY(e->endpoint.call, op, fields, e))
        return OP_FAIL;
    if (e->day && !civil_parse(e->day, &day))
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/day", "format", "must be a date like 2026-11-30",
                           "须为形如 2026-11-30 的日期"),
               OP_FAIL;
    return statement_file_begin(op, e->endpoint.call, &e->file, &op->err) ? OP_WAIT : OP_FAIL;
}

static enum op_next read_it(struct op *op)
{
    struct reconciliation *e = (struct reconciliation *)op;
    return statement_file_read(op, &e->file, &op->err) ? OP_WAIT : OP_FAIL;
}

/* The days the file covers: the one that was named, or those of its lines. */
static bool days_find(struct reconciliation *e, struct gov_err *err)
{
    const struct statement *s = &e->file.statement;
    struct civil from, to;

    if (e->day) {
        memcpy(e->from, e->day, 11);
        memcpy(e->to, e->day, 11);
        return true;
    }
    if (s->count == 0)
        return gov_fail_at(err, GOV_INVALID_INPUT, "/day", "required", "the file has no lines: say of which day it is",
                           "文件没有明细：请指定日期 day");
    from = to = s->lines[0].date;
    for (size_t i = 1; i < s->count; i++) {
        from = civil_compare(s->lines[i].date, from) < 0 ? s->lines[i].date : from;
        to = civil_compare(s->lines[i].date, to) > 0 ? s->lines[i].date : to;
    }
    civil_format(from, e->from);
    civil_format(to, e->to);
    return true;
}

static enum op_next reconcile(struct op *op)
{
    struct reconciliation *e = (struct reconciliation *)op;
    struct call *call = e->endpoint.call;

    if (!days_find(e, &op->err))
        return OP_FAIL;
    e->id = id_new();
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_PAYMENT_RECONCILE, &e->rows, e->provider, e->id.text, e->file.file_name, e->file.sha256,
                 json_text(&op->arena, e->file.lines), e->from, e->to, call->caller.user.text, e->dry_run ? "true" : "false");
    db_group_tolerate(g, &e->failed);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next show(struct op *op)
{
    struct reconciliation *e = (struct reconciliation *)op;

    if (e->failed.code == GOV_NOT_FOUND)
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/provider", "unknown", "there is no such payment provider",
                           "没有该支付渠道"),
               OP_FAIL;
    if (e->failed.code) {
        op->err = e->failed;
        return OP_FAIL;
    }
    json_t *shown = json_copy(db_json(&e->rows, 0, 0, &op->arena));
    json_object_set_new(shown, "dry_run", json_boolean(e->dry_run));
    json_object_set_new(shown, "sha256", json_string(e->file.sha256));
    call_json(e->endpoint.call, 200, shown);
    return OP_DONE;
}

const struct op_step reconciliation_create_steps[] = { { "begin", begin }, { "read", read_it }, { "reconcile", reconcile },
                                                       { "show", show }, { 0 } };
const size_t reconciliation_create_bytes = sizeof(struct reconciliation);
