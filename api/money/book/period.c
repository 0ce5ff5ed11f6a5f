/* /v1/platform/periods: months of the ledger, what speaks against closing one, closing it. Opening one again is an act that
 * somebody else approves (pay.c). */
#include <string.h>

#include "api/money/book/period.h"
#include "api/money/money.h"
#include "api/page.h"

struct period {
    struct endpoint endpoint;
    struct page page;
    char first[CIVIL_TEXT_BYTES]; /* of the month */
    const char *comment;
    json_t *accept;
    struct db_rows rows;
};

static const struct {
    const char *name;
    struct gov_text title;
} checks[] = {
    { "month_over", { "the month is over", "月份已结束" } },
    { "earlier_months", { "earlier months are closed", "以前月份均已结账" } },
    { "ledger_balanced", { "the ledger balances", "分录借贷平衡" } },
    { "receivables", { "receivables are the open orders", "应收与未付订单一致" } },
    { "deferred_revenue", { "earned and deferred revenue are what was paid", "已确认与递延收入等于已收款" } },
    { "scans", { "scans ran to the end of the month", "到期扫描已覆盖月末" } },
    { "scans_stopped", { "no scan waits for a person", "没有停止待处理的扫描" } },
    { "subscriptions_due", { "nothing due was left over", "没有遗留的到期处理" } },
    { "payment_events", { "what providers told was applied", "渠道通知均已处理" } },
    { "unapplied_payments", { "every payment is applied", "付款均已核销" } },
    { "open_tasks", { "no task is open", "没有未完成待办" } },
    { "open_approvals", { "no approval waits", "没有待审批事项" } },
    { "activations", { "every paid order is active", "已付订单均已开通" } },
    { "reconciliation_files", { "every settlement file is there", "对账文件齐全" } },
    { "messages", { "every message has left", "通知均已发出" } },
    { "disputes", { "no payment is disputed", "没有争议中的付款" } },
    { "notices", { "everybody who had to be told could be", "应告知的客户均可送达" } },
    { "scan_gaps", { "hours without a scan that were caught up with: to know, not to mend", "曾中断并已补齐的扫描：仅供知悉" } },
};

/* "2026-11" */
static bool month_parse(const char *text, char first[CIVIL_TEXT_BYTES])
{
    struct civil date;

    if (strlen(text) != 7)
        return false;
    snprintf(first, CIVIL_TEXT_BYTES, "%s-01", text);
    return civil_parse(first, &date);
}

bool period_month(const char *text, char first[CIVIL_TEXT_BYTES], struct gov_err *err)
{
    return month_parse(text, first) ||
           gov_fail_at(err, GOV_INVALID_INPUT, "month", "format", "a month is written like 2026-11", "月份须形如 2026-11");
}

/* Names of checks become words in the reader's language too. */
static json_t *titled(struct call *call, json_t *period)
{
    json_t *check, *list = json_object_get(period, "checks");
    size_t i;

    json_array_foreach(list, i, check)
        for (size_t k = 0; k < sizeof checks / sizeof *checks; k++)
            if (strcmp(checks[k].name, json_get_text(check, "name")) == 0)
                json_object_set_new(check, "title", json_string(gov_text_in(checks[k].title, call->language)));
    return period;
}

static enum op_next list(struct op *op)
{
    struct period *e = (struct period *)op;
    struct call *call = e->endpoint.call;

    if (!page_read(call, PAGE_OF_WORDS, &e->page, &op->err))
        return OP_FAIL;
    if (e->page.before && !month_parse(e->page.before, e->first))
        return page_cursor_refuse(&op->err), OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_PERIOD_PAGE, &e->rows,
             e->page.before ? e->first : NULL, e->page.limit);
    return OP_WAIT;
}

static enum op_next list_leave(struct op *op)
{
    struct period *e = (struct period *)op;
    page_answer(e->endpoint.call, &e->page, &e->rows);
    return OP_DONE;
}

const struct op_step period_list_steps[] = { { "list", list }, { "leave", list_leave }, { 0 } };
const size_t period_list_bytes = sizeof(struct period);

static enum op_next get(struct op *op)
{
    struct period *e = (struct period *)op;

    if (!period_month(e->endpoint.call->params[0], e->first, &op->err))
        return OP_FAIL;
    DB_QUERY(op, e->endpoint.call->api->db, &DB_PUBLIC, SQL_QUERIES_PERIOD_GET, &e->rows, e->first);
    return OP_WAIT;
}

static enum op_next show(struct op *op)
{
    struct period *e = (struct period *)op;
    struct call *call = e->endpoint.call;

    call_json(call, 200, json_incref(titled(call, db_json(&e->rows, 0, 1, &op->arena))));
    return OP_DONE;
}

const struct op_step period_get_steps[] = { { "get", get }, { "show", show }, { 0 } };
const size_t period_get_bytes = sizeof(struct period);

/* --- close --- */

#define AT(member) offsetof(struct period, member)
static const struct json_field close_fields[] = {
    { "accept", JSON_FIELD_ARRAY, false, AT(accept), 0, 20, NULL },
    { "comment", JSON_FIELD_TEXT, false, AT(comment), 1, 2000, NULL },
};

static bool check_known(const char *name)
{
    for (size_t i = 0; name && i < sizeof checks / sizeof *checks; i++)
        if (strcmp(checks[i].name, name) == 0)
            return true;
    return false;
}

/* As a text[] literal: names are words. */
static bool accept_read(struct period *e, const char **literal, struct arena *arena, struct gov_err *err)
{
    const char *text = "{";
    json_t *one;
    size_t i;

    json_array_foreach(e->accept, i, one)
    {
        if (!check_known(json_string_value(one)))
            return gov_fail_at(err, GOV_INVALID_INPUT, "/accept", "unknown",
                               "there is no check of this name; GET /v1/platform/periods/{month} lists them",
                               "没有该名称的检查项；可用名称见 GET /v1/platform/periods/{month}");
        text = arena_format(arena, "%s%s%s", text, i ? "," : "", json_string_value(one));
    }
    *literal = arena_format(arena, "%s}", text);
    if (json_array_size(e->accept) && !e->comment)
        return gov_fail_at(err, GOV_INVALID_INPUT, "/comment", "required", "say why these checks may stay open",
                           "请说明为何接受这些未完成项");
    return true;
}

static enum op_next close_it(struct op *op)
{
    struct period *e = (struct period *)op;
    struct call *call = e->endpoint.call;
    const char *accept = NULL;

    if (!period_month(e->endpoint.call->params[0], e->first, &op->err) || !CALL_BODY(call, op, close_fields, e) || !accept_read(e, &accept, &op->arena, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_PERIOD_CLOSE, &e->rows, e->first, accept, e->comment,
             call->caller.user.text);
    return OP_WAIT;
}

static enum op_next closed(struct op *op)
{
    struct period *e = (struct period *)op;
    json_t *answer = db_json(&e->rows, 0, 1, &op->arena);

    if (!json_get_bool(answer, "closed", false))
        return gov_fail_at(&op->err, GOV_CONFLICT, "/accept", "open",
                           "%.7s was not closed; open: %s. GET /v1/platform/periods/%.7s shows each; those that need not hold "
                           "can be accepted by name, with a comment",
                           "%.7s 未结账，未完成：%s。详见 GET /v1/platform/periods/%.7s；非强制项可按名称接受并说明原因", e->first,
                           json_get_text(answer, "open"), e->first),
               OP_FAIL;
    return show(op);
}

const struct op_step period_close_steps[] = { { "close", close_it }, { "closed", closed }, { 0 } };
const size_t period_close_bytes = sizeof(struct period);
