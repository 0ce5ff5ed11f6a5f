/* /v1/platform/invoices, /v1/invoices and /v1/platform/sellers: what was settled as an invoice, what went back as a credit note, and
 * what the tax office's invoice (fapiao) for each became. Numbers are given by execgov-lifecycle; nothing here makes one. */
#include <string.h>

#include "api/audit.h"
#include "api/money/money.h"
#include "api/page.h"
#include "core/base/civil.h"
#include "core/model/fapiao.h"

struct invoice {
    struct endpoint endpoint;
    struct page page;
    const char *status, *code, *number, *on, *reason;
    const char *title, *tax_no;
    bool sells;
    json_t *said; /* the body as it came */
    struct db_rows rows;
};

#define AT(member) offsetof(struct invoice, member)

/* --- list and get --- */

/* `own`: the caller asks for his tenant; else for the platform. */
static enum op_next list_of(struct op *op, bool own)
{
    static const char *const kinds[] = { "invoice", "credit_note", NULL };
    struct invoice *e = (struct invoice *)op;
    struct call *call = e->endpoint.call;
    const char *kind, *customer = NULL, *order, *status;

    if (!page_read(call, PAGE_OF_NUMBERS, &e->page, &op->err) || !page_choice(call, "kind", kinds, &kind, &op->err) ||
        (!own && !page_id(call, "customer_id", &customer, &op->err)) || !page_id(call, "order_id", &order, &op->err) ||
        !page_choice(call, "fapiao", fapiao_statuses, &status, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_INVOICE_PAGE, &e->rows, e->page.before, e->page.limit, kind, customer, order,
             status, NULL, own ? call->caller.tenant.text : NULL, own ? call->caller.user.text : NULL);
    return OP_WAIT;
}

static enum op_next list(struct op *op)
{
    return list_of(op, false);
}

static enum op_next own_list(struct op *op)
{
    return list_of(op, true);
}

static enum op_next list_leave(struct op *op)
{
    struct invoice *e = (struct invoice *)op;
    page_answer(e->endpoint.call, &e->page, &e->rows);
    return OP_DONE;
}

static enum op_next get_of(struct op *op, bool own)
{
    struct invoice *e = (struct invoice *)op;
    struct call *call = e->endpoint.call;

    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_INVOICE_PAGE, &e->rows, NULL, "1", NULL, NULL, NULL, NULL, call->params[0],
             own ? call->caller.tenant.text : NULL, own ? call->caller.user.text : NULL);
    return OP_WAIT;
}

static enum op_next get(struct op *op)
{
    return get_of(op, false);
}

static enum op_next own_get(struct op *op)
{
    return get_of(op, true);
}

static enum op_next show(struct op *op)
{
    struct invoice *e = (struct invoice *)op;
    return page_one(e->endpoint.call, 200, &e->rows, &op->err) ? OP_DONE : OP_FAIL;
}

const struct op_step invoice_list_steps[] = { { "list", list }, { "leave", list_leave }, { 0 } };
const size_t invoice_list_bytes = sizeof(struct invoice);
const struct op_step invoice_get_steps[] = { { "get", get }, { "show", show }, { 0 } };
const size_t invoice_get_bytes = sizeof(struct invoice);
const struct op_step own_invoice_list_steps[] = { { "list", own_list }, { "leave", list_leave }, { 0 } };
const size_t own_invoice_list_bytes = sizeof(struct invoice);
const struct op_step own_invoice_get_steps[] = { { "get", own_get }, { "show", show }, { 0 } };
const size_t own_invoice_get_bytes = sizeof(struct invoice);

/* --- the tax office's invoice --- */

static enum op_next fapiao_put(struct op *op)
{
    struct invoice *e = (struct invoice *)op;
    struct call *call = e->endpoint.call;
    static const struct json_field fields[] = {
        { "status", JSON_FIELD_TEXT, true, AT(status), 0, 0, fapiao_statuses },
        { "code", JSON_FIELD_TEXT, false, AT(code), 1, 20, NULL },
        { "number", JSON_FIELD_TEXT, false, AT(number), 1, 20, NULL },
        { "issued_on", JSON_FIELD_TEXT, false, AT(on), 10, 10, NULL },
        { "reason", JSON_FIELD_TEXT, false, AT(reason), 1, 500, NULL },
    };

    if (!CALL_BODY(call, op, fields, e) ||
        !fapiao_check(&(struct fapiao){ e->status, e->code, e->number, e->on }, &op->err))
        return OP_FAIL;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_INVOICE_FAPIAO_SET, &e->rows, call->params[0], e->status, e->code, e->number, e->on, e->reason,
                 call->caller.user.text);
    db_group_send(g);
    return OP_WAIT;
}

const struct op_step invoice_fapiao_put_steps[] = { { "put", fapiao_put }, { "show", show }, { 0 } };
const size_t invoice_fapiao_put_bytes = sizeof(struct invoice);

/* --- who sells --- */

static enum op_next sellers(struct op *op)
{
    struct invoice *e = (struct invoice *)op;

    e->page.size = INT32_MAX; /* one page: they are few */
    DB_QUERY(op, e->endpoint.call->api->db, &DB_PUBLIC, SQL_QUERIES_SELLER_PAGE, &e->rows, NULL, NULL);
    return OP_WAIT;
}

static bool code_fits(const char *code, struct gov_err *err)
{
    size_t bytes = strlen(code);

    return (bytes >= 1 && bytes <= 10 && *code >= 'A' && *code <= 'Z' && strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == bytes) ||
           gov_fail_at(err, GOV_INVALID_INPUT, "code", "format",
                       "a seller's code is the beginning of its numbers: 1 to 10 capital letters and digits, a letter first",
                       "主体代码为编号前缀：1 至 10 位大写字母和数字，以字母开头");
}

static enum op_next seller_write(struct op *op)
{
    struct invoice *e = (struct invoice *)op;
    struct call *call = e->endpoint.call;
    static const struct json_field fields[] = {
        { "title", JSON_FIELD_TEXT, true, AT(title), 1, 200, NULL },
        { "tax_no", JSON_FIELD_TEXT, false, AT(tax_no), 1, 40, NULL },
        { "sells", JSON_FIELD_BOOL, false, AT(sells), 0, 0, NULL },
    };

    if (!code_fits(call->params[0], &op->err))
        return OP_FAIL;
    if (!json_decode_text(call->request->body, call->request->body_bytes, fields, sizeof fields / sizeof *fields, e, &e->said,
                          &op->arena, &op->err))
        return OP_FAIL;
    bool said = json_object_get(e->said, "sells") != NULL;
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    DB_GROUP_ADD(g, SQL_QUERIES_SELLER_SET, &e->rows, call->params[0], e->title, e->tax_no,
                 !said ? NULL : e->sells ? "true" : "false", call->caller.user.text);
    db_group_send(g);
    return OP_WAIT;
}

const struct op_step seller_list_steps[] = { { "list", sellers }, { "leave", list_leave }, { 0 } };
const size_t seller_list_bytes = sizeof(struct invoice);
const struct op_step seller_put_steps[] = { { "put", seller_write }, { "show", show }, { 0 } };
const size_t seller_put_bytes = sizeof(struct invoice);
